extension Equation {
  /// The form of the left side.
  package var target: Target {
    switch left.kind {
    case .name(let name):
      return .state(name)
    case .field(let base, let name):
      guard let path = Self.path(of: base) else { return .implicit }
      return .part(path, name)
    case .derivative(let base, let order):
      switch base.kind {
      case .bracket(let elements): return .bracket(elements, order: order)
      case .index(let indexed, let subscripts):
        guard case .name(let name) = indexed.kind else { return .implicit }
        return .element(name, subscripts, order: order)
      case .number, .string, .column, .bool, .constant, .name, .tuple, .record, .prefix, .binary,
        .range, .pipe, .call, .field, .element, .derivative, .conditional, .block, .closure,
        .invalid:
        return .implicit
      }
    case .number, .string, .column, .bool, .constant, .tuple, .bracket, .record, .prefix, .binary,
      .range, .pipe, .call, .index, .element, .conditional, .block, .closure, .invalid:
      return .implicit
    }
  }

  /// The names of `a.b`; `nil` where something else stands.
  private static func path(of expression: Expression) -> [Name]? {
    var names: [Name] = []
    var current = expression
    while true {
      switch current.kind {
      case .name(let name): return [name] + names.reversed()
      case .field(let base, let name):
        names.append(name)
        current = base
      case .number, .string, .column, .bool, .constant, .tuple, .bracket, .record, .prefix, .binary,
        .range, .pipe, .call, .index, .element, .derivative, .conditional, .block, .closure,
        .invalid:
        return nil
      }
    }
  }
}
