import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalMethods
import NodalTraining
import NodalTypes

extension Session {
  /// `check gradients of loss on data`: the gradient by every method beside finite differences, with errors, evaluations, time
  /// and memory.
  ///
  /// Differences along all directions would cost four solves each: of many weights some are taken, spread over all.
  func checkGradients(
    _ loss: LossInstance, _ data: TypedExpression?, _ options: [OptionValue], _ span: Span
  ) throws {
    let (dataset, type) = try self.dataset(data, else: "gradients are checked on a data set")
    let evaluator = try LossEvaluator(self, loss, type: type)
    guard evaluator.parameters.count > 0 else {
      throw SessionFailure(
        .optionValue, "`\(loss.name)` reads nothing that is learned: it has no gradient", at: span)
    }
    let total = dataset?.exampleCount ?? 1
    let differences = try self.differences(evaluator, dataset, total)
    var table = GradientTable(
      loss: loss.name, parameters: evaluator.parameters.count, differences: differences)
    for mode in loss.gradientModes {
      table.rows.append(try row(mode, loss, dataset, type, total))
    }
    sink(
      .printed(label: "check gradients of \(loss.name)", text: table.text, value: table.json))
  }

  private func row(
    _ mode: GradientMode, _ loss: LossInstance, _ data: Dataset?, _ type: DatasetType?, _ total: Int
  ) throws -> GradientTable.Row {
    do {
      let evaluator = try LossEvaluator(self, loss, type: type, gradient: mode)
      let vector = evaluator.parameters.values
      // Once to compile and warm, once to time.
      _ = try evaluator.evaluate(vector, on: data, total: total, step: 0)
      let start = host.monotonicClock()
      let result = try evaluator.evaluate(vector, on: data, total: total, step: 0)
      return .gradient(
        mode.rawValue, result.gradient,
        .init(
          forward: result.forwardEvaluations, backward: result.backwardEvaluations,
          seconds: host.monotonicClock() - start, bytes: evaluator.byteCount))
    } catch {
      if cancel.isSet { throw error }
      return .failure(mode.rawValue, describe(error, at: nil).message)
    }
  }

  /// Central differences, extrapolated once (Richardson): the error falls with the fourth power of the step. The difference that
  /// the extrapolation makes bounds what is left of it.
  private func differences(
    _ evaluator: LossEvaluator, _ data: Dataset?, _ total: Int
  ) throws -> GradientTable.Differences {
    let vector = evaluator.parameters.values
    var cost = GradientTable.Cost()
    func value(_ k: Int, _ shift: Double) throws -> Double {
      var moved = vector
      moved[k] += shift
      let found = try evaluator.evaluate(
        moved, on: data, total: total, step: 0, wantsGradient: false)
      cost.forward += found.forwardEvaluations
      return found.value
    }
    // Compiled and warm before it is timed, as the others are.
    let here = try value(0, 0)
    cost.forward = 0
    let start = host.monotonicClock()
    var values: [Double] = []
    var doubt = 0.0
    var steepest = 0.0
    let components = Self.spread(evaluator.parameters.count, limit: 24)
    for k in components {
      let h = 1e-3 * max(1, abs(vector[k]))
      let (above, below) = try (value(k, h), value(k, -h))
      steepest = max(steepest, abs(above - here) / h, abs(here - below) / h)
      let wide = (above - below) / (2 * h)
      let narrow = try (value(k, h / 2) - value(k, -h / 2)) / h
      let extrapolated = (4 * narrow - wide) / 3
      values.append(extrapolated)
      // Not max(): it would lose a NaN.
      let own = abs(extrapolated - narrow)
      if !(own <= doubt) { doubt = own }
    }
    cost.seconds = host.monotonicClock() - start
    cost.bytes = evaluator.byteCount
    return .init(
      components: components, values: values, steepest: steepest, doubt: doubt, cost: cost)
  }

  /// Up to `limit` places, evenly over all.
  private static func spread(_ count: Int, limit: Int) -> [Int] {
    count <= limit ? Array(0..<count) : (0..<limit).map { $0 * count / limit }
  }
}

extension GradientMode {
  /// Those that `auto` chooses among.
  fileprivate static let proper: [GradientMode] = [.direct, .adjoint, .interpolated, .forward]
}

extension LossInstance {
  /// The ways that go through all that is solved in it: one alone does through noise, two through delays, and one is for steps that can
  /// be undone, with nothing on the way that cuts them.
  fileprivate var gradientModes: [GradientMode] {
    let value =
      switch body {
      case .value(let value), .logDensity(let value): value
      }
    var (isCut, isNoisy, readsEarlier, isUndone) = (false, false, false, false)
    value.walk { part in
      if case .solution(let type) = part.type, !type.events.isEmpty { isCut = true }
      if case .solve(let solve) = part.kind {
        if solve.inputs.contains(where: \.isSampled) { isCut = true }
        if solve.noise != nil { isNoisy = true }
        if solve.history != nil { readsEarlier = true }
        if Method.named(solve.settings.method)?.isSymmetric == true { isUndone = true }
      }
    }
    if readsEarlier { return isNoisy ? [] : [.interpolated, .forward] }
    if isNoisy { return [.direct] }
    return GradientMode.proper + (isUndone && !isCut ? [.reversible] : [])
  }
}
