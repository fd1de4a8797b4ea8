import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  // MARK: types of states

  func levelType(_ state: OdeBuilder.State, _ level: Int, _ time: Unit) -> Type {
    guard case .tensor(var type) = state.type else { return state.type }
    if level > 0 {
      let divisor = time.raised(to: Rational(level))
      switch type.unit {
      case .uniform(let unit): type.unit = .uniform(unit / divisor)
      case .mixed(let units, let depth):
        type.unit = .mixed(units.map { $0 / divisor }, depth: depth)
      }
    }
    return resolve(.tensor(type))
  }

  mutating func typeState(_ index: Int, _ builder: Int, rank: Int) {
    let state = odeBuilders[builder].states[index]
    let frame = Frame(
      kind: .ode, module: state.module, sizes: odeBuilders[builder].size,
      owner: nil, odeScope: nil)
    var type = TensorType(.real, unit: .uniform(freshUnit()))
    if state.isParameter, state.annotation == nil, state.initial[0]?.value == nil, rank > 0 {
      type.shape = Shape([environment.substitution.freshSize()])
    }
    let annotation =
      state.annotation
      ?? state.initial.sorted { $0.key < $1.key }.first { $0.value.type != nil && $0.key == 0 }?
      .value.type
    if let annotation {
      let saved = self.frame
      self.frame = frame
      self.frame.odeScope = state.scope
      let declared = self.declared(annotation, bindsSizes: state.isParameter)
      odeBuilders[builder].size.merge(self.frame.sizes) { old, _ in old }
      self.frame = saved
      switch declared {
      case .tensor(let element, let shape, let unit):
        if element != .real {
          report(
            .typeMismatch(
              expected: "Real", found: element.rawValue, at: annotation.span, what: "a state"))
        }
        type.shape = shape
        if let unit { type.unit = .uniform(unit) }
      case .invalid:
        odeBuilders[builder].states[index].type = .error
      case .any, .compileTime, .string, .record, .tuple, .dataset, .solution:
        report(
          .typeMismatch(
            expected: "Real", found: "another type", at: annotation.span, what: "a state"))
      }
    } else if let written = state.initial[0]?.value {
      // The shape of the initial value; its unit too, if it has one. Elaborated again when it is needed.
      let before = self
      self.frame = Frame(kind: .constant, module: state.module, odeScope: state.scope)
      self.frame.owner = newOwner("")
      let value = initialShape(written)
      let found = value.flatMap { tensor($0) }
      let bare = value.map { isBare($0) } ?? true
      self = before
      if let found {
        type.shape = resolve(found.shape)
        if !bare { type.unit = found.unit }
      }
    }
    let order = max(state.order, 1)
    odeBuilders[builder].states[index].type = .tensor(type)
    var locals: [LocalID] = []
    for level in 0..<order {
      locals.append(
        freshLocal(
          levelType(odeBuilders[builder].states[index], level, odeBuilders[builder].timeUnit)))
    }
    odeBuilders[builder].states[index].locals = locals
    odeBuilders[builder].states[index].order = order
  }

  /// The value that a state's shape is read off; a `learn` shows its first argument.
  mutating func initialShape(_ written: Expression) -> TypedExpression? {
    if case .call(let call) = written.kind, case .name(let name) = call.callee.kind,
      name.spelling == "learn", let first = call.arguments.first, call.arguments.count == 1
    {
      return initialShape(first.value)
    }
    let value = initialValue(written, shape: nil, name: "state")
    return value.isInvalid ? nil : value
  }

  /// What the states of one equation start from, by order.
  mutating func initialValues(_ index: Int, _ builder: Int) -> [TypedExpression?] {
    let state = odeBuilders[builder].states[index]
    let path = odeScopes[state.scope].path
    var values: [TypedExpression?] = []
    for level in state.locals.indices {
      guard let binding = state.initial[level], let written = binding.value else {
        values.append(nil)
        continue
      }
      guard case .tensor(let type) = levelType(state, level, odeBuilders[builder].timeUnit) else {
        values.append(nil)
        continue
      }
      let saved = frame
      frame = Frame(kind: .ode, module: state.module, odeScope: state.scope)
      frame.owner = newOwner(path)
      defer { frame = saved }
      let name = binding.name.spelling
      if binding.domain != nil || binding.prior != nil {
        let typed = ParameterBinding(
          name: binding.name, type: nil, value: written, domain: binding.domain,
          prior: binding.prior, span: binding.span)
        values.append(
          learnedInitial(typed, type, path: path + "." + name + ".initial", state, builder))
        continue
      }
      pending.append([])
      var value: TypedExpression
      if case .call(let call) = written.kind, case .name(let callee) = call.callee.kind,
        callee.spelling == "learn"
      {
        value = asExpression(learn(call, written.span, name: name + ".initial"), written.span)
        if case .weight(let id) = value.kind {
          odeBuilders[builder].params[name + ".initial"] = id
          if case .tensor(let own) = value.type, case .uniform(let a) = own.unit,
            case .uniform(let b) = type.unit
          {
            _ = environment.substitution.unify(a, b)
          }
        }
      } else {
        value = initialValue(written, shape: type.shape, name: name)
      }
      value = closed(value)
      pending.removeLast()
      value = fitted(
        value, to: .tensor(.real, type.shape, nil), what: "the initial value of `\(name)`",
        adopts: true)
      value = adopted(value, unit: type.unit, what: "the initial value of `\(name)`")
      values.append(value.isInvalid ? nil : value)
    }
    return values
  }

  mutating func learnedInitial(
    _ binding: ParameterBinding, _ type: TensorType, path: String, _ state: OdeBuilder.State,
    _ builder: Int
  ) -> TypedExpression? {
    guard let id = parameter(binding, path: path, documentation: nil) else { return nil }
    guard let own = environment.weights[id]?.type.tensor else { return nil }
    if case .uniform(let a) = own.unit, case .uniform(let b) = type.unit {
      _ = environment.substitution.unify(a, b)
    }
    odeBuilders[builder].params[binding.name.spelling + ".initial"] = id
    let value = read(id, binding.name.span)
    let fit = fitted(
      value, to: .tensor(.real, type.shape, nil),
      what: "the initial value of `\(binding.name.spelling)`", adopts: true)
    return fit.isInvalid ? nil : fit
  }
}
