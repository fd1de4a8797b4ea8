import NodalExecution
import NodalIR
import NodalMethods
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import TestSupport
import Testing

/// Random problems, differentiated every way by everything: initial state, shared and own parameters, start, end and save times;
/// forwards, backwards, over nothing; alone and in batches of unlike spans; in both precisions.
struct TransformsGradientLawTests {
  struct Solver: CustomStringConvertible {
    var method: String
    var stepping: SolverSettings.Stepping
    var element = ElementType.f64
    var joint = false
    /// A tolerance for each component.
    var apart = false
    /// Against the gradient through very small steps, relative to 1 + the component.
    var bound: Double

    func settings(_ mode: GradientMode, _ dimension: Int) -> SolverSettings {
      var settings = SolverSettings(
        method: method, stepping: stepping, gradient: mode, joint: joint)
      settings.meetsSaves = Method.named(method)?.isSymmetric == true
      if apart, case .adaptive(let rtol, let atol) = stepping {
        settings.stepping = .adaptive(
          rtol: rtol, atol: (0..<dimension).map { atol[0] / Double(1 + $0) })
      }
      return settings
    }
    var description: String {
      "\(method) \(stepping) \(element)\(joint ? " joint" : "")\(apart ? " apart" : "")"
    }
  }

  static let reference = Solver(
    method: "dop853", stepping: .adaptive(rtol: 1e-12, atol: [1e-12]), bound: 0)

  static let solvers = [
    Solver(method: "tsit5", stepping: .adaptive(rtol: 1e-9, atol: [1e-9]), bound: 1e-5),
    Solver(method: "dop853", stepping: .adaptive(rtol: 1e-9, atol: [1e-9]), bound: 1e-5),
    Solver(method: "taylor", stepping: .adaptive(rtol: 1e-9, atol: [1e-9]), bound: 1e-5),
    Solver(
      method: "dopri5", stepping: .adaptive(rtol: 1e-9, atol: [1e-9]), joint: true, bound: 1e-5),
    Solver(
      method: "tsit5", stepping: .adaptive(rtol: 1e-9, atol: [1e-9]), apart: true, bound: 1e-5),
    Solver(method: "bs3", stepping: .adaptive(rtol: 1e-6, atol: [1e-7]), bound: 5e-3),
    Solver(method: "dopri5", stepping: .count(40), bound: 1e-5),
    Solver(method: "rk4", stepping: .step(0.03), bound: 1e-3),
    Solver(method: "reversible_heun", stepping: .step(0.004), bound: 2e-3),
    Solver(method: "asynchronous_leapfrog", stepping: .count(400), joint: true, bound: 2e-3),
    Solver(
      method: "tsit5", stepping: .adaptive(rtol: 1e-5, atol: [1e-6]), element: .f32, bound: 1e-2),
    Solver(method: "dopri5", stepping: .count(20), element: .f32, bound: 1e-2),
  ]

  /// Which of the inputs each example of a batch has for itself. p is shared by all.
  private enum Sharing: CaseIterable {
    case ownTimes, ownEnd, sharedTimes, allButTimesShared
    /// Of their own, and as far from the beginning as for all others.
    case alike

    /// y₀, p, q, t₀, t₁, save times.
    var flags: [Bool] {
      switch self {
      case .ownTimes, .alike: [true, false, true, true, true, true]
      case .ownEnd: [true, false, false, false, true, false]
      case .sharedTimes: [true, false, true, false, false, false]
      case .allButTimesShared: [false, false, false, true, true, true]
      }
    }
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
    _ ode: RandomOde, _ inputs: [Tensor], _ noise: inout Noise, name: String, joint: Bool = true,
    _ region: (SolverSettings, ElementType) throws -> Region
  ) throws {
    let reference = Self.reference
    let exact = try region(reference.settings(.direct, ode.dimension), .f64)
    let everything = Array(exact.parameterTypes.indices)
    let truth = try run(Pipeline.training(wrt: everything).run(exact), inputs)
    let plain = Runner(try ReferenceExecutor().compile(Pipeline.evaluation.run(exact)))

    // Against differences along a few directions, and against the tangent along them.
    let apart = Self.solvers.first { $0.apart } ?? reference
    let forward = try Pipeline.evaluation.run(
      Self.tangent(region(apart.settings(.auto, ode.dimension), .f64)))
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
        abs(slope - dot) < 1e-5 * (1 + abs(slope)), "\(name): slope \(slope), tangent \(dot)")
    }

    // By some inputs as by all.
    let wrt = noise.subset(of: everything)
    for mode in SolveGradients.modes {
      let settings = reference.settings(mode, ode.dimension)
      let found = try run(Pipeline.training(wrt: wrt).run(region(settings, .f64)), inputs)
      for (k, i) in wrt.enumerated() {
        for (a, b) in zip(found[1 + k].numbers, truth[1 + i].numbers) {
          #expect(abs(a - b) <= 1e-6 * (1 + abs(b)), "\(name), \(mode) by \(wrt): input \(i)")
        }
      }
    }

    // Every other way, by every input.
    for solver in Self.solvers where joint || !solver.joint {
      for mode in SolveGradients.modes {
        let own = try region(solver.settings(mode, ode.dimension), solver.element)
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

  @Test(arguments: 0..<Effort.count(8, long: 60))
  func single(seed: Int) throws {
    let ode = RandomOde(seed: seed)
    var noise = Noise(UInt64(seed) + 400)
    let inputs = ode.example(&noise)
    try check(ode, inputs, &noise, name: "\(ode)") { settings, element in
      try ode.loss(settings, element)
    }
  }

  @Test(arguments: 0..<Effort.count(8, long: 60))
  func batched(seed: Int) throws {
    let ode = RandomOde(seed: seed + 1000)
    var noise = Noise(UInt64(seed) + 500)
    let sharing = Sharing.allCases[seed % Sharing.allCases.count]
    let flags = sharing.flags
    let count = 1 + noise.integer(below: 4)
    var examples = (0..<count).map { _ in ode.example(&noise) }
    if sharing == .ownEnd {
      // Beyond the first one's, so that the save times that all share are inside.
      let (first, later) = (examples[0][4].scalar, ode.isBackwards ? -0.2 : 0.2)
      for i in examples.indices { examples[i][4] = Tensor(first + later * Double(i)) }
    }
    if sharing == .alike {
      let first = examples[0]
      for i in examples.indices {
        let moved = examples[i][3].scalar - first[3].scalar
        for k in 4...5 {
          examples[i][k] = Tensor(.f64, shape: first[k].shape, first[k].numbers.map { $0 + moved })
        }
      }
    }
    let inputs = flags.indices.map { k in
      flags[k]
        ? Tensor(.f64, shape: [count] + examples[0][k].shape, examples.flatMap { $0[k].numbers })
        : examples[0][k]
    }
    let extent: Extent = seed % 3 == 0 ? .fixed(count) : .lane
    // A shared clock wants spans that are alike.
    let mayBeJoint = count == 1 || sharing == .alike || sharing == .sharedTimes
    try check(ode, inputs, &noise, name: "\(count) of \(ode), \(sharing)", joint: mayBeJoint) {
      settings, element in
      try Self.total(ode, settings, element, flags, extent)
    }
  }

  /// A batch of nobody has a loss of nothing, and no derivative.
  @Test(arguments: SolveGradients.modes)
  func nobody(_ mode: GradientMode) throws {
    let ode = RandomOde(seed: 2)
    let flags = Sharing.ownTimes.flags
    let settings = Self.reference.settings(mode, ode.dimension)
    let region = try Self.total(ode, settings, .f64, flags, .lane)
    let inputs = zip(ode.types(.f64), flags).map { type, isOwn in
      Tensor(.f64, shape: (isOwn ? [0] : []) + type.extents.map { $0.fixedLength ?? 1 })
    }
    let found = try run(Pipeline.training(wrt: Array(0..<6)).run(region), inputs, lanes: 0)
    for tensor in found { #expect(tensor.numbers.allSatisfy { $0 == 0 }) }
  }
}

extension Noise {
  /// At least one of them, in order.
  mutating func subset(of all: [Int]) -> [Int] {
    let one = all[integer(below: all.count)]
    return all.filter { $0 == one || integer(below: 3) == 0 }
  }
}
