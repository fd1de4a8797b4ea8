import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalTraining
import Synchronization

/// `checkpoint: "swing", every: 100`: the state of a run in a file, from which `--resume` goes on to the numbers of an unbroken run.
///
/// A file of safetensors with the arrays of `TrainingState`, and in its header what tells whose they are. It is replaced whole, so that a run that is killed
/// leaves the last one. The fits of `starts:` have a file each, in a folder `swing.starts`: they are written by several threads, and one that is replaced is as
/// small as a fit.
final class TrainCheckpoint: Sendable {
  private static let version = "1"
  private static let ending = ".checkpoint"

  /// What the header tells of a run, in the order in which a file is asked for it.
  private enum Fact: String, CaseIterable, Sendable {
    case data, loss
    case format = "nodal"
    case seed, stages, starts
  }

  let name: String
  let path: String
  /// Every so many units of a stage: epochs where it counts them, else steps.
  private let every: Int
  private let span: Span
  private let identity: [Fact: String]
  private let host: Host
  /// It is that of one of several fits, of which others tell.
  private let isOneOfMany: Bool
  private let hasFailed = Atomic(false)

  private init(
    name: String, path: String, every: Int, span: Span, identity: [Fact: String], host: Host,
    isOneOfMany: Bool
  ) {
    self.name = name
    self.path = path
    self.every = every
    self.span = span
    self.identity = identity
    self.host = host
    self.isOneOfMany = isOneOfMany
  }

  /// Nil for a run without one.
  static func make(
    _ command: TrainCommand, _ plan: TrainingPlan, _ session: Session
  ) throws -> TrainCheckpoint? {
    guard let option = command.option("checkpoint"), case .text(let text) = option.value else {
      return nil
    }
    let stem = text.hasSuffix(ending) ? String(text.dropLast(ending.count)) : text
    return TrainCheckpoint(
      name: stem + ending, path: try session.pathForWriting(stem + ending, option.span),
      every: try option.subOption("every").map { try TrainingPlan.integer($0, session) } ?? 100,
      span: option.span,
      identity: [
        .format: "checkpoint " + version, .loss: command.loss.name,
        .seed: String(plan.seed), .data: plan.data?.fingerprint ?? "none",
        .stages: plan.stages.map(\.name).joined(separator: " "),
        .starts: plan.starts.map(String.init) ?? "none",
      ], host: session.host, isOneOfMany: false)
  }

  /// That of one of several fits, in a folder of the run.
  private func start(_ number: Int) -> TrainCheckpoint {
    func place(_ whole: String) -> String {
      whole.dropLast(Self.ending.count) + ".starts/\(number)" + Self.ending
    }
    return TrainCheckpoint(
      name: place(name), path: place(path), every: every, span: span, identity: identity,
      host: host, isOneOfMany: true)
  }

  /// The state that a run begins with: that of the file where it is to be resumed, and there is one.
  func begin(
    _ start: ParameterVector, _ plan: TrainingPlan, _ session: Session
  ) throws -> TrainingState {
    if let state = try saved(start, plan, isWanted: session.options.resumes) {
      // What hasn't begun begins where its fit says.
      if isOneOfMany {
        return session.options.resumes && state.hasBegun ? state : TrainingState(start)
      }
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
    if !isOneOfMany { try lay(state) }
    return state
  }

  /// Writes the first one: what can't be written is told before anything is trained.
  private func lay(_ state: TrainingState) throws {
    do {
      try host.files.createDirectory(Path.directory(path))
      try write(state)
    } catch {
      throw SessionFailure(
        .writeFailed, "can't write \"\(name)\": \(error.message)", at: span,
        help: ["nothing has been trained yet"])
    }
  }

  /// Those of several fits, before the first begins, and where each of them does. Lays the files of a run that begins anew, so that none is left of another;
  /// looks at those of one that goes on, and says how it stands.
  func begin(
    severalFrom starts: [ParameterVector], _ plan: TrainingPlan, _ session: Session
  ) throws -> (checkpoints: [TrainCheckpoint], starts: [ParameterVector]) {
    let all = starts.indices.map { start($0 + 1) }
    let states = try zip(all, starts).map { own, start in
      try own.saved(start, plan, isWanted: session.options.resumes)
    }
    let done = states.count { $0?.isComplete == true }
    let begun = states.count { $0?.hasBegun == true }
    if begun > 0, session.options.resumes || done < all.count {
      session.sink(
        .note(
          !session.options.resumes
            ? "\(folder) had \(done) of \(all.count) starts at their ends, of a run that didn't come to its own: `--resume` goes on from there; this run begins anew"
            : done == all.count
              ? "\(folder): all \(done) starts of this training have come to their ends"
              : "goes on with \(done) of \(all.count) starts at their ends and \(begun - done) under way, as \(folder) has them"
        ))
    }
    var beginnings = starts
    for (k, (own, state)) in zip(all, states).enumerated() {
      if session.options.resumes, let state {
        if !state.hasBegun { beginnings[k] = state.parameters }
      } else {
        try own.lay(TrainingState(starts[k]))
      }
    }
    return (all, beginnings)
  }

  /// Of several fits, where their files are.
  private var folder: String { Path.directory(start(1).path) }

  /// Several fits have been stopped: says where they stand.
  func sayStopped(_ session: Session) {
    session.sink(.note("the fits as they stand are in \(folder): `--resume` goes on from there"))
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
      case .starts: "the number of its `starts:` is \(other), not \(own)"
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
      hasFailed.store(false, ordering: .relaxed)
    } catch {
      if !hasFailed.exchange(true, ordering: .relaxed) {
        session.sink(
          .note(
            "\"\(name)\" can't be written (\(error.message)); training goes on, and it is tried again"
          ))
      }
    }
  }

  /// Writes the last one. A disk that is still full is a mistake that doesn't end the program: what was learned is in memory.
  func close(_ state: TrainingState, _ session: Session) {
    do {
      try write(state)
      if state.ends.last == .cancelled, !isOneOfMany {
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

extension TrainingState {
  fileprivate var hasBegun: Bool { step > 0 || !validations.isEmpty }
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
