import NodalTypes

/// What becomes of a value when states change their sign.
enum TermParity: Sendable, Hashable {
  case even, odd, neither
}

extension Checker {
  /// What sign a value takes when all of `states` change theirs, as far as its form shows it.
  func parity(of value: TypedExpression, under states: Set<LocalID>) -> TermParity {
    switch value.kind {
    case .local(let id):
      if states.contains(id) { return .odd }
      return definitions[id].map { parity(of: $0, under: states) } ?? .even
    case .number, .integer, .boolean, .text, .array, .size, .session, .weight, .weights, .iota:
      return .even
    case .toReal(let a), .scaled(let a, by: _), .relabelled(let a), .broadcast(let a),
      .reshape(let a), .transpose(let a, axes: _), .reverse(let a, axis: _),
      .slice(let a, axis: _, start: _):
      return parity(of: a, under: states)
    case .index(let a, axis: _, let place):
      return parity(of: place, under: states) == .even ? parity(of: a, under: states) : .neither
    case .concatenate(let parts), .stack(let parts):
      return common(parts, under: states)
    case .elementwise("add", let parts), .elementwise("sub", let parts):
      return common(parts, under: states)
    case .elementwise("neg", let parts): return common(parts, under: states)
    case .elementwise("mul", let parts), .elementwise("div", let parts):
      return product(parts, under: states)
    case .matmul(let a, let b): return product([a, b], under: states)
    case .bindings(_, let body): return parity(of: body, under: states)
    case .elementwise, .select, .reduce, .windows, .convolve, .pick, .gather, .shift, .linspace,
      .tuple, .element, .record, .field, .conditional, .fold, .scan, .map, .calculus, .draw, .solve,
      .point, .spectral, .interpolate, .example, .part, .invalid:
      return value.children.allSatisfy { parity(of: $0, under: states) == .even } ? .even : .neither
    }
  }

  private func common(_ parts: [TypedExpression], under states: Set<LocalID>) -> TermParity {
    let found = Set(parts.filter { !$0.isLiteralZero }.map { parity(of: $0, under: states) })
    return found.count == 1 ? found.first ?? .even : found.isEmpty ? .even : .neither
  }

  private func product(_ parts: [TypedExpression], under states: Set<LocalID>) -> TermParity {
    let found = parts.map { parity(of: $0, under: states) }
    if found.contains(.neither) { return .neither }
    return found.count { $0 == .odd } % 2 == 0 ? .even : .odd
  }
}
