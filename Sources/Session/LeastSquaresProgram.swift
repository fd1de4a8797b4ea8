import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalOperations
import NodalTraining
import NodalTransforms
import NodalTypes

/// A lowered loss as the sum of squares that is in it, compiled: residuals, and the curvature 2 Σ JᵀJ by Gauss and Newton.
final class LeastSquaresProgram {
  let lowered: LoweredProgram
  /// What is learned and in it, in the order of the program's inputs, which is that of the curvature's rows.
  let trained: [ProgramInput]
  /// (parameters of the program) → r [m] for one example.
  private let residualsOfOne: Region
  private var residualRunner, curvatureRunner: Runner?

  /// Nil where there is no square.
  init?(_ lowered: LoweredProgram, trained: [ProgramInput]) throws {
    self.lowered = lowered
    self.trained = lowered.inputs.filter(trained.contains)
    let wrt = self.trained.compactMap(lowered.parameter)
    guard let residuals = try LeastSquares.residuals(of: lowered.region, wrt: wrt) else {
      return nil
    }
    residualsOfOne = residuals
  }

  private var wrt: [Int] { trained.compactMap(lowered.parameter) }

  /// r, one example behind the other: [lanes, m]. Not weighted by what examples count.
  func residuals(_ arguments: [Tensor], lanes: Int, _ session: Session) throws -> Tensor {
    if residualRunner == nil {
      residualRunner = try session.compile(
        try residualsOfOne.overLanes(lowered.isOfExample), .evaluation, lanes: lanes)
    }
    return try run(residualRunner, arguments, lanes, session)
  }

  /// [learned, learned], row by row, each example weighted by what it counts.
  func curvature(
    _ arguments: [Tensor], scales: [Double], _ session: Session
  ) throws -> [Double] {
    let learned = wrt
    if curvatureRunner == nil {
      curvatureRunner = try session.compile(
        try curvatureRegion(learned), .evaluation, lanes: scales.count)
    }
    let element = residualsOfOne.resultTypes[0].element
    let flat = learned.flatMap { arguments[$0].numbers }
    let others = arguments.indices.filter { !learned.contains($0) }.map { arguments[$0] }
    let given =
      [Tensor(element, shape: [flat.count], flat)] + others
      + [Tensor(element, shape: [scales.count], scales)]
    return try run(curvatureRunner, given, scales.count, session).numbers
  }

  private func curvatureRegion(_ learned: [Int]) throws -> Region {
    let one = try LeastSquares.linearized(residualsOfOne, wrt: learned)
    let isOfExample = lowered.isOfExample
    let mapped =
      [false] + isOfExample.indices.filter { !learned.contains($0) }.map { isOfExample[$0] }
    let element = one.resultTypes[0].element
    var builder = RegionBuilder(
      parameters: zip(one.parameterTypes, mapped).map { $1 ? $0.prepending(.lane) : $0 }
        + [ValueType(element, [.lane])])
    let given = Array(builder.parameters.dropLast())
    let slopes = builder.emit(.map(Map(extent: .lane, mapped: mapped, body: one)), given)[1]
    let counts = builder.mul(builder.parameters[given.count], 2)
    let weighted = builder.mul(
      slopes, builder.broadcast(counts, to: builder.type(slopes).extents, axes: [0]))
    let product = builder.value(
      .contract(Contraction(contracted: [.init(0, 0), .init(2, 2)])), [weighted, slopes])
    return try builder.finish([product])
  }

  private func run(
    _ runner: Runner?, _ arguments: [Tensor], _ lanes: Int, _ session: Session
  ) throws -> Tensor {
    guard let runner else {
      throw SessionFailure(.internalInconsistency, "residuals that are not compiled", at: nil)
    }
    let options = RunOptions(
      cancel: session.cancel, threads: session.options.threads, memoryLimit: session.memoryLimit)
    return try session.perform(lowered) { () throws(ExecutionError) in
      try runner.run(arguments, lanes: lanes, options).0[0]
    }
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

  /// What a program for examples is given.
  func arguments(
    _ lowered: LoweredProgram, _ vector: [Double], step: Int, _ group: ExampleGroup
  ) throws -> [Tensor] {
    let inputs = try bind(lowered, vector, step: step, group)
    return zip(try group.arrays(of: loss), lowered.region.parameterTypes).map {
      Tensor($1.element, shape: $0.shape, $0.numbers)
    } + inputs
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
  func squares(of group: ExampleGroup, continuity: Double) throws -> LeastSquaresProgram? {
    let lowered = try program(for: group).lowered.program
    let isWindow = shooting != nil && group.data?.windows != nil
    let key = SquaresKind(
      length: group.length, continuity: isWindow ? continuity : nil)
    if let known = squaresPrograms[key] { return known }
    var whole = lowered
    if isWindow { whole.region = try lowered.region.addingLast(times: continuity) }
    let program = try LeastSquaresProgram(whole, trained: inputs)
    squaresPrograms[key] = .some(program)
    return program
  }

  private func squaresOfPriors() throws -> LeastSquaresProgram? {
    if let known = priorSquares { return known }
    guard let priors else { return nil }
    // A density is as large as its logarithm, and what is minimised has the other sign.
    var lowered = priors.program
    lowered.region = try lowered.region.negated()
    let program = try LeastSquaresProgram(lowered, trained: inputs)
    priorSquares = .some(program)
    return program
  }
}

extension Region {
  /// With the last result times a factor added to the first one.
  fileprivate func addingLast(times factor: Double) throws(IRError) -> Region {
    var builder = RegionBuilder(parameters: parameterTypes)
    let results = builder.inline(self, builder.parameters)
    return try builder.finish(
      [builder.add(results[0], builder.mul(results[results.count - 1], factor))])
  }

  fileprivate func negated() throws(IRError) -> Region {
    var builder = RegionBuilder(parameters: parameterTypes)
    let results = builder.inline(self, builder.parameters)
    return try builder.finish([builder.neg(results[0])])
  }
}

extension LossEvaluator {
  /// How many residuals there are, those left out that nothing can change, and the sum of their squares as the loss counts them.
  func residuals(_ vector: [Double], on data: Dataset?) throws -> (count: Int, sum: Double) {
    var (count, sum) = (0, 0.0)
    let counting = Counting(
      data, total: data?.exampleCount ?? 1, repeats: nil, isLikelihood: isLikelihood)
    for group in ExampleGroup.groups(data) {
      guard let program = try squares(of: group, continuity: 0) else { continue }
      let arguments = try self.arguments(program.lowered, vector, step: 0, group)
      let all = try program.residuals(arguments, lanes: group.count, session)
      let width = all.count / group.count
      for (lane, scale) in counting.scales(of: group).enumerated() {
        // What is missing, and what is given as it was measured, is exactly met.
        for r in all.numbers[(lane * width)..<((lane + 1) * width)] where r != 0 {
          count += 1
          sum += scale * r * r
        }
      }
    }
    return (count, sum)
  }
}

extension LossEvaluator {
  /// What a region for one example gives for each of a group, whose inputs are those of a program: for each example its results.
  func eachExample(
    of region: Region, _ lowered: LoweredProgram, _ arguments: [Tensor], _ group: ExampleGroup
  ) throws -> [[Tensor]] {
    let runner = try session.compile(
      try region.overLanes(lowered.isOfExample), .evaluation, runsOnce: true, lanes: group.count)
    let results = try session.perform(lowered) { () throws(ExecutionError) in
      try runner.run(
        arguments, lanes: group.count,
        RunOptions(cancel: session.cancel, memoryLimit: session.memoryLimit)
      ).0
    }
    return (0..<group.count).map { lane in
      results.map { tensor in
        let width = tensor.count / group.count
        return Tensor(
          .f64, shape: Array(tensor.shape.dropFirst()),
          Array(tensor.numbers[(lane * width)..<((lane + 1) * width)]))
      }
    }
  }
}

extension Region {
  /// The region for many examples: each result gets an axis of lanes, and so has each parameter of which they have their own.
  fileprivate func overLanes(_ isOfExample: [Bool]) throws(IRError) -> Region {
    var builder = RegionBuilder(
      parameters: zip(parameterTypes, isOfExample).map { $1 ? $0.prepending(.lane) : $0 })
    let each = builder.emit(
      .map(Map(extent: .lane, mapped: isOfExample, body: self)), builder.parameters)
    return try builder.finish(each)
  }
}
