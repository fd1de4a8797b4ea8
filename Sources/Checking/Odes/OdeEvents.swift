import NodalDiagnostics
import NodalIR
import NodalSyntax
import NodalTypes

/// An event with the names around it.
struct OdeEvent: Sendable {
  var declaration: EventDeclaration
  /// `bounce`, `a.bounce`.
  var name: String
  var scope: Int
  var module: Int
}

extension Checker {
  // MARK: Gathering

  /// A child's event replaces the parent's of the same name.
  mutating func addEvent(
    _ node: EventDeclaration, _ module: Int, _ scope: Int, own: inout [String: Span]
  ) {
    let builder = odeScopes[scope].builder
    let spelling = node.name.spelling
    let taken =
      own[spelling] ?? odeScopes[scope].members[spelling]?.span
      ?? stateIndex(spelling, in: scope).map { odeBuilders[builder].states[$0].span }
    if let taken {
      report(.duplicateName(spelling, at: node.name.span, first: taken))
      return
    }
    own[spelling] = node.name.span
    let event = OdeEvent(
      declaration: node, name: odeScopes[scope].prefix + spelling, scope: scope, module: module)
    if let place = odeBuilders[builder].events.firstIndex(where: { $0.name == event.name }) {
      odeBuilders[builder].events[place] = event
    } else {
      odeBuilders[builder].events.append(event)
    }
  }

  // MARK: Meaning

  /// The events of an ode whose states and equations are known. `first` tells where each state's first component of first order stands.
  mutating func elaborateEvents(_ builder: Int) -> [OdeInstance.Event] {
    var first: [Int] = []
    var count = 0
    for state in odeBuilders[builder].states {
      first.append(count)
      count += state.locals.count
    }
    return odeBuilders[builder].events.compactMap { elaborate($0, builder, first) }
  }

  private mutating func elaborate(
    _ event: OdeEvent, _ builder: Int, _ first: [Int]
  ) -> OdeInstance.Event? {
    let node = event.declaration
    let saved = frame
    frame = Frame(kind: .ode, module: event.module, odeScope: event.scope)
    pending.append([])
    defer { frame = saved }
    let occurrence = freshLocal(.integer)
    var trigger: OdeInstance.Event.Trigger?
    var columns: [OdeInstance.Event.Column] = []
    switch node.trigger {
    case .crossing(let condition, let direction):
      trigger = crossing(condition).map { .crossing($0, direction.direction) }
    case .times(let variable, let times):
      trigger = given(variable, times, builder).map { .times($0) }
      if trigger != nil { columns = bindOccurrence(of: times, occurrence, builder) }
      if let time = columns.first(where: \.isTime) {
        trigger = .times(TypedExpression(.local(time.local), time.value.type, times.span))
      }
    }
    var changes = EventChanges()
    var isBroken = trigger == nil
    var stops = false
    for action in node.actions {
      switch action {
      case .assign(let assignment):
        if !assign(assignment, event, builder, &changes) { isBroken = true }
      case .stop: stops = true
      case .invalid:
        isBroken = true
        odeBuilders[builder].hasInvalid = true
      }
    }
    let bound = pending.removeLast()
    // A crossing may be there to be counted; given times are known already.
    if case .times = node.trigger, node.actions.isEmpty {
      report(
        Diagnostic(
          .eventWithoutEffect, "`\(node.name.text)` changes nothing", at: Label(node.name.span),
          help: ["an event says what becomes of the states: `{ x += 1 }`, or `{ stop }`"]))
      return nil
    }
    guard !isBroken, let trigger else { return nil }
    var values: [(state: Int, value: TypedExpression)] = []
    for change in changes.whole {
      values.append((first[change.state] + change.level, change.value))
    }
    for change in changes.elements {
      let state = odeBuilders[builder].states[change.state]
      let type = levelType(state, change.level, odeBuilders[builder].timeUnit)
      let old = TypedExpression(.local(state.locals[change.level]), type, node.span)
      let parts = change.parts.indices.map { k in
        change.parts[k] ?? element(old, axis: 0, integer(k, node.span), node.span)
      }
      values.append((first[change.state] + change.level, stack(parts, node.span)))
    }
    return OdeInstance.Event(
      name: event.name, trigger: trigger, occurrence: occurrence, columns: columns,
      bindings: bound, assignments: values, stops: stops,
      documentation: node.documentation?.text, span: node.span)
  }

  /// `a == b` as a - b, which passes zero.
  private mutating func crossing(_ condition: Expression) -> TypedExpression? {
    guard case .binary(let op, let a, let b) = condition.kind, op.kind == .equal else {
      var help = ["an event happens where two values meet: `h == 0`, `x == 2*y rising`"]
      if case .binary(let op, _, _) = condition.kind {
        switch op.kind {
        case .greater, .greaterOrEqual: help = ["write `==`, and `rising` behind it"]
        case .less, .lessOrEqual: help = ["write `==`, and `falling` behind it"]
        default: break
        }
      }
      report(
        Diagnostic(
          .eventCondition, "the condition of an event is an equation with `==`",
          at: Label(condition.span), help: help))
      return nil
    }
    let sides = [toReal(elaborate(a)), toReal(elaborate(b))]
    if sides.contains(where: \.isInvalid) { return nil }
    let value = elementwise("sub", sides, condition.span, symbol: "==")
    if value.isInvalid { return nil }
    guard let type = tensor(value), resolve(type.shape).isScalar else {
      report(
        Diagnostic(
          .eventCondition,
          "the condition of an event is about one number, and this is \(text(value.type))",
          at: Label(condition.span), help: ["write one event for each element, or `max(x) == 1`"]))
      return nil
    }
    return value
  }

  /// `t in times`: the times, which no state may have a part in.
  private mutating func given(
    _ variable: Expression, _ times: Expression, _ builder: Int
  ) -> TypedExpression? {
    guard case .name(let name) = variable.kind, name.spelling == "t" else {
      report(
        Diagnostic(
          .eventCondition, "given times are those of `t`", at: Label(variable.span),
          help: ["write `t in times`"]))
      return nil
    }
    var value = toReal(elaborate(times))
    if value.isInvalid { return nil }
    guard let type = tensor(value), resolve(type.shape).rank == 1 else {
      report(
        .typeMismatch(
          expected: "an array of times", found: text(value.type), at: times.span, what: "`t in`"))
      return nil
    }
    value = adopted(value, unit: .uniform(odeBuilders[builder].timeUnit), what: "`t in`")
    if value.isInvalid { return nil }
    guard let outside = outside(value, builder) else {
      report(
        Diagnostic(
          .eventCondition, "given times are known before the solve, and don't follow from states",
          at: Label(times.span), help: ["what depends on states is a condition: `t == τ`"]))
      return nil
    }
    return outside
  }

  /// The same value outside of the equations, where nothing of theirs is known; nil for one that follows from states or time.
  private func outside(_ value: TypedExpression, _ builder: Int) -> TypedExpression? {
    var value = value
    var bindings: [LocalID: TypedExpression] = [:]
    for bound in odeBuilders[builder].bindings + (pending.last ?? []) {
      bindings[bound.local] = bound.value
    }
    while value.readLocals.contains(where: { bindings[$0] != nil }) {
      value = value.substituting(bindings)
    }
    let own = Set(odeBuilders[builder].states.flatMap(\.locals) + [odeBuilders[builder].time])
    return value.readLocals.isDisjoint(with: own) ? value : nil
  }

  /// In the body of `t in d.t` a field of `d` is that of the occurrence. Gives the arrays that such fields are entries of.
  private mutating func bindOccurrence(
    of times: Expression, _ occurrence: LocalID, _ builder: Int
  ) -> [OdeInstance.Event.Column] {
    guard case .field(let base, let own) = times.kind, case .name(let name) = base.kind else {
      return []
    }
    var names: [String] = []
    switch evaluate(base) {
    case .record(let fields): names = fields.map(\.name)
    case .expression(let value):
      switch resolve(value.type) {
      case .record(let fields): names = fields.map(\.name)
      case .dataset(let data): names = data.example.map(\.name)
      case .tensor, .error, .string, .tuple, .solution, .run, .interval, .nothing: return []
      }
    default: return []
    }
    let place = TypedExpression(.local(occurrence), .integer, times.span)
    let length = tensor(elaborate(times))?.shape.sizes.first.map { resolve($0) }
    var fields: [(name: String, value: Meaning)] = []
    var columns: [OdeInstance.Event.Column] = []
    for field in names {
      let spelling =
        field == own.spelling
        ? times : Expression(.field(base, Name(field, span: own.span)), span: times.span)
      var column = elaborate(spelling)
      if field == own.spelling {
        column = adopted(
          toReal(column), unit: .uniform(odeBuilders[builder].timeUnit), what: "`t in`")
      }
      guard let type = tensor(column), let first = type.shape.sizes.first,
        resolve(first) == length
      else {
        fields.append((field, .expression(column)))
        continue
      }
      var entries = column
      if let value = outside(column, builder) {
        let local = freshLocal(value.type)
        columns.append(
          OdeInstance.Event.Column(
            name: field, local: local, value: value, isTime: field == own.spelling))
        entries = TypedExpression(.local(local), value.type, times.span)
      }
      fields.append((field, .expression(element(entries, axis: 0, place, times.span))))
    }
    frame.names[name.spelling] = LocalName(
      value: recordValue(fields, times.span), isVariable: false, span: base.span)
    return columns
  }
}

extension EventDeclaration.Direction? {
  fileprivate var direction: SolveEvent.Direction {
    switch self {
    case .rising: .rising
    case .falling: .falling
    case nil: .either
    }
  }
}
