/// The learning rate as a function of how far its stage has come.
package struct LearningRate: Sendable {
  private let body: @Sendable (Double) -> Double

  package init(_ body: @escaping @Sendable (Double) -> Double) { self.body = body }

  /// The rate at `position`, which counts from 0 in steps, or in epochs where the stage is given
  /// in epochs (then fractional within one).
  package func at(_ position: Double) -> Double { body(position) }

  package static func constant(_ rate: Double) -> LearningRate { LearningRate { _ in rate } }

  /// This schedule, with its first `over` units scaled up linearly: by `(position + 1)/over`, so
  /// that no step has a rate of zero.
  package func warmedUp(over: Double) -> LearningRate {
    LearningRate { position in
      over > 0 ? at(position) * min(1, (position + 1) / over) : at(position)
    }
  }
}
