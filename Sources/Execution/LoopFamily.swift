import Synchronization

/// Compiled loops that do the same for few trajectories and for many: what serves many well is slow for one. Each is made when it is
/// first wanted. Shared by all threads that run the program.
package final class LoopFamily<Loop: Sendable>: Sendable {
  /// So many trajectories are sooner done one after the other.
  private let few: Int
  private let fullWidth: Int
  private let compile: @Sendable (_ width: Int) throws -> Loop
  /// By width; nil where it couldn't be made.
  private let made = Mutex<[Int: Loop?]>([:])

  /// - Parameters:
  ///   - few: So many trajectories, at most, are taken by a loop of width 1.
  ///   - fullWidth: How many trajectories side by side the loop for many takes.
  ///   - compile: Makes the loop for so many trajectories side by side.
  package init(
    few: Int, fullWidth: Int, compile: @escaping @Sendable (_ width: Int) throws -> Loop
  ) {
    self.few = few
    self.fullWidth = fullWidth
    self.compile = compile
  }

  /// It follows from the number of trajectories alone, so that results do, too.
  private func width(_ trajectories: Int) -> Int { trajectories <= few ? 1 : fullWidth }

  /// Makes the loop for so many trajectories, before anybody else knows of it.
  package func make(trajectories: Int) throws {
    let width = width(trajectories)
    let loop = try compile(width)
    made.withLock { $0[width] = .some(loop) }
  }

  /// The loop for so many trajectories; nil where it can't be made. It may have to be compiled first: the caller waits, and so do others
  /// that ask.
  package func loop(trajectories: Int) -> Loop? {
    let width = width(trajectories)
    return made.withLock { made in
      if let loop = made[width] { return loop }
      let loop = try? compile(width)
      made[width] = .some(loop)
      return loop
    }
  }
}
