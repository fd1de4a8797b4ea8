import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  /// The weight at a path: made at the first visit of its place, found again at the next. `fits` is false, after a report,
  /// where it was found with another shape.
  mutating func weight(
    path: String, kind: Weight.Kind, type: Type, initial: Weight.Initial,
    group: WeightGroup? = nil, domain: Domain = .realLine, documentation: String? = nil, span: Span
  ) -> (id: WeightID, isNew: Bool, fits: Bool) {
    if let id = environment.weightsByPath[path], let known = environment.weights[id] {
      if let a = known.type.tensor, let b = type.tensor,
        !environment.substitution.unify(a.shape, b.shape)
      {
        report(
          .shapeExpected(
            text(a.shape), found: text(b.shape), what: "the weight `\(path)`", at: span,
            help: ["a layer has one set of weights; inputs of another width need another layer"]))
        return (id, false, false)
      }
      return (id, false, true)
    }
    let id = WeightID(environment.weights.count)
    var initial = initial
    // A child of `extends` starts from its parent's values.
    if kind != .parameter {
      for (child, parent) in inheritance where path.hasPrefix(child + ".") {
        let rest = path.dropFirst(child.count)
        if let source = environment.weightsByPath[parent + rest] { initial = .copy(of: source) }
      }
    }
    environment.weights[id] = Weight(
      id: id, path: path, kind: kind, type: type, group: group, initial: initial, domain: domain,
      prior: nil,
      documentation: documentation, span: span)
    environment.weightsByPath[path] = id
    return (id, true, true)
  }

  func read(_ id: WeightID, _ span: Span) -> TypedExpression {
    guard let weight = environment.weights[id] else {
      return TypedExpression(.weight(id), .error, span)
    }
    if weight.group != nil, !readsOneOfEach {
      return TypedExpression(.weights(id), weight.wholeType, span)
    }
    return TypedExpression(.weight(id), weight.type, span)
  }

  // MARK: learn(…)

  mutating func learn(_ call: Call, _ span: Span, name: String?) -> Meaning {
    learn(call.arguments.map { CallArgument($0) }, span, name: name)
  }

  /// `learn(0.5, in: (0, inf))`, `learn(normal(0, 0.1), shape: [n, width])`: a weight at this place.
  mutating func learn(_ arguments: [CallArgument], _ span: Span, name: String?) -> Meaning {
    guard
      let given = take(
        arguments, ["init", "in", "shape", "prior"], required: 1, callee: "learn", span),
      let initial = given["init"]
    else { return .invalid }
    guard let owner = frame.owner else {
      return fail(
        Diagnostic(
          .paramOutsideOwner, "`learn` makes a weight, which nothing here can own",
          at: Label(span), help: ["write a `param`, or put it into a `layer` or an `ode`"]))
    }
    let path = name.map { owners[owner].path(named: $0) } ?? owners[owner].place(of: "learn")
    let inNetwork = frame.kind == .layer || frame.standardizes
    return learned(
      path: path, initial: evaluateLearned(initial), given, inNetwork: inNetwork, span)
  }

  mutating func evaluateLearned(_ argument: CallArgument) -> Meaning { evaluate(argument) }

  mutating func learned(
    path: String, initial: Meaning, _ given: [String: CallArgument], inNetwork: Bool, _ span: Span
  ) -> Meaning {
    var shape: Shape?
    if let written = given["shape"] {
      guard let read = self.shape(evaluate(written), written.span) else { return .invalid }
      shape = read
    }
    pending.append([])
    var value: TypedExpression
    if case .distribution(let distribution) = initial {
      value = draw(distribution, shape: shape, span)
    } else {
      value = toReal(asExpression(initial, span))
    }
    if let shape, !value.isInvalid, resolve(tensor(value)?.shape ?? .scalar).isScalar {
      value = broadcast(value, to: shape)
    }
    value = closed(value)
    pending.removeLast()
    guard !value.isInvalid, var type = tensor(value), type.element == .real else {
      return .invalid
    }
    if !inNetwork, isBare(value) {
      type.unit = .uniform(freshUnit())
      value = relabelled(value, type.unit)
    }
    let (id, isNew, fits) = weight(
      path: path, kind: inNetwork ? .network : .parameter, type: .tensor(type),
      initial: .value(value), span: span)
    if !fits { return .invalid }
    if isNew {
      if let written = given["in"], let domain = domain(evaluate(written), type.unit, written.span)
      {
        environment.weights[id]?.domain = domain
        checkInside(domain, value, path, span)
      }
      if let written = given["prior"] { attachPrior(to: id, written.span) { $0.evaluate(written) } }
    }
    return .expression(read(id, span))
  }

  // MARK: param

  /// The weight of a `param` binding.
  mutating func parameter(
    _ binding: ParameterBinding, path: String, documentation: String?, inherited: WeightID? = nil
  ) -> WeightID? {
    if let id = environment.weightsByPath[path] { return id }
    // Initial values, domains and priors are those of all.
    let saved = readsOneOfEach
    readsOneOfEach = false
    defer { readsOneOfEach = saved }
    // Where its group is not to be found, which is said, it is one number to what follows.
    let group = binding.group.flatMap { weightGroup($0) }
    var declaredUnit: Unit?
    var declaredShape: Shape?
    if let annotation = binding.type {
      guard case .tensor(let element, let shape, let unit) = declared(annotation, bindsSizes: false)
      else { return nil }
      guard element == .real else {
        report(
          .typeMismatch(
            expected: "Real", found: element.rawValue, at: annotation.span,
            what: "a learned value"))
        return nil
      }
      declaredUnit = unit
      declaredShape = shape
    }
    guard let written = binding.value else {
      report(
        Diagnostic(
          .missingInitialValue, "`param \(binding.name.spelling)` needs a value to start from",
          at: Label(binding.span)))
      return nil
    }
    // Each member has a draw of its own.
    let isDrawnForEach = group != nil && written.isSample
    let wanted =
      isDrawnForEach
      ? (declaredShape ?? .scalar).lifted(by: [Size(group?.count ?? 0)]) : declaredShape
    pending.append([])
    var value = initialValue(written, shape: wanted, name: binding.name.spelling)
    value = closed(value)
    pending.removeLast()
    if value.isInvalid { return nil }
    guard let own = tensor(value), own.element != .boolean else {
      report(
        .typeMismatch(
          expected: "numbers", found: text(value.type), at: written.span,
          what: "`param \(binding.name.spelling)`"))
      return nil
    }
    value = toReal(value)
    let unit: UnitLabel =
      declaredUnit.map { .uniform($0) } ?? (isBare(value) ? .uniform(freshUnit()) : own.unit)
    value = fitted(
      value, to: .tensor(.real, wanted ?? own.shape, nil),
      what: "`param \(binding.name.spelling)`", adopts: true)
    value = adopted(value, unit: unit, what: "`param \(binding.name.spelling)`")
    guard !value.isInvalid, var type = tensor(value) else { return nil }
    type.unit = unit
    if isDrawnForEach { type.shape = declaredShape ?? .scalar }
    let initial: Weight.Initial = inherited.map { .copy(of: $0) } ?? .value(value)
    let (id, _, _) = weight(
      path: path, kind: .parameter, type: .tensor(type), initial: initial, group: group,
      documentation: documentation, span: binding.name.span)
    if let written = binding.domain, let domain = domain(evaluate(written), unit, written.span) {
      environment.weights[id]?.domain = domain
      checkInside(domain, value, binding.name.spelling, written.span)
    }
    if let written = binding.prior {
      attachPrior(to: id, written.span) { $0.evaluate(written) }
    }
    return id
  }

  /// What a `param`, a `state` or a `const` begins with. `sample d` fills the declared shape with
  /// independent draws; a bare distribution is a mistake that is common enough for words of its own.
  mutating func initialValue(_ written: Expression, shape: Shape?, name: String) -> TypedExpression
  {
    if case .prefix(let op, let operand) = written.kind, op.kind == .sample,
      case .distribution(let distribution) = evaluate(operand)
    {
      return draw(distribution, shape: shape, written.span)
    }
    let value = evaluate(written)
    if case .distribution(let distribution) = value {
      return failed(
        Diagnostic(
          .distributionAsValue,
          "`\(name)` is given a distribution, `\(distribution.family.name)`, where a value is needed",
          at: Label(written.span, "this is a distribution"),
          help: [
            "as a prior: `\(name) = 1 ~ \(sourceText(written.span))`",
            "to start from a draw: `\(name) = sample \(sourceText(written.span))`",
          ]), written.span)
    }
    return asExpression(value, written.span)
  }

  mutating func param(_ id: DeclarationID, _ binding: ParameterBinding, _ span: Span)
    -> TypedExpression
  {
    if let known = environment.caches.params[id] { return read(known, span) }
    let declaration = environment.declarations[id.rawValue]
    let made = declaring(id, span, recursive: WeightID?.none) { checker in
      checker.within(Frame(kind: .constant, module: declaration.module)) {
        $0.parameter(binding, path: binding.name.text, documentation: declaration.documentation)
      }
    }
    guard let made else {
      lost(at: span)
      return .invalid(span)
    }
    environment.caches.params[id] = made
    return read(made, span)
  }

  // MARK: domains and priors

  /// `(0, inf)`.
  mutating func domain(_ value: Meaning, _ unit: UnitLabel, _ span: Span) -> Domain? {
    var bounds: [TypedExpression] = []
    switch value {
    case .invalid: return nil
    case .expression(let typed):
      if case .tuple(let parts) = typed.kind { bounds = parts }
    case .tuple(let parts):
      bounds = parts.map { asExpression($0, span) }
    case .range(let range): bounds = [range.lower, range.upper]
    case .function, .closure, .template, .instance, .intrinsic, .family, .distribution, .ode, .part,
      .loss, .method, .solver, .record, .openWidth, .term:
      break
    }
    let converted = bounds.map { bound -> TypedExpression in
      if let literal = bound.literal, literal.isInfinite { return bound }
      return adopted(toReal(bound), unit: unit, what: "a domain")
    }
    if converted.contains(where: \.isInvalid) { return nil }
    guard converted.count == 2, let lower = converted[0].literal, let upper = converted[1].literal,
      lower < upper
    else {
      report(
        Diagnostic(
          .malformedDomain, "a domain is a pair of constants, the lower first",
          at: Label(span), help: ["write `in (0, inf)` or `in (0, 1)`"]))
      return nil
    }
    return Domain(lower: lower, upper: upper)
  }

  /// Whether the numbers that a constant is lie in a domain; what is no constant is not looked at.
  @discardableResult
  mutating func checkInside(
    _ domain: Domain, _ value: TypedExpression, _ name: String, _ span: Span,
    isOverride: Bool = false
  ) -> Bool {
    var inner = value
    while true {
      if case .relabelled(let next) = inner.kind { inner = next; continue }
      if case .broadcast(let next) = inner.kind { inner = next; continue }
      if case .scaled = inner.kind { return true }
      break
    }
    let values: [Double]
    if let literal = inner.literal {
      values = [literal]
    } else if case .array(let all) = inner.kind {
      values = all
    } else if case .linspace(let from, let to) = inner.kind, let a = from.literal,
      let b = to.literal
    {
      values = [a, b]
    } else {
      return true
    }
    // No bijection has to reach what a solve is given: there the ends are allowed.
    let isInside = { (value: Double) in
      isOverride
        ? value >= domain.lower && value <= domain.upper
        : value > domain.lower && value < domain.upper
    }
    guard let bad = values.first(where: { !isInside($0) }) else { return true }
    report(
      Diagnostic(
        .outsideDomain,
        "`\(name)` \(isOverride ? "is" : "starts at") \(Checker.short(bad)), outside its domain (\(Checker.short(domain.lower)), \(Checker.short(domain.upper)))",
        at: Label(span),
        also: value.span == span ? [] : [Label(value.span, "starts here")],
        help: isOverride ? [] : ["the domain is open: its ends are not in it"]))
    return false
  }

  static func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }

  /// - Parameter prior: What is written; what it computes belongs to the density.
  mutating func attachPrior(
    to id: WeightID, _ span: Span, _ prior: (inout Checker) -> Meaning
  ) {
    guard let type = environment.weights[id]?.wholeType else { return }
    let local = freshLocal(type)
    let density = collectingBindings { checker in
      let value = prior(&checker)
      guard case .distribution(let distribution) = value else {
        if case .invalid = value { return .invalid(span) }
        return checker.failed(
          Diagnostic(
            .priorNotDistribution, "a prior is a distribution, found \(checker.found(value))",
            at: Label(span), help: ["write `~ normal(1, 0.5)`"]), span)
      }
      let x = TypedExpression(.local(local), type, span)
      return checker.total(checker.logDensity(of: x, under: distribution, span), span)
    }
    if density.isInvalid { return }
    let prior = Prior(value: local, logDensity: density, description: sourceText(span))
    environment.weights[id]?.prior = prior
  }

  // MARK: param in a layer

  mutating func localParam(_ binding: ParameterBinding) {
    guard let owner = frame.owner else {
      report(
        Diagnostic(
          .paramOutsideOwner, "a `param` can't be declared here", at: Label(binding.span),
          help: ["put it at top level, into an `ode`, or into a `layer`"]))
      return
    }
    let path = owners[owner].path(named: binding.name.text)
    guard let id = parameter(binding, path: path, documentation: nil) else {
      declare(binding.name, .invalid, isVariable: false)
      return
    }
    declare(binding.name, .expression(read(id, binding.name.span)), isVariable: false)
  }

  // MARK: standardised inputs

  /// `(x − centre) / scale`, with buffers that are filled when training starts.
  mutating func standardized(_ value: TypedExpression, path: String, input: Int) -> TypedExpression
  {
    guard let type = tensor(value), type.element == .real,
      let builder = frame.odeScope.map({ odeScopes[$0].builder })
    else { return value }
    let plain = bind(plainInput(value))
    let shape = resolve(type.shape)
    let base = path + (input == 0 ? ".input" : ".input_\(input + 1)")
    func buffer(_ name: String, _ start: Double) -> WeightID {
      weight(
        path: base + "." + name, kind: .buffer, type: .real(shape),
        initial: .value(broadcast(number(start, value.span), to: shape)), span: value.span
      ).id
    }
    let center = buffer("center", 0)
    let scale = buffer("scale", 1)
    odeBuilders[builder].standardized.append(
      OdeInstance.StandardizedInput(
        term: odeBuilders[builder].currentTerm ?? "", value: plain, center: center, scale: scale,
        scaleOnly: odeBuilders[builder].currentTermIsSymmetric))
    let shifted = elementwise("sub", [plain, read(center, value.span)], value.span)
    return elementwise("div", [shifted, read(scale, value.span)], value.span)
  }
}

extension Expression {
  /// `sample d`.
  fileprivate var isSample: Bool {
    if case .prefix(let op, _) = kind { op.kind == .sample } else { false }
  }
}
