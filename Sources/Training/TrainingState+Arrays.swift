/// Why arrays are not the state of a run.
package enum TrainingStateError: Error, Sendable, Hashable {
  case missing(name: String)
  /// Of a wrong length, or with a number that can't stand there.
  case malformed(name: String)
}

/// A state as named arrays of numbers, for files of checkpoints. All of it travels but the errors
/// of failed validations; NaN stands for a value that there isn't.
extension TrainingState {
  package var arrays: [String: [Double]] {
    var arrays: [String: [Double]] = [
      "position": [stage, stepInStage, step, isOver ? 1 : 0].map(Double.init),
      "counts": [evaluations, failedTrials, forwardEvaluations, backwardEvaluations]
        .map(Double.init) + [elapsed],
      "best.facts": [
        Double(best.step), best.value ?? .nan, best.loss ?? .nan, best.validation ?? .nan,
        best.isOutdated ? 1 : 0,
      ],
      "watch": [watch.lowest, Double(watch.stale)],
      "losses": losses, "values": values,
      "validations": Self.numbers(validations), "tests": Self.numbers(tests),
      "ends": ends.flatMap(\.numbers),
      "tried": parameters.blocks.map { tried.contains($0.path) ? 1 : 0 },
      "touched": parameters.blocks.map { touched.contains($0.path) ? 1 : 0 },
    ]
    for block in parameters.blocks {
      arrays["parameters." + block.path] = Array(parameters.values[block.range])
      arrays["best." + block.path] = Array(best.values[block.range])
      if let pending { arrays["pending." + block.path] = Array(pending.gradient[block.range]) }
    }
    if let pending {
      arrays["pending"] = [
        pending.value, pending.loss, Double(pending.forwardEvaluations),
        Double(pending.backwardEvaluations),
      ]
      for (i, term) in pending.terms.enumerated() {
        arrays["term.\(i).\(term.name)"] = [term.value]
      }
    }
    if let optimizer {
      arrays["optimizer"] = [1]
      for (name, values) in optimizer.state { arrays["optimizer." + name] = values }
    }
    arrays["caution"] = [caution, Double(retreats)]
    if let foothold {
      arrays["foothold"] = [foothold.value, foothold.rate, foothold.optimizer == nil ? 0 : 1]
      arrays["foothold.gradient"] = foothold.gradient
      for block in parameters.blocks {
        arrays["foothold.values." + block.path] = Array(foothold.values[block.range])
      }
      for (name, values) in foothold.optimizer?.state ?? [:] {
        arrays["foothold.optimizer." + name] = values
      }
    }
    return arrays
  }

  /// The state that `arrays` were made of. `parameters` gives blocks and flags, and `stages` the
  /// optimisers: those of the run that wrote them. Nothing in the arrays is believed unchecked.
  package init(
    _ arrays: [String: [Double]], parameters: ParameterVector, stages: [TrainingStage]
  ) throws(TrainingStateError) {
    let reader = ArrayReader(arrays: arrays)
    self.init(parameters)
    let position = try reader.counts("position", 4)
    (stage, stepInStage, step) = (position[0], position[1], position[2])
    isOver = position[3] == 1
    guard stage <= stages.count else { throw .malformed(name: "position") }
    self.parameters.replaceValues(try reader.blocks("parameters.", parameters))

    let facts = try reader.array("best.facts", 5)
    best = Best(
      values: try reader.blocks("best.", parameters),
      step: try reader.count(facts[0], "best.facts"), value: Self.optional(facts[1]),
      loss: Self.optional(facts[2]), validation: Self.optional(facts[3]),
      isOutdated: facts[4] == 1)
    let watched = try reader.array("watch", 2)
    watch = Watch(lowest: watched[0], stale: try reader.count(watched[1], "watch"))

    losses = try reader.array("losses", step)
    values = try reader.array("values", step)
    validations = try reader.looks("validations")
    tests = try reader.looks("tests")
    for pair in try reader.pairs("ends") {
      guard let end = StageEnd(pair.0, pair.1) else { throw .malformed(name: "ends") }
      ends.append(end)
    }
    tried = try reader.paths("tried", parameters)
    touched = try reader.paths("touched", parameters)

    let counts = try reader.array("counts", 5)
    evaluations = try reader.count(counts[0], "counts")
    failedTrials = try reader.count(counts[1], "counts")
    forwardEvaluations = try reader.count(counts[2], "counts")
    backwardEvaluations = try reader.count(counts[3], "counts")
    elapsed = counts[4]

    if arrays["pending"] != nil { pending = try reader.pending(parameters) }
    if arrays["optimizer"] != nil, stage < stages.count {
      optimizer = try reader.optimizer("optimizer.", stages[stage], parameters)
    }
    let careful = try reader.array("caution", 2)
    (caution, retreats) = (careful[0], try reader.count(careful[1], "caution"))
    if arrays["foothold"] != nil {
      foothold = try reader.foothold(stage < stages.count ? stages[stage] : nil, parameters)
    }
  }

  private static func numbers(_ looks: [LookRecord]) -> [Double] {
    looks.flatMap { [Double($0.step), $0.value ?? .nan] }
  }

  fileprivate static func optional(_ number: Double) -> Double? { number.isNaN ? nil : number }
}

/// Reads arrays that may be anything.
private struct ArrayReader {
  let arrays: [String: [Double]]

  func array(_ name: String, _ count: Int) throws(TrainingStateError) -> [Double] {
    guard let found = arrays[name] else { throw .missing(name: name) }
    guard found.count == count else { throw .malformed(name: name) }
    return found
  }

  func count(_ number: Double, _ name: String) throws(TrainingStateError) -> Int {
    guard let count = Int(exactly: number), (0...(1 << 53)).contains(count) else {
      throw .malformed(name: name)
    }
    return count
  }

  func counts(_ name: String, _ count: Int) throws(TrainingStateError) -> [Int] {
    var counts: [Int] = []
    for number in try array(name, count) { counts.append(try self.count(number, name)) }
    return counts
  }

  func pairs(_ name: String) throws(TrainingStateError) -> [(Double, Double)] {
    guard let found = arrays[name] else { throw .missing(name: name) }
    guard found.count % 2 == 0 else { throw .malformed(name: name) }
    return stride(from: 0, to: found.count, by: 2).map { (found[$0], found[$0 + 1]) }
  }

  func looks(_ name: String) throws(TrainingStateError) -> [LookRecord] {
    var looks: [LookRecord] = []
    for (step, value) in try pairs(name) {
      looks.append(
        LookRecord(
          step: try count(step, name), value: TrainingState.optional(value), failure: nil))
    }
    return looks
  }

  func blocks(
    _ prefix: String, _ parameters: ParameterVector
  ) throws(TrainingStateError) -> [Double] {
    var values: [Double] = []
    for block in parameters.blocks { values += try array(prefix + block.path, block.count) }
    return values
  }

  func paths(
    _ name: String, _ parameters: ParameterVector
  ) throws(TrainingStateError) -> Set<String> {
    let flags = try array(name, parameters.blocks.count)
    return Set(zip(parameters.blocks, flags).filter { $0.1 == 1 }.map(\.0.path))
  }

  func pending(_ parameters: ParameterVector) throws(TrainingStateError) -> Evaluation {
    let facts = try array("pending", 4)
    var terms: [NamedValue] = []
    while true {
      let prefix = "term.\(terms.count)."
      guard let key = arrays.keys.filter({ $0.hasPrefix(prefix) }).min() else { break }
      terms.append(NamedValue(String(key.dropFirst(prefix.count)), try array(key, 1)[0]))
    }
    return Evaluation(
      value: facts[0], gradient: try blocks("pending.", parameters), loss: facts[1], terms: terms,
      forwardEvaluations: try count(facts[2], "pending"),
      backwardEvaluations: try count(facts[3], "pending"))
  }

  func foothold(
    _ stage: TrainingStage?, _ parameters: ParameterVector
  ) throws(TrainingStateError) -> TrainingState.Foothold {
    let facts = try array("foothold", 3)
    guard let gradient = arrays["foothold.gradient"] else {
      throw .missing(name: "foothold.gradient")
    }
    var result = TrainingState.Foothold(
      values: try blocks("foothold.values.", parameters), gradient: gradient, value: facts[0],
      rate: facts[1])
    guard facts[2] == 1, let stage else { return result }
    guard gradient.count == (try layout(of: stage, parameters).freeCount) else {
      throw .malformed(name: "foothold.gradient")
    }
    result.optimizer = try optimizer("foothold.optimizer.", stage, parameters)
    return result
  }

  private func layout(
    of stage: TrainingStage, _ parameters: ParameterVector
  ) throws(TrainingStateError) -> ParameterVector {
    do {
      return try parameters.laidOut(for: stage)
    } catch { throw .malformed(name: "optimizer") }
  }

  func optimizer(
    _ prefix: String, _ stage: TrainingStage, _ parameters: ParameterVector
  ) throws(TrainingStateError) -> any Optimizer {
    let layout = try layout(of: stage, parameters)
    var state: [String: [Double]] = [:]
    for (name, values) in arrays where name.hasPrefix(prefix) {
      // A number, or one or several vectors of the free components.
      let free = max(1, layout.freeCount)
      guard values.count == 1 || values.count % free == 0 else { throw .malformed(name: name) }
      state[String(name.dropFirst(prefix.count))] = values
    }
    var optimizer = stage.optimizer.optimizer
    optimizer.state = state
    return optimizer
  }
}

extension StageEnd {
  /// Its number, and the figure that belongs to it.
  fileprivate var numbers: [Double] {
    switch self {
    case .steps: [0, 0]
    case .optimizer(.gradientBelowTolerance(let largest)): [1, largest]
    case .optimizer(.changeBelowTolerance(let relative)): [2, relative]
    case .optimizer(.noProgress(let promised)): [3, promised]
    case .patience: [4, 0]
    case .target: [5, 0]
    case .cancelled: [6, 0]
    case .failed: [7, 0]
    }
  }

  fileprivate init?(_ number: Double, _ figure: Double) {
    let all: [StageEnd] = [
      .steps, .optimizer(.gradientBelowTolerance(largest: figure)),
      .optimizer(.changeBelowTolerance(relative: figure)),
      .optimizer(.noProgress(promised: figure)),
      .patience, .target, .cancelled, .failed,
    ]
    guard let index = Int(exactly: number), all.indices.contains(index) else { return nil }
    self = all[index]
  }
}
