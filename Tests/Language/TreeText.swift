import NodalDiagnostics

/// A tree as text, without spans: what golden trees and comparisons are made of. `(kind child …)`.
func treeText(_ value: Any) -> String {
  let mirror = Mirror(reflecting: value)
  switch mirror.displayStyle {
  case .optional:
    return mirror.children.first.map { treeText($0.value) } ?? "-"
  case .collection:
    return "[" + mirror.children.map { treeText($0.value) }.joined(separator: " ") + "]"
  case .enum:
    guard let child = mirror.children.first else { return "\(value)" }
    let payload = treeText(child.value)
    return "(\(child.label ?? "")\(payload.isEmpty ? "" : " " + payload))"
  case .struct, .tuple:
    let parts = mirror.children.compactMap { child -> String? in
      let label = child.label ?? ""
      if label.lowercased().hasSuffix("span") || label == "source" { return nil }
      return treeText(child.value)
    }
    return value is Span ? "" : parts.joined(separator: " ")
  default:
    return value is String ? "\"\(value)\"" : "\(value)"
  }
}
