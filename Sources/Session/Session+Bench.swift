import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalTraining
import NodalTypes

/// `bench` blocks: the work alone is timed, with the program compiled and its inputs ready.
extension Session {
  /// Runs a bench block against a snapshot: what it changes is taken back.
  func bench(_ bench: BenchInstance) throws {
    guard runsBenches(bench.title) else { return }
    let (savedWeights, savedValues) = (weights, values)
    defer { (weights, values) = (savedWeights, savedValues) }
    do {
      // Before names of the block hide those that it reads.
      let reference = try reference(bench)
      for statement in bench.statements { try execute(statement) }
      sink(.benched(try measured(bench, reference)))
    } catch {
      if cancel.isSet { throw error }
      sink(.benchFailed(title: bench.title, describe(error, at: bench.workSpan)))
    }
  }

  private func reference(_ bench: BenchInstance) throws -> [Double]? {
    guard let option = bench.option("reference"), case .expression(let expression) = option.value
    else { return nil }
    return try evaluate(expression).allNumbers
  }

  private func measured(_ bench: BenchInstance, _ reference: [Double]?) throws -> BenchResult {
    switch bench.work {
    case .expression(let expression): try time(expression, bench, reference)
    case .train(let command): try time(command, bench)
    case .gradient(let loss, let data, let options): try time(loss, data, options, bench)
    }
  }

  // MARK: An expression

  private func time(
    _ expression: TypedExpression, _ bench: BenchInstance, _ reference: [Double]?
  ) throws -> BenchResult {
    try requireOneProgram(expression)
    let start = host.monotonicClock()
    let (program, known) = (program, try lengths(in: expression))
    let lowered = try lower(expression) {
      try Lowering.lower(expression, of: program, lengths: known)
    }
    let runner = try compile(lowered, runsOnce: false)
    let compiled = host.monotonicClock() - start
    let inputs = try bind(lowered)
    var results: [Tensor] = []
    var report = RunReport()
    let stopwatch = try Stopwatch(bench, self)
    let (warmup, times) = try stopwatch.measure { () throws in
      let start = host.monotonicClock()
      (results, report) = try perform(lowered) { () throws(ExecutionError) in
        try runner.run(inputs, runOptions)
      }
      return host.monotonicClock() - start
    }
    tell(report, lowered)
    let counts = report.evaluations
    return BenchResult(
      title: bench.title, work: .expression, compile: compiled, warmup: warmup, times: times,
      cost: .init(forward: counts.forward, backward: counts.backward, steps: counts.steps),
      error: try error(of: SessionValue(lowered.layout, results), lowered, bench, reference))
  }

  /// Refuses what a session does in several programs: there would be no one thing to time.
  private func requireOneProgram(_ expression: TypedExpression) throws {
    var place: Span?
    expression.walk { part in
      switch part.errand {
      case .interpolate, .part, .example, .spectral: place = place ?? part.span
      case .solve, nil: break
      }
    }
    guard let place else { return }
    throw SessionFailure(
      .notSupportedYet, "timing what reads a data set, or a solution between its samples",
      at: place, help: ["bind it with `let` before the last line: that is not timed"])
  }

  private func error(
    of value: SessionValue, _ lowered: LoweredProgram, _ bench: BenchInstance,
    _ reference: [Double]?
  ) throws -> Double? {
    let own = value.allNumbers
    if let expected = reference {
      guard expected.count == own.count else {
        throw SessionFailure(
          .optionValue,
          "the reference has \(expected.count) numbers, and what is timed gives \(own.count)",
          at: bench.option("reference")?.span)
      }
      return Self.error(own, expected)
    }
    guard let option = bench.option("tolerance") else { return nil }
    var exact = lowered
    exact.region = try lowered.region.exact(try number(option))
    let (inputs, runner) = try (bind(exact), compile(exact))
    let (results, _) = try perform(exact) { () throws(ExecutionError) in
      try runner.run(inputs, RunOptions(cancel: cancel, memoryLimit: memoryLimit))
    }
    return Self.error(own, SessionValue(exact.layout, results).allNumbers)
  }

  /// ‖x - y‖ / ‖y‖, or ‖x - y‖ where y is 0.
  private static func error(_ x: [Double], _ y: [Double]) -> Double {
    func norm(_ values: [Double]) -> Double {
      values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    let whole = norm(y)
    let apart = norm(zip(x, y).map { $0 - $1 })
    return whole > 0 ? apart / whole : apart
  }

  private func number(_ option: OptionValue) throws -> Double {
    guard case .expression(let value) = option.value, let x = try evaluate(value).tensor?.scalar
    else {
      throw SessionFailure(.optionValue, "`\(option.key):` is a number", at: option.span)
    }
    return x
  }

  // MARK: A gradient

  private func time(
    _ loss: LossInstance, _ data: TypedExpression?, _ options: [OptionValue], _ bench: BenchInstance
  ) throws -> BenchResult {
    let (dataset, type) = try self.dataset(data, else: "a gradient is taken on a data set")
    var mode: GradientMode?
    if case .text(let name)? = options.first(where: { $0.key == "gradient" })?.value {
      mode = GradientMode(rawValue: name)
    }
    let evaluator = try LossEvaluator(self, loss, type: type, gradient: mode)
    try standardize(evaluator, dataset)
    try requireParameters(evaluator, at: bench.workSpan)
    let start = host.monotonicClock()
    try evaluator.prepare(for: dataset)
    let compiled = host.monotonicClock() - start
    let vector = evaluator.parameters.values
    let total = dataset?.exampleCount ?? 1
    var gradient: [Double] = []
    var costs: [EvaluationCost] = []
    let (warmup, times) = try Stopwatch(bench, self).measure { () throws in
      let start = host.monotonicClock()
      gradient = try evaluator.evaluate(vector, on: dataset, total: total, step: 0).gradient
      let seconds = host.monotonicClock() - start
      costs.append(evaluator.takeCost())
      return seconds
    }
    let exact = try LossEvaluator(
      self, loss, type: type, tolerance: try tolerance(bench))
    let reference = try exact.evaluate(
      rounded(vector), on: dataset, total: total, step: 0
    ).gradient
    return BenchResult(
      title: bench.title, work: .gradient, compile: compiled, warmup: warmup, times: times,
      cost: .init(middleOf: costs.suffix(times.count)), error: Self.error(gradient, reference))
  }

  private func requireParameters(_ evaluator: LossEvaluator, at span: Span) throws {
    guard evaluator.parameters.count == 0 else { return }
    throw SessionFailure(
      .optionValue, "`\(evaluator.loss.name)` reads nothing that is learned: it has no gradient",
      at: span)
  }

  /// Of the program that a gradient is compared with.
  private func tolerance(_ bench: BenchInstance) throws -> Double {
    try bench.option("tolerance").map { try number($0) } ?? 1e-12
  }

  /// Weights as a program of the file's precision sees them.
  private func rounded(_ vector: [Double]) -> [Double] {
    switch program.precision {
    case .f32: vector.map { Double(Float($0)) }
    case .f64: vector
    }
  }

  // MARK: A training step

  /// Steps one after another, each of them timed without the drawing of its batch; what validates is left out. A run that is over
  /// begins anew.
  private func time(_ command: TrainCommand, _ bench: BenchInstance) throws -> BenchResult {
    let plan = try TrainingPlan(command, self)
    let evaluator = try evaluator(of: command, plan)
    try requireParameters(evaluator, at: bench.workSpan)
    guard let stage = plan.stages.first else {
      throw SessionFailure(.missingOption, "`train` has no stage", at: command.span)
    }
    let beginning = try evaluator.beginning(
      evaluator.parameters, of: plan.data, at: command.span)
    let first = try stage.data.map { try stage.batch.batch(of: $0, seed: plan.seed, step: 0) }
    let start = host.monotonicClock()
    try evaluator.prepare(for: first)
    let compiled = host.monotonicClock() - start
    // What is known of the step under way: the time that is not its own.
    var apart = 0.0
    let objective = objective(plan, evaluator) { [host] request, _ in
      let before = host.monotonicClock()
      defer { apart += host.monotonicClock() - before }
      return try plan.batch(for: request)
    }
    func begin() -> TrainingRun {
      TrainingRun(
        objective, from: TrainingState(beginning), stages: plan.stages.map(\.training),
        isCancelled: { [cancel] in cancel.isSet })
    }
    var run = begin()
    var costs: [EvaluationCost] = []
    func step() throws -> Double {
      apart = 0
      let start = host.monotonicClock()
      let progress: TrainingProgress?
      do {
        progress = try run.advance()
      } catch {
        throw SessionFailure(describe(error, command))
      }
      let seconds = host.monotonicClock() - start - apart
      costs.append(evaluator.takeCost())
      if progress != nil { return seconds }
      if cancel.isSet { throw SessionFailure(.cancelled, "stopped", at: command.span) }
      costs.removeLast()
      run = begin()
      return try step()
    }
    let (warmup, times) = try Stopwatch(bench, self).measure(step)
    let exact = try LossEvaluator(
      self, command.loss, type: plan.type, terms: plan.terms, penalties: plan.weights,
      shooting: evaluator.shooting, tolerance: try tolerance(bench))
    let vector = beginning.values
    let total = plan.data?.exampleCount ?? 1
    let repeats = first.flatMap { batch in stage.data.map { stage.batch.repeats(of: batch, in: $0) }
    }
    func gradient(_ evaluator: LossEvaluator, _ vector: [Double]) throws -> [Double] {
      try evaluator.evaluate(
        vector, on: first, total: total, step: 0, repeats: repeats ?? nil,
        continuity: stage.continuity
      ).gradient
    }
    return BenchResult(
      title: bench.title, work: .train, compile: compiled, warmup: warmup, times: times,
      cost: .init(middleOf: costs.suffix(times.count)),
      error: Self.error(try gradient(evaluator, vector), try gradient(exact, rounded(vector))))
  }
}

/// Runs something until its times can be trusted.
private struct Stopwatch {
  private let repeats: Int?
  private let warmup: Int?
  private let seconds: Double?
  private let clock: () -> Double
  private static let repeats = 200
  private static let seconds = 2.0
  private static let warmup = (runs: 20, seconds: 0.1)
  /// However long one of them takes.
  private static let fewest = 3

  init(_ bench: BenchInstance, _ session: Session) throws {
    func integer(_ key: String) throws -> Int? {
      try bench.option(key).map { try TrainingPlan.integer($0, session) }
    }
    repeats = try integer("repeats")
    warmup = try integer("warmup")
    if case .expression(let value)? = bench.option("seconds")?.value {
      seconds = try session.evaluate(value).tensor?.scalar
    } else {
      seconds = nil
    }
    clock = session.host.monotonicClock
  }

  /// - Parameter once: gives the seconds that a run took.
  func measure(_ once: () throws -> Double) rethrows -> (warmup: Int, times: [Double]) {
    let start = clock()
    var warm = 0
    repeat {
      _ = try once()
      warm += 1
    } while warmup.map { warm < $0 }
      ?? (warm < Self.warmup.runs && clock() - start < Self.warmup.seconds)
    let begin = clock()
    var times: [Double] = []
    // A number of repeats that was asked for is kept, unless a time was too.
    let limit = seconds ?? (repeats == nil ? Self.seconds : .infinity)
    while times.count < repeats ?? Self.repeats,
      times.count < Self.fewest || clock() - begin < limit
    {
      times.append(try once())
    }
    return (warm, times)
  }
}

extension BenchResult.Cost {
  fileprivate init(middleOf costs: some Collection<EvaluationCost>) {
    func middle(_ value: (EvaluationCost) -> Int) -> Int {
      let median = BenchResult.median(costs.map { Double(value($0)) })
      return Int(exactly: median.rounded()) ?? 0
    }
    self.init(
      forward: middle(\.forward), backward: middle(\.backward), steps: middle(\.steps))
  }
}

extension SessionValue {
  /// The numbers of all arrays in it, one after another.
  fileprivate var allNumbers: [Double] {
    switch self {
    case .array(let tensor): tensor.numbers
    case .tuple(let parts): parts.flatMap(\.allNumbers)
    case .record(let fields): fields.flatMap(\.value.allNumbers)
    case .solution(let solution): solution.fields.flatMap(\.value.allNumbers)
    case .text, .dataset, .run, .nothing: []
    }
  }
}
