package import NodalExecution

/// Asks what runs to stop: it does so at its next step, and training keeps its best parameters.
///
/// Stays set until `reset()`; so a cancellation that comes early is not lost.
public final class Cancellation: Sendable {
  package let flag = CancelFlag()

  /// Nothing asked for.
  public init() {}

  /// Asks; from any thread, and from a signal handler.
  public func cancel() { flag.set() }

  /// Forgets that it was asked for.
  public func reset() { flag.clear() }

  /// Whether it was asked for.
  public var isCancelled: Bool { flag.isSet }
}
