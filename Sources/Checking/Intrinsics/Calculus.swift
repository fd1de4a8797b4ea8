import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  /// `grad(e, wrt: x)` and its kin, as a derivative of a closed body at a place: what `e` reads through
  /// `let`s that depend on `x` is put into the body, so that the derivative is the total one.
  mutating func calculus(
    _ derivative: CalculusOperator, _ given: [String: CallArgument], _ span: Span
  ) -> TypedExpression {
    let name = derivative.rawValue
    guard let subject = given["e"], let wrt = given["wrt"] else { return .invalid(span) }
    guard case .name(let variableName)? = wrt.syntax?.kind else {
      return failed(
        Diagnostic(
          .wrongKindOfName, "`wrt:` takes the name of a value in scope", at: Label(wrt.span)), span)
    }
    var variableValue = elaborate(wrt)
    if variableValue.isInvalid { return .invalid(span) }
    // A top-level `let` is a value already; here its name is a variable again.
    let isTopLevel = isTopLevelLet(variableName)
    let shadowed = frame.names[variableName.spelling]
    if isTopLevel {
      variableValue = named(variableValue, variableName.spelling)
      declare(variableName, .expression(variableValue), isVariable: false)
    }
    defer { if isTopLevel { frame.names[variableName.spelling] = shadowed } }
    guard let type = tensor(variableValue), type.element == .real else {
      return failed(
        .argumentType(
          "wrt", of: name, expected: "a real value", found: text(variableValue.type),
          at: wrt.span), span)
    }
    var e = elaborate(subject)
    if e.isInvalid { return .invalid(span) }
    guard tensor(e) != nil else {
      return failed(
        .argumentType("e", of: name, expected: "numbers", found: text(e.type), at: subject.span),
        span)
    }
    e = toReal(e)
    let fresh = freshLocal(variableValue.type)
    let body: TypedExpression
    if case .local(let id) = variableValue.kind {
      body = total(e, of: id, as: fresh, variableValue.type)
    } else if let id = variableValue.kind.weight {
      body = e.replacing(weight: id, by: TypedExpression(.local(fresh), e.type, e.span))
    } else {
      return failed(
        Diagnostic(
          .wrongKindOfName, "`\(variableName.spelling)` is a constant: nothing varies with it",
          at: Label(wrt.span)), span)
    }
    if refuseSpectral(in: body, "what is differentiated") { return .invalid(span) }
    if isTopLevel, !body.readLocals.contains(fresh) {
      return failed(
        Diagnostic(
          .wrongKindOfName,
          "`\(sourceText(subject.span))` does not read `\(variableName.spelling)`",
          at: Label(subject.span),
          help: [
            "what a top-level `let` has computed is a number, and no longer varies; write it as a `fn` of `\(variableName.spelling)`"
          ]), span)
    }
    guard let value = tensor(e) else { return .invalid(span) }
    let valueShape = resolve(value.shape)
    let shape = resolve(type.shape)
    var result = TensorType(.real)
    var kind: Calculus.Kind
    switch derivative {
    case .grad, .hessian:
      if valueShape.tail != nil { environment.substitution.closeTail(of: valueShape) }
      guard resolve(valueShape).isScalar else {
        return failed(
          .argumentType(
            "e", of: name, expected: "a scalar", found: text(e.type), at: subject.span,
            help: derivative == .grad ? ["the derivative of an array is `jacobian(e, wrt: x)`"] : []
          ),
          span)
      }
      guard let unit = uniformUnit(e, op: name) else { return .invalid(span) }
      kind = derivative == .grad ? .gradient : .hessian
      result.shape = derivative == .grad ? shape : shape.appending(shape)
      switch type.unit {
      case .uniform(let own):
        result.unit = .uniform(derivative == .grad ? unit / own : unit / own / own)
      case .mixed(let units, let depth):
        if derivative == .grad {
          result.unit = .mixed(units.map { unit / $0 }, depth: depth)
        }
      }
    case .jacobian:
      kind = .jacobian
      result.shape = valueShape.appending(shape)
      guard let unit = uniformUnit(e, op: name), let own = uniformUnit(variableValue, op: name)
      else { return .invalid(span) }
      result.unit = .uniform(unit / own)
    case .divergence:
      guard environment.substitution.unify(valueShape, shape) else {
        return failed(
          .shapeExpected(
            text(shape), found: text(valueShape), what: "what `divergence` is taken of",
            at: subject.span), span)
      }
      kind = .divergence
      if let written = given["estimator"] {
        guard case .name(let estimator)? = written.syntax?.kind,
          estimator.spelling == "hutchinson" || estimator.spelling == "exact"
        else {
          return failed(
            Diagnostic(
              .optionValue, "`estimator:` is `exact` or `hutchinson`", at: Label(written.span)),
            span)
        }
        if estimator.spelling == "hutchinson" { kind = .hutchinson(freshPlace()) }
      }
      if case .uniform(let unit) = value.unit, case .uniform(let own) = type.unit {
        result.unit = .uniform(unit / own)
      } else if case .mixed(let units, _) = value.unit, case .mixed(let own, _) = type.unit,
        let a = units.first, let b = own.first
      {
        result.unit = .uniform(a / b)
      }
    case .jvp:
      guard let written = given["tangent"] else { return .invalid(span) }
      guard let tangent = direction(written, like: type, "tangent", name) else {
        return .invalid(span)
      }
      kind = .jvp(tangent: tangent)
      result = value
    case .vjp:
      guard let written = given["cotangent"] else { return .invalid(span) }
      guard let cotangent = direction(written, like: value, "cotangent", name) else {
        return .invalid(span)
      }
      kind = .vjp(cotangent: cotangent)
      result = type
    }
    return TypedExpression(
      .calculus(Calculus(kind: kind, variable: fresh, at: variableValue, body: body)),
      .tensor(result), span)
  }

  private func isTopLevelLet(_ name: Name) -> Bool {
    guard frame.kind == .top, frame.names[name.spelling] == nil,
      let id = declaration(named: name.spelling),
      case .value = environment.declarations[id.rawValue].kind
    else { return false }
    return true
  }

  private mutating func direction(
    _ argument: CallArgument, like type: TensorType, _ label: String, _ callee: String
  ) -> TypedExpression? {
    let value = toReal(elaborate(argument))
    if value.isInvalid { return nil }
    guard let own = tensor(value), environment.substitution.unify(own.shape, type.shape) else {
      report(
        .argumentType(
          label, of: callee, expected: "shape \(text(type.shape))", found: text(value.type),
          at: argument.span))
      return nil
    }
    return value
  }

  /// `e` as a function of `fresh`, standing for `variable`: the bindings through which `e` depends on it are
  /// repeated inside.
  mutating func total(
    _ e: TypedExpression, of variable: LocalID, as fresh: LocalID, _ type: Type
  ) -> TypedExpression {
    // Locals read by e, through definitions, in order of definition.
    var needed: Set<LocalID> = []
    var dependent: [LocalID: Bool] = [variable: true]
    func depends(_ id: LocalID) -> Bool {
      if let known = dependent[id] { return known }
      dependent[id] = false
      guard let definition = definitions[id] else { return false }
      let answer = definition.readLocals.map { depends($0) }.contains(true)
      dependent[id] = answer
      if answer { needed.insert(id) }
      return answer
    }
    // What it binds itself is substituted where it stands: its definitions may be older than its last substitution.
    let own = e.ownBinders
    for id in e.readLocals where !own.contains(id) { _ = depends(id) }
    var renamed: [LocalID: TypedExpression] = [
      variable: TypedExpression(.local(fresh), type, e.span)
    ]
    var bound: [Bound] = []
    for id in orderedByDefinition(needed) {
      guard let definition = definitions[id] else { continue }
      let copy = freshLocal(definition.type)
      let value = definition.substituting(renamed)
      definitions[copy] = value
      bound.append(Bound(copy, value))
      renamed[id] = TypedExpression(.local(copy), definition.type, definition.span)
    }
    let body = e.substituting(renamed)
    if bound.isEmpty { return body }
    return TypedExpression(.bindings(bound, body), e.type, e.span)
  }

  /// A definition comes behind those it reads.
  private func orderedByDefinition(_ ids: Set<LocalID>) -> [LocalID] {
    var order: [LocalID] = []
    var seen: Set<LocalID> = []
    func visit(_ id: LocalID) {
      guard ids.contains(id), seen.insert(id).inserted else { return }
      for read in (definitions[id]?.readLocals ?? []).sorted() { visit(read) }
      order.append(id)
    }
    for id in ids.sorted() { visit(id) }
    return order
  }
}

extension TypedExpression {
  /// The locals that bindings inside of it give their values.
  var ownBinders: Set<LocalID> {
    var found: Set<LocalID> = []
    walk { node in
      if case .bindings(let bound, _) = node.kind { found.formUnion(bound.map(\.local)) }
    }
    return found
  }

  /// With every read of a weight replaced.
  func replacing(weight: WeightID, by replacement: TypedExpression) -> TypedExpression {
    if kind.weight == weight {
      var result = replacement
      result.type = type
      return result
    }
    return mapChildren { $0.replacing(weight: weight, by: replacement) }
  }
}
