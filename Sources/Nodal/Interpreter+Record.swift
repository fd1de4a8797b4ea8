import NodalBasics
import NodalData
import NodalDiagnostics
import NodalReporting
import NodalSession

extension Interpreter {
  /// Runs a program, and leaves a folder of it: the text, all weights, its pictures, and `run.json`, of which `Report` makes a page.
  ///
  /// Trainings are looked at more closely than without a record: intervals, where they take no longer than the training, and residuals.
  /// - Parameters:
  ///   - name: the folder, below that of outputs. One that is there already is written anew if it is a run folder.
  ///   - version: what runs it, as the record tells: `nodal 0.1.0`.
  /// - Returns: `failed` also where the folder can't be written.
  @discardableResult
  public func run(_ program: Program, recordedAs name: String, by version: String) -> Outcome {
    let host = configuration.host
    let folder: String
    let isNew: Bool
    do {
      folder = try session.pathForRecord(name)
      isNew = try prepare(folder, host)
    } catch {
      session.sink(.diagnostic(session.diagnostic(of: error)))
      return .failed
    }
    let (date, begin) = (RunDate.text(host.wallClock()), host.monotonicClock())
    let log = RunLog()
    session.recorder = RunRecorder()
    defer { session.recorder = nil }
    let outcome = logging(log) { run(program) }
    if outcome == .wrong {
      if isNew, (try? host.files.list(folder))?.isEmpty == true { try? host.files.remove(folder) }
      return outcome
    }
    var record = RunRecord(
      nodal: version, date: date, program: program.path, outcome: outcome.word,
      seconds: host.monotonicClock() - begin, seed: Int(truncatingIfNeeded: session.seed))
    session.complete(&record)
    record.printed = log.printed
    record.diagnostics = log.diagnostics
    record.omissions += log.omissions
    do {
      // What was learned comes first: it is what can't be had again.
      try host.files.write(Path.join(folder, RunFolder.weights), session.savedWeights)
      try host.files.write(Path.join(folder, RunFolder.program), text: program.text)
      copyPictures(log.plots, to: folder, &record, host)
      try host.files.write(Path.join(folder, RunFolder.record), record.json())
    } catch {
      session.sink(.diagnostic(unwritable(folder, error)))
      return outcome == .finished ? .failed : outcome
    }
    session.sink(.wrote(path: folder, what: "run"))
    return outcome
  }

  /// Makes the folder; whether it is new.
  private func prepare(_ folder: String, _ host: Host) throws -> Bool {
    let files = host.files
    func refused(_ why: String) -> SessionFailure {
      SessionFailure(
        .writeFailed, "can't record the run: \(why)", at: nil,
        help: ["nothing was run; `--record NAME` gives the folder another name"])
    }
    switch files.kind(folder) {
    case .file, .other: throw refused("`\(folder)` is no folder")
    case .directory:
      let names = (try? files.list(folder)) ?? []
      guard names.isEmpty || names.contains(RunFolder.record) else {
        throw refused("`\(folder)` holds other things than a run")
      }
      return false
    case nil:
      do {
        try files.createDirectory(folder)
      } catch {
        throw refused(error.message)
      }
      return true
    }
  }

  /// Pictures that can't be copied are left out.
  private func copyPictures(
    _ paths: [String], to folder: String, _ record: inout RunRecord, _ host: Host
  ) {
    let plots = Path.join(folder, RunFolder.plots)
    for path in paths where RunFolder.kind(path) != nil {
      var name = Path.name(path)
      var number = 2
      while record.plots.contains(name) {
        name = "\(Path.stem(path))-\(number).\(Path.fileExtension(path))"
        number += 1
      }
      do {
        let bytes = try host.files.readRegular(path)
        guard bytes.count <= RunFolder.largestPicture else {
          record.omissions.append(
            "\(name): \(NumberFormat.bytes(bytes.count)) are too much for a report")
          continue
        }
        try host.files.createDirectory(plots)
        try host.files.write(Path.join(plots, name), bytes)
        record.plots.append(name)
      } catch {
        record.omissions.append("\(name) can't be copied: \(error.message)")
      }
    }
  }

  private func unwritable(_ folder: String, _ error: any Error) -> NodalDiagnostics.Diagnostic {
    NodalDiagnostics.Diagnostic(
      .writeFailed,
      "can't record the run in `\(folder)`: \((error as? HostError)?.message ?? "\(error)")",
      at: nil,
      help: ["the program ran all the same: what it prints, saves and writes itself is there"])
  }
}

extension Interpreter.Outcome {
  fileprivate var word: String {
    switch self {
    case .finished: "finished"
    case .wrong: "wrong"
    case .failed: "failed"
    case .cancelled: "cancelled"
    }
  }
}
