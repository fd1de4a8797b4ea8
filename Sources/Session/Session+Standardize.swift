import NodalBasics
import NodalChecking
import NodalData
import NodalExecution
import NodalIR
import NodalTraining

extension Session {
  /// Learned terms see what they read centred and scaled, by its mean and its spread in the states that the training data hold: fixed when training
  /// starts. Of what the data say nothing, 0 and 1 are kept.
  func standardize(_ evaluator: LossEvaluator, _ data: Dataset?) throws {
    guard let data else { return }
    for ode in evaluator.loss.odes.compactMap({ program.odes[$0] })
    where !ode.standardized.isEmpty {
      guard let states = StatesInData(evaluator, ode, data, samples: 400), !states.rows.isEmpty
      else { continue }
      for (input, values) in zip(ode.standardized, try learnedInputs(of: ode, in: states)) {
        standardize(input, values, samples: states.rows.count)
      }
    }
  }

  /// For each input that is standardised what it is in each state, one after the other.
  private func learnedInputs(of ode: OdeInstance, in states: StatesInData) throws -> [[Double]] {
    let count = states.rows.count
    let lowered = try Lowering.lowerLearnedInputs(
      of: ode, sampleCount: count, program, lengths: lengths)
    let type = lowered.region.parameterTypes[1]
    let width = states.rows.first?.count ?? 0
    let given = [
      Tensor(states.times),
      Tensor(type.element, shape: [count, width], states.rows.flatMap { $0 }),
    ]
    let runner = try compile(lowered)
    let inputs = given + (try bind(lowered))
    return try perform(lowered) { () throws(ExecutionError) in try runner.run(inputs).results }
      .map(\.numbers)
  }

  private func standardize(
    _ input: OdeInstance.StandardizedInput, _ values: [Double], samples: Int
  ) {
    guard let center = program.weights[input.center], let scale = program.weights[input.scale],
      var centers = weights[center.path]?.values, var scales = weights[scale.path]?.values
    else { return }
    let width = values.count / samples
    for i in 0..<min(width, scales.count) {
      let known = stride(from: i, to: values.count, by: width).map { values[$0] }
        .filter(\.isFinite)
      guard known.count > 1 else { continue }
      let mean = known.reduce(0, +) / Double(known.count)
      let about = input.scaleOnly ? 0 : mean
      let variance = known.reduce(0) { $0 + ($1 - about) * ($1 - about) } / Double(known.count)
      // What doesn't vary, but for rounding, has no scale to offer.
      guard variance.squareRoot() > 1e-12 * abs(mean) else { continue }
      if !input.scaleOnly { centers[i] = mean }
      scales[i] = variance.squareRoot()
    }
    weights.setValues(center.path, centers)
    weights.setValues(scale.path, scales)
  }
}
