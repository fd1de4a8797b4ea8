import NodalDiagnostics
import NodalParsing
import NodalSyntax

extension Program {
  /// The syntax tree as text, a statement a line, without places: `(kind child …)`.
  /// - Throws: `ProgramFailure` when the text does not parse.
  public func syntaxTree() throws -> String {
    if syntaxDiagnostics.hasErrors { throw ProgramFailure(diagnostics: syntaxDiagnostics) }
    let source = SourceFile(id: SourceID(0), path: path, text: text)
    return Parser.parse(source).tree.statements.map { Self.text($0) + "\n" }.joined()
  }

  /// By reflection: it follows the tree's types by itself, and only people read it.
  private static func text(_ value: Any) -> String {
    if value is Span { return "" }
    let mirror = Mirror(reflecting: value)
    guard let style = mirror.displayStyle else {
      return value is String ? "\"\(value)\"" : "\(value)"
    }
    if style == .optional { return mirror.children.first.map { text($0.value) } ?? "-" }
    if style == .collection {
      return "[" + mirror.children.map { text($0.value) }.joined(separator: " ") + "]"
    }
    if style == .enum {
      guard let child = mirror.children.first else { return "\(value)" }
      let payload = text(child.value)
      return "(\(child.label ?? "")\(payload.isEmpty ? "" : " " + payload))"
    }
    let parts = mirror.children.compactMap { child -> String? in
      let label = child.label ?? ""
      let isPlace = label.lowercased().hasSuffix("span") || label == "source"
      return isPlace ? nil : text(child.value)
    }
    return parts.filter { !$0.isEmpty }.joined(separator: " ")
  }
}
