import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalReporting
import NodalTraining

/// `log: "fit.csv", every: 10`: a line for each so many steps in a file, while training goes on.
///
/// Lines are added as they come, so that others can look on; a run that is resumed goes on behind the step that it begins with.
final class TrainingLog {
  private enum Form { case table, records }

  private let name, path: String
  private let every: Int
  private let form: Form
  private let host: Host
  private var hasFailed = false

  /// Nil for a run without one.
  static func make(
    _ command: TrainCommand, from step: Int, _ session: Session
  ) throws -> TrainingLog? {
    guard let option = command.option("log"), case .text(let name) = option.value else {
      return nil
    }
    let form: Form
    switch Path.fileExtension(name) {
    case "csv": form = .table
    case "jsonl": form = .records
    default:
      throw SessionFailure(
        .optionValue, "a log is a table, `.csv`, or a record on each line, `.jsonl`",
        at: option.span, help: ["log: \"\(command.loss.name).csv\""])
    }
    let path = try session.pathForWriting(name, option.span)
    let log = TrainingLog(
      name: name, path: path,
      every: try option.subOption("every").map { try TrainingPlan.integer($0, session) } ?? 1,
      form: form, host: session.host)
    do {
      try session.host.files.createDirectory(Path.directory(path))
      let head = form == .table ? columns.map(\.name).joined(separator: ",") + "\n" : ""
      let before = step > 0 ? try? session.host.files.text(path) : nil
      try session.host.files.write(path, text: head + (before.map { kept($0, upTo: step) } ?? ""))
    } catch {
      throw SessionFailure(
        .writeFailed, "can't write \"\(name)\": \(error.message)", at: option.span,
        help: ["nothing has been trained yet"])
    }
    return log
  }

  private init(name: String, path: String, every: Int, form: Form, host: Host) {
    self.name = name
    self.path = path
    self.every = max(1, every)
    self.form = form
    self.host = host
  }

  /// Of what an earlier run has written the lines up to a step.
  private static func kept(_ text: String, upTo step: Int) -> String {
    text.split(separator: "\n").filter { line in
      let digits = line.drop { !$0.isNumber }.prefix(while: \.isNumber)
      guard line.first?.isNumber == true || line.first == "{", let own = Int(digits) else {
        return false
      }
      return own <= step
    }.map { $0 + "\n" }.joined()
  }

  /// What is told of a step, in order.
  private static let columns:
    [(name: String, value: @Sendable (TrainingProgress, String) -> JSONValue)] = [
      ("step", { progress, _ in .integer(progress.step) }),
      ("stage", { _, stage in .string(stage) }),
      ("loss", { progress, _ in .number(progress.loss) }),
      ("value", { progress, _ in .number(progress.value) }),
      ("validation", { progress, _ in progress.validation?.value.map { .number($0) } ?? .null }),
      ("test", { progress, _ in progress.test?.value.map { .number($0) } ?? .null }),
      ("gradient", { progress, _ in .number(progress.gradientNorm) }),
      ("rate", { progress, _ in .number(progress.rate) }),
      (
        "evaluations",
        { progress, _ in .integer(progress.forwardEvaluations + progress.backwardEvaluations) }
      ),
      ("seconds", { progress, _ in .number(progress.elapsed) }),
    ]

  /// Adds a step, where it is its turn; what goes wrong is said once, and training goes on.
  func add(_ progress: TrainingProgress, stage: String, _ session: Session) {
    let isLooked = progress.validation != nil || progress.test != nil
    guard progress.step % every == 0 || isLooked || progress.end != nil else { return }
    let values = Self.columns.map { ($0.name, $0.value(progress, stage)) }
    let line =
      switch form {
      case .table: values.map { $0.1 == .null ? "" : $0.1.text }.joined(separator: ",")
      case .records: JSONValue.object(values.map { .init($0.0, $0.1) }).text
      }
    do {
      try host.files.append(path, Array((line + "\n").utf8))
    } catch {
      if !hasFailed {
        session.sink(
          .note("\"\(name)\" can't be written (\(error.message)); training goes on without it"))
      }
      hasFailed = true
    }
  }
}
