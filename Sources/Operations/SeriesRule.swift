package import NodalIR

/// How the power series of an op's value follows from those of its operands: what Taylor methods expand a right-hand side with.
///
/// Where f depends on one operand the coefficients of r = f(x), r[k] for the power k of the distance in time, are found order by
/// order from x[0…k] and r[0…k-1]. Sources: R. E. Moore, Interval Analysis (1966); À. Jorba and M. Zou, Experimental Mathematics
/// 14 (2005); A. Griewank and A. Walther, Evaluating Derivatives (2008), table 13.2.
package enum SeriesRule: Sendable {
  /// A linear op: of the operands' coefficients it makes the value's.
  case linear
  /// Constant wherever it is smooth: behind the first coefficient all are zero.
  case flat
  /// By a recurrence of its own: the coefficient of order k, from the operands' up to k, and the value's below; nil is zero.
  case recurrence(@Sendable (_ b: inout RegionBuilder, _ terms: SeriesTerms) -> Value?)
  /// From r' = Σ ∂r/∂xᵢ xᵢ', the row's partials being expanded beside it. They must come to an end, as those of sin and cos do,
  /// or exp's, which is the value itself.
  case partials
  /// The same by other partials than the row's.
  case derivative(OpRow.Partials)
  /// None: Taylor methods refuse the op.
  case none
}

/// The coefficients of a value's power series as far as they are known; nil is zero.
package struct PowerSeries: Sendable {
  package private(set) var coefficients: [Value?]

  package init(_ coefficients: [Value?] = []) { self.coefficients = coefficients }

  package mutating func append(_ coefficient: Value?) { coefficients.append(coefficient) }

  /// Coefficients beyond those that are there are zero: of constants only the first is kept.
  package subscript(_ order: Int) -> Value? {
    coefficients.indices.contains(order) ? coefficients[order] : nil
  }
}

/// What a recurrence sees.
package struct SeriesTerms: Sendable {
  /// The order wanted, 1 or more.
  package let order: Int
  package let operands: [PowerSeries]
  package let result: PowerSeries

  package init(order: Int, operands: [PowerSeries], result: PowerSeries) {
    self.order = order
    self.operands = operands
    self.result = result
  }
}

/// The sums that recurrences are made of.
extension RegionBuilder {
  /// Σ term(j) for j in the range, nil if all terms are.
  ///
  /// Terms of which both factors have been known for long are added first: the newest coefficients are those that a step waits
  /// for, and only the last additions wait with it.
  package mutating func seriesSum(
    _ range: ClosedRange<Int>, _ term: (inout RegionBuilder, Int) -> Value?
  ) -> Value? {
    let total = range.lowerBound + range.upperBound
    let order = range.sorted {
      (Swift.max($0, total - $0), $0) < (Swift.max($1, total - $1), $1)
    }
    var sum: Value?
    for j in order {
      guard let next = term(&self, j) else { continue }
      sum = sum.map { add($0, next) } ?? next
    }
    return sum
  }

  /// Σ x[j] y[k-j] for j in the range.
  package mutating func convolve(
    _ x: PowerSeries, _ y: PowerSeries, order k: Int, _ range: ClosedRange<Int>
  ) -> Value? {
    seriesSum(range) { b, j in
      guard let left = x[j], let right = y[k - j] else { return nil }
      return b.mul(left, right)
    }
  }

  /// Σ x[j] x[k-j] for j from `first` to k - first: each pair is multiplied once.
  package mutating func selfConvolve(
    _ x: PowerSeries, order k: Int, first: Int = 0
  ) -> Value? {
    var sum: Value?
    if k % 2 == 0, k / 2 >= first, let middle = x[k / 2] { sum = square(middle) }
    var pairs: Value?
    // From the middle outwards, so that the newest come last.
    for j in stride(from: (k - 1) / 2, through: first, by: -1) where j < k - j {
      guard let left = x[j], let right = x[k - j] else { continue }
      let product = mul(left, right)
      pairs = pairs.map { add($0, product) } ?? product
    }
    guard let pairs else { return sum }
    let twice = mul(pairs, 2)
    return sum.map { add(twice, $0) } ?? twice
  }

  /// a - b where either may be zero.
  package mutating func difference(_ a: Value?, _ b: Value?) -> Value? {
    guard let b else { return a }
    return a.map { sub($0, b) } ?? neg(b)
  }
}

extension SeriesRule {
  static let product = SeriesRule.recurrence { b, terms in
    b.convolve(terms.operands[0], terms.operands[1], order: terms.order, 0...terms.order)
  }

  static let square = SeriesRule.recurrence { b, terms in
    b.selfConvolve(terms.operands[0], order: terms.order)
  }

  /// x = q y, solved for the newest coefficient of q.
  static let quotient = SeriesRule.recurrence { b, terms in
    let (x, y) = (terms.operands[0], terms.operands[1])
    let known = b.convolve(y, terms.result, order: terms.order, 1...terms.order)
    guard let rest = b.difference(x[terms.order], known), let first = y[0] else { return nil }
    return b.mul(rest, b.reciprocal(first))
  }

  static let reciprocal = SeriesRule.recurrence { b, terms in
    let known = b.convolve(
      terms.operands[0], terms.result, order: terms.order, 1...terms.order)
    guard let known, let first = terms.result[0] else { return nil }
    return b.neg(b.mul(known, first))
  }

  /// x = r², solved for the newest coefficient of r.
  static let squareRoot = SeriesRule.recurrence { b, terms in
    let known = b.selfConvolve(terms.result, order: terms.order, first: 1)
    guard let rest = b.difference(terms.operands[0][terms.order], known),
      let first = terms.result[0]
    else { return nil }
    return b.mul(rest, b.reciprocal(b.mul(first, 2)))
  }

  /// Of a whole power n: n xⁿ⁻¹, by products, so that it holds at 0 too. Of any other: y r / x and r log x.
  ///
  /// The row's own partials lower the power by one, and theirs by one more: they come to no end.
  static let power = SeriesRule.derivative { b, v, r in
    let (x, y) = (v[0], v[1])
    if let exponent = b.constantValue(y)?.uniform, exponent == exponent.rounded(),
      (1...64).contains(exponent)
    {
      let lower = b.product(of: x, power: Int(exponent) - 1)
      return [b.mul(lower, exponent), nil]
    }
    let byBase = b.mul(y, b.div(r, x))
    return [byBase, b.constantValue(y) == nil ? b.mul(r, b.log(x)) : nil]
  }
}

extension RegionBuilder {
  /// xⁿ by squaring, n ≥ 0.
  fileprivate mutating func product(of x: Value, power n: Int) -> Value {
    var (base, rest) = (x, n)
    var result: Value?
    while rest > 0 {
      if rest & 1 == 1 { result = result.map { mul($0, base) } ?? base }
      rest >>= 1
      if rest > 0 { base = square(base) }
    }
    return result ?? one(like: x)
  }
}
