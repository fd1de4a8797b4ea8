import NodalDiagnostics
import NodalIR
import NodalSyntax
import NodalTypes

extension Checker {
  /// The options of a command against its table.
  mutating func options(
    _ options: [Option], table: [OptionRow], command: String, data: TypedExpression?,
    others: [(command: String, table: [OptionRow])] = []
  ) -> [OptionValue]? {
    var result: [OptionValue] = []
    var seen: [String: Span] = [:]
    var fine = true
    for option in options {
      let key = option.key.text
      guard let row = table.first(where: { $0.key == key }) else {
        report(unknownKey(option.key, table, command, others))
        fine = false
        continue
      }
      if row.isLater {
        report(.notSupportedYet("`\(key):` of `\(command)`", at: option.span))
        fine = false
        continue
      }
      if let first = seen[key], !row.repeats {
        report(
          Diagnostic(
            .duplicateOption, "`\(key):` is given twice", at: Label(option.key.span),
            also: [Label(first, "first here")]))
        fine = false
        continue
      }
      seen[key] = option.key.span
      var value: OptionValue.Value?
      if let dataExpression = option.data {
        value = perExample(option.value, on: dataExpression)
      } else {
        value = optionValue(option.value, row.kind, key, data)
      }
      var subs: [OptionValue] = []
      var seenSubs: [String: Span] = [:]
      for sub in option.subOptions {
        guard let kind = row.subKeys[sub.key.text] else {
          let isTop = table.contains { $0.key == sub.key.text }
          report(
            Diagnostic(
              isTop ? .misplacedOption : .unknownOption,
              isTop
                ? "`\(sub.key.text):` does not belong to `\(key):`"
                : "`\(key):` has no setting `\(sub.key.text):`", at: Label(sub.key.span),
              help: [
                isTop
                  ? "put it on a line of its own: a comma ties it to `\(key):`"
                  : Suggestions.nearest(to: sub.key.text, in: Array(row.subKeys.keys)).map {
                    "did you mean `\($0):`?"
                  }
                    ?? (row.subKeys.isEmpty
                      ? "`\(key):` has no further settings"
                      : "it has " + Suggestions.list(row.subKeys.keys.sorted()))
              ]))
          fine = false
          continue
        }
        if let first = seenSubs[sub.key.text] {
          report(
            Diagnostic(
              .duplicateOption, "`\(sub.key.text):` is given twice", at: Label(sub.key.span),
              also: [Label(first, "first here")]))
          fine = false
          continue
        }
        seenSubs[sub.key.text] = sub.key.span
        guard let read = optionValue(sub.value, kind, sub.key.text, data) else {
          fine = false
          continue
        }
        subs.append(OptionValue(key: sub.key.text, value: read, subOptions: [], span: sub.span))
      }
      guard let value else {
        fine = false
        continue
      }
      result.append(OptionValue(key: key, value: value, subOptions: subs, span: option.span))
    }
    return fine ? result : nil
  }

  private func unknownKey(
    _ key: Name, _ table: [OptionRow], _ command: String,
    _ others: [(command: String, table: [OptionRow])]
  ) -> Diagnostic {
    if let parent = table.first(where: { $0.subKeys[key.text] != nil }) {
      return Diagnostic(
        .misplacedOption, "`\(key.text):` belongs to `\(parent.key):`", at: Label(key.span),
        help: ["tie it with a comma: `\(parent.key): …, \(key.text): …`"])
    }
    let names = table.map(\.key)
    var help: [String] = []
    if let best = Suggestions.nearest(to: key.text, in: names) {
      help.append("did you mean `\(best):`?")
    } else {
      help.append("`\(command)` has " + Suggestions.list(names))
    }
    return Diagnostic(
      .unknownOption, "`\(command)` has no option `\(key.text):`", at: Label(key.span), help: help)
  }

  private mutating func optionValue(
    _ expression: Expression, _ kind: OptionRow.Kind, _ key: String, _ data: TypedExpression?
  ) -> OptionValue.Value? {
    switch kind {
    case .optimizer:
      return setting(expression, of: SettingCall.optimizers, key, what: "an optimiser")
    case .batch: return setting(expression, of: SettingCall.batches, key, what: "a batch")
    case .stop: return setting(expression, of: SettingCall.stops, key, what: "a rule to stop by")
    case .horizon:
      return setting(
        expression, of: SettingCall.horizons, key, what: "how far to look",
        units: timeUnit(of: data).map { ["from": $0, "to": $0] } ?? [:])
    case .shooting:
      return setting(expression, of: SettingCall.shootings, key, what: "a way to cut the data")
    case .uncertainty: return uncertaintyOption(expression, key)
    case .penalty: return penalty(expression)
    case .rate: return rates(expression)
    case .integer, .number, .text, .boolean: return plainOption(expression, kind, key)
    case .weights: return weightsOption(expression)
    case .gradient: return gradientOption(expression)
    case .slice:
      let value = whole(expression)
      if value.isInvalid { return nil }
      if case .dataset = resolve(value.type) { return .data(value) }
      return scalarOption(value, key)
    case .report:
      if case .call(let call) = expression.kind, case .name(let name) = call.callee.kind,
        name.spelling == "nfe"
      {
        var subject: Meaning?
        if call.arguments.count == 1 { subject = evaluate(call.arguments[0].value) }
        if case .invalid? = subject { return nil }
        guard case .ode(let id)? = subject else {
          report(
            Diagnostic(
              .notAnOde, "`nfe` counts the evaluations of an ode", at: Label(expression.span),
              help: ["write `report: nfe(model)`"]))
          return nil
        }
        guard let ode = elaboratedOde(id, expression.span) else { return nil }
        return .call("nfe", [OptionValue.Argument(label: nil, value: .ode(ode.id))])
      }
      let value = whole(expression)
      return value.isInvalid ? nil : .expression(value)
    case .any, .schedule:
      let value = whole(expression)
      return value.isInvalid ? nil : .expression(value)
    }
  }

  /// `laplace()`, `profile(swing.L, swing.k)`.
  private mutating func uncertaintyOption(
    _ expression: Expression, _ key: String
  ) -> OptionValue.Value? {
    if case .call(let call) = expression.kind, case .name(let name) = call.callee.kind,
      name.spelling == "profile"
    {
      var arguments: [OptionValue.Argument] = []
      for argument in call.arguments {
        guard let ids = weightsOption(argument.value) else { return nil }
        arguments.append(.init(label: nil, value: ids))
      }
      return .call("profile", arguments)
    }
    return setting(expression, of: SettingCall.uncertainties, key, what: "a method")
  }

  /// `gradient: adjoint`.
  private mutating func gradientOption(_ expression: Expression) -> OptionValue.Value? {
    if case .name(let name) = expression.kind, GradientMode(rawValue: name.spelling) != nil {
      return .text(name.spelling)
    }
    report(
      Diagnostic(
        .optionValue, "`gradient:` takes the name of a way to differentiate",
        at: Label(expression.span),
        help: ["there are " + Suggestions.list(GradientMode.allCases.map(\.rawValue))]))
    return nil
  }

  /// A value with what it binds inside it.
  private mutating func whole(_ expression: Expression) -> TypedExpression {
    collectingBindings { $0.elaborate(expression) }
  }

  private mutating func scalarOption(_ value: TypedExpression, _ key: String)
    -> OptionValue.Value?
  {
    guard let type = tensor(value), resolve(type.shape).isScalar else {
      report(
        .typeMismatch(
          expected: "a number, or a part of the data", found: text(value.type), at: value.span,
          what: "`\(key):`"))
      return nil
    }
    return .expression(toReal(value))
  }

  private mutating func plainOption(
    _ expression: Expression, _ kind: OptionRow.Kind, _ key: String
  ) -> OptionValue.Value? {
    let value = elaborate(expression)
    if value.isInvalid { return nil }
    func wrong(_ expected: String) -> OptionValue.Value? {
      report(
        Diagnostic(
          .optionValue, "`\(key):` takes \(expected), found \(text(value.type))",
          at: Label(expression.span)))
      return nil
    }
    switch kind {
    case .integer:
      guard let integer = value.integerLiteral else { return wrong("a constant integer") }
      if integer < (key == "seed" ? Int.min : 1) { return wrong("a positive integer") }
      return .expression(value)
    case .number:
      guard let literal = value.literal, literal.isFinite else { return wrong("a constant number") }
      guard literal > 0 else {
        report(
          Diagnostic(
            .optionValue, "`\(key):` is a number above 0", at: Label(expression.span)))
        return nil
      }
      return .expression(toReal(value))
    case .boolean:
      guard value.booleanLiteral != nil else { return wrong("`true` or `false`") }
      return .expression(value)
    case .text, .optimizer, .batch, .penalty, .rate, .slice, .schedule, .weights, .any, .report,
      .gradient, .stop, .horizon, .shooting, .uncertainty:
      guard let text = value.textLiteral else { return wrong("a string") }
      return .text(text)
    }
  }

  /// `adam(lr: 1e-2)`, `windows(length: 20)`, `all`.
  private mutating func setting(
    _ expression: Expression, of rows: [SettingCall], _ key: String, what: String,
    units: [String: UnitLabel] = [:]
  ) -> OptionValue.Value? {
    var name: Name?
    var arguments: [Argument] = []
    if case .name(let own) = expression.kind { name = own }
    if case .call(let call) = expression.kind, case .name(let own) = call.callee.kind {
      name = own
      arguments = call.arguments
    }
    guard let name, let row = rows.first(where: { $0.name == name.spelling }) else {
      let best = name.flatMap { Suggestions.nearest(to: $0.spelling, in: rows.map(\.name)) }
      report(
        Diagnostic(
          .optionValue, "`\(key):` takes \(what)", at: Label(expression.span),
          help: [
            best.map { "did you mean `\($0)`?" } ?? "there are "
              + Suggestions.list(rows.map(\.name))
          ]))
      return nil
    }
    if row.isLater {
      report(.notSupportedYet("`\(row.name)`", at: expression.span))
      return nil
    }
    guard
      let given = take(
        arguments.map { CallArgument($0) }, row.parameters, required: row.required,
        callee: row.name, expression.span)
    else { return nil }
    var values: [OptionValue.Argument] = []
    for parameter in row.parameters {
      guard let argument = given[parameter] else { continue }
      if parameter == "lr", let syntax = argument.syntax, case .call(let call) = syntax.kind,
        case .name(let schedule) = call.callee.kind,
        SettingCall.schedules.contains(where: { $0.name == schedule.spelling })
      {
        guard let read = setting(syntax, of: SettingCall.schedules, "lr", what: "a schedule")
        else { return nil }
        values.append(OptionValue.Argument(label: parameter, value: read))
        continue
      }
      var value = elaborate(argument)
      if let unit = units[parameter] {
        value = adopted(value, unit: unit, what: "`\(parameter):` of `\(row.name)`")
      }
      if value.isInvalid { return nil }
      let isCount = [
        "length", "count", "history", "evaluations", "over", "looks", "stages", "trials",
      ].contains(parameter)
      if isCount, value.integerLiteral.map({ $0 < 1 }) ?? true {
        report(
          Diagnostic(
            .optionValue, "`\(parameter):` of `\(row.name)` is a positive integer",
            at: Label(argument.span)))
        return nil
      }
      guard value.isConstant else {
        report(.notConstant("`\(parameter):` of `\(row.name)`", at: argument.span))
        return nil
      }
      values.append(OptionValue.Argument(label: parameter, value: .expression(value)))
    }
    return .call(row.name, values)
  }

  /// That of the times of a data set, where it has any.
  private func timeUnit(of data: TypedExpression?) -> UnitLabel? {
    guard let data, case .dataset(let type) = resolve(data.type) else { return nil }
    return type.timeField?.type.tensor?.unit
  }

  /// `freeze: net`, `freeze: [net, swing.L]`.
  mutating func weightsOption(_ expression: Expression) -> OptionValue.Value? {
    if case .bracket(let parts) = expression.kind {
      var all: [WeightID] = []
      for part in parts {
        guard case .weights(let ids)? = weightsOption(part) else { return nil }
        all += ids
      }
      return .weights(all)
    }
    let value = evaluate(expression)
    if case .invalid = value { return nil }
    guard let ids = weights(of: value) else {
      report(
        Diagnostic(
          .unknownWeight, "nothing learned is named here", at: Label(expression.span),
          help: ["name a `param`, a layer, an ode, or `model.L`"]))
      return nil
    }
    return .weights(ids)
  }

  /// All weights below a named thing.
  mutating func weights(of value: Meaning) -> [WeightID]? {
    func below(_ path: String) -> [WeightID] {
      environment.weightsByPath.filter { $0.key == path || $0.key.hasPrefix(path + ".") }
        .map(\.value).sorted()
    }
    switch value {
    case .ode(let id):
      _ = elaboratedOde(id, environment.declarations[id.rawValue].span)
      return below(environment.declarations[id.rawValue].name)
    case .instance(let instance): return instance.path.map(below)
    case .term(let ode, let label):
      return environment.odes[ode].map { below($0.name + "." + label) }
    case .expression(let typed):
      var found: [WeightID] = []
      typed.walk { if let id = $0.kind.weight { found.append(id) } }
      return found.isEmpty ? nil : found
    case .record(let fields):
      let all = fields.compactMap { weights(of: $0.value) }.flatMap { $0 }
      return all.isEmpty ? nil : all
    case .function, .closure, .template, .intrinsic, .family, .distribution, .part, .loss, .method,
      .solver, .range, .tuple, .openWidth, .invalid:
      return nil
    }
  }

  /// `error_rate on held`: a function of one example, averaged over the data.
  private mutating func perExample(
    _ expression: Expression, on data: Expression
  ) -> OptionValue.Value? {
    let set = elaborate(data)
    if set.isInvalid { return nil }
    guard case .dataset(let type) = resolve(set.type) else {
      report(
        Diagnostic(
          .notADataset, "behind `on` stands a data set, found \(text(set.type))",
          at: Label(data.span)))
      return nil
    }
    let callee = evaluate(expression)
    if case .loss(let id) = callee {
      return lossInstance(id, example: type.example, of: type, expression.span)
        .map { .perExample($0, data: set) }
    }
    let local = freshLocal(.record(type.example))
    exampleParameters[local] = type
    let argument = CallArgument(
      .expression(TypedExpression(.local(local), .record(type.example), expression.span)),
      span: expression.span)
    let body = collectingBindings { checker in
      let value = checker.apply(
        callee, [argument], expression.span, calleeSpan: expression.span,
        name: checker.calleeName(expression))
      return checker.toReal(checker.asExpression(value, expression.span))
    }
    guard !body.isInvalid, tensor(body)?.shape.isScalar == true else {
      if !body.isInvalid {
        report(
          .shapeExpected(
            "a scalar", found: text(tensor(body)?.shape ?? .scalar), what: "a measure",
            at: expression.span))
      }
      return nil
    }
    let used = uses(of: body)
    return .perExample(
      LossInstance(
        name: calleeName(expression), dataset: type.name, parameter: local,
        parameterType: .record(type.example), body: .value(body), weights: used.weights,
        odes: used.odes, span: expression.span), data: set)
  }
}
