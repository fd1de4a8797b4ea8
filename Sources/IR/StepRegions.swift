/// What a method makes of a right-hand side: the regions that the stepping engine runs, and that differentiation
/// of a solve differentiates. `Methods` builds it; the engine knows no method.
///
/// In a lowered solve over trajectories every value below but shared parameters has a leading axis of lanes:
/// t: f64[lanes], h: f64[lanes], y: [lanes, d], error: f64[lanes] and so on; each lane has its own time and step. Lanes with a shared
/// clock have one t, h and θ, f64; errors stay one for each lane.
/// `t` and `h` are f64 also where `y` is f32. `p…` are the solve's operands behind the initial state.
package struct StepRegions: Sendable {
  /// (t, h, y, memory…, p…) → (y₁, memory…, error?, proposal?). The error is the f64 ratio of the estimated local error to the tolerance in
  /// the weighted root mean square norm over the controlled components; a step is accepted up to 1. It is there if `hasError`.
  /// If `termsInStep` the results of `terms` follow behind all others, of lanes whose error is at most 1: the stages serve both.
  package var step: Region
  /// The same with the dense record behind the error.
  package var stepWithRecord: Region
  /// (t, h, y, p…) → (y₁, record): a step that remembers nothing, for differentiation; nil for methods whose steps are nothing without
  /// those before.
  package var memoryless: Region?
  /// A step that can be undone; nil for methods whose steps can't.
  package var symmetric: SymmetricStep?
  /// (θ, h, y₀, y₁, record) → y(t + θh), 0 ≤ θ ≤ 1.
  package var dense: Region
  /// (θ, h, y₀, y₁, record) → y'(t + θh), where earlier states want it.
  package var denseRate: Region?
  /// Where in a step, as a share of it, its regions want earlier states (see `Delays`): rows of all delays for each of them, one after the other,
  /// in the place of those of one time.
  package var pastNodes: [Double] = []
  /// (t, y, p…) → memory…: what the first step starts from; nil where a method has no memory. For a method whose last stage is the
  /// next step's first it is the derivative.
  package var start: Region?
  /// (t, h, y, h-weights' mask: f64, memory…, p…) → terms…: the quadrature's contributions of one accepted step; the mask is 1 where the
  /// step counts and 0 where it doesn't. nil without a quadrature.
  package var terms: Region?
  /// Type of the dense record of one trajectory.
  package var record: ValueType
  package var hasError: Bool
  /// Behind the error the step tells the next one's length, f64, as a multiple of its own: that of a step that is accepted, or of one to
  /// be tried again. Otherwise a controller does.
  package var hasProposal: Bool
  package var termsInStep: Bool
  /// Evaluations of the right-hand side in one step, in a step with its record, and in `start`.
  package var evaluations: (step: Int, record: Int, start: Int)

  /// The place of the record among the results of `stepWithRecord`.
  package func recordResult(memories: Int) -> Int {
    1 + memories + (hasError ? 1 : 0) + (hasProposal ? 1 : 0)
  }

  package init(
    step: Region, stepWithRecord: Region, memoryless: Region?, dense: Region, start: Region?,
    terms: Region?, record: ValueType, hasError: Bool, hasProposal: Bool = false,
    termsInStep: Bool = false,
    evaluations: (step: Int, record: Int, start: Int)
  ) {
    self.step = step
    self.stepWithRecord = stepWithRecord
    self.memoryless = memoryless
    self.dense = dense
    self.start = start
    self.terms = terms
    self.record = record
    self.hasError = hasError
    self.hasProposal = hasProposal
    self.termsInStep = termsInStep
    self.evaluations = evaluations
  }
}
