import Synchronization

/// Asks running programs to stop, from another thread or a signal handler. They do so at their next
/// step.
package final class CancelFlag: Sendable {
  private let flag = Atomic<Bool>(false)
  package init() {}
  package var isSet: Bool { flag.load(ordering: .relaxed) }
  package func set() { flag.store(true, ordering: .relaxed) }
  package func clear() { flag.store(false, ordering: .relaxed) }
}
