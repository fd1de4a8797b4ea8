import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalTraining

/// `checkpoint: "swing", every: 100`: the state of a run in a file, from which `--resume` goes on to the numbers of an unbroken run.
///
/// A file of safetensors with the arrays of `TrainingState`, and in its header what tells whose they are. It is replaced whole, so that a run that is killed
/// leaves the last one.
final class TrainCheckpoint {
  private static let version = "1"

  /// What the header tells of a run, in the order in which a file is asked for it.
  private enum Fact: String, CaseIterable {
    case data, loss
    case format = "nodal"
    case seed, stages
  }

  let name: String
  let path: String
  /// Every so many units of a stage: epochs where it counts them, else steps.
  private let every: Int
  private let span: Span
  private let identity: [Fact: String]
  private let host: Host
  private var hasFailed = false

  private init(
    name: String, path: String, every: Int, span: Span, identity: [Fact: String], host: Host
  ) {
    self.name = name
    self.path = path
    self.every = every
    self.span = span
    self.identity = identity
    self.host = host
  }

  /// Nil for a run without one.
  static func make(
    _ command: TrainCommand, _ plan: TrainingPlan, _ session: Session
  ) throws -> TrainCheckpoint? {
    guard let option = command.option("checkpoint"), case .text(let text) = option.value else {
      return nil
    }
    let name = text.hasSuffix(".checkpoint") ? text : text + ".checkpoint"
    return TrainCheckpoint(
      name: name, path: try session.pathForWriting(name, option.span),
      every: try option.subOption("every").map { try TrainingPlan.integer($0, session) } ?? 100,
      span: option.span,
      identity: [
        .format: "checkpoint " + version, .loss: command.loss.name,
        .seed: String(plan.seed), .data: plan.data?.fingerprint ?? "none",
        .stages: plan.stages.map(\.name).joined(separator: " "),
      ], host: session.host)
  }

  /// The state that a run begins with: that of the file where it is to be resumed, and there is one.
  func begin(
    _ start: ParameterVector, _ plan: TrainingPlan, _ session: Session
  ) throws -> TrainingState {
    if let state = try saved(start, plan, isWanted: session.options.resumes) {
      let total = plan.steps
      if session.options.resumes {
        session.sink(
          .note(
            state.isComplete
              ? "\(path): this training has come to its end, after \(state.step) steps"
              : "goes on from step \(state.step) of \(total), as \(path) has it"))
        return state
      }
      if !state.isComplete {
        session.sink(
          .note(
            "\(path) had step \(state.step) of \(total) of a run that didn't come to its end: `--resume` goes on from there; this run begins anew"
          ))
      }
    }
    let state = TrainingState(start)
    do {
      try host.files.createDirectory(Path.directory(path))
      try write(state)
    } catch {
      throw SessionFailure(
        .writeFailed, "can't write \"\(name)\": \(error.message)", at: span,
        help: ["nothing has been trained yet"])
    }
    return state
  }

  /// What the file has; nil where there is none. One that isn't wanted, and doesn't fit, is none.
  private func saved(
    _ start: ParameterVector, _ plan: TrainingPlan, isWanted: Bool
  ) throws -> TrainingState? {
    guard host.files.exists(path) else { return nil }
    do {
      let file = try Safetensors(host.files.readRegular(path))
      for fact in Fact.allCases {
        guard let other = file.metadata[fact.rawValue], let own = identity[fact], other != own
        else { continue }
        throw mismatch(fact, other, own)
      }
      var arrays: [String: [Double]] = [:]
      for entry in file.entries { arrays[entry.name] = entry.array.doubles }
      return try TrainingState(arrays, parameters: start, stages: plan.stages.map(\.training))
    } catch {
      guard isWanted else { return nil }
      if let failure = error as? SessionFailure { throw failure }
      throw unusable(error)
    }
  }

  private func mismatch(_ fact: Fact, _ other: String, _ own: String) -> SessionFailure {
    let what =
      switch fact {
      case .data: "it was trained on other data"
      case .loss: "it is of the loss `\(other)`, not `\(own)`"
      case .format: "it is another kind of file"
      case .seed: "its seed is \(other), not \(own)"
      case .stages: "its stages are \(other), not \(own)"
      }
    return refused(what)
  }

  private func unusable(_ error: any Error) -> SessionFailure {
    if let host = error as? HostError { return refused(host.message) }
    switch error as? TrainingStateError {
    case .missing(let array)? where array.hasPrefix("parameters."):
      return refused("it has no `\(array.dropFirst("parameters.".count))`")
    case .missing(let array)?: return refused("it has no `\(array)`")
    case .malformed(let array)? where array.hasPrefix("parameters."):
      return refused("`\(array.dropFirst("parameters.".count))` has another shape there")
    case .malformed(let array)?: return refused("its `\(array)` is spoiled")
    case nil: return refused("it can't be read")
    }
  }

  private func refused(_ what: String) -> SessionFailure {
    SessionFailure(
      .incompatibleWeights, "\"\(name)\" isn't a checkpoint of this run: \(what)", at: span,
      help: ["run without `--resume` to begin anew, or give this run another name"])
  }

  /// Whether it is time, after a step.
  func isDue(_ progress: TrainingProgress, _ stage: TrainingStage) -> Bool {
    progress.stepInStage % stage.steps(inUnits: every) == 0 || progress.end != nil
  }

  private func write(_ state: TrainingState) throws(HostError) {
    let entries = state.arrays.map { name, numbers in
      Safetensors.Entry(name, NumberArray(shape: [numbers.count], .f64(numbers)))
    }
    let facts = Dictionary(uniqueKeysWithValues: identity.map { ($0.rawValue, $1) })
    try host.files.write(path, Safetensors(entries: entries, metadata: facts).bytes)
  }

  /// Writes it; what goes wrong is said once, and training goes on.
  func keep(_ state: TrainingState, _ session: Session) {
    do {
      try write(state)
      hasFailed = false
    } catch {
      if !hasFailed {
        session.sink(
          .note(
            "\"\(name)\" can't be written (\(error.message)); training goes on, and it is tried again"
          ))
      }
      hasFailed = true
    }
  }

  /// Writes the last one. A disk that is still full is a mistake that doesn't end the program: what was learned is in memory.
  func close(_ state: TrainingState, _ session: Session) {
    do {
      try write(state)
      if state.ends.last == .cancelled {
        session.sink(
          .note(
            "the run as it stands after \(state.step) steps is in \(path): `--resume` goes on from there"
          ))
      }
    } catch {
      session.sink(
        .diagnostic(
          Diagnostic(
            .writeFailed, "can't write \"\(name)\": \(error.message)", at: Label(span),
            help: [
              "the best parameters are in memory: `save` writes them, to another folder by `--out`"
            ])))
    }
  }
}

extension Dataset {
  /// Tells data sets apart: names, shapes and numbers.
  var fingerprint: String {
    var hash = StableHash()
    func add(_ counts: [Int]) { counts.withUnsafeBytes { hash.add($0) } }
    add([exampleCount] + (lengths ?? []))
    for field in fields {
      hash.add(field.name.utf8)
      add(field.shape)
      field.values.withUnsafeBytes { hash.add($0) }
      hash.add(field.missing.map { $0 ? 1 : 0 })
    }
    return hash.text
  }
}
