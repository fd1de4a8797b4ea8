import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// An argument of a call: as written, or already a value (what a pipe hands over).
struct CallArgument {
  enum Source {
    case syntax(Expression)
    case value(Meaning)
  }
  var label: Name?
  var source: Source
  var span: Span

  init(_ argument: Argument) {
    label = argument.label
    source = .syntax(argument.value)
    span = argument.value.span
  }
  init(_ value: Meaning, span: Span, label: Name? = nil) {
    self.label = label
    source = .value(value)
    self.span = span
  }

  var syntax: Expression? { if case .syntax(let expression) = source { expression } else { nil } }
}

extension Checker {
  mutating func evaluate(_ argument: CallArgument) -> Meaning {
    switch argument.source {
    case .syntax(let expression): evaluate(expression)
    case .value(let value): value
    }
  }

  mutating func elaborate(_ argument: CallArgument) -> TypedExpression {
    asExpression(evaluate(argument), argument.span)
  }

  // MARK: calls as written

  mutating func call(_ call: Call, _ span: Span) -> Meaning {
    var arguments = call.arguments.map { CallArgument($0) }
    if let closure = call.trailingClosure {
      arguments.append(
        CallArgument(.closure(ClosureValue(closure: closure, frame: frame)), span: closure.span))
    }
    if case .field(let base, let name) = call.callee.kind {
      let value = evaluate(base)
      if case .invalid = value {
        for argument in arguments { _ = evaluate(argument) }
        return .invalid
      }
      if let result = method(name, of: value, base.span, arguments, span) { return result }
      let callee = field(value, name, base.span, call.callee.span)
      return apply(callee, arguments, span, calleeSpan: call.callee.span, name: name.spelling)
    }
    if case .name(let name) = call.callee.kind, frame.odeScope != nil, isOdeState(name) {
      return earlierState(name, call, span)
    }
    let callee = evaluate(call.callee)
    return apply(
      callee, arguments, span, calleeSpan: call.callee.span, name: calleeName(call.callee))
  }

  func calleeName(_ expression: Expression) -> String {
    switch expression.kind {
    case .name(let name): name.spelling
    case .call(let call): calleeName(call.callee)
    case .field(_, let name): name.spelling
    case .number, .string, .column, .bool, .constant, .tuple, .bracket, .record, .prefix, .binary,
      .range, .pipe, .index, .element, .derivative, .conditional, .block, .closure, .invalid:
      "this function"
    }
  }

  /// `x |> stage`.
  mutating func pipe(_ input: Expression, into stage: Expression, _ span: Span) -> Meaning {
    let value = evaluate(input)
    let first = CallArgument(value, span: input.span)
    if case .call(let call) = stage.kind {
      var rest = call.arguments.map { CallArgument($0) }
      if let closure = call.trailingClosure {
        rest.append(
          CallArgument(.closure(ClosureValue(closure: closure, frame: frame)), span: closure.span))
      }
      if case .field(let base, let name) = call.callee.kind {
        let owner = evaluate(base)
        if let result = method(name, of: owner, base.span, [first] + rest, span) { return result }
      }
      let callee = evaluate(call.callee)
      if case .template(let id) = callee {
        let instance = instantiate(id, rest, call.argumentsSpan)
        return apply(
          instance, [first], span, calleeSpan: stage.span, name: calleeName(call.callee))
      }
      return apply(
        callee, [first] + rest, span, calleeSpan: call.callee.span, name: calleeName(call.callee))
    }
    let callee = evaluate(stage)
    return apply(callee, [first], span, calleeSpan: stage.span, name: calleeName(stage))
  }

  /// Calls whatever can be called.
  mutating func apply(
    _ callee: Meaning, _ arguments: [CallArgument], _ span: Span, calleeSpan: Span, name: String
  ) -> Meaning {
    switch callee {
    case .invalid:
      for argument in arguments { _ = evaluate(argument) }
      return .invalid
    case .function(let id): return callFunction(id, arguments, span)
    case .closure(let closure): return callClosure(closure, arguments, span, name: name)
    case .template(let id):
      let declaration = environment.declarations[id.rawValue]
      if case .layer(let layer) = declaration.kind, let hyper = layer.hyperparameters,
        hyper.allSatisfy({ $0.defaultValue != nil }),
        arguments.count == (layer.inputs?.count ?? 0), arguments.allSatisfy({ $0.label == nil }),
        arguments.contains(where: { if case .value = $0.source { true } else { false } })
      {
        let instance = instantiate(id, [], span)
        return apply(instance, arguments, span, calleeSpan: calleeSpan, name: name)
      }
      return instantiate(id, arguments, span)
    case .instance(let instance): return callLayer(instance, arguments, span, name: name)
    case .intrinsic(let intrinsic): return self.intrinsic(intrinsic, arguments, span)
    case .family(let family): return .expressionless(distribution(family, arguments, span))
    case .method(let method): return solver(method, arguments, span)
    case .expression(let value):
      if case .solution = resolve(value.type) { return interpolation(value, arguments, span) }
      for argument in arguments { _ = evaluate(argument) }
      return fail(
        .notCallable(
          "a value of type \(text(value.type))", at: calleeSpan,
          help: ["a product needs `*`; an element is `x[i]`"]))
    case .distribution, .ode, .part, .loss, .solver, .range, .record, .tuple, .openWidth, .term:
      for argument in arguments { _ = evaluate(argument) }
      var help: [String] = []
      if case .ode = callee { help = ["an ode is run by `solve(\(name), …)`"] }
      if case .loss = callee { help = ["a loss is used by `train \(name) on data { … }`"] }
      return fail(.notCallable(callee.kindText, at: calleeSpan, help: help))
    }
  }

  // MARK: arguments to parameters

  /// Values for parameters, in their order; nil after a report. Defaults are nil: the callee's frame
  /// gives them.
  mutating func arrange(
    _ arguments: [CallArgument], for parameters: [Parameter], callee: String, _ span: Span
  ) -> [(value: Meaning, span: Span)?]? {
    var result: [(value: Meaning, span: Span)?] = Array(repeating: nil, count: parameters.count)
    var next = 0
    var fine = true
    for argument in arguments {
      let index: Int
      if let label = argument.label {
        guard let found = parameters.firstIndex(where: { $0.name.spelling == label.spelling })
        else {
          report(
            .unknownLabel(
              label.spelling, of: callee, at: label.span,
              labels: parameters.map(\.name.spelling)))
          fine = false
          continue
        }
        if result[found] != nil {
          report(
            Diagnostic(
              .duplicateLabel, "`\(label.spelling)` is given twice", at: Label(label.span)))
          fine = false
          continue
        }
        index = found
        recorder?.note(label, .invalid, definition: parameters[found].name.span)
      } else {
        while next < parameters.count, result[next] != nil { next += 1 }
        guard next < parameters.count else {
          report(.tooManyArguments(callee, takes: parameters.count, at: argument.span))
          fine = false
          continue
        }
        index = next
      }
      result[index] = (evaluate(argument), argument.span)
    }
    for (index, parameter) in parameters.enumerated()
    where result[index] == nil && parameter.defaultValue == nil {
      if fine { report(.missingArgument(parameter.name.spelling, of: callee, at: span)) }
      fine = false
    }
    return fine ? result : nil
  }

  // MARK: functions

  mutating func callFunction(
    _ id: DeclarationID, _ arguments: [CallArgument], _ span: Span
  ) -> Meaning {
    let declaration = environment.declarations[id.rawValue]
    guard case .function(let function) = declaration.kind, spend(span) else { return .invalid }
    guard
      let values = arrange(
        arguments, for: function.parameters, callee: declaration.name, span)
    else { return .invalid }
    return declaring(id, span, recursive: .invalid) { checker in
      var frame = Frame(kind: .function, module: declaration.module)
      frame.differentiated = function.body.differentiatedNames
      return checker.applyBody(
        function.parameters, values, frame: frame, callee: declaration.name, span: span,
        isLibrary: declaration.module == 0
      ) { checker in
        let value = checker.evaluate(function.body)
        return checker.checkedResult(value, function.result, function.body.span)
      }
    }
  }

  /// Counts a call; false, after a report, where a program unrolls without end in sight.
  mutating func spend(_ span: Span) -> Bool {
    budget.calls += 1
    if budget.calls <= CallBudget.limit { return true }
    report(.nestingTooDeep(at: span))
    return false
  }

  mutating func checkedResult(_ value: Meaning, _ result: TypeExpression?, _ span: Span) -> Meaning
  {
    guard let result else { return value }
    let typed = asExpression(value, span)
    let wanted = declared(result, bindsSizes: false)
    return .expression(fitted(typed, to: wanted, what: "the result", adopts: false))
  }

  mutating func callClosure(
    _ closure: ClosureValue, _ arguments: [CallArgument], _ span: Span, name: String
  ) -> Meaning {
    guard spend(span),
      let values = arrange(arguments, for: closure.closure.parameters, callee: name, span)
    else { return .invalid }
    var inner = closure.frame
    inner.differentiated.formUnion(closure.closure.body.differentiatedNames)
    return applyBody(
      closure.closure.parameters, values, frame: inner, callee: name, span: span,
      isLibrary: false, isClosure: true
    ) { $0.evaluate(closure.closure.body) }
  }

}

extension Meaning {
  /// A distribution, or nothing after a report.
  static func expressionless(_ distribution: DistributionValue?) -> Meaning {
    distribution.map { .distribution($0) } ?? .invalid
  }
}
