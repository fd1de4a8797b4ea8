import Foundation
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalReporting
import NodalTraining
import NodalTypes

/// `uncertainty of run { method: laplace() }`: intervals for what was learned, bands for what follows from it, and what the data don't tell.
extension Session {
  func uncertainty(_ command: UncertaintyCommand) throws {
    let fit = try fitted(command.run, command.training, at: command.span)
    do {
      try uncertainty(command, fit)
    } catch let failure as SessionFailure where failure.diagnostic.primary == nil {
      let found = failure.diagnostic
      throw SessionFailure(found.code, found.message, at: command.span, help: found.help)
    }
  }

  private func uncertainty(_ command: UncertaintyCommand, _ fit: FittedLoss) throws {
    let level = try number("level", command) ?? 0.95
    guard level < 1 else {
      throw SessionFailure(
        .optionValue, "`level:` is a share below 1, as 0.95", at: command.span)
    }
    let found = try Intervals(command.method, of: fit, level: level, at: command.span)
    var sentences = found.sentences
    var record = found.record
    if let prediction = command.prediction {
      let (value, failed) = try band(prediction, found.laplace, level, command)
      record.append(.init("prediction", value))
      if failed > 0 { sentences.append("\(failed) draws had no prediction") }
    }
    if let name = command.name { values[name] = .record(record) }
    sink(
      .printed(
        label: command.name ?? "uncertainty", text: text(found, sentences, command),
        value: ValueText.json(.record(record))))
  }

  private func text(
    _ found: Intervals, _ sentences: [String], _ command: UncertaintyCommand
  ) -> String {
    let method =
      switch command.method {
      case .laplace: "Laplace's approximation"
      case .profile: "profiles"
      }
    let share = NumberFormat.significant(100 * found.level, 3)
    var table = TextTable(columns: [
      .init("parameter"), .init("value", .right), .init("\(share) % from", .right),
      .init("to", .right), .init("unit"),
    ])
    for (weight, own) in found.parameters {
      let offset = weight.type.tensor?.shownOffset ?? 0
      for interval in own {
        let numbers = [interval.value, interval.lower, interval.upper]
        table.rows.append(
          [interval.name] + numbers.map { NumberFormat.significant($0 - offset, 4) }
            + [ValueText.unit(weight.type) ?? ""])
      }
    }
    var lines = ["uncertainty of \(command.run): \(method), \(found.density.words)"]
    lines.append(table.text.trimmingCharacters(in: .newlines))
    lines += sentences
    if found.density.fixedCount > 0 {
      lines.append(
        "with the \(NumberFormat.grouped(found.density.fixedCount)) weights of networks as they are"
      )
    }
    return lines.joined(separator: "\n")
  }

  private func number(_ key: String, _ command: UncertaintyCommand) throws -> Double? {
    guard case .expression(let expression)? = command.option(key)?.value else { return nil }
    return try evaluate(expression).tensor?.scalar
  }

  /// What an expression comes to for many draws: for each of its numbers the middle of them, and bounds that hold a share of them.
  private func band(
    _ expression: TypedExpression, _ laplace: Laplace, _ level: Double,
    _ command: UncertaintyCommand
  ) throws -> (SessionValue, failed: Int) {
    let count = try number("draws", command).map { Int($0) } ?? 200
    let seed = try number("seed", command).map { UInt64(bitPattern: Int64($0)) } ?? self.seed
    let saved = weights
    defer { weights = saved }
    var all: [Tensor] = []
    for k in 0..<count {
      if cancel.isSet { throw SessionFailure(.cancelled, "stopped", at: command.span) }
      let point = laplace.draw(RandomKey(seed: seed, place: "uncertainty").at(step: k))
      keep(laplace.density.vector(point), laplace.density.evaluator)
      guard let value = try? evaluate(expression).tensor, value.numbers.allSatisfy(\.isFinite)
      else { continue }
      all.append(value)
    }
    guard let first = all.first(where: { $0.count == all[0].count }), all.count >= max(2, count / 2)
    else {
      if cancel.isSet { throw SessionFailure(.cancelled, "stopped", at: command.span) }
      throw SessionFailure(
        .resultUndefined, "only \(all.count) of \(count) draws have a finite prediction",
        at: expression.span)
    }
    if all.allSatisfy({ $0.numbers == first.numbers }) {
      sink(
        .diagnostic(
          Diagnostic(
            .unusedOption,
            "`predict:` comes to the same for all draws: it reads nothing that was learned",
            at: Label(expression.span),
            help: ["write the `solve` in it: what a `let` holds was computed before"])))
    }
    var parts: [[Double]] = [[], [], []]
    for i in 0..<first.count {
      let sorted = all.map { $0.numbers[i] }.sorted()
      for (k, share) in [0.5 - level / 2, 0.5, 0.5 + level / 2].enumerated() {
        parts[k].append(sorted.quantile(share))
      }
    }
    let record = zip(["lower", "median", "upper"], parts).map {
      SessionValue.Named($0, .array(Tensor(.f64, shape: first.shape, $1)))
    }
    return (.record(record), count - all.count)
  }
}

extension [Double] {
  /// Of ascending numbers, between neighbours by share.
  fileprivate func quantile(_ share: Double) -> Double {
    let place = share * Double(count - 1)
    let below = Swift.min(Swift.max(Int(place), 0), count - 1)
    let above = Swift.min(below + 1, count - 1)
    return self[below] + (place - Double(below)) * (self[above] - self[below])
  }
}
