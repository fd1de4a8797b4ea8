import NodalIR
import NodalOperations
import NodalTypes

/// Events of an ode → events of the `solve` form.
extension Lowering {
  /// How many times of an event are kept in a program whose text doesn't tell how many are read.
  static let usualCapacity = 16

  /// How many times each event of a solution keeps; events that nothing reads are left out. Where a session has counted, all; elsewhere as many
  /// as are read.
  mutating func eventCapacities(_ type: SolutionType) -> [String: Int] {
    var capacities: [String: Int] = [:]
    for event in type.events {
      guard let variable = event.size.terms.keys.first else {
        capacities[event.name] = event.size.constant
        continue
      }
      guard let known = lengths[variable] ?? eventReads[variable] else { continue }
      lengths[variable] = known
      capacities[event.name] = known
    }
    return capacities
  }

  /// Takes down how many times of events an expression reads.
  mutating func noteEventReads(_ expression: TypedExpression) {
    var sizes: Set<SizeVariable> = []
    func note(_ type: SolutionType) {
      for event in type.events { sizes.formUnion(event.size.terms.keys) }
    }
    expression.walk { part in
      if case .solution(let type) = part.type { note(type) }
    }
    guard !sizes.isEmpty else { return }
    var reads: [SizeVariable: Int] = [:]
    func variable(_ part: TypedExpression) -> SizeVariable? {
      part.type.tensor?.shape.sizes.first?.terms.keys.first.flatMap {
        sizes.contains($0) ? $0 : nil
      }
    }
    var counted: [SizeVariable: (all: Int, indexed: Int)] = [:]
    expression.walk { part in
      if case .field(_, _) = part.kind, let own = variable(part) {
        counted[own, default: (0, 0)].all += 1
      }
      if case .index(let base, 0, let at) = part.kind, case .field = base.kind,
        let own = variable(base), let place = at.integerLiteral, place >= 0
      {
        counted[own, default: (0, 0)].indexed += 1
        reads[own] = max(reads[own] ?? 0, place + 1)
      }
    }
    for (variable, count) in counted where count.all > count.indexed {
      reads[variable] = max(reads[variable] ?? 0, Lowering.usualCapacity)
    }
    eventReads.merge(reads) { max($0, $1) }
  }

  /// What a solve runs, over the same captured values.
  struct OdeRegions {
    var rhs: Region
    /// Where equations are not solved for derivatives; `rhs` is its.
    var implicit: ImplicitSystem?
    var events: [SolveEvent]
    var noise: Noise?
    var delays: Delays?
    var corners: Corners?
    var captured: [Value]
  }

  mutating func regions(
    _ ode: OdeInstance, _ registers: EventRegisters,
    columns: [(local: LocalID, value: TypedExpression)], noise place: PlaceID?,
    over span: (start: Value, end: Value), delays: DraftedDelays?, corners: InputCorners?
  ) throws(IRError) -> OdeRegions {
    for event in ode.events { try bindColumns(of: event, columns) }
    let isImplicit = !ode.implicit.isEmpty
    let slopes =
      isImplicit
      ? try residuals(ode, registers, corners: corners)
      : try rightHandSide(ode, registers, past: pastType(ode, registers), corners: corners)
    var scopes: [(root: Drafted, jump: Drafted, times: Value?)] = []
    for (k, event) in ode.events.enumerated() {
      var times: Value?
      if case .times(let expression) = event.trigger { times = try time(expression) }
      scopes.append(
        (
          try eventRegion(ode, event, registers, k) { (lowering, given) throws(IRError) in
            try lowering.root(event, given, times)
          },
          try eventRegion(ode, event, registers, k) { (lowering, given) throws(IRError) in
            try lowering.jump(ode, event, k, registers, given)
          }, times
        ))
    }
    // Behind those of the ode, whose numbers messages count on.
    let held = try heldEvents(ode, registers, from: span.start, to: span.end)
    var shared = slopes.scope.captured(sliced: false)
    for scope in scopes + held.map({ ($0.root, $0.jump, $0.times) }) {
      let own = scope.root.scope.captured(sliced: false) + scope.jump.scope.captured(sliced: false)
      for value in own + [scope.times].compactMap({ $0 }) where !shared.contains(value) {
        shared.append(value)
      }
    }
    let motions = try place.map { (place) throws(IRError) in
      try self.motions(ode, registers, place, over: span, corners)
    }
    for value in (motions?.captured ?? []) + (delays?.captured ?? []) + (corners?.captured ?? [])
    where !shared.contains(value) { shared.append(value) }
    let whole = try slopes.finish(shared)
    let implicit = isImplicit ? try implicitSystem(ode, registers, whole) : nil
    // Earlier states stand before them.
    let first = delays == nil ? 0 : 1
    var events: [SolveEvent] = []
    for (event, scope) in zip(ode.events, scopes) {
      let trigger: SolveEvent.Trigger
      switch event.trigger {
      case .crossing(_, let direction): trigger = .crossing(direction)
      case .times:
        guard let place = scope.times.flatMap({ shared.firstIndex(of: $0) }) else {
          throw IRError("an event without times")
        }
        trigger = .times(parameter: first + place)
      }
      events.append(
        SolveEvent(
          trigger: trigger, root: try scope.root.finish(shared),
          jump: try scope.jump.finish(shared), stops: event.stops))
    }
    for event in held {
      guard let place = shared.firstIndex(of: event.times) else { continue }
      events.append(
        SolveEvent(
          trigger: .times(parameter: first + place), root: try event.root.finish(shared),
          jump: try event.jump.finish(shared)))
    }
    let captured = (delays.map { [$0.past] } ?? []) + shared
    let corners = try corners?.finish(captured)
    if let implicit {
      events = try events.map { (event) throws(IRError) in
        var event = event
        event.jump = try consistent(event.jump, implicit, phase: corners?.phase)
        return event
      }
    }
    return OdeRegions(
      rhs: implicit?.rhs ?? whole, implicit: implicit, events: events,
      noise: try motions?.finish(shared),
      delays: try delays?.finish(shared), corners: corners,
      captured: captured)
  }

  /// The arrays that are given with an event's times, as locals around the equations. Where one of a solve's own has no number, there is no
  /// event.
  private mutating func bindColumns(
    of event: OdeInstance.Event, _ given: [(local: LocalID, value: TypedExpression)]
  ) throws(IRError) {
    var time: (local: LocalID, value: Value)?
    var known: [Value] = []
    for column in event.columns {
      let own = given.first { $0.local == column.local }?.value
      let expression = own ?? column.value
      if column.isTime {
        time = (column.local, try self.time(expression))
        continue
      }
      var value = try array(expression)
      let type = scope.builder.type(value)
      if own != nil, type.element.isFloating, scope.builder.constantValue(value) == nil {
        let isKnown = scope.builder.equal(value, value)
        value = scope.builder.select(isKnown, value, scope.builder.constant(0, type))
        if type.rank == 1 { known.append(isKnown) }
      }
      scope.locals[column.local] = .array(value)
    }
    guard var time else { return }
    for isKnown in known {
      let nothing = scope.builder.constant(.nan, scope.builder.type(time.value))
      time.value = scope.builder.select(isKnown, time.value, nothing)
    }
    scope.locals[time.local] = .array(time.value)
  }

  /// A region whose captures are not yet those of others.
  struct Drafted {
    var scope: RegionScope
    var result: Value

    func finish(_ shared: [Value]) throws(IRError) -> Region {
      try scope.finish([result], shared: shared)
    }
  }

  /// (t, flat state, occurrence, earlier states if the ode reads any, captured…) → something.
  private mutating func eventRegion(
    _ ode: OdeInstance, _ event: OdeInstance.Event, _ registers: EventRegisters, _ k: Int,
    _ body: (inout Lowering, [Value]) throws(IRError) -> Value
  ) throws(IRError) -> Drafted {
    let outer = (scope, element)
    let state = ValueType(precision, [.fixed(registers.stateLength + registers.length)])
    let past = pastType(ode, registers)
    let inner = RegionScope(
      .solve, parent: scope, parameters: [.time, state, ValueType(.i64)] + [past].compactMap { $0 })
    scope = inner
    element = precision
    defer { (scope, element) = outer }
    at(LoweredOrigin(span: event.span, ode: ode.id))
    let given = inner.parameters
    try bindEquations(ode, t: given[0], y: given[1], past: past == nil ? nil : given[3])
    scope.locals[event.occurrence] = .array(given[2])
    for bound in event.bindings { scope.locals[bound.local] = try lower(bound.value) }
    return Drafted(scope: inner, result: try body(&self, given))
  }

  private mutating func root(
    _ event: OdeInstance.Event, _ given: [Value], _ times: Value?
  ) throws(IRError) -> Value {
    switch event.trigger {
    case .crossing(let value, _):
      return scope.builder.convert(
        scope.builder.reshape(try array(value), to: []), to: .f64)
    case .times:
      guard let times else { throw IRError("an event without times") }
      let own = scope.capture(times)
      let time = scope.builder.value(.gather(Gather(batchAxes: 0)), [own, given[2]])
      return scope.builder.sub(given[0], time)
    }
  }

  private mutating func jump(
    _ ode: OdeInstance, _ event: OdeInstance.Event, _ k: Int, _ registers: EventRegisters,
    _ given: [Value]
  ) throws(IRError) -> Value {
    var parts: [Value] = []
    var start = 0
    for (place, state) in ode.states.enumerated() {
      let n = try count(state.type)
      if let change = event.assignments.first(where: { $0.state == place }) {
        parts.append(scope.builder.convert(flat(try array(change.value)), to: precision))
      } else {
        parts.append(scope.builder.slice(given[1], axis: 0, start..<(start + n)))
      }
      start += n
    }
    parts += registers.jump(
      k, stops: event.stops, time: given[0], state: given[1], &scope.builder)
    return scope.builder.concatenate(parts, axis: 0)
  }
}
