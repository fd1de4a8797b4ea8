import NodalDiagnostics
import NodalTypes

extension Checker {
  /// `[a, b]`: joined along the first axis, a scalar counting as length 1.
  mutating func join(_ given: [TypedExpression], _ span: Span) -> TypedExpression {
    if given.contains(where: \.isInvalid) { return .invalid(span) }
    guard let parts = numbers(given, span) else { return .invalid(span) }
    guard !parts.isEmpty else {
      return TypedExpression(.array([]), .real(Shape([0])), span)
    }
    // An open trailing axis of a part of rank 0 counts as a scalar.
    for part in parts {
      if let shape = tensor(part)?.shape, shape.rank == 0 {
        environment.substitution.closeTail(of: shape)
      }
    }
    let rest = parts.compactMap { tensor($0)?.shape }.first { $0.rank > 1 }?.dropping(1) ?? .scalar
    var total = Size(0)
    var lengths: [Size] = []
    for part in parts {
      let shape = tensor(part)?.shape ?? .scalar
      let length = shape.sizes.first ?? Size(1)
      if !environment.substitution.unify(shape.dropping(1), rest) {
        return failed(
          .raggedBracket(
            text(tensor(parts[0])?.shape ?? .scalar), text(shape), at: part.span), span)
      }
      lengths.append(length)
      total = total + length
    }
    let (label, converted) = componentUnits(parts, lengths)
    let element = tensor(parts[0])?.element ?? .real
    let shape = Shape([total] + rest.sizes, tail: rest.tail)
    let type = Type.tensor(TensorType(element, resolve(shape), unit: label))
    if let constant = constantArray(converted, type, span) { return constant }
    let vectors = converted.map { part -> TypedExpression in
      guard case .tensor(var own) = resolve(part.type), own.shape.isScalar else { return part }
      own.shape = Shape([Size(1)])
      return TypedExpression(.reshape(part), .tensor(own), part.span)
    }
    return TypedExpression(.concatenate(vectors), type, span)
  }

  /// `stack(a, b)` and brackets of bracket literals: a new first axis.
  mutating func stack(_ given: [TypedExpression], _ span: Span) -> TypedExpression {
    if given.contains(where: \.isInvalid) { return .invalid(span) }
    guard let parts = numbers(given, span), let first = parts.first,
      let shape = tensor(first)?.shape
    else { return .invalid(span) }
    for part in parts.dropFirst() {
      let other = tensor(part)?.shape ?? .scalar
      guard environment.substitution.unify(shape, other) else {
        return failed(.raggedBracket(text(shape), text(other), at: part.span), span)
      }
    }
    let (label, converted) = componentUnits(parts, parts.map { _ in Size(1) })
    let type = Type.tensor(
      TensorType(
        tensor(first)?.element ?? .real, resolve(shape).lifted(by: [Size(parts.count)]),
        unit: label))
    if let constant = constantArray(converted, type, span) { return constant }
    return TypedExpression(.stack(converted), type, span)
  }

  /// Parts of one element type: `Real` if one is.
  private mutating func numbers(
    _ parts: [TypedExpression], _ span: Span
  ) -> [TypedExpression]? {
    var elements: Set<Element> = []
    for part in parts {
      guard let type = tensor(part) else {
        report(
          .typeMismatch(
            expected: "numbers", found: text(part.type), at: part.span, what: "a bracket"))
        return nil
      }
      if type.hasGaps {
        report(.gapsUsed("[…]", at: part.span))
        return nil
      }
      elements.insert(type.element)
    }
    if elements.count < 2 { return parts }
    if elements.contains(.boolean) {
      report(
        .typeMismatch(expected: "numbers", found: "truth values", at: span, what: "a bracket"))
      return nil
    }
    return parts.map { toReal($0) }
  }

  /// The unit of what is joined: one where all agree, else one for each component.
  private mutating func componentUnits(
    _ parts: [TypedExpression], _ lengths: [Size]
  ) -> (UnitLabel, [TypedExpression]) {
    var units: [Unit] = []
    var zeros: Set<Unit> = []
    var known = true
    for (part, length) in zip(parts, lengths) {
      guard let type = tensor(part), let count = length.value, count <= 64 else {
        known = false
        continue
      }
      switch type.unit {
      case .uniform(let unit):
        var own = unit
        if part.isLiteralZero && type.element != .boolean {
          own = freshUnit()
          zeros.insert(own)
        }
        for _ in 0..<count { units.append(own) }
      case .mixed(let own, let depth):
        guard depth == 0, own.count == count else {
          known = false
          continue
        }
        units += own
      }
    }
    let resolved = units.map { resolve($0) }
    let nonzero = resolved.filter { !zeros.contains($0) }
    if nonzero.isEmpty { return (.one, parts) }
    if known, let first = nonzero.first {
      if resolved.allSatisfy({ $0 == first }) { return (.uniform(first), parts) }
      // Literal zeros among plain numbers are plain; among quantities each keeps a unit of its own to be found,
      // as in `[v, 0]` for a state vector.
      if !first.isOne, nonzero.allSatisfy({ $0 == first }),
        parts.contains(where: { !$0.isConstant })
      {
        return (.mixed(resolved, depth: 0), parts)
      }
      var all = true
      for unit in resolved where unit != first {
        if !zeros.contains(unit) || !environment.substitution.unify(first, unit) { all = false }
      }
      if all { return (.uniform(first), parts) }
      // Parts of one dimension and different scale are converted to the first.
      if first.isKnown, resolved.allSatisfy({ $0.isKnown && $0.dimension == first.dimension }) {
        let converted = parts.map { self.converted($0, to: first, op: "[…]") ?? $0 }
        return (.uniform(first), converted)
      }
      return (.mixed(resolved, depth: 0), parts)
    }
    var parts = parts
    let label = agreeOnUnit(&parts, "[…]", parts.first?.span ?? Span.none) ?? .one
    return (label, parts)
  }

  /// A bracket of numerals is one constant.
  private func constantArray(
    _ parts: [TypedExpression], _ type: Type, _ span: Span
  ) -> TypedExpression? {
    var values: [Double] = []
    for part in parts {
      if let literal = part.literal {
        values.append(literal)
      } else if case .array(let own) = part.kind {
        values += own
      } else {
        return nil
      }
    }
    return TypedExpression(.array(values), type, span)
  }
}

extension Span {
  /// A place that is nowhere: only for values that no message can be about.
  static let none = Span(source: SourceID(-1), start: 0, end: 0)
}
