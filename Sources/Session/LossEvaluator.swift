import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalMethods
import NodalTraining
import NodalTransforms
import NodalTypes

/// A loss on a data set as a function of the weights: batches, lengths, priors and penalties put together.
final class LossEvaluator {
  let session: Session
  let loss: LossInstance
  let parameters: ParameterVector
  /// Trained weights, in the order of the vector's blocks.
  let trained: [Weight]
  let terms: [TermReference]
  /// What the strength of each term counts.
  var penalties: [Double]
  let datasetType: DatasetType?
  /// How experiments are cut into windows, if they are; batches of such are told by their places.
  var shooting: MultipleShooting?
  /// What the vector's blocks are in programs.
  let inputs: [ProgramInput]
  /// A gradient method for all solves, in place of their own.
  private let gradient: GradientMode?
  /// See `Region.exact`.
  private let tolerance: Double?
  private struct Kind: Hashable {
    var length: Int?
    var isWindow: Bool
  }
  /// A program for each length of examples, and for windows others.
  private var programs: [Kind: LossProgram] = [:]
  struct SquaresKind: Hashable {
    var length: Int?
    /// What gaps count, of windows.
    var continuity: Double?
  }
  /// The squares in each of them, once looked for; nil where there are none.
  var squaresPrograms: [SquaresKind: LeastSquaresProgram?] = [:]
  var priorSquares: LeastSquaresProgram??
  /// The member of each group that each experiment of the data is, once asked for.
  private var places: [WeightGroup: [Int]] = [:]
  private(set) var priors: (program: LoweredProgram, gradient: Runner)?
  /// What the gradients since the last `takeCost` have cost.
  private var cost = EvaluationCost()
  let isLikelihood: Bool

  init(
    _ session: Session, _ loss: LossInstance, type: DatasetType?, terms: [TermReference] = [],
    penalties: [Double] = [], shooting: MultipleShooting? = nil, gradient: GradientMode? = nil,
    tolerance: Double? = nil
  ) throws {
    self.gradient = gradient
    self.tolerance = tolerance
    self.session = session
    self.loss = loss
    self.terms = terms
    self.penalties = penalties
    datasetType = type
    self.shooting = shooting
    switch loss.body {
    case .value: isLikelihood = false
    case .logDensity: isLikelihood = true
    }
    trained = loss.weights.compactMap { session.program.weights[$0] }.filter { $0.kind != .buffer }
    parameters = try ParameterVector(
      trained.map { weight in
        let values = session.weights[weight.path]?.values ?? []
        return (path: weight.path, values: values.map(weight.domain.unconstrained))
      } + (shooting?.blocks ?? []))
    inputs = trained.map { .weight($0.id) } + (shooting?.inputs ?? [])
    if isLikelihood,
      let program = try Lowering.lowerPriors(
        trained.map(\.id), of: session.program, lengths: session.lengths)
    {
      let wrt = trained.compactMap { weight in program.parameter(of: ProgramInput.weight(weight.id))
      }
      priors = (program, try session.compile(program.region, .training(wrt: wrt)))
    }
  }

  /// How many numbers are learned, those of windows left out.
  var parameterCount: Int { zip(trained, parameters.blocks).reduce(0) { $0 + $1.1.count } }

  /// The weights' own values for a vector of unconstrained ones.
  func constrained(_ vector: [Double]) -> [(path: String, values: [Double])] {
    zip(trained, parameters.blocks).map { weight, block in
      (weight.path, vector[block.range].map(weight.domain.constrained))
    }
  }

  /// - Parameters:
  ///   - batch: the examples; nil for a loss without data.
  ///   - total: how many examples the whole data set has: a likelihood of a minibatch is scaled up to it.
  ///   - continuity: what the gaps between windows count.
  ///   - repeats: how often the batch goes into the whole, where examples don't say it.
  ///   - countsPriors: what is believed beforehand is a part of a likelihood.
  func evaluate(
    _ vector: [Double], on batch: Dataset?, total: Int, step: Int, repeats: Double? = nil,
    continuity: Double = 0, wantsGradient: Bool = true, countsPriors: Bool = true
  ) throws -> Evaluation {
    var value = 0.0
    var lossOnly = 0.0
    var names = terms.map { "strength(\($0.term))" }
    var penalties = penalties
    let windows = shooting == nil ? nil : batch?.windows
    if windows != nil {
      names.append("gap")
      penalties.append(continuity)
    }
    var strengths = [Double](repeating: 0, count: names.count)
    var gradient = [Double](repeating: 0, count: wantsGradient ? parameters.count : 0)
    var spent = EvaluationCost()
    let counting = Counting(batch, total: total, repeats: repeats, isLikelihood: isLikelihood)
    for group in ExampleGroup.groups(batch) {
      let program = try self.program(for: group)
      try prepare(program, group, wantsGradient)
      let scales = counting.scales(of: group)
      let outcome = try run(program, group, vector, scales, penalties, step, wantsGradient)
      spent.add(outcome.report, program.lowered.program.origins)
      value += outcome.total
      lossOnly += outcome.loss
      for k in strengths.indices { strengths[k] += outcome.strengths[k] }
      add(outcome.gradients, of: program.trained, to: &gradient)
    }
    spent.examples = batch?.exampleCount ?? 1
    if wantsGradient { cost.add(spent) }
    if countsPriors, let priors {
      let inputs = try bind(priors.program, vector, step: step)
      let results = try session.perform(priors.program) { () throws(ExecutionError) in
        try priors.gradient.run(inputs).results
      }
      value -= results[0].scalar
      lossOnly -= results[0].scalar
      if wantsGradient {
        let ids = self.inputs.filter(priors.program.inputs.contains)
        let negated = results.dropFirst().map { tensor in
          Tensor(.f64, shape: tensor.shape, tensor.numbers.map { -$0 })
        }
        add(negated, of: ids, to: &gradient)
      }
    }
    return Evaluation(
      value: value, gradient: gradient, loss: lossOnly,
      terms: zip(names, strengths).map { NamedValue($0, $1) },
      forwardEvaluations: spent.forward, backwardEvaluations: spent.backward)
  }

  /// What each example counts in the whole.
  struct Counting {
    private let each: Double
    /// Of windows whose mean is wanted, what all their shares come to: a mean over windows is one over all their times.
    private let shares: Double?

    init(_ batch: Dataset?, total: Int, repeats: Double?, isLikelihood: Bool) {
      let count = Double(max(1, batch?.exampleCount ?? 1))
      each = isLikelihood ? repeats ?? Double(total) / count : 1 / count
      shares = isLikelihood ? nil : batch?.windows?.reduce(0) { $0 + $1.share }
    }

    func scales(of group: ExampleGroup) -> [Double] {
      if let shares, let own = group.data?.windows { return own.map { $0.share / shares } }
      return Array(repeating: each, count: group.count)
    }
  }

  /// Compiles what the gradient on a batch wants, if it isn't there.
  func prepare(for batch: Dataset?) throws {
    for group in ExampleGroup.groups(batch) { try prepare(try program(for: group), group, true) }
  }

  func takeCost() -> EvaluationCost {
    defer { cost = EvaluationCost() }
    return cost
  }

  /// The parameters that a run has kept.
  func best(of run: RunValue) -> ParameterVector {
    var vector = parameters
    for block in vector.blocks { vector[block.path] = run.result.best[block.path] }
    return vector
  }

  /// The vector with which this loss sees what another one's vector says of the weights that they share; the others are as the session
  /// has them.
  func vector(_ other: [Double], of evaluator: LossEvaluator) -> [Double] {
    var vector = parameters
    for block in evaluator.parameters.blocks { vector[block.path] = Array(other[block.range]) }
    return vector.values
  }

  func add(_ tensors: [Tensor], of given: [ProgramInput], to gradient: inout [Double]) {
    for (input, tensor) in zip(given, tensors) {
      guard let index = inputs.firstIndex(of: input) else { continue }
      let range = parameters.blocks[index].range
      for (k, x) in tensor.numbers.enumerated() where k < range.count {
        gradient[range.lowerBound + k] += x
      }
    }
  }

  // MARK: Programs

  /// What the passes make of the loss, with lengths as the first examples have them.
  func observePasses(_ batch: Dataset?, _ observe: (String, Region) -> Void) throws {
    guard let group = ExampleGroup.groups(batch).first else { return }
    let program = try self.program(for: group)
    _ = try Pipeline.training(wrt: program.wrt).run(program.batched, observe: observe)
  }

  func program(for group: ExampleGroup) throws -> LossProgram {
    let shot = group.data?.windows == nil ? nil : shooting?.lowering
    let kind = Kind(length: group.length, isWindow: shot != nil)
    if let program = programs[kind] { return program }
    let known = try group.lengths(of: loss, datasetType, session)
    let (loss, terms, whole) = (loss, terms, session.program)
    var lowered = try session.lower(loss.expression) {
      try Lowering.lower(loss, terms: terms, shooting: shot, of: whole, lengths: known)
    }
    if let gradient {
      lowered.program.region = try lowered.program.region.settingGradients(gradient)
    }
    if let tolerance { lowered.program.region = try lowered.program.region.exact(tolerance) }
    if let missing = lowered.missingTerms.first {
      throw SessionFailure(
        .optionValue, "the loss solves no ode that has the term `\(missing.term)`", at: loss.span)
    }
    let program = try LossProgram(lowered, trained: inputs)
    programs[kind] = program
    return program
  }

  private func prepare(
    _ program: LossProgram, _ group: ExampleGroup, _ wantsGradient: Bool
  ) throws {
    do {
      try program.prepare(session, lanes: group.count, wantsGradient: wantsGradient)
    } catch {
      throw session.told(error, program.lowered.program.origins, at: loss.span)
    }
  }

  /// The most memory that its programs held at once, in bytes.
  var byteCount: Int { programs.values.reduce(0) { $0 + $1.byteCount } }

  private func run(
    _ program: LossProgram, _ group: ExampleGroup, _ vector: [Double], _ scales: [Double],
    _ penalties: [Double], _ step: Int, _ wantsGradient: Bool
  ) throws -> LossProgram.Outcome {
    let lowered = program.lowered.program
    let arguments = try arguments(lowered, vector, step: step, group)
    let outcome = try session.perform(lowered) { () throws(ExecutionError) in
      try program.run(
        arguments, lanes: group.count, scales: scales, penalties: penalties,
        wantsGradient: wantsGradient, session.batchOptions)
    }
    guard let outcome else {
      throw SessionFailure(.internalInconsistency, "a loss that is not compiled", at: loss.span)
    }
    session.tell(outcome.report, lowered)
    return outcome
  }

  /// Inputs of a program, with trained weights from the vector, and others unconstrained as they are; of a program for examples, what each of
  /// these has its own of.
  func bind(
    _ lowered: LoweredProgram, _ vector: [Double], step: Int, _ examples: ExampleGroup? = nil
  ) throws -> [Tensor] {
    let types = lowered.region.parameterTypes.dropFirst(lowered.declaredCount)
    return try zip(lowered.inputs, types).map { input, type in
      switch input {
      case .weight:
        let whole = try session.bind(input, type)
        guard let own = part(input, of: vector) else { return whole }
        return Tensor(type.element, shape: whole.shape, own)
      case .session: return try session.bind(input, type)
      case .randomKey:
        guard let examples else { return try session.bind(input, type, step: step) }
        let keys = (0..<examples.count).flatMap { i in
          let identity = examples.data.map { Int($0.identities[i]) } ?? 0
          let (a, b) = RandomKeys.pack(seed: session.seed, step: step, example: identity)
          return [Int(a), Int(b)]
        }
        return Tensor(integers: keys, shape: [examples.count, 2])
      case .member(let group):
        guard let data = examples?.data,
          let places = places[group] ?? datasetType.flatMap({ group.places(of: $0) })
        else { return try session.bind(input, type) }
        self.places[group] = places
        return Tensor(integers: data.experiments.map { places[$0] }, shape: [data.exampleCount])
      case .windowStates:
        guard let own = part(input, of: vector) else { return try session.bind(input, type) }
        return Tensor(type.element, shape: type.extents.compactMap(\.fixedLength), own)
      case .window, .windowEnd:
        guard let windows = examples?.data?.windows, let shooting else {
          return try session.bind(input, type)
        }
        return shooting.bind(input, windows)
      }
    }
  }

  /// What a vector says of one of its blocks.
  private func part(_ input: ProgramInput, of vector: [Double]) -> [Double]? {
    inputs.firstIndex(of: input).map { Array(vector[parameters.blocks[$0].range]) }
  }
}

extension Session {
  /// Runs, and puts words to what goes wrong.
  func perform<R>(
    _ lowered: LoweredProgram, _ body: () throws(ExecutionError) -> R
  ) throws -> R {
    do throws(ExecutionError) {
      return try body()
    } catch {
      throw SessionFailure(describe(error, lowered))
    }
  }
}

extension Region {
  /// The same region, all of whose solves compute gradients in this way.
  fileprivate func settingGradients(_ mode: GradientMode) throws(IRError) -> Region {
    var region = self
    for i in region.nodes.indices {
      var form = try region.nodes[i].form.mapRegions { (inner) throws(IRError) in
        try inner.settingGradients(mode)
      }
      if case .solve(var solve) = form {
        solve.takeGradients(mode)
        form = .solve(solve)
      }
      region.nodes[i].form = form
    }
    return region
  }
}
