import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// `learned drag = mlp(16)([θ, θ']) where odd(θ')`: what is written, made to have the properties that are named.
extension Checker {
  mutating func learnedTerm(_ term: LearnedTerm, _ scope: Int) -> Meaning {
    let builder = odeScopes[scope].builder
    let name = odeScopes[scope].prefix + term.name.text
    let structures = writtenStructures(term)
    let savedTerm = odeBuilders[builder].currentTerm
    let savedSymmetric = odeBuilders[builder].currentTermIsSymmetric
    odeBuilders[builder].currentTerm = name
    odeBuilders[builder].currentTermIsSymmetric =
      structures?.contains { $0.property.isParity } == true
    odeBuilders[builder].termNames.insert(name)
    frame.owner = newOwner(odeScopes[scope].path + "." + term.name.text)
    frame.standardizes = !term.isRaw
    var value = elaborate(term.value)
    frame.standardizes = false
    odeBuilders[builder].currentTerm = savedTerm
    odeBuilders[builder].currentTermIsSymmetric = savedSymmetric
    guard let structures, !value.isInvalid else { return .invalid }
    value = structured(value, by: structures, term: name)
    // Behind them: a drag has another unit than its coefficient.
    if let annotation = term.type { value = annotated(value, annotation, what: "`\(name)`") }
    return value.isInvalid ? .invalid : .expression(bind(value, name: name))
  }

  /// A value with all that is promised of it, in whatever order that is written: weights that are steered, then symmetry, then values that are confined.
  private mutating func structured(
    _ value: TypedExpression, by structures: [WrittenStructure], term: String
  ) -> TypedExpression {
    let wrong = TypedExpression.invalid(value.span)
    guard let symmetries = symmetries(structures, of: value, term),
      let range = range(structures, of: value, symmetries, term)
    else { return wrong }
    var value = value
    let monotone = structures.filter { $0.property == .monotone }
    var variables = MonotoneVariables()
    if !monotone.isEmpty {
      guard let found = monotoneVariables(monotone, of: value, term),
        let steered = steered(value, by: found, monotone, term)
      else { return wrong }
      variables = found
      value = steered
    }
    for symmetry in symmetries {
      value = symmetrized(value, symmetry, isOdd: symmetry.isOdd && !range.isDissipative)
    }
    // A symmetry may mix what rises with what falls.
    if !monotone.isEmpty, !symmetries.isEmpty,
      !isMonotone(value, by: variables, monotone, term)
    {
      return wrong
    }
    return confined(value, to: range)
  }

  // MARK: symmetry

  /// `odd(x, v)`: what changes sign together.
  struct Symmetry {
    let written: WrittenStructure
    let variables: [(id: LocalID, type: Type, value: TypedExpression)]
    var isOdd: Bool { written.property == .odd }
    var ids: Set<LocalID> { Set(variables.map(\.id)) }
  }

  private mutating func symmetries(
    _ structures: [WrittenStructure], of value: TypedExpression, _ term: String
  ) -> [Symmetry]? {
    var found: [Symmetry] = []
    // A drag's velocity, by which the term is multiplied, may be read by nothing else.
    let isDrag = structures.contains { $0.property == .dissipative }
    // Changes of sign that were named, each less the first name of those before it.
    var basis: [(pivot: LocalID, names: Set<LocalID>, isOdd: Bool)] = []
    for written in structures where written.property.isParity {
      let name = written.property.rawValue
      guard !written.node.arguments.isEmpty else {
        report(.missingArgument("x", of: name, at: written.span))
        return nil
      }
      var variables: [(id: LocalID, type: Type, value: TypedExpression)] = []
      for argument in written.node.arguments {
        let variable = elaborate(argument.value)
        if variable.isInvalid { return nil }
        guard case .local(let id) = variable.kind else {
          report(
            .wrongKind(
              name, is: "a structure in something that is no state", wanted: "a state's name",
              at: argument.span))
          return nil
        }
        // Such a term would be zero, or promise nothing.
        guard isDrag || reads(value, anyOf: [id]) else {
          report(.unreadByTerm(sourceText(argument.value.span), term, at: argument.span))
          return nil
        }
        if variables.contains(where: { $0.id == id }) { continue }
        variables.append((id, variable.type, variable))
      }
      let symmetry = Symmetry(written: written, variables: variables)
      var names = symmetry.ids
      var isOdd = symmetry.isOdd
      for known in basis where names.contains(known.pivot) {
        names.formSymmetricDifference(known.names)
        isOdd = isOdd != known.isOdd
      }
      if let pivot = names.min() {
        basis.append((pivot, names, isOdd))
      } else if isOdd, let other = found.last(where: { $0.isOdd != symmetry.isOdd }) ?? found.last {
        report(.structures(other.written, written, .signs))
        return nil
      }
      found.append(symmetry)
    }
    return found
  }

  /// `½(f(x) ∓ f(−x))`: odd or even in the named states by construction.
  private mutating func symmetrized(
    _ value: TypedExpression, _ symmetry: Symmetry, isOdd: Bool
  ) -> TypedExpression {
    let span = symmetry.written.span
    var mirrored = value
    for variable in symmetry.variables {
      let fresh = freshLocal(variable.type)
      let body = total(mirrored, of: variable.id, as: fresh, variable.type)
      let negative = elementwise("neg", [variable.value], span)
      mirrored = body.substituting([fresh: negative])
    }
    // What is looked up later is what is bound now, with the states' signs changed.
    mirrored.walk { node in
      guard case .bindings(let bound, _) = node.kind else { return }
      for one in bound { definitions[one.local] = one.value }
    }
    let sum = elementwise(isOdd ? "sub" : "add", [value, mirrored], span)
    return elementwise("mul", [number(0.5, span), sum], span)
  }

  // MARK: values

  /// What values a term is confined to.
  enum TermRange {
    case all
    case positive(Span)
    case negative(Span)
    /// In plain numbers of the term's unit.
    case bounded(middle: TypedExpression, half: TypedExpression, Span)
    case against(TypedExpression, Span)

    var isDissipative: Bool { if case .against = self { true } else { false } }
  }

  private mutating func range(
    _ structures: [WrittenStructure], of value: TypedExpression, _ symmetries: [Symmetry],
    _ term: String
  ) -> TermRange? {
    guard let written = structures.first(where: { $0.property.isRange }) else { return .all }
    let name = written.property.rawValue
    let arguments = written.node.arguments.map { CallArgument($0) }
    func takesNothing(_ checker: inout Checker) -> Bool {
      guard let first = arguments.first else { return !checker.countsFromElsewhere(value, name) }
      checker.report(.tooManyArguments(name, takes: 0, at: first.span))
      return false
    }
    switch written.property {
    case .positive: return takesNothing(&self) ? .positive(written.span) : nil
    case .negative: return takesNothing(&self) ? .negative(written.span) : nil
    case .bounded:
      guard
        let given = take(arguments, ["lo", "hi"], required: 2, callee: name, written.span),
        let low = given["lo"], let high = given["hi"],
        let range = bounds(low, high, of: value, written.span, term)
      else { return nil }
      guard case .bounded(let middle, let half, _) = range else { return range }
      if let odd = symmetries.first(where: \.isOdd), middle.literal != 0 {
        report(.structures(odd.written, written, .oddOfBounds))
        return nil
      }
      // Bounds that only a run knows may be the wrong way round.
      if let rising = structures.first(where: { $0.property == .monotone }), half.literal == nil {
        report(.structures(rising, written, .monotoneOfBounds))
        return nil
      }
      return range
    case .dissipative:
      guard let given = take(arguments, ["v"], required: 1, callee: name, written.span)?["v"]
      else { return nil }
      let velocity = toReal(elaborate(given))
      if velocity.isInvalid { return nil }
      for symmetry in symmetries {
        switch parity(of: velocity, under: symmetry.ids) {
        case .odd where symmetry.isOdd, .even where !symmetry.isOdd: continue
        case .odd, .even: report(.structures(symmetry.written, written, .drag))
        case .neither: report(.structures(symmetry.written, written, .unseenDrag))
        }
        return nil
      }
      return .against(velocity, written.span)
    case .raw, .odd, .even, .monotone, .convex, .conservative: return .all
    }
  }

  /// Whether, after a report, the zero of a term's unit is not that of its numbers.
  private mutating func countsFromElsewhere(_ value: TypedExpression, _ name: String) -> Bool {
    guard let unit = tensor(value)?.unit, unit.offset != 0 else { return false }
    report(
      Diagnostic(
        .offsetUnit, "`\(name)` of a temperature in `degC` could mean above 0 degC or above 0 K",
        at: Label(value.span), help: ["write `bounded(lo, hi)`"]))
    return true
  }

  /// Bounds take the unit of the term, or give theirs to it.
  private mutating func bounds(
    _ low: CallArgument, _ high: CallArgument, of value: TypedExpression, _ span: Span,
    _ term: String
  ) -> TermRange? {
    func bound(_ argument: CallArgument, _ which: String, _ checker: inout Checker)
      -> TypedExpression?
    {
      let given = checker.toReal(checker.elaborate(argument))
      if given.isInvalid { return nil }
      guard checker.isSteady(given) else {
        checker.report(.changingBound(checker.sourceText(argument.span), at: argument.span))
        return nil
      }
      guard let unit = checker.tensor(value)?.unit else { return nil }
      let what = "the \(which) bound of `\(term)`"
      let fit = checker.adopted(given, unit: unit, what: what)
      return fit.isInvalid ? nil : checker.relabelled(fit, .one)
    }
    guard let low = bound(low, "lower", &self), let high = bound(high, "upper", &self) else {
      return nil
    }
    let known = [low.literal, high.literal].compactMap(\.self)
    let isFinite = known.allSatisfy(\.isFinite)
    if !isFinite || known.count == 2 && !(known[0] < known[1]) {
      report(.malformedBounds(areFinite: isFinite, at: span))
      return nil
    }
    // Halves first: a difference of two large numbers need not be finite.
    let half = number(0.5, span)
    let a = elementwise("mul", [half, low], span)
    let b = elementwise("mul", [half, high], span)
    let middle = elementwise("add", [a, b], span)
    let width = elementwise("sub", [b, a], span)
    return middle.isInvalid || width.isInvalid ? nil : .bounded(middle: middle, half: width, span)
  }

  /// Whether nothing in it changes along a solution.
  private func isSteady(_ value: TypedExpression) -> Bool {
    let own = value.ownBinders
    return value.readLocals.subtracting(own).allSatisfy { id in
      definitions[id].map { isSteady($0) } ?? false
    }
  }

  /// The learned value as plain numbers, which a function confines. It keeps its unit; a coefficient takes the one that makes the term what its place needs.
  private mutating func confined(
    _ value: TypedExpression, to range: TermRange
  ) -> TypedExpression {
    guard !value.isInvalid, let type = tensor(value) else { return value }
    let plain = relabelled(toReal(value), .one)
    switch range {
    case .all: return value
    case .positive(let span): return relabelled(softplus(plain, span), type.unit)
    case .negative(let span):
      let mirrored = softplus(elementwise("neg", [plain], span), span)
      return relabelled(elementwise("neg", [mirrored], span), type.unit)
    case .bounded(let middle, let half, let span):
      // lo + (hi - lo) sigmoid(f), in the form that is odd where lo = -hi, to the last bit.
      let inner = elementwise("mul", [number(0.5, span), plain], span)
      let shape = resolve(tensor(plain)?.shape ?? .scalar)
      // A bound that is computed, and scalar, doesn't tell how many components the term has.
      func repeated(_ bound: TypedExpression) -> TypedExpression {
        resolve(tensor(bound)?.shape ?? .scalar).isScalar ? broadcast(bound, to: shape) : bound
      }
      var result = elementwise(
        "mul", [repeated(half), elementwise("tanh", [inner], span)], span)
      if middle.literal != 0 { result = elementwise("add", [repeated(middle), result], span) }
      return relabelled(result, type.unit)
    case .against(let velocity, let span):
      let isBare = isBare(value)
      var label = isBare ? UnitLabel.uniform(freshUnit()) : type.unit
      if case .mixed(let units, let depth)? = tensor(velocity)?.unit,
        case .uniform(let own) = label, !own.isKnown, !resolve(type.shape).isScalar
      {
        label = .mixed(units.map { _ in freshUnit() }, depth: depth)
      }
      let coefficient = relabelled(softplus(plain, span), label)
      return elementwise("neg", [elementwise("mul", [coefficient, velocity], span)], span)
    }
  }

  /// log(1 + exp(x)), without overflow.
  private mutating func softplus(_ value: TypedExpression, _ span: Span) -> TypedExpression {
    let x = bind(value)
    let size = elementwise("abs", [x], span)
    let rest = elementwise(
      "log1p", [elementwise("exp", [elementwise("neg", [size], span)], span)], span)
    return elementwise("add", [elementwise("max", [x, number(0, span)], span), rest], span)
  }
}
