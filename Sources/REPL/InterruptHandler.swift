import Foundation
package import Nodal
import Synchronization

/// Ctrl-C: the first asks what runs to stop, the second ends the process.
package final class InterruptHandler: Sendable {
  private let source: Source
  private let waiting = Atomic<Int>(0)
  private let isRunning = Atomic<Bool>(false)
  private let cancellation: Cancellation

  /// From now on SIGINT is seen here, in the whole process: for a command, not for a library.
  package init(_ cancellation: Cancellation) {
    self.cancellation = cancellation
    signal(SIGINT, SIG_IGN)
    source = Source()
    source.whenSignalled { [weak self] in self?.interrupt() }
  }

  /// Interrupts from here on are meant for what runs.
  package func begin() {
    cancellation.reset()
    waiting.store(0, ordering: .relaxed)
    isRunning.store(true, ordering: .relaxed)
  }

  /// Nothing runs any more.
  package func end() { isRunning.store(false, ordering: .relaxed) }

  /// Whether Ctrl-C was pressed since the last look while nothing ran.
  package func takeInterrupt() -> Bool {
    waiting.exchange(0, ordering: .relaxed) > 0
  }

  private func interrupt() {
    let count = waiting.wrappingAdd(1, ordering: .relaxed).newValue
    guard isRunning.load(ordering: .relaxed) else { return }
    cancellation.cancel()
    guard count > 1 else { return }
    signal(SIGINT, SIG_DFL)
    raise(SIGINT)
    // Where a raised signal is held back, the status is the same.
    _exit(130)
  }

  /// Dispatch's signal source, which is safe to share and has no such mark.
  private final class Source: @unchecked Sendable {
    private let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    func whenSignalled(_ body: @escaping @Sendable () -> Void) {
      source.setEventHandler(handler: body)
      source.resume()
    }
  }
}
