package import NodalDiagnostics
package import NodalTypes

/// A statement, ready to be executed. Declarations are not here: they are in the program's tables.
package enum TypedStatement: Sendable {
  /// A data set to be made (in order of need, before the first command that follows).
  case data(DataInstance)
  case `let`(name: String, value: TypedExpression)
  case train(TrainCommand)
  case uncertainty(UncertaintyCommand)
  case residuals(ResidualsCommand)
  case print([PrintItem], Span)
  case plot(PlotInstance)
  case portrait(PortraitInstance)
  case explain(ExplainInstance)
  case checkGradients(loss: LossInstance, data: TypedExpression?, options: [OptionValue], Span)
  case write(TypedExpression, file: String, Span)
  /// All weights below a path.
  case save(owner: String, weights: [WeightID], file: String, Span)
  case load(owner: String, weights: [WeightID], file: String, Span)
  /// `text` is the condition as written; a comparison's sides are given for the message.
  case assert(
    condition: TypedExpression, sides: [(text: String, value: TypedExpression)], text: String, Span)
  case test(TestInstance)
  case bench(BenchInstance)
  /// Several statements that one line made: `let a = 1, b = 2`.
  case group([TypedStatement])
  /// A bare value at the prompt.
  case show(PrintItem, Span)
}

/// What `print` shows.
package enum PrintItem: Sendable {
  case value(label: String, TypedExpression)
  /// A declared thing: its parameters (or a network's weights in brief); of an ode its equations too.
  case declaration(name: String, kind: String, ode: OdeID?, weights: [WeightID])
}

package struct TestInstance: Sendable {
  package var title: String
  package var statements: [TypedStatement]
  package var span: Span
}

/// `bench "lorenz", repeats: 50 { … }`.
package struct BenchInstance: Sendable {
  package enum Work: Sendable {
    case expression(TypedExpression)
    /// A step of it.
    case train(TrainCommand)
    case gradient(loss: LossInstance, data: TypedExpression?, options: [OptionValue])
  }
  package var title: String
  package var options: [OptionValue]
  /// What is done once, before.
  package var statements: [TypedStatement]
  package var work: Work
  package var workSpan: Span
  package var span: Span

  package func option(_ key: String) -> OptionValue? { options.first { $0.key == key } }
}

/// One series of a plot.
package struct PlotSeries: Sendable {
  package var label: String
  /// A tuple `(y, x)` where there is an `against`, else the value alone.
  package var value: TypedExpression
  package var hasAbscissa: Bool

  /// The type of what is drawn upwards.
  package var ordinate: Type? {
    if hasAbscissa, case .tuple(let types) = value.type { return types.first }
    return value.type
  }
}

extension Type {
  /// Of numbers with intervals around them, as `predict:` makes them, that of the numbers; nil for what is something else.
  package var median: Type? {
    guard case .record(let fields) = self, fields.map(\.name) == ["lower", "median", "upper"],
      fields.allSatisfy({ $0.type.tensor != nil })
    else { return nil }
    return fields[1].type
  }
}

package struct PlotInstance: Sendable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case line, phase, points, histogram, heat, arrows, waterfall, pairs
  }
  package var series: [PlotSeries]
  package var kind: Kind
  /// `t`, or the text of `against`; nil without one.
  package var abscissa: String?
  package var logX: Bool
  package var logY: Bool
  package var file: String?
  package var options: [OptionValue]
  package var span: Span
}

package struct ExplainInstance: Sendable {
  package var ode: OdeID
  package var trajectory: TypedExpression
  package var file: String?
  package var span: Span
}

/// A key of a command with its value and what commas tied to it, checked against the table of keys.
package struct OptionValue: Sendable {
  package indirect enum Value: Sendable {
    /// Of numbers: a constant or something to evaluate when it is needed.
    case expression(TypedExpression)
    case text(String)
    /// `adam(lr: 1e-2)`, `windows(length: 20, count: 32)`, `all`.
    case call(String, [Argument])
    /// A data set, or a part of one.
    case data(TypedExpression)
    /// `freeze: net`
    case weights([WeightID])
    /// `rate: 0.1*net`
    case rates([WeightRate])
    case ode(OdeID)
    /// `1e-3 * strength(swing.drag)`, `minimal(swing.drag)`
    case penalties([Penalty])
    /// `e on d`: a value for one example.
    case perExample(LossInstance, data: TypedExpression)
  }
  package struct Argument: Sendable {
    package var label: String?
    package var value: Value
  }
  package var key: String
  package var value: Value
  package var subOptions: [OptionValue]
  package var span: Span

  package func subOption(_ key: String) -> OptionValue? { subOptions.first { $0.key == key } }
}

/// What can be read of `let run = train …`.
package enum RunField: String, Sendable, Hashable, CaseIterable {
  /// Without penalties, of the parameters that were kept; and what the penalties add to it.
  case loss, penalty
  /// The lowest; there is none without `validate:`.
  case validation
  case steps
  /// Whole passes through the data.
  case epochs
  /// Numbers that are learned.
  case parameters
  /// Of right-hand sides, in all steps.
  case evaluations
  case seconds
  /// The loss of each step.
  case history
  /// What the fits of `starts:` came to, ascending.
  case optima
  /// What each of the `folds:` came to where it was held out; there is none without.
  case folds
  case test
  case peakMemory = "peak_memory"
}

/// `let run = train fit on obs { … }`.
package struct TrainCommand: Sendable {
  /// The name of the run; nil where the command stands alone.
  package var name: String?
  package var loss: LossInstance
  /// Nil: the loss reads no data.
  package var data: TypedExpression?
  /// `optimize`, then each `then`.
  package var stages: [OptionValue]
  package var options: [OptionValue]
  package var span: Span

  package func option(_ key: String) -> OptionValue? { options.first { $0.key == key } }
}

/// `let u = uncertainty of run { method: laplace() }`.
package struct UncertaintyCommand: Sendable {
  package enum Method: Sendable {
    /// A normal distribution around the best parameters, with the curvature that the loss has there.
    case laplace
    /// For each of some parameters the best that the others can do.
    case profile([WeightID])

    /// Those that something is said of, in the order of the loss.
    package func parameters(of loss: LossInstance, _ weights: [WeightID: Weight]) -> [WeightID] {
      switch self {
      case .laplace: loss.weights.filter { weights[$0]?.kind == .parameter }
      case .profile(let ids): ids
      }
    }
  }
  /// The name of what it gives; nil where the command stands alone.
  package var name: String?
  /// The name of the run, and how it was trained.
  package var run: String
  package var training: TrainCommand
  package var method: Method
  /// What is computed for many draws of the parameters.
  package var prediction: TypedExpression?
  package var options: [OptionValue]
  package var span: Span

  package func option(_ key: String) -> OptionValue? { options.first { $0.key == key } }
}

/// `let r = residuals of run`.
package struct ResidualsCommand: Sendable {
  /// The name of what it gives; nil where the command stands alone.
  package var name: String?
  /// The name of the run, and how it was trained.
  package var run: String
  package var training: TrainCommand
  package var span: Span
}
