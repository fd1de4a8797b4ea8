import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  /// A loss for one example of a data set; `example` nil: it reads none.
  mutating func lossInstance(
    _ id: DeclarationID, example: [Field]?, of dataset: DatasetType?, _ span: Span
  ) -> LossInstance? {
    let declaration = environment.declarations[id.rawValue]
    guard case .loss(let node) = declaration.kind else { return nil }
    environment.caches.used.insert(id)
    if node.parameters.count > 1 {
      report(
        .tooManyArguments(node.name.text, takes: 1, at: node.parameters[1].span))
      return nil
    }
    let type: Type = example.map { .record($0) } ?? .record([])
    let local = freshLocal(type)
    if let dataset { exampleParameters[local] = dataset }
    if let parameter = node.parameters.first, !parameter.name.isWildcard, example == nil {
      report(
        Diagnostic(
          .missingOption, "`\(node.name.text)` takes an example, and no data are given",
          at: Label(span), help: ["write `train \(node.name.text) on data { … }`"]))
      return nil
    }
    let result = declaring(id, span, recursive: LossInstance.Body?.none) { checker in
      var inner = Frame(kind: .loss, module: declaration.module)
      if let parameter = node.parameters.first, !parameter.name.isWildcard {
        inner.names[parameter.name.spelling] = LocalName(
          value: .expression(TypedExpression(.local(local), type, parameter.span)),
          isVariable: false, span: parameter.name.span)
      }
      return checker.within(inner) { $0.lossBody(node) }
    }
    guard let result else {
      lost(at: span)
      return nil
    }
    let whole: TypedExpression
    switch result {
    case .value(let value), .logDensity(let value): whole = value
    }
    var used = uses(of: whole)
    // What priors are made of is learned beside what they are of.
    if case .logDensity = result {
      var next = 0
      while next < used.weights.count {
        if let prior = environment.weights[used.weights[next]]?.prior {
          used.weights += uses(of: prior.logDensity).weights.filter { !used.weights.contains($0) }
        }
        next += 1
      }
    }
    if refuseGroups(of: used.weights, for: dataset, node.name.text, span) { return nil }
    return LossInstance(
      name: node.name.text, dataset: dataset?.name, parameter: local, parameterType: type,
      body: result,
      weights: used.weights, odes: used.odes, span: node.name.span)
  }

  mutating func lossBody(_ node: LossDeclaration) -> LossInstance.Body? {
    let savedObservations = observations
    let savedInLoss = inLoss
    observations = []
    inLoss = true
    defer {
      observations = savedObservations
      inLoss = savedInLoss
    }
    pending.append([])
    let value = evaluate(node.body)
    let terms = observations ?? []
    let observes = !terms.isEmpty || node.body.observes
    var result: TypedExpression
    if observes {
      if case .expression(let typed) = value, case .nothing = typed.type {
        // Only likelihood terms, as it should be.
        if terms.isEmpty {
          pending.removeLast()
          return nil
        }
      } else {
        pending.removeLast()
        report(
          Diagnostic(
            .mixedLossKinds, "loss `\(node.name.text)` has both `~` terms and a value",
            at: Label(valueSpan(node.body), "a value beside `~`"),
            help: ["a loss is a value, or a sum of log-likelihood terms `x ~ d`, not both"]))
        return nil
      }
      var sum = terms[0]
      for term in terms.dropFirst() {
        sum = elementwise("add", [sum, term], node.body.span, symbol: "~")
      }
      result = sum
    } else {
      result = asExpression(value, valueSpan(node.body))
      if case .nothing = result.type {
        pending.removeLast()
        report(
          Diagnostic(
            .blockWithoutValue, "loss `\(node.name.text)` has no value", at: Label(node.name.span)))
        return nil
      }
    }
    if result.isInvalid {
      pending.removeLast()
      return nil
    }
    guard let type = tensor(result), type.element != .boolean else {
      pending.removeLast()
      report(
        .typeMismatch(
          expected: "a number", found: text(result.type), at: valueSpan(node.body), what: "a loss"))
      return nil
    }
    let shape = resolve(type.shape)
    if shape.tail != nil { environment.substitution.closeTail(of: shape) }
    guard resolve(shape).isScalar else {
      pending.removeLast()
      report(
        .shapeExpected(
          "a scalar", found: text(shape), what: "a loss", at: valueSpan(node.body),
          help: ["`mean(…)` or `sum(…)` makes one number of an array"]))
      return nil
    }
    if let unit = uniformUnit(result, op: "loss") {
      if resolve(unit).isKnown, !resolve(unit).dimension.isNone {
        pending.removeLast()
        report(
          Diagnostic(
            .lossHasUnit, "a loss is a plain number, and this one is in `\(text(unit))`",
            at: Label(valueSpan(node.body)),
            help: ["`mse(a, b)` gives a plain number; `plain(x)` drops a unit"]))
        return nil
      }
      _ = environment.substitution.unify(unit, .one)
    }
    let whole = closed(toReal(result))
    pending.removeLast()
    if refuseSpectral(in: whole, "a loss") { return nil }
    return observes ? .logDensity(whole) : .value(whole)
  }

  func valueSpan(_ body: Body) -> Span {
    switch body {
    case .expression(let expression): expression.span
    case .block(let block): block.value?.span ?? block.span
    }
  }

  /// Weights and odes that an expression reads, odes' own included, in order of first use.
  func uses(of expression: TypedExpression) -> (weights: [WeightID], odes: [OdeID]) {
    var weights: [WeightID] = []
    var seen: Set<WeightID> = []
    var odes: [OdeID] = []
    func add(_ id: WeightID) {
      if seen.insert(id).inserted { weights.append(id) }
    }
    func visit(_ expression: TypedExpression) {
      expression.walk { node in
        if let id = node.kind.weight { add(id) }
        if let id = node.kind.ode, !odes.contains(id) {
          odes.append(id)
          if let ode = environment.odes[id] {
            for value in Checker.parts(of: ode) { visit(value) }
          }
        }
        // Equations outside of a solve, as in `transition_nll`.
        if case .bindings(let bounds, _) = node.kind {
          for bound in bounds {
            guard let ode = environment.odes.values.first(where: { $0.time == bound.local }),
              !odes.contains(ode.id)
            else { continue }
            odes.append(ode.id)
          }
        }
      }
    }
    visit(expression)
    return (weights, odes)
  }

  /// Weights that an ode reads, in order of first use.
  func weights(of ode: OdeInstance) -> [WeightID] {
    var seen: Set<WeightID> = []
    return Checker.parts(of: ode).flatMap { uses(of: $0).weights }.filter {
      seen.insert($0).inserted
    }
  }

  /// Every expression of an ode that a solve may run.
  static func parts(of ode: OdeInstance) -> [TypedExpression] {
    ode.bindings.map(\.value) + ode.implicit.map(\.value) + ode.states.map(\.derivative)
      + ode.states.compactMap(\.initial) + ode.outputs.map(\.value)
      + ode.events.flatMap(\.values) + ode.inputs.compactMap(\.value) + ode.noise.map(\.value)
      + ode.delays.map(\.value)
  }
}

extension TypedExpression.Kind {
  /// The ode whose equations it reads itself.
  fileprivate var ode: OdeID? {
    if case .solve(let solve) = self { return solve.ode }
    if case .point(let point) = self { return point.ode }
    return nil
  }
}

extension Body {
  /// Whether an `x ~ d` stands in it.
  fileprivate var observes: Bool {
    switch self {
    case .expression: false
    case .block(let block): block.statements.contains(where: \.observes)
    }
  }
}

extension LocalStatement {
  fileprivate var observes: Bool {
    switch self {
    case .observe: true
    case .for(let loop): loop.body.contains(where: \.observes)
    case .let, .var, .const, .param, .assign, .invalid: false
    }
  }
}
