import Foundation
import Nodal
import TestSupport
import Testing

/// What `where` promises of a learned term holds for weights of all kinds, at all places, in both executors.
@Suite struct StructureLawTests {
  /// A term of two states, its weights, and its values at places.
  struct Model {
    let recorder: Recorder

    init(_ term: String, _ backend: Backend = .reference) throws {
      var configuration = Configuration()
      configuration.backend = backend
      recorder = Recorder(configuration)
      recorder.run(
        """
        ode f {
          state x = 0.3, v = -0.2
          learned d = \(term)
          output force = d
          x' = v - x
          v' = d
        }
        ode truth { state x = 0.3; x' = cos(4*t) }
        data obs = simulate(truth, at: linspace(0.1, 0.3, 3))
        loss fit(w) = mse(solve(f, at: w.t, start: 0, solver: rk4(dt: 0.05)).x, w.x)
        """)
      #expect(recorder.errors.map(\.text) == [])
    }

    /// Weights of both signs, biases that aren't 0, inputs that are standardised.
    func scatter(_ seed: Int) throws {
      let interpreter = try #require(recorder.interpreter)
      for (place, weight) in interpreter.weights.enumerated() {
        let values = weight.values.indices.map { index in
          4 * sin(12.9898 * Double(index + 1) + 78.233 * Double(place + 1) + Double(seed))
        }
        if weight.path.hasSuffix(".center") { continue }
        let isScale = weight.path.hasSuffix(".scale")
        try interpreter.setWeight(weight.path, to: isScale ? values.map { 0.3 + abs($0) } : values)
      }
    }

    func force(_ places: [(x: Double, v: Double)]) throws -> [Double] {
      let xs = places.map { "\($0.x)" }.joined(separator: ", ")
      let vs = places.map { "\($0.v)" }.joined(separator: ", ")
      let value = try #require(recorder.interpreter).evaluate(
        "solve(f, from: {x: [\(xs)], v: [\(vs)]}, over: 0..1e-6, at: [0.0], solver: euler(dt: 1e-6)).force"
      )
      let numbers = try #require(value.numbers)
      #expect(numbers.count == places.count && numbers.allSatisfy(\.isFinite))
      return numbers
    }
  }

  /// A grid whose points have their mirror images in it.
  static let line = stride(from: -3.0, through: 3, by: 0.75).map { $0 }
  static let grid = line.flatMap { v in line.map { x in (x: x, v: v) } }
  static let seeds = Array(0..<(Effort.isLong ? 30 : 3))

  /// Each law over the values on the grid, by x within v.
  static let laws: [(term: String, holds: @Sendable ([Double]) -> Bool)] = [
    ("mlp(5)([x, v]) where positive", { $0.allSatisfy { $0 >= 0 } }),
    ("mlp(5)([x, v]) where even(x), negative", { $0.allSatisfy { $0 <= 0 } && isEvenInX($0) }),
    ("mlp(5)([x, v]) where bounded(-1, 3)", { $0.allSatisfy { $0 >= -1 && $0 <= 3 } }),
    (
      "mlp(5)([x, v]) where bounded(-2, 2), odd(x, v)",
      { $0.allSatisfy { abs($0) <= 2 } && isOdd($0) }
    ),
    ("mlp(5)([x, v]) where dissipative(v)", { isAgainst($0) { $0.v } }),
    ("mlp(5)([x, v]) where dissipative(v - x)", { isAgainst($0) { $0.v - $0.x } }),
    ("mlp(5)([x, v]) where odd(x, v), dissipative(v)", { isAgainst($0) { $0.v } && isOdd($0) }),
    ("mlp(5)([x, v]) where dissipative(v), even(x)", { isAgainst($0) { $0.v } && isEvenInX($0) }),
    ("mlp(5)([x, v]) where monotone(x)", { rises($0, inX: true) }),
    ("mlp(5, depth: 3)([x, v]) where monotone(-v)", { rises($0.map { -$0 }, inX: false) }),
    (
      "mlp(5)([x, v]) where monotone(x, -v), raw",
      { rises($0, inX: true) && rises($0.map { -$0 }, inX: false) }
    ),
    ("-mlp(5)(x) + mlp(3)(v) where monotone(-x)", { rises($0.map { -$0 }, inX: true) }),
    ("-mlp(5)([x, v]) where monotone(x)", { rises($0, inX: true) }),
    ("mlp(5)([x, v]) where odd(x, v), monotone(x)", { rises($0, inX: true) && isOdd($0) }),
    ("mlp(5)([v, x]) where monotone(v), even(x)", { rises($0, inX: false) && isEvenInX($0) }),
    (
      "mlp(5)([x, v]) where odd(x, v), monotone(x), bounded(-1, 1)",
      { rises($0, inX: true) && isOdd($0) && $0.allSatisfy { abs($0) <= 1 } }
    ),
    (
      "mlp(5)([x, v]) where negative, monotone(x)",
      { rises($0, inX: true) && $0.allSatisfy { $0 <= 0 } }
    ),
    (
      "mlp(5)([x, v]) where odd(x, v), monotone(-v, -x)",
      { rises($0.map { -$0 }, inX: false) && isOdd($0) }
    ),
  ]

  @Test(arguments: laws.indices) func holds(_ law: Int) throws { try holds(law, .reference) }

  @Test(.enabled(if: Backend.hasNative), arguments: Effort.isLong ? Array(laws.indices) : [6, 13])
  func holdsInMachineCode(_ law: Int) throws { try holds(law, .native) }

  private func holds(_ law: Int, _ backend: Backend) throws {
    let (term, holds) = Self.laws[law]
    let model = try Model(term, backend)
    for seed in Self.seeds {
      try model.scatter(seed)
      let values = try model.force(Self.grid)
      #expect(holds(values), "\(term), seed \(seed)")
      #expect((values.max() ?? 0) - (values.min() ?? 0) > 1e-3, "\(term) is as good as constant")
    }
  }

  @Test(arguments: [
    "tanh", "sigmoid", "softplus", "relu", "leaky_relu", "elu", "softsign", "atan", "erf",
  ])
  func activationsThatRise(_ name: String) throws {
    let model = try Model("mlp(4, act: \(name))([v, x]) where monotone(x)")
    for seed in Self.seeds {
      try model.scatter(seed)
      #expect(Self.rises(try model.force(Self.grid), inX: true), "\(name), seed \(seed)")
    }
  }

  /// Of a vector: drag component by component, and a monotone term in components of a state.
  @Test func vectors() throws {
    let force = try Recorder.numbers(
      """
      ode f {
        state q = [1, 2], w = [0.5, -1]
        learned d = mlp(4)([q, w]) where dissipative(w), raw
        learned s = learn(-2.0)*mlp(4)(q) where monotone(q[1], -q[0])
        output fed = d*w, slope = jacobian(s, wrt: q)
        q' = w
        w' = -q + d + s
      }
      let s = solve(f, from: {q: [[1, 2], [-1, 0.5], [0, -2]], w: [[1, -3], [0, 2], [-1, -1]]}, over: 0..1, at: [0.0])
      """, "[flatten(s.fed), flatten(s.slope)]")
    let (fed, slope) = (force.prefix(6), force.suffix(12))
    #expect(force.count == 18 && fed.allSatisfy { $0 <= 0 } && fed.min() ?? 0 < 0)
    #expect(slope.enumerated().allSatisfy { $0 % 2 == 0 ? $1 < 0 : $1 > 0 }, "\(slope)")
  }

  /// What isn't named is as free as before.
  @Test func othersRiseAndFall() throws {
    let model = try Model("mlp(5)([x, v]) where monotone(x)")
    let isFree = try Self.seeds.contains { seed in
      try model.scatter(seed)
      let values = try model.force(Self.grid)
      return !Self.rises(values, inX: false) && !Self.rises(values.map { -$0 }, inX: false)
    }
    #expect(isFree)
  }

  private static let differentiated = [
    "mlp(2)([x, v]) where negative, even(x)",
    "mlp(2)([x, v]) where bounded(-1, 2)", "mlp(2)([x, v]) where odd(x, v), dissipative(v)",
    "mlp(2)([x, v]) where monotone(x, -v)",
    "mlp(2)([x, v]) where monotone(x), bounded(0, 1)",
  ]

  /// Gradients by all weights are those of differences.
  @Test(arguments: differentiated) func gradients(_ term: String) throws {
    try gradients(term, .reference)
  }

  @Test(
    .enabled(if: Backend.hasNative),
    arguments: Effort.isLong ? differentiated : Array(differentiated.suffix(1)))
  func gradientsInMachineCode(_ term: String) throws { try gradients(term, .native) }

  private func gradients(_ term: String, _ backend: Backend) throws {
    let model = try Model(term, backend)
    try model.scatter(3)
    let interpreter = try #require(model.recorder.interpreter)
    let found = try interpreter.gradient(of: "fit", on: "obs")
    let size = found.gradient.values.joined().map(abs).max() ?? 0
    #expect(size > 0)
    for weight in interpreter.weights where weight.isTrained {
      let gradient = try #require(found.gradient[weight.path])
      for index in weight.values.indices where Effort.isLong || index % 3 == 0 {
        let h = 1e-5
        func loss(_ step: Double) throws -> Double {
          var moved = weight.values
          moved[index] += step
          try interpreter.setWeight(weight.path, to: moved)
          return try interpreter.gradient(of: "fit", on: "obs").value
        }
        let difference = try (loss(h) - loss(-h)) / (2 * h)
        #expect(
          abs(gradient[index] - difference) < 1e-6 * size + 1e-9,
          "\(term): \(weight.path)[\(index)]")
      }
      try interpreter.setWeight(weight.path, to: weight.values)
    }
  }

  // MARK: laws

  private static func isAgainst(
    _ values: [Double], _ velocity: ((x: Double, v: Double)) -> Double
  ) -> Bool {
    zip(values, grid).allSatisfy { $0 * velocity($1) <= 0 }
  }

  private static func isOdd(_ values: [Double]) -> Bool {
    zip(values, values.reversed()).allSatisfy { abs($0 + $1) <= 1e-12 * (1 + abs($0)) }
  }

  private static func isEvenInX(_ values: [Double]) -> Bool {
    rows(values).allSatisfy { row in
      zip(row, row.reversed()).allSatisfy { abs($0 - $1) <= 1e-12 * (1 + abs($0)) }
    }
  }

  private static func rises(_ values: [Double], inX: Bool) -> Bool {
    let rows = rows(values)
    let lines =
      inX ? rows : line.indices.map { place in rows.map { $0[place] } }
    return lines.allSatisfy { line in
      zip(line, line.dropFirst()).allSatisfy { $1 - $0 >= -1e-12 * (1 + abs($0)) }
    }
  }

  private static func rows(_ values: [Double]) -> [[Double]] {
    stride(from: 0, to: values.count, by: line.count).map { Array(values[$0..<($0 + line.count)]) }
  }
}
