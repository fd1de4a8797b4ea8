import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  // MARK: train

  mutating func train(_ study: Study, name: String?) -> TypedStatement? {
    guard case .train(let lossExpression, let dataExpression) = study.kind else {
      switch study.kind {
      case .infer: report(.notSupportedYet("`infer`", at: study.span))
      case .uncertainty: report(.notSupportedYet("`uncertainty`", at: study.span))
      case .train: break
      }
      return nil
    }
    guard let (lossID, data) = lossAndData(lossExpression, dataExpression) else {
      _ = options(study.options, table: OptionRow.train, command: "train", data: nil)
      return nil
    }
    // The batch says how long an example is; the other options may read weights that the loss makes.
    let batching = options(
      study.options.filter { $0.key.text == "batch" }, table: OptionRow.train, command: "train",
      data: data)
    var example: [Field]?
    var dataset: String?
    if let data, case .dataset(let type) = resolve(data.type) {
      dataset = type.name
      example = type.example
      if let batch = batching?.first,
        case .call("windows", let arguments) = batch.value
      {
        guard type.timeColumn != nil else {
          report(
            Diagnostic(
              .missingTimeColumn,
              "windows are cut along time, and data `\(type.name)` has no time column",
              at: Label(batch.span), help: ["use `batch: shuffled(n)`"]))
          return nil
        }
        if let argument = arguments.first(where: { $0.label == "length" }),
          case .expression(let value) = argument.value, let length = value.integerLiteral
        {
          if let whole = type.length?.value, length > whole {
            report(
              Diagnostic(
                .sliceOutOfRange,
                "a window of \(length) samples is longer than data `\(type.name)`, which has \(whole)",
                at: Label(batch.span)))
            return nil
          }
        }
      }
      // Windows and slices have lengths of their own: the loss is elaborated for any.
      let isCut =
        batching?.first.map { if case .call("windows", _) = $0.value { true } else { false } }
        ?? false
      let isSliced = study.options.contains { $0.key.text == "validate" || $0.key.text == "test" }
      if type.timeColumn != nil, isCut || isSliced {
        let length = environment.substitution.freshSize(
          named: "length of \(type.name)", rigid: true)
        example = relength(type, to: length)
      }
    }
    let loss = lossInstance(lossID, example: example, dataset: dataset, lossExpression.span)
    let checked = options(study.options, table: OptionRow.train, command: "train", data: data)
    guard let loss, let checked, penaltiesFit(checked, loss) else { return nil }
    let stages = checked.filter { $0.key == "optimize" || $0.key == "then" }
    guard stages.first?.key == "optimize" else {
      report(
        Diagnostic(
          .missingOption, "`train` needs `optimize:`", at: Label(study.optionsSpan ?? study.span),
          help: ["write `optimize: adam(lr: 1e-2), steps: 500`"]))
      return nil
    }
    for stage in stages where stage.subOption("steps") == nil && stage.subOption("epochs") == nil {
      report(
        Diagnostic(
          .missingOption, "`\(stage.key):` needs `steps:` or `epochs:`", at: Label(stage.span),
          help: ["tie it with a comma: `\(stage.key): adam(lr: 1e-2), steps: 500`"]))
      return nil
    }
    for stage in stages where stage.subOption("steps") != nil && stage.subOption("epochs") != nil {
      report(
        Diagnostic(
          .duplicateOption, "`\(stage.key):` has both `steps:` and `epochs:`", at: Label(stage.span)
        ))
      return nil
    }
    warnOfUnusedBatch(checked, stages)
    return .train(
      TrainCommand(
        name: name, loss: loss, data: data, stages: stages,
        options: checked.filter { $0.key != "optimize" && $0.key != "then" }, span: study.span))
  }

  /// A batch for all stages, where each takes all the data.
  private mutating func warnOfUnusedBatch(_ options: [OptionValue], _ stages: [OptionValue]) {
    guard let batch = options.first(where: { $0.key == "batch" }),
      case .call(let kind, _) = batch.value, kind != "all"
    else { return }
    let reads = stages.contains { stage in
      guard stage.subOption("batch") == nil, case .call(let name, _) = stage.value else {
        return false
      }
      return SettingCall.optimizers.first { $0.name == name }?.takesAll == false
    }
    if reads { return }
    report(
      Diagnostic(
        .unusedOption, "no stage uses this batch", at: Label(batch.span),
        help: [
          "`lbfgs` takes all the data at each step; `optimize: lbfgs(), steps: 100, batch: \(kind)(…)` gives it one fixed batch"
        ]))
  }

  /// The loss and the data set that a command names.
  mutating func lossAndData(
    _ lossExpression: Expression, _ dataExpression: Expression?
  ) -> (DeclarationID, TypedExpression?)? {
    let lossValue = evaluate(lossExpression)
    var data: TypedExpression?
    var fine = true
    if let dataExpression {
      let typed = elaborate(dataExpression)
      data = asDataset(typed)
      fine = data != nil
      if !fine, !typed.isInvalid {
        report(
          Diagnostic(
            .notADataset, "behind `on` stands a data set, found \(text(typed.type))",
            at: Label(dataExpression.span)))
      }
    }
    guard case .loss(let id) = lossValue else {
      if case .invalid = lossValue { return nil }
      report(
        Diagnostic(
          .notALoss, "`\(sourceText(lossExpression.span))` is \(found(lossValue)), not a loss",
          at: Label(lossExpression.span), help: ["write `loss fit(w) = mse(…, w.x)`"]))
      return nil
    }
    environment.caches.used.insert(id)
    return fine ? (id, data) : nil
  }

  /// A solution is a data set of its states, too.
  private mutating func asDataset(_ value: TypedExpression) -> TypedExpression? {
    switch resolve(value.type) {
    case .dataset: return value
    case .solution: return samplesAsDataset(value)
    case .error, .tensor, .string, .tuple, .record, .run, .interval, .nothing: return nil
    }
  }

  /// The samples of a solution as data: one experiment, or one for each trajectory of a batch. nil for what is no solution.
  mutating func samplesAsDataset(_ value: TypedExpression) -> TypedExpression? {
    guard case .solution(let solution) = resolve(value.type), solution.leading.count <= 1 else {
      return nil
    }
    let length: Size
    let isRagged: Bool
    switch solution.samples {
    case .saved(let count): (length, isRagged) = (count, false)
    case .steps: (length, isRagged) = (stepsSize(of: value), !solution.leading.isEmpty)
    }
    let type = DatasetType(
      name: "this solution",
      example: solution.fields.map { Field($0.name, $0.type.lifted(by: [length])) },
      timeColumn: "t", length: length, count: solution.leading.first, isRagged: isRagged)
    return TypedExpression(value.kind, .dataset(type), value.span)
  }

  // MARK: print

  mutating func printItem(_ expression: Expression) -> PrintItem? {
    let label = sourceText(expression.span)
    pending.append([])
    defer { pending.removeLast() }
    let value = evaluate(expression)
    switch value {
    case .invalid: return nil
    case .ode(let id):
      guard elaboratedOde(id, expression.span) != nil else { return nil }
      let name = environment.declarations[id.rawValue].name
      return .declaration(name: name, kind: "ode", weights: weights(of: value) ?? [])
    case .instance:
      return .declaration(name: label, kind: "layer", weights: weights(of: value) ?? [])
    case .term: return .declaration(name: label, kind: "term", weights: weights(of: value) ?? [])
    case .expression, .record, .tuple, .range:
      let typed = asExpression(value, expression.span)
      return typed.isInvalid ? nil : .value(label: label, closed(typed))
    case .function, .closure, .template, .intrinsic, .family, .distribution, .part, .loss, .method,
      .solver, .openWidth:
      return .declaration(name: label, kind: value.kindText, weights: [])
    }
  }

  // MARK: plot

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
        guard var made = plotSeries(parts[1], parts[0], usesTime: false) else {
          fine = false
          continue
        }
        made.label = sourceText(expression.span)
        series.append(made)
        continue
      }
      guard let made = plotSeries(expression, node.against, usesTime: usesTime) else {
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
    _ expression: Expression, _ against: Expression?, usesTime: Bool
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
    switch resolve(value.type) {
    case .tensor, .tuple, .solution: break
    case .error, .string, .record, .dataset, .run, .interval, .nothing:
      report(
        .typeMismatch(
          expected: "numbers", found: text(value.type), at: expression.span, what: "a plot"))
      return nil
    }
    return PlotSeries(label: label, value: value, hasAbscissa: against != nil)
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

  // MARK: files

  mutating func fileName(_ expression: Expression) -> String? {
    let value = elaborate(expression)
    if value.isInvalid { return nil }
    guard let text = value.textLiteral else {
      report(
        .typeMismatch(
          expected: "a file's name", found: self.text(value.type), at: expression.span))
      return nil
    }
    return text
  }

  mutating func transfer(_ node: TransferCommand) -> TypedStatement? {
    let file = fileName(node.file)
    switch node.kind {
    case .write:
      let value = collectingBindings { $0.elaborate(node.subject) }
      guard let file, !value.isInvalid else { return nil }
      return .write(value, file: file, node.span)
    case .save, .load:
      let subject = evaluate(node.subject)
      if case .invalid = subject { return nil }
      guard let weights = weights(of: subject), !weights.isEmpty, let file else {
        if file != nil {
          report(
            Diagnostic(
              .unsavable,
              "`\(sourceText(node.subject.span))` has no weights to \(node.kind.rawValue)",
              at: Label(node.subject.span),
              help: ["weights belong to an ode, a layer or a `param`; `write` writes values"]))
        }
        return nil
      }
      let owner = sourceText(node.subject.span)
      return node.kind == .save
        ? .save(owner: owner, weights: weights, file: file, node.span)
        : .load(owner: owner, weights: weights, file: file, node.span)
    }
  }

  // MARK: explain, check, assert

  mutating func explain(_ node: ExplainCommand) -> TypedStatement? {
    let model = evaluate(node.model)
    let trajectory = collectingBindings { $0.elaborate(node.trajectory) }
    let file = node.destination.flatMap { fileName($0) }
    guard case .ode(let id) = model else {
      if case .invalid = model { return nil }
      report(
        Diagnostic(
          .notAnOde, "`explain` takes an ode, found \(found(model))", at: Label(node.model.span)))
      return nil
    }
    guard let ode = elaboratedOde(id, node.model.span), !trajectory.isInvalid,
      node.destination == nil || file != nil
    else { return nil }
    guard case .solution(let solution) = resolve(trajectory.type), solution.leading.isEmpty else {
      report(
        .typeMismatch(
          expected: "a solution", found: text(trajectory.type), at: node.trajectory.span,
          what: "behind `along`"))
      return nil
    }
    if environment.odes[ode.id]?.inputs.isEmpty == false {
      report(.notSupportedYet("`explain` of an ode with inputs", at: node.model.span))
      return nil
    }
    let states = environment.odes[ode.id]?.states.map(\.name) ?? []
    let own = solution.fields.map(\.name)
    if let missing = states.first(where: { !own.contains($0) }) {
      report(
        Diagnostic(
          .typeMismatch,
          "this solution of `\(solution.ode)` has no state `\(missing)`, which `\(ode.name)` reads",
          at: Label(node.trajectory.span)))
      return nil
    }
    return .explain(
      ExplainInstance(ode: ode.id, trajectory: trajectory, file: file, span: node.span))
  }

  mutating func checkGradients(_ node: CheckCommand) -> TypedStatement? {
    guard let (id, data) = lossAndData(node.loss, node.data) else { return nil }
    let checked = options(
      node.options, table: OptionRow.check, command: "check gradients", data: data)
    guard let loss = lossInstance(id, on: data, node.loss.span), let checked else { return nil }
    return .checkGradients(loss: loss, data: data, options: checked, node.span)
  }

  /// A loss for the examples of a data set.
  mutating func lossInstance(
    _ id: DeclarationID, on data: TypedExpression?, _ span: Span
  ) -> LossInstance? {
    guard let data, case .dataset(let type) = resolve(data.type) else {
      return lossInstance(id, example: nil, dataset: nil, span)
    }
    return lossInstance(id, example: type.example, dataset: type.name, span)
  }

  mutating func assertion(_ node: AssertCommand) -> TypedStatement? {
    var sides: [(text: String, value: TypedExpression)] = []
    let condition = collectingBindings { $0.elaborate(node.condition) }
    if condition.isInvalid { return nil }
    guard let type = tensor(condition), type.element == .boolean else {
      report(.conditionNotBool(found: text(condition.type), at: node.condition.span))
      return nil
    }
    for side in node.condition.comparedSides {
      let value = collectingBindings { $0.elaborate(side) }
      if !value.isInvalid { sides.append((sourceText(side.span), value)) }
    }
    return .assert(
      condition: condition, sides: sides, text: sourceText(node.condition.span), node.span)
  }
}

extension Expression {
  /// What a condition compares, through `&&`, `||`, `!` and what looks at all or any of many comparisons.
  fileprivate var comparedSides: [Expression] {
    switch kind {
    case .binary(let op, let a, let b):
      switch op.kind {
      case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: return [a, b]
      case .or, .and: return a.comparedSides + b.comparedSides
      case .add, .subtract, .multiply, .divide, .matrixProduct, .power: return []
      }
    case .prefix(_, let inner): return inner.comparedSides
    case .call(let call): return call.arguments.flatMap(\.value.comparedSides)
    case .number, .string, .column, .bool, .constant, .name, .tuple, .bracket, .record, .range,
      .pipe,
      .index, .field, .element, .derivative, .conditional, .block, .closure, .invalid:
      return []
    }
  }
}
