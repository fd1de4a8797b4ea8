import NodalBasics
import NodalChecking
import NodalDiagnostics
import NodalExecution
import NodalTraining

/// `report: k`: expressions that are looked at while training goes on. Of one run.
final class SideReports {
  struct Item {
    var expression: TypedExpression
    var every: Int
    var steps: [Int] = []
    var values: [SessionValue] = []
  }
  var items: [Item]
  let total: Int
  /// The step under way, and the parameters that it began with.
  private(set) var step = 0
  private(set) var parameters: [Double] = []

  init(_ command: TrainCommand, total: Int) {
    self.total = total
    items = command.options.compactMap { option in
      guard option.key == "report", case .expression(let expression) = option.value else {
        return nil
      }
      var every = max(1, total / 5)
      if case .expression(let given)? = option.subOption("every")?.value,
        let count = given.integerConstant
      {
        every = max(1, count)
      }
      return Item(expression: expression, every: every)
    }
  }

  func begin(_ step: Int, _ vector: [Double]) {
    guard !items.isEmpty, step != self.step else { return }
    self.step = step
    parameters = vector
  }
}

extension TypedExpression {
  fileprivate var integerConstant: Int? {
    if case .integer(let value) = kind { value } else { nil }
  }
}

extension Session {
  /// Looks at what a step is to report.
  func note(_ step: Int, _ reports: SideReports, _ evaluator: LossEvaluator) {
    let due = reports.items.indices.filter {
      step % reports.items[$0].every == 0 || step == reports.total
    }
    guard !due.isEmpty, reports.step == step else { return }
    for (path, values) in evaluator.constrained(reports.parameters) {
      weights.setValues(path, values)
    }
    for k in due {
      // What can't be evaluated on the way is left out: training goes on without it.
      guard let value = try? evaluate(reports.items[k].expression) else { continue }
      reports.items[k].steps.append(step)
      reports.items[k].values.append(value)
    }
  }

  func tell(_ reports: SideReports) {
    for item in reports.items where !item.steps.isEmpty {
      let span = item.expression.span
      let label = sources[span.source].map { $0.text(of: span) } ?? "report"
      let values = item.values.map { ValueText.text($0, item.expression.type) }
      let text = zip(item.steps, values).map { "\($1) at step \(NumberFormat.grouped($0))" }
      sink(
        .printed(
          label: String(label), text: "\(label): " + text.joined(separator: ", "),
          value: .array(item.values.map(ValueText.json))))
    }
  }
}
