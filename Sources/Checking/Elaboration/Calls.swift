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
      if case .invalid = value { return .invalid }
      if let result = method(name, of: value, base.span, arguments, span) { return result }
      let callee = field(value, name, base.span, call.callee.span)
      return apply(callee, arguments, span, calleeSpan: call.callee.span, name: name.spelling)
    }
    if case .name(let name) = call.callee.kind, frame.odeScope != nil, name.primes == 0,
      isOdeState(name)
    {
      return fail(
        .notSupportedYet("a state at an earlier time, `\(name.spelling)(…)`,", at: span))
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
    case .number, .string, .bool, .constant, .tuple, .bracket, .record, .prefix, .binary, .range,
      .pipe, .index, .element, .derivative, .conditional, .block, .closure, .invalid:
      "this function"
    }
  }

  /// `x |> stage`.
  mutating func pipe(_ input: Expression, into stage: Expression, _ span: Span) -> Meaning {
    let value = evaluate(input)
    if case .invalid = value { return .invalid }
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
    guard case .function(let function) = declaration.kind else { return .invalid }
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

  mutating func checkedResult(_ value: Meaning, _ result: TypeExpression?, _ span: Span) -> Meaning {
    guard let result else { return value }
    let typed = asExpression(value, span)
    let wanted = declared(result, bindsSizes: false)
    return .expression(fitted(typed, to: wanted, what: "the result", adopts: false))
  }

  mutating func callClosure(
    _ closure: ClosureValue, _ arguments: [CallArgument], _ span: Span, name: String
  ) -> Meaning {
    guard
      let values = arrange(arguments, for: closure.closure.parameters, callee: name, span)
    else { return .invalid }
    var inner = closure.frame
    inner.differentiated.formUnion(closure.closure.body.differentiatedNames)
    return applyBody(
      closure.closure.parameters, values, frame: inner, callee: name, span: span,
      isLibrary: false
    ) { $0.evaluate(closure.closure.body) }
  }

  // MARK: lifting

  /// A body with its parameters bound. An argument with more axes than its parameter declares is mapped
  /// over; one whose parameter declares none takes the least rank at which the body needs no lifting.
  mutating func applyBody(
    _ parameters: [Parameter], _ given: [(value: Meaning, span: Span)?], frame inner: Frame,
    callee: String, span: Span, isLibrary: Bool, isLayer: Bool = false,
    _ body: (inout Checker) -> Meaning
  ) -> Meaning {
    if given.contains(where: { if case .invalid? = $0?.value { true } else { false } }) {
      return .invalid
    }
    var inner = inner
    var arguments: [LiftedArgument] = []
    // Size variables of the list are bound anew at each call.
    let outer = frame
    frame = inner
    for (parameter, argument) in zip(parameters, given) {
      var lifted = LiftedArgument(parameter: parameter, span: argument?.span ?? parameter.span)
      if let type = parameter.type {
        lifted.type = declared(type, bindsSizes: true)
      }
      if let argument {
        lifted.value = argument.value
      } else if let preset = parameter.defaultValue {
        lifted.value = evaluate(preset)
        lifted.span = preset.span
      }
      if case .range(let range) = lifted.value, case .tensor? = lifted.type,
        let array = integerRange(range)
      {
        lifted.value = .expression(array)
      }
      if case .expression(let value) = lifted.value, isLayer {
        lifted.value = .expression(plainInput(value))
      }
      // A scalar input of a layer counts as length 1, as in a bracket.
      if isLayer, case .tensor(_, let shape, _)? = lifted.type, shape.rank == 1,
        case .expression(let value) = lifted.value, let own = tensor(value),
        resolve(own.shape).isScalar
      {
        var vector = own
        vector.shape = Shape([1])
        lifted.value = .expression(
          TypedExpression(.reshape(toReal(value)), .tensor(vector), value.span))
      }
      // Hyperparameters and defaults are visible to what stands behind them.
      if case .expression(let value) = lifted.value, value.literal != nil {
        frame.names[parameter.name.spelling] = LocalName(
          value: .expression(value), isVariable: false, span: parameter.name.span)
      }
      arguments.append(lifted)
    }
    inner.sizes = frame.sizes
    frame = outer

    // Axes beyond the declared rank.
    var leading: [Size]?
    for index in arguments.indices {
      guard case .expression(let value) = arguments[index].value, let type = tensor(value) else {
        continue
      }
      guard case .tensor(_, let shape, _)? = arguments[index].type else { continue }
      let own = resolve(type.shape)
      guard own.rank > shape.rank else { continue }
      let extra = Array(own.sizes.prefix(own.rank - shape.rank))
      arguments[index].lift = extra.count
      if let known = leading {
        guard known.count == extra.count,
          zip(known, extra).allSatisfy({ environment.substitution.unify($0, $1) })
        else {
          return fail(
            .leadingAxesDisagree(
              text(Shape(known)), text(Shape(extra)), callee: callee, at: span))
        }
      } else {
        leading = extra
      }
    }
    let open = arguments.indices.filter { index in
      guard arguments[index].type == nil, case .expression(let value) = arguments[index].value,
        let type = tensor(value)
      else { return false }
      return resolve(type.shape).rank > 0
    }
    if open.isEmpty {
      return run(arguments, leading ?? [], inner, callee, span, body)
    }
    // How many leading axes the arguments without a declared rank may share.
    let sizes = open.map { index -> [Size] in
      guard case .expression(let value) = arguments[index].value else { return [] }
      return resolve(tensor(value)?.shape ?? .scalar).sizes
    }
    var candidates: [Int] = []
    if let leading {
      candidates = [leading.count, 0]
    } else {
      candidates = Array(0...(sizes.map(\.count).max() ?? 0))
    }
    let before = self
    var firstTry: (Checker, Meaning)?
    for count in candidates {
      self = before
      var trial = arguments
      var extents = leading ?? []
      var possible = true
      for (index, own) in zip(open, sizes) where count > 0 && own.count >= count {
        let extra = Array(own.prefix(count))
        if extents.isEmpty {
          extents = extra
        } else if extents.count != extra.count
          || !zip(extents, extra).allSatisfy({ resolve(Shape([$0])) == resolve(Shape([$1])) })
        {
          possible = false
        }
        trial[index].lift = count
      }
      if !possible { continue }
      let value = run(trial, extents, inner, callee, span, body)
      let ownLifts = lifts - before.lifts - (extents.isEmpty ? 0 : 1)
      if errorCount == before.errorCount, ownLifts <= 0 {
        let reduced = reductions > before.reductions
        if count == 0, reduced, leading == nil, !isLibrary, (sizes.map(\.count).max() ?? 0) > 1,
          alsoChecks(before, arguments, open, sizes, inner, callee, span, body)
        {
          let name = arguments[open[0]].parameter.name
          self = before
          return fail(.ambiguousRank(name.spelling, of: callee, at: span))
        }
        return value
      }
      if firstTry == nil || count == 0 && leading == nil { firstTry = (self, value) }
      // Prefer a try with lifting but without errors to one with errors.
      if errorCount == before.errorCount, let first = firstTry,
        first.0.errorCount > before.errorCount
      {
        firstTry = (self, value)
      }
    }
    guard let first = firstTry else { return run(arguments, leading ?? [], inner, callee, span, body) }
    self = first.0
    return first.1
  }

  /// Whether the body also checks, without lifting, when mapped over one axis.
  private func alsoChecks(
    _ before: Checker, _ arguments: [LiftedArgument], _ open: [Int], _ sizes: [[Size]],
    _ inner: Frame, _ callee: String, _ span: Span, _ body: (inout Checker) -> Meaning
  ) -> Bool {
    var trial = before
    var mapped = arguments
    var extents: [Size] = []
    for (index, own) in zip(open, sizes) {
      guard let first = own.first else { continue }
      if extents.isEmpty { extents = [first] }
      guard trial.environment.substitution.unify(extents[0], first) else { return false }
      mapped[index].lift = 1
    }
    _ = trial.run(mapped, extents, inner, callee, span, body)
    return trial.errorCount == before.errorCount && trial.lifts - before.lifts <= 1
  }

  struct LiftedArgument {
    var parameter: Parameter
    var type: DeclaredType?
    var value: Meaning = .invalid
    var span: Span
    /// Leading axes that the call maps over.
    var lift = 0
    init(parameter: Parameter, span: Span) {
      self.parameter = parameter
      self.span = span
    }
  }

  private mutating func run(
    _ arguments: [LiftedArgument], _ extents: [Size], _ inner: Frame, _ callee: String,
    _ span: Span, _ body: (inout Checker) -> Meaning
  ) -> Meaning {
    var inner = inner
    if extents.isEmpty {
      guard bindParameters(arguments, &inner, callee) != nil else { return .invalid }
      return within(inner, body)
    }
    lifts += 1
    pending.append([])
    guard let mapped = bindParameters(arguments, &inner, callee) else {
      pending.removeLast()
      return .invalid
    }
    let value = within(inner, body)
    let result = asExpression(value, span)
    let bound = pending.removeLast()
    if result.isInvalid { return .invalid }
    let whole =
      bound.isEmpty ? result : TypedExpression(.bindings(bound, result), result.type, result.span)
    let type = resolve(result.type).lifted(by: extents)
    return .expression(
      TypedExpression(
        .map(Mapped(extents: extents, arguments: mapped, body: whole)), type, span))
  }

  /// Puts the parameters into the frame; gives the arguments that are mapped over.
  private mutating func bindParameters(
    _ arguments: [LiftedArgument], _ inner: inout Frame, _ callee: String
  ) -> [Mapped.Argument]? {
    var mapped: [Mapped.Argument] = []
    for argument in arguments {
      let name = argument.parameter.name
      var value = argument.value
      if case .expression(let whole) = value {
        var typed = whole
        if argument.lift > 0 {
          guard let peeled = resolve(whole.type).peeled(argument.lift) else { return nil }
          let local = freshLocal(peeled)
          mapped.append(Mapped.Argument(local: local, type: peeled, value: whole))
          typed = TypedExpression(.local(local), peeled, whole.span)
        }
        if let type = argument.type {
          if case .compileTime = type {
            report(
              .argumentType(
                name.spelling, of: callee, expected: "a function", found: text(typed.type),
                at: argument.span))
            return nil
          }
          typed = fitted(
            typed, to: type, what: "argument `\(name.spelling)` of `\(callee)`", adopts: false)
          if typed.isInvalid { return nil }
        }
        value = .expression(
          inner.differentiated.contains(name.spelling)
            ? named(typed, name.spelling) : bind(typed, name: name.spelling))
      } else if let type = argument.type {
        switch type {
        case .any, .compileTime, .invalid: break
        case .tensor, .string, .record, .tuple, .dataset, .solution:
          if case .openWidth = value { break }
          let typed = fitted(
            asExpression(value, argument.span), to: type,
            what: "argument `\(name.spelling)` of `\(callee)`", adopts: false)
          if typed.isInvalid { return nil }
          value = .expression(bind(typed, name: name.spelling))
        }
      }
      if !name.isWildcard {
        inner.names[name.spelling] = LocalName(value: value, isVariable: false, span: name.span)
      }
    }
    return mapped
  }
}

extension Meaning {
  /// A distribution, or nothing after a report.
  static func expressionless(_ distribution: DistributionValue?) -> Meaning {
    distribution.map { .distribution($0) } ?? .invalid
  }
}
