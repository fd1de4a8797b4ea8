import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// `input u: Real<V> = 0` of an ode: what a solve says it is over time.
extension Checker {
  /// The value at the time; made at the first read.
  mutating func odeInput(_ parameter: Parameter, _ scope: Int) -> Meaning {
    let builder = odeScopes[scope].builder
    let name = odeScopes[scope].prefix + parameter.name.spelling
    let span = parameter.name.span
    guard parameter.name.primes == 0 else {
      return fail(
        Diagnostic(
          .derivativeOrder,
          "`\(parameter.name.spelling)` follows from its input, and isn't declared",
          at: Label(span)))
    }
    var type = TensorType(.real, unit: .uniform(freshUnit()))
    if let annotation = parameter.type {
      switch declared(annotation, bindsSizes: false) {
      case .tensor(.real, let shape, let unit):
        type.shape = shape
        if let unit { type.unit = .uniform(unit) }
      case .invalid: return .invalid
      case .tensor, .any, .compileTime, .string, .record, .tuple, .dataset, .solution:
        return fail(
          .typeMismatch(
            expected: "Real", found: "another type", at: annotation.span, what: "an input"))
      }
    }
    var value: TypedExpression?
    if let written = parameter.defaultValue {
      var given = collectingBindings { $0.toReal($0.elaborate(written)) }
      guard let own = tensor(given) else { return .invalid }
      if parameter.type == nil {
        type.shape = resolve(own.shape)
        if !isBare(given) { type.unit = own.unit }
      }
      if resolve(own.shape).isScalar { given = broadcast(given, to: type.shape) }
      given = fitted(
        given, to: .tensor(.real, type.shape, nil), what: "the default of `\(name)`", adopts: true)
      given = adopted(given, unit: type.unit, what: "the default of `\(name)`")
      if given.isInvalid { return .invalid }
      let isFixed = given.readLocals.isSubset(of: given.ownBinders)
      guard isFixed else {
        return fail(
          .notSupportedYet("a default of an input that follows from other names", at: written.span))
      }
      value = given
    }
    let local = freshLocal(.tensor(type))
    let input = OdeInstance.Input(
      name: name, local: local,
      rate: freshLocal(inputRateType(type, builder)), type: .tensor(type), value: value,
      isDifferentiated: false, times: freshLocal(.tensor(type)), pieces: freshLocal(.tensor(type)),
      span: span)
    odeBuilders[builder].inputs.append(input)
    return .expression(TypedExpression(.local(local), .tensor(type), span))
  }

  /// `u'` of an input.
  mutating func inputRate(_ name: Name, _ scope: Int, _ span: Span) -> Meaning {
    guard name.primes == 1 else {
      return fail(
        Diagnostic(
          .derivativeOrder, "of an input there is the first derivative, `\(name.text)'`, alone",
          at: Label(span)))
    }
    let builder = odeScopes[scope].builder
    guard case .expression(let value) = memberValue(name.text, scope, span),
      case .local(let local) = value.kind, let type = tensor(value),
      let place = odeBuilders[builder].inputs.firstIndex(where: { $0.local == local })
    else { return .invalid }
    odeBuilders[builder].inputs[place].isDifferentiated = true
    return .expression(
      TypedExpression(
        .local(odeBuilders[builder].inputs[place].rate), inputRateType(type, builder), span))
  }

  private func inputRateType(_ type: TensorType, _ builder: Int) -> Type {
    var type = type
    if case .uniform(let unit) = type.unit {
      type.unit = .uniform(resolve(unit) / odeBuilders[builder].timeUnit)
    }
    return .tensor(type)
  }
}
