package import NodalIR
import NodalOperations

extension StepController {
  /// The controller's rule as IR, for loops that run without the engine: (ratio, previous, before previous: f64, rejected:
  /// bool) → (accepted: bool, factor, previous, before previous: f64, rejected: bool). The same as `decide`, to rounding.
  package func region() throws(IRError) -> Region {
    let number = ValueType(.f64)
    var b = RegionBuilder(parameters: [number, number, number, ValueType(.bool)])
    let p = b.parameters
    let (ratio, previous, beforePrevious, rejected) = (p[0], p[1], p[2], p[3])
    let one = b.constant(1, number)
    let accepted = b.apply("le", ratio, one)
    let isNumber = b.apply("is_finite", ratio)
    let error = b.log(b.max(ratio, b.constant(Self.smallestRatio, number)))
    var memory = b.mul(error, -row.alpha / exponent)
    memory = b.add(memory, b.mul(previous, -row.beta / exponent))
    if row.gamma != 0 {
      memory = b.add(memory, b.mul(beforePrevious, -row.gamma / exponent))
    }
    let power = b.select(accepted, memory, b.mul(error, -1 / exponent))
    let proposed = b.max(b.mul(b.exp(power), safety), b.constant(smallestFactor, number))
    // No growth after a rejection, and none of a rejected step.
    let largest = b.select(
      b.apply("and", accepted, b.apply("not", rejected)), b.constant(largestFactor, number), one)
    let factor = b.select(
      isNumber, b.min(proposed, largest), b.constant(smallestFactor, number))
    let taken = b.apply("and", accepted, isNumber)
    return try b.finish([
      taken, factor, b.select(taken, error, previous),
      b.select(taken, previous, beforePrevious), b.apply("not", taken),
    ])
  }
}
