import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import Testing

/// Random problems, differentiated every way by everything: initial state, shared and own parameters, start, end and save times;
/// forwards, backwards, over nothing; alone and in batches of unlike spans; in both precisions.
struct TransformsGradientLawTests {
  struct Solver: CustomStringConvertible {
    var method: String
    var stepping: SolverSettings.Stepping
    var element = ElementType.f64
    /// Against the gradient through very small steps, relative to 1 + the component.
    var bound: Double

    func settings(_ mode: GradientMode) -> SolverSettings {
      SolverSettings(method: method, stepping: stepping, gradient: mode)
    }
    var description: String { "\(method) \(stepping) \(element)" }
  }

  static let reference = Solver(
    method: "dop853", stepping: .adaptive(rtol: 1e-12, atol: [1e-12]), bound: 0)

  static let solvers = [
    Solver(method: "tsit5", stepping: .adaptive(rtol: 1e-9, atol: [1e-9]), bound: 1e-5),
    Solver(method: "dop853", stepping: .adaptive(rtol: 1e-9, atol: [1e-9]), bound: 1e-5),
    Solver(method: "bs3", stepping: .adaptive(rtol: 1e-6, atol: [1e-7]), bound: 5e-3),
    Solver(method: "dopri5", stepping: .count(40), bound: 1e-5),
    Solver(method: "rk4", stepping: .step(0.03), bound: 1e-3),
    Solver(
      method: "tsit5", stepping: .adaptive(rtol: 1e-5, atol: [1e-6]), element: .f32, bound: 1e-2),
    Solver(method: "dopri5", stepping: .count(20), element: .f32, bound: 1e-2),
  ]

  /// Which inputs each example has for itself: p is shared by all, q sometimes; times are own, but for a common start.
  private static func flags(_ seed: Int) -> [Bool] {
    [true, false, seed % 2 == 0, true, true, true]
  }

  /// The sum of the examples' losses.
  private static func total(
    _ ode: RandomOde, _ settings: SolverSettings, _ element: ElementType, _ flags: [Bool],
    _ extent: Extent
  ) throws -> Region {
    let one = try ode.loss(settings, element)
    var b = RegionBuilder(
      parameters: zip(one.parameterTypes, flags).map { $1 ? $0.prepending(extent) : $0 })
    let losses = b.emit(.map(Map(extent: extent, mapped: flags, body: one)), b.parameters)[0]
    return try b.finish([b.reduce(.sum, losses, axes: [0])])
  }

  /// (inputs…, a tangent for each) → (the region's result, its tangent)
  private static func tangent(_ region: Region) throws -> Region {
    let types = region.parameterTypes
    var b = RegionBuilder(parameters: types + types)
    let results = b.emit(
      .derivative(Derivative(.forward, wrt: Array(types.indices), body: region)), b.parameters)
    return try b.finish(results)
  }

  private static func cast(_ inputs: [Tensor], like region: Region) -> [Tensor] {
    zip(inputs, region.parameterTypes).map { Tensor($1.element, shape: $0.shape, $0.numbers) }
  }

  private func check(
    _ ode: RandomOde, _ inputs: [Tensor], _ noise: inout Noise, name: String,
    _ region: (SolverSettings, ElementType) throws -> Region
  ) throws {
    let reference = Self.reference
    let exact = try region(reference.settings(.direct), .f64)
    let everything = Array(exact.parameterTypes.indices)
    let truth = try run(Pipeline.training(wrt: everything).run(exact), inputs)
    let plain = Runner(try ReferenceExecutor().compile(Pipeline.evaluation.run(exact)))

    // Against differences along a few directions, and against the tangent along them.
    let forward = try Pipeline.evaluation.run(Self.tangent(exact))
    for _ in 0..<3 {
      let direction = ode.direction(inputs, &noise)
      func value(_ s: Double) throws -> Double {
        var moved = inputs
        for k in moved.indices {
          for j in 0..<moved[k].count { moved[k][j] += s * direction[k][j] }
        }
        return try plain.run(moved).results[0].scalar
      }
      let step = 1e-4
      let difference = try (value(step) - value(-step)) / (2 * step)
      let slope = TransformsDerivativeLawTests.dot(Array(truth[1...]), direction)
      #expect(
        abs(slope - difference) < 1e-5 * (1 + abs(difference)),
        "\(name): slope \(slope), differences \(difference)")
      let dot = try run(forward, inputs + direction)[1].scalar
      #expect(
        abs(slope - dot) < 1e-6 * (1 + abs(slope)), "\(name): slope \(slope), tangent \(dot)")
    }

    // Every other way, by every input.
    for solver in Self.solvers {
      for mode in SolveGradients.modes {
        let own = try region(solver.settings(mode), solver.element)
        let found = try run(
          Pipeline.training(wrt: everything).run(own), Self.cast(inputs, like: own))
        for (k, expected) in truth.enumerated() {
          for j in 0..<expected.count {
            #expect(
              abs(found[k][j] - expected[j]) <= solver.bound * (1 + abs(expected[j])),
              "\(name), \(solver) \(mode): result \(k)[\(j)] is \(found[k][j]), not \(expected[j])")
          }
        }
      }
    }
  }

  @Test(arguments: 0..<15)
  func single(seed: Int) throws {
    let ode = RandomOde(seed: seed)
    var noise = Noise(UInt64(seed) + 400)
    let inputs = ode.example(&noise)
    try check(ode, inputs, &noise, name: "\(ode)") { settings, element in
      try ode.loss(settings, element)
    }
  }

  @Test(arguments: 0..<15)
  func batched(seed: Int) throws {
    let ode = RandomOde(seed: seed + 1000)
    var noise = Noise(UInt64(seed) + 500)
    let flags = Self.flags(seed)
    let count = 1 + noise.integer(below: 4)
    let examples = (0..<count).map { _ in ode.example(&noise) }
    let inputs = flags.indices.map { k in
      flags[k]
        ? Tensor(.f64, shape: [count] + examples[0][k].shape, examples.flatMap { $0[k].numbers })
        : examples[0][k]
    }
    let extent: Extent = seed % 3 == 0 ? .fixed(count) : .lane
    try check(ode, inputs, &noise, name: "\(count) of \(ode)") { settings, element in
      try Self.total(ode, settings, element, flags, extent)
    }
  }
}
