import NodalIR

/// How far a trajectory ends from where it should.
extension SteppingEngine {
  /// A drift of so many tolerances is worth a warning. What accumulates over a long way is often tens of them.
  static let tolerableDrift = 1000.0

  /// Compares the leading components of an end state with what an operand says that they should be. The difference is
  /// measured in units of the tolerance, at the larger of the sizes that the component has at both ends of the way: a
  /// component that passes zero is no reason to worry.
  func compare(_ i: Int, _ row: UnsafeRawPointer, with operand: Int) {
    let count = min(dimension, expectedCount)
    let element = stateType.element
    let start = batched[Solve.Operand.initial] ? i * dimension : 0
    let (rtol, atol) = driftTolerance
    var worst = 0.0
    for j in 0..<count {
      let expected = ElementAccess.load(
        element, inputs[operand], (batched[operand] ? i * expectedCount : 0) + j)
      let found = ElementAccess.load(element, row, j)
      let size = max(
        abs(expected), abs(ElementAccess.load(element, inputs[Solve.Operand.initial], start + j)))
      let scale = (atol.count == 1 ? atol[0] : j < atol.count ? atol[j] : 0) + rtol * size
      let ratio = abs(found - expected) / scale
      // Nothing over nothing is no drift; what isn't a number otherwise is all of it.
      if found != expected { worst = max(worst, ratio.isNaN ? .infinity : ratio) }
    }
    context.drift = max(context.drift, worst)
    if worst > Self.tolerableDrift {
      context.warn(
        .adjointDrift(time: told(trajectories[i].end, i), ratio: worst, origin: program.origin))
    }
  }

  /// The tolerance of the solve; where the steps are given, the one that solves have by default.
  private var driftTolerance: (rtol: Double, atol: [Double]) {
    if let adaptive { return adaptive }
    return stateType.element == .f32 ? (1e-5, [1e-7]) : (1e-6, [1e-9])
  }
}
