import NodalDiagnostics
import NodalTraining
import NodalBasics
import NodalChecking
import NodalData
import NodalExecution
import NodalIR
import NodalTransforms
import NodalTypes

/// A loss over a batch, compiled: the sum over lanes of the loss of one example, each times a weight, and its
/// gradient by the unconstrained weights.
///
/// Value and gradient are two programs; each is compiled when it is first asked for, and once.
final class LossProgram {
  let lowered: LoweredLoss
  private var gradient: Runner?
  private var value: Runner?
  /// The most that the workspaces of each of them held, in bytes.
  private var gradientBytes = 0
  private var valueBytes = 0
  /// What is differentiated by, in the order of the gradient's results.
  let trained: [ProgramInput]
  /// Before any pass: the sum over the lanes.
  let batched: Region
  /// Its parameters that are differentiated by.
  let wrt: [Int]

  /// Results: the weighted loss, one weighted strength for each term, then the gradient of
  /// loss + Σ penalty·strength by each that is trained.
  init(_ lowered: LoweredLoss, trained: [ProgramInput]) throws {
    self.lowered = lowered
    let program = lowered.program
    let one = program.region
    // Examples, their keys and their places in groups have lanes; weights and session values are shared.
    let mapped = program.isOfExample
    let terms = one.results.count - 1
    let element = one.resultTypes[0].element
    var builder = RegionBuilder(
      parameters: one.parameterTypes.withLanes(mapped)
        + [ValueType(element, [.lane]), ValueType(element, shape: [terms])])
    let given = builder.parameters
    let weights = given[one.parameterCount]
    let penalties = given[one.parameterCount + 1]
    let map = Map(extent: .lane, mapped: mapped, body: one)
    let each = builder.emit(.map(map), Array(given.prefix(one.parameterCount)))
    let sums = each.map { value in
      let weighted = builder.value(.elementwise(OpSchema("mul", arity: 2)), [value, weights])
      return builder.reduce(.sum, weighted, axes: [0])
    }
    var total = sums[0]
    for (k, strength) in sums.dropFirst().enumerated() {
      let factor = builder.reshape(builder.slice(penalties, axis: 0, k..<(k + 1)), to: [])
      let part = builder.value(.elementwise(OpSchema("mul", arity: 2)), [strength, factor])
      total = builder.value(.elementwise(OpSchema("add", arity: 2)), [total, part])
    }
    let region = try builder.finish([total] + sums)
    self.trained = trained.filter(program.inputs.contains)
    batched = region
    wrt = self.trained.compactMap(program.parameter)
  }

  /// Compiles what `run` will want, if it isn't there; `lanes` are those of the first run.
  func prepare(_ session: Session, lanes: Int, wantsGradient: Bool) throws {
    if (wantsGradient ? gradient : value) != nil { return }
    let runner = try session.compile(
      batched, wantsGradient ? .training(wrt: wrt) : .evaluation, lanes: lanes)
    if wantsGradient { gradient = runner } else { value = runner }
  }

  /// The most memory that was held for it.
  var byteCount: Int { gradientBytes + valueBytes }

  struct Outcome {
    var total: Double
    var loss: Double
    var strengths: [Double]
    var gradients: [Tensor]
    var report: RunReport
  }

  /// Nil before it is prepared.
  /// - Parameters:
  ///   - arguments: the examples' arrays [lanes, …], in the order of the declared parameters, then the program's inputs; those of weights are
  ///     unconstrained, those that each example has its own of have lanes.
  ///   - scales: what each example counts.
  func run(
    _ arguments: [Tensor], lanes: Int, scales: [Double], penalties: [Double], wantsGradient: Bool,
    _ options: RunOptions
  ) throws(ExecutionError) -> Outcome? {
    guard let runner = wantsGradient ? gradient : value else { return nil }
    let element = lowered.program.region.resultTypes[0].element
    let weights = [
      Tensor(element, shape: [lanes], scales),
      Tensor(element, shape: [penalties.count], penalties),
    ]
    let (results, report) = try runner.run(arguments + weights, lanes: lanes, options)
    if wantsGradient {
      gradientBytes = max(gradientBytes, report.byteCount)
    } else {
      valueBytes = max(valueBytes, report.byteCount)
    }
    let terms = penalties.count
    return Outcome(
      total: results[0].scalar, loss: results[1].scalar,
      strengths: (0..<terms).map { results[2 + $0].scalar },
      gradients: wantsGradient ? Array(results[(2 + terms)...]) : [], report: report)
  }
}
