import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalOperations
import NodalTraining
import NodalTransforms
import NodalTypes

/// A lowered loss as the sum of squares that is in it: residuals, and, compiled when it is first asked for, the curvature 2 Σ JᵀJ by Gauss and Newton.
final class LeastSquaresProgram {
  let lowered: LoweredProgram
  /// What is learned and in it, in the order of the program's inputs, which is that of the curvature's rows.
  let trained: [ProgramInput]
  /// (parameters of the program) → r [m] for one example.
  let residuals: Region
  /// Parameters that are learned.
  private let wrt: [Int]
  private var runner: Runner?

  /// Nil where there is no square.
  init?(_ lowered: LoweredProgram, trained: [ProgramInput]) throws {
    self.lowered = lowered
    self.trained = lowered.inputs.filter(trained.contains)
    wrt = self.trained.compactMap(lowered.parameter)
    guard let residuals = try LeastSquares.residuals(of: lowered.region, wrt: wrt) else {
      return nil
    }
    self.residuals = residuals
  }

  /// [learned, learned], row by row, each example weighted by what it counts.
  func curvature(
    _ arguments: [Tensor], scales: [Double], _ session: Session
  ) throws -> [Double] {
    let runner =
      try runner ?? session.compile(try curvatureRegion(), .evaluation, lanes: scales.count)
    self.runner = runner
    let element = residuals.resultTypes[0].element
    let flat = wrt.flatMap { arguments[$0].numbers }
    let others = arguments.indices.filter { !wrt.contains($0) }.map { arguments[$0] }
    let given =
      [Tensor(element, shape: [flat.count], flat)] + others
      + [Tensor(element, shape: [scales.count], scales)]
    return try session.perform(lowered) { () throws(ExecutionError) in
      try runner.run(given, lanes: scales.count, session.batchOptions).0[0].numbers
    }
  }

  private func curvatureRegion() throws -> Region {
    let one = try LeastSquares.linearized(residuals, wrt: wrt)
    let isOfExample = lowered.isOfExample
    let mapped = [false] + isOfExample.indices.filter { !wrt.contains($0) }.map { isOfExample[$0] }
    let element = one.resultTypes[0].element
    var builder = RegionBuilder(
      parameters: one.parameterTypes.withLanes(mapped) + [ValueType(element, [.lane])])
    let given = Array(builder.parameters.dropLast())
    let slopes = builder.emit(.map(Map(extent: .lane, mapped: mapped, body: one)), given)[1]
    let counts = builder.mul(builder.parameters[given.count], 2)
    let weighted = builder.mul(
      slopes, builder.broadcast(counts, to: builder.type(slopes).extents, axes: [0]))
    let product = builder.value(
      .contract(Contraction(contracted: [.init(0, 0), .init(2, 2)])), [weighted, slopes])
    return try builder.finish([product])
  }
}

extension LossEvaluator {
  /// The loss's curvature by Gauss and Newton, by all of the vector, row by row. What isn't a square (the logarithm of a learned spread, a prior that isn't normal,
  /// the strength of a term) has none here.
  func curvature(
    _ vector: [Double], on batch: Dataset?, total: Int, step: Int, repeats: Double? = nil,
    continuity: Double = 0
  ) throws -> [Double] {
    let n = parameters.count
    var whole = [Double](repeating: 0, count: n * n)
    let counting = Counting(batch, total: total, repeats: repeats, isLikelihood: isLikelihood)
    var found = false
    for group in ExampleGroup.groups(batch) {
      guard let program = try squares(of: group, continuity: continuity) else { continue }
      found = true
      let arguments = try self.arguments(program.lowered, vector, step: step, group)
      let part = try program.curvature(arguments, scales: counting.scales(of: group), session)
      add(part, of: program.trained, to: &whole)
    }
    guard found else {
      throw SessionFailure(
        .optionValue, "`lm` wants sums of squares, and there are none in `\(loss.name)`",
        at: loss.span, help: ["`mse(…)` and `~ normal(…)` are; `lbfgs()` takes any smooth loss"])
    }
    if let prior = try squaresOfPriors() {
      let arguments = try bind(prior.lowered, vector, step: step)
      add(try prior.curvature(arguments, scales: [1], session), of: prior.trained, to: &whole)
    }
    return whole
  }

  private func add(_ part: [Double], of given: [ProgramInput], to whole: inout [Double]) {
    let n = parameters.count
    let places = given.flatMap { input -> [Int] in
      inputs.firstIndex(of: input).map { Array(parameters.blocks[$0].range) } ?? []
    }
    for (i, row) in places.enumerated() {
      for (j, column) in places.enumerated() {
        whole[row * n + column] += part[i * places.count + j]
      }
    }
  }

  /// The squares in the loss of a group's examples; nil where there are none.
  private func squares(
    of group: ExampleGroup, continuity: Double
  ) throws -> LeastSquaresProgram? {
    let lowered = try program(for: group).lowered.program
    let isWindow = shooting != nil && group.data?.windows != nil
    let key = SquaresKind(
      length: group.length, continuity: isWindow ? continuity : nil)
    if let known = squaresPrograms[key] { return known }
    var whole = lowered
    if isWindow {
      whole.region = try lowered.region.combined { builder, results in
        builder.add(results[0], builder.mul(results[results.count - 1], continuity))
      }
    }
    let program = try LeastSquaresProgram(whole, trained: inputs)
    squaresPrograms[key] = .some(program)
    return program
  }

  private func squaresOfPriors() throws -> LeastSquaresProgram? {
    if let known = priorSquares { return known }
    guard let priors else { return nil }
    // A density is as large as its logarithm, and what is minimised has the other sign.
    var lowered = priors.program
    lowered.region = try lowered.region.combined { builder, results in builder.neg(results[0]) }
    let program = try LeastSquaresProgram(lowered, trained: inputs)
    priorSquares = .some(program)
    return program
  }

  /// How many residuals there are, those left out that nothing can change, and the sum of their squares as the loss counts them.
  func residuals(_ vector: [Double], on data: Dataset?) throws -> (count: Int, sum: Double) {
    var (count, sum) = (0, 0.0)
    let counting = Counting(
      data, total: data?.exampleCount ?? 1, repeats: nil, isLikelihood: isLikelihood)
    for group in ExampleGroup.groups(data) {
      guard let program = try squares(of: group, continuity: 0) else { continue }
      let all = try eachExample(of: program.residuals, program.lowered, vector, group)
      for (own, scale) in zip(all, counting.scales(of: group)) {
        // What is missing, and what is given as it was measured, is exactly met.
        for r in own[0].numbers where r != 0 {
          count += 1
          sum += scale * r * r
        }
      }
    }
    return (count, sum)
  }
}

extension Region {
  /// With one result that is made of all.
  fileprivate func combined(
    _ combine: (inout RegionBuilder, [Value]) -> Value
  ) throws(IRError) -> Region {
    var builder = RegionBuilder(parameters: parameterTypes)
    let results = builder.inline(self, builder.parameters)
    return try builder.finish([combine(&builder, results)])
  }
}
