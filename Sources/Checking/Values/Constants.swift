import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension TypedExpression {
  /// The number that a scalar literal is, integers and truth values included.
  package var literal: Double? {
    switch kind {
    case .number(let value): value
    case .integer(let value): Double(value)
    case .boolean(let value): value ? 1 : 0
    case .relabelled(let inner), .toReal(let inner): inner.literal
    case .text, .array, .size, .local, .session, .weight, .weights, .elementwise, .select, .scaled,
      .broadcast, .reduce, .matmul, .windows, .convolve, .pick, .concatenate, .stack, .reshape,
      .transpose, .reverse, .slice, .index, .gather, .shift, .linspace, .iota, .tuple, .element,
      .record, .field, .bindings, .conditional, .fold, .scan, .map, .calculus, .draw, .solve,
      .point, .spectral, .interpolate, .example, .part, .invalid:
      nil
    }
  }

  var integerLiteral: Int? {
    // A literal zero beside an integer has taken its unit, which is none.
    if case .relabelled(let inner) = kind { return inner.integerLiteral }
    if case .integer(let value) = kind { return value }
    return nil
  }
  var booleanLiteral: Bool? { if case .boolean(let value) = kind { value } else { nil } }
  var textLiteral: String? { if case .text(let value) = kind { value } else { nil } }
  var isInvalid: Bool { type.isError }

  /// A literal zero takes the unit of whatever it meets.
  var isLiteralZero: Bool {
    switch kind {
    case .number(let value): value == 0
    case .integer(let value): value == 0
    case .broadcast(let inner), .toReal(let inner), .relabelled(let inner): inner.isLiteralZero
    case .array(let values): values.allSatisfy { $0 == 0 }
    case .boolean, .text, .size, .local, .session, .weight, .weights, .elementwise, .select,
      .scaled, .reduce, .matmul, .windows, .convolve, .pick, .concatenate, .stack, .reshape,
      .transpose, .reverse, .slice, .index, .gather, .shift, .linspace, .iota, .tuple, .element,
      .record, .field, .bindings, .conditional, .fold, .scan, .map, .calculus, .draw, .solve,
      .point, .spectral, .interpolate, .example, .part, .invalid:
      false
    }
  }

  /// Whether nothing in it is learned, drawn, or known only when the program runs.
  var isConstant: Bool {
    var constant = true
    var bound: Set<LocalID> = []
    walk { node in
      switch node.kind {
      case .bindings(let values, _): for value in values { bound.insert(value.local) }
      case .map(let mapped): for argument in mapped.arguments { bound.insert(argument.local) }
      case .fold(let fold), .scan(let fold):
        bound.insert(fold.state)
        bound.insert(fold.element)
      case .calculus(let calculus): bound.insert(calculus.variable)
      case .local(let id): if !bound.contains(id) { constant = false }
      case .session, .weight, .weights, .draw, .solve, .point, .spectral, .example, .part, .invalid:
        constant = false
      case .number, .integer, .boolean, .text, .array, .size, .elementwise, .select, .toReal,
        .scaled, .relabelled, .broadcast, .reduce, .matmul, .windows, .convolve, .pick,
        .concatenate, .stack, .reshape,
        .transpose, .reverse, .slice, .index, .gather, .shift, .linspace, .iota, .tuple, .element,
        .record, .field, .conditional, .interpolate:
        break
      }
    }
    return constant
  }
}

extension Checker {
  func number(_ value: Double, unit: Unit = .one, _ span: Span) -> TypedExpression {
    TypedExpression(.number(value), .real(.scalar, unit), span)
  }

  func integer(_ value: Int, _ span: Span) -> TypedExpression {
    TypedExpression(.integer(value), .integer, span)
  }

  func boolean(_ value: Bool, _ span: Span) -> TypedExpression {
    TypedExpression(.boolean(value), .boolean, span)
  }

  /// A numeral. Without a unit, an integer stays one.
  mutating func numeral(_ literal: NumberLiteral) -> TypedExpression {
    guard let written = literal.unit else {
      switch literal.value {
      case .integer(let value): return integer(value, literal.span)
      case .real(let value): return number(value, literal.span)
      }
    }
    guard let unit = unit(written) else { return .invalid(literal.span) }
    let offset = offsetOfUnit(written)
    return number(literal.real + offset, unit: unit, literal.span)
  }

  /// A size as an `Int` value.
  func sizeValue(_ size: Size, _ span: Span) -> TypedExpression {
    let size = environment.substitution.resolve(size)
    if let value = size.value { return integer(value, span) }
    return TypedExpression(.size(size), .integer, span)
  }

  /// The length that an `Int` expression is, when it is known before the program runs.
  func size(_ value: TypedExpression) -> Size? {
    switch value.kind {
    case .integer(let number): Size(number)
    case .size(let size): environment.substitution.resolve(size)
    case .number, .boolean, .text, .array, .local, .session, .weight, .weights, .elementwise,
      .select, .toReal, .scaled, .relabelled, .broadcast, .reduce, .matmul, .windows, .convolve,
      .pick, .concatenate, .stack, .reshape, .transpose, .reverse, .slice, .index, .gather, .shift,
      .linspace, .iota, .tuple, .element, .record, .field, .bindings, .conditional, .fold, .scan,
      .map, .calculus, .draw, .solve, .point, .spectral, .interpolate, .example, .part, .invalid:
      nil
    }
  }

  // MARK: units as written

  /// The unit of a unit expression, shown as it is written; reports unknown symbols.
  mutating func unit(_ written: UnitExpression) -> Unit? {
    var unit = meaning(of: written)
    unit?.isSpelled = true
    return unit
  }

  private mutating func meaning(of written: UnitExpression) -> Unit? {
    switch written.kind {
    case .one: return .one
    case .symbol(let symbol):
      guard let unit = Unit(symbol: symbol) else {
        report(.unknownUnit(symbol, at: written.span, near: UnitTable.symbols))
        return nil
      }
      return unit
    case .product(let a, let b):
      guard noOffset(a), noOffset(b) else { return nil }
      guard let left = meaning(of: a), let right = meaning(of: b) else { return nil }
      return left * right
    case .quotient(let a, let b):
      guard noOffset(a), noOffset(b) else { return nil }
      guard let left = meaning(of: a), let right = meaning(of: b) else { return nil }
      return left / right
    case .power(let base, let exponent):
      guard noOffset(base) else { return nil }
      return meaning(of: base)?.raised(to: Rational(exponent.numerator, exponent.denominator))
    }
  }

  /// A unit with an offset stands alone: in a product it can only mean the size of a degree.
  private mutating func noOffset(_ written: UnitExpression) -> Bool {
    guard offsetOfUnit(written) != 0 else { return true }
    report(
      Diagnostic(
        .offsetUnit, "`degC` counts from 273.15 K, and can't be part of another unit",
        at: Label(written.span), help: ["write `K`: a degree has the same size"]))
    return false
  }

  /// What a value written in a unit with an offset (`degC` alone) is shifted by to be in kelvin.
  func offsetOfUnit(_ written: UnitExpression) -> Double {
    guard case .symbol(let symbol) = written.kind,
      let found = UnitTable.unit(named: symbol)
    else { return 0 }
    return found.row.offset
  }
}
