import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import Testing

/// The adjoint solves the state backwards: where that goes astray, a run says so.
struct TransformsDriftTests {
  /// (y₀, k, save times) → y(5)² + Σ saved, of y' = -k y from 0 to 5.
  static func decay(_ mode: GradientMode, saves: Int, rtol: Double = 1e-6) throws -> Region {
    let state = ValueType(.f64, shape: [1])
    var r = RegionBuilder(parameters: [.time, state, state])
    let rhs = try r.finish([r.neg(r.mul(r.parameters[2], r.parameters[1]))])
    var b = RegionBuilder(parameters: [state, state, ValueType(.f64, shape: [saves])])
    let p = b.parameters
    let solve = Solve(
      settings: SolverSettings(
        method: "tsit5", stepping: .adaptive(rtol: rtol, atol: [1e-9]), gradient: mode),
      batched: [], rhs: rhs, controlled: 1)
    b.origin = Origin(17)
    let results = b.emit(
      .solve(solve), [b.constant(0, .time), b.constant(5, .time), p[2], p[0], p[1]])
    let end = b.reduce(.sum, b.square(results[0]), axes: [0])
    return try b.finish([b.add(end, b.reduce(.sum, results[1], axes: [0, 1]))])
  }

  private func gradient(
    _ mode: GradientMode, _ k: Double, _ saves: [Double]
  ) throws -> (byRate: Double, report: RunReport) {
    let region = try Pipeline.training(wrt: [0, 1]).run(Self.decay(mode, saves: saves.count))
    let (results, report) = try Runner(ReferenceExecutor().compile(region)).run(
      [Tensor([1]), Tensor([k]), Tensor(saves)])
    return (results[2].scalar, report)
  }

  @Test func strongDecayIsToldOf() throws {
    // One save point, at 2.5: ∂/∂k of e^(-2.5 k) is small; of the one at 0.1 it is not.
    let saves = [0.1, 2.5]
    let exact = -0.1 * 0.1353352832366127
    let direct = try gradient(.direct, 20, saves)
    #expect(abs(direct.byRate / exact - 1) < 1e-3)
    #expect(direct.report.drift == 0 && direct.report.drifts.isEmpty)
    let adjoint = try gradient(.adjoint, 20, saves)
    #expect(adjoint.report.drift > 1e6)
    guard case .adjointDrift(let time, let ratio, let origin)? = adjoint.report.drifts.first
    else {
      Issue.record("no warning: \(adjoint.report.drifts)")
      return
    }
    #expect(adjoint.report.drifts.count == 1)
    #expect(origin == Origin(17))
    #expect(ratio == adjoint.report.drift)
    // Each stretch begins where the forward solve was, and is judged at its own end.
    #expect(time == 0.1 || time == 2.5 || time == 0)
    let interpolated = try gradient(.interpolated, 20, saves)
    #expect(interpolated.report.drift == 0 && interpolated.report.drifts.isEmpty)
    #expect(abs(interpolated.byRate / exact - 1) < 1e-2)
  }

  /// The way back over the whole span in one go makes the gradient wrong, not only inaccurate.
  @Test func theGradientThatIsWarnedOfIsWrong() throws {
    func loss(_ mode: GradientMode) throws -> (Double, RunReport) {
      let state = ValueType(.f64, shape: [1])
      var r = RegionBuilder(parameters: [.time, state, state])
      // y' = -20 (y - cos k t) - y³: a fast way to a slow solution.
      let y = r.parameters[1]
      let phase = r.mul(
        r.parameters[2], r.broadcast(r.parameters[0], to: [.fixed(1)], axes: []))
      let pull = r.mul(r.sub(y, r.cos(phase)), -20)
      let rhs = try r.finish([r.sub(pull, r.mul(y, r.square(y)))])
      var b = RegionBuilder(parameters: [state, state])
      let solve = Solve(
        settings: SolverSettings(
          method: "tsit5", stepping: .adaptive(rtol: 1e-6, atol: [1e-9]), gradient: mode),
        batched: [], rhs: rhs, controlled: 1)
      let none = b.constant([], ValueType(.f64, shape: [0]))
      let results = b.emit(
        .solve(solve),
        [b.constant(0, .time), b.constant(5, .time), none, b.parameters[0], b.parameters[1]])
      let region = try b.finish([b.reduce(.sum, results[0], axes: [0])])
      let (found, report) = try Runner(
        ReferenceExecutor().compile(Pipeline.training(wrt: [1]).run(region))
      ).run([Tensor([1]), Tensor([1.3])])
      return (found[1].scalar, report)
    }
    let (direct, calm) = try loss(.direct)
    #expect(calm.drift == 0)
    do {
      let (adjoint, report) = try loss(.adjoint)
      #expect(report.drift > 1e6 && !report.warnings.isEmpty)
      #expect(abs(adjoint / direct - 1) > 1e-3 || abs(direct) < 1e-9)
    } catch {
      // So far astray that it could not be followed: that is told in any case.
    }
  }

  @Test func quietWhereTheWayBackIsGood() throws {
    for k in [-0.5, 0.5] {
      let adjoint = try gradient(.adjoint, k, [1, 2, 3, 4])
      #expect(adjoint.report.drift > 0 && adjoint.report.drift < 100)
      #expect(adjoint.report.drifts.isEmpty)
    }
    let region = try Pipeline.training(wrt: [0, 1]).run(
      SolveGradients.loss(.adjoint, saves: 11, tolerance: 1e-6))
    let report = try Runner(ReferenceExecutor().compile(region)).run([
      Tensor([1, 1]), Tensor([1.5, 1, 3, 1]), Tensor(0), Tensor(10),
      Tensor((0...10).map { Double($0) }),
    ]).report
    #expect(report.drift > 0 && report.warnings.isEmpty, "\(report.drift)")
  }

  /// In a batch the worst trajectory speaks; drift is the same on any number of threads.
  @Test func batches() throws {
    let one = try Self.decay(.adjoint, saves: 1)
    let region = try Pipeline.training(wrt: [1]).run(
      TransformsBatchingLawTests.total(one, [true, true, false]))
    let runner = Runner(try ReferenceExecutor().compile(region))
    let rates = (0..<16).map { $0 == 11 ? 20 : 0.3 + 0.01 * Double($0) }
    let inputs = [
      Tensor(.f64, shape: [16, 1], rates.map { _ in 1 }), Tensor(.f64, shape: [16, 1], rates),
      Tensor([2.5]),
    ]
    let report = try runner.run(inputs).report
    #expect(report.drift > 1e4 && report.warnings.count == 1)
    let parallel = try runner.run(inputs, RunOptions(threads: Threads(2))).report
    #expect(parallel.drift == report.drift)
    #expect(parallel.warnings == report.warnings)
  }
}

extension RunReport {
  /// What was warned of drifts; a strong decay also looks stiff.
  fileprivate var drifts: [RunWarning] {
    warnings.filter {
      switch $0 {
      case .adjointDrift: true
      case .stiff, .switched, .unstable, .companionAstray: false
      }
    }
  }
}
