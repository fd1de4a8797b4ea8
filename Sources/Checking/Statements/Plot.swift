import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// `plot s.θ, obs.theta against t`.
extension Checker {
  mutating func plot(_ node: PlotCommand) -> TypedStatement? {
    if let (ode, subject) = subjectOde(of: node) { return portrait(ode, subject, node) }
    var kind = PlotInstance.Kind.line
    if let written = node.kind {
      guard let found = PlotInstance.Kind(rawValue: written.text) else {
        let names = PlotInstance.Kind.allCases.map(\.rawValue)
        report(
          Diagnostic(
            .unknownPlotKind, "there is no kind of plot `\(written.text)`", at: Label(written.span),
            help: [
              Suggestions.nearest(to: written.text, in: names).map { "did you mean `\($0)`?" }
                ?? "there are " + Suggestions.list(names)
            ]))
        return nil
      }
      if found == .pairs || found == .waterfall {
        report(.notSupportedYet("`as \(found.rawValue)`", at: written.span))
        return nil
      }
      kind = found
    }
    var usesTime = false
    if case .name(let name)? = node.against?.kind, name.spelling == "t",
      frame.names["t"] == nil, declaration(named: "t") == nil
    {
      usesTime = true
    }
    var series: [PlotSeries] = []
    var fine = true
    for expression in node.series {
      // Two quantities in a bracket: the second over the first.
      if kind == .phase, node.against == nil, case .bracket(let parts) = expression.kind,
        parts.count == 2,
        !parts.contains(where: { if case .bracket = $0.kind { true } else { false } })
      {
        guard var made = plotSeries(parts[1], parts[0], kind, usesTime: false) else {
          fine = false
          continue
        }
        made.label = sourceText(expression.span)
        series.append(made)
        continue
      }
      guard let made = plotSeries(expression, node.against, kind, usesTime: usesTime) else {
        fine = false
        continue
      }
      series.append(made)
    }
    let file = node.destination.flatMap { fileName($0) }
    let checked = options(node.options, table: OptionRow.plot, command: "plot", data: nil)
    guard fine, let checked, node.destination == nil || file != nil else { return nil }
    return .plot(
      PlotInstance(
        series: series, kind: kind,
        abscissa: node.against.map { sourceText($0.span) },
        logX: node.logAxes.contains(.x), logY: node.logAxes.contains(.y), file: file,
        options: checked, span: node.span))
  }

  private mutating func plotSeries(
    _ expression: Expression, _ against: Expression?, _ kind: PlotInstance.Kind, usesTime: Bool
  ) -> PlotSeries? {
    let label = sourceText(expression.span)
    let value = collectingBindings { checker -> TypedExpression in
      if usesTime {
        // `t` is each series' own time: that of what its field is taken of.
        guard let (base, rest) = checker.timeOwner(expression) else {
          return checker.failed(
            Diagnostic(
              .timeOutsideOde, "`\(label)` has no time of its own to be plotted against",
              at: Label(expression.span),
              help: ["plot a field of a solution or a data set, or write `against s.t`"]),
            expression.span)
        }
        let owner = checker.bind(checker.elaborate(base))
        if owner.isInvalid { return .invalid(expression.span) }
        guard let whole = checker.time(of: owner, base.span) else {
          return .invalid(expression.span)
        }
        let time = checker.applyIndices(rest, to: whole)
        let y = checker.applyRest(rest, to: owner)
        if y.isInvalid || time.isInvalid { return .invalid(expression.span) }
        return TypedExpression(.tuple([y, time]), .tuple([y.type, time.type]), expression.span)
      }
      let y = checker.elaborate(expression)
      guard let against else { return y }
      let x = checker.elaborate(against)
      if y.isInvalid || x.isInvalid { return .invalid(expression.span) }
      return TypedExpression(.tuple([y, x]), .tuple([y.type, x.type]), expression.span)
    }
    if value.isInvalid { return nil }
    let series = PlotSeries(label: label, value: value, hasAbscissa: against != nil)
    let drawn = series.ordinate.map { resolve($0) } ?? .error
    switch drawn {
    case .tensor, .tuple, .solution: break
    case .record where kind == .line && drawn.median != nil: break
    case .error, .string, .record, .dataset, .run, .interval, .nothing:
      report(
        .typeMismatch(
          expected: "numbers", found: text(drawn), at: expression.span, what: "a plot"))
      return nil
    }
    return series
  }

  /// What a series is read from, and how: the innermost thing that has a time.
  private func timeOwner(_ expression: Expression) -> (Expression, [Expression])? {
    switch expression.kind {
    case .field(let base, _), .index(let base, _):
      if let (owner, rest) = timeOwner(base) { return (owner, rest + [expression]) }
      return (base, [expression])
    case .number, .string, .column, .bool, .constant, .name, .tuple, .bracket, .record, .prefix,
      .binary, .range, .pipe, .call, .element, .derivative, .conditional, .block, .closure,
      .invalid:
      return nil
    }
  }

  /// Of what a series takes a part of along axes that time has too, time gives that part.
  private mutating func applyIndices(
    _ rest: [Expression], to time: TypedExpression
  ) -> TypedExpression {
    var value = time
    for step in rest {
      guard case .index(let base, let subscripts) = step.kind,
        let rank = tensor(value)?.shape.rank, rank > 0
      else { continue }
      let shared = Expression(
        .index(base, Array(subscripts.prefix(rank))), span: step.span)
      value = applyRest([shared], to: value)
    }
    return value
  }

  private mutating func applyRest(
    _ rest: [Expression], to owner: TypedExpression
  ) -> TypedExpression {
    var value = owner
    for step in rest {
      switch step.kind {
      case .field(_, let name): value = field(of: value, name, step.span)
      case .index(_, let subscripts):
        let saved = frame.names["\u{0}"]
        frame.names["\u{0}"] = LocalName(
          value: .expression(value), isVariable: false, span: step.span)
        let base = Expression(.name(Name("\u{0}", span: step.span)), span: step.span)
        value = asExpression(index(base, subscripts, step.span), step.span)
        frame.names["\u{0}"] = saved
      case .number, .string, .column, .bool, .constant, .name, .tuple, .bracket, .record, .prefix,
        .binary, .range, .pipe, .call, .element, .derivative, .conditional, .block, .closure,
        .invalid:
        break
      }
      if value.isInvalid { return value }
    }
    return value
  }

  private mutating func time(of owner: TypedExpression, _ span: Span) -> TypedExpression? {
    switch resolve(owner.type) {
    case .solution: return field(of: owner, Name("t", span: span), span)
    case .dataset(let data):
      guard let column = data.timeColumn else { break }
      return field(of: owner, Name(column, span: span), span)
    case .record(let fields):
      if fields.contains(where: { $0.name == "t" }) {
        return field(of: owner, Name("t", span: span), span)
      }
    case .error: return nil
    case .tensor, .string, .tuple, .run, .interval, .nothing: break
    }
    report(
      Diagnostic(
        .timeOutsideOde, "this has no time of its own to be plotted against", at: Label(span)))
    return nil
  }
}
