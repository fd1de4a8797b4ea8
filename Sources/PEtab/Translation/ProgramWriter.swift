import Foundation
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

  var writer: FormulaText { FormulaText { names.spelling($0) } }
  func text(_ formula: Formula) -> String { writer.text(formula) }

  var summary: String {
    let estimated = problem.parameters.count(where: \.isEstimated)
    let experiments = quantities.experiments.all.count
    return
      "\(Self.count(model.states.count, "state")), \(Self.count(estimated, "estimated parameter")), "
      + "\(Self.count(problem.measurements.count, "measurement")) of \(Self.count(experiments, "experiment"))"
  }

  static func count(_ n: Int, _ what: String) -> String {
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
      ["loss likelihood(w) {"] + lossLines.map { "  " + $0 } + ["}"])
    blocks.append(trainLines(read))
    let renamed = names.changed.map { "`\($0.from)` is called `\($0.to)`" }
    notes += renamed
    return (blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n", notes)
  }

  /// Names of the problem that lines of the loss and functions read.
  var lossNames: Set<String> {
    let words = (lossLines + loss.functions).flatMap { line in
      line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
    }
    let spelled = Set(words)
    return Set(allNames.filter { spelled.contains(names.spelling($0)) })
  }

  var allNames: [String] {
    quantities.order + problem.parameters.compactMap(\.learnedName)
  }

  // MARK: Head

  var head: [String] {
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

  // MARK: Loss and fit

  func trainLines(_ read: Set<String>) -> [String] {
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

extension PEtabProblem.Parameter {
  /// Where a fit begins: the nominal value, or the middle of the bounds.
  var start: Double {
    if let nominal { return nominal }
    switch (lower.isFinite, upper.isFinite) {
    case (true, true):
      return scale != .linear && lower > 0
        ? lower.squareRoot() * upper.squareRoot() : 0.5 * (lower + upper)
    case (true, false): return lower + 1
    case (false, true): return upper - 1
    case (false, false): return 1
    }
  }

  /// On the scale that it is estimated on.
  func scaled(_ x: Double) -> Double {
    switch scale {
    case .linear: x
    case .log: log(x)
    case .log10: log10(x)
    }
  }
}
