import Foundation
import NodalChecking
import NodalDiagnostics
import NodalParsing
import NodalStandardLibrary
import NodalSyntax
import NodalTypes
import Testing

/// Checks programs as text, with the standard library and made-up data.
enum Harness {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Columns that programs of the tests may read, whatever the call.
  static func schema(_ call: DataCall) -> SchemaResult {
    switch call.function {
    case .idx, .npz, .npy, .given: return .schema(DataSchema(columns: []))
    case .csv:
      guard case .text(let path)? = call.arguments.first?.value else {
        return .schema(DataSchema(columns: []))
      }
      let time: String?
      if case .text(let name)? = call.argument("time")?.value { time = name } else { time = nil }
      let names: [String]
      switch path {
      case "hudson-bay-lynx-hare.csv": names = ["Year", "Hare", "Lynx"]
      case "gaps.csv": names = ["t", "x", "y"]
      case "rows.csv": names = ["a", "b", "label"]
      default: names = ["t", "theta", "omega", "x", "h"]
      }
      var fields: [String: String] = [:]
      if case .record(let selected)? = call.argument("columns")?.value {
        for field in selected {
          switch field.value {
          case .text(let name), .column(let name, _): fields[name] = field.name
          case .number, .integer, .boolean, .texts, .interval, .array, .record, .call, .function:
            break
          }
        }
      }
      let inputs: [String] =
        switch call.argument("input")?.value {
        case .text(let name): [fields[name] ?? name]
        case .texts(let names): names.map { fields[$0] ?? $0 }
        default: []
        }
      let columns = names.map {
        DataSchema.Column(
          name: fields[$0] ?? $0, hasGaps: path == "gaps.csv" && $0 != "t", alongTime: time != nil)
      }
      return .schema(
        DataSchema(
          columns: columns, timeColumn: time, length: time == nil ? nil : 21,
          count: time == nil ? 40 : nil, inputs: inputs))
    case .generate:
      guard case .call(let name, _)? = call.arguments.first?.value else {
        return .schema(DataSchema(columns: []))
      }
      switch name {
      case "two_moons", "nested_spheres":
        return .schema(
          DataSchema(
            columns: [.init(name: "x", shape: [2]), .init(name: "label", element: .integer)],
            count: 2000))
      case "spirals":
        return .schema(
          DataSchema(
            columns: [.init(name: "t"), .init(name: "x", shape: [2])], timeColumn: "t",
            length: 100, count: 1000))
      case "poisson_process":
        return .schema(DataSchema(columns: [.init(name: "t")], timeColumn: "t"))
      case "irregular_sines":
        return .schema(
          DataSchema(
            columns: [.init(name: "t"), .init(name: "x")], timeColumn: "t", count: 500,
            isRagged: true))
      default: return .schema(DataSchema(columns: [.init(name: "x", shape: [2])], count: 25))
      }
    }
  }

  static let host = CheckerHost(
    module: { module, from in
      switch module {
      case .library(let path):
        guard let text = StandardLibrary.text(ofModule: path.spelling) else {
          return .failure(
            Diagnostic(
              .unknownModule, "there is no module `\(path.spelling)`", at: Label(path.span)))
        }
        let ids = ["prelude": 101, "physics": 102]
        return .source(
          SourceFile(
            id: SourceID(ids[path.spelling] ?? 103), path: path.spelling + ".node", text: text),
          key: path.spelling)
      case .file(let path):
        guard let text = try? String(contentsOf: programs.appending(path: path), encoding: .utf8)
        else {
          return .failure(Diagnostic(.fileNotFound, "there is no file `\(path)`", at: nil))
        }
        return .source(SourceFile(id: SourceID(200), path: path, text: text), key: path)
      }
    }, schema: schema)

  static let programs = root.appending(path: "examples")

  static func check(
    _ text: String, in environment: Environment = Environment(), settings: [String: String] = [:],
    path: String = "test.node", id: Int = 1
  ) -> CheckResult {
    let source = SourceFile(id: SourceID(id), path: path, text: text)
    let (tree, diagnostics) = Parser.parse(source)
    var host = host
    host.settings = settings
    var result = Check.check(tree, source: source, in: environment, host: host)
    // Whatever is checked in a test: nothing goes missing without a word.
    if diagnostics.isEmpty {
      #expect(result.unexplained.isEmpty, "\(result.unexplained) of \(text)")
    }
    result.diagnostics = diagnostics + result.diagnostics
    return result
  }

  static func describe(_ result: CheckResult, _ text: String) -> String {
    let source = SourceFile(id: SourceID(1), path: "test.node", text: text)
    return result.diagnostics.map { diagnostic in
      var line = diagnostic.code.rawValue
      if let span = diagnostic.primary?.span {
        if span.source == source.id {
          let place = source.position(at: span.start)
          line += " \(place.line):\(place.column)"
        } else {
          line += " source \(span.source.rawValue) at \(span.start)"
        }
      }
      return line + " " + diagnostic.message
        + diagnostic.help.map { "\n    help: \($0)" }.joined()
    }.joined(separator: "\n")
  }
}
