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

  /// A step as most are: taken, and followed by one of about its length. What the next step waits for is no more than the
  /// chain of operations that gives its length.
  struct Usual {
    /// Where it is none of these, all else is meaningless.
    var holds: Operand
    var factor: Operand
    var memory: Memory
  }

  /// The logarithm of a factor so near to one that no whole power of two is left when it is rounded.
  private static let small = 0.5

  /// With a `proposal` of the step's own there is nothing to compute.
  func usual(squaredError: Operand, proposal: Operand?, _ memory: Memory) -> Usual {
    if let proposal {
      return Usual(
        holds: w.compare("ole", squaredError, .constant(1, squaredError.type)), factor: proposal,
        memory: memory)
    }
    let powers = controller.powers
    let error = Lanes(w, squaredError)
    let logarithm = roughLogarithm(error)
    let proposed = logarithm.times(powers.error, plus: known(memory))
    let largest = w.select(
      memory.rejected, .constant(0, error.type),
      .constant(min(Self.small, powers.largest), error.type))
    let bounds = [
      w.compare("ole", squaredError, .constant(1, error.type)),
      w.compare("oge", squaredError, .constant(StepController.smallestSquaredError, error.type)),
      w.compare("oge", proposed.operand, .constant(max(-Self.small, powers.smallest), error.type)),
      w.compare("ole", proposed.operand, largest),
    ]
    return Usual(
      holds: bounds.dropFirst().reduce(bounds[0], w.and),
      factor: cubic(RoughPower.power, proposed).operand,
      memory: Memory(
        previous: logarithm.operand, beforePrevious: memory.previous,
        rejected: .constant(0, memory.rejected.type)))
  }

  /// What the steps before contribute.
  private func known(_ memory: Memory) -> Lanes {
    let powers = controller.powers
    let older = Lanes(w, memory.beforePrevious).times(powers.beforePrevious, plus: powers.safety)
    return Lanes(w, memory.previous).times(powers.previous, plus: older)
  }

  /// NaN stands for a step that left the numbers: it is not accepted.
  func decide(
    squaredError error: Operand, proposal: Operand?, _ memory: Memory
  ) -> Decision {
    if let proposal {
      let isNumber = w.compare("olt", error, .constant(.infinity, error.type))
      return Decision(
        accepted: w.compare("ole", error, .constant(1, error.type)),
        factor: w.select(isNumber, proposal, .constant(controller.smallestFactor, error.type)),
        memory: memory)
    }
    let powers = controller.powers
    let error = Lanes(w, error)
    let one = Operand.constant(1, error.type)
    let accepted = w.compare("ole", error.operand, one)
    let logarithm = roughLogarithm(error.clamped(above: StepController.smallestSquaredError))
    let proposed = logarithm.times(
      Lanes(
        w,
        w.select(
          accepted, .constant(powers.error, error.type), .constant(powers.rejected, error.type))),
      plus: Lanes(
        w, w.select(accepted, known(memory).operand, .constant(powers.safety, error.type))))
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
    return exponent + cubic(RoughPower.logarithm, significand)
  }

  /// `RoughPower.exp2`, of a number that is bounded already.
  private func roughPower(_ x: Lanes) -> Lanes {
    let shifted = x + x.format.rounder
    let rest = x - (shifted - x.format.rounder)
    let scale = ((shifted.bits + x.format.bias) << x.format.mantissaBits).number
    return cubic(RoughPower.power, rest) * scale
  }

  private func cubic(_ c: RoughPower.Cubic, _ x: Lanes) -> Lanes {
    let high = x.times(c.c3, plus: c.c2)
    return (x * x).times(high, plus: x.times(c.c1, plus: c.c0))
  }
}
