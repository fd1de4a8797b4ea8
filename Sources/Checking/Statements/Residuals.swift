import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  /// `residuals of run`, and the type of what it gives: a record for each field of the data that a loss may compare something with.
  mutating func residuals(
    _ study: Study, of expression: Expression, name: String?
  ) -> (statement: TypedStatement, type: Type)? {
    guard let (run, command) = run(expression, "residuals"),
      options(study.options, table: [], command: "residuals", data: command.data) != nil
    else { return nil }
    var example: [Field] = []
    var time: String?
    if let data = command.data, case .dataset(let type) = resolve(data.type) {
      (example, time) = (type.example, type.timeColumn)
    }
    guard !example.isEmpty else {
      report(
        Diagnostic(
          .optionValue, "`\(command.loss.name)` reads no data: there are no residuals",
          at: Label(expression.span)))
      return nil
    }
    let fields = example.filter { $0.name != time }.compactMap { field -> Field? in
      guard let tensor = resolve(field.type).tensor else { return nil }
      let n = environment.substitution.freshSize(named: "observations", rigid: true)
      let row = Shape([n])
      let own = Type.tensor(TensorType(.real, row, unit: tensor.unit))
      var parts = [Field("observed", own), Field("fitted", own), Field("residual", .real(row))]
      if let time, let unit = example.first(where: { $0.name == time })?.type.tensor?.unit {
        parts.append(Field("t", .tensor(TensorType(.real, row, unit: unit))))
      }
      return Field(field.name, .record(parts))
    }
    return (
      .residuals(
        ResidualsCommand(name: name, run: run, training: command, span: study.span)),
      .record(fields)
    )
  }
}
