import NodalBasics
import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms

/// An initial value problem for tests: y' from the components of y and of p, elementwise over
/// lanes.
struct Problem: Sendable {
  /// (builder, t, y components, p components) → derivative components; all scalars or [lanes].
  typealias Equations = @Sendable (inout RegionBuilder, Value, [Value], [Value]) -> [Value]
  var dimension: Int
  var parameters: Int
  var element: ElementType = .f64
  var equations: Equations

  static let lotkaVolterra = Problem(dimension: 2, parameters: 4) { b, _, y, p in
    let xy = b.mul(y[0], y[1])
    return [
      b.sub(b.mul(p[0], y[0]), b.mul(p[1], xy)),
      b.sub(b.mul(p[3], xy), b.mul(p[2], y[1])),
    ]
  }
  static let pendulum = Problem(dimension: 2, parameters: 1) { b, _, y, p in
    [y[1], b.neg(b.mul(p[0], b.sin(y[0])))]
  }
  /// y' = y², which explodes at 1/y₀.
  static let explosion = Problem(dimension: 1, parameters: 1) { b, _, y, p in
    [b.mul(p[0], b.square(y[0]))]
  }

  /// (t, y, p) → y', over lanes or not; the parameter vector is shared unless `ownParameters`.
  func rhs(lanes: Bool, ownParameters: Bool = false) throws -> Region {
    func type(_ n: Int, _ over: Bool) -> ValueType {
      ValueType(element, (over ? [.lane] : []) + [.fixed(n)])
    }
    let time = ValueType(.f64, lanes ? [.lane] : [])
    var b = RegionBuilder(
      parameters: [time, type(dimension, lanes), type(parameters, ownParameters)])
    let scalar: [Extent] = lanes ? [.lane] : []
    func parts(_ v: Value, _ n: Int, _ over: Bool) -> [Value] {
      (0..<n).map { i in
        let part = b.slice(v, axis: over ? 1 : 0, i..<(i + 1))
        return over || !lanes
          ? b.reshape(part, to: scalar)
          : b.broadcast(b.reshape(part, to: []), to: scalar, axes: [])
      }
    }
    let y = parts(b.parameters[1], dimension, lanes)
    let p = parts(b.parameters[2], parameters, ownParameters)
    let t = b.convert(b.parameters[0], to: element)
    let slopes = equations(&b, t, y, p).map { b.reshape($0, to: scalar + [.fixed(1)]) }
    let joined = b.concatenate(slopes, axis: scalar.count)
    return try b.finish([joined])
  }

  struct Outcome {
    var final: Tensor
    var saved: Tensor
    var stats: Tensor
    var rest: [Tensor]
    var report: RunReport
    func statistic(_ s: Solve.Statistic, _ lane: Int = 0) -> Int {
      Int(stats[lane * Solve.Statistic.allCases.count + s.rawValue])
    }
  }

  /// A region with one solve in it. Over lanes each trajectory has its own start and, if asked for,
  /// its own parameters and times.
  func region(
    _ settings: SolverSettings, saves: Int, lanes: Bool, ownParameters: Bool = false,
    ownTimes: Bool = false, record: ValueType? = nil, quadrature: Region? = nil
  ) throws -> Region {
    let over: [Extent] = lanes ? [.lane] : []
    let times: [Extent] = lanes && ownTimes ? [.lane] : []
    let types = [
      ValueType(.f64, times), ValueType(.f64, times), ValueType(.f64, [.fixed(saves)]),
      ValueType(element, over + [.fixed(dimension)]),
      ValueType(element, (ownParameters ? [.lane] : []) + [.fixed(parameters)]),
    ]
    var b = RegionBuilder(parameters: types)
    b.origin = Origin(42)
    // Lanes that share a clock get it where batches are lowered.
    let isJoint = lanes && settings.joint
    let solve = Solve(
      settings: settings, trajectories: lanes ? .lane : nil,
      batched: lanes ? [ownTimes, ownTimes, false, true, ownParameters] : [],
      rhs: isJoint
        ? try rhs(lanes: false, ownParameters: false)
        : try rhs(lanes: lanes, ownParameters: ownParameters),
      isLowered: lanes && !isJoint,
      controlled: dimension, quadrature: quadrature, trace: record == nil ? nil : 0, record: record)
    let results = b.emit(.solve(solve), b.parameters)
    let region = try b.finish(results)
    return try Linearization.run(isJoint ? Batching.expand(region) : region)
  }

  func solve(
    _ settings: SolverSettings, from t0: Tensor, to t1: Tensor, saves: [Double] = [], _ y0: Tensor,
    _ p: Tensor, record: ValueType? = nil, quadrature: Region? = nil,
    _ options: RunOptions = RunOptions()
  ) throws -> Outcome {
    let lanes = y0.shape.count == 2
    let region = try region(
      settings, saves: saves.count, lanes: lanes, ownParameters: p.shape.count == 2,
      ownTimes: t0.shape.count == 1, record: record, quadrature: quadrature)
    try Verifier.verify(region)
    let runner = try Runner(ReferenceExecutor().compile(region), isWhole: region.solvesTogether)
    let (results, report) = try runner.run([t0, t1, Tensor(saves), y0, p], options)
    return Outcome(
      final: results[0], saved: results[1], stats: results[2], rest: Array(results[3...]),
      report: report)
  }

  func solve(
    _ settings: SolverSettings, _ span: (Double, Double), saves: [Double] = [], _ y0: [Double],
    _ p: [Double], record: ValueType? = nil, quadrature: Region? = nil,
    _ options: RunOptions = RunOptions()
  ) throws -> Outcome {
    try solve(
      settings, from: Tensor(span.0), to: Tensor(span.1), saves: saves,
      Tensor(element, shape: [y0.count], y0), Tensor(element, shape: [p.count], p),
      record: record, quadrature: quadrature, options)
  }
}

extension SolverSettings {
  static func adaptive(_ method: String, _ rtol: Double, _ atol: Double? = nil) -> SolverSettings {
    SolverSettings(method: method, stepping: .adaptive(rtol: rtol, atol: [atol ?? rtol]))
  }
}
