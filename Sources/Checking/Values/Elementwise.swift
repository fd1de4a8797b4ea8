import NodalDiagnostics
import NodalTypes

extension Checker {
  /// An op on every element, with all that is implicit written out: `Int` to `Real`, conversion of
  /// units, a scalar repeated. Scalar constants are computed on the spot.
  mutating func elementwise(
    _ name: String, _ given: [TypedExpression], _ span: Span, symbol: String? = nil
  ) -> TypedExpression {
    let symbol = symbol ?? name
    guard let row = ScalarOperation.rows[name] else { return .invalid(span) }
    if given.contains(where: \.isInvalid) { return .invalid(span) }
    var operands = given
    for operand in operands {
      guard let type = tensor(operand) else {
        if let texts = comparedTexts(name, operands, span) { return texts }
        return failed(
          .operandType(symbol, found: text(operand.type), at: operand.span), span)
      }
      if type.hasGaps { return failed(.gapsUsed(symbol, at: operand.span), span) }
    }
    // What the elements are.
    let elements = operands.map { tensor($0)?.element ?? .real }
    let logical = name == "and" || name == "or" || name == "not"
    let equality = name == "eq" || name == "ne"
    for (operand, element) in zip(operands, elements) {
      let wrong = logical ? element != .boolean : element == .boolean && !equality
      if wrong {
        return failed(
          .operandType(
            symbol, found: text(operand.type), at: operand.span,
            help: logical ? ["it combines truth values"] : ["`if c then 1 else 0` makes a number"]),
          span)
      }
    }
    if equality, elements.contains(.boolean), Set(elements).count > 1 {
      return failed(.operandType(symbol, found: text(operands[1].type), at: span), span)
    }
    let result: Element
    switch row.result {
    case .boolean:
      result = .boolean
      if !logical, Set(elements).count > 1 { operands = operands.map { toReal($0) } }
    case .number:
      result = elements.allSatisfy { $0 == .integer } ? .integer : .real
      if result == .real { operands = operands.map { toReal($0) } }
    case .real:
      result = .real
      operands = operands.map { toReal($0) }
    }
    if name == "pow" { return power(operands, given, span) }
    guard let unit = unitOfResult(row, symbol, &operands, span),
      let shape = align(&operands, symbol, span)
    else { return .invalid(span) }
    let isPadded = operands.contains { tensor($0)?.isPadded == true }
    let type = Type.tensor(TensorType(result, shape, unit: unit, isPadded: isPadded))
    if let folded = folded(row, operands, type, span) { return folded }
    return TypedExpression(.elementwise(name, operands), type, span)
  }

  /// `Int` (or a truth value) to `Real`.
  func toReal(_ value: TypedExpression) -> TypedExpression {
    guard case .tensor(var type) = resolve(value.type), type.element != .real else { return value }
    type.element = .real
    if let literal = value.literal, type.shape.isScalar {
      return TypedExpression(.number(literal), .tensor(type), value.span)
    }
    if case .array = value.kind {
      return TypedExpression(value.kind, .tensor(type), value.span)
    }
    return TypedExpression(.toReal(value), .tensor(type), value.span)
  }

  private func comparedTexts(
    _ name: String, _ operands: [TypedExpression], _ span: Span
  ) -> TypedExpression? {
    guard operands.count == 2, let a = operands[0].textLiteral, let b = operands[1].textLiteral
    else { return nil }
    if name == "eq" { return boolean(a == b, span) }
    if name == "ne" { return boolean(a != b, span) }
    return nil
  }

  // MARK: units

  /// The unit of the result; converts operands in place where they have another scale.
  private mutating func unitOfResult(
    _ row: ScalarOperation, _ symbol: String, _ operands: inout [TypedExpression], _ span: Span
  ) -> UnitLabel? {
    switch row.units {
    case .same: return agreeOnUnit(&operands, symbol, span)
    case .sameToPlain: return agreeOnUnit(&operands, symbol, span) == nil ? nil : .one
    case .sum, .difference, .distance:
      let offsets = operands.map { (tensor($0)?.unit ?? .one).offset }
      guard let label = agreeOnUnit(&operands, symbol, span) else { return nil }
      return row.units.isPoint(offsets.map { $0 != 0 })
        ? operands.compactMap { tensor($0)?.unit }.first { $0.offset != 0 } ?? label
        : label.difference
    case .plain:
      for index in operands.indices {
        guard let unit = uniformUnit(operands[index], op: symbol) else { return nil }
        switch agree(.one, unit) {
        case .same: break
        case .convert:
          operands[index] = converted(operands[index], to: .one, op: symbol) ?? operands[index]
        case .different:
          report(.dimensionlessExpected(symbol, found: text(unit), at: operands[index].span))
          return nil
        }
      }
      return .one
    case .product, .quotient:
      if let label = multiply(operands, divide: row.units.isQuotient) { return label }
      let all = operands.compactMap { tensor($0) }.flatMap { type -> [Unit] in
        if case .mixed(let units, _) = type.unit { units } else { [] }
      }
      report(.mixedUnits(all.map { text($0) }.joined(separator: ", "), op: symbol, at: span))
      return nil
    case .dropped: return .one
    case .root:
      guard let operand = operands.first, let unit = uniformUnit(operand, op: symbol) else {
        return nil
      }
      return .uniform(unit.raised(to: Rational(1, 2)))
    }
  }

  /// Brings all operands to the unit of the first; a literal zero takes any.
  mutating func agreeOnUnit(
    _ operands: inout [TypedExpression], _ symbol: String, _ span: Span
  ) -> UnitLabel? {
    guard let first = operands.first, let firstType = tensor(first) else { return .one }
    if operands.count == 1 { return firstType.unit }
    var label = firstType.unit
    // The first that is not a literal zero decides.
    if let deciding = operands.first(where: { !$0.isLiteralZero }), let type = tensor(deciding) {
      label = type.unit
    }
    for index in operands.indices {
      guard let type = tensor(operands[index]) else { continue }
      if operands[index].isLiteralZero {
        if label.offset != 0 {
          report(.zeroOfOffsetUnit(at: operands[index].span))
          return nil
        }
        operands[index] = relabelled(operands[index], label)
        continue
      }
      switch (label, type.unit) {
      case (.uniform(let unit), .uniform(let own)):
        switch agree(unit, own) {
        case .same: break
        case .convert:
          operands[index] = converted(operands[index], to: unit, op: symbol) ?? operands[index]
        case .different:
          report(
            .unitMismatch(
              text(unit), text(own), what: "the operands of `\(symbol)`", at: span,
              leftSpan: first.span, rightSpan: operands[index].span))
          return nil
        }
      case (.mixed(let units, let depth), .mixed(let others, _)):
        guard units.count == others.count else { break }
        var factors = Array(repeating: 1.0, count: units.count)
        for (place, (unit, other)) in zip(units, others).enumerated() {
          switch agree(unit, other) {
          case .same: break
          case .convert(let factor): factors[place] = factor
          case .different:
            report(
              .unitMismatch(
                text(unit), text(other), what: "components under `\(symbol)`", at: span,
                leftSpan: first.span, rightSpan: operands[index].span))
            return nil
          }
        }
        label = .mixed(units, depth: depth)
        if factors.contains(where: { $0 != 1 }) {
          guard let scaled = scaled(operands[index], by: factors, label) else {
            report(
              .mixedUnits(
                others.map { text($0) }.joined(separator: ", "), op: symbol,
                at: operands[index].span))
            return nil
          }
          operands[index] = scaled
        }
      case (.mixed(let units, let depth), .uniform(let unit)):
        guard join(mixed: units, depth, with: unit, symbol, span) else { return nil }
      case (.uniform(let unit), .mixed(let units, let depth)):
        guard join(mixed: units, depth, with: unit, symbol, span) else { return nil }
        label = .mixed(units, depth: depth)
      }
    }
    return resolve(label)
  }

  /// A vector whose components are converted each by a factor of its own; nil for arrays of more axes.
  private func scaled(
    _ value: TypedExpression, by factors: [Double], _ label: UnitLabel
  ) -> TypedExpression? {
    guard let type = tensor(value), resolve(type.shape).rank == 1, type.element == .real else {
      return nil
    }
    let constant = TypedExpression(.array(factors), .real(resolve(type.shape)), value.span)
    var result = type
    result.unit = label
    return TypedExpression(.elementwise("mul", [value, constant]), .tensor(result), value.span)
  }

  /// One unit against many: an unknown one becomes the many, a known one must be each of them.
  private mutating func join(
    mixed units: [Unit], _ depth: Int, with unit: Unit, _ symbol: String, _ span: Span
  ) -> Bool {
    let unit = resolve(unit)
    if unit.variables.count == 1, let (variable, exponent) = unit.variables.first,
      exponent == .one, unit.dimension.isNone, unit.scale == 1,
      !units.contains(where: { resolve($0).variables[variable] != nil })
    {
      environment.substitution.bind(variable, to: .mixed(units, depth: depth))
      return true
    }
    for part in units where !environment.substitution.unify(part, unit) {
      report(
        .unitMismatch(text(part), text(unit), what: "components under `\(symbol)`", at: span))
      return false
    }
    return true
  }

  /// Products and quotients; one factor may have a unit for each component.
  private mutating func multiply(
    _ operands: [TypedExpression], divide: Bool
  ) -> UnitLabel? {
    guard operands.count == 2, let left = tensor(operands[0]), let right = tensor(operands[1])
    else { return .one }
    func combine(_ a: Unit, _ b: Unit) -> Unit { divide ? a / b : a * b }
    switch (left.unit, right.unit) {
    case (.uniform(let a), .uniform(let b)): return .uniform(combine(a, b))
    case (.mixed(let units, let depth), .uniform(let unit)):
      return .mixed(units.map { combine($0, unit) }, depth: depth)
    case (.uniform(let unit), .mixed(let units, let depth)):
      return .mixed(units.map { combine(unit, $0) }, depth: depth)
    case (.mixed(let a, let depth), .mixed(let b, _)):
      guard a.count == b.count else { return nil }
      return .mixed(zip(a, b).map(combine), depth: depth)
    }
  }

  // MARK: powers

  private mutating func power(
    _ operands: [TypedExpression], _ given: [TypedExpression], _ span: Span
  ) -> TypedExpression {
    var operands = operands
    if let base = given[0].integerLiteral, let exponent = given[1].integerLiteral, exponent >= 0,
      exponent < 64
    {
      var value = 1
      var overflow = false
      for _ in 0..<exponent {
        let (product, over) = value.multipliedReportingOverflow(by: base)
        value = product
        overflow = overflow || over
      }
      if !overflow { return integer(value, span) }
    }
    guard let baseUnit = tensor(operands[0])?.unit,
      let exponentUnit = uniformUnit(operands[1], op: "^")
    else { return .invalid(span) }
    guard case .same = agree(.one, exponentUnit) else {
      return failed(
        .dimensionlessExpected("^", found: text(exponentUnit), at: operands[1].span), span)
    }
    var label = UnitLabel.one
    let rational = operands[1].literal.flatMap { Rational(exactly: $0) }
    switch baseUnit {
    case .uniform(let unit):
      if let rational {
        label = .uniform(unit.raised(to: rational))
      } else if !environment.substitution.unify(unit, .one) {
        return failed(.unitPower(at: operands[1].span, unit: text(unit)), span)
      }
    case .mixed(let units, let depth):
      guard let rational else {
        return failed(
          .mixedUnits(units.map { text($0) }.joined(separator: ", "), op: "^", at: span), span)
      }
      label = .mixed(units.map { $0.raised(to: rational) }, depth: depth)
    }
    guard let shape = align(&operands, "^", span), let row = ScalarOperation.rows["pow"] else {
      return .invalid(span)
    }
    let isPadded = operands.contains { tensor($0)?.isPadded == true }
    let type = Type.tensor(TensorType(.real, shape, unit: label, isPadded: isPadded))
    return folded(row, operands, type, span)
      ?? TypedExpression(.elementwise("pow", operands), type, span)
  }

  // MARK: constants

  private mutating func folded(
    _ row: ScalarOperation, _ operands: [TypedExpression], _ type: Type, _ span: Span
  ) -> TypedExpression? {
    if let size = foldedSize(row.name, operands, span) { return size }
    guard case .tensor(let tensor) = type, tensor.shape.isScalar else { return nil }
    let values = operands.compactMap(\.literal)
    guard values.count == operands.count, let a = values.first else { return nil }
    let b = values.count > 1 ? values[1] : 0
    let value = folded(row, a, b)
    switch tensor.element {
    case .boolean: return TypedExpression(.boolean(value != 0), type, span)
    case .real: return TypedExpression(.number(value), type, span)
    case .integer:
      let integers = operands.compactMap(\.integerLiteral)
      guard integers.count == operands.count, let result = exact(row.name, integers) else {
        return failed(
          Diagnostic(
            .numberOutOfRange, "this integer is out of range", at: Label(span),
            help: ["write one operand with a decimal point to compute with reals"]), span)
      }
      return TypedExpression(.integer(result), type, span)
    }
  }

  /// The value as the program computes it: a program of single precision rounds operands and result. Digits that don't
  /// change it are kept, for times, which are of double precision in every program.
  private func folded(_ row: ScalarOperation, _ a: Double, _ b: Double) -> Double {
    let value = row.fold(a, b)
    if environment.precision == .f64 { return value }
    let single = Float(row.fold(Double(Float(a)), Double(Float(b))))
    return Float(value) == single ? value : Double(single)
  }

  /// Integer arithmetic; nil where it overflows.
  private func exact(_ name: String, _ values: [Int]) -> Int? {
    guard let a = values.first else { return nil }
    let b = values.count > 1 ? values[1] : 0
    func checked(_ result: (partialValue: Int, overflow: Bool)) -> Int? {
      result.overflow ? nil : result.partialValue
    }
    switch name {
    case "add": return checked(a.addingReportingOverflow(b))
    case "sub": return checked(a.subtractingReportingOverflow(b))
    case "mul": return checked(a.multipliedReportingOverflow(by: b))
    case "neg": return checked(0.subtractingReportingOverflow(a))
    case "abs": return checked(a < 0 ? 0.subtractingReportingOverflow(a) : (a, false))
    case "min": return min(a, b)
    case "max": return max(a, b)
    case "sign": return a.signum()
    case "mod":
      guard b != 0, !(a == .min && b == -1) else { return nil }
      let rest = a % b
      return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
    default: return nil
    }
  }

  /// Arithmetic of lengths stays a length: `n - 1`, `2*n`.
  private func foldedSize(
    _ name: String, _ operands: [TypedExpression], _ span: Span
  ) -> TypedExpression? {
    let sizes = operands.compactMap { size($0) }
    guard sizes.count == operands.count, sizes.contains(where: { $0.value == nil }) else {
      return nil
    }
    switch name {
    case "add": return sizeValue(sizes[0] + sizes[1], span)
    case "sub": return sizeValue(sizes[0] - sizes[1], span)
    case "neg": return sizeValue(sizes[0].scaled(by: -1), span)
    case "mul":
      if let factor = sizes[0].value { return sizeValue(sizes[1].scaled(by: factor), span) }
      if let factor = sizes[1].value { return sizeValue(sizes[0].scaled(by: factor), span) }
      return nil
    default: return nil
    }
  }

  // MARK: shapes

  /// Repeats scalars so that all operands have one shape; reports shapes that differ.
  mutating func align(
    _ operands: inout [TypedExpression], _ symbol: String, _ span: Span
  ) -> Shape? {
    var shapes = operands.map { resolve(tensor($0)?.shape ?? .scalar) }
    // An open trailing axis is closed by a scalar that is computed (a constant says nothing about it).
    if let open = shapes.firstIndex(where: { $0.sizes.isEmpty && $0.tail != nil }),
      let other = shapes.indices.first(where: { $0 != open && shapes[$0].isScalar }),
      symbol != "*", symbol != "/", !operands[other].isConstant
    {
      environment.substitution.closeTail(of: shapes[open])
      shapes = shapes.map { resolve($0) }
    }
    guard let target = shapes.first(where: { !$0.isScalar }) else { return .scalar }
    for index in shapes.indices where !shapes[index].isScalar {
      if shapes[index] == target { continue }
      guard environment.substitution.unify(target, shapes[index]) else {
        report(
          .shapeMismatch(
            text(target), text(shapes[index]), of: symbol, at: span, leftSpan: operands[0].span,
            rightSpan: operands[index].span))
        return nil
      }
    }
    let shape = resolve(target)
    for index in operands.indices where shapes[index].isScalar {
      operands[index] = broadcast(operands[index], to: shape)
    }
    return shape
  }

  /// A value repeated along new leading axes (a scalar: along all).
  func broadcast(_ value: TypedExpression, to shape: Shape) -> TypedExpression {
    guard case .tensor(var type) = resolve(value.type), type.shape != shape else { return value }
    type.shape = shape
    return TypedExpression(.broadcast(value), .tensor(type), value.span)
  }
}

extension UnitRule {
  fileprivate var isQuotient: Bool {
    switch self {
    case .quotient: true
    case .same, .sum, .difference, .distance, .sameToPlain, .plain, .product, .dropped, .root: false
    }
  }

  /// Whether a result is counted from the zero of the unit with an offset that these operands have: a temperature less
  /// a difference is one, the difference of two is not.
  fileprivate func isPoint(_ operands: [Bool]) -> Bool {
    switch self {
    case .sum: operands.count { $0 } == 1
    case .difference: operands == [true, false]
    case .same, .distance, .sameToPlain, .plain, .product, .quotient, .dropped, .root: false
    }
  }
}
