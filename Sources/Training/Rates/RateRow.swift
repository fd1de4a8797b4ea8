import Foundation

/// A learning-rate schedule of the language: `lr: cosine(1e-2, over: 500)`.
package struct RateRow: Sendable {
  package let name: String
  /// One sentence for the manual.
  package let summary: String
  /// Its arguments; the first may be given without its name.
  package let arguments: [Hyperparameter]
  private let body: @Sendable (HyperparameterValues, Double) -> Double

  /// A schedule with these arguments.
  package func make(_ given: [String: [Double]]) throws(HyperparameterError) -> LearningRate {
    let values = try HyperparameterValues(given, table: arguments)
    let body = body
    return LearningRate { body(values, $0) }
  }

  package static func named(_ name: String) -> RateRow? { all.first { $0.name == name } }

  private static let rate = Hyperparameter("lr", nil, .positive, "the rate at the beginning")

  /// All schedules, in the order of the manual.
  package static let all: [RateRow] = [
    RateRow(
      name: "constant", summary: "The same rate all along.", arguments: [rate],
      body: { values, _ in values["lr"] }),
    RateRow(
      name: "steps", summary: "The rate is multiplied by `factor` at each of the places in `at`.",
      arguments: [
        rate, Hyperparameter("at", list: nil, .ascendingList, "where it drops"),
        Hyperparameter("factor", 0.1, .positive, "what it is multiplied by"),
      ],
      body: { values, position in
        let passed = values.list("at").filter { position >= $0 }.count
        return values["lr"] * pow(values["factor"], Double(passed))
      }),
    RateRow(
      name: "exponential", summary: "The rate is multiplied by `factor` in every unit.",
      arguments: [rate, Hyperparameter("factor", 0.999, .positive, "what it is multiplied by")],
      body: { values, position in values["lr"] * pow(values["factor"], position) }),
    RateRow(
      name: "cosine",
      summary: "Half a cosine from the rate down to `to`, which it keeps from then on.",
      arguments: [
        rate, Hyperparameter("over", nil, .positive, "the length of the descent"),
        Hyperparameter("to", 0, .nonNegative, "the rate at its end"),
      ],
      body: { values, position in
        let part = min(1, max(0, position / values["over"]))
        return values["to"] + (values["lr"] - values["to"]) * (1 + cos(.pi * part)) / 2
      }),
    RateRow(
      name: "warmup", summary: "A linear climb to the rate, which it keeps from then on.",
      arguments: [rate, Hyperparameter("over", nil, .positive, "the length of the climb")],
      body: { values, position in
        LearningRate.constant(values["lr"]).warmedUp(over: values["over"]).at(position)
      }),
  ]
}
