import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// `plot ode as phase { … }`.
extension Checker {
  /// Keys that only a portrait has.
  private static let portraitKeys = ["x", "y", "from", "with", "time"]

  /// The ode that a plot is of; nil where it is of values.
  mutating func subjectOde(of node: PlotCommand) -> (DeclarationID, Expression)? {
    guard let first = node.series.first, case .name = first.kind, isNameOfOde(first),
      case .ode(let id) = evaluate(first)
    else { return nil }
    return (id, first)
  }

  private func isNameOfOde(_ expression: Expression) -> Bool {
    guard case .name(let name) = expression.kind, frame.names[name.spelling] == nil,
      let id = declaration(named: name.spelling)
    else { return false }
    if case .ode = environment.declarations[id.rawValue].kind { return true }
    return false
  }

  mutating func portrait(_ id: DeclarationID, _ subject: Expression, _ node: PlotCommand)
    -> TypedStatement?
  {
    guard let ode = elaboratedOde(id, subject.span), let instance = environment.odes[ode.id] else {
      return nil
    }
    let own = node.options.filter { Self.portraitKeys.contains($0.key.text) }
    let rest = PlotCommand(
      series: Array(node.series.dropFirst()), against: node.against, logAxes: node.logAxes,
      kind: node.kind, destination: node.destination,
      options: node.options.filter { !Self.portraitKeys.contains($0.key.text) }, span: node.span)
    let lengths = instance.states.map { resolve($0.type).tensor?.shape.values.map(Checker.product) }
    guard node.kind?.text == "phase", lengths == [1, 1], node.against == nil, node.logAxes.isEmpty,
      instance.inputs.isEmpty, instance.implicit.isEmpty, !instance.readsEarlierStates
    else {
      report(
        Diagnostic(
          .portraitOfTwoStates, portraitProblem(node, instance), at: Label(subject.span),
          help: [
            "`plot \(ode.name) as phase { x: 0..1; y: 0..1 }` draws the plane of an ode of two numbers",
            "of a solution two quantities are drawn by `[s.x, s.y] as phase`",
          ]))
      return nil
    }
    var given: [String: Option] = [:]
    for option in own {
      if given[option.key.text] != nil {
        report(
          Diagnostic(
            .duplicateOption, "`\(option.key.text):` is given twice", at: Label(option.key.span)))
        return nil
      }
      given[option.key.text] = option
    }
    var ranges: [(from: TypedExpression, to: TypedExpression)] = []
    for (key, state) in zip(["x", "y"], instance.states) {
      guard let range = portraitRange(given[key], key, state, node.span) else { return nil }
      ranges.append(range)
    }
    let with = given["with"].map { CallArgument(labelled: "with", $0.value) }
    let overrides = overriding(with, ode)
    var time: TypedExpression?
    if let option = given["time"] {
      let written = toReal(collectingBindings { $0.elaborate(option.value) })
      let own = self.time(written, of: instance, what: "`time`")
      if own.isInvalid { return nil }
      time = own
    } else if instance.readsTime {
      report(
        Diagnostic(
          .pointNeedsTime,
          "`\(ode.name)` changes with time: its portrait must be told when to look at it",
          at: Label(subject.span), help: ["`time: 0` takes it as it is then"]))
      return nil
    }
    var trajectories: TypedExpression?
    if let option = given["from"] {
      guard let over = option.subOptions.first(where: { $0.key.text == "over" }) else {
        report(
          Diagnostic(
            .missingOption, "trajectories need a span: `from: …, over: 0..10`",
            at: Label(option.span)))
        return nil
      }
      let solution = collectingBindings { checker -> TypedExpression in
        guard let times = checker.evenTimes(over.value, instance) else {
          return .invalid(over.span)
        }
        var arguments = [
          CallArgument(.ode(id), span: subject.span),
          CallArgument(labelled: "from", option.value),
          CallArgument(.expression(times), span: over.span, label: Name("at", span: over.span)),
        ]
        if let with { arguments.append(with) }
        return checker.asExpression(checker.solve(arguments, option.span), option.span)
      }
      if solution.isInvalid { return nil }
      trajectories = solution
    }
    guard let overrides, case .plot(let plot)? = self.plot(rest) else { return nil }
    if let open = overrides.first(where: { tensor($0.1)?.shape.isScalar == false }) {
      report(
        .argumentType(
          "with", of: "a portrait", expected: "one value for each parameter",
          found: text(open.1.type), at: open.1.span))
      return nil
    }
    return .portrait(
      PortraitInstance(
        field: OdePoint(
          question: .slope, ode: ode.id,
          state: instance.states.map {
            TypedExpression(.number(0), resolve($0.type), $0.span)
          }, time: time, overrides: overrides.map { ($0.0, closed($0.1)) }, span: node.span),
        names: instance.states.map(\.name), horizontal: ranges[0], vertical: ranges[1],
        trajectories: trajectories, plot: plot))
  }

  /// So many times that curves look smooth, over a span.
  private mutating func evenTimes(
    _ over: Expression, _ ode: OdeInstance
  ) -> TypedExpression? {
    let value = evaluate(over)
    guard case .range(let range) = value else {
      if case .invalid = value { return nil }
      report(
        Diagnostic(
          .rangeExpected, "`over:` is an interval of time, `0..10`, found \(found(value))",
          at: Label(over.span)))
      return nil
    }
    let ends = [range.lower, range.upper].map {
      time(toReal($0), of: ode, what: "`over`")
    }
    guard !ends.contains(where: \.isInvalid), var type = tensor(ends[0]) else { return nil }
    type.shape = Shape([500])
    return TypedExpression(.linspace(ends[0], ends[1]), .tensor(type), over.span)
  }

  private func portraitProblem(_ node: PlotCommand, _ ode: OdeInstance) -> String {
    if node.kind?.text != "phase" { return "of an ode there are plots `as phase`" }
    if node.against != nil || !node.logAxes.isEmpty {
      return "a portrait of an ode has no `against` and no logarithmic axes"
    }
    if !ode.inputs.isEmpty { return "`\(ode.name)` has inputs, and is no flow in a plane" }
    if ode.readsEarlierStates {
      return "`\(ode.name)` reads earlier states, and is no flow in a plane"
    }
    if !ode.implicit.isEmpty {
      return "`\(ode.name)` has equations that are not solved for a derivative"
    }
    return "`\(ode.name)` is not a system of two numbers: its states are "
      + Suggestions.list(ode.states.map(\.name))
  }

  /// `x: 0..4`, in the unit of the state.
  private mutating func portraitRange(
    _ option: Option?, _ key: String, _ state: OdeInstance.State, _ span: Span
  ) -> (from: TypedExpression, to: TypedExpression)? {
    guard let option else {
      report(
        Diagnostic(
          .missingOption, "a portrait needs `\(key):`, the range of `\(state.name)`",
          at: Label(span), help: ["`\(key): 0..4`"]))
      return nil
    }
    guard let unit = resolve(state.type).tensor?.unit else { return nil }
    pending.append([])
    defer { pending.removeLast() }
    let value = evaluate(option.value)
    guard case .range(let range) = value else {
      if case .invalid = value { return nil }
      report(
        Diagnostic(
          .rangeExpected, "`\(key):` is a range, `0..4`, found \(found(value))",
          at: Label(option.value.span)))
      return nil
    }
    let ends = [range.lower, range.upper].map {
      closed(adopted(toReal($0), unit: unit, what: "`\(key)`"))
    }
    guard !ends.contains(where: \.isInvalid) else { return nil }
    return (ends[0], ends[1])
  }
}

extension CallArgument {
  fileprivate init(labelled label: String, _ value: Expression) {
    self.init(Argument(label: Name(label, span: value.span), value: value, span: value.span))
  }
}
