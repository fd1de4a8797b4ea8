import NodalDiagnostics
import NodalIR
import NodalTypes

/// Constant numbers among the settings of a solver, in the unit they were written in.
struct SolverNumbers: Sendable {
  var numbers: [Double]
  var unit: UnitLabel
  var span: Span
}

/// A method with its settings, before an ode gives units to the times and the tolerances among them.
struct SolverValue: Sendable {
  enum Stepping: Sendable {
    case adaptive
    case step(SolverNumbers)
    case count(Int)
  }
  var method: String
  var stepping = Stepping.adaptive
  var rtol: Double
  var atol: SolverNumbers
  var firstStep: SolverNumbers?
  var controller = "pi"
  var maxSteps = 100_000
  var gradient = GradientMode.auto
  var joint = false
  var path = Noise.Path.steps
  /// What noise is keyed by in the place of where the solve stands in the program.
  var seed: Int?

  /// The defaults of a precision.
  init(method: String, precision: TypedProgram.Precision, span: Span) {
    self.method = method
    rtol = precision == .f32 ? 1e-5 : 1e-6
    atol = SolverNumbers(numbers: [precision == .f32 ? 1e-7 : 1e-9], unit: .one, span: span)
  }
}

extension Checker {
  /// The settings of `solver:` for an ode: in its unit of time, and in its states' units.
  mutating func settings(
    _ argument: CallArgument?, for ode: OdeInstance, _ span: Span
  ) -> (SolverSettings, noise: PlaceID?)? {
    var value = Meaning.solver(
      SolverValue(method: "auto", precision: environment.precision, span: span))
    if let argument {
      value = evaluate(argument)
      if case .method(let method) = value { value = solver(method, [], argument.span) }
    }
    guard case .solver(let given) = value else {
      if case .invalid = value { return nil }
      report(
        Diagnostic(
          .notASolver, "`solver:` takes a method, found \(found(value))",
          at: Label(argument?.span ?? span), help: ["write `solver: tsit5(rtol: 1e-8)`"]))
      return nil
    }
    var stepping: SolverSettings.Stepping
    switch given.stepping {
    case .count(let count): stepping = .count(count)
    case .step(let numbers):
      guard let step = time(numbers, of: ode, "`dt`") else { return nil }
      stepping = .step(step)
    case .adaptive:
      guard let atol = tolerances(given.atol, for: ode, argument?.span ?? span) else { return nil }
      stepping = .adaptive(rtol: given.rtol, atol: atol)
    }
    var firstStep: Double?
    if let numbers = given.firstStep {
      guard let step = time(numbers, of: ode, "`first_step`") else { return nil }
      firstStep = step
    }
    let settings = SolverSettings(
      method: given.method, stepping: stepping, controller: given.controller,
      maxSteps: given.maxSteps, firstStep: firstStep, gradient: given.gradient, joint: given.joint,
      path: given.path)
    // Places of the program are numbered from 1.
    return (settings, given.seed.map { PlaceID(-1 - $0) })
  }

  /// A plain number; nil after a report.
  mutating func plain(_ given: SolverNumbers, _ what: String) -> Double? {
    guard let value = given.numbers.first else { return nil }
    return adopted(
      TypedExpression(
        .number(value), .tensor(TensorType(.real, unit: given.unit)), given.span), unit: .one,
      what: what
    ).literal
  }

  /// A time in the ode's unit of time; nil after a report.
  private mutating func time(
    _ given: SolverNumbers, of ode: OdeInstance, _ what: String
  ) -> Double? {
    guard let value = given.numbers.first else { return nil }
    return time(
      TypedExpression(
        .number(value), .tensor(TensorType(.real, unit: given.unit)), given.span), of: ode,
      what: what
    ).literal
  }

  /// A time that is given to a solve, in the ode's unit of time.
  mutating func time(
    _ value: TypedExpression, of ode: OdeInstance, what: String
  ) -> TypedExpression {
    if value.isInvalid { return value }
    // What settles the unit of an ode that names none is a time.
    if !resolve(ode.timeUnit).isKnown, case .uniform(let own)? = tensor(value)?.unit,
      resolve(own).isKnown, !own.dimension.isNone, own.dimension != .time
    {
      return failed(
        .unitMismatch(text(Unit.second), text(own), what: what, at: value.span), value.span)
    }
    return adopted(value, unit: .uniform(ode.timeUnit), what: what)
  }

  /// Absolute tolerances: one for all components of the flat state, or one for each, in their units.
  private mutating func tolerances(
    _ given: SolverNumbers, for ode: OdeInstance, _ span: Span
  ) -> [Double]? {
    var units: [Unit]? = []
    for state in ode.states {
      guard let type = resolve(state.type).tensor, let shape = type.shape.values else {
        units = nil
        break
      }
      let count = Checker.product(shape)
      guard count < 1 << 20 else { return given.numbers.count == 1 ? given.numbers : nil }
      switch type.unit {
      case .uniform(let unit): units?.append(contentsOf: repeatElement(unit, count: count))
      case .mixed(let own, _): units?.append(contentsOf: own)
      }
    }
    if given.numbers.count > 1, let units, given.numbers.count != units.count {
      report(
        Diagnostic(
          .optionValue,
          "`atol` has \(given.numbers.count) entries, and the state of `\(ode.name)` has \(units.count) components",
          at: Label(given.span)))
      return nil
    }
    var labels: [Unit]
    switch given.unit {
    case .uniform(let unit): labels = [unit]
    case .mixed(let all, _): labels = all
    }
    if labels.allSatisfy({ resolve($0).isOne }) { return given.numbers }
    guard let units else {
      report(
        .notSupportedYet(
          "a tolerance with a unit, for states whose length only the data know,", at: given.span))
      return nil
    }
    var result: [Double] = []
    for (index, wanted) in units.enumerated() {
      let label = labels.count == 1 ? labels[0] : labels[index]
      let number = given.numbers.count == 1 ? given.numbers[0] : given.numbers[index]
      if resolve(label).isOne {
        result.append(number)
        continue
      }
      switch agree(wanted, label) {
      case .same: result.append(number)
      case .convert(let factor): result.append(number * factor)
      case .different:
        report(.unitMismatch(text(wanted), text(label), what: "`atol`", at: given.span))
        return nil
      }
    }
    return Set(result).count == 1 ? [result[0]] : result
  }
}
