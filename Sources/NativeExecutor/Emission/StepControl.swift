import NodalMethods

/// `StepController.decide` as vector code, operation by operation.
struct StepControl {
  /// In every lane: truth values, and numbers. See `StepHistory`.
  struct Memory {
    var previous: Operand
    var beforePrevious: Operand
    var rejected: Operand
  }

  struct Decision {
    var accepted: Operand
    var factor: Operand
    var memory: Memory
  }

  let w: FunctionWriter
  let controller: StepController

  /// NaN stands for a step that left the numbers: it is not accepted.
  func decide(squaredError error: Operand, _ memory: Memory) -> Decision {
    let powers = controller.powers
    let error = Lanes(w, error)
    let one = Operand.constant(1, error.type)
    let accepted = w.compare("ole", error.operand, one)
    let logarithm = roughLogarithm(error.clamped(above: StepController.smallestSquaredError))
    let older = Lanes(w, memory.beforePrevious)
      .times(powers.beforePrevious, plus: powers.safety)
    let known = Lanes(w, memory.previous).times(powers.previous, plus: older)
    let proposed = logarithm.times(
      Lanes(
        w,
        w.select(
          accepted, .constant(powers.error, error.type), .constant(powers.rejected, error.type))),
      plus: Lanes(w, w.select(accepted, known.operand, .constant(powers.safety, error.type))))
    let largest = w.select(
      w.and(accepted, w.not(memory.rejected)), .constant(powers.largest, error.type),
      .constant(0, error.type))
    let raised = proposed.clamped(above: powers.smallest)
    let bounded = (Lanes(w, largest) < raised).then(Lanes(w, largest), else: raised)
    let isNumber = w.compare("olt", error.operand, .constant(.infinity, error.type))
    let factor = w.select(
      isNumber, roughPower(bounded).operand, .constant(controller.smallestFactor, error.type))
    return Decision(
      accepted: accepted, factor: factor,
      memory: Memory(
        previous: w.select(accepted, logarithm.operand, memory.previous),
        beforePrevious: w.select(accepted, memory.previous, memory.beforePrevious),
        rejected: w.not(accepted)))
  }

  /// `RoughPower.log2`
  private func roughLogarithm(_ x: Lanes) -> Lanes {
    let format = x.format
    // The bits of 2^mantissaBits + the exponent's field.
    let exponent =
      ((x.bits >> format.mantissaBits)
      | ((format.bias + format.mantissaBits) << format.mantissaBits))
      .number - (Double(1 << format.mantissaBits) + Double(format.bias))
    let significand = ((x.bits & format.mantissaMask) | format.oneBits).number - 1.5
    return exponent + significand.polynomial(RoughPower.logarithm)
  }

  /// `RoughPower.exp2`, of a number that is bounded already.
  private func roughPower(_ x: Lanes) -> Lanes {
    let shifted = x + x.format.rounder
    let rest = x - (shifted - x.format.rounder)
    let scale = ((shifted.bits + x.format.bias) << x.format.mantissaBits).number
    return rest.polynomial(RoughPower.power) * scale
  }
}
