import NodalIR
import NodalMethods

/// How long steps are around corners, which cut them: what a cut step's error says of the next one's length.
package struct CornerPace: Sendable {
  /// From this factor on, a cut step was so short that its error tells nothing: what was proposed before it is still the best guess.
  package let leastFactor: Double
  /// What the first step behind a corner should have been, times this, is what the first one behind the next corner is to be at most. Of a
  /// method that keeps to one length for some steps, whether it could be longer shows by trying.
  package let lengthBehind: Double

  init(_ regions: StepRegions, _ controller: StepController?) {
    // A method that proposes lengths itself keeps to one for some steps.
    leastFactor = regions.hasProposal ? 1 : 0.99 * (controller?.largestFactor ?? 1)
    lengthBehind = regions.hasProposal ? 1.5 : 1
  }
}
