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

/// `collocation: lbfgs(), steps: 200`: before trajectories are fitted, slopes are. The data are made smooth, and the right-hand sides are fitted to how
/// they change: no solve, and no valley that turns, so that a fit begins near where it belongs.
///
/// Sources: Varah 1982, A spline least squares method for numerical parameter estimation in differential equations; Roesch, Rackauckas and Stumpf 2021, Collocation
/// based training of neural ordinary differential equations.
struct Collocation {
  private let stage: TrainingStage
  private let name: String
  private let span: Span

  init?(_ command: TrainCommand, _ session: Session) throws {
    guard let option = command.option("collocation") else { return nil }
    let (row, configured, rate) = try TrainingPlan.optimizer(option, session)
    let steps = try option.subOption("steps").map { try TrainingPlan.integer($0, session) }
    stage = TrainingStage(
      configured, steps: steps ?? 200, rate: rate,
      freeze: TrainingPlan.paths("freeze", option, command, session))
    name = row.name
    span = option.span
  }

  /// An ode with what it is to do, as a program of the weights.
  private struct Slopes {
    var lowered: LoweredProgram
    var runner: Runner
    var given: [Tensor]
    var trained: [ProgramInput]
  }

  private struct Sample {
    var time: Double
    /// Inputs behind it.
    var state: [Double]
    var slopes: [Double]
  }

  /// Samples that are looked at, at most about so many.
  private static let samples = 20_000

  /// The weights with which slopes fit best, from `start` on.
  func begin(
    _ start: ParameterVector, _ evaluator: LossEvaluator, _ command: TrainCommand,
    _ data: Dataset?
  ) throws -> ParameterVector {
    guard let data else { return start }
    let session = evaluator.session
    let odes = evaluator.loss.odes.compactMap { session.program.odes[$0] }
    let all = try odes.map { try slopes(of: $0, evaluator, data) }
    let objective = ObjectiveFunction { vector, _ in
      var value = 0.0
      var gradient = [Double](repeating: 0, count: start.count)
      for one in all {
        let inputs = one.given + (try evaluator.bind(one.lowered, vector, step: 0))
        let results = try session.perform(one.lowered) { () throws(ExecutionError) in
          try one.runner.run(inputs).results
        }
        value += results[0].scalar
        evaluator.add(Array(results.dropFirst()), of: one.trained, to: &gradient)
      }
      let count = Double(all.count)
      return Evaluation(value: value / count, gradient: gradient.map { $0 / count })
    }
    do {
      let end = try Trainer.train(
        objective, from: TrainingState(start), stages: [stage], clock: session.host.monotonicClock,
        isCancelled: { [cancel = session.cancel] in cancel.isSet })
      tell(end.result, session)
      return end.result.best
    } catch {
      throw SessionFailure(session.describe(error, command))
    }
  }

  private func tell(_ result: TrainingResult, _ session: Session) {
    guard let left = result.bestLoss else { return }
    session.say(
      "collocation: slopes are met but for \(NumberFormat.significant(100 * left.squareRoot(), 3)) % of how they vary, \(result.steps) steps by \(name), \(NumberFormat.duration(seconds: result.elapsed))"
    )
  }

  private func refusal(_ words: String, help: [String]) -> SessionFailure {
    SessionFailure(.optionValue, "`collocation:` \(words)", at: span, help: help)
  }

  // MARK: Slopes

  private func slopes(
    of ode: OdeInstance, _ evaluator: LossEvaluator, _ data: Dataset
  ) throws -> Slopes {
    let session = evaluator.session
    guard let states = StatesInData(evaluator, ode, data, samples: Self.samples) else {
      throw refusal("finds no states of `\(ode.name)` in the data", help: [])
    }
    if let k = states.components.indices.first(where: { states.isUnknown($0..<($0 + 1)) }) {
      let name = states.components[k].name
      throw refusal(
        "wants data of all that `\(ode.name)` is made of, and these say nothing of `\(name)`",
        help: [
          states.components[k].isState
            ? "let the solve begin in them, `from: {\(name): w.column[0]}`, or give a column that name"
            : "give a column that name"
        ])
    }
    let samples = smooth(states)
    guard let first = samples.first else {
      throw refusal("wants experiments of at least six times", help: [])
    }
    let lowered = try Lowering.lowerCollocation(
      of: ode, sampleCount: samples.count, session.program, lengths: session.lengths)
    guard !lowered.inputs.contains(where: { if case .member = $0 { true } else { false } }) else {
      throw refusal("finds no parameters for each experiment", help: [])
    }
    let trained = evaluator.inputs.filter(lowered.inputs.contains)
    let types = lowered.region.parameterTypes
    let scales = first.slopes.indices.map { k in samples.map { $0.slopes[k] }.spread }
    let arrays = [
      samples.map(\.time), samples.flatMap(\.state), samples.flatMap(\.slopes), scales,
    ]
    return Slopes(
      lowered: lowered,
      runner: try session.compile(
        lowered.region, .training(wrt: trained.compactMap(lowered.parameter(of:)))),
      given: zip(types, arrays).map { type, values in
        Tensor(type.element, shape: type.extents.compactMap(\.fixedLength), values)
      },
      trained: trained)
  }

  /// States and inputs made smooth, and the slopes of states; samples of which not all is known are left out.
  private func smooth(_ states: StatesInData) -> [Sample] {
    states.experiments.flatMap { own -> [Sample] in
      let times = own.map { states.times[$0] }
      let fits = states.components.enumerated().map { k, component in
        component.isSlopeOf == nil
          ? LocalRegression(times, own.map { states.rows[$0][k] }) : nil
      }
      return own.indices.compactMap { i -> Sample? in
        var sample = Sample(time: times[i], state: [], slopes: [])
        for (component, fit) in zip(states.components, fits) {
          let base = component.isSlopeOf.flatMap { fits[$0] }
          sample.state.append(base?.slopes[i] ?? fit?.values[i] ?? .nan)
          if component.isState {
            sample.slopes.append(base?.bends[i] ?? fit?.slopes[i] ?? .nan)
          }
        }
        return (sample.state + sample.slopes).allSatisfy(\.isFinite) ? sample : nil
      }
    }
  }
}
