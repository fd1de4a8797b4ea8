import NodalExecution
import NodalIR
import NodalMethods
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import Testing

/// Derivatives in derivatives, and forms in forms.
struct TransformsCalculusTests {
  private static let scalar = ValueType(.f64)

  /// (parameters) → the gradient of the first result by parameter 0.
  static func grad(_ region: Region) throws -> Region {
    var b = RegionBuilder(parameters: region.parameterTypes)
    let cotangents = region.resultTypes.enumerated().map { b.constant($0 == 0 ? 1 : 0, $1) }
    let results = b.emit(
      .derivative(Derivative(.reverse, wrt: [0], body: region)), b.parameters + cotangents)
    return try b.finish([results[region.results.count]])
  }

  /// Derivatives of tanh(x) by hand, up to the third.
  @Test func derivativesOfDerivatives() throws {
    var b = RegionBuilder(parameters: [Self.scalar])
    var region = try b.finish([b.tanh(b.parameters[0])])
    for order in 0...3 {
      for x in [-1.3, 0, 0.4, 2.2] {
        let t = Tensor(x)
        let y = try run(Pipeline.evaluation.run(region), [t])[0].scalar
        let th = try run(
          {
            var c = RegionBuilder(parameters: [Self.scalar])
            return try c.finish([c.tanh(c.parameters[0])])
          }(), [t])[0].scalar
        let s = 1 - th * th
        let expected = [th, s, -2 * th * s, s * (6 * th * th - 2)][order]
        #expect(abs(y - expected) < 1e-14, "order \(order) at \(x): \(y), \(expected)")
      }
      region = try Self.grad(region)
    }
  }

  /// Gradient of |grad tanh(Σ W x)|² by W and x, against differences.
  @Test func gradientOfGradient() throws {
    var inner = RegionBuilder(
      parameters: [ValueType(.f64, shape: [3]), ValueType(.f64, shape: [4, 3])])
    let product = inner.value(
      .contract(Contraction(contracted: [.init(1, 0)])),
      [inner.parameters[1], inner.parameters[0]])
    let total = inner.reduce(.sum, inner.tanh(product), axes: [0])
    let grad = try Self.grad(inner.finish([inner.tanh(total)]))
    var b = RegionBuilder(parameters: grad.parameterTypes)
    let g = b.inline(grad, b.parameters)[0]
    let region = try b.finish([b.reduce(.sum, b.square(g), axes: [0])])
    var noise = Noise(2)
    let inputs = TransformsDerivativeLawTests.inputs(region.parameterTypes, &noise)
    try TransformsDerivativeLawTests.check(region, inputs, &noise, name: "gradient of gradient")
    for extent in [Extent.lane, .fixed(5)] {
      try TransformsBatchingLawTests.check(
        region, &noise, extent: extent, name: "batched gradient of gradient")
    }
  }

  /// d(log density)/dt = -divergence of a network, with the trace by one forward derivative for each component; inside the right-hand
  /// side, inside a loss over a batch: gradients by the weights.
  @Test(arguments: SolveGradients.modes)
  func divergenceInsideRightHandSide(_ mode: GradientMode) throws {
    var net = RegionBuilder(
      parameters: [ValueType(.f64, shape: [2]), ValueType(.f64, shape: [2, 2])])
    let field = net.tanh(
      net.value(
        .contract(Contraction(contracted: [.init(1, 0)])), [net.parameters[1], net.parameters[0]]))
    let network = try net.finish([field])
    var r = RegionBuilder(
      parameters: [.time, ValueType(.f64, shape: [3]), ValueType(.f64, shape: [2, 2])])
    let x = r.slice(r.parameters[1], axis: 0, 0..<2)
    var trace = r.constant(0, Self.scalar)
    for i in 0..<2 {
      let unit = r.constant([i == 0 ? 1 : 0, i == 1 ? 1 : 0], ValueType(.f64, shape: [2]))
      let column = r.emit(
        .derivative(Derivative(.forward, wrt: [0], body: network)), [x, r.parameters[2], unit])[1]
      trace = r.add(trace, r.reshape(r.slice(column, axis: 0, i..<(i + 1)), to: []))
    }
    let flow = r.inline(network, [x, r.parameters[2]])[0]
    let rhs = try r.finish([
      r.concatenate([flow, r.reshape(r.neg(trace), to: [.fixed(1)])], axis: 0)
    ])
    var b = RegionBuilder(
      parameters: [ValueType(.f64, shape: [3]), ValueType(.f64, shape: [2, 2])])
    let solve = Solve(
      settings: SolverSettings(
        method: "tsit5", stepping: .adaptive(rtol: 1e-9, atol: [1e-9]), gradient: mode),
      batched: [], rhs: rhs, controlled: 3)
    let noSaves = b.constant([], ValueType(.f64, shape: [0]))
    let results = b.emit(
      .solve(solve),
      [b.constant(0, .time), b.constant(1, .time), noSaves, b.parameters[0], b.parameters[1]])
    let loss = try b.finish([b.reduce(.sum, b.square(results[0]), axes: [0])])
    let total = try TransformsBatchingLawTests.total(loss, [true, false])
    let gradient = try Pipeline.training(wrt: [0, 1]).run(total)
    let plain = Runner(try ReferenceExecutor().compile(Pipeline.evaluation.run(total)))
    var noise = Noise(6)
    let inputs = [noise.tensor(.f64, [4, 3]), noise.tensor(.f64, [2, 2])]
    let found = try run(gradient, inputs)
    for i in 0..<2 {
      for k in 0..<inputs[i].count {
        func value(_ shift: Double) throws -> Double {
          var moved = inputs
          moved[i][k] += shift
          return try plain.run(moved).results[0].scalar
        }
        let difference = try (value(1e-5) - value(-1e-5)) / 2e-5
        #expect(
          abs(found[2 + i][k] - difference) < 1e-6 * (1 + abs(difference)),
          "\(mode): \(i)[\(k)] \(found[2 + i][k]), differences \(difference)")
      }
    }
  }

  /// (y₀, p) → a loss of a solve between constant times, by a way to differentiate it.
  private static func solveLoss(_ mode: GradientMode, _ method: String) throws -> Region {
    if Method.named(method)?.isSymmetric == true {
      return try TransformsSeparabilityTests.loss(mode, method: method)
    }
    let inner = try TransformsSolveLawTests.loss(
      mode, .adaptive(rtol: 1e-10, atol: [1e-10]), saves: 3, method: method)
    var b = RegionBuilder(parameters: Array(inner.parameterTypes[..<2]))
    let times = [
      b.constant(0.1, .time), b.constant(1.3, .time),
      b.constant([0.3, 0.7, 1.3], ValueType(.f64, shape: [3])),
    ]
    return try b.finish(b.inline(inner, b.parameters + times))
  }

  /// A gradient through a solve, differentiated again: forwards, as `hessian` does, and backwards, as training does; alone and
  /// over examples. Whatever way is asked for, the outer derivative is that of the gradient.
  @Test(
    arguments: [GradientMode.direct, .adjoint, .interpolated, .forward, .reversible, .auto],
    ["tsit5", "leapfrog", "leapfrog4", "reversible_heun", "asynchronous_leapfrog"])
  func gradientsOfSolvesDifferentiatedAgain(_ mode: GradientMode, _ method: String) throws {
    // Steps so few are far from the equation that an adjoint one belongs to.
    let isUndone = (Method.named(method)?.companions ?? 0) > 0
    if isUndone, [.adjoint, .interpolated].contains(mode) { return }
    let loss = try Self.solveLoss(mode, method)
    let slope = try Self.grad(loss)
    var noise = Noise(77)
    for extent in [Extent?.none, .lane, .fixed(2)] {
      let count = extent == nil ? [] : [2]
      // Of each example: the gradient by its start.
      var region = slope
      if let extent {
        region = try TransformsBatchingLawTests.mapped(region, [true, false], extent)
      }
      var square = RegionBuilder(parameters: region.parameterTypes)
      let gradients = square.inline(region, square.parameters)[0]
      let norm = square.reduce(
        .sum, square.square(gradients), axes: Array(0..<square.type(gradients).rank))
      region = try square.finish([norm])
      let plain = Runner(try ReferenceExecutor().compile(Pipeline.evaluation.run(region)))

      let types = region.parameterTypes
      var b = RegionBuilder(parameters: types + types)
      let forward = try b.finish(
        b.emit(.derivative(Derivative(.forward, wrt: [0, 1], body: region)), b.parameters))
      let tangent = try Pipeline.evaluation.run(forward)
      let gradient = try Pipeline.training(wrt: [0, 1]).run(region)

      let p = types[1].fixedCount ?? 1
      let start = noise.tensor(.f64, count + [2])
      let inputs = [
        Tensor(.f64, shape: start.shape, start.numbers.map { 1 + 0.2 * $0 }),
        Tensor(.f64, shape: types[1].rank == 0 ? [] : [p], p == 1 ? [1.2] : [1.5, 1, 3, 1]),
      ]
      let direction = inputs.map { noise.tensor(.f64, $0.shape) }
      func value(_ s: Double) throws -> Double {
        var moved = inputs
        for k in 0..<2 { for j in 0..<moved[k].count { moved[k][j] += s * direction[k][j] } }
        return try plain.run(moved).results[0].scalar
      }
      let difference = try (value(1e-4) - value(-1e-4)) / 2e-4
      let dot = try run(tangent, inputs + direction)[1].scalar
      let back = try run(gradient, inputs)
      let slope = TransformsDerivativeLawTests.dot(Array(back[1...]), direction)
      let name = "\(mode) \(method) \(extent.map(\.description) ?? "single")"
      #expect(
        abs(dot - difference) < 1e-5 * (1 + abs(difference)),
        "\(name): tangent \(dot), differences \(difference)")
      #expect(
        abs(slope - difference) < 1e-5 * (1 + abs(difference)),
        "\(name): gradient \(slope), differences \(difference)")
    }
  }

  /// log on one side, where it is defined, and something else on the other: what is not taken leaves no NaN behind.
  @Test(arguments: [Extent?.none, .lane, .fixed(6)])
  func forbiddenSides(_ extent: Extent?) throws {
    var yes = RegionBuilder(parameters: [Self.scalar, Self.scalar])
    let log = yes.mul(yes.log(yes.parameters[0]), yes.apply("sqrt", yes.parameters[0]))
    let whenTrue = try yes.finish([yes.mul(log, yes.parameters[1])])
    var no = RegionBuilder(parameters: [Self.scalar, Self.scalar])
    let whenFalse = try no.finish([no.mul(no.square(no.parameters[0]), no.parameters[1])])
    var b = RegionBuilder(parameters: [Self.scalar, Self.scalar])
    let (x, k) = (b.parameters[0], b.parameters[1])
    let condition = b.apply("gt", x, b.constant(0, Self.scalar))
    let y = b.emit(.branch(Branch(whenTrue: whenTrue, whenFalse: whenFalse)), [condition, x, k])[0]
    let one = try b.finish([y])
    let numbers = [-2, -1e-3, 0, 0.25, 1, 4]
    func exact(_ x: Double, _ k: Double) -> (Double, Double, Double) {
      if x > 0 {
        let root = x.squareRoot()
        let l = LogTable.log(x)
        return (l * root * k, k * (root / x + l / (2 * root)), l * root)
      }
      return (x * x * k, 2 * x * k, x * x)
    }
    if let extent {
      var outer = RegionBuilder(parameters: [ValueType(.f64, [extent]), Self.scalar])
      let all = outer.emit(
        .map(Map(extent: extent, mapped: [true, false], body: one)), outer.parameters)[0]
      let sum = outer.reduce(.sum, all, axes: [0])
      let gradient = try Pipeline.training(wrt: [0, 1]).run(outer.finish([sum, all]))
      let found = try run(gradient, [Tensor(numbers), Tensor(0.7)])
      var byK = 0.0
      for (i, x) in numbers.enumerated() {
        let (value, byX, own) = exact(x, 0.7)
        #expect(abs(found[1][i] - value) < 1e-14)
        #expect(abs(found[2][i] - byX) < 1e-13, "at \(x): \(found[2][i]), \(byX)")
        byK += own
      }
      #expect(abs(found[3].scalar - byK) < 1e-13)
    } else {
      let gradient = try Pipeline.training(wrt: [0, 1]).run(one)
      for x in numbers {
        let found = try run(gradient, [Tensor(x), Tensor(0.7)])
        let (value, byX, byK) = exact(x, 0.7)
        #expect(abs(found[0].scalar - value) < 1e-14)
        #expect(abs(found[1].scalar - byX) < 1e-13)
        #expect(abs(found[2].scalar - byK) < 1e-13)
      }
    }
  }

  private enum LogTable {
    /// By the row's own kernel, which generic tests hold to the definition.
    static func log(_ x: Double) -> Double {
      Operations.row(named: "log")?.kernels.evaluate(.f64, [x]) ?? .nan
    }
  }

  /// Windows one after the other (scan), each solved from where the last one ended; over examples (map), batched again.
  @Test(arguments: [GradientMode.direct, .adjoint, .interpolated, .forward, .auto])
  func solveInsideScanInsideMap(_ mode: GradientMode) throws {
    let state = ValueType(.f64, shape: [2])
    let weights = ValueType(.f64, shape: [4])
    var turn = RegionBuilder(parameters: [state, .time, Self.scalar, weights])
    let end = turn.add(turn.parameters[1], turn.constant(0.4, .time))
    let solve = Solve(
      settings: SolverSettings(
        method: "tsit5", stepping: .adaptive(rtol: 1e-9, atol: [1e-9]), gradient: mode),
      batched: [], rhs: try SolveGradients.rightHandSide(), controlled: 2)
    let saves = turn.reshape(
      turn.add(turn.parameters[1], turn.constant(0.15, .time)), to: [.fixed(1)])
    let results = turn.emit(
      .solve(solve),
      [turn.parameters[1], end, saves, turn.parameters[0], turn.parameters[3]])
    let kick = turn.splat(turn.parameters[2], like: results[0])
    let next = turn.add(results[0], kick)
    let output = turn.reduce(.sum, results[1], axes: [0, 1])
    let body = try turn.finish([next, end, output, turn.reduce(.sum, results[0], axes: [0])])
    var b = RegionBuilder(parameters: [state, ValueType(.f64, shape: [3]), weights])
    let scan = b.emit(
      .scan(Scan(length: .fixed(3), carries: 2, stacked: 1, outputs: 1, body: body)),
      [b.parameters[0], b.constant(0, .time), b.parameters[1], b.parameters[2]])
    let loss = b.add(
      b.add(b.reduce(.sum, b.square(scan[0]), axes: [0]), scan[3]),
      b.reduce(.sum, b.square(scan[2]), axes: [0]))
    let one = try b.finish([loss])
    var noise = Noise(11)
    for extent in [Extent.lane, .fixed(3)] {
      var outer = RegionBuilder(parameters: [
        state.prepending(extent), ValueType(.f64, [extent, .fixed(3)]), weights,
      ])
      let all = outer.emit(
        .map(Map(extent: extent, mapped: [true, true, false], body: one)), outer.parameters)[0]
      let total = try outer.finish([outer.reduce(.sum, all, axes: [0])])
      let gradient = try Pipeline.training(wrt: [0, 1, 2]).run(total)
      let plain = Runner(try ReferenceExecutor().compile(Pipeline.evaluation.run(total)))
      let inputs = [
        Tensor(.f64, shape: [3, 2], (0..<6).map { _ in 1 + 0.4 * noise.next() }),
        Tensor(.f64, shape: [3, 3], (0..<9).map { _ in 0.1 * noise.next() }),
        Tensor([1.5, 1, 3, 1]),
      ]
      let found = try run(gradient, inputs)
      for i in 0..<3 {
        for k in 0..<inputs[i].count {
          func value(_ shift: Double) throws -> Double {
            var moved = inputs
            moved[i][k] += shift
            return try plain.run(moved).results[0].scalar
          }
          let difference = try (value(1e-5) - value(-1e-5)) / 2e-5
          #expect(
            abs(found[1 + i][k] - difference) < 2e-5 * (1 + abs(difference)),
            "\(mode) \(extent): \(i)[\(k)] \(found[1 + i][k]), differences \(difference)")
        }
      }
    }
  }
}
