import Foundation
import NodalBasics
import NodalDiagnostics

extension ProgramWriter {
  func parameterLines(_ read: Set<String>) -> ([String], [String]) {
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
  static func inside(_ value: Double, _ lower: Double, _ upper: Double, isLog: Bool)
    -> Double
  {
    let share = 1e-6
    guard value <= lower || value >= upper || !value.isFinite else { return value }
    let isLow = value <= lower
    switch (lower.isFinite, upper.isFinite) {
    case (true, true):
      let part = isLow ? share : 1 - share
      return isLog
        ? lower * pow(upper / lower, part) : lower + (upper - lower) * part
    case (true, false): return lower + share * max(1, lower.magnitude)
    case (false, true): return upper - share * max(1, upper.magnitude)
    case (false, false): return 0
    }
  }

  static func priorText(_ parameter: PEtabProblem.Parameter) -> String? {
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

  func constantLines(_ read: Set<String>) -> [String] {
    var entries: [String] = []
    for id in quantities.order where read.contains(id) {
      if case .constant(let value) = quantities.kinds[id] {
        entries.append("\(names.spelling(id)) = \(FormulaText.number(value))")
      }
    }
    return Self.wrapped(entries, "const ")
  }

  /// Entries in lines of some hundred characters, each line beginning with the same word.
  static func wrapped(_ entries: [String], _ head: String) -> [String] {
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
}
