import NodalDiagnostics
import NodalIR
import NodalTypes
import NodalBasics
package import NodalChecking
package import NodalData
package import NodalExecution
package import NodalTraining

/// What a top-level name holds while a program runs.
package indirect enum SessionValue: Sendable {
  case array(Tensor)
  case text(String)
  case tuple([SessionValue])
  case record([Named])
  case solution(SolutionValue)
  case dataset(Dataset)
  case run(RunValue)
  case nothing

  package struct Named: Sendable {
    package var name: String
    package var value: SessionValue
    package init(_ name: String, _ value: SessionValue) {
      self.name = name
      self.value = value
    }
  }

  /// The value that a way of fields leads to; nil where there is none.
  package subscript(path: ArraySlice<String>) -> SessionValue? {
    guard let name = path.first else { return self }
    let rest = path.dropFirst()
    switch self {
    case .record(let fields): return fields.first { $0.name == name }?.value[rest]
    case .solution(let solution): return solution.fields.first { $0.name == name }?.value[rest]
    case .tuple(let parts):
      guard let index = Int(name), parts.indices.contains(index) else { return nil }
      return parts[index][rest]
    case .dataset(let dataset):
      if let example = Int(name) { return dataset.example(example)?[rest] }
      return dataset.array(of: name).map { SessionValue.array(Tensor($0)) }?[rest]
    case .run(let run): return run[name]?[rest]
    case .array, .text, .nothing: return nil
    }
  }

  package var tensor: Tensor? {
    if case .array(let tensor) = self { tensor } else { nil }
  }
}

/// A solution: `t`, states, outputs, `final`, `stats`; and how it was made, so that it can be read between its samples.
package struct SolutionValue: Sendable {
  package var ode: String
  package var fields: [SessionValue.Named]
  /// The expression, and what it saw; nil for a solution inside of another value.
  package var definition: Definition?

  package struct Definition: Sendable {
    package var expression: TypedExpression
    package var weights: WeightStore
    package var values: [String: SessionValue]
  }
}

/// What `let run = train …` holds.
package struct RunValue: Sendable {
  package var name: String
  package var result: TrainingResult
  /// Loss without penalties, of the parameters that were kept.
  package var loss: Double
  package var validation: Double?
  /// Of the parameters that were kept; nil without `test:`.
  package var test: Double?
  /// What the fits of `starts:` came to, ascending, NaN for those that came to nothing; nil of a single fit.
  package var optima: [Double]?
  /// The losses of what each of the `folds:` held out, NaN for those that came to nothing; nil without.
  package var folds: [Double]?
  /// What penalties add to the loss there; nil where it wasn't looked at.
  package var penalty: Double?
  /// Whole passes through the data.
  package var epochs = 0
  /// Numbers that are learned.
  package var parameterCount: Int
  /// Bytes that the workspaces of its steps held at most.
  package var peakMemory: Int

  /// Evaluations of right-hand sides, forward and backward.
  var evaluations: Int { result.forwardEvaluations + result.backwardEvaluations }

  package subscript(name: String) -> SessionValue? {
    switch RunField(rawValue: name) {
    case .loss: .array(Tensor(loss))
    case .penalty: .array(Tensor(penalty ?? .nan))
    case .validation: validation.map { .array(Tensor($0)) }
    case .parameters: .array(Tensor(integers: [parameterCount], shape: []))
    case .steps: .array(Tensor(integers: [result.steps], shape: []))
    case .epochs: .array(Tensor(integers: [epochs], shape: []))
    case .evaluations: .array(Tensor(integers: [evaluations], shape: []))
    case .history: .array(Tensor(result.losses))
    case .optima: .array(Tensor(optima ?? [validation ?? loss]))
    case .folds: folds.map { .array(Tensor($0)) }
    case .seconds: .array(Tensor(result.elapsed))
    case .peakMemory: .array(Tensor(Double(peakMemory)))
    case .test:
      test.map { last in
        .record([
          .init("last", .array(Tensor(last))),
          .init("history", .array(Tensor(result.tests.map { $0.value ?? .nan }))),
          .init(
            "steps", .array(Tensor(integers: result.tests.map(\.step), shape: [result.tests.count]))
          ),
        ])
      }
    case nil: nil
    }
  }
}

extension Tensor {
  /// Numbers of a data set; what is missing, and what pads a short experiment, is NaN.
  package init(_ array: DataArray) {
    self.init(
      .f64, shape: array.shape,
      array.missing.isEmpty
        ? array.values : zip(array.values, array.missing).map { $1 ? .nan : $0 })
  }
}
