import NodalExecution
import Synchronization

/// The loops of one solve as machine code, each made when it is first wanted.
///
/// Over trajectories there are two: of vectors, and of single numbers. A step of vectors takes several times as long as one of
/// numbers, however few of the lanes are in use.
final class NativeLoops: StepLoops {
  private let code: LoopCode
  private let executor: NativeExecutor
  /// By width; nil where it couldn't be made.
  private let made = Mutex<[Int: NativeLoop?]>([:])

  init(_ code: LoopCode, _ executor: NativeExecutor) {
    self.code = code
    self.executor = executor
  }

  /// Lanes of the loop that serves so many trajectories.
  func width(trajectories: Int) -> Int {
    trajectories <= Self.few(width: code.fullWidth) ? 1 : code.fullWidth
  }

  /// So many trajectories are sooner done one after the other than side by side in vectors, by measurement: four take as long either way
  /// in vectors of 512 bits, two or three in vectors of 256.
  private static func few(width: Int) -> Int {
    width < 8 ? 1 : width < 16 ? 2 : 3
  }

  /// Makes the loop of this width, before anybody else knows of the loops.
  func make(width: Int) throws(NativeError) {
    let loop = try executor.compile(code, width: width)
    made.withLock { $0[width] = .some(loop) }
  }

  func loop(trajectories: Int) -> (any StepLoop)? {
    let width = width(trajectories: trajectories)
    return made.withLock { made in
      if let loop = made[width] { return loop }
      let loop = try? executor.compile(code, width: width)
      made[width] = .some(loop)
      return loop
    }
  }
}
