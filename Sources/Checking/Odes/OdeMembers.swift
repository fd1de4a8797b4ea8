import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  // MARK: names inside an ode

  /// A state, a derivative, or another member; nil where the ode has no such name.
  mutating func odeMember(_ name: Name, in scope: Int, span: Span) -> Meaning? {
    let builder = odeScopes[scope].builder
    if let index = stateIndex(name.text, in: scope) {
      let state = odeBuilders[builder].states[index]
      if name.primes < state.locals.count {
        let type = levelType(state, name.primes, odeBuilders[builder].timeUnit)
        return .expression(TypedExpression(.local(state.locals[name.primes]), type, span))
      }
      if name.primes == state.locals.count, !state.locals.isEmpty {
        let value = derivative(index, builder, span)
        return value.isInvalid ? .invalid : .expression(value)
      }
      return fail(
        Diagnostic(
          .derivativeOrder,
          "the equation of `\(state.base)` is of order \(state.order), so `\(name.spelling)` is not known",
          at: Label(span)))
    }
    if name.primes > 0, case .input? = odeScopes[scope].members[name.text]?.kind {
      return inputRate(name, scope, span)
    }
    guard odeScopes[scope].members[name.spelling] != nil else { return nil }
    return memberValue(name.spelling, scope, span)
  }

  func isOdeState(_ name: Name) -> Bool {
    guard let scope = frame.odeScope, frame.names[name.spelling] == nil else { return false }
    return stateIndex(name.text, in: scope) != nil
  }

  func odeMemberNames(_ scope: Int) -> [String] {
    let builder = odeScopes[scope].builder
    return odeScopes[scope].order
      + odeScopes[scope].states.map { localName(odeBuilders[builder].states[$0], scope) }
  }

  func odeTime(_ scope: Int, _ span: Span) -> TypedExpression {
    let builder = odeBuilders[odeScopes[scope].builder]
    return TypedExpression(.local(builder.time), .real(.scalar, resolve(builder.timeUnit)), span)
  }

  /// A member's value, elaborated at its first read.
  mutating func memberValue(_ name: String, _ scope: Int, _ span: Span) -> Meaning {
    guard let member = odeScopes[scope].members[name] else { return .invalid }
    switch member.status {
    case .done(let value): return value
    case .active: return fail(.cyclicDefinition(name, at: span))
    case .pending: break
    }
    odeScopes[scope].members[name]?.status = .active
    let saved = frame
    let path = odeScopes[scope].path
    frame = Frame(kind: .ode, module: member.module, odeScope: scope)
    frame.owner = newOwner(path)
    pending.append([])
    // What is named has a value outside of the implicit equations too.
    let builder = odeScopes[scope].builder
    let wasInImplicit = odeBuilders[builder].isInImplicit
    odeBuilders[builder].isInImplicit = false
    defer { odeBuilders[builder].isInImplicit = wasInImplicit }
    let value = elaborateMember(name, member, scope)
    account(for: value, at: span)
    let bound = pending.removeLast()
    frame = saved
    odeBuilders[odeScopes[scope].builder].bindings += bound
    odeScopes[scope].members[name]?.status = .done(value)
    return value
  }

  private mutating func elaborateMember(_ name: String, _ member: OdeMember, _ scope: Int)
    -> Meaning
  {
    let builder = odeScopes[scope].builder
    let prefix = odeScopes[scope].prefix
    let path = odeScopes[scope].path
    switch member.kind {
    case .part(let inner): return .part(inner)
    case .param(let binding):
      var inherited: WeightID?
      if member.isInherited {
        for (child, parent) in inheritance where child == path {
          inherited = environment.weightsByPath[parent + "." + name] ?? inherited
        }
      }
      guard
        let id = parameter(
          binding, path: path + "." + name, documentation: member.documentation,
          inherited: inherited)
      else { return .invalid }
      odeBuilders[builder].params[prefix + name] = id
      return .expression(read(id, member.span))
    case .const(let binding):
      pending.append([])
      defer { pending.removeLast() }
      let value = constantValue(binding, setting: path + "." + name)
      odeBuilders[builder].constants[prefix + name] = value
      return value
    case .let(let binding), .known(let binding), .output(let binding):
      var value = evaluateNamed(binding.value, as: binding.name)
      if let annotation = binding.type, case .expression(let typed) = value {
        value = .expression(annotated(typed, annotation, what: "`\(name)`"))
      }
      if case .known = member.kind { odeBuilders[builder].termNames.insert(prefix + name) }
      if case .instance(let instance) = value {
        odeBuilders[builder].layers[prefix + name] = instance
      }
      guard case .expression(let typed) = value else {
        if case .let = member.kind { return value }
        return .expression(asExpression(value, member.span))
      }
      return typed.isInvalid ? .invalid : .expression(bind(typed, name: prefix + name))
    case .layer(let layer):
      environment.declarations.append(
        Declaration(
          id: DeclarationID(rawValue: environment.declarations.count), name: layer.name.text,
          module: member.module, kind: .layer(layer), documentation: layer.documentation?.text,
          span: layer.name.span))
      let id = environment.declarations[environment.declarations.count - 1].id
      environment.caches.used.insert(id)
      odeOfLayer[id] = scope
      let value: Meaning
      switch layer.parameterLists.count {
      case 2: value = .template(id)
      case 1:
        value = .instance(
          LayerInstance(
            declaration: id, hyperparameters: [:], path: path + "." + name, span: member.span))
      default:
        value = declaredInstance(
          id, layer, member.span, path: path + "." + name,
          frame: Frame(kind: .layer, module: member.module, odeScope: scope))
      }
      if case .instance(let instance) = value {
        odeBuilders[builder].layers[prefix + name] = instance
      }
      return value
    case .learned(let term):
      return learnedTerm(term, scope)
    case .input(let parameter):
      return odeInput(parameter, scope)
    }
  }

  // MARK: terms of equations

  /// A right-hand side as the sum of its summands, each noted as a term of its equation.
  mutating func summed(
    _ entry: OdeEquation, _ builder: Int,
    _ contributions: (inout Checker, TypedExpression) -> [(Int, TypedExpression)]
  ) -> TypedExpression {
    frame = Frame(kind: .ode, module: entry.module, names: entry.names, odeScope: entry.scope)
    frame.owner = newOwner(odeScopes[entry.scope].path)
    // Places are counted through all equations of the ode.
    if let owner = frame.owner { owners[owner].counters = odeBuilders[builder].placeCounters }
    defer {
      if let owner = frame.owner { odeBuilders[builder].placeCounters = owners[owner].counters }
    }
    var parts: [(negative: Bool, expression: Expression)] = []
    split(entry.equation.right, negative: false, into: &parts)
    var sum: TypedExpression?
    for part in parts {
      var value = elaborate(part.expression)
      if part.negative { value = elementwise("neg", [value], part.expression.span, symbol: "-") }
      if value.isInvalid {
        sum = sum ?? value
        if let known = sum, !known.isInvalid { sum = .invalid(entry.equation.right.span) }
        continue
      }
      value = parts.count > 1 ? bind(value) : value
      let named = mentioned(part.expression, entry.scope)
      let text = sourceText(part.expression.span, negative: part.negative)
      let local = parts.count > 1 ? value : bind(value)
      value = local
      odeBuilders[builder].rawTerms.append(
        OdeBuilder.RawTerm(
          label: named.label.map { odeScopes[entry.scope].prefix + $0 } ?? text, text: text,
          definition: named.label.flatMap { definition(of: $0, entry.scope) },
          kind: named.kind, values: contributions(&self, toReal(local)),
          span: part.expression.span))
      sum =
        sum.map { elementwise("add", [$0, value], entry.equation.right.span, symbol: "+") } ?? value
    }
    return sum ?? .invalid(entry.equation.right.span)
  }

  /// The summands of a sum, from left to right.
  private func split(
    _ expression: Expression, negative: Bool,
    into parts: inout [(negative: Bool, expression: Expression)]
  ) {
    if case .binary(let op, let a, let b) = expression.kind, op.kind == .add || op.kind == .subtract
    {
      split(a, negative: negative, into: &parts)
      split(b, negative: negative != (op.kind == .subtract), into: &parts)
      return
    }
    parts.append((negative, expression))
  }

  /// The known or learned term that a summand is, or is made of.
  private func mentioned(
    _ expression: Expression, _ scope: Int
  ) -> (label: String?, kind: OdeInstance.Term.Kind) {
    var learned: Set<String> = []
    var known: Set<String> = []
    for name in expression.names {
      guard let member = odeScopes[scope].members[name] else { continue }
      if case .learned = member.kind { learned.insert(name) }
      if case .known = member.kind { known.insert(name) }
    }
    if learned.count == 1 { return (learned.first, .learned) }
    if !learned.isEmpty { return (nil, .learned) }
    if known.count == 1, case .name = expression.kind { return (known.first, .known) }
    return (nil, expression.names.contains { isLayer($0, scope) } ? .learned : .known)
  }

  /// `drag = -c*θ'`, of a term that has a name.
  private func definition(of name: String, _ scope: Int) -> String? {
    switch odeScopes[scope].members[name]?.kind {
    case .known(let binding): sourceText(binding.span)
    case .learned(let term):
      sourceText(
        Span(source: term.span.source, start: term.name.span.start, end: term.span.end))
    case .param, .const, .let, .layer, .part, .output, .input, nil: nil
    }
  }

  /// A network, or what makes one.
  private func isLayer(_ name: String, _ scope: Int) -> Bool {
    if let member = odeScopes[scope].members[name] {
      if case .layer = member.kind { return true }
      return false
    }
    guard let id = declaration(named: name),
      case .layer = environment.declarations[id.rawValue].kind
    else { return false }
    return true
  }

  /// Terms with states counted as first-order ones, each in the unit of the derivative that it adds to.
  mutating func flattenTerms(_ builder: Int) -> [OdeInstance.Term] {
    var last: [Int] = []
    var count = 0
    for state in odeBuilders[builder].states {
      guard case .done(let value) = state.status, !value.isInvalid else {
        last.append(-1)
        continue
      }
      count += state.locals.count
      last.append(count - 1)
    }
    var terms: [OdeInstance.Term] = []
    for raw in odeBuilders[builder].rawTerms {
      var term = OdeInstance.Term(
        label: raw.label, text: raw.text, definition: raw.definition, kind: raw.kind,
        contributions: [], span: raw.span)
      for (index, value) in raw.values where last[index] >= 0 {
        let state = odeBuilders[builder].states[index]
        let type = levelType(state, state.locals.count, odeBuilders[builder].timeUnit).tensor
        var contribution = value
        // Units that differ in more than scale were reported with the equation; an open one is a learned term's.
        if case .uniform(let unit)? = type?.unit, case .uniform(let own)? = tensor(value)?.unit,
          own.factor(to: unit) != nil
        {
          contribution = converted(value, to: unit, op: raw.label) ?? value
        }
        term.contributions.append((last[index], contribution))
      }
      terms.append(term)
    }
    return terms
  }

  // MARK: an ode from outside

  /// `swing.L`, `swing.drag`.
  mutating func odeField(_ id: DeclarationID, _ name: Name, _ span: Span) -> Meaning {
    guard let ode = elaboratedOde(id, span), let instance = environment.odes[ode.id] else {
      return .invalid
    }
    let spelling = name.spelling
    if let weight = ode.params[spelling] { return .expression(read(weight, span)) }
    if let weight = ode.params[spelling + ".initial"] {
      let value = read(weight, span)
      return .expression(
        TypedExpression(.record([value]), .record([Field("initial", value.type)]), span))
    }
    if let value = ode.constants[spelling] { return value }
    if let layer = ode.layers[spelling] { return .instance(layer) }
    if ode.terms.contains(spelling) { return .term(ode.id, spelling) }
    let parts = ode.params.keys.filter { $0.hasPrefix(spelling + ".") }
    if !parts.isEmpty {
      let fields = parts.sorted().compactMap { key -> (name: String, value: Meaning)? in
        guard let weight = ode.params[key] else { return nil }
        return (String(key.dropFirst(spelling.count + 1)), .expression(read(weight, span)))
      }
      return recordValue(fields, span)
    }
    // What has no name of its own has that of its place: `e.learn_1`, `e.dense_1.weight`.
    let path = ode.name + "." + spelling
    if environment.weightsByPath.keys.contains(where: { $0 == path || $0.hasPrefix(path + ".") }) {
      let own = LayerInstance(declaration: id, hyperparameters: [:], path: ode.name, span: span)
      return layerField(own, name, span)
    }
    let names =
      ode.params.keys.map { $0 } + ode.constants.keys + ode.terms + ode.layers.keys
    if instance.states.contains(where: { $0.name == spelling }) {
      return fail(
        Diagnostic(
          .wrongKindOfName,
          "`\(ode.name).\(spelling)` is a state: it has a value only in a solution",
          at: Label(span), help: ["`solve(\(ode.name), …).\(spelling)` is its trajectory"]))
    }
    return fail(
      .unknownField(spelling, of: "ode `\(ode.name)`", at: name.span, fields: names.sorted()))
  }

  /// `net.dense_1`: no value, but `freeze` and `print` may name it.
  mutating func layerField(_ instance: LayerInstance, _ name: Name, _ span: Span) -> Meaning {
    let path = (instance.path ?? "") + "." + name.spelling
    if let id = environment.weightsByPath[path] { return .expression(read(id, span)) }
    let below = environment.weightsByPath.keys.filter { $0.hasPrefix(path + ".") }.sorted()
    if !below.isEmpty {
      let fields = below.compactMap { key -> (name: String, value: Meaning)? in
        guard let id = environment.weightsByPath[key] else { return nil }
        return (String(key.dropFirst(path.count + 1)), .expression(read(id, span)))
      }
      return recordValue(fields, span)
    }
    let stem = (instance.path ?? "") + "."
    let near = environment.weightsByPath.keys.filter { $0.hasPrefix(stem) }
    Inquiry.current?.hear(
      near.map { String($0.dropFirst(stem.count)) }, insteadOf: name.spelling)
    return fail(
      Diagnostic(
        .unknownWeight, "there is no weight `\(path)`", at: Label(name.span),
        help: near.isEmpty ? [] : ["its weights are " + Suggestions.list(near.sorted())]))
  }

  /// `[x, y]'` or `x[i]'` on a right-hand side.
  mutating func derivativeOfExpression(_ base: Expression, _ order: Int, _ span: Span) -> Meaning {
    switch base.kind {
    case .bracket(let parts):
      var values: [TypedExpression] = []
      for part in parts {
        guard case .name(let name) = part.kind else { return derivativeMisplaced(span) }
        values.append(
          asExpression(
            lookUp(Name(name.text, primes: name.primes + order, span: name.span)), part.span))
      }
      return .expression(join(values, span))
    case .index(let indexed, let subscripts):
      guard case .name(let name) = indexed.kind else { return derivativeMisplaced(span) }
      let value = Expression(
        .name(Name(name.text, primes: name.primes + order, span: name.span)), span: indexed.span)
      return index(value, subscripts, span)
    case .number, .string, .column, .bool, .constant, .name, .tuple, .record, .prefix, .binary,
      .range, .pipe, .call, .field, .element, .derivative, .conditional, .block, .closure, .invalid:
      return derivativeMisplaced(span)
    }
  }

  private mutating func derivativeMisplaced(_ span: Span) -> Meaning {
    fail(
      Diagnostic(
        .primeOutsideOde, "`'` takes the time derivative of a state", at: Label(span),
        help: ["transposition is `transpose(x)`"]))
  }
}

extension Expression {
  /// Every name that is read in it, primes included.
  var names: Set<String> {
    var found: Set<String> = []
    collectNames(into: &found)
    return found
  }

  private func collectNames(into found: inout Set<String>) {
    switch kind {
    case .name(let name): found.insert(name.spelling)
    case .number, .string, .column, .bool, .constant, .invalid: break
    case .tuple(let parts), .bracket(let parts):
      for part in parts { part.collectNames(into: &found) }
    case .record(let fields): for field in fields { field.value.collectNames(into: &found) }
    case .prefix(_, let a): a.collectNames(into: &found)
    case .binary(_, let a, let b), .pipe(let a, into: let b):
      a.collectNames(into: &found)
      b.collectNames(into: &found)
    case .range(let range):
      range.lower.collectNames(into: &found)
      range.upper.collectNames(into: &found)
    case .call(let call):
      call.callee.collectNames(into: &found)
      for argument in call.arguments { argument.value.collectNames(into: &found) }
    case .index(let base, let subscripts):
      base.collectNames(into: &found)
      for case .at(let expression) in subscripts { expression.collectNames(into: &found) }
    case .field(let base, _), .element(let base, _), .derivative(of: let base, order: _):
      base.collectNames(into: &found)
    case .conditional(let node):
      node.condition.collectNames(into: &found)
      node.consequence.collectNames(into: &found)
      node.alternative.collectNames(into: &found)
    case .block(let block): block.value?.collectNames(into: &found)
    case .closure(let closure):
      if case .expression(let body) = closure.body { body.collectNames(into: &found) }
    }
  }
}
