import Foundation
import NodalExecution
import NodalIR
import NodalMethods
import NodalOperations
import NodalTransforms
import Testing

/// Taylor coefficients of solutions against the same by differentiating again and again along the solution: y⁽ᵏ⁺¹⁾ is the
/// derivative of y⁽ᵏ⁾ by time and by the state, in the direction (1, f).
@Suite("Power series")
struct SeriesTests {
  static let order = 6

  /// Of order 6.
  private static func taylor() throws -> Method {
    try #require(Method.named("taylor")).serving(.adaptive(rtol: 1e-4, atol: [1e-4]))
  }

  /// (t, y) → y⁽ᵏ⁾ / k! for k from 1 to the order, side by side.
  private static func derivatives(of rhs: Region) throws -> Region {
    var all = RegionBuilder(parameters: rhs.parameterTypes)
    var current = rhs
    var factorial = 1.0
    var rows: [Value] = []
    for k in 1...order {
      factorial *= Double(k)
      let value = all.inline(current, all.parameters)[0]
      rows.append(all.mul(value, 1 / factorial))
      guard k < order else { break }
      let forward = try ForwardMode.differentiate(current, wrt: [0, 1])
      var next = RegionBuilder(parameters: rhs.parameterTypes)
      let slope = next.inline(rhs, next.parameters)[0]
      let one = next.constant(1, .time)
      let tangent = next.inline(forward, next.parameters + [one, slope])[1]
      current = try Simplify.run(next.finish([tangent]))
    }
    return try Simplify.run(all.finish([all.concatenate(rows, axis: 0)]))
  }

  /// At each of the points (t, y).
  private func check(
    _ rhs: Region, _ points: [(Double, [Double])], _ name: String, tolerance: Double = 1e-9
  ) throws {
    let problem = StepProblem(
      rhs: rhs, rtol: 1e-4, atol: [1e-4], controlled: rhs.resultTypes[0].fixedCount ?? 0)
    let step = try #require(StepBuilder.regions(Self.taylor(), problem).memoryless)
    let exact = try Self.derivatives(of: rhs)
    for (t, y) in points {
      let found = try run(step, [Tensor(t), Tensor(1), Tensor(y)])[1].numbers
      let expected = try run(exact, [Tensor(t), Tensor(y)])[0].numbers
      #expect(found.count == expected.count)
      for (k, (a, b)) in zip(found, expected).enumerated() {
        #expect(
          abs(a - b) <= tolerance * max(1, abs(b)),
          "\(name) at \(t), \(y), order \(1 + k / y.count): \(a), not \(b)")
      }
    }
  }

  private func hasSeries(_ row: OpRow) -> Bool {
    if case .none = row.series { false } else { true }
  }

  /// y₀' = op(y₀, y₁) + t/10, y₁' = (y₀ + t)/5.
  @Test(arguments: Operations.rows.filter { $0.schema.typing == .arithmetic }.map(\.name))
  func rule(name: String) throws {
    let row = try #require(Operations.row(named: name))
    let arity = row.schema.arity
    var b = RegionBuilder(parameters: [.time, ValueType(.f64, shape: [arity])])
    let t = b.reshape(b.parameters[0], to: [.fixed(1)])
    let y = (0..<arity).map { b.slice(b.parameters[1], axis: 0, $0..<($0 + 1)) }
    let first = b.add(b.apply(row, y), b.mul(t, 0.1))
    let others = y.dropFirst().map { _ in b.mul(b.add(y[0], t), 0.2) }
    let slope = b.concatenate([first] + others, axis: 0)
    let rhs = try b.finish([slope])
    guard hasSeries(row) else {
      #expect(["lgamma", "digamma", "polygamma", "fixed"].contains(name))
      let taylor = try Self.taylor()
      #expect(throws: IRError.self) { try StepBuilder.check(taylor, rhs: rhs) }
      return
    }
    let values = row.domain.map { OperationsTests.points($0) }
    let states = values.reduce([[]]) { heads, next in
      heads.flatMap { head in next.map { head + [$0] } }
    }
    try check(rhs, states.map { (0.4, $0) }, name)
  }

  /// Whole powers hold at zero too.
  @Test(arguments: [5, 7, 2.5, -3, -0.5, 70, 0, 1])
  func powers(exponent: Double) throws {
    var b = RegionBuilder(parameters: [.time, ValueType(.f64, shape: [1])])
    // Made by hand: the builder has peepholes for small powers.
    let row = try #require(Operations.row(named: "pow"))
    let y = b.parameters[1]
    let power = b.value(.elementwise(row.schema), [y, b.constant(exponent, b.type(y))])
    let slope = b.add(power, 0.5)
    let rhs = try b.finish([slope])
    var points = [(0.0, [0.8]), (0.0, [1.3])]
    if exponent == exponent.rounded(), exponent > 0, exponent < 64 {
      points += [(0, [0]), (0, [-0.4])]
    }
    try check(rhs, points, "power \(exponent)")
  }

  @Test func forms() throws {
    var b = RegionBuilder(parameters: [.time, ValueType(.f64, shape: [3])])
    let (t, y) = (b.parameters[0], b.parameters[1])
    let all = b.splat(t, like: y)
    func vector(_ scalar: Value) -> Value { b.splat(scalar, like: y) }
    let outer = b.value(.contract(Contraction(contracted: [])), [y, b.sin(y)])
    let moved = b.transpose(outer, [1, 0])
    let again = b.value(.contract(Contraction(contracted: [.init(1, 0)])), [moved, y])
    let dot = b.value(.contract(Contraction(contracted: [.init(0, 0)])), [y, y])
    let sums = b.add(
      b.add(vector(b.reduce(.sum, b.square(y), axes: [0])), vector(dot)),
      b.sub(vector(b.reduce(.max, y, axes: [0])), vector(b.reduce(.min, b.mul(y, all), axes: [0]))))
    let chosen = b.select(b.less(y, all), b.exp(y), b.mul(all, y))
    let whole = b.mul(b.convert(b.convert(b.mul(y, 3), to: .i64), to: .f64), y)
    let indices = b.constant([2, 0, 2], ValueType(.i64, shape: [3]))
    let gathered = b.value(.gather(Gather()), [b.cos(y), indices])
    let scattered = b.value(.scatter(Scatter(extent: .fixed(3))), [b.square(y), indices])
    let padded = b.pad(b.slice(y, axis: 0, 0..<2), axis: 0, before: 1, after: 0)
    let windows = b.reduce(
      .sum, b.window(b.concatenate([y, all], axis: 0), axis: 0, size: 4), axes: [0])
    let reversed = b.value(.layout(.reverse(axis: 0)), [b.tanh(windows)])
    // Constant parts have no coefficients beyond the first, beside others that have.
    let mixed = b.concatenate(
      [b.slice(y, axis: 0, 0..<1), b.constant([2, 3], ValueType(.f64, shape: [2]))], axis: 0)
    var slope = again
    for term in [sums, chosen, whole, gathered, scattered, padded, reversed, b.mul(mixed, y)] {
      slope = b.add(slope, b.mul(term, 0.3))
    }
    let rhs = try b.finish([slope])
    try check(
      rhs, [(0.2, [0.5, -0.7, 1.1]), (-1, [0.4, 0.9, -0.3])], "forms", tolerance: 1e-8)
  }

  /// What has no series is named, at its place or where it leads to.
  @Test func refusals() throws {
    func refusal(_ make: (inout RegionBuilder, Value) throws -> Value) throws -> Refusal? {
      var b = RegionBuilder(parameters: [.time, ValueType(.f64, shape: [2])])
      let made = try make(&b, b.parameters[1])
      b.origin = Origin(7)
      let slope = b.neg(made)
      let taylor = try Self.taylor()
      let rhs = try b.finish([slope])
      do throws(IRError) {
        try StepBuilder.check(taylor, rhs: rhs)
        return nil
      } catch {
        return error.refusal
      }
    }
    #expect(try refusal { b, y in b.exp(y) } == nil)
    #expect(
      try refusal { b, y in b.apply("lgamma", y) }
        == Refusal(.noSeries(of: "lgamma"), origin: Origin(7)))
    #expect(
      try refusal { b, y in
        b.origin = Origin(3)
        return b.apply("digamma", b.exp(y))
      } == Refusal(.noSeries(of: "digamma"), origin: Origin(3)))
    // Of a constant anything may be taken.
    #expect(
      try refusal { b, y in b.mul(y, b.apply("lgamma", b.constant(2.5, b.type(y)))) } == nil)
    let side = try {
      var b = RegionBuilder(parameters: [ValueType(.f64, shape: [2])])
      return try b.finish([b.sin(b.parameters[0])])
    }()
    #expect(
      try refusal { b, y in
        let condition = b.less(b.parameters[0], b.constant(1, .time))
        return b.emit(.branch(Branch(whenTrue: side, whenFalse: side)), [condition, y])[0]
      } == Refusal(.noSeries(of: "branch"), origin: Origin(7)))
  }
}

@Suite("Taylor steps")
struct TaylorStepsTests {
  @Test("the order follows from the tolerance")
  func orders() throws {
    let taylor = try #require(Method.named("taylor"))
    func order(_ rtol: Double, _ atol: [Double] = [0]) -> Int {
      taylor.serving(.adaptive(rtol: rtol, atol: atol)).order
    }
    #expect([1e-3, 1e-6, 1e-9, 1e-12].map { order($0) } == [5, 8, 12, 15])
    #expect(order(0, [1e-6, 1e-9]) == 12)
    // No order serves beyond the rounding of numbers.
    #expect(order(1e-300) == 20 && order(5) == 2)
    #expect(taylor.serving(.count(10)).order == 8)
    #expect(taylor.serving(.adaptive(rtol: 1e-9, atol: [0])).denseOrder == 12)
    #expect(abs(taylor.stabilityLimit - 4.3) < 0.2)
  }

  /// Equations of pieces: where |x| turns or a comparison has another outcome no coefficient tells of it, and steps see it
  /// nevertheless.
  @Test(arguments: [1e-6, 1e-9])
  func kinks(tolerance: Double) throws {
    let rectified = KnownProblem("y' = |cos t|", to: 10, dimension: 1) { b, t, _, _ in
      [b.abs(b.cos(t))]
    } solution: { t in
      let turns = (t / .pi + 0.5).rounded(.down)
      return [sin(t - .pi * turns) + 2 * turns]
    }
    let switched = KnownProblem("y' = 1 up to y = 2, then 3 - y", to: 4, dimension: 1) {
      b, _, y, _ in
      let two = b.constant(2, b.type(y[0]))
      return [b.select(b.less(y[0], two), b.one(like: y[0]), b.sub(b.mul(two, 1.5), y[0]))]
    } solution: { t in
      [t < 2 ? t : 3 - exp(2 - t)]
    }
    for problem in [rectified, switched] {
      let inside = (0..<20).map { problem.end * (Double($0) + 0.37) / 20 }
      let errors = try problem.errors(.adaptive("taylor", tolerance), inside: inside)
      #expect(errors.main < 10 * tolerance, "\(problem)")
      #expect(errors.inside < 10 * tolerance, "\(problem)")
    }
  }

  /// ∫ y dt over a step, by Gauss' formula, is that of the step's polynomial.
  @Test func integrals() throws {
    let taylor = try #require(Method.named("taylor"))
    for rtol in [1e-2, 1e-5, 1e-9] {
      let regions = try StepBuilder.regions(
        taylor.serving(.adaptive(rtol: rtol, atol: [rtol])), MethodsStepTests.problem(lanes: false))
      let (t, h, y) = (0.3, -0.2, [0.4, -1.1, 2.0])
      let p = Tensor(MethodsStepTests.p)
      let step = try run(#require(regions.memoryless), [Tensor(t), Tensor(h), Tensor(y), p])
      let terms = try run(
        try #require(regions.terms), [Tensor(t), Tensor(h), Tensor(y), Tensor(1), p])
      let order = regions.evaluations.step
      for j in 0..<3 {
        var (end, integral) = (y[j], y[j])
        for k in 1...order {
          end += step[1][3 * (k - 1) + j]
          integral += step[1][3 * (k - 1) + j] / Double(k + 1)
        }
        #expect(abs(step[0][j] - end) < 1e-14)
        #expect(abs(terms[0][j] - h * integral) < 1e-14)
        func dense(_ theta: Double) throws -> Double {
          try run(
            regions.dense, [Tensor(theta), Tensor(h), Tensor(y), step[0], step[1]])[0][j]
        }
        #expect(try dense(0) == y[j])
        #expect(abs(try dense(1) - end) < 1e-14)
      }
    }
  }
}
