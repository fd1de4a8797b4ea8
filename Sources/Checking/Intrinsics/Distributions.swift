import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// A distribution by name; its density and draws are functions of the prelude: `normal_log_prob(x, μ, σ)`,
/// `normal_sample(z, μ, σ)`, `normal_kl(…)`.
struct DistributionFamily: Sendable {
  let name: String
  let parameters: [String]
  /// Whether parameters are quantities of the unit of what is drawn (else all is taken as plain numbers).
  let hasUnits: Bool
  /// Those of them that lie on the scale of what is drawn; the others are widths, differences on it.
  let locations: Set<String> = ["mean", "low", "high"]
  /// The base noise that `…_sample` turns into a draw; nil: no draws yet.
  let noise: Draw.Kind?

  static let rows: [String: DistributionFamily] = Dictionary(
    uniqueKeysWithValues: [
      DistributionFamily(
        name: "normal", parameters: ["mean", "sd"], hasUnits: true, noise: .normal),
      DistributionFamily(
        name: "lognormal", parameters: ["mu", "sigma"], hasUnits: false, noise: .normal),
      DistributionFamily(
        name: "uniform", parameters: ["low", "high"], hasUnits: true, noise: .uniform),
      DistributionFamily(
        name: "laplace", parameters: ["mean", "scale"], hasUnits: true, noise: .uniform),
      DistributionFamily(
        name: "logistic", parameters: ["mean", "scale"], hasUnits: true, noise: .uniform),
      DistributionFamily(
        name: "cauchy", parameters: ["mean", "scale"], hasUnits: true, noise: .uniform),
      DistributionFamily(name: "half_normal", parameters: ["sd"], hasUnits: true, noise: .normal),
      DistributionFamily(
        name: "exponential", parameters: ["rate"], hasUnits: false, noise: .uniform),
      DistributionFamily(
        name: "gamma", parameters: ["shape", "rate"], hasUnits: false, noise: nil),
      DistributionFamily(name: "beta", parameters: ["a", "b"], hasUnits: false, noise: nil),
      DistributionFamily(
        name: "student_t", parameters: ["df", "mean", "scale"], hasUnits: false, noise: nil),
      DistributionFamily(name: "poisson", parameters: ["rate"], hasUnits: false, noise: nil),
      DistributionFamily(
        name: "bernoulli", parameters: ["p"], hasUnits: false, noise: .uniform),
    ].map { ($0.name, $0) })
}

extension Checker {
  /// `normal(0, 1, shape: [3])`.
  mutating func distribution(
    _ family: DistributionFamily, _ arguments: [CallArgument], _ span: Span
  ) -> DistributionValue? {
    guard
      let given = take(
        arguments.filter { !($0.label?.spelling == "shape" && family.name != "gamma") },
        family.parameters, required: family.parameters.count, callee: family.name, span)
    else { return nil }
    var parameters: [TypedExpression] = []
    for name in family.parameters {
      guard let argument = given[name] else { return nil }
      let value = toReal(elaborate(argument))
      if value.isInvalid { return nil }
      guard tensor(value) != nil else {
        report(
          .argumentType(
            name, of: family.name, expected: "numbers", found: text(value.type), at: argument.span))
        return nil
      }
      // A constant is repeated where it is used: weights are drawn from constants alone.
      parameters.append(value.isConstant ? value : bind(value))
    }
    var shape: Shape?
    if family.name != "gamma",
      let written = arguments.first(where: { $0.label?.spelling == "shape" })
    {
      guard let read = self.shape(evaluate(written), written.span) else { return nil }
      shape = read
    }
    return DistributionValue(family: family, parameters: parameters, shape: shape, span: span)
  }

  /// Calls a function of the prelude.
  mutating func prelude(
    _ name: String, _ arguments: [TypedExpression], _ span: Span
  ) -> TypedExpression {
    guard let id = environment.modules.first?.names[name] else {
      return failed(.notSupportedYet("`\(name)`", at: span), span)
    }
    // A second use inside itself is no recursion: the prelude's densities don't call each other.
    let value = callFunction(id, arguments.map { CallArgument(.expression($0), span: span) }, span)
    return asExpression(value, span)
  }

  /// log p(x), elementwise.
  mutating func logDensity(
    of given: TypedExpression, under distribution: DistributionValue, _ span: Span
  ) -> TypedExpression {
    if given.isInvalid { return .invalid(span) }
    var x = toReal(given)
    guard var type = tensor(x) else {
      return failed(
        .argumentType(
          "x", of: "log_prob", expected: "numbers", found: text(given.type), at: given.span), span)
    }
    var parameters = distribution.parameters
    if distribution.family.hasUnits {
      parameters = zip(parameters, distribution.family.parameters).map { parameter, name in
        let isLocation = distribution.family.locations.contains(name)
        return adopted(
          parameter, unit: isLocation ? type.unit : type.unit.difference,
          what: "`\(distribution.family.name)`")
      }
      if parameters.contains(where: \.isInvalid) { return .invalid(span) }
    } else {
      type.unit = .one
      x = TypedExpression(.relabelled(x), .tensor(type), x.span)
      parameters = parameters.map { plainInput($0) }
    }
    if type.hasGaps {
      // A missing cell adds nothing: its density is taken at a place where it is finite, then masked.
      guard let own = parameters.first, let shape = tensor(own)?.shape else {
        return .invalid(span)
      }
      var whole = type
      whole.hasGaps = false
      let (cells, truth) = presence(of: x, whole, span)
      let safe =
        resolve(shape).isScalar || resolve(shape) == resolve(type.shape)
        ? number(1, unit: .one, span) : number(1, span)
      let filled = choose(truth, cells, relabelled(safe, whole.unit), span)
      let density = prelude(
        distribution.family.name + "_log_prob", [filled] + parameters, span)
      return choose(truth, density, number(0, span), span)
    }
    return prelude(distribution.family.name + "_log_prob", [x] + parameters, span)
  }

  /// A draw. Independent draws fill the shape asked for, or that of the parameters.
  mutating func draw(
    _ distribution: DistributionValue, shape wanted: Shape? = nil, _ span: Span
  ) -> TypedExpression {
    guard let noise = distribution.family.noise else {
      return failed(.notSupportedYet("drawing from `\(distribution.family.name)`", at: span), span)
    }
    var operands = distribution.parameters
    guard let own = align(&operands, distribution.family.name, span) else { return .invalid(span) }
    var shape = own
    if let asked = distribution.shape { shape = asked.appending(own) }
    if let wanted, distribution.shape == nil { shape = wanted }
    let z = TypedExpression(
      .draw(Draw(kind: noise, place: freshPlace())), .real(resolve(shape)), span)
    let scalarParameters = distribution.parameters.map { parameter -> TypedExpression in
      let resolved = resolve(tensor(parameter)?.shape ?? .scalar)
      return resolved.isScalar ? parameter : broadcast(parameter, to: resolve(shape))
    }
    return prelude(distribution.family.name + "_sample", [bind(z)] + scalarParameters, span)
  }

  /// `sample d`.
  mutating func sample(_ value: Meaning, _ subject: Span, _ span: Span) -> TypedExpression {
    switch value {
    case .invalid: return .invalid(span)
    case .distribution(let distribution):
      if frame.kind == .ode {
        return failed(
          .notSupportedYet(
            "drawing inside an equation", at: span,
            help: ["`noise x = …` will make a stochastic differential equation"]), span)
      }
      return draw(distribution, span)
    case .family(let family):
      return failed(
        .typeMismatch(
          expected: "a distribution", found: found(value), at: subject, what: "`sample`",
          help: [
            "give its parameters: `\(family.name)(\(family.parameters.joined(separator: ", ")))`"
          ]),
        span)
    case .expression, .function, .closure, .template, .instance, .intrinsic, .ode, .part, .loss,
      .method, .solver, .range, .record, .tuple, .openWidth, .term:
      return failed(
        .typeMismatch(
          expected: "a distribution", found: found(value), at: subject, what: "`sample`"), span)
    }
  }

  mutating func distributionMethod(
    _ distribution: DistributionValue, _ name: Name, _ arguments: [CallArgument], _ span: Span
  ) -> Meaning {
    switch name.spelling {
    case "log_prob":
      guard let given = take(arguments, ["x"], required: 1, callee: "log_prob", span),
        let x = given["x"]
      else { return .invalid }
      let value = bind(elaborate(x))
      return .expression(logDensity(of: value, under: distribution, span))
    default:
      return fail(
        .unknownField(
          name.spelling, of: "a distribution", at: name.span, fields: ["log_prob"]))
    }
  }

  /// `kl(p, q)`.
  mutating func divergenceOfDistributions(
    _ given: [String: CallArgument], _ span: Span
  ) -> Meaning {
    guard let first = given["p"], let second = given["q"] else { return .invalid }
    let p = evaluate(first)
    let q = evaluate(second)
    if case .invalid = p { return .invalid }
    if case .invalid = q { return .invalid }
    guard case .distribution(let a) = p, case .distribution(let b) = q else {
      let wrong = if case .distribution = p { (q, second) } else { (p, first) }
      return fail(
        .argumentType(
          "p", of: "kl", expected: "a distribution", found: wrong.0.kindText, at: wrong.1.span))
    }
    guard a.family.name == b.family.name,
      environment.modules.first?.names[a.family.name + "_kl"] != nil
    else {
      return fail(
        .notSupportedYet(
          "the divergence of `\(a.family.name)` from `\(b.family.name)`", at: span))
    }
    return .expression(
      prelude(a.family.name + "_kl", a.parameters + b.parameters, span))
  }

  /// `x ~ d` in a loss.
  mutating func observe(_ observation: Observation) {
    let x = bind(elaborate(observation.value))
    let value = evaluate(observation.distribution)
    guard observations != nil else {
      report(
        Diagnostic(
          .misplacedStatement, "`~` adds a likelihood term, and stands only in a loss",
          at: Label(observation.span)))
      return
    }
    guard case .distribution(let distribution) = value else {
      if case .invalid = value { return }
      report(
        .typeMismatch(
          expected: "a distribution", found: found(value), at: observation.distribution.span,
          what: "behind `~`"))
      return
    }
    let density = logDensity(of: x, under: distribution, observation.span)
    if density.isInvalid { return }
    let term = total(density, observation.span)
    observations?.append(term)
  }

  /// The sum over all components: a scalar.
  mutating func total(_ value: TypedExpression, _ span: Span) -> TypedExpression {
    guard let type = tensor(value) else { return value }
    let shape = resolve(type.shape)
    if shape.tail != nil { environment.substitution.closeTail(of: shape) }
    let rank = resolve(shape).rank
    if rank == 0 { return value }
    var result = type
    result.shape = .scalar
    return TypedExpression(
      .reduce(.sum, value, axes: Array(0..<rank)), .tensor(result), span)
  }
}
