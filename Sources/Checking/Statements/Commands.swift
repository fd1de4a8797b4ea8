import NodalDiagnostics
import NodalIR
import NodalSyntax
import NodalTypes

extension Checker {
  // MARK: train

  mutating func train(_ study: Study, name: String?) -> TypedStatement? {
    guard case .train(let lossExpression, let dataExpression) = study.kind else {
      switch study.kind {
      case .infer: report(.notSupportedYet("`infer`", at: study.span))
      case .uncertainty(let run):
        return uncertainty(study, of: run, name: nil)?.statement
      case .residuals(let run): return residuals(study, of: run, name: nil)?.statement
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
    var dataset: DatasetType?
    if let data, case .dataset(let type) = resolve(data.type) {
      dataset = type
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
      let isSliced = study.options.contains {
        ["validate", "test", "horizon", "shooting", "collocation"].contains($0.key.text)
      }
      if type.timeColumn != nil, isCut || isSliced {
        example = ofAnyLength(type)
      }
    }
    let loss = lossOfAnyLength(lossID, example: example, of: dataset, lossExpression.span)
    let checked = options(study.options, table: OptionRow.train, command: "train", data: data)
    guard let loss, let checked, penaltiesFit(checked, loss), ratesFit(checked),
      canShoot(checked, loss, dataset), canCollocate(checked, loss, dataset)
    else { return nil }
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
    warnOfLooseTolerance(checked, loss)
    return .train(
      TrainCommand(
        name: name, loss: loss, data: data, stages: stages,
        options: checked.filter { $0.key != "optimize" && $0.key != "then" }, span: study.span))
  }

  /// A solver whose errors make the loss rough, unless that is meant.
  private mutating func warnOfLooseTolerance(_ options: [OptionValue], _ loss: LossInstance) {
    if case .expression(let value)? = options.first(where: { $0.key == "loose" })?.value,
      value.booleanLiteral == true
    {
      return
    }
    var found: (rtol: Double, span: Span)?
    loss.expression.walk { part in
      guard case .solve(let solve) = part.kind,
        case .adaptive(let rtol, _) = solve.settings.stepping, rtol > 1e-4, found == nil
      else { return }
      found = (rtol, solve.span)
    }
    guard let (rtol, span) = found else { return }
    report(
      Diagnostic(
        .looseTolerance,
        "`\(loss.name)` solves with `rtol` \(rtol), which makes the loss and its gradient rough",
        at: Label(span),
        help: [
          "1e-4 and less is smooth enough for most fits; `loose: true` in `train` says that it is meant"
        ]))
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
      guard let ode = elaboratedOde(id, expression.span) else { return nil }
      let name = environment.declarations[id.rawValue].name
      return .declaration(name: name, kind: "ode", ode: ode.id, weights: weights(of: value) ?? [])
    case .instance:
      return .declaration(name: label, kind: "layer", ode: nil, weights: weights(of: value) ?? [])
    case .term:
      return .declaration(name: label, kind: "term", ode: nil, weights: weights(of: value) ?? [])
    case .expression, .record, .tuple, .range:
      let typed = asExpression(value, expression.span)
      return typed.isInvalid ? nil : .value(label: label, closed(typed))
    case .function, .closure, .template, .intrinsic, .family, .distribution, .part, .loss, .method,
      .solver, .openWidth:
      return .declaration(name: label, kind: value.kindText, ode: nil, weights: [])
    }
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
    if environment.odes[ode.id]?.readsEarlierStates == true {
      report(
        .notSupportedYet("`explain` of an ode that reads earlier states", at: node.model.span))
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
  private mutating func ofAnyLength(_ type: DatasetType) -> [Field] {
    relength(
      type,
      to: environment.substitution.freshSize(named: "length of \(type.name)", rigid: true))
  }

  /// A loss that also takes parts of its examples, where it can be such a one and inputs of learned terms are scaled by what it makes of them. What is a
  /// mistake for examples as long as they are is one.
  private mutating func lossOfAnyLength(
    _ id: DeclarationID, example: [Field]?, of dataset: DatasetType?, _ span: Span
  ) -> LossInstance? {
    var other = self
    guard let loss = lossInstance(id, example: example, of: dataset, span) else { return nil }
    guard let dataset, dataset.timeColumn != nil, dataset.length?.value != nil,
      example == dataset.example, errorCount == other.errorCount,
      loss.odes.contains(where: { environment.odes[$0]?.standardized.isEmpty == false })
    else { return loss }
    let before = other.errorCount
    let general = other.lossInstance(id, example: other.ofAnyLength(dataset), of: dataset, span)
    guard let general, other.errorCount == before else { return loss }
    self = other
    return general
  }

  mutating func lossInstance(
    _ id: DeclarationID, on data: TypedExpression?, _ span: Span
  ) -> LossInstance? {
    guard let data, case .dataset(let type) = resolve(data.type) else {
      return lossInstance(id, example: nil, of: nil, span)
    }
    return lossInstance(id, example: type.example, of: type, span)
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
