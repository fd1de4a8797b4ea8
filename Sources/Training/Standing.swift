/// What the losses so far come to: the number to watch beside the loss of a step.
package enum Standing: Sendable, Hashable {
  /// The lowest validation value so far.
  case validation(Double)
  /// The loss where the value was lowest so far: all steps of the stage see one function.
  case lowest(Double)
  /// The mean loss of the stage's last steps (at most `window`). The steps see one minibatch each, so the lowest loss would be that of
  /// the easiest batch.
  case mean(Double)

  package static let window = 50
}
