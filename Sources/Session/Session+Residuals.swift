import Foundation
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalReporting
import NodalTraining
import NodalTransforms
import NodalTypes

/// `residuals of run`: what a fit leaves of the data.
extension Session {
  func residuals(_ command: ResidualsCommand) throws {
    let found = try residuals(of: try fitted(command.run, command.training, at: command.span))
    guard !found.isEmpty else {
      throw SessionFailure(
        .optionValue,
        "`\(command.training.loss.name)` compares nothing with its data by squares: there are no residuals",
        at: command.span, help: ["`mse(s.x, w.x)` and `w.x ~ normal(s.x, σ)` do"])
    }
    let record = SessionValue.record(
      found.map { field in
        .init(
          field.name,
          .record(
            [
              .init("observed", .array(Tensor(field.observed))),
              .init("fitted", .array(Tensor(field.fitted))),
              .init("residual", .array(Tensor(field.residuals))),
            ] + (field.times.isEmpty ? [] : [.init("t", .array(Tensor(field.times)))])))
      })
    if let name = command.name { values[name] = record }
    var table = TextTable(
      columns: [.init("field")]
        + ["observations", "mean", "spread", "neighbours", "sign changes", "normal"].map {
          .init($0, .right)
        })
    for field in found {
      table.rows.append(
        [field.name, NumberFormat.grouped(field.residuals.count)]
          + [field.mean, field.spread, field.correlation, field.signChanges, field.normality].map {
            NumberFormat.significant($0, 3)
          })
    }
    let text =
      (["residuals of \(command.run)", table.text.trimmingCharacters(in: .newlines)]
      + found.flatMap(\.words)).joined(separator: "\n")
    sink(
      .printed(label: command.name ?? "residuals", text: text, value: ValueText.json(record)))
  }

  /// Of each field that a loss compares with its data, at the parameters that were kept.
  func residuals(of fit: FittedLoss) throws -> [FieldResiduals] {
    let evaluator = fit.evaluator
    guard let data = fit.data, case .record(let fields) = evaluator.loss.parameterType else {
      return []
    }
    let time = evaluator.datasetType?.timeColumn
    var parts: [Int: [String: FieldResiduals]] = [:]
    for group in ExampleGroup.groups(data) {
      let lowered = try evaluator.program(for: group).lowered.program
      let wrt = evaluator.inputs.compactMap(lowered.parameter)
      guard let (region, comparisons) = try LeastSquares.comparisons(of: lowered.region, wrt: wrt)
      else { continue }
      let results = try evaluator.eachExample(of: region, lowered, fit.best.values, group)
      for (k, comparison) in comparisons.enumerated() where comparison.parameter < fields.count {
        let name = fields[comparison.parameter].name
        for (lane, place) in group.places.enumerated() {
          let own = (0..<3).map { results[lane][3 * k + $0].numbers }
          let times = time.flatMap { data.value(of: $0, example: place)?.values }
          var field = parts[place]?[name] ?? FieldResiduals(name: name)
          field.add(own, times, isLogarithmic: comparison.isLogarithmic)
          parts[place, default: [:]][name] = field
        }
      }
    }
    return fields.map(\.name).compactMap { name in
      var whole = FieldResiduals(name: name)
      for place in parts.keys.sorted() {
        guard let own = parts[place]?[name] else { continue }
        whole.append(own, example: place)
      }
      return whole.residuals.isEmpty ? nil : whole
    }
  }
}

extension FieldResiduals {
  /// Adds what an example compares: what is given, what the model says, and roots; nothing is compared where a root is 0.
  fileprivate mutating func add(
    _ parts: [[Double]], _ times: [Double]?, isLogarithmic: Bool
  ) {
    let scale: (Double) -> Double = isLogarithmic ? exp : { $0 }
    // Where roots are negative residuals or positive ones depends on how the loss was written: a residual is what was observed less what was fitted.
    for (i, root) in parts[2].enumerated() where root != 0 && root.isFinite {
      observed.append(scale(parts[0][i]))
      fitted.append(scale(parts[1][i]))
      residuals.append(parts[0][i] < parts[1][i] ? -abs(root) : abs(root))
      if let times, times.count == parts[2].count { self.times.append(times[i]) }
    }
  }

  fileprivate mutating func append(_ other: FieldResiduals, example: Int) {
    starts.append(residuals.count)
    examples.append(example)
    observed += other.observed
    fitted += other.fitted
    residuals += other.residuals
    times += other.times
  }
}
