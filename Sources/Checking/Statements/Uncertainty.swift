import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  /// `uncertainty of run { method: laplace() }`, and the type of what it gives.
  mutating func uncertainty(
    _ study: Study, of expression: Expression, name: String?
  ) -> (statement: TypedStatement, type: Type)? {
    guard let (run, command) = run(expression, "uncertainty") else { return nil }
    guard
      let options = options(
        study.options, table: OptionRow.uncertainty, command: "uncertainty", data: command.data)
    else { return nil }
    guard let method = uncertaintyMethod(options, command) else { return nil }
    var prediction: TypedExpression?
    if case .expression(let wanted)? = options.first(where: { $0.key == "predict" })?.value {
      guard wanted.type.tensor != nil else {
        report(
          .typeMismatch(
            expected: "a number or an array of numbers", found: text(wanted.type), at: wanted.span,
            what: "`predict:`"))
        return nil
      }
      prediction = wanted
    }
    let statement = UncertaintyCommand(
      name: name, run: run, training: command, method: method, prediction: prediction,
      options: options, span: study.span)
    return (.uncertainty(statement), type(of: statement))
  }

  /// The name of a run, and how it was trained.
  mutating func run(_ expression: Expression, _ word: String) -> (String, TrainCommand)? {
    let value = elaborate(expression)
    if value.isInvalid { return nil }
    if let run = value.sessionPath?.name, case .run = resolve(value.type),
      let command = environment.runs[run]
    {
      return (run, command)
    }
    report(
      Diagnostic(
        .optionValue, "behind `\(word) of` stands a training run, found \(text(value.type))",
        at: Label(expression.span), help: ["`let run = train …`, then `\(word) of run`"]))
    return nil
  }

  private mutating func uncertaintyMethod(
    _ options: [OptionValue], _ command: TrainCommand
  ) -> UncertaintyCommand.Method? {
    guard
      case .call(let name, let arguments)? = options.first(where: { $0.key == "method" })?.value,
      name == "profile"
    else { return .laplace }
    let trained = Set(command.loss.weights)
    var ids: [WeightID] = []
    for argument in arguments {
      guard case .weights(let own) = argument.value else { continue }
      for id in own where !ids.contains(id) {
        guard let weight = environment.weights[id], weight.kind == .parameter else { continue }
        guard trained.contains(id) else {
          report(
            Diagnostic(
              .unknownWeight, "`\(command.loss.name)` trains no `\(weight.path)`",
              at: Label(options[0].span)))
          return nil
        }
        ids.append(id)
      }
    }
    guard !ids.isEmpty else {
      report(
        Diagnostic(
          .optionValue, "`profile` takes the parameters to go along", at: Label(options[0].span),
          help: ["`method: profile(swing.L)`; `laplace()` takes all of them at once"]))
      return nil
    }
    return .profile(ids)
  }

  /// A record of what is said of each parameter, by the parts of its path, and of the prediction.
  private mutating func type(of command: UncertaintyCommand) -> Type {
    var fields: [Field] = []
    for id in command.method.parameters(of: command.training.loss, environment.weights) {
      guard let weight = environment.weights[id] else { continue }
      var parts = [
        Field("value", weight.wholeType), Field("lower", weight.wholeType),
        Field("upper", weight.wholeType),
      ]
      if case .profile = command.method {
        let n = environment.substitution.freshSize(named: "points", rigid: true)
        let type = weight.wholeType.tensor.map {
          Type.tensor(TensorType(.real, Shape([n]), unit: $0.unit))
        }
        parts += [Field("at", type ?? .error), Field("cost", .real(Shape([n])))]
      }
      insert(
        .record(parts), at: weight.path.split(separator: ".").map(String.init)[...], in: &fields)
    }
    if let prediction = command.prediction {
      let type = resolve(prediction.type)
      fields.append(
        Field(
          "prediction",
          .record([Field("lower", type), Field("median", type), Field("upper", type)])))
    }
    return .record(fields)
  }

  private func insert(_ type: Type, at path: ArraySlice<String>, in fields: inout [Field]) {
    guard let name = path.first else { return }
    guard path.count > 1 else {
      fields.append(Field(name, type))
      return
    }
    var inner: [Field] = []
    let place = fields.firstIndex { $0.name == name }
    if let place, case .record(let known) = fields[place].type { inner = known }
    insert(type, at: path.dropFirst(), in: &inner)
    if let place {
      fields[place] = Field(name, .record(inner))
    } else {
      fields.append(Field(name, .record(inner)))
    }
  }
}
