import Foundation
import NodalExecution
import NodalIR
import NodalMethods
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import TestSupport
import Testing

/// Gradients through steps that are undone, of all methods whose steps can be.
@Suite("Reversible steps")
struct ReversibleTests {
  static let methods = MethodEntry.all.compactMap(\.method).filter(\.isSymmetric)

  /// (y₀, k) → a number of the end and of saved states, of q' = p, p' = -k q³.
  private static func loss(
    _ method: Method, _ mode: GradientMode, steps: Int = 60, saves: [Double] = [0.4, 1.1, 1.1, 2]
  ) throws -> Region {
    let solve = try TransformsSeparabilityTests.solve(
      TransformsSeparabilityTests.canonical(TransformsSeparabilityTests.quartic()), steps: steps,
      saves: saves.count, gradient: mode, method: method.name, meetsSaves: true)
    var b = RegionBuilder(parameters: Array(solve.parameterTypes[..<2]))
    let times = [b.constant(2, .time), b.constant(saves, ValueType(.f64, shape: [saves.count]))]
    let results = b.inline(solve, b.parameters + times)
    let end = b.reduce(.sum, b.square(results[0]), axes: [0])
    return try b.finish([b.add(end, b.reduce(.sum, b.sin(results[1]), axes: [0, 1]))])
  }

  private static let inputs = [Tensor([1, 0.3]), Tensor(1.2)]

  @Test("they are the derivative of what was computed", arguments: methods)
  func differences(_ method: Method) throws {
    let region = try Self.loss(method, .reversible)
    let found = try run(Pipeline.training(wrt: [0, 1]).run(region), Self.inputs)
    let plain = Runner(try ReferenceExecutor().compile(Pipeline.evaluation.run(region)))
    for i in 0..<2 {
      for k in 0..<Self.inputs[i].count {
        func value(_ shift: Double) throws -> Double {
          var moved = Self.inputs
          moved[i][k] += shift
          return try plain.run(moved).results[0].scalar
        }
        let h = 1e-3
        // Of order 4.
        let difference =
          try (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
        #expect(
          abs(found[1 + i][k] - difference) < 1e-9 * (1 + abs(difference)),
          "\(method.name): \(found[1 + i][k]), differences \(difference)")
      }
    }
  }

  @Test("and the same as forwards, to rounding", arguments: methods)
  func forwards(_ method: Method) throws {
    let found = try [GradientMode.reversible, .forward].map { mode in
      try run(Pipeline.training(wrt: [0, 1]).run(Self.loss(method, mode)), Self.inputs)
    }
    for (a, b) in zip(found[0], found[1]) {
      for k in 0..<a.count {
        #expect(abs(a[k] - b[k]) <= 1e-11 * (1 + abs(b[k])), "\(method.name): \(a[k]), \(b[k])")
      }
    }
  }

  @Test("each example of a batch has its own", arguments: methods, [Extent.lane, .fixed(3)])
  func batches(_ method: Method, _ extent: Extent) throws {
    let one = try Self.loss(method, .reversible)
    var region = try TransformsBatchingLawTests.mapped(one, [true, false], extent)
    var b = RegionBuilder(parameters: region.parameterTypes)
    let losses = b.inline(region, b.parameters)[0]
    region = try b.finish([b.reduce(.sum, losses, axes: [0])])
    let starts = [[1, 0.3], [0.2, -0.7], [-1.4, 0.1]]
    let all = Tensor(.f64, shape: [3, 2], starts.flatMap { $0 })
    let found = try run(Pipeline.training(wrt: [0, 1]).run(region), [all, Tensor(1.2)])
    let alone = try starts.map { start in
      try run(Pipeline.training(wrt: [0, 1]).run(one), [Tensor(start), Tensor(1.2)])
    }
    for (i, single) in alone.enumerated() {
      for k in 0..<2 {
        #expect(abs(found[1][2 * i + k] - single[1][k]) < 1e-12 * (1 + abs(single[1][k])))
      }
    }
    let sum = alone.reduce(0.0) { $0 + $1[2].scalar }
    #expect(abs(found[2].scalar - sum) < 1e-12 * (1 + abs(sum)))
  }

  @Test("memory is that of a step, however many there are", arguments: methods)
  func memory(_ method: Method) throws {
    func bytes(_ steps: Int, _ mode: GradientMode) throws -> Int {
      let region = try Pipeline.training(wrt: [0, 1]).run(Self.loss(method, mode, steps: steps))
      return try Runner(ReferenceExecutor().compile(region)).run(Self.inputs).report.byteCount
    }
    let (few, many) = try (bytes(40, .reversible), bytes(4000, .reversible))
    print(method.name, "bytes of 40 and of 4000 steps:", few, many)
    #expect(few == many)
    if method.companions == 0 { #expect(try bytes(4000, .direct) > 10 * many) }
  }

  @Test("a way back that comes off is told")
  func drift() throws {
    // y' = -20 y: the companion grows by e⁸⁰.
    var b = RegionBuilder(parameters: [.time, ValueType(.f64, shape: [1])])
    let rhs = try b.finish([b.mul(b.parameters[1], -20)])
    var settings = SolverSettings(
      method: "asynchronous_leapfrog", stepping: .count(400), gradient: .reversible)
    settings.meetsSaves = true
    var outer = RegionBuilder(parameters: [ValueType(.f64, shape: [1])])
    let none = outer.constant([], ValueType(.f64, shape: [0]))
    let results = outer.emit(
      .solve(Solve(settings: settings, batched: [], rhs: rhs, controlled: 1)),
      [outer.constant(0, .time), outer.constant(1, .time), none, outer.parameters[0]])
    let loss = outer.reduce(.sum, results[Solve.Result.final], axes: [0])
    let region = try Pipeline.training(wrt: [0]).run(outer.finish([loss]))
    let report = try Runner(ReferenceExecutor().compile(region)).run([Tensor([1])]).report
    print("warnings:", report.warnings)
    #expect(!report.warnings.isEmpty)
  }
}
