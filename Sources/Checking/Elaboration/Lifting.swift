import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  // MARK: lifting

  /// A body with its parameters bound. An argument with more axes than its parameter declares is mapped
  /// over; one whose parameter declares none takes the least rank at which the body needs no lifting.
  mutating func applyBody(
    _ parameters: [Parameter], _ given: [(value: Meaning, span: Span)?], frame inner: Frame,
    callee: String, span: Span, isLibrary: Bool, isLayer: Bool = false, isClosure: Bool = false,
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
        // A draw is one example's: where examples are told apart, each has its own.
        if count == 0, leading == nil, !isLibrary,
          !isLayer, samples > before.samples,
          let most = sizes.map(\.count).max(), sizes.allSatisfy({ $0.count == most }), most > 0
        {
          let unlifted = self
          self = before
          var each = arguments
          for index in open { each[index].lift = most }
          let extents = sizes[0]
          let agree = sizes.allSatisfy {
            resolve(Shape($0)) == resolve(Shape(extents))
          }
          let value = agree ? run(each, extents, inner, callee, span, body) : .invalid
          if agree, errorCount == before.errorCount { return value }
          self = unlifted
        }
        let reduced = reductions > before.reductions
        if count == 0, reduced, leading == nil, !isLibrary {
          let name = arguments[open[0]].parameter.name.spelling
          if (sizes.map(\.count).max() ?? 0) > 1,
            alsoChecks(before, arguments, open, sizes, inner, callee, span, body)
          {
            self = before
            return fail(.ambiguousRank(name, of: callee, at: span))
          }
          // A closure's parameter is what its one call hands over; a `fn` is called with anything.
          if !isClosure, checksWithMoreAxes(before, arguments, open, inner, callee, span, body) {
            self = before
            return fail(.unfixedRank(name, of: callee, at: span))
          }
        }
        return value
      }
      // Only another shape can mend a mistake of shapes.
      let own = diagnostics[min(before.diagnostics.count, diagnostics.count)...]
      let hopeless = own.contains { $0.isError && !$0.code.rawValue.hasPrefix("E03") }
      if hopeless { return value }
      if firstTry == nil || count == 0 && leading == nil { firstTry = (self, value) }
      // Prefer a try with lifting but without errors to one with errors.
      if errorCount == before.errorCount, let first = firstTry,
        first.0.errorCount > before.errorCount
      {
        firstTry = (self, value)
      }
    }
    guard let first = firstTry else {
      return run(arguments, leading ?? [], inner, callee, span, body)
    }
    self = first.0
    return first.1
  }

  /// The type of one element of what is mapped over; nil after a report. A vector whose components differ in unit has no
  /// such type.
  mutating func peeled(
    _ value: TypedExpression, _ count: Int, _ callee: String, _ span: Span
  ) -> Type? {
    if value.isInvalid { return nil }
    if let type = resolve(value.type).peeled(count) { return type }
    if case .mixed(let units, _)? = tensor(value)?.unit {
      report(.mixedUnits(units.map { text($0) }.joined(separator: ", "), op: callee, at: span))
    } else {
      report(
        .typeMismatch(
          expected: "something with \(axes(count)) to be mapped over", found: text(value.type),
          at: span, what: "`\(callee)`"))
    }
    return nil
  }

  /// Whether the body also checks, without lifting, when mapped over one axis.
  func alsoChecks(
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

  /// Whether the body also takes its open arguments with one more axis, whole: then nothing in it fixes their ranks.
  private func checksWithMoreAxes(
    _ before: Checker, _ arguments: [LiftedArgument], _ open: [Int], _ inner: Frame,
    _ callee: String, _ span: Span, _ body: (inout Checker) -> Meaning
  ) -> Bool {
    var trial = before
    var deeper = arguments
    let extent = trial.environment.substitution.freshSize(rigid: true)
    for index in open {
      guard case .expression(let value) = arguments[index].value else { return false }
      let type = trial.resolve(value.type).lifted(by: [extent])
      let local = trial.freshLocal(type)
      trial.rankProbes.insert(local)
      deeper[index].value = .expression(TypedExpression(.local(local), type, value.span))
    }
    let probed = trial.probedReductions
    _ = trial.run(deeper, [], inner, callee, span, body)
    return trial.errorCount == before.errorCount && trial.lifts == before.lifts
      && trial.probedReductions > probed
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

  mutating func run(
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
  mutating func bindParameters(
    _ arguments: [LiftedArgument], _ inner: inout Frame, _ callee: String
  ) -> [Mapped.Argument]? {
    var mapped: [Mapped.Argument] = []
    for argument in arguments {
      let name = argument.parameter.name
      var value = argument.value
      if case .expression(let whole) = value {
        var typed = whole
        // Messages point at what was handed over, not at where it was made.
        if !librarySources.contains(argument.span.source) { typed.span = argument.span }
        if argument.lift > 0 {
          guard let peeled = peeled(whole, argument.lift, callee, argument.span) else { return nil }
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
