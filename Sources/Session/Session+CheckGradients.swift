import NodalTraining
import NodalExecution
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalIR
import NodalReporting
import NodalTypes

extension Session {
  /// `check gradients of loss on data`: the gradient by every method beside finite differences, with errors, evaluations and time.
  ///
  /// Differences are central, along a few directions: each weight's largest gradient component and a random direction
  /// over all of them would cost a solve each; the steps are scaled by the weight.
  func checkGradients(
    _ loss: LossInstance, _ data: TypedExpression?, _ options: [OptionValue], _ span: Span
  ) throws {
    let (dataset, type) = try self.dataset(data, else: "gradients are checked on a data set")
    let total = dataset?.exampleCount ?? 1
    var rows: [(name: String, gradient: [Double], seconds: Double, evaluations: Int)] = []
    var failures: [String] = []
    for mode in [GradientMode.direct, .adjoint, .interpolated, .forward] {
      do {
        let evaluator = try LossEvaluator(self, loss, type: type, gradient: mode)
        let vector = evaluator.parameters.values
        // Once to compile and warm, once to time.
        _ = try evaluator.evaluate(vector, on: dataset, total: total, step: 0)
        let start = host.monotonicClock()
        let result = try evaluator.evaluate(vector, on: dataset, total: total, step: 0)
        rows.append(
          (mode.rawValue, result.gradient, host.monotonicClock() - start, result.forwardEvaluations)
        )
      } catch let failure as SessionFailure {
        failures.append("\(mode.rawValue): \(failure.diagnostic.message)")
      } catch let error as IRError {
        failures.append("\(mode.rawValue): \(error.message)")
      }
    }
    let evaluator = try LossEvaluator(self, loss, type: type)
    let components = Self.spread(evaluator.parameters.count, limit: 24)
    let reference = try differences(evaluator, dataset, total, components)
    report(loss, rows, failures, components, reference, evaluator)
  }

  /// Up to `limit` places, evenly over all.
  private static func spread(_ count: Int, limit: Int) -> [Int] {
    count <= limit ? Array(0..<count) : (0..<limit).map { $0 * count / limit }
  }

  /// Central differences, extrapolated once (Richardson): the error falls with the fourth power of the step.
  private func differences(
    _ evaluator: LossEvaluator, _ data: Dataset?, _ total: Int, _ components: [Int]
  ) throws -> [Difference] {
    let vector = evaluator.parameters.values
    let here = try evaluator.evaluate(
      vector, on: data, total: total, step: 0, wantsGradient: false
    ).value
    func value(_ k: Int, _ shift: Double) throws -> Double {
      var moved = vector
      moved[k] += shift
      return try evaluator.evaluate(moved, on: data, total: total, step: 0, wantsGradient: false)
        .value
    }
    return try components.map { k in
      let h = 1e-3 * max(1, abs(vector[k]))
      let wide = try (value(k, h), value(k, -h))
      let narrow = try (value(k, h / 2), value(k, -h / 2))
      let slopes = [wide.0 - here, here - wide.1].map { abs($0) / h }
      return Difference(
        slope: (4 * (narrow.0 - narrow.1) / h - (wide.0 - wide.1) / (2 * h)) / 3,
        steepest: slopes.max() ?? 0, step: h)
    }
  }

  /// What differences say of one component of the gradient.
  private struct Difference {
    var slope: Double
    /// The steeper of the slopes to both sides. At an optimum the slope itself is next to nothing, and any error beside
    /// it is large: then it is compared with this, which the loss has a step away.
    var steepest: Double
    var step: Double
  }

  private func report(
    _ loss: LossInstance,
    _ rows: [(name: String, gradient: [Double], seconds: Double, evaluations: Int)],
    _ failures: [String], _ components: [Int], _ differences: [Difference],
    _ evaluator: LossEvaluator
  ) {
    var table = TextTable(columns: [
      .init("gradient"), .init("error", .right), .init("evaluations", .right),
      .init("time", .right), .init("verdict"),
    ])
    let reference = differences.map(\.slope)
    let largest = reference.map(abs).max() ?? 0
    let steepest = differences.map(\.steepest).max() ?? 0
    let isOptimum = largest < 0.1 * steepest
    let scale = max(isOptimum ? steepest : largest, 1e-300)
    let threshold = 1e-3
    var json: [JSONValue] = []
    for row in rows {
      let error =
        zip(components, reference).map { abs(row.gradient[$0] - $1) }.max().map { $0 / scale } ?? 0
      let isFine = error <= threshold
      table.rows.append([
        row.name, NumberFormat.significant(error, 2), NumberFormat.grouped(row.evaluations),
        NumberFormat.duration(seconds: row.seconds), isFine ? "fine" : "not to be trusted",
      ])
      json.append(
        .object([
          .init("gradient", .string(row.name)), .init("error", .number(error)),
          .init("evaluations", .number(Double(row.evaluations))),
          .init("seconds", .number(row.seconds)), .init("trusted", .bool(isFine)),
        ]))
    }
    var text =
      "gradients of \(loss.name), against differences in \(components.count) of \(evaluator.parameters.count) directions\n"
    text += table.text
    if isOptimum {
      text +=
        "\nthe gradient is next to 0 here: errors are in units of the slopes a step away, up to \(NumberFormat.significant(steepest, 2))"
    }
    let trusted = rows.filter { row in
      zip(components, reference).allSatisfy { abs(row.gradient[$0] - $1) <= threshold * scale }
    }
    if let fastest = trusted.min(by: { $0.seconds < $1.seconds }) {
      text +=
        "\ntrust those within \(NumberFormat.significant(threshold)) of the \(isOptimum ? "slopes a step away" : "largest component"); the fastest of them is \(fastest.name)"
    } else {
      text +=
        "\nnone is within \(NumberFormat.significant(threshold)) of differences: tighten rtol and atol"
    }
    for failure in failures { text += "\n" + failure }
    sink(.printed(label: "check gradients of \(loss.name)", text: text, value: .array(json)))
  }
}
