import NodalIR
import NodalOperations

/// The pieces that steps of all methods are made of.
struct StepArithmetic {
  var builder: RegionBuilder
  let types: StepProblem.Types

  init(_ types: StepProblem.Types, parameters: [ValueType]) {
    self.types = types
    builder = RegionBuilder(parameters: parameters)
  }

  /// A scalar, or one for each lane, in each component of a state.
  mutating func spread(_ scalar: Value) -> Value {
    let converted = builder.convert(scalar, to: types.state.element)
    return builder.broadcast(
      converted, to: types.state.extents, axes: Array(0..<builder.type(scalar).rank))
  }

  /// t + c h.
  mutating func time(_ t: Value, _ c: Double, _ h: Value) -> Value {
    if c == 0 { return t }
    return builder.add(t, c == 1 ? h : builder.mul(h, c))
  }

  /// Σ wⱼ xⱼ of states, zero weights left out; nil if all are. Few terms are chained; from three on
  /// they are laid side by side and contracted with the weights, which takes three nodes whatever
  /// their number.
  mutating func sum(_ weights: some Collection<Double>, _ states: some Collection<Value>) -> Value?
  {
    let terms = zip(weights, states).filter { $0.0 != 0 }
    guard let (firstWeight, first) = terms.first else { return nil }
    if terms.count < 3 {
      var total = firstWeight == 1 ? first : builder.mul(first, firstWeight)
      for (weight, state) in terms.dropFirst() {
        total = builder.add(total, weight == 1 ? state : builder.mul(state, weight))
      }
      return total
    }
    let table = rows(side(terms.map(\.1)), count: terms.count)
    let vector = builder.constant(
      terms.map { rounded($0.0) }, ValueType(types.state.element, shape: [terms.count]))
    return builder.value(
      .contract(Contraction(contracted: [.init(types.axis, 0)])), [table, vector])
  }

  /// States side by side in one row of numbers.
  mutating func side(_ states: [Value]) -> Value {
    builder.concatenate(states, axis: types.axis)
  }

  /// States that lie side by side, as a table of `count` rows.
  mutating func rows(_ states: Value, count: Int) -> Value {
    builder.reshape(states, to: types.perLane([count, types.size]))
  }

  /// Constants of a state's element type hold numbers that it can hold.
  func rounded(_ number: Double) -> Double {
    types.state.element == .f32 ? Double(Float(number)) : number
  }

  /// y + h Σ wⱼ xⱼ; y itself where there are none. The last of the xⱼ, which is the last to be known, enters by an operation of
  /// its own, y + h (…) + (h w) x: where nothing else is to be done, what follows waits for one operation, not for two.
  mutating func advance(_ y: Value, _ h: Value, _ weights: [Double], _ states: [Value]) -> Value {
    guard let weight = weights.last, let last = states.last else { return y }
    let before = sum(weights.dropLast(), states.dropLast())
    let start = advance(y, spread(h), before)
    return advance(start, spread(builder.mul(h, weight)), last)
  }

  /// y + h x, `h` spread; y itself where x is nil.
  mutating func advance(_ y: Value, _ h: Value, _ x: Value?) -> Value {
    guard let x else { return y }
    return builder.add(y, builder.mul(h, x))
  }

  /// atol + rtol max(|a|, |b|) for the controlled components.
  mutating func scale(_ problem: StepProblem, _ a: Value, _ b: Value?) -> Value {
    let n = problem.controlled
    var size = builder.abs(builder.slice(a, axis: types.axis, 0..<n))
    if let b {
      // The larger; a, where b is not a number. Whoever takes a step looks for that apart, and this is shorter than `max`.
      let other = builder.abs(builder.slice(b, axis: types.axis, 0..<n))
      size = builder.select(builder.less(size, other), other, size)
    }
    let absolute: Value
    if problem.atol.count == 1 {
      absolute = builder.constant(rounded(problem.atol[0]), builder.type(size))
    } else {
      let row = builder.constant(
        problem.atol.map(rounded), ValueType(types.state.element, shape: [n]))
      absolute = builder.broadcast(
        row, to: builder.type(size).extents, axes: [types.axis])
    }
    return builder.add(absolute, builder.mul(size, rounded(problem.rtol)))
  }

  /// The mean square of the controlled components of x, in units of `scale`; f64, for each lane.
  mutating func meanSquare(_ problem: StepProblem, _ x: Value, scale: Value) -> Value {
    guard problem.controlled > 0 else { return builder.constant(0, types.scalar) }
    let part = builder.slice(x, axis: types.axis, 0..<problem.controlled)
    let squares = squares(builder.div(part, scale))
    return builder.mul(squares, 1 / Double(problem.controlled))
  }

  /// The same of h x. The quotient of h and the scale, and of the root of their number, can be taken while x is computed: it is off
  /// the path from one step to the next.
  mutating func meanSquare(
    _ problem: StepProblem, _ x: Value, times h: Value, scale: Value
  ) -> Value {
    guard problem.controlled > 0 else { return builder.constant(0, types.scalar) }
    let n = problem.controlled
    let part = builder.slice(x, axis: types.axis, 0..<n)
    let share = spread(builder.mul(h, 1 / Double(n).squareRoot()))
    let length = builder.slice(share, axis: types.axis, 0..<n)
    return squares(builder.mul(part, builder.div(length, scale)))
  }

  private mutating func squares(_ x: Value) -> Value {
    // Squares are taken in f64: in f32 those of large ratios overflow.
    let ratio = builder.convert(x, to: .f64)
    let lanes: [Contraction.Pair] = types.isBatched ? [.init(0, 0)] : []
    return builder.value(
      .contract(
        Contraction(batch: lanes, contracted: [.init(types.axis, types.axis)])), [ratio, ratio])
  }

  /// What a step with this error counts in integrals: its length, 0 for lanes that will take it again. Where one decision is made for
  /// all it is made after the step.
  mutating func accepted(_ h: Value, _ error: Value?) -> Value {
    guard let error, types.isBatched, types.clock == types.scalar else { return h }
    let isAccepted = builder.lessOrEqual(error, builder.constant(1, types.scalar))
    return builder.select(isAccepted, h, builder.constant(0, types.scalar))
  }

  /// Σ wⱼ `length` q(t + θⱼh, y(t + θⱼh)) by a rule of Gauss, for methods whose stages serve no integral beside the state; `states` are the
  /// dense output at the rule's points.
  mutating func integral(
    _ quadrature: Region, _ rule: GaussLegendre, _ states: [Value], t: Value, h: Value,
    length: Value, _ shared: [Value], _ past: StepPast? = nil
  ) -> [Value] {
    var total: [Value] = []
    for ((point, weight), state) in zip(zip(rule.points, rule.weights), states) {
      let share = builder.mul(length, weight)
      let own = parameters(shared, at: point, past)
      let terms = builder.inline(quadrature, [time(t, point, h), state, share] + own)
      total = accumulate(total, terms)
    }
    return total
  }

  /// Σ of an integral's terms over a step by the trapezoidal rule, with the states at its ends.
  mutating func trapezoid(
    _ quadrature: Region, t: Value, h: Value, mask: Value, from y0: Value, to y1: Value,
    _ shared: [Value]
  ) -> [Value] {
    let share = builder.mul(builder.mul(h, mask), 0.5)
    let before = builder.inline(quadrature, [t, y0, share] + shared)
    let after = builder.inline(quadrature, [time(t, 1, h), y1, share] + shared)
    return accumulate(before, after)
  }

  /// Adds two lists of terms, element by element; the first may be empty.
  mutating func accumulate(_ total: [Value], _ terms: [Value]) -> [Value] {
    total.isEmpty ? terms : zip(total, terms).map { builder.add($0, $1) }
  }
}
