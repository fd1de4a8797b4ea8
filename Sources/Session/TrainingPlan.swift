import NodalIR
import NodalExecution
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalTraining
import NodalTypes

/// The options of a `train` command, read: data, batches, stages, penalties.
struct TrainingPlan {
  /// What is trained on: without the slice that validates.
  var data: Dataset?
  var type: DatasetType?
  var validation: LookPlan?
  var test: LookPlan?
  var stages: [Stage] = []
  var terms: [TermReference] = []
  var weights: [Double] = []
  /// The term whose weight is to be as large as the data allow.
  var minimal: Int?
  /// How slopes are fitted before trajectories are.
  var collocation: Collocation?
  /// The windows of `shooting:`.
  var shooting: MultipleShooting?
  /// The stages are gone through for each of several views of the data.
  var hasSeveralViews = false
  /// How many fits are made, from as many places; nil: one.
  var starts: Int?
  /// How many folds the examples are dealt to, each of which is held out once; nil: none is.
  var folds: Int?
  var seed: UInt64

  struct Stage {
    var name: String
    var training: TrainingStage
    var batch: BatchPlan
    /// What its steps see.
    var data: Dataset?
    /// What the gaps between its windows count.
    var continuity: Double
    /// How to say when it ends: `500 steps`, `10 epochs`.
    var extent: String
    /// Its optimiser tries before it moves.
    var comparesValues: Bool { training.optimizer.row.wantsOneFunction }
  }

  /// What the stages see of the data: they are gone through for each of several.
  struct View {
    var data: Dataset?
    /// `on the first 20 s`
    var name: String?
    /// What it has nothing to say of.
    var frozen: [String] = []
    /// What the gaps between windows count.
    var continuity = 0.0
  }

  /// What `validate:` and `test:` look at, and how often; nil: as often as is usual.
  struct LookPlan {
    enum Measure {
      /// The loss itself, on other data.
      case slice(Dataset)
      case expression(TypedExpression)
      case perExample(LossInstance, Dataset, DatasetType?)
    }
    var measure: Measure
    var every: Int?
  }

  /// - Parameter places: Examples that are held out of what the plan would train on by itself.
  init(_ command: TrainCommand, _ session: Session, leaving places: [Int] = []) throws {
    seed = session.seed
    if case .expression(let value)? = command.option("seed")?.value,
      let number = try session.evaluate(value).tensor?.scalar
    {
      seed = UInt64(bitPattern: Int64(number))
    }
    (data, type) = try session.dataset(command.data, else: "`train` wants a data set")
    validation = try look("validate", command, session)
    test = try look("test", command, session)
    try holdOut(command, session)
    readPenalties(command)
    collocation = try Collocation(command, session)
    folds = try readFolds(command, session)
    if !places.isEmpty { data = data?.leaving(places) }
    starts = try command.option("starts").map { try Self.integer($0, session) }
    try refuseSeveralReasons(command)
    let common = try command.option("batch").map { try Self.batch($0.value, session, $0.span) }
    let stop = try command.option("stop").map { try Self.earlyStop($0, session) }
    shooting = try command.option("shooting").map { try shooting($0, command, session) }
    let views = try views(command, session)
    hasSeveralViews = views.count > 1
    for view in views {
      for (place, option) in command.stages.enumerated() {
        var stage = try self.stage(option, common: common, view, command, session)
        stage.training.earlyStop = stop
        // What was best of one view of the data is where the next one begins, and nothing to compare with.
        if !stages.isEmpty, place == 0 {
          stage.training.isNewObjective = true
          stage.training.beginning = .best
        }
        stages.append(stage)
      }
    }
  }

  /// The most steps that a fit takes.
  var steps: Int { stages.reduce(0) { $0 + $1.training.steps } }

  /// The examples of a step, and how often they go into the whole; no data for a loss that reads none.
  func batch(for request: ObjectiveRequest) throws -> (data: Dataset?, repeats: Double?) {
    guard let data = stages[request.stage].data else { return (nil, nil) }
    let batch = stages[request.stage].batch
    let examples = try batch.batch(of: data, seed: seed, step: request.sample)
    return (examples, batch.repeats(of: examples, in: data))
  }

  /// How often so many steps have gone through all of the data.
  func epochs(_ steps: Int) -> Int {
    if data == nil { return steps }
    var rest = steps
    var passes = 0.0
    for stage in stages where rest > 0 {
      guard let data = stage.data else { continue }
      let own = min(rest, stage.training.steps)
      passes += Double(own) / Double(max(1, stage.batch.stepsPerEpoch(data)))
      rest -= own
    }
    return Int(passes)
  }

  /// Several fits for one reason at a time; and a log is that of one fit.
  private func refuseSeveralReasons(_ command: TrainCommand) throws {
    func refuse(_ key: String, _ words: String) throws {
      guard let option = command.option(key) else { return }
      throw SessionFailure(.optionValue, "`\(key):` \(words)", at: option.span)
    }
    if minimal != nil {
      try refuse("starts", "makes several fits, and so does `minimal(…)`: one of them at a time")
      try refuse(
        "checkpoint", "is for fits that are known beforehand, and `minimal(…)` looks for them")
    }
    if let several = minimal != nil ? "minimal(…)" : starts != nil ? "starts:" : nil {
      try refuse("log", "is for one fit, and `\(several)` makes several")
    }
  }

  // MARK: Validation and test

  private func look(
    _ key: String, _ command: TrainCommand, _ session: Session
  ) throws -> LookPlan? {
    guard let option = command.option(key) else { return nil }
    let every = try option.subOption("every").map { try Self.integer($0, session) }
    switch option.value {
    case .expression(let expression):
      return LookPlan(measure: .expression(expression), every: every)
    case .perExample(let loss, let data):
      let (dataset, type) = try session.dataset(data, else: "`\(key)` wants a data set behind `on`")
      return dataset.map { LookPlan(measure: .perExample(loss, $0, type), every: every) }
    case .data(let expression):
      guard case .dataset(let slice) = try session.evaluate(expression) else {
        throw SessionFailure(
          .notADataset, "`\(key)` wants a part of a data set", at: expression.span)
      }
      return LookPlan(measure: .slice(slice), every: every)
    case .text, .call, .weights, .rates, .ode, .penalties:
      throw SessionFailure(
        .optionValue, "`\(key)` is a part of the data, an expression, or `e on d`", at: option.span)
    }
  }

  /// Slices of the training data that are looked at are taken out of it.
  private mutating func holdOut(_ command: TrainCommand, _ session: Session) throws {
    guard let all = data else { return }
    var ranges: [Range<Int>] = []
    for option in [command.option("validate"), command.option("test")].compactMap(\.self) {
      guard case .data(let expression) = option.value,
        case .part(let whole, let part) = expression.kind,
        whole.sessionPath?.name == command.data?.sessionPath?.name, let range = all.range(of: part)
      else { continue }
      if ranges.contains(where: { $0.overlaps(range) }) {
        throw SessionFailure(
          .optionValue, "`validate:` and `test:` take the same data", at: option.span,
          help: ["`validate: d[160..180]` and `test: d[180..200]` take one part each"])
      }
      ranges.append(range)
    }
    if !ranges.isEmpty, let rest = all.removing(ranges) { data = rest }
  }

  // MARK: Penalties

  private mutating func readPenalties(_ command: TrainCommand) {
    for option in command.options {
      guard case .penalties(let penalties) = option.value else { continue }
      for penalty in penalties {
        switch penalty.weight {
        case .fixed(let weight): weights.append(weight)
        case .largest:
          minimal = weights.count
          weights.append(0)
        }
        terms.append(penalty.term)
      }
    }
  }

  // MARK: Stages

  /// What an option says of an optimiser, all of it constant.
  static func optimizer(
    _ option: OptionValue, _ session: Session
  ) throws -> (row: OptimizerRow, configured: ConfiguredOptimizer, rate: LearningRate?) {
    guard case .call(let name, let arguments) = option.value, let row = OptimizerRow.named(name)
    else {
      throw SessionFailure(
        .optionValue, "`\(option.key)` wants an optimiser", at: option.span,
        help: [
          "the optimisers are " + OptimizerRow.all.map { "`\($0.name)`" }.joined(separator: ", ")
        ])
    }
    var numbers: [String: Double] = [:]
    var rate: LearningRate?
    var place = 0
    for argument in arguments {
      let label = argument.label ?? (place == 0 ? "lr" : "")
      place += 1
      switch argument.value {
      case .expression(let expression):
        numbers[label] = try session.evaluate(expression).tensor?.scalar
      case .call(let schedule, let inner):
        rate = try Self.schedule(schedule, inner, session, option.span)
      case .text, .data, .weights, .rates, .ode, .perExample, .penalties:
        throw SessionFailure(.optionValue, "`\(label)` of `\(name)` is a number", at: option.span)
      }
    }
    do {
      return (row, try row.make(numbers), rate)
    } catch {
      throw SessionFailure(error.diagnostic(of: name, at: option.span))
    }
  }

  private func stage(
    _ option: OptionValue, common: BatchPlan?, _ view: View, _ command: TrainCommand,
    _ session: Session
  ) throws -> Stage {
    let data = view.data
    let (row, configured, rate) = try Self.optimizer(option, session)
    let name = row.name
    var batch = common ?? .all
    if let own = option.subOption("batch") { batch = try Self.batch(own.value, session, own.span) }
    // A rule that compares values sees all the data, unless its stage fixes a batch.
    if row.wantsOneFunction && option.subOption("batch") == nil { batch = .all }
    if let data {
      do {
        try batch.check(data)
      } catch {
        throw DataProblem(
          .batch(error), file: command.loss.dataset ?? "the data", request: option.span)
      }
    }
    let perEpoch = data.map(batch.stepsPerEpoch) ?? 1
    let steps: Int
    let extent: String
    var unit = 1.0
    if let epochs = option.subOption("epochs") {
      let count = try Self.integer(epochs, session)
      steps = count.multipliedReportingOverflow(by: perEpoch).partialValue
      extent = "\(count) epochs of \(perEpoch) steps"
      unit = Double(perEpoch)
    } else if let option = option.subOption("steps") {
      steps = try Self.integer(option, session)
      extent = "\(steps) steps"
    } else {
      throw SessionFailure(
        .missingOption, "how long? `\(option.key)` wants `steps` or `epochs`", at: option.span,
        help: ["\(option.key): \(name)(), steps: 500"])
    }
    var clip: Double?
    if case .expression(let value)? = command.option("clip")?.value {
      clip = try session.evaluate(value).tensor?.scalar
    }
    let isWhole = batch == .all
    return Stage(
      name: name,
      training: TrainingStage(
        configured, steps: steps, rate: rate, stepsPerUnit: unit,
        freeze: Self.paths("freeze", option, command, session) + view.frozen,
        free: Self.paths("free", option, command, session),
        paces: Self.paces(option, command, session), clip: clip,
        keeping: isWhole ? .lowest : .latest),
      batch: batch, data: data, continuity: view.continuity,
      extent: extent + (view.name.map { " " + $0 } ?? ""))
  }

  static func paths(
    _ key: String, _ stage: OptionValue, _ command: TrainCommand, _ session: Session
  ) -> [String] {
    let options: [OptionValue] = [command.option(key), stage.subOption(key)].compactMap { $0 }
    return options.flatMap { (option: OptionValue) -> [String] in
      guard case .weights(let ids) = option.value else { return [] }
      return paths(ids, command, session)
    }
  }

  /// Of those that are trained: centre and scale of a learned term's input are among an ode's weights, and are not; nor is what the loss doesn't read.
  private static func paths(
    _ ids: [WeightID], _ command: TrainCommand, _ session: Session
  ) -> [String] {
    let trained = Set(command.loss.weights)
    return ids.filter { trained.contains($0) }.compactMap { session.program.weights[$0] }
      .filter { $0.kind != .buffer }.map(\.path)
  }

  /// What `rate:` of the command says, then what that of the stage does.
  private static func paces(
    _ stage: OptionValue, _ command: TrainCommand, _ session: Session
  ) -> [(path: String, factor: Double)] {
    let options = command.options.filter { $0.key == "rate" } + stage.subOptions
    return options.flatMap { (option: OptionValue) -> [(path: String, factor: Double)] in
      guard case .rates(let rates) = option.value else { return [] }
      return rates.flatMap { rate in
        paths(rate.weights, command, session).map { ($0, rate.factor) }
      }
    }
  }
}

extension Dataset {
  /// The entries that a part takes.
  func range(of part: DatasetPart) -> Range<Int>? {
    switch part {
    case .first(let share): rangeOfFirst(.fraction(share))
    case .last(let share): rangeOfLast(.fraction(share))
    case .range(let from, let to): from <= to && to <= sliceCount && from >= 0 ? from..<to : nil
    }
  }
}

extension Type {
  /// A solution is a data set too.
  var asDataset: Type {
    switch self {
    case .solution(let solution):
      guard case .saved(let length) = solution.samples, solution.leading.count <= 1 else {
        return self
      }
      return .dataset(
        DatasetType(
          name: solution.ode,
          example: solution.fields.map { Field($0.name, $0.type.lifted(by: [length])) },
          timeColumn: "t", length: length, count: solution.leading.first))
    case .error, .tensor, .string, .tuple, .record, .dataset, .run, .interval, .nothing:
      return self
    }
  }
}
