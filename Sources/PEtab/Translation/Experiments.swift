import NodalDiagnostics

/// An experiment: what is simulated for a row of measurements. Its data stand under one label.
struct Experiment: Hashable {
  let condition: String
  let preequilibration: String?

  /// In the table; a condition that is reached from several others is told apart by them.
  func label(_ all: [Experiment]) -> String {
    guard let preequilibration, all.count(where: { $0.condition == condition }) > 1 else {
      return condition
    }
    return "\(preequilibration)__\(condition)"
  }
}

/// The experiments that there are measurements of, and what conditions say in each.
struct Experiments {
  let all: [Experiment]
  private let conditions: [String: PEtabProblem.Condition]

  enum Phase: CaseIterable {
    case preequilibration, simulation
  }

  init(_ problem: PEtabProblem) {
    var seen: Set<Experiment> = []
    var all: [Experiment] = []
    for measurement in problem.measurements {
      let experiment = Experiment(measurement)
      if seen.insert(experiment).inserted { all.append(experiment) }
    }
    self.all = all
    conditions = Dictionary(problem.conditions.map { ($0.id, $0) }) { first, _ in first }
  }

  /// One for each, none twice: rows of one label are one experiment.
  var labels: [String] {
    var taken: Set<String> = []
    return all.map { experiment in
      var label = experiment.label(all)
      while !taken.insert(label).inserted { label += "_" }
      return label
    }
  }
  var havePreequilibration: Bool { all.contains { $0.preequilibration != nil } }
  var allHavePreequilibration: Bool { all.allSatisfy { $0.preequilibration != nil } }

  /// The conditions that matter.
  var used: [PEtabProblem.Condition] {
    let names = Set(all.flatMap { [$0.condition, $0.preequilibration].compactMap { $0 } })
    return conditions.values.filter { names.contains($0.id) }.sorted { $0.id < $1.id }
  }

  /// What each experiment's condition says of a quantity. Experiments without pre-equilibration stand still before they begin: as in their simulation.
  func values(_ id: String, _ phase: Phase) -> [Formula?] {
    all.map { experiment in
      let name =
        switch phase {
        case .simulation: experiment.condition
        case .preequilibration: experiment.preequilibration ?? experiment.condition
        }
      return conditions[name]?.values[id]
    }
  }
}

extension Experiment {
  init(_ measurement: PEtabProblem.Measurement) {
    self.init(
      condition: measurement.condition, preequilibration: measurement.preequilibration)
  }
}
