import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  /// A template with its hyperparameters: an instance whose weights have no place yet.
  mutating func instantiate(
    _ id: DeclarationID, _ arguments: [CallArgument], _ span: Span
  ) -> Meaning {
    let declaration = environment.declarations[id.rawValue]
    guard case .layer(let layer) = declaration.kind, let parameters = layer.hyperparameters else {
      return .invalid
    }
    guard let given = arrange(arguments, for: parameters, callee: declaration.name, span) else {
      return .invalid
    }
    var values: [String: Meaning] = [:]
    var frame = Frame(kind: .layer, module: declaration.module)
    for (parameter, argument) in zip(parameters, given) {
      var value: Meaning = .invalid
      if let argument {
        value = argument.value
      } else if let preset = parameter.defaultValue {
        value = within(frame) { $0.evaluate(preset) }
      }
      if case .invalid = value { return .invalid }
      if let type = parameter.type, case .expression(let typed) = value {
        let wanted = within(frame) { $0.declared(type, bindsSizes: false) }
        if case .compileTime = wanted {
          return fail(
            .argumentType(
              parameter.name.spelling, of: declaration.name, expected: "a function",
              found: text(typed.type), at: argument?.span ?? span))
        }
        let what = "`\(parameter.name.spelling)` of `\(declaration.name)`"
        let fit = fitted(typed, to: wanted, what: what, adopts: true)
        if fit.isInvalid { return .invalid }
        if case .tensor(.integer, _, _) = wanted, size(fit) == nil {
          return fail(.notConstant(what, at: argument?.span ?? span))
        }
        value = .expression(fit)
      }
      values[parameter.name.spelling] = value
      frame.names[parameter.name.spelling] = LocalName(
        value: value, isVariable: false, span: parameter.name.span)
    }
    return .instance(
      LayerInstance(declaration: id, hyperparameters: values, path: nil, span: span))
  }

  /// `layer cell = gru(16)`: the instance, which has the layer's name.
  mutating func declaredInstance(
    _ id: DeclarationID, _ layer: LayerDeclaration, _ span: Span, path: String? = nil,
    frame given: Frame? = nil
  ) -> Meaning {
    let module = environment.declarations[id.rawValue].module
    let path = path ?? layer.name.text
    return declaring(id, span, recursive: .invalid) { checker in
      var inner = given ?? Frame(kind: .layer, module: module)
      inner.kind = .layer
      inner.owner = checker.newOwner(path)
      let value = checker.within(inner) { $0.evaluate(layer.body) }
      switch value {
      case .instance(var instance):
        instance.path = path
        return .instance(instance)
      case .closure, .function, .intrinsic, .invalid: return value
      case .template(let template):
        guard case .instance(var instance) = checker.instantiate(template, [], span) else {
          return .invalid
        }
        instance.path = path
        return .instance(instance)
      case .expression, .family, .distribution, .ode, .part, .loss, .method, .solver, .range,
        .record, .tuple, .openWidth, .term:
        return checker.fail(
          .wrongKind(
            layer.name.spelling, is: value.kindText, wanted: "a layer", at: layer.body.span))
      }
    }
  }

  /// Calls a layer: its inputs lose their units, its weights live at its path, its result takes the
  /// unit that its context needs.
  mutating func callLayer(
    _ instance: LayerInstance, _ arguments: [CallArgument], _ span: Span, name: String
  ) -> Meaning {
    let declaration = environment.declarations[instance.declaration.rawValue]
    guard case .layer(let layer) = declaration.kind else { return .invalid }
    environment.caches.used.insert(instance.declaration)
    var path = instance.path
    if path == nil {
      guard let owner = frame.owner else {
        let what = frame.kind == .top || frame.kind == .constant ? "at top level" : "here"
        return fail(
          Diagnostic(
            .templateOutsideOwner,
            "`\(declaration.name)` makes weights of its own, which nothing \(what) can own",
            at: Label(span),
            help: [
              "name it: `layer net = \(declaration.name)(…)`, then call `net`",
              "weights live in a `layer`, an `ode` or a `learned` term",
            ]))
      }
      path = owners[owner].place(of: declaration.name)
    }
    let inputs = layer.inputs ?? []
    guard let values = arrange(arguments, for: inputs, callee: name, span) else { return .invalid }
    let standardizes = frame.standardizes
    var given = values
    if standardizes {
      for (index, argument) in given.enumerated() {
        guard let argument, case .expression(let value) = argument.value else { continue }
        given[index] = (
          .expression(standardized(value, path: path ?? "", input: index)), argument.span
        )
      }
    }
    return declaring(instance.declaration, span, recursive: .invalid) { checker in
      var inner = Frame(kind: .layer, module: declaration.module)
      for (name, value) in instance.hyperparameters {
        inner.names[name] = LocalName(value: value, isVariable: false, span: layer.name.span)
      }
      if let parent = checker.odeOfLayer[instance.declaration] { inner.odeScope = parent }
      inner.owner = checker.newOwner(path ?? "")
      inner.differentiated = layer.body.differentiatedNames
      let value = checker.applyBody(
        inputs, given, frame: inner, callee: declaration.name, span: span,
        isLibrary: declaration.module == 0, isLayer: true
      ) { checker in
        let value = checker.evaluate(layer.body)
        return checker.checkedResult(value, layer.result, layer.body.span)
      }
      guard case .expression(let result) = value else { return value }
      return .expression(checker.freeUnits(result))
    }
  }

  /// A layer's input without its unit.
  func plainInput(_ value: TypedExpression) -> TypedExpression {
    switch resolve(value.type) {
    case .tensor(let type):
      if type.element != .real || type.unit == .one { return value }
      return relabelled(value, .one)
    case .record(let fields):
      let parts = fields.map { plainInput(project(value, $0.name, $0.type, value.span)) }
      let types = zip(fields, parts).map { Field($0.name, $1.type) }
      return TypedExpression(.record(parts), .record(types), value.span)
    case .tuple(let types):
      let parts = types.indices.map {
        plainInput(elementOf(value, $0, types[$0], value.span))
      }
      return TypedExpression(.tuple(parts), .tuple(parts.map(\.type)), value.span)
    case .error, .string, .solution, .dataset, .run, .interval, .nothing: return value
    }
  }

  /// A layer's result under units that its use decides.
  mutating func freeUnits(_ value: TypedExpression) -> TypedExpression {
    switch resolve(value.type) {
    case .tensor(let type):
      guard type.element == .real, case .uniform(let unit) = type.unit, unit.isOne else {
        return value
      }
      return relabelled(value, .uniform(freshUnit()))
    case .record(let fields):
      let bound = bind(value)
      let parts = fields.map { freeUnits(project(bound, $0.name, $0.type, value.span)) }
      let types = zip(fields, parts).map { Field($0.name, $1.type) }
      return TypedExpression(.record(parts), .record(types), value.span)
    case .tuple(let types):
      let bound = bind(value)
      var parts: [TypedExpression] = []
      for index in types.indices {
        parts.append(freeUnits(elementOf(bound, index, types[index], value.span)))
      }
      return TypedExpression(.tuple(parts), .tuple(parts.map(\.type)), value.span)
    case .error, .string, .solution, .dataset, .run, .interval, .nothing: return value
    }
  }
}
