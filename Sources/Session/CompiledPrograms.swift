import Foundation
import NodalExecution
import NodalIR
import NodalTransforms
import Synchronization

/// What several fits compile of the same loss: each program is made once, by whoever wants it first, and others wait.
///
/// Each user gets a runner of its own. What one finds out on its way (that a solve is stiff) is nothing that another's results may depend on, or they
/// would depend on who was faster.
final class CompiledPrograms: Sendable {
  struct Key: Hashable {
    private let region: Region
    private let passes: [String]
    private let wrt: [Int]
    /// It is left to the executor for what runs seldom, whose sums may round otherwise.
    private let isRare: Bool

    init(_ region: Region, _ pipeline: Pipeline, isRare: Bool) {
      self.region = region
      passes = pipeline.passes.map(\.name)
      wrt = pipeline.wrt
      self.isRare = isRare
    }
  }

  private enum Entry {
    case underWay
    case made(Runner)
  }
  private let entries = Mutex<[Key: Entry]>([:])

  /// - Parameter check: asked while another one is making it; throws to give up.
  func runner(_ key: Key, check: () throws -> Void, make: () throws -> Runner) throws -> Runner {
    while true {
      let found = entries.withLock { entries -> Entry? in
        if let entry = entries[key] { return entry }
        entries[key] = .underWay
        return nil
      }
      switch found {
      case .made(let runner): return runner.afresh()
      case .underWay:
        try check()
        Thread.sleep(forTimeInterval: 0.002)
      case nil:
        do {
          let runner = try make()
          entries.withLock { $0[key] = .made(runner) }
          return runner.afresh()
        } catch {
          // Whoever waits tries for itself, and has the mistake at its own place.
          entries.withLock { $0[key] = nil }
          throw error
        }
      }
    }
  }
}
