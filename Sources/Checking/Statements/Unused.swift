import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  /// A `--set` that names no constant of the program is a slip, not a wish.
  mutating func reportUnknownSettings() {
    guard errorCount == 0 else { return }
    let constants = environment.declarations.compactMap { declaration -> String? in
      if case .const = declaration.kind { declaration.name } else { nil }
    }
    for name in host.settings.keys.sorted() where !appliedSettings.contains(name) {
      let best = Suggestions.nearest(to: name, in: constants)
      report(
        Diagnostic(
          .unknownName, "`--set \(name)` names no constant of this program", at: nil,
          help: best.map { ["did you mean `\($0)`?"] } ?? []))
    }
  }

  // MARK: what nothing uses

  /// Declarations that nothing used are elaborated alone, so that their mistakes show.
  ///
  /// - Parameter names: those to look at; nil: all.
  mutating func checkUnused(module: Int, only names: Set<String>? = nil) {
    let ids = environment.modules[module].names.values.sorted { $0.rawValue < $1.rawValue }
    for id in ids where !environment.caches.used.contains(id) {
      let declaration = environment.declarations[id.rawValue]
      guard declaration.module == module, names?.contains(declaration.name) ?? true else {
        continue
      }
      pending = [[]]
      switch declaration.kind {
      case .const, .param, .solver, .data: _ = value(of: id, declaration.span)
      case .ode: _ = elaboratedOde(id, declaration.span)
      case .function(let function):
        aloneBody(function.parameters, function.body, function.result, declaration, .function)
      case .layer(let layer): aloneLayer(layer, id, declaration)
      case .loss(let loss):
        alone(loss.parameters, declaration, .loss) { _ = $0.lossBody(loss) }
      case .value: break
      }
      environment.caches.used.insert(id)
    }
    if errorCount == 0 {
      for warning in unreadMembers.take(from: sources) { report(warning) }
    }
  }

  /// A body with parameters of their declared types; what is made of those without a type is not looked into.
  mutating func aloneBody(
    _ parameters: [Parameter], _ body: Body, _ result: TypeExpression?,
    _ declaration: Declaration, _ kind: Frame.Kind
  ) {
    alone(parameters, declaration, kind) { checker in
      let value = checker.evaluate(body)
      _ = checker.checkedResult(value, result, body.span)
    }
  }

  private mutating func alone(
    _ parameters: [Parameter], _ declaration: Declaration, _ kind: Frame.Kind,
    _ body: (inout Checker) -> Void
  ) {
    let before = self
    var inner = Frame(kind: kind, module: declaration.module)
    let saved = frame
    frame = inner
    if kind == .layer { inner.owner = newOwner("") }
    for parameter in parameters {
      let value = aloneValue(parameter)
      inner.names[parameter.name.spelling] = LocalName(
        value: value, isVariable: false, span: parameter.name.span)
    }
    inner.sizes = frame.sizes
    frame = saved
    stack.append(declaration.id)
    isAlone = true
    within(inner) { body(&$0) }
    stack.removeLast()
    keepOnlyDiagnostics(since: before)
  }

  mutating func aloneValue(_ parameter: Parameter) -> Meaning {
    guard let type = parameter.type else { return .invalid }
    switch declared(type, bindsSizes: true) {
    case .tensor(let element, let shape, let unit):
      let sizes = shape.sizes.map { size -> Size in
        guard size.value == nil else { return size }
        let name = environment.substitution.text(size)
        let rigid = environment.substitution.freshSize(named: name, rigid: true)
        _ = environment.substitution.unify(size, rigid)
        return size
      }
      let label: UnitLabel = element == .real ? .uniform(unit ?? freshUnit()) : .one
      let own = Type.tensor(TensorType(element, Shape(sizes), unit: label))
      return .expression(TypedExpression(.local(freshLocal(own)), own, parameter.span))
    case .string:
      return .expression(TypedExpression(.local(freshLocal(.string)), .string, parameter.span))
    case .any, .compileTime, .record, .tuple, .dataset, .solution, .invalid: return .invalid
    }
  }

  mutating func aloneLayer(
    _ layer: LayerDeclaration, _ id: DeclarationID, _ declaration: Declaration
  ) {
    guard layer.parameterLists.count == 1 else {
      if layer.parameterLists.isEmpty { _ = value(of: id, declaration.span) }
      return
    }
    aloneBody(layer.parameterLists[0], layer.body, layer.result, declaration, .layer)
  }
}
