import NodalBasics
import NodalDiagnostics

/// Puts a program together from its parts.
struct ProgramWriter {
  let problem: PEtabProblem
  let quantities: Quantities
  let model: ModelTranslation
  let loss: LossTranslation
  let lossLines: [String]
  let names: ProgramNames
  let file: String

  private var writer: FormulaText { FormulaText { names.spelling($0) } }
  private func text(_ formula: Formula) -> String { writer.text(formula) }

  var summary: String {
    let estimated = problem.parameters.count(where: \.isEstimated)
    let experiments = quantities.experiments.all.count
    return
      "\(Self.count(model.states.count, "state")), \(Self.count(estimated, "estimated parameter")), "
      + "\(Self.count(problem.measurements.count, "measurement")) of \(Self.count(experiments, "experiment"))"
  }

  private static func count(_ n: Int, _ what: String) -> String {
    n == 1 ? "1 \(what)" : "\(n) \(what)s"
  }

  func write() throws(ImportFailure) -> (program: String, notes: [String]) {
    var notes = model.notes + loss.notes
    let ode = try odeLines()
    // What the program reads decides what is declared.
    let read = ode.read.union(lossNames)
    var blocks: [[String]] = [
      head,
      [
        "data measurements = csv(\"\(problem.name).csv\", time: \"time\", experiment: \"condition\")"
      ],
    ]
    let (parameters, parameterNotes) = parameterLines(read)
    notes += parameterNotes
    if !parameters.isEmpty { blocks.append(parameters) }
    let constants = constantLines(read)
    if !constants.isEmpty { blocks.append(constants) }
    blocks.append(ode.lines)
    if !loss.functions.isEmpty { blocks.append(loss.functions) }
    blocks.append(
      ["loss likelihood(w) {"] + experimentComment + lossLines.map { "  " + $0 } + ["}"])
    blocks.append(trainLines(read))
    let renamed = names.changed.map { "`\($0.from)` is called `\($0.to)`" }
    notes += renamed
    return (blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n", notes)
  }

  /// Names of the problem that lines of the loss and functions read.
  private var lossNames: Set<String> {
    let words = (lossLines + loss.functions).flatMap { line in
      line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
    }
    let spelled = Set(words)
    return Set(allNames.filter { spelled.contains(names.spelling($0)) })
  }

  private var allNames: [String] {
    quantities.order + problem.parameters.compactMap(\.learnedName)
  }

  // MARK: Head

  private var head: [String] {
    let hasPriors = problem.parameters.contains { Self.priorText($0) != nil }
    var lines = [
      "/// \(problem.name): imported from the PEtab problem \(file), \(summary).",
      "/// The loss is the objective of PEtab: the negative logarithm of the "
        + (hasPriors ? "posterior density" : "likelihood") + " of all measurements"
        + (loss.offset == 0
          ? "."
          : ", less \(NumberFormat.significant(loss.offset, 9)), which no parameter changes."),
    ]
    if loss.offset < 0 {
      lines[1] = lines[1].replacing(
        "less \(NumberFormat.significant(loss.offset, 9))",
        with: "with \(NumberFormat.significant(-loss.offset, 9)) more")
    }
    return lines
  }

  // MARK: Parameters

  private func parameterLines(_ read: Set<String>) -> ([String], [String]) {
    var lines: [String] = []
    var notes: [String] = []
    for parameter in problem.parameters where parameter.isEstimated {
      let learned = parameter.learnedName
      let id = learned ?? parameter.id
      guard read.contains(id) else {
        notes.append("`\(parameter.id)` is estimated, and nothing reads it: it is left out")
        continue
      }
      var (lower, upper, value) = (parameter.lower, parameter.upper, parameter.start)
      if learned != nil {
        (lower, upper, value) = (
          parameter.scaled(lower), parameter.scaled(upper), parameter.scaled(value)
        )
      }
      let inside = Self.inside(
        value, lower, upper, isLog: learned == nil && lower > 0 && upper / lower >= 100)
      if let given = parameter.nominal, inside != value {
        notes.append(
          "`\(parameter.id)` starts at \(NumberFormat.significant(inside, 6)): its nominal value \(FormulaText.number(given)) is no inner point of its bounds"
        )
      }
      var line =
        "param \(names.spelling(id)) = \(FormulaText.number(inside)) in (\(FormulaText.number(lower)), \(FormulaText.number(upper)))"
      if lower == -.infinity, upper == .infinity {
        line = "param \(names.spelling(id)) = \(FormulaText.number(inside))"
      }
      if let prior = Self.priorText(parameter) { line += " ~ \(prior)" }
      if let prior = parameter.prior {
        switch prior.kind {
        case .logLaplace: notes.append("the prior of `\(parameter.id)`, logLaplace, is left out")
        case .parameterScaleUniform:
          notes.append(
            "the prior of `\(parameter.id)`, parameterScaleUniform, is left out: within its bounds it is a constant"
          )
        case .uniform, .normal, .laplace, .logNormal, .parameterScaleNormal,
          .parameterScaleLaplace:
          break
        }
      }
      lines.append(line)
    }
    return (lines, notes)
  }

  /// Near the end of an interval where the value is no inner point of it.
  private static func inside(_ value: Double, _ lower: Double, _ upper: Double, isLog: Bool)
    -> Double
  {
    let share = 1e-6
    guard value <= lower || value >= upper || !value.isFinite else { return value }
    let isLow = value <= lower
    switch (lower.isFinite, upper.isFinite) {
    case (true, true):
      let part = isLow ? share : 1 - share
      return isLog
        ? lower * Logarithm.power(upper / lower, part) : lower + (upper - lower) * part
    case (true, false): return lower + share * max(1, lower.magnitude)
    case (false, true): return upper - share * max(1, upper.magnitude)
    case (false, false): return 0
    }
  }

  private static func priorText(_ parameter: PEtabProblem.Parameter) -> String? {
    guard let prior = parameter.prior else { return nil }
    let numbers = "(\(FormulaText.number(prior.first)), \(FormulaText.number(prior.second)))"
    switch prior.kind {
    case .uniform: return "uniform" + numbers
    case .normal, .parameterScaleNormal: return "normal" + numbers
    case .laplace, .parameterScaleLaplace: return "laplace" + numbers
    case .logNormal: return "lognormal" + numbers
    case .logLaplace, .parameterScaleUniform: return nil
    }
  }

  private func constantLines(_ read: Set<String>) -> [String] {
    var entries: [String] = []
    for id in quantities.order where read.contains(id) {
      if case .constant(let value) = quantities.kinds[id] {
        entries.append("\(names.spelling(id)) = \(FormulaText.number(value))")
      }
    }
    return Self.wrapped(entries, "const ")
  }

  /// Entries in lines of some hundred characters, each line beginning with the same word.
  private static func wrapped(_ entries: [String], _ head: String) -> [String] {
    var lines: [String] = []
    var line = ""
    for entry in entries {
      if !line.isEmpty, line.count + entry.count > 100 {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? head + entry : ", " + entry
    }
    return line.isEmpty ? lines : lines + [line]
  }

  // MARK: Ode

  private func odeLines() throws(ImportFailure) -> (lines: [String], read: Set<String>) {
    let formulas = model.roots + loss.outputs.map(\.value)
    let definitions = try model.definitions(readBy: formulas + loss.read.sorted().map { .name($0) })
    let all = formulas + definitions.map(\.value)
    let readInOde = all.reduce(into: Set<String>()) { $0.formUnion($1.names) }
    // A state that stays as it is is left out where nothing reads it.
    let moving = Set(
      model.states.filter { $0.rate != .zero }.map(\.name)
        + model.events.flatMap { $0.assignments.map(\.name) })
    let states = model.states.filter {
      moving.contains($0.name) || readInOde.contains($0.name) || loss.reads(state: $0.name, names)
    }
    let initials = states.map(\.initial)
    let read = initials.reduce(into: readInOde) { $0.formUnion($1.names) }
    var lines = ["ode model {"]
    var parameters: [String] = []
    for id in quantities.order where read.contains(id) {
      if case .overridden(let standard) = quantities.kinds[id] {
        let value: Double = if case .number(let x) = standard { x } else { 1 }
        parameters.append("\(names.spelling(id)) = \(FormulaText.number(value))")
      }
    }
    if !parameters.isEmpty {
      lines.append("  // Of each condition its own.")
      lines += Self.wrapped(parameters, "  param ")
    }
    lines += Self.wrapped(
      states.filter { !$0.isSwitch }.map { "\(names.spelling($0.name)) = \(text($0.initial))" },
      "  state ")
    let switches = states.filter(\.isSwitch)
    if !switches.isEmpty {
      lines.append("  // 1 from a time on, 0 before it: steps end where it turns.")
      lines += Self.wrapped(switches.map { "\($0.name) = \(text($0.initial))" }, "  state ")
    }
    for definition in definitions {
      let word = loss.read.contains(definition.name) ? "output" : "let"
      lines.append("  \(word) \(names.spelling(definition.name)) = \(text(definition.value))")
    }
    for state in states {
      lines.append("  \(names.spelling(state.name))' = \(text(state.rate))")
    }
    for event in model.events { lines += eventLines(event) }
    for output in loss.outputs {
      lines.append("  output \(output.name) = \(text(output.value))")
    }
    return (lines + ["}"], read)
  }

  private func eventLines(_ event: ModelTranslation.Event) -> [String] {
    let body = event.assignments.map { "\(names.spelling($0.name)) = \(text($0.value))" }
      .joined(separator: "; ")
    let when: String
    if let condition = event.condition {
      when =
        "\(text(condition.left)) == \(text(condition.right)) \(condition.isRising ? "rising" : "falling")"
    } else {
      when = "t in [\(event.time.map(text) ?? "0")]"
    }
    return ["  event \(names.spelling(event.name)): \(when) { \(body) }"]
  }

  // MARK: Loss and fit

  private var experimentComment: [String] {
    guard loss.numberColumn != nil else { return [] }
    let labels = quantities.experiments.labels.enumerated().map { "\($0 + 1) \($1)" }
    return Self.wrapped(labels, "  // Conditions: ").enumerated().map { index, line in
      index == 0 ? line : line.replacing("// Conditions: ", with: "//   ")
    }
  }

  private func trainLines(_ read: Set<String>) -> [String] {
    let frozen = quantities.order.filter { id in
      if case .overridden = quantities.kinds[id] {
        return true
      }
      return false
    }.map { "model.\(names.spelling($0))" }
    let estimated = problem.parameters.filter {
      $0.isEstimated && read.contains($0.learnedName ?? $0.id)
    }
    guard !estimated.isEmpty else {
      return ["train likelihood on measurements { optimize: lbfgs(), steps: 1 }"]
    }
    var lines = ["let run = train likelihood on measurements {", "  starts: 20"]
    if frozen.count == 1 { lines.append("  freeze: \(frozen[0])") }
    if frozen.count > 1 { lines.append("  freeze: [\(frozen.joined(separator: ", "))]") }
    lines += [
      "  optimize: adam(lr: 0.1), steps: 300", "  then: lbfgs(), steps: 500", "}",
      "print run.loss, run.optima",
    ]
    let shown = estimated.map { names.spelling($0.learnedName ?? $0.id) }
    lines += Self.wrapped(shown, "print ")
    lines.append(
      "plot run.optima as points to \"\(problem.name)_optima.svg\" { title: \"\(problem.name): what each start came to\"; xlabel: \"start, sorted\"; ylabel: \"objective\" }"
    )
    return lines
  }
}

extension LossTranslation {
  /// Whether a term reads this state, or a start sets it.
  func reads(state: String, _ names: ProgramNames) -> Bool {
    let name = names.spelling(state)
    return terms.contains { $0.contains("s.\(name)") || $0.contains("rest.\(name)") }
  }
}

extension PEtabProblem.Parameter {
  /// Where a fit begins: the nominal value, or the middle of the bounds.
  var start: Double {
    if let nominal { return nominal }
    switch (lower.isFinite, upper.isFinite) {
    case (true, true):
      return scale != .linear && lower > 0
        ? Logarithm.power(lower, 0.5) * Logarithm.power(upper, 0.5) : 0.5 * (lower + upper)
    case (true, false): return lower + 1
    case (false, true): return upper - 1
    case (false, false): return 1
    }
  }

  /// On the scale that it is estimated on.
  func scaled(_ x: Double) -> Double {
    switch scale {
    case .linear: x
    case .log: Logarithm.natural(x)
    case .log10: Logarithm.natural(x) / Logarithm.natural(10)
    }
  }
}
