import Foundation
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalTraining
import NodalTypes

/// Settings of `train` that are calls, read: `grow(from: 1)`, `patience(20)`, `windows(length: 8)`, `cosine(1e-2, …)`.
extension TrainingPlan {
  // MARK: Views of the data, and ends

  /// What the stages see, one after the other: `horizon: grow(from: 1.5, to: 5, stages: 3)` cuts all experiments to spans that grow by equal
  /// factors; `shooting:` shows windows, whose gaps count ever more, then, unless that isn't wanted, the whole; without them, all of the data once.
  func views(_ command: TrainCommand, _ session: Session) throws -> [View] {
    if let shooting {
      let windows = shooting.continuities.map {
        View(
          data: shooting.windows,
          name: "on \(shooting.words), gaps count \(NumberFormat.significant($0, 3))",
          continuity: $0)
      }
      return windows
        + (shooting.joins ? [View(data: data, name: "joined", frozen: shooting.paths)] : [])
    }
    guard let option = command.option("horizon") else { return [View(data: data)] }
    guard case .call(_, let arguments) = option.value, let data, let whole = data.longestSpan else {
      throw SessionFailure(
        .optionValue, "`horizon:` wants data with times", at: option.span,
        help: ["name the column of times where the data are declared: `time: \"t\"`"])
    }
    let given = try Self.numbers(arguments, session)
    let from = given["from"] ?? whole
    let to = given["to"] ?? whole
    guard from > 0, to >= from, to.isFinite else {
      throw SessionFailure(
        .optionValue,
        "a horizon grows from above 0 to something longer, not from "
          + "\(NumberFormat.significant(from, 4)) to \(NumberFormat.significant(to, 4))",
        at: option.span, help: ["the data are \(NumberFormat.significant(whole, 4)) long"])
    }
    let count = Int(given["stages"] ?? 3)
    let unit = type?.timeUnit.map { " " + $0 } ?? ""
    return (0..<count).compactMap { k in
      let span = count == 1 ? to : from * pow(to / from, Double(k) / Double(count - 1))
      return data.within(span).map {
        View(data: $0, name: "on the first \(NumberFormat.significant(span, 3))\(unit)")
      }
    }
  }

  /// `shooting: multiple(length: 5, continuity: 200)`.
  func shooting(
    _ option: OptionValue, _ command: TrainCommand, _ session: Session
  ) throws -> MultipleShooting {
    guard case .call(_, let arguments) = option.value, let data else {
      throw SessionFailure(.optionValue, "`shooting:` wants data with times", at: option.span)
    }
    let given = try Self.numbers(arguments, session)
    let continuity = given["continuity"] ?? Self.usualContinuity
    guard continuity > 0, continuity.isFinite else {
      throw SessionFailure(
        .optionValue,
        "`continuity:` is a number above 0, not "
          + NumberFormat.significant(continuity, 4), at: option.span)
    }
    return try MultipleShooting(
      data, length: Int(given["length"] ?? 1), continuity: continuity,
      stages: Int(given["stages"] ?? 3), joins: given["join"] != 0, of: command.loss, type, session,
      at: option.span)
  }

  /// What a gap as large as the states' changes counts against the loss.
  private static let usualContinuity = 100.0

  /// `stop: patience(50)`, `stop: below(1e-3)`.
  static func earlyStop(_ option: OptionValue, _ session: Session) throws -> EarlyStop {
    guard case .call(_, let arguments) = option.value else {
      throw SessionFailure(.optionValue, "`stop:` is `patience(n)` or `below(x)`", at: option.span)
    }
    let given = try numbers(arguments, session)
    return EarlyStop(
      patience: given["looks"].map { Int($0) }, improvement: given["improvement"] ?? 0,
      target: given["value"])
  }

  private static func numbers(
    _ arguments: [OptionValue.Argument], _ session: Session
  ) throws -> [String: Double] {
    var numbers: [String: Double] = [:]
    for argument in arguments {
      guard case .expression(let expression) = argument.value, let label = argument.label else {
        continue
      }
      numbers[label] = try session.evaluate(expression).tensor?.scalar
    }
    return numbers
  }

  static func batch(
    _ value: OptionValue.Value, _ session: Session, _ span: Span
  ) throws -> BatchPlan {
    let unknown = SessionFailure(
      .optionValue, "a batch is `all`, `shuffled(n)` or `windows(length:, count:)`", at: span)
    guard case .call(let name, let arguments) = value else { throw unknown }
    let counts = try numbers(arguments, session).compactMapValues { Int(exactly: $0.rounded()) }
    switch name {
    case "all": return .all
    case "shuffled": return .shuffled(counts["count"] ?? 0)
    case "windows": return .windows(length: counts["length"] ?? 0, count: counts["count"] ?? 1)
    default: throw unknown
    }
  }

  static func schedule(
    _ name: String, _ arguments: [OptionValue.Argument], _ session: Session, _ span: Span
  ) throws -> LearningRate {
    guard let row = RateRow.named(name) else {
      throw SessionFailure(
        .optionValue, "there is no schedule `\(name)`", at: span,
        help: ["the schedules are " + RateRow.all.map { "`\($0.name)`" }.joined(separator: ", ")])
    }
    var values: [String: [Double]] = [:]
    for (i, argument) in arguments.enumerated() {
      guard case .expression(let expression) = argument.value,
        let tensor = try session.evaluate(expression).tensor
      else { throw SessionFailure(.optionValue, "`\(name)` wants numbers", at: span) }
      let label =
        argument.label ?? (row.arguments.indices.contains(i) ? row.arguments[i].name : "")
      // The rate that is climbed to, or come from.
      let isRate = label == "from" || (name == "warmup" && label == "to")
      values[isRate ? "lr" : label] = tensor.numbers
    }
    do {
      return try row.make(values)
    } catch {
      throw SessionFailure(error.diagnostic(of: name, at: span))
    }
  }

  static func integer(_ option: OptionValue, _ session: Session) throws -> Int {
    guard case .expression(let expression) = option.value,
      let x = try session.evaluate(expression).tensor?.scalar, let n = Int(exactly: x), n >= 0
    else {
      throw SessionFailure(
        .optionValue, "`\(option.key)` is a whole number, not below 0", at: option.span)
    }
    return n
  }
}

extension DatasetType {
  /// That of the times, in words; nil for plain numbers.
  fileprivate var timeUnit: String? {
    guard case .uniform(let unit)? = timeField?.type.tensor?.unit, !unit.isOne else { return nil }
    return unit.description
  }
}

extension HyperparameterError {
  func diagnostic(of name: String, at span: Span) -> Diagnostic {
    switch self {
    case .unknown(let key, let known):
      return Diagnostic(
        .unknownLabel, "`\(name)` has no argument `\(key)`", at: Label(span),
        help: ["its arguments are " + known.map { "`\($0)`" }.joined(separator: ", ")])
    case .missing(let key):
      return Diagnostic(.missingArgument, "`\(name)` needs `\(key)`", at: Label(span))
    case .outside(let key, let found, let expected):
      let text = found.map { NumberFormat.shortest($0) }.joined(separator: ", ")
      return Diagnostic(
        .optionValue, "`\(key)` of `\(name)` is \(expected), not \(text)", at: Label(span))
    }
  }
}
