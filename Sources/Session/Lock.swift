import Synchronization

/// A lock around a piece of code, for state that a checker thread and the session share.
final class Lock: Sendable {
  private let mutex = Mutex<Void>(())
  func withLock<R>(_ body: () -> R) -> R { mutex.withLock { _ in body() } }
}
