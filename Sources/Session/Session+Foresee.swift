import NodalChecking
import NodalDiagnostics
import NodalIR
import NodalMethods
import NodalReporting
import NodalTransforms
import NodalTypes

/// Mistakes that floors above the checker know of, and that need no number of the program to run: an hour of training should
/// not end with the news that a plot can't be `.gif`.
extension Session {
  func foreseen(in result: CheckResult) -> [Diagnostic] {
    let saved = program
    program = result.program
    defer { program = saved }
    var found: [Diagnostic] = []
    func attempt(_ body: () throws -> Void) {
      do {
        try body()
      } catch let failure as SessionFailure {
        found.append(failure.diagnostic)
      } catch {
        // What can't be told yet is told when it runs.
      }
    }
    /// By method, then by ode: the first of each.
    var solves: [String: [OdeID: SolveExpression]] = [:]
    for statement in result.program.statements.flatMap(\.flat) {
      if case .write(_, let file, let span) = statement {
        attempt { _ = try outputFormat(file, span) }
      }
      for (file, span, isPlot) in statement.files {
        attempt {
          if isPlot, PlotFormat(path: file) == nil {
            throw SessionFailure(PlotProblem(.unknownFormat(path: file), request: span).diagnostic)
          }
          _ = try pathForWriting(file, span)
        }
      }
      if case .train(let command) = statement {
        for stage in command.stages { attempt { _ = try TrainingPlan.optimizer(stage, self) } }
      }
      for expression in statement.expressions {
        expression.walk { part in
          if case .solve(let solve) = part.kind,
            let method = Method.named(solve.settings.method),
            method.needsSeparableSystem || method.needsSeries,
            solves[method.name]?[solve.ode] == nil
          {
            solves[method.name, default: [:]][solve.ode] = solve
          }
        }
      }
    }
    for solve in solves.values.flatMap(\.values).sorted(by: { $0.span.start < $1.span.start }) {
      attempt { try requireFitting(solve) }
    }
    return found
  }

  /// Refuses a splitting method for equations that don't part into halves, and a Taylor method for those without a series.
  /// Whether they do is seen in their program alone: it is made for a solve of them from anywhere.
  private func requireFitting(_ solve: SolveExpression) throws {
    guard let ode = program.odes[solve.ode] else { return }
    func number(_ x: Double) -> TypedExpression { TypedExpression(.number(x), .real, solve.span) }
    var probe = solve
    probe.initial = ode.states.map { state in
      state.type.tensor?.shape.isScalar == true
        ? number(0) : TypedExpression(.broadcast(number(0)), state.type, solve.span)
    }
    probe.start = nil
    probe.over = (number(0), number(1))
    probe.saves = .end
    probe.overrides = []
    let type = SolutionType(
      ode: ode.name, fields: [Field("t", .real)] + ode.states.map { Field($0.name, $0.type) },
      stateCount: ode.states.count, samples: .steps)
    let lowered = try Lowering.lower(
      TypedExpression(.solve(probe), .solution(type), solve.span), of: program, lengths: lengths)
    do {
      _ = try Pipeline.evaluation.run(lowered.region)
    } catch {
      throw told(error, lowered.origins, at: solve.span)
    }
  }
}

extension TypedStatement {
  /// The statements in it, of groups and tests.
  fileprivate var flat: [TypedStatement] {
    switch self {
    case .group(let statements): statements.flatMap(\.flat)
    case .test(let test): test.statements.flatMap(\.flat)
    case .bench(let bench): bench.statements.flatMap(\.flat) + bench.work.statements(bench.workSpan)
    case .data, .let, .train, .uncertainty, .residuals, .print, .plot, .portrait, .explain,
      .checkGradients, .write, .save, .load, .assert, .show:
      [self]
    }
  }

  /// Files that it will write.
  fileprivate var files: [(file: String, span: Span, isPlot: Bool)] {
    switch self {
    case .plot(let plot): plot.file.map { [($0, plot.span, true)] } ?? []
    case .portrait(let portrait):
      portrait.plot.file.map { [($0, portrait.plot.span, true)] } ?? []
    case .explain(let instance): instance.file.map { [($0, instance.span, true)] } ?? []
    case .write(_, let file, let span), .save(_, _, let file, let span): [(file, span, false)]
    case .data, .let, .train, .uncertainty, .residuals, .print, .checkGradients, .load, .assert,
      .test, .bench,
      .group, .show:
      []
    }
  }

  /// What it evaluates.
  fileprivate var expressions: [TypedExpression] {
    func of(_ item: PrintItem) -> [TypedExpression] {
      if case .value(_, let expression) = item { [expression] } else { [] }
    }
    switch self {
    case .data(let data):
      if case .simulate(let expression) = data.source { return [expression] }
      return []
    case .let(_, let expression): return [expression]
    case .train(let command): return [command.loss.expression]
    case .uncertainty(let command): return command.prediction.map { [$0] } ?? []
    case .print(let items, _): return items.flatMap(of)
    case .show(let item, _): return of(item)
    case .plot(let plot): return plot.series.map(\.value)
    case .portrait(let portrait):
      return portrait.plot.series.map(\.value) + (portrait.trajectories.map { [$0] } ?? [])
    case .explain(let instance): return [instance.trajectory]
    case .checkGradients(let loss, _, _, _): return [loss.expression]
    case .write(let expression, _, _): return [expression]
    case .assert(let condition, let sides, _, _): return [condition] + sides.map(\.value)
    case .residuals, .save, .load, .test, .bench, .group: return []
    }
  }
}

extension BenchInstance.Work {
  /// What it does once, as a statement.
  fileprivate func statements(_ span: Span) -> [TypedStatement] {
    switch self {
    case .expression(let expression): [.let(name: "_", value: expression)]
    case .train(let command): [.train(command)]
    case .gradient(let loss, let data, let options):
      [.checkGradients(loss: loss, data: data, options: options, span)]
    }
  }
}
