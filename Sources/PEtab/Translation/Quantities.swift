import NodalBasics
import NodalDiagnostics

/// What the names of a problem stand for in its program.
struct Quantities {
  enum Kind {
    /// A number of the program, `const`.
    case constant(Double)
    /// What is estimated, `param`.
    case parameter
    /// Of each condition its own: a `param` of the ode that the solve is told.
    case overridden(default: Formula?)
    /// Another name for a formula of parameters.
    case alias(Formula)
    /// Follows from initial values and parameters.
    case derived(Formula)
    case state
    /// An assignment rule, or the rate of a reaction.
    case rule(Formula)
  }

  let problem: PEtabProblem
  let experiments: Experiments
  private(set) var kinds: [String: Kind] = [:]
  /// In the order of the model.
  private(set) var order: [String] = []
  private(set) var spans: [String: Span] = [:]
  private(set) var species: [String: SBMLModel.Species] = [:]
  private var sizes: [String: Double] = [:]
  /// Assigned by events.
  private let assigned: Set<String>

  init(_ problem: PEtabProblem, _ experiments: Experiments) throws(ImportFailure) {
    self.problem = problem
    self.experiments = experiments
    assigned = Set(problem.model.events.flatMap { $0.assignments.map(\.variable) })
    for parameter in problem.parameters {
      declare(parameter.id, parameterKind(parameter), parameter.span)
    }
    let model = problem.model
    for compartment in model.compartments { try declare(compartment) }
    for parameter in model.parameters { try declare(parameter) }
    for species in model.species { try declare(species) }
    for reaction in model.reactions {
      declare(reaction.id, .rule(reaction.rate), reaction.span)
    }
    try checkConditions()
  }

  private mutating func declare(_ id: String, _ kind: Kind, _ span: Span) {
    guard kinds.updateValue(kind, forKey: id) == nil else { return }
    order.append(id)
    spans[id] = span
  }

  /// Parameters whose priors are on a logarithmic scale are learned on it.
  private func parameterKind(_ parameter: PEtabProblem.Parameter) -> Kind {
    guard parameter.isEstimated else { return .constant(parameter.nominal ?? 0) }
    guard let learned = parameter.learnedName else { return .parameter }
    return switch parameter.scale {
    case .log10: .alias(.power(.number(10), .name(learned)))
    case .log, .linear: .alias(.call(.exp, [.name(learned)]))
    }
  }

  private mutating func declare(_ compartment: SBMLModel.Compartment) throws(ImportFailure) {
    let id = compartment.id
    let model = problem.model
    guard model.assignmentRules[id] == nil, model.rateRules[id] == nil, !assigned.contains(id)
    else {
      throw ImportFailure(.unsupported(.movingCompartment(id)), at: compartment.span)
    }
    if kinds[id] != nil { return }
    let standard: Formula = model.initialAssignments[id]?.formula ?? .number(compartment.size ?? 1)
    declare(id, kindOfConstant(id, standard), compartment.span)
    if case .constant(let size) = kinds[id] { sizes[id] = size }
  }

  /// Of what equations don't change.
  private func kindOfConstant(_ id: String, _ standard: Formula?) -> Kind {
    let values = experiments.overrides(id)
    guard values.contains(where: { $0 != nil }) else {
      switch standard {
      case .number(let value): return .constant(value)
      case let formula?: return .derived(formula)
      case nil: return .overridden(default: nil)
      }
    }
    if let first = values[0], values.allSatisfy({ $0 == first }) {
      if case .number(let value) = first { return .constant(value) }
      return .alias(first)
    }
    return .overridden(default: standard)
  }

  private mutating func declare(_ parameter: SBMLModel.Parameter) throws(ImportFailure) {
    let id = parameter.id
    let model = problem.model
    let changes = model.rateRules[id] != nil || assigned.contains(id)
    if kinds[id] != nil {
      guard !changes, model.assignmentRules[id] == nil else {
        throw ImportFailure(.problem(.estimatedOverride(id)), at: parameter.span)
      }
      return
    }
    if let rule = model.assignmentRules[id] {
      declare(id, .rule(rule.formula), parameter.span)
    } else if changes {
      declare(id, .state, parameter.span)
    } else {
      let standard = model.initialAssignments[id]?.formula ?? parameter.value.map { .number($0) }
      declare(id, kindOfConstant(id, standard), parameter.span)
    }
  }

  private mutating func declare(_ species: SBMLModel.Species) throws(ImportFailure) {
    let id = species.id
    let model = problem.model
    guard model.compartments.contains(where: { $0.id == species.compartment }) else {
      throw ImportFailure(
        .sbml(.unknownName(species.compartment, near: nil)), at: species.span)
    }
    guard kinds[id] == nil else {
      throw ImportFailure(.problem(.estimatedOverride(id)), at: species.span)
    }
    self.species[id] = species
    if let rule = model.assignmentRules[id] {
      guard !assigned.contains(id) else {
        throw ImportFailure(.problem(.estimatedOverride(id)), at: species.span)
      }
      declare(id, .rule(rule.formula), species.span)
      return
    }
    let isStill =
      model.rateRules[id] == nil && !assigned.contains(id)
      && (species.isFixed
        || !model.reactions.contains { $0.changes.contains { $0.species == id } })
    if isStill, !experiments.havePreequilibration {
      let standard = try standardInitial(species)
      declare(id, kindOfConstant(id, standard), species.span)
    } else {
      declare(id, .state, species.span)
    }
  }

  /// The initial value that the model gives, in the unit that formulas mean; nil where it gives none.
  func standardInitial(_ species: SBMLModel.Species) throws(ImportFailure) -> Formula? {
    if let given = problem.model.initialAssignments[species.id] { return given.formula }
    let size = self.size(of: species.compartment)
    return switch species.initial {
    case .concentration(let value):
      species.isAmount ? Formula.product([.number(value), size]).simplified : .number(value)
    case .amount(let value):
      species.isAmount ? .number(value) : Formula.quotient(.number(value), size).simplified
    case nil: nil
    }
  }

  /// A compartment of size 1 is left out.
  func size(of compartment: String) -> Formula {
    sizes[compartment] == 1 ? .one : .name(compartment)
  }

  /// Compartments whose size is 1, for formulas that multiply by them.
  var unitSizes: [String: Formula] {
    sizes.filter { $0.value == 1 }.mapValues { _ in .one }
  }

  private func checkConditions() throws(ImportFailure) {
    for condition in experiments.used {
      for (id, value) in condition.values.sorted(by: { $0.key < $1.key }) {
        guard let kind = kinds[id] else {
          throw unknown(id, condition.span)
        }
        switch kind {
        case .constant, .alias, .overridden, .derived, .state: break
        case .parameter, .rule:
          throw ImportFailure(.problem(.overridden(id)), at: condition.span)
        }
        if problem.parameters.contains(where: { $0.id == id }) {
          throw ImportFailure(.problem(.overridden(id)), at: condition.span)
        }
        if case .name(let name) = value { try checkStatic(name, condition.span) }
      }
    }
  }

  /// A name in a table: of a parameter, or of something in the model that stays as it is.
  func checkStatic(_ name: String, _ span: Span) throws(ImportFailure) {
    // What a condition sets can't be what another sets by: the order would matter.
    guard experiments.overrides(name).allSatisfy({ $0 == nil }) else {
      throw ImportFailure(.problem(.overridden(name)), at: span)
    }
    switch kinds[name] {
    case .constant, .parameter, .alias, .derived: break
    case .overridden, .state, .rule:
      throw ImportFailure(.problem(.overridden(name)), at: span)
    case nil: throw unknown(name, span)
    }
  }

  func check(_ formula: Formula, _ span: Span) throws(ImportFailure) {
    for name in formula.names.sorted() where kinds[name] == nil { throw unknown(name, span) }
  }

  func unknown(_ name: String, _ span: Span) -> ImportFailure {
    let near = EditDistance.nearest(to: name, among: kinds.keys)
    return ImportFailure(.problem(.unknownName(name, near: near)), at: span)
  }

  /// Whether a formula changes neither with the time nor with states.
  func isStatic(_ formula: Formula) -> Bool {
    !formula.readsTime
      && formula.names.allSatisfy { name in
        switch kinds[name] {
        case .constant, .parameter, .overridden, .alias, .derived: true
        case .state, .rule, nil: false
        }
      }
  }

  /// With aliases put in.
  func withoutAliases(_ formula: Formula) -> Formula {
    var names: [String: Formula] = [:]
    for name in formula.names {
      if case .alias(let other) = kinds[name] { names[name] = withoutAliases(other) }
    }
    return formula.replacing(names)
  }
}

extension Experiments {
  /// What conditions say of a quantity in all phases that are simulated.
  func overrides(_ id: String) -> [Formula?] {
    values(id, .simulation) + (havePreequilibration ? values(id, .preequilibration) : [])
  }
}

extension PEtabProblem.Parameter {
  /// The name on a logarithmic scale, where it is learned on one.
  var learnedName: String? {
    switch prior?.kind {
    case .parameterScaleNormal, .parameterScaleLaplace:
      switch scale {
      case .linear: nil
      case .log: "log_\(id)"
      case .log10: "log10_\(id)"
      }
    case .uniform, .normal, .laplace, .logNormal, .logLaplace, .parameterScaleUniform, nil: nil
    }
  }
}
