import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  /// The data set that a declaration makes.
  mutating func dataValue(_ id: DeclarationID, _ span: Span) -> Meaning {
    let declaration = environment.declarations[id.rawValue]
    guard case .data(let node) = declaration.kind else { return .invalid }
    let instance: DataInstance
    if let known = environment.caches.data[id] {
      instance = known
    } else {
      if failedData.contains(id) { return .invalid }
      let made = declaring(id, span, recursive: DataInstance?.none) { checker in
        checker.within(Frame(kind: .data, module: declaration.module)) { checker in
          checker.pending.append([])
          defer { checker.pending.removeLast() }
          return checker.dataInstance(node)
        }
      }
      guard let made else {
        lost(at: span)
        failedData.insert(id)
        return .invalid
      }
      environment.caches.data[id] = made
      instance = made
    }
    return .expression(
      TypedExpression(.session(instance.name), .dataset(instance.type), span))
  }

  private mutating func dataInstance(_ node: DataDeclaration) -> DataInstance? {
    guard case .call(let call) = node.value.kind, case .name(let name) = call.callee.kind else {
      report(notData(node.value.span))
      return nil
    }
    switch name.spelling {
    case "simulate": return simulation(node, call)
    case let spelling:
      if let function = DataCall.Function(rawValue: spelling) {
        return external(node, call, function)
      }
      let known = DataCall.Function.allCases.map(\.rawValue) + ["simulate"]
      let near = Suggestions.nearest(to: spelling, in: known)
      if near == nil, declaration(named: spelling) == nil, builtIn(spelling) == nil {
        report(.unknownName(spelling, at: name.span, near: known))
      } else {
        report(notData(node.value.span, help: near.map { ["did you mean `\($0)`?"] } ?? []))
      }
      return nil
    }
  }

  private func notData(_ span: Span, help: [String] = []) -> Diagnostic {
    Diagnostic(
      .notADataset,
      "a data set is `csv(…)`, `npz(…)`, `npy(…)`, `idx(…)`, `generate(…)` or `simulate(…)`",
      at: Label(span), help: help)
  }

  // MARK: simulate

  private mutating func simulation(_ node: DataDeclaration, _ call: Call) -> DataInstance? {
    let arguments = call.arguments.map { CallArgument($0) }
    let noise = arguments.first { $0.label?.spelling == "noise" }
    let rest = arguments.filter { $0.label?.spelling != "noise" }
    let span = node.value.span
    guard case .expression(let solved) = solve(rest, span), !solved.isInvalid,
      case .solution(let type) = resolve(solved.type)
    else {
      if let noise { _ = evaluate(noise) }
      return nil
    }
    guard case .saved(let length) = type.samples else {
      report(
        Diagnostic(
          .missingArgument, "`simulate` must be told when to observe: `at:` or `every:`",
          at: Label(span)))
      return nil
    }
    guard type.leading.count <= 1 else {
      report(
        .notSupportedYet("a simulated data set with \(type.leading.count) leading axes", at: span))
      return nil
    }
    var distribution: DistributionValue?
    if let noise {
      let value = evaluate(noise)
      guard case .distribution(let found) = value else {
        if case .invalid = value { return nil }
        report(
          .typeMismatch(
            expected: "a distribution", found: found(value), at: noise.span, what: "`noise:`"))
        return nil
      }
      distribution = found
    }
    let solution = bind(solved)
    var columns: [TypedExpression] = []
    var fields: [Field] = []
    for field in type.fields {
      let whole = field.type.lifted(by: type.leading + [length])
      var column = TypedExpression(.field(solution, field.name), whole, span)
      if let distribution, field.name != "t", let shape = whole.tensor?.shape {
        let noise = DistributionValue(
          family: distribution.family,
          parameters: distribution.parameters.map { value in
            distribution.family.hasUnits && isBare(value)
              ? relabelled(value, whole.tensor?.unit.difference ?? .one) : value
          }, shape: nil, span: distribution.span)
        let draw = draw(noise, shape: shape, span)
        column = elementwise("add", [column, draw], span, symbol: "noise")
      }
      if column.isInvalid { return nil }
      columns.append(column)
      fields.append(Field(field.name, field.type.lifted(by: [length])))
    }
    let record = Type.record(zip(fields, columns).map { Field($0.name, $1.type) })
    let value = closed(TypedExpression(.record(columns), record, span))
    return DataInstance(
      name: node.name.text,
      type: DatasetType(
        name: node.name.text, example: fields, timeColumn: "t", length: length,
        count: type.leading.first),
      source: .simulate(value), span: span)
  }

  // MARK: files and generators

  private mutating func external(
    _ node: DataDeclaration, _ call: Call, _ function: DataCall.Function
  ) -> DataInstance? {
    var arguments: [DataCall.LabelledArgument] = []
    for argument in call.arguments {
      // `npy` takes several files.
      if let label = argument.label, label.spelling != "file",
        arguments.contains(where: { $0.label == label.spelling })
      {
        report(
          Diagnostic(
            .duplicateLabel, "`\(label.spelling)` is given twice", at: Label(label.span)))
        return nil
      }
      guard let value = plainArgument(argument.value) else { return nil }
      arguments.append(
        DataCall.LabelledArgument(
          label: argument.label?.spelling, value: value, span: argument.value.span))
    }
    let data = DataCall(function: function, arguments: arguments, span: node.value.span)
    let schema: DataSchema
    switch host.schema(data) {
    case .failure(let diagnostic):
      report(diagnostic)
      return nil
    case .schema(let found): schema = found
    }
    if refuseInputs(of: schema, data) { return nil }
    let name = node.name.text
    let length =
      schema.timeColumn == nil
      ? nil
      : schema.length.map { Size($0) }
        ?? environment.substitution.freshSize(named: "length of \(name)", rigid: true)
    var fields: [Field] = []
    let units = columnUnits(data)
    for column in schema.columns {
      if column.isText {
        if units[column.name] != nil { report(.unitOfWords(column.name, at: data.span)) }
        continue
      }
      var shape = Shape(column.shape)
      if let length, column.alongTime { shape = shape.lifted(by: [length]) }
      let unit: UnitLabel =
        column.element == .real ? .uniform(units[column.name] ?? freshUnit()) : .one
      fields.append(
        Field(
          column.name,
          .tensor(
            TensorType(column.element, shape, unit: unit, hasGaps: column.hasGaps))))
    }
    return DataInstance(
      name: name,
      type: DatasetType(
        name: name, example: fields, timeColumn: schema.timeColumn, length: length,
        count: schema.count.map { Size($0) }, isRagged: schema.isRagged,
        experiments: schema.experiments, inputs: schema.inputs),
      source: .call(data), span: node.value.span)
  }

  /// Whether a column that is named as an input doesn't run along time.
  private mutating func refuseInputs(of schema: DataSchema, _ data: DataCall) -> Bool {
    for name in schema.inputs {
      guard let column = schema.columns.first(where: { $0.name == name }), !column.alongTime else {
        continue
      }
      report(
        Diagnostic(
          .inputWithoutTimes,
          schema.timeColumn == nil
            ? "the input `\(name)` has no times: these data are rows"
            : "the input `\(name)` has one value for each experiment, and no times",
          at: Label(data.argument("input")?.span ?? data.span),
          help: [
            schema.timeColumn == nil
              ? "name the times: `time: \"t\"`, or `time: rate(100)` of so many samples a second"
              : "a solve holds it: `input: {\(name): (t) -> w.\(name)}`"
          ]))
      return true
    }
    return false
  }

  /// The units that the call gives its columns, by the names of their fields.
  private func columnUnits(_ call: DataCall) -> [String: Unit] {
    var result: [String: Unit] = [:]
    if case .column(let name, let unit)? = call.argument("time")?.value { result[name] = unit }
    guard case .record(let fields)? = call.argument("columns")?.value else { return result }
    for field in fields {
      if case .column(_, let unit) = field.value { result[field.name] = unit }
    }
    return result
  }

  /// An argument that a file reader or a generator takes: plain values, no run-time ones.
  private mutating func plainArgument(_ expression: Expression) -> DataCall.Argument? {
    switch expression.kind {
    case .string(let text): return .text(text)
    case .bracket(let parts) where !parts.isEmpty && parts.allSatisfy { $0.text != nil }:
      return .texts(parts.compactMap(\.text))
    case .column(let column):
      guard let unit = unit(column.unit) else { return nil }
      return .column(column.name, unit: unit)
    case .bool(let value): return .boolean(value)
    case .range(let range):
      let lower = elaborate(range.lower)
      let upper = elaborate(range.upper)
      if lower.isInvalid || upper.isInvalid { return nil }
      guard let a = lower.literal, let b = upper.literal else {
        report(.notConstant("an interval of a data set", at: expression.span))
        return nil
      }
      return .interval(a, b)
    case .record(let fields):
      var values: [(name: String, value: DataCall.Argument)] = []
      for field in fields {
        guard let value = plainArgument(field.value) else { return nil }
        values.append((field.name.spelling, value))
      }
      return .record(values)
    case .call(let call):
      guard case .name(let name) = call.callee.kind else { break }
      if declaration(named: name.spelling) != nil
        || Intrinsic(rawValue: name.spelling)?.isScalarFunction == true
        || name.spelling == "linspace"
      {
        break
      }
      var arguments: [DataCall.LabelledArgument] = []
      for argument in call.arguments {
        guard let value = plainArgument(argument.value) else { return nil }
        arguments.append(
          DataCall.LabelledArgument(
            label: argument.label?.spelling, value: value, span: argument.value.span))
      }
      return .call(name.spelling, arguments)
    case .closure(let closure):
      guard closure.parameters.count == 1 else {
        report(
          .typeMismatch(
            expected: "a function of one number", found: "one of \(closure.parameters.count)",
            at: expression.span))
        return nil
      }
      let local = freshLocal(.real)
      let body = collectingBindings { checker in
        let value = checker.callClosure(
          ClosureValue(closure: closure, frame: checker.frame),
          [
            CallArgument(
              .expression(TypedExpression(.local(local), .real, expression.span)),
              span: expression.span)
          ], expression.span, name: "this function")
        return checker.toReal(checker.asExpression(value, expression.span))
      }
      return body.isInvalid ? nil : .function(local, body)
    case .number, .constant, .name, .tuple, .bracket, .prefix, .binary, .pipe, .index, .field,
      .element, .derivative, .conditional, .block, .invalid:
      break
    }
    var value = elaborate(expression)
    if value.isInvalid { return nil }
    while case .relabelled(let inner) = value.kind { value = inner }
    switch value.kind {
    case .integer(let integer): return .integer(integer)
    case .number(let number): return .number(number)
    case .boolean(let truth): return .boolean(truth)
    case .text(let text): return .text(text)
    case .array(let values):
      return .array(values, shape: tensor(value)?.shape.values ?? [values.count])
    case .linspace(let a, let b):
      if let from = a.literal, let to = b.literal, let count = tensor(value)?.shape.values?.first {
        return .array(
          (0..<count).map {
            count == 1 ? from : from + (to - from) * Double($0) / Double(count - 1)
          }, shape: [count])
      }
    case .size, .local, .session, .weight, .weights, .elementwise, .select, .toReal, .scaled,
      .relabelled, .broadcast, .reduce, .matmul, .windows, .convolve, .pick, .concatenate, .stack,
      .reshape, .transpose, .reverse, .slice, .index, .gather, .shift, .iota, .tuple, .element,
      .record, .field, .bindings, .conditional, .fold, .scan, .map, .calculus, .draw, .solve,
      .point, .spectral, .interpolate, .example, .part, .invalid:
      break
    }
    report(.notConstant("an argument of a data set", at: expression.span))
    return nil
  }
}

extension Expression {
  /// What is written in quotes, where that is all.
  fileprivate var text: String? {
    if case .string(let text) = kind { text } else { nil }
  }
}
