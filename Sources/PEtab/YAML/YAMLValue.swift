import NodalDiagnostics

/// What a problem file says, in YAML's three kinds.
indirect enum YAMLValue: Sendable {
  case scalar(String, Span)
  case list([YAMLValue], Span)
  case map([(key: String, value: YAMLValue)], Span)

  var span: Span {
    switch self {
    case .scalar(_, let span), .list(_, let span), .map(_, let span): span
    }
  }

  subscript(key: String) -> YAMLValue? {
    if case .map(let entries, _) = self { return entries.first { $0.key == key }?.value }
    return nil
  }

  var text: String? {
    if case .scalar(let text, _) = self { return text }
    return nil
  }

  /// The values of a list; one that stands alone is a list of one.
  var items: [YAMLValue] {
    switch self {
    case .list(let items, _): items
    case .scalar("", _), .scalar("null", _), .scalar("~", _): []
    case .scalar, .map: [self]
    }
  }
}
