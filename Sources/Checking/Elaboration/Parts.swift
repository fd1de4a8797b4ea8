import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// Parts of an ode from outside: the fields `a.θ` and `a.θ'` of a solution are the record `a` of it.
extension Checker {
  /// The fields that lie in the part `name`, as a record of what `read` gives for each; nil where there is no such part.
  func part(
    _ name: String, of fields: [Field], _ span: Span, _ read: (Field) -> TypedExpression
  ) -> TypedExpression? {
    let prefix = name + "."
    let inner = fields.filter { $0.name.hasPrefix(prefix) }
    guard !inner.isEmpty else { return nil }
    var parts: [(name: String, value: TypedExpression)] = []
    for field in inner {
      let rest = field.name.dropFirst(prefix.count)
      guard let dot = rest.firstIndex(of: ".") else {
        parts.append((String(rest), read(field)))
        continue
      }
      // A part of a part: once, at its first field.
      let head = String(rest[..<dot])
      guard !parts.contains(where: { $0.name == head }) else { continue }
      let renamed = inner.map { Field(String($0.name.dropFirst(prefix.count)), $0.type) }
      let value = part(head, of: renamed, span) { read(Field(prefix + $0.name, $0.type)) }
      if let value { parts.append((head, value)) }
    }
    return TypedExpression(
      .record(parts.map(\.value)), .record(parts.map { Field($0.name, $0.value.type) }), span)
  }

  /// Names as they may be written behind a dot: of what lies in a part, the part.
  static func visible(_ fields: [Field]) -> [String] {
    var names: [String] = []
    for field in fields {
      let name = String(field.name.prefix { $0 != "." })
      if !names.contains(name) { names.append(name) }
    }
    return names
  }
}
