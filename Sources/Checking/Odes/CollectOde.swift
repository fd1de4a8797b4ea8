import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  /// Gathers parents, parts, states and equations, before anything is elaborated.
  mutating func collect(
    _ ode: OdeDeclaration, module: Int, into scope: Int, isInherited: Bool, depth: Int = 0
  ) {
    if depth > 32 { return }
    if let parent = ode.parent {
      if let (node, parentModule) = parentOde(parent, module) {
        collect(node, module: parentModule, into: scope, isInherited: true, depth: depth + 1)
      } else {
        odeBuilders[odeScopes[scope].builder].isBroken = true
        return
      }
    }
    if ode.items.contains(where: { if case .invalid = $0 { true } else { false } }) {
      odeBuilders[odeScopes[scope].builder].hasInvalid = true
      odeBuilders[odeScopes[scope].builder].isDamaged = true
    }
    var own: [String: Span] = [:]
    for parameter in ode.parameters ?? [] {
      addState(
        ParameterBinding(
          name: parameter.name, type: parameter.type, value: parameter.defaultValue,
          span: parameter.span), module, scope, isInherited, isParameter: true, own: &own)
    }
    // Names first, so that equations may stand before what they read.
    for item in ode.items { collectNames(item, module, scope, isInherited, &own, depth) }
    for item in ode.items { collectEquations(item, module, scope, isInherited, [:]) }
  }

  /// The declaration that `extends` names.
  mutating func parentOde(_ path: NamePath, _ module: Int) -> (OdeDeclaration, Int)? {
    guard let last = path.components.last else { return nil }
    let saved = frame
    defer { frame = saved }
    frame = Frame(kind: .ode, module: module)
    guard let id = declaration(named: last.spelling) else {
      if damagedNames.contains(last.spelling) { return nil }
      let odes = environment.modules[module].names.filter {
        if case .ode = environment.declarations[$0.value.rawValue].kind { true } else { false }
      }.map(\.key)
      let best = Suggestions.nearest(to: last.spelling, in: odes)
      var help = best.map { ["did you mean `\($0)`?"] } ?? []
      if best == nil { help.append("models of the standard library need `import physics`") }
      report(
        Diagnostic(
          .unknownParent, "there is no ode `\(path.spelling)` to extend", at: Label(path.span),
          help: help))
      return nil
    }
    environment.caches.used.insert(id)
    if let reader = stack.last { environment.caches.reads[reader, default: []].insert(id) }
    let declaration = environment.declarations[id.rawValue]
    recorder?.note(last, .ode(id), definition: declaration.span, declaration: id)
    guard case .ode(let node) = declaration.kind else {
      report(
        Diagnostic(
          .unknownParent, "`\(path.spelling)` is no ode, and can't be extended",
          at: Label(path.span)))
      return nil
    }
    if stack.contains(id) {
      report(.cyclicDefinition(last.spelling, at: path.span))
      return nil
    }
    return (node, declaration.module)
  }

  private mutating func addState(
    _ binding: ParameterBinding, _ module: Int, _ scope: Int, _ isInherited: Bool,
    isParameter: Bool = false, own: inout [String: Span]
  ) {
    let builder = odeScopes[scope].builder
    let base = odeScopes[scope].prefix + binding.name.text
    if let first = own[binding.name.spelling] {
      report(.duplicateName(binding.name.spelling, at: binding.name.span, first: first))
      return
    }
    own[binding.name.spelling] = binding.name.span
    defer { noteState(binding.name, scope) }
    refuseSolutionField(binding.name, "a state")
    odeScopes[scope].members[binding.name.text] = nil
    if let index = odeBuilders[builder].states.firstIndex(where: { $0.base == base }) {
      // A redeclared state replaces the parent's; a prime adds its initial value.
      odeBuilders[builder].states[index].initial[binding.name.primes] = binding
      if binding.name.primes == 0 {
        odeBuilders[builder].states[index].annotation =
          binding.type ?? odeBuilders[builder].states[index].annotation
        odeBuilders[builder].states[index].span = binding.name.span
      }
      odeBuilders[builder].states[index].module = module
      return
    }
    var state = OdeBuilder.State(
      base: base, scope: scope, module: module,
      annotation: binding.name.primes == 0 ? binding.type : nil,
      span: binding.name.span)
    state.initial[binding.name.primes] = binding
    state.isParameter = isParameter
    state.isInherited = isInherited
    odeBuilders[builder].states.append(state)
    odeScopes[scope].states.append(odeBuilders[builder].states.count - 1)
  }

  /// What every solution holds can't be the name of something else in it.
  private mutating func refuseSolutionField(_ name: Name, _ what: String) {
    guard name.primes == 0, ["t", "final", "stats", "events"].contains(name.text) else { return }
    report(
      Diagnostic(
        .duplicateName, "`\(name.text)` is a field of every solution, and can't name \(what)",
        at: Label(name.span)))
  }

  private mutating func addMember(
    _ name: Name, _ kind: OdeMember.Kind, _ module: Int, _ scope: Int, _ isInherited: Bool,
    _ own: inout [String: Span], documentation: String? = nil
  ) {
    let spelling = name.spelling
    if let first = own[spelling] {
      report(.duplicateName(spelling, at: name.span, first: first))
      return
    }
    own[spelling] = name.span
    if !isInherited { warnOfHiddenTime(name) }
    if let state = stateIndex(name.text, in: scope), name.primes == 0 {
      let first = odeBuilders[odeScopes[scope].builder].states[state].span
      report(
        Diagnostic(
          .stateRedeclared, "`\(spelling)` is a state of the parent, and stays one",
          at: Label(name.span),
          also: first.source == name.span.source ? [Label(first, "the state")] : [],
          help: [
            "`state \(spelling) = …` gives it another start, `override \(spelling)' = …` another equation"
          ]))
      return
    }
    recorder?.declare(member: spelling, of: odeScopes[scope].path, name.span)
    if odeScopes[scope].members[spelling] == nil { odeScopes[scope].order.append(spelling) }
    odeScopes[scope].members[spelling] = OdeMember(
      kind: kind, module: module, span: name.span, documentation: documentation,
      isInherited: isInherited)
  }

  private mutating func collectNames(
    _ item: OdeItem, _ module: Int, _ scope: Int, _ inherited: Bool, _ own: inout [String: Span],
    _ depth: Int
  ) {
    switch item {
    case .state(let node):
      for binding in node.bindings { addState(binding, module, scope, inherited, own: &own) }
    case .param(let node):
      for binding in node.bindings {
        addMember(
          binding.name, .param(binding), module, scope, inherited, &own,
          documentation: node.documentation?.text)
      }
    case .const(let node):
      for binding in node.bindings {
        addMember(binding.name, .const(binding), module, scope, inherited, &own)
      }
    case .let(let node):
      for binding in node.bindings {
        addMember(binding.name, .let(binding), module, scope, inherited, &own)
      }
    case .known(let node):
      for binding in node.bindings {
        addMember(binding.name, .known(binding), module, scope, inherited, &own)
      }
    case .learned(let term):
      addMember(term.name, .learned(term), module, scope, inherited, &own)
    case .layer(let layer):
      addMember(layer.name, .layer(layer), module, scope, inherited, &own)
    case .output(let node):
      for binding in node.bindings {
        addMember(binding.name, .output(binding), module, scope, inherited, &own)
        refuseSolutionField(binding.name, "an output")
        let builder = odeScopes[scope].builder
        let name = binding.name.spelling
        if !odeBuilders[builder].outputs.contains(where: { $0.name == name && $0.scope == scope }) {
          odeBuilders[builder].outputs.append((name, scope))
        }
      }
    case .part(let node):
      for binding in node.bindings {
        if let first = own[binding.name.spelling] {
          report(.duplicateName(binding.name.spelling, at: binding.name.span, first: first))
          continue
        }
        guard case .name(let name) = binding.value.kind,
          let (parent, parentModule) = partOde(name, module)
        else {
          if case .name = binding.value.kind { continue }
          report(
            Diagnostic(
              .unknownPart, "a part is an ode by its name", at: Label(binding.value.span)))
          continue
        }
        let outer = odeScopes[scope]
        odeScopes.append(
          OdeScope(
            builder: outer.builder, prefix: outer.prefix + binding.name.text + ".",
            path: outer.path + "." + binding.name.text, declaration: parent))
        let inner = odeScopes.count - 1
        inheritance.append((outer.path + "." + binding.name.text, parent.name.text))
        if let id = environment.modules[module].names[name.text] {
          _ = elaboratedOde(id, name.span)
        }
        collect(parent, module: parentModule, into: inner, isInherited: true, depth: depth + 1)
        addMember(binding.name, .part(inner), module, scope, inherited, &own)
      }
    case .input(let node):
      for input in node.inputs {
        addMember(input.name, .input(input), module, scope, inherited, &own)
      }
    case .noise: break
    case .event(let node):
      addEvent(node, module, scope, own: &own)
    case .equation, .for, .invalid: break
    }
  }

  private mutating func partOde(_ name: Name, _ module: Int) -> (OdeDeclaration, Int)? {
    let saved = frame
    defer { frame = saved }
    frame = Frame(kind: .ode, module: module)
    guard let id = declaration(named: name.spelling),
      case .ode(let node) = environment.declarations[id.rawValue].kind
    else {
      report(
        Diagnostic(
          .unknownPart, "there is no ode `\(name.spelling)` to be a part", at: Label(name.span),
          help: Suggestions.nearest(to: name.spelling, in: visibleNames).map {
            ["did you mean `\($0)`?"]
          } ?? []))
      return nil
    }
    environment.caches.used.insert(id)
    recorder?.note(
      name, .ode(id), definition: environment.declarations[id.rawValue].span, declaration: id)
    if stack.contains(id) {
      report(.cyclicDefinition(name.spelling, at: name.span))
      return nil
    }
    return (node, environment.declarations[id.rawValue].module)
  }

  // MARK: equations

  private mutating func collectEquations(
    _ item: OdeItem, _ module: Int, _ scope: Int, _ inherited: Bool, _ names: [String: LocalName]
  ) {
    switch item {
    case .noise(let term): addNoise(term, module, scope, isInherited: inherited)
    case .equation(let equation):
      let entry = OdeEquation(
        equation: equation, scope: scope, module: module, names: names, isInherited: inherited)
      place(entry)
    case .for(let loop):
      let saved = frame
      frame = Frame(kind: .ode, module: module, names: names, odeScope: scope)
      let bounds = loopBounds(loop.range)
      frame = saved
      guard let bounds else { return }
      var index = bounds.lower
      while index < bounds.upper {
        var inner = names
        if !loop.variable.isWildcard {
          inner[loop.variable.spelling] = LocalName(
            value: .expression(integer(index, loop.variable.span)), isVariable: false,
            span: loop.variable.span)
        }
        for item in loop.body { collectEquations(item, module, scope, inherited, inner) }
        index += 1
      }
    case .state, .param, .const, .let, .layer, .part, .known, .learned, .input, .output, .event,
      .invalid:
      break
    }
  }

  /// Finds the state whose equation it is.
  private mutating func place(_ entry: OdeEquation) {
    let equation = entry.equation
    let builder = odeScopes[entry.scope].builder
    noteTarget(equation.target, entry.scope)
    switch equation.target {
    case .state(let name):
      guard let state = stateIndex(name.text, in: entry.scope) else {
        return reportUnknownState(name, entry.scope)
      }
      assign(entry, to: state, order: name.primes, at: name.span)
    case .part(let path, let name):
      var scope = entry.scope
      for component in path {
        guard case .part(let inner)? = odeScopes[scope].members[component.spelling]?.kind else {
          report(
            Diagnostic(
              .unknownPart, "there is no part `\(component.spelling)` here",
              at: Label(component.span)))
          return
        }
        scope = inner
      }
      guard let state = stateIndex(name.text, in: scope) else {
        return reportUnknownState(name, scope)
      }
      assign(entry, to: state, order: name.primes, at: name.span)
    case .bracket(let parts, let order):
      var entry = entry
      for part in parts {
        guard case .name(let name) = part.kind else {
          odeBuilders[builder].hasInvalid = true
          report(
            Diagnostic(
              .equationLeftSide, "the bracket of an equation holds names of states",
              at: Label(part.span)))
          return
        }
        guard let state = stateIndex(name.text, in: entry.scope) else {
          return reportUnknownState(name, entry.scope)
        }
        entry.bracket.append(state)
      }
      for state in entry.bracket { assign(entry, to: state, order: order, at: equation.left.span) }
    case .element(let name, let subscripts, let order):
      guard let state = stateIndex(name.text, in: entry.scope) else {
        return reportUnknownState(name, entry.scope)
      }
      let saved = frame
      frame = Frame(kind: .ode, module: entry.module, names: entry.names, odeScope: entry.scope)
      defer { frame = saved }
      guard subscripts.count == 1, case .at(let expression) = subscripts[0] else {
        report(
          .notSupportedYet("an equation for an element by several indices", at: equation.left.span))
        return
      }
      guard
        let index = constantInteger(
          CallArgument(evaluate(expression), span: expression.span), "the index of an equation")
      else { return }
      if odeBuilders[builder].states[state].elements[index] != nil {
        report(
          Diagnostic(
            .duplicateEquation, "`\(name.text)[\(index)]` has two equations",
            at: Label(equation.left.span)))
        return
      }
      if equation.relation == .adds {
        report(
          .notSupportedYet(
            "adding to one element of a state", at: equation.span,
            help: ["add a vector: `\(name.text)' += [0, …]`"]))
        return
      }
      odeBuilders[builder].states[state].elements[index] = entry
      odeBuilders[builder].states[state].order = max(1, order)
    case .implicit: placeImplicit(entry)
    }
  }

  private func noteState(_ name: Name, _ scope: Int) {
    guard let recorder, let span = memberSpan(name, in: scope) else { return }
    recorder.declare(member: name.text, of: odeScopes[scope].path, span)
    recorder.note(name, .invalid, definition: span)
  }

  /// Notes the states on an equation's left side.
  private func noteTarget(_ target: Equation.Target, _ scope: Int) {
    guard let recorder else { return }
    func note(_ name: Name, _ scope: Int) {
      recorder.note(name, .invalid, definition: memberSpan(name, in: scope))
    }
    switch target {
    case .state(let name), .element(let name, _, _): note(name, scope)
    case .bracket(let parts, _):
      for part in parts { if case .name(let name) = part.kind { note(name, scope) } }
    case .part(let path, let name):
      var scope = scope
      for component in path {
        note(component, scope)
        guard case .part(let inner)? = odeScopes[scope].members[component.spelling]?.kind else {
          return
        }
        scope = inner
      }
      note(name, scope)
    case .implicit: break
    }
  }

  mutating func reportUnknownState(_ name: Name, _ scope: Int) {
    let builder = odeScopes[scope].builder
    // It was perhaps declared where the text could not be read.
    if odeBuilders[builder].isDamaged { return }
    if let member = odeScopes[scope].members[name.text], case .input = member.kind {
      return report(
        Diagnostic(
          .equationOfInput, "`\(name.text)` is an input: a solve says what it is, no equation",
          at: Label(name.span), also: [Label(member.span, "declared here")],
          help: ["what has an equation is a state: `state \(name.text) = …`"]))
    }
    let names = odeScopes[scope].states.map { localName(odeBuilders[builder].states[$0], scope) }
    var help: [String] = []
    if let state = names.first(where: { name.primes == 0 && name.text.isDerivative(of: $0) }) {
      help.append("the derivative of `\(state)` is written `\(state)'`")
      // The state's equation is here, in other words.
      odeBuilders[builder].hasInvalid = true
    } else if let best = Suggestions.nearest(to: name.text, in: names) {
      help.append("did you mean `\(best)`?")
    } else {
      help.append("declare it: `state \(name.text) = …`")
    }
    if name.primes == 0, help.last?.hasPrefix("declare") == true {
      help.append("a value that follows from the states is `let \(name.text) = …`")
    }
    report(
      Diagnostic(
        .unknownState, "there is no state `\(name.text)` in this ode", at: Label(name.span),
        help: help))
  }

  func localName(_ state: OdeBuilder.State, _ scope: Int) -> String {
    String(state.base.dropFirst(odeScopes[scope].prefix.count))
  }

  func stateIndex(_ name: String, in scope: Int) -> Int? {
    let builder = odeScopes[scope].builder
    let base = odeScopes[scope].prefix + name
    return odeScopes[scope].states.first { odeBuilders[builder].states[$0].base == base }
  }

  private mutating func assign(_ entry: OdeEquation, to index: Int, order: Int, at span: Span) {
    let builder = odeScopes[entry.scope].builder
    let state = odeBuilders[builder].states[index]
    let equation = entry.equation
    guard order > 0 else {
      odeBuilders[builder].hasInvalid = true
      report(
        Diagnostic(
          .derivativeOrder, "`\(state.base)` is a state: its equation gives a derivative",
          at: Label(span),
          help: [
            "write `\(state.base)' = …`",
            "if it follows from the other states, it is no state: `let \(state.base) = …`",
          ]))
      return
    }
    guard order <= 8 else {
      report(
        Diagnostic(
          .derivativeOrder, "a derivative of order \(order) is out of reach", at: Label(span)))
      return
    }
    if equation.relation == .adds {
      odeBuilders[builder].states[index].additions.append(entry)
      return
    }
    if let old = state.equation {
      if !equation.isOverride, !(entry.isInherited && old.isInherited) {
        report(
          Diagnostic(
            .duplicateEquation, "`\(state.base)` has two equations", at: Label(span),
            also: old.equation.span.source == span.source
              ? [Label(old.equation.span, "the first")] : [],
            help: [
              "`+=` adds to an equation; `override \(state.base)\(String(repeating: "'", count: order)) = …` replaces the parent's"
            ]))
        return
      }
    } else if equation.isOverride {
      report(
        Diagnostic(
          .overrideWithoutBase, "there is no equation of `\(state.base)` to override",
          at: Label(span)))
    }
    odeBuilders[builder].states[index].equation = entry
    odeBuilders[builder].states[index].order = order
  }
}

extension Expression {
  var isInvalid: Bool { if case .invalid = kind { true } else { false } }
}

extension String {
  /// Whether it is how others write the derivative of a state: `dx`, `dxdt`, `dx_dt`, `xdot`, `x_dot`.
  fileprivate func isDerivative(of state: String) -> Bool {
    ["d\(state)", "d\(state)dt", "d\(state)_dt", "\(state)dot", "\(state)_dot", "D\(state)"]
      .contains(self)
  }
}
