import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// Fields of what only a session holds: data sets, training runs.
extension Checker {
  mutating func datasetField(
    _ value: TypedExpression, _ data: DatasetType, _ name: Name, _ span: Span
  ) -> TypedExpression {
    if let found = data.example.first(where: { $0.name == name.spelling }) {
      return column(found, of: data, value, span)
    }
    let checker = self
    let record = part(name.spelling, of: data.example, span) {
      checker.column($0, of: data, value, span)
    }
    return record
      ?? failed(
        .unknownColumn(
          name.spelling, of: data.name, at: name.span, columns: data.example.map(\.name),
          time: data.timeColumn), span)
  }

  private func column(
    _ found: Field, of data: DatasetType, _ value: TypedExpression, _ span: Span
  ) -> TypedExpression {
    let leading = data.count.map { [$0] } ?? []
    var type = found.type.lifted(by: leading)
    if data.isRagged, data.count != nil, let length = data.length,
      case .tensor(var tensor) = resolve(type),
      tensor.shape.sizes.dropFirst().first == resolve(length)
    {
      // Whole numbers have no NaN to mark padding with.
      if tensor.element == .integer { tensor.element = .real }
      tensor.isPadded = true
      type = .tensor(tensor)
    }
    return TypedExpression(.field(value, found.name), type, span)
  }

  /// The quantities that a training run reports.
  mutating func runField(
    _ value: TypedExpression, _ name: Name, _ span: Span
  ) -> TypedExpression {
    switch RunField(rawValue: name.spelling) {
    case .loss, .validation, .penalty, .seconds, .peakMemory:
      return TypedExpression(.field(value, name.spelling), .real, span)
    case .steps, .epochs, .parameters, .evaluations:
      return TypedExpression(.field(value, name.spelling), .integer, span)
    case .history: return runSeries(value, name, "steps", span)
    case .optima: return runSeries(value, name, "starts", span)
    case .folds: return runSeries(value, name, "folds", span)
    case .test:
      let looks = environment.substitution.freshSize(named: "looks", rigid: true)
      let type = Type.record([
        Field("last", .real), Field("history", .real(Shape([looks]))),
        Field("steps", Type.integer.lifted(by: [looks])),
      ])
      return TypedExpression(.field(value, name.spelling), type, span)
    case nil:
      return failed(
        .unknownField(
          name.spelling, of: "a training run", at: name.span,
          fields: RunField.allCases.map(\.rawValue)), span)
    }
  }

  /// Numbers of which only a run knows how many there are.
  private mutating func runSeries(
    _ value: TypedExpression, _ name: Name, _ axis: String, _ span: Span
  ) -> TypedExpression {
    let count = environment.substitution.freshSize(named: axis, rigid: true)
    return TypedExpression(.field(value, name.spelling), .real(Shape([count])), span)
  }
}
