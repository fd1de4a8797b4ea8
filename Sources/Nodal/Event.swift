import NodalBasics
import NodalSession

/// What an interpreter has to say while it runs.
public enum Event: Sendable {
  /// A mistake or a warning, as it is found.
  case diagnostic(Diagnostic)
  /// `print`, or a value at a prompt: the text for people, and the value as JSON.
  case printed(label: String, text: String, json: String)
  /// A training run begins: what on, how, by how many parameters.
  case trainingBegan(name: String, header: String)
  /// A step of it.
  case trainingStep(TrainingStep)
  /// It is over; the JSON is an object with loss, steps and seconds.
  case trainingEnded(name: String, summary: String, json: String)
  /// A plot was drawn into a file.
  case plotted(path: String)
  /// A plot without a file.
  case picture(Picture)
  /// A table, weights or another file was written.
  case wrote(path: String, what: String)
  /// A `test` block held.
  case testPassed(title: String)
  /// A `test` block did not hold.
  case testFailed(title: String, Diagnostic)
  /// A `bench` block was timed.
  case benched(Benchmark)
  /// A `bench` block could not be run.
  case benchFailed(title: String, Diagnostic)
  /// Something short to know.
  case note(String)

  /// One JSON object without line break, as `nodal run --json` writes it; `docs/json.md` says what is in it.
  public var json: String {
    func object(_ kind: String, _ members: KeyValuePairs<String, JSONValue>) -> String {
      JSONValue.object(
        [.init("kind", .string(kind))] + members.map { .init($0.key, $0.value) }
      ).text
    }
    switch self {
    case .diagnostic(let diagnostic): return diagnostic.json
    case .printed(let label, let text, let json):
      return Self.splice(
        object("print", ["label": .string(label), "text": .string(text)]), "value", json)
    case .trainingBegan(let name, let header):
      return object("train", ["name": .string(name), "header": .string(header)])
    case .trainingStep(let step): return step.jsonValue.text
    case .trainingEnded(let name, let summary, let json):
      return Self.splice(
        object("result", ["name": .string(name), "summary": .string(summary)]), "value", json)
    case .plotted(let path): return object("plot", ["path": .string(path)])
    case .picture(let picture):
      return object("plot", ["path": JSONValue.null, "table": .string(picture.table)])
    case .wrote(let path, let what):
      return object("wrote", ["path": .string(path), "what": .string(what)])
    case .testPassed(let title):
      return object("test", ["title": .string(title), "passed": .bool(true)])
    case .testFailed(let title, let diagnostic):
      return Self.splice(
        object("test", ["title": .string(title), "passed": .bool(false)]), "diagnostic",
        diagnostic.json)
    case .benched(let benchmark): return benchmark.json
    case .benchFailed(let title, let diagnostic):
      return Self.splice(object("bench", ["title": .string(title)]), "diagnostic", diagnostic.json)
    case .note(let text): return object("note", ["text": .string(text)])
    }
  }

  /// An object with one more member, whose value is JSON already.
  private static func splice(_ object: String, _ key: String, _ json: String) -> String {
    String(object.dropLast()) + ",\"\(key)\":\(json)}"
  }
}
