/// Diagnostic → one JSON object on one line, for editors and scripts.
///
/// Keys: `kind` ("diagnostic"), `severity`, `code`, `message`, then, where there is a place, `file`, `line`,
/// `column`, `endLine`, `endColumn` (from 1, columns in grapheme clusters) and `label`; `related` (objects of
/// the same keys), `help` (strings), `fixes` (objects with `title`, `replacement` and place).
package enum DiagnosticJSON {
  package static func line(for diagnostic: Diagnostic, in sources: SourceMap) -> String {
    var members: [(String, JSONText)] = [
      ("kind", .string("diagnostic")),
      ("severity", .string(diagnostic.severity.rawValue)),
      ("code", .string(diagnostic.code.rawValue)),
      ("message", .string(diagnostic.message)),
    ]
    if let primary = diagnostic.primary { members += place(of: primary, in: sources) }
    members.append(
      ("related", .array(diagnostic.secondary.map { .object(place(of: $0, in: sources)) })))
    members.append(("help", .array(diagnostic.help.map { .string($0) })))
    members.append(
      (
        "fixes",
        .array(
          diagnostic.fixIts.map { fix in
            .object(
              [("title", .string(fix.title)), ("replacement", .string(fix.replacement))]
                + place(of: Label(fix.span), in: sources))
          })
      ))
    return JSONText.object(members).text
  }

  private static func place(of label: Label, in sources: SourceMap) -> [(String, JSONText)] {
    guard let file = sources[label.span.source] else { return [("label", .string(label.text))] }
    let start = file.position(at: label.span.start)
    let end = file.position(at: label.span.end)
    return [
      ("file", .string(file.path)), ("line", .integer(start.line)),
      ("column", .integer(start.column)), ("endLine", .integer(end.line)),
      ("endColumn", .integer(end.column)), ("label", .string(label.text)),
    ]
  }
}

/// JSON to be written; members keep their order.
private indirect enum JSONText {
  case string(String)
  case integer(Int)
  case array([JSONText])
  case object([(String, JSONText)])

  var text: String {
    switch self {
    case .string(let string): Self.quoted(string)
    case .integer(let integer): String(integer)
    case .array(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { Self.quoted($0.0) + ":" + $0.1.text }.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ string: String) -> String {
    var result = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if scalar.value < 0x20 || scalar.value == 0x2028 || scalar.value == 0x2029 {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
