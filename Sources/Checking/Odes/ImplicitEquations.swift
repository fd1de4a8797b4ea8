import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// Equations that are not solved for a derivative: algebraic ones (`0 = …`), and those linear in derivatives (`C*(u2' - u1') = …`).
/// They stand for the derivatives of the states that have no equation of their own, the *free* ones, as many numbers as these have.
extension Checker {
  /// Takes an equation in, if it can be one.
  mutating func placeImplicit(_ entry: OdeEquation) {
    let equation = entry.equation
    let builder = odeScopes[entry.scope].builder
    if equation.left.isInvalid || equation.right.isInvalid {
      odeBuilders[builder].hasInvalid = true
      return
    }
    if equation.relation == .adds {
      odeBuilders[builder].hasInvalid = true
      report(
        .notSupportedYet(
          "adding to an equation that is not solved for a derivative", at: equation.span))
      return
    }
    odeBuilders[builder].implicitEquations.append(entry)
  }

  /// The states that implicit equations stand for, with the orders that they are read in.
  mutating func findFreeStates(_ builder: Int) {
    guard !odeBuilders[builder].implicitEquations.isEmpty else { return }
    var orders: [Int: Int] = [:]
    for entry in odeBuilders[builder].implicitEquations {
      for name in entry.equation.left.names.union(entry.equation.right.names) {
        let primes = name.reversed().prefix { $0 == "'" }.count
        guard let state = stateIndex(String(name.dropLast(primes)), in: entry.scope) else {
          continue
        }
        orders[state] = max(orders[state] ?? 0, primes)
      }
    }
    for index in odeBuilders[builder].states.indices {
      let state = odeBuilders[builder].states[index]
      guard state.equation == nil, state.elements.isEmpty, state.additions.isEmpty else { continue }
      odeBuilders[builder].states[index].isFree = true
      odeBuilders[builder].states[index].order = max(1, orders[index] ?? 0)
    }
    for entry in odeBuilders[builder].implicitEquations { checkLinear(entry) }
  }

  /// The highest derivatives of free states may stand in it, each to the first power; those below are states.
  private mutating func checkLinear(_ entry: OdeEquation) {
    let builder = odeScopes[entry.scope].builder
    let degree = DegreeInDerivatives { [self] name in
      guard
        let state = stateIndex(name.text, in: entry.scope).map({ odeBuilders[builder].states[$0] })
      else { return true }
      return !state.isFree || name.primes >= state.order
    }
    for side in [entry.equation.left, entry.equation.right] where degree(side) == nil {
      odeBuilders[builder].hasInvalid = true
      report(
        Diagnostic(
          .nonlinearLeftSide, "this side is not linear in its derivatives",
          at: Label(side.span), help: ["solve it for the derivative by hand: `x' = …`"]))
      return
    }
  }

  /// Right side less left side, of each implicit equation, in terms of the free states' derivatives too.
  mutating func implicitResiduals(_ builder: Int) -> [OdeInstance.Implicit] {
    odeBuilders[builder].isInImplicit = true
    defer { odeBuilders[builder].isInImplicit = false }
    var found: [(value: TypedExpression, span: Span)] = []
    for entry in odeBuilders[builder].implicitEquations {
      let saved = frame
      frame = Frame(
        kind: .ode, module: entry.module, names: entry.names, odeScope: entry.scope)
      frame.owner = newOwner(odeScopes[entry.scope].path)
      if let owner = frame.owner { owners[owner].counters = odeBuilders[builder].placeCounters }
      pending.append([])
      let equation = entry.equation
      let sides = [elaborate(equation.right), elaborate(equation.left)]
      var value =
        sides.contains { $0.isInvalid }
        ? TypedExpression.invalid(equation.span)
        : elementwise("sub", sides.map { toReal($0) }, equation.span, symbol: "=")
      value = closed(value)
      pending.removeLast()
      if let owner = frame.owner { odeBuilders[builder].placeCounters = owners[owner].counters }
      frame = saved
      if value.isInvalid {
        odeBuilders[builder].hasInvalid = true
      } else {
        found.append((value, equation.span))
      }
    }
    let rates = Set(odeBuilders[builder].states.compactMap(\.rate))
    let result = found.map { value, span in
      OdeInstance.Implicit(value: value, isAlgebraic: !reads(value, anyOf: rates), span: span)
    }
    if !odeBuilders[builder].hasInvalid { checkCounts(result, builder) }
    return result
  }

  /// As many numbers must be equal as there are to be found.
  private mutating func checkCounts(_ equations: [OdeInstance.Implicit], _ builder: Int) {
    func count(_ types: [Type]) -> Int? {
      types.reduce(Optional(0)) { sum, type in
        guard let sum, let sizes = resolve(type).tensor.map({ resolve($0.shape).sizes }) else {
          return nil
        }
        return sizes.reduce(Optional(1)) { product, size in
          guard let product, let n = resolve(size).value else { return nil }
          return product * n
        }.map { sum + $0 }
      }
    }
    let free = odeBuilders[builder].states.filter(\.isFree)
    guard let given = count(equations.map(\.value.type)), let wanted = count(free.map(\.type)),
      given != wanted
    else { return }
    let name = odeBuilders[builder].name
    let names = free.map { "`\($0.base)`" }.joined(separator: ", ")
    let without =
      free.isEmpty ? "every state has an equation of its own" : "without one of their own: \(names)"
    let numbers = "\(given) such equation\(given == 1 ? "" : "s")"
    if given > wanted, let last = equations.last {
      report(
        Diagnostic(
          .equationCount,
          "`\(name)` has more equations than states: \(numbers) beside \(wanted) state\(wanted == 1 ? "" : "s") (\(without))",
          at: Label(last.span, "not solved for a derivative"),
          help: ["leave one out, or declare a `state` that it determines"]))
    } else if let last = free.last {
      report(
        Diagnostic(
          .equationCount,
          "`\(name)` has fewer equations than states: \(numbers) for \(wanted) states (\(without))",
          at: Label(last.span, "has no equation of its own"),
          help: ["add an equation: `\(last.base)' = …`, or one that is not solved: `0 = …`"]))
    }
  }

  /// What a free state's derivative reads as: a value of its own among the implicit equations, nothing elsewhere.
  mutating func freeDerivative(_ index: Int, _ builder: Int, _ span: Span) -> TypedExpression {
    let state = odeBuilders[builder].states[index]
    let type = levelType(state, state.locals.count, odeBuilders[builder].timeUnit)
    guard odeBuilders[builder].isInImplicit else {
      let primes = String(repeating: "'", count: state.locals.count)
      return failed(
        Diagnostic(
          .derivativeOrder,
          "`\(state.base)\(primes)` is not known here: no equation is solved for it",
          at: Label(span),
          help: ["it can be read in equations that are not solved for a derivative"]), span)
    }
    let local = state.rate ?? freshLocal(type)
    odeBuilders[builder].states[index].rate = local
    return TypedExpression(.local(local), type, span)
  }

  /// What stands for the right side of a state that has none.
  func noSlope(_ type: Type, _ span: Span) -> TypedExpression {
    guard case .tensor(let tensor) = resolve(type) else { return .invalid(span) }
    var scalar = tensor
    scalar.shape = .scalar
    return broadcast(TypedExpression(.number(0), .tensor(scalar), span), to: tensor.shape)
  }
}
