import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  /// The ode that a declaration is, elaborated at its first use.
  mutating func elaboratedOde(_ id: DeclarationID, _ span: Span) -> ElaboratedOde? {
    if let known = environment.caches.odes[id] { return known.failed ? nil : known }
    let declaration = environment.declarations[id.rawValue]
    guard case .ode(let node) = declaration.kind else { return nil }
    environment.caches.used.insert(id)
    if let reader = stack.last { environment.caches.reads[reader, default: []].insert(id) }
    let before = errorCount
    let result = declaring(id, span, recursive: ElaboratedOde?.none) { checker in
      checker.elaborateOde(node, module: declaration.module)
    }
    guard var result else { return nil }
    result.failed = result.failed || errorCount > before
    environment.caches.odes[id] = result
    return result.failed ? nil : result
  }

  mutating func elaborateOde(_ node: OdeDeclaration, module: Int) -> ElaboratedOde {
    // The parent first: a child's parameters start from its.
    if let parent = node.parent?.components.last {
      let saved = frame
      frame = Frame(kind: .ode, module: module)
      if let id = declaration(named: parent.spelling), !stack.contains(id) {
        _ = elaboratedOde(id, parent.span)
        inheritance.append((node.name.text, environment.declarations[id.rawValue].name))
      }
      frame = saved
    }
    let unknownRank = (node.parameters ?? []).contains { $0.type == nil && $0.defaultValue == nil }
    if unknownRank {
      // The least rank at which the equations need no lifting.
      let before = self
      let scalar = buildOde(node, module: module, rank: 0)
      if errorCount == before.errorCount, lifts == before.lifts { return scalar }
      let first = self
      self = before
      let vector = buildOde(node, module: module, rank: 1)
      if errorCount == before.errorCount { return vector }
      self = first
      return scalar
    }
    return buildOde(node, module: module, rank: 0)
  }

  /// Builds the ode, and once more where its equations were read under another unit of time than the one that all of
  /// it together asks for.
  mutating func buildOde(_ node: OdeDeclaration, module: Int, rank: Int) -> ElaboratedOde {
    let before = self
    let time = environment.substitution.freshTime()
    let first = buildOde(node, module: module, rank: rank, timeUnit: time)
    guard !first.failed, let wanted = timeUnit(of: first), wanted.atoms != resolve(time).atoms
    else { return first }
    self = before
    return buildOde(node, module: module, rank: rank, timeUnit: wanted)
  }

  mutating func buildOde(
    _ node: OdeDeclaration, module: Int, rank: Int, timeUnit: Unit
  ) -> ElaboratedOde {
    let errors = errorCount
    let time = freshLocal(.real(.scalar, timeUnit))
    odeBuilders.append(
      OdeBuilder(name: node.name.text, path: node.name.text, time: time, timeUnit: timeUnit))
    let builder = odeBuilders.count - 1
    odeScopes.append(
      OdeScope(builder: builder, prefix: "", path: node.name.text, declaration: node))
    let scope = odeScopes.count - 1
    let (savedPending, savedScope) = (pending, readsOneOfEach)
    pending = [[]]
    readsOneOfEach = true
    defer { (pending, readsOneOfEach) = (savedPending, savedScope) }
    collect(node, module: module, into: scope, isInherited: false)
    if odeBuilders[builder].isBroken {
      return ElaboratedOde(
        id: OdeID(-1), name: node.name.text, params: [:], constants: [:], layers: [:], terms: [],
        outputs: [], failed: true)
    }
    findFreeStates(builder)
    for index in odeBuilders[builder].states.indices {
      checkEquations(of: index, builder)
      typeState(index, builder, rank: rank)
    }
    var initials: [[TypedExpression?]] = []
    for index in odeBuilders[builder].states.indices {
      initials.append(initialValues(index, builder))
    }
    for index in odeBuilders[builder].states.indices
    where !odeBuilders[builder].states[index].isFree {
      _ = derivative(index, builder, node.name.span)
    }
    let implicit = implicitResiduals(builder)
    let noise = elaborateNoise(builder)
    if let noise = noise.first, !implicit.isEmpty {
      report(
        .notSupportedYet(
          "noise in an ode with equations that are not solved for a derivative", at: noise.span))
    }
    let events = elaborateEvents(builder)
    var instance = OdeInstance(
      id: OdeID(environment.odes.count), name: node.name.text, time: time, timeUnit: timeUnit,
      states: [], bindings: [], outputs: [], terms: [], standardized: [], weights: [],
      documentation: node.documentation?.text, span: node.name.span)
    // Where they are as many, each free state has an equation that it is named with.
    let free = odeBuilders[builder].states.filter(\.isFree).map(\.base)
    let spans =
      free.count == implicit.count
      ? Dictionary(zip(free, implicit.map(\.span)), uniquingKeysWith: { a, _ in a }) : [:]
    for index in odeBuilders[builder].states.indices {
      let state = odeBuilders[builder].states[index]
      let lastLevel = levelType(state, state.locals.count, timeUnit)
      let status = state.isFree ? .done(noSlope(lastLevel, state.span)) : state.status
      guard case .done(let last) = status, !last.isInvalid else {
        lost(at: state.span)
        continue
      }
      for level in 0..<state.locals.count {
        let isLast = level == state.locals.count - 1
        let type = levelType(state, level, timeUnit)
        let next =
          isLast
          ? last
          : TypedExpression(
            .local(state.locals[level + 1]), levelType(state, level + 1, timeUnit), state.span)
        instance.states.append(
          OdeInstance.State(
            name: state.base + String(repeating: "'", count: level), local: state.locals[level],
            type: type,
            initial: initials[index].indices.contains(level) ? initials[index][level] : nil,
            derivative: next, rate: isLast ? state.rate : nil, isFree: isLast && state.isFree,
            span: state.span,
            equationSpan: state.equation?.equation.span ?? spans[state.base] ?? state.span))
      }
    }
    for output in odeBuilders[builder].outputs {
      if case .expression(let value) = memberValue(output.name, output.scope, node.name.span),
        !value.isInvalid
      {
        instance.outputs.append(
          OdeInstance.Output(name: odeScopes[output.scope].prefix + output.name, value: value))
      }
    }
    instance.implicit = implicit
    instance.events = events
    instance.noise = noise
    if errorCount == errors { noteUnread(builder, instance) }
    // Everything else that is named is checked too, used or not.
    for inner in odeScopes.indices where odeScopes[inner].builder == builder {
      for name in odeScopes[inner].order {
        _ = memberValue(name, inner, odeScopes[inner].members[name]?.span ?? node.name.span)
      }
    }
    instance.inputs = odeBuilders[builder].inputs
    instance.delays = odeBuilders[builder].delays
    instance.delayed = odeBuilders[builder].delayed
    instance.bindings = odeBuilders[builder].bindings + (pending.last ?? [])
    instance.terms = flattenTerms(builder)
    instance.standardized = odeBuilders[builder].standardized
    instance.namedTimes = namedTimes(builder, instance)
    instance.delaysOfOutputs = delaysOfOutputs(instance)
    refuseBesideDelays(instance)
    if errorCount == errors { warnOfJumps(instance) }
    environment.odes[instance.id] = instance
    let made = odeBuilders[builder]
    if made.states.isEmpty && !made.hasInvalid && errorCount == errors {
      report(
        Diagnostic(
          .missingEquation, "`\(node.name.text)` has no state", at: Label(node.name.span),
          help: ["write `state x = 1` and `x' = …`"]))
    }
    return ElaboratedOde(
      id: instance.id, name: node.name.text, params: made.params, constants: made.constants,
      layers: made.layers, terms: made.termNames, outputs: made.outputs.map(\.name),
      failed: errorCount > errors)
  }

  mutating func checkEquations(of index: Int, _ builder: Int) {
    let state = odeBuilders[builder].states[index]
    let name = state.base
    if state.isFree { return }
    if odeBuilders[builder].hasInvalid, state.equation == nil { return }
    if state.equation == nil && state.elements.isEmpty {
      if let addition = state.additions.first {
        report(
          Diagnostic(
            .additionWithoutBase, "`\(name)` has no equation to add to",
            at: Label(addition.equation.left.span), help: ["write `=` in the place of `+=`"]))
      } else {
        let primes = String(repeating: "'", count: max(1, (state.initial.keys.max() ?? 0) + 1))
        report(
          Diagnostic(
            .missingEquation, "state `\(name)` has no equation", at: Label(state.span),
            help: [
              "write `\(name)\(primes) = …`; a value that does not change is a `param` or a `const`"
            ]))
      }
    } else if let level = state.initial.keys.max(), level >= state.order {
      let written = state.initial[level]?.name
      report(
        Diagnostic(
          .derivativeOrder,
          "`\(written?.spelling ?? name)` has an initial value, but the equation of `\(name)` is of order \(state.order)",
          at: Label(written?.span ?? state.span)))
    }
    for addition in state.additions {
      let order: Int
      switch addition.equation.target {
      case .state(let name), .part(_, let name): order = name.primes
      case .element(_, _, let given): order = given
      case .bracket(_, let given): order = given
      case .implicit: order = state.order
      }
      if state.equation != nil, order != state.order {
        report(
          Diagnostic(
            .derivativeOrder,
            "this adds to a derivative of order \(order), and the equation of `\(name)` is of order \(state.order)",
            at: Label(addition.equation.left.span)))
      }
    }
  }

  // MARK: derivatives

  /// The last derivative of a state, all additions included; elaborated at the first read.
  mutating func derivative(_ index: Int, _ builder: Int, _ span: Span) -> TypedExpression {
    let state = odeBuilders[builder].states[index]
    switch state.status {
    case .done(let value): return value
    case .active where !state.isFree:
      return failed(
        Diagnostic(
          .cyclicDerivative,
          "the derivative of `\(state.base)` is defined by itself", at: Label(span)), span)
    case .active, .pending: break
    }
    if state.isFree { return freeDerivative(index, builder, span) }
    odeBuilders[builder].states[index].status = .active
    let saved = frame
    pending.append([])
    var value: TypedExpression?
    let type = levelType(state, state.locals.count, odeBuilders[builder].timeUnit)
    if let base = state.equation {
      value = rightSide(base, index, builder, type)
    } else if !state.elements.isEmpty {
      value = fromElements(state, index, builder, type)
    }
    for addition in state.additions {
      guard let sum = value else { break }
      let term = rightSide(addition, index, builder, type)
      value = elementwise("add", [sum, term], addition.equation.span, symbol: "+=")
    }
    frame = saved
    var result = value ?? .invalid(span)
    if !result.isInvalid {
      result = bind(result, name: state.base + String(repeating: "'", count: state.order))
    }
    let bound = pending.removeLast()
    odeBuilders[builder].bindings += bound
    odeBuilders[builder].states[index].status = .done(result)
    return result
  }

  /// The right-hand side of an equation for one state; its summands are noted as terms.
  mutating func rightSide(
    _ entry: OdeEquation, _ index: Int, _ builder: Int, _ type: Type
  ) -> TypedExpression {
    let equation = entry.equation
    if entry.bracket.isEmpty {
      let value = summed(entry, builder) { _, term in [(index, term)] }
      return fitDerivative(value, type, equation, index, builder)
    }
    // One vector for several states, elaborated once.
    let whole: TypedExpression
    if let known = odeBuilders[builder].shared[equation.span] {
      whole = known
    } else {
      let states = odeBuilders[builder].states
      let targets = entry.bracket.map { (index: $0, width: width(of: states[$0])) }
      var total = Size(0)
      for target in targets { total = total + target.width }
      var units: [Unit] = []
      var uniform = true
      for target in targets {
        guard
          case .tensor(let own) = levelType(
            states[target.index], states[target.index].order, odeBuilders[builder].timeUnit),
          case .uniform(let unit) = own.unit, let count = target.width.value, count <= 64
        else {
          uniform = false
          continue
        }
        units += Array(repeating: unit, count: count)
      }
      var value = summed(entry, builder) { checker, term in
        var found: [(Int, TypedExpression)] = []
        var start = Size(0)
        // A width left open is that of the left side.
        if let shape = checker.tensor(term)?.shape, shape.tail != nil {
          _ = checker.environment.substitution.unify(shape, Shape([total]))
        }
        for target in targets {
          found.append(
            (target.index, checker.piece(term, start, target.width, states[target.index])))
          start = start + target.width
        }
        return found
      }
      if !value.isInvalid {
        guard let own = tensor(value), environment.substitution.unify(own.shape, Shape([total]))
        else {
          return failed(
            Diagnostic(
              .equationShape,
              "the left side has \(text(total)) components, the right side has shape \(text(tensor(value)?.shape ?? .scalar))",
              at: Label(equation.right.span)), equation.right.span)
        }
        if uniform {
          var pair = [
            TypedExpression(
              .local(odeBuilders[builder].time),
              .tensor(TensorType(.real, Shape([total]), unit: .mixed(units, depth: 0))),
              equation.left.span), value,
          ]
          let agrees = agreeOnUnit(&pair, "=", equation.span) != nil
          value = agrees ? pair[1] : .invalid(equation.span)
        }
      }
      whole = value.isInvalid ? value : bind(value)
      odeBuilders[builder].shared[equation.span] = whole
    }
    if whole.isInvalid { return whole }
    var start = Size(0)
    for target in entry.bracket {
      let width = self.width(of: odeBuilders[builder].states[target])
      if target == index {
        return piece(whole, start, width, odeBuilders[builder].states[index])
      }
      start = start + width
    }
    return .invalid(equation.span)
  }

  func width(of state: OdeBuilder.State) -> Size {
    resolve(state.type).tensor?.shape.sizes.first ?? Size(1)
  }

  /// A state's part of a vector of derivatives.
  mutating func piece(
    _ vector: TypedExpression, _ start: Size, _ width: Size, _ state: OdeBuilder.State
  ) -> TypedExpression {
    guard let type = tensor(vector), type.shape.rank == 1 else { return vector }
    if resolve(state.type).tensor?.shape.isScalar == true {
      return element(vector, axis: 0, sizeValue(start, vector.span), vector.span)
    }
    var part = type
    part.shape = Shape([width])
    if case .mixed(let units, let depth) = type.unit, let low = start.value,
      let count = width.value,
      low + count <= units.count
    {
      part.unit = resolve(.mixed(Array(units[low..<(low + count)]), depth: depth))
    }
    return TypedExpression(.slice(vector, axis: 0, start: start), .tensor(part), vector.span)
  }

  mutating func fromElements(
    _ state: OdeBuilder.State, _ index: Int, _ builder: Int, _ type: Type
  ) -> TypedExpression? {
    guard case .tensor(let own) = type, own.shape.rank == 1, let count = own.shape.sizes[0].value
    else {
      report(
        Diagnostic(
          .equationShape, "`\(state.base)` is no vector of known length: it has one equation",
          at: Label(state.span)))
      return nil
    }
    var parts: [TypedExpression] = []
    for place in 0..<count {
      guard let entry = state.elements[place] else {
        report(
          Diagnostic(
            .missingEquation, "`\(state.base)[\(place)]` has no equation", at: Label(state.span)))
        return nil
      }
      var single = own
      single.shape = .scalar
      let value = summed(entry, builder) { _, _ in [] }
      parts.append(fitDerivative(value, .tensor(single), entry.equation, index, builder))
    }
    if let extra = state.elements.keys.first(where: { $0 >= count || $0 < 0 }) {
      report(
        .indexOutOfRange(
          extra, length: "\(count)", at: state.elements[extra]?.equation.left.span ?? state.span))
    }
    return stack(parts, state.span)
  }

  /// The value in the unit and shape of the derivative.
  mutating func fitDerivative(
    _ value: TypedExpression, _ type: Type, _ equation: Equation, _ index: Int, _ builder: Int
  ) -> TypedExpression {
    if value.isInvalid { return value }
    let span = equation.right.span
    guard let own = tensor(value), case .tensor(let wanted) = resolve(type) else {
      return failed(
        .typeMismatch(
          expected: "numbers", found: text(value.type), at: span, what: "an equation"), span)
    }
    var result = toReal(value)
    if resolve(own.shape).isScalar, !wanted.shape.isScalar, own.shape.tail == nil {
      result = broadcast(result, to: wanted.shape)
    } else if !environment.substitution.unify(wanted.shape, own.shape) {
      return failed(
        Diagnostic(
          .equationShape,
          "the left side is \(shapeText(wanted.shape)), the right side is \(shapeText(own.shape))",
          at: Label(span, "this is \(shapeText(own.shape))"),
          also: [Label(equation.left.span, shapeText(wanted.shape))]), span)
    }
    if result.isLiteralZero { return relabelled(result, wanted.unit) }
    let left = TypedExpression(
      .local(odeBuilders[builder].time), .tensor(wanted), equation.left.span)
    var pair = [left, result]
    let before = errorCount
    guard agreeOnUnit(&pair, "=", equation.span) != nil else { return .invalid(span) }
    // Time is a time, or a plain number.
    let time = resolve(odeBuilders[builder].timeUnit)
    if errorCount == before, time.isKnown {
      let state = odeBuilders[builder].states[index]
      if time.dimension != .none && time.dimension != Dimension([.time: 1]) {
        return failed(
          Diagnostic(
            .unitMismatch,
            "the right side is \(Checker.inUnit(text(levelUnit(own)))), which is no rate of \(Checker.inUnit(text(levelUnit(state.type.tensor ?? own))))",
            at: Label(span, Checker.inUnit(text(levelUnit(own)))),
            help: ["time would have to be measured in `\(text(time))`"]), span)
      }
    }
    return pair[1]
  }

  static func inUnit(_ unit: String) -> String { unit == "1" ? "a plain number" : "in `\(unit)`" }

  func levelUnit(_ type: TensorType) -> Unit {
    switch resolve(type.unit) {
    case .uniform(let unit): unit
    case .mixed(let units, _): units.first ?? .one
    }
  }

  func shapeText(_ shape: Shape) -> String {
    let shape = resolve(shape)
    return shape.isScalar ? "a scalar" : "an array \(text(shape))"
  }
}
