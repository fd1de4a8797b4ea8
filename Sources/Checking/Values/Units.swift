import NodalDiagnostics
import NodalTypes

/// How two values come to one unit: the second may have to be converted.
enum UnitAgreement {
  case same
  /// The second times this.
  case convert(Double)
  case different
}

extension Checker {
  /// Makes two units agree, solving unknowns; two known units of one dimension agree by conversion.
  mutating func agree(_ a: Unit, _ b: Unit) -> UnitAgreement {
    environment.substitution.settleTime(a, b)
    let left = resolve(a)
    let right = resolve(b)
    if left.isKnown, right.isKnown {
      guard let factor = right.factor(to: left) else { return .different }
      return factor == 1 ? .same : .convert(factor)
    }
    return environment.substitution.unify(left, right) ? .same : .different
  }

  /// The one unit of a value; components that differ are reported for the op that needs one.
  mutating func uniformUnit(_ value: TypedExpression, op: String) -> Unit? {
    guard let type = tensor(value) else { return .one }
    switch type.unit {
    case .uniform(let unit): return unit
    case .mixed(let units, _):
      guard let first = units.first else { return .one }
      for other in units.dropFirst() where !environment.substitution.unify(first, other) {
        report(
          .mixedUnits(units.map { text($0) }.joined(separator: ", "), op: op, at: value.span))
        return nil
      }
      return resolve(first)
    }
  }

  /// The same numbers under another unit.
  func relabelled(_ value: TypedExpression, _ label: UnitLabel) -> TypedExpression {
    guard case .tensor(var type) = resolve(value.type) else { return value }
    // Integers and truth values are plain numbers, whatever they meet; a literal stays one.
    if type.element != .real { return value }
    type.unit = label
    if case .number(let number) = value.kind {
      return TypedExpression(.number(number), .tensor(type), value.span)
    }
    return TypedExpression(.relabelled(value), .tensor(type), value.span)
  }

  /// The value in `unit`, converted where it is in another of the same dimension; nil after no report
  /// where it can't be.
  mutating func converted(_ value: TypedExpression, to unit: Unit, op: String) -> TypedExpression? {
    guard tensor(value) != nil else { return value }
    guard let own = uniformUnit(value, op: op) else { return .invalid(value.span) }
    switch agree(unit, own) {
    case .same: return unit.offset == own.offset ? value : relabelled(value, .uniform(unit))
    case .convert(let factor):
      let scaled =
        value.literal.map { number($0 * factor, value.span) }
        ?? TypedExpression(.scaled(value, by: factor), value.type, value.span)
      return relabelled(scaled, .uniform(unit))
    case .different: return nil
    }
  }

  /// Whether a value is a plain number all through: nothing in it carries a unit.
  func isBare(_ value: TypedExpression) -> Bool {
    guard let type = tensor(value), case .uniform(let unit) = type.unit, unit.isOne else {
      return false
    }
    var bare = true
    value.walk { node in
      if !bare { return }
      switch node.kind {
      case .number, .local, .session, .weight, .weights, .field:
        if case .tensor(let leaf) = resolve(node.type), case .uniform(let unit) = leaf.unit,
          !unit.isOne
        {
          bare = false
        }
      case .integer, .boolean, .text, .array, .size, .elementwise, .select, .toReal, .scaled,
        .relabelled, .broadcast, .reduce, .matmul, .windows, .convolve, .pick, .concatenate, .stack,
        .reshape, .transpose,
        .reverse, .slice, .index, .gather, .shift, .linspace, .iota, .tuple, .element, .record,
        .bindings, .conditional, .fold, .scan, .map, .calculus, .draw, .solve, .point, .spectral,
        .interpolate,
        .example, .part, .invalid:
        break
      }
    }
    return bare
  }

  /// A value at a place that binds it to a quantity: a bare number adopts the unit, another is
  /// converted or refused.
  mutating func adopted(
    _ value: TypedExpression, unit label: UnitLabel, what: String
  ) -> TypedExpression {
    if value.isInvalid { return value }
    let label = resolve(label)
    if isBare(value) { return relabelled(shifted(toReal(value), by: label.offset), label) }
    if value.isLiteralZero { return relabelled(toReal(value), label) }
    guard let own = tensor(value)?.unit else { return value }
    switch (label, own) {
    case (.uniform(let unit), .uniform(let given)):
      if let result = converted(value, to: unit, op: what) { return result }
      return failed(
        .unitMismatch(text(unit), text(given), what: what, at: value.span), value.span)
    case (.mixed(let units, _), .uniform(let given)):
      for unit in units where !environment.substitution.unify(unit, given) {
        return failed(
          .unitMismatch(text(unit), text(given), what: what, at: value.span), value.span)
      }
      return value
    case (.uniform(let unit), .mixed(let parts, _)):
      for part in parts where !environment.substitution.unify(unit, part) {
        return failed(
          .unitMismatch(text(unit), text(part), what: what, at: value.span), value.span)
      }
      return value
    case (.mixed(let units, _), .mixed(let parts, _)):
      for (unit, part) in zip(units, parts) where !environment.substitution.unify(unit, part) {
        return failed(
          .unitMismatch(text(unit), text(part), what: what, at: value.span), value.span)
      }
      return value
    }
  }

  /// A plain number written in a unit with an offset, as it is kept.
  private mutating func shifted(_ value: TypedExpression, by offset: Double) -> TypedExpression {
    if offset == 0 { return value }
    if let literal = value.literal { return number(literal + offset, value.span) }
    if case .array(let values) = value.kind {
      return TypedExpression(.array(values.map { $0 + offset }), value.type, value.span)
    }
    return elementwise("add", [value, number(offset, value.span)], value.span)
  }

  /// Every bare number in a value (of any structure) gets a unit that is found from its use.
  mutating func freed(_ value: TypedExpression) -> TypedExpression {
    if case .record(let fields) = value.kind {
      let freedFields = fields.map { freed($0) }
      guard case .record(let types) = value.type else { return value }
      let type = Type.record(zip(types, freedFields).map { Field($0.name, $1.type) })
      return TypedExpression(.record(freedFields), type, value.span)
    }
    if case .tuple(let parts) = value.kind {
      let freedParts = parts.map { freed($0) }
      return TypedExpression(.tuple(freedParts), .tuple(freedParts.map(\.type)), value.span)
    }
    guard isBare(value), tensor(value)?.element == .real || value.isLiteralZero else {
      return value
    }
    return relabelled(toReal(value), .uniform(freshUnit()))
  }
}

extension UnitLabel {
  /// What is added to a bare number that adopts the unit.
  var offset: Double {
    switch self {
    case .uniform(let unit): unit.offset
    case .mixed: 0
    }
  }

  /// The label of differences of values with this one.
  var difference: UnitLabel {
    switch self {
    case .uniform(let unit): .uniform(unit.difference)
    case .mixed(let units, let depth): .mixed(units.map(\.difference), depth: depth)
    }
  }
}
