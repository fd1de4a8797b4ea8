/// A loop: carried values go from turn to turn, stacked operands give a turn one slice each.
///
/// Operands, in order: `counts` (only if `length` is counted), `carries`, `stacked`, and shared ones.
/// The region's parameters: carries, slices, shared; its results: carries, then outputs
/// (stacked along the scan axis), then terms (summed over all turns).
///
/// *Fixed length*: the scan axis is the first axis of a stacked value, behind the axis of lanes where the value
/// is batched. The region runs with the lanes of its parent.
///
/// *Counted*: turn numbers run below the operand `counts` (i64), which a solve's trace gives; without one nothing may be stacked. With `trajectories`
/// it is a count for each: stacked values are `[trajectories, steps, …]`, carries and those shared operands that are flagged in
/// `batched` are `[trajectories, …]`, and the region runs over lanes of its own, those of the trajectories that have such a turn.
/// Outputs of turns that a trajectory doesn't have are zero. A term is batched or, where the region has
/// summed over its lanes, shared.
package struct Scan: Sendable, Hashable {
  package enum Length: Sendable, Hashable {
    case fixed(Int)
    case counted(trace: Int?, trajectories: Extent?)
  }
  package var length: Length
  /// From the last turn to the first. Outputs keep their places.
  package var reverse: Bool
  package var carries: Int
  package var stacked: Int
  /// How many results of the region are outputs; the rest behind them are terms.
  package var outputs: Int
  /// For a counted scan over trajectories: which of the shared operands have an axis of trajectories.
  package var batched: [Bool]
  package var body: Region
  /// How many right-hand sides of a solve a turn goes back through, where the loop reverses its steps; 0 elsewhere. Nothing but the
  /// count of evaluations depends on it.
  package var evaluations = 0

  package init(
    length: Length, reverse: Bool = false, carries: Int, stacked: Int, outputs: Int,
    batched: [Bool] = [], body: Region
  ) {
    self.length = length
    self.reverse = reverse
    self.carries = carries
    self.stacked = stacked
    self.outputs = outputs
    self.batched = batched
    self.body = body
  }

  package var isCounted: Bool {
    if case .counted = length { true } else { false }
  }
  /// Operands before the carries.
  package var leading: Int { isCounted ? 1 : 0 }
  package var terms: Int { body.results.count - carries - outputs }
}
