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
  private let datasetType: DatasetType?
  /// A gradient method for all solves, in place of their own.
  private let gradient: GradientMode?
  /// See `Region.exact`.
  private let tolerance: Double?
  /// A program for each length of examples.
  private var programs: [Int: LossProgram] = [:]
  /// The member of each group that each experiment of the data is, once asked for.
  private var places: [WeightGroup: [Int]] = [:]
  private var priors: (program: LoweredProgram, gradient: Runner)?
  /// What the gradients since the last `takeCost` have cost.
  private var cost = EvaluationCost()
  let isLikelihood: Bool

  init(
    _ session: Session, _ loss: LossInstance, type: DatasetType?, terms: [TermReference] = [],
    penalties: [Double] = [], gradient: GradientMode? = nil, tolerance: Double? = nil
  ) throws {
    self.gradient = gradient
    self.tolerance = tolerance
    self.session = session
    self.loss = loss
    self.terms = terms
    self.penalties = penalties
    datasetType = type
    switch loss.body {
    case .value: isLikelihood = false
    case .logDensity: isLikelihood = true
    }
    trained = loss.weights.compactMap { session.program.weights[$0] }.filter { $0.kind != .buffer }
    parameters = try ParameterVector(
      trained.map { weight in
        let values = session.weights[weight.path]?.values ?? []
        return (path: weight.path, values: values.map(weight.domain.unconstrained))
      })
    if isLikelihood,
      let program = try Lowering.lowerPriors(
        trained.map(\.id), of: session.program, lengths: session.lengths)
    {
      let wrt = trained.compactMap { weight in program.parameter(of: ProgramInput.weight(weight.id))
      }
      priors = (program, try session.compile(program.region, .training(wrt: wrt)))
    }
  }

  /// The weights' own values for a vector of unconstrained ones.
  func constrained(_ vector: [Double]) -> [(path: String, values: [Double])] {
    zip(trained, parameters.blocks).map { weight, block in
      (weight.path, vector[block.range].map(weight.domain.constrained))
    }
  }

  /// - Parameters:
  ///   - batch: the examples; nil for a loss without data.
  ///   - total: how many examples the whole data set has: a likelihood of a minibatch is scaled up to it.
  ///   - repeats: how often the batch goes into the whole, where examples don't say it.
  func evaluate(
    _ vector: [Double], on batch: Dataset?, total: Int, step: Int, repeats: Double? = nil,
    wantsGradient: Bool = true
  ) throws -> Evaluation {
    var value = 0.0
    var lossOnly = 0.0
    var strengths = [Double](repeating: 0, count: terms.count)
    var gradient = [Double](repeating: 0, count: wantsGradient ? parameters.count : 0)
    var spent = EvaluationCost()
    let groups = batch.map(Self.groups) ?? [Group(length: nil, data: nil, count: 1)]
    let count = batch?.exampleCount ?? 1
    let scale =
      isLikelihood
      ? repeats ?? Double(total) / Double(max(1, count)) : 1 / Double(max(1, count))
    for group in groups {
      let program = try self.program(for: group)
      try prepare(program, group, wantsGradient)
      let outcome = try run(program, group, vector, scale, step, wantsGradient)
      spent.add(outcome.report, program.lowered.program.origins)
      value += outcome.total
      lossOnly += outcome.loss
      for k in strengths.indices { strengths[k] += outcome.strengths[k] }
      add(outcome.gradients, of: program.trained, to: &gradient)
    }
    spent.examples = count
    if wantsGradient { cost.add(spent) }
    if let priors {
      let inputs = try bind(priors.program, vector, step: step)
      let results = try session.perform(priors.program) { () throws(ExecutionError) in
        try priors.gradient.run(inputs).results
      }
      value -= results[0].scalar
      lossOnly -= results[0].scalar
      if wantsGradient {
        let ids = trained.map(\.id).filter { priors.program.inputs.contains(.weight($0)) }
        let negated = results.dropFirst().map { tensor in
          Tensor(.f64, shape: tensor.shape, tensor.numbers.map { -$0 })
        }
        add(negated, of: ids, to: &gradient)
      }
    }
    return Evaluation(
      value: value, gradient: gradient, loss: lossOnly,
      terms: zip(terms, strengths).map { NamedValue("strength(\($0.term))", $1) },
      forwardEvaluations: spent.forward, backwardEvaluations: spent.backward)
  }

  /// Compiles what the gradient on a batch wants, if it isn't there.
  func prepare(for batch: Dataset?) throws {
    let groups = batch.map(Self.groups) ?? [Group(length: nil, data: nil, count: 1)]
    for group in groups { try prepare(try program(for: group), group, true) }
  }

  func takeCost() -> EvaluationCost {
    defer { cost = EvaluationCost() }
    return cost
  }

  /// The vector with which this loss sees what another one's vector says of the weights that they share; the others are as the session
  /// has them.
  func vector(_ other: [Double], of evaluator: LossEvaluator) -> [Double] {
    var vector = parameters
    for block in evaluator.parameters.blocks { vector[block.path] = Array(other[block.range]) }
    return vector.values
  }

  private func add(_ tensors: [Tensor], of weights: [WeightID], to gradient: inout [Double]) {
    for (id, tensor) in zip(weights, tensors) {
      guard let index = trained.firstIndex(where: { $0.id == id }) else { continue }
      let range = parameters.blocks[index].range
      for (k, x) in tensor.numbers.enumerated() where k < range.count {
        gradient[range.lowerBound + k] += x
      }
    }
  }

  // MARK: Programs

  /// The length of an example's time axis, as the loss was elaborated for it.
  private var exampleLength: Size? {
    guard let time = datasetType?.timeColumn, case .record(let fields) = loss.parameterType else {
      return nil
    }
    return fields.first { $0.name == time }?.type.tensor?.shape.sizes.first
  }

  private struct Group {
    var length: Int?
    var data: Dataset?
    var count: Int
  }

  /// Examples of one length run as one batch.
  private static func groups(_ data: Dataset) -> [Group] {
    guard let lengths = data.lengths, !data.isUniform else {
      return [Group(length: data.lengths?.first, data: data, count: data.exampleCount)]
    }
    var order: [Int] = []
    var members: [Int: [Int]] = [:]
    for (i, length) in lengths.enumerated() {
      if members[length] == nil { order.append(length) }
      members[length, default: []].append(i)
    }
    return order.map { length in
      let indices = members[length] ?? []
      return Group(length: length, data: data.gather(indices.map(data.whole)), count: indices.count)
    }
  }

  /// What the passes make of the loss, with lengths as the first examples have them.
  func observePasses(_ batch: Dataset?, _ observe: (String, Region) -> Void) throws {
    let groups = batch.map(Self.groups) ?? [Group(length: nil, data: nil, count: 1)]
    guard let group = groups.first else { return }
    let program = try self.program(for: group)
    _ = try Pipeline.training(wrt: program.wrt).run(program.batched, observe: observe)
  }

  private func program(for group: Group) throws -> LossProgram {
    let key = group.length ?? -1
    if let program = programs[key] { return program }
    var lengths = session.lengths
    if let size = exampleLength, let length = group.length, size.terms.count == 1,
      let (variable, factor) = size.terms.first, factor == 1
    {
      lengths[variable] = length - size.constant
    }
    let (loss, terms, whole, known) = (loss, terms, session.program, lengths)
    var lowered = try session.lower(loss.expression) {
      try Lowering.lower(loss, terms: terms, of: whole, lengths: known)
    }
    if let gradient {
      lowered.program.region = try lowered.program.region.settingGradients(gradient)
    }
    if let tolerance { lowered.program.region = try lowered.program.region.exact(tolerance) }
    if let missing = lowered.missingTerms.first {
      throw SessionFailure(
        .optionValue, "the loss solves no ode that has the term `\(missing.term)`", at: loss.span)
    }
    let program = try LossProgram(lowered, trained: trained.map(\.id))
    programs[key] = program
    return program
  }

  private func prepare(
    _ program: LossProgram, _ group: Group, _ wantsGradient: Bool
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
    _ program: LossProgram, _ group: Group, _ vector: [Double], _ scale: Double, _ step: Int,
    _ wantsGradient: Bool
  ) throws -> LossProgram.Outcome {
    let lowered = program.lowered.program
    let inputs = try bind(lowered, vector, step: step, group)
    var examples: [Tensor] = []
    if let data = group.data, case .record(let fields) = loss.parameterType {
      for field in fields {
        guard let array = data.batchArray(of: field.name) else {
          throw SessionFailure(
            .internalInconsistency, "the data have no field `\(field.name)`", at: loss.span)
        }
        examples.append(Tensor(array))
      }
    }
    let options = RunOptions(
      cancel: session.cancel, threads: session.options.threads, memoryLimit: session.memoryLimit)
    let outcome = try session.perform(lowered) { () throws(ExecutionError) in
      try program.run(
        examples: examples, inputs: inputs, lanes: group.count, scale: scale, penalties: penalties,
        wantsGradient: wantsGradient, options)
    }
    guard let outcome else {
      throw SessionFailure(.internalInconsistency, "a loss that is not compiled", at: loss.span)
    }
    session.tell(outcome.report, lowered)
    return outcome
  }

  /// Inputs of a program, with trained weights from the vector, and others unconstrained as they are; of a program for examples, what each of
  /// these has its own of.
  private func bind(
    _ lowered: LoweredProgram, _ vector: [Double], step: Int, _ examples: Group? = nil
  ) throws -> [Tensor] {
    let types = lowered.region.parameterTypes.dropFirst(lowered.declaredCount)
    return try zip(lowered.inputs, types).map { input, type in
      switch input {
      case .weight(let id):
        let whole = try session.bind(input, type)
        guard let index = trained.firstIndex(where: { $0.id == id }) else { return whole }
        return Tensor(
          type.element, shape: whole.shape, Array(vector[parameters.blocks[index].range]))
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
      }
    }
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

extension LossInstance {
  /// What it computes of one example.
  fileprivate var expression: TypedExpression {
    switch body {
    case .value(let expression), .logDensity(let expression): expression
    }
  }
}
