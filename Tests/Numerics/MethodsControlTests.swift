import Foundation
import NodalMethods
import Testing

@Suite("Methods by name, and step control")
struct MethodsControlTests {
  @Test("the registry has every name of the language, each once")
  func registry() {
    let names = MethodEntry.names
    #expect(Set(names).count == names.count)
    for name in [
      "auto", "euler", "midpoint", "heun", "rk4", "bs3", "dopri5", "tsit5", "dopri8", "dop853",
      "taylor", "leapfrog", "leapfrog4", "leapfrog6", "leapfrog8", "reversible_heun",
      "asynchronous_leapfrog", "rosenbrock23", "rodas5p", "kvaerno3", "kvaerno5", "radau5", "bdf",
      "euler_maruyama",
      "milstein", "srk",
    ] {
      #expect(Method.named(name) != nil, "\(name)")
    }
    #expect(Method.named("auto")?.name == "tsit5")
    #expect(MethodEntry.all.allSatisfy { !$0.summary.isEmpty })
    #expect(Method.named("rk4")?.isAdaptive == false)
    #expect(Method.named("dop853")?.estimateOrder == 7)
    #expect(Method.named("rk4")?.controller(named: "pi") == nil)
    #expect(Method.named("tsit5")?.controller(named: "bang-bang") == nil)
  }

  @Test("the controller's rule", arguments: ControllerRow.all)
  func controller(_ row: ControllerRow) {
    let controller = StepController(row: row, estimateOrder: 4)
    var history = StepHistory()
    #expect(controller.decide(squaredError: .nan, &history) == .init(accepted: false, factor: 0.2))
    #expect(
      controller.decide(squaredError: .infinity, &history) == .init(accepted: false, factor: 0.2))
    #expect(
      controller.decide(squaredError: 0, &history)
        == .init(accepted: true, factor: RoughPower.exp2(0)))
    #expect(controller.decide(squaredError: 0, &history).accepted)
    #expect(!controller.decide(squaredError: 1.0001, &history).accepted)
    var fresh = StepHistory()
    let small = controller.decide(squaredError: 1e-60, &fresh)
    #expect(small.accepted && small.factor < 10.001 && small.factor > 1)
    // A steady error at a tenth of the tolerance: steps grow by its (α+β+γ)/k-th power.
    var steady = StepHistory()
    var factor = 0.0
    for _ in 0..<5 { factor = controller.decide(squaredError: 0.01, &steady).factor }
    let expected = 0.9 * pow(0.1, -(row.alpha + row.beta + row.gamma) / 5)
    // Rough powers are good for four digits.
    #expect(abs(factor - expected) < 2e-4 * expected)
  }

  /// y' = -y³ by dopri5 with the plain stepper: the controller keeps the error near the tolerance,
  /// with few rejections.
  @Test("the controller controls", arguments: ControllerRow.all)
  func closedLoop(_ row: ControllerRow) {
    let tableau = Tableau.dopri5
    let stepper = PlainStepper(tableau: tableau, rhs: { _, y in [-y[0] * y[0] * y[0]] })
    let controller = StepController(row: row, estimateOrder: 4)
    for tolerance in [1e-4, 1e-7, 1e-10] {
      var (t, y, h) = (0.0, [1.0], 1e-3)
      var history = StepHistory()
      var (accepted, rejected) = (0, 0)
      while t < 50, accepted + rejected < 5000 {
        h = min(h, 50 - t)
        let step = stepper.step(t, h, y)
        let zero = [0.0]
        let error = stepper.combine(
          zero, h, tableau.estimate.vectors[0].map(\.value), step.stages)[0]
        let ratio = error / (tolerance * (1 + abs(y[0])))
        let decision = controller.decide(squaredError: ratio * ratio, &history)
        if decision.accepted {
          t += h
          y = step.y1
          accepted += 1
        } else {
          rejected += 1
        }
        h *= decision.factor
      }
      #expect(t >= 50)
      #expect(abs(y[0] - 1 / (101.0).squareRoot()) < 20 * tolerance)
      #expect(rejected <= accepted / 3, "\(row.name): \(accepted) accepted, \(rejected) rejected")
    }
  }

  @Test("rough powers are good for four digits, over the whole range")
  func roughPowers() {
    for i in -2000...2000 {
      let x = Double(i) * 0.4993
      #expect(abs(RoughPower.exp2(x) / Foundation.exp2(x) - 1) < 7.5e-5)
      let power = Foundation.exp2(x)
      #expect(abs(RoughPower.log2(power) - Foundation.log2(power)) < 6.4e-4)
    }
    #expect(RoughPower.log2(.infinity) > 1023)
    #expect(RoughPower.exp2(.nan).isNaN)
    #expect(RoughPower.exp2(-1e9) < 1e-300 && RoughPower.exp2(1e9) > 1e300)
  }

  @Test("the first step")
  func initialStep() {
    // y' = -1000 y from 1 at rtol 0, atol 1e-6: d₀ = 1e6, d₁ = 1e9.
    let trial = InitialStep.trial(state: 1e6, derivative: 1e9, span: 10)
    #expect(trial == 1e-5)
    let first = InitialStep.first(
      trial: trial, derivative: 1e9, change: 1e12 * trial, order: 5, span: 10, at: 0)
    #expect(abs(first - pow(0.01 / 1e12, 1.0 / 6)) < 1e-12 || first == 100 * trial)
    #expect(InitialStep.trial(state: 0, derivative: 0, span: -1e-9) == 1e-9)
    #expect(InitialStep.trial(state: .nan, derivative: 1, span: 2) == 1e-6)
    let flat = InitialStep.first(trial: 1e-6, derivative: 0, change: 0, order: 5, span: 5, at: 0)
    #expect(flat == 1e-6)
    // Never so short that the time doesn't move.
    let far = InitialStep.first(
      trial: 1e-14, derivative: 1e20, change: 1e20, order: 5, span: 1, at: 1e6)
    #expect(!StepController.isTooSmall(far, at: 1e6))
    #expect(StepController.isTooSmall(1e-16, at: 1))
    #expect(StepController.isTooSmall(.nan, at: 1))
    #expect(!StepController.isTooSmall(1e-12, at: 1))
    #expect(!StepController.isTooSmall(1e-200, at: 0))
  }

  /// y' = λ(y - cos t): the step is held at the end of the stability interval, and the indicator
  /// sees it there; on a smooth problem it doesn't.
  @Test("stiffness is noticed", arguments: Tableau.all.filter { $0.stiffness != nil })
  func stiffness(_ tableau: Tableau) throws {
    let indicator = try #require(tableau.stiffness)
    #expect(firstStiffStep(tableau, indicator, rate: -2000) != nil)
    #expect(firstStiffStep(tableau, indicator, rate: -1) == nil)
  }

  private func firstStiffStep(
    _ tableau: Tableau, _ indicator: StiffnessIndicator, rate: Double
  ) -> Int? {
    let stepper = PlainStepper(tableau: tableau, rhs: { t, y in [rate * (y[0] - cos(t))] })
    guard let order = tableau.estimate.order else { return nil }
    let controller = StepController(row: .integral, estimateOrder: order)
    var history = StepHistory()
    var monitor = StiffnessMonitor()
    var (t, y, h) = (0.0, [0.0], 1e-5)
    var accepted = 0
    while t < 10, accepted < 2000 {
      let step = stepper.step(t, h, y)
      let scale = 1e-5 * (1 + abs(y[0]))
      let squares = tableau.estimate.vectors.map {
        let error = stepper.combine([0], h, $0.map(\.value), step.stages)[0] / scale
        return error * error
      }
      let decision = controller.decide(
        squaredError: tableau.estimate.squaredError(meanSquares: squares), &history)
      if decision.accepted {
        let slopes = step.stages[indicator.stages.0][0] - step.stages[indicator.stages.1][0]
        let states = stepper.combine(
          [0], 1, indicator.differences.map(\.value), step.stages)[0]
        let estimate = StiffnessIndicator.estimate(slopes: abs(slopes), states: abs(states))
        if monitor.note(estimate > indicator.threshold) { return accepted }
        t += h
        y = step.y1
        accepted += 1
      }
      h *= decision.factor
    }
    return nil
  }
}
