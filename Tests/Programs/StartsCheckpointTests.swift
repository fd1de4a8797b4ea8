import Foundation
import Nodal
import NodalBasics
import Testing
import TestSupport

/// `starts:` with `checkpoint:`: what has ended is kept, and what was under way goes on to the numbers of an unbroken run.
@Suite struct StartsCheckpointTests {
  private static func program(starts: Int = 4, noise: String = "0.01") -> String {
    """
    ode swing { state θ = 1, ω = 0; param L = 1.0 in (0.2, 5), c = 0.1 in (0, 2); θ' = ω; ω' = -9.81/L*sin(θ) - c*ω }
    data obs = simulate(swing, at: linspace(0, 4, 40), with: {L: 1.2, c: 0.2}, noise: normal(0, \(noise)))
    loss fit(w) = mse(solve(swing, at: w.t).θ, w.θ)
    let run = train fit on obs {
      starts: \(starts)
      optimize: adam(lr: 0.02), steps: 30
      then: lbfgs(), steps: 5
      checkpoint: "swing", every: 4
    }
    let answer = stack(run.loss, swing.L, swing.c, run.optima[0], run.optima[1], run.optima[2], run.optima[3], run.history[-1])

    """
  }

  /// Stops it when the files have been written so often.
  private static func run(
    _ program: String, in folder: URL, threads: Int = 2, resumes: Bool = false, stop: Int? = nil
  ) -> ResumedRun {
    var configuration = Configuration(threads: threads, directory: folder.path)
    configuration.resumes = resumes
    let cancellation = Cancellation()
    if let stop {
      let writes = Writes(stop)
      let write = configuration.host.files.write
      configuration.host.files.write = { path, bytes throws(HostError) in
        try write(path, bytes)
        if writes.isLast() { cancellation.cancel() }
      }
    }
    return ResumedRun(program, configuration, cancellation)
  }

  @Test(arguments: [(1, 3), (1, 12), (2, 6), (2, 20), (4, 9), (4, 30)])
  func aStoppedRunGoesOnToTheSameNumbers(_ threads: Int, _ stop: Int) throws {
    try ResumedRun.inFolder { folder in
      let whole = Self.run(Self.program(), in: folder, threads: threads)
      #expect(whole.errors.map(\.text) == [])
      let numbers = try #require(whole.answer)
      let first = Self.run(Self.program(), in: folder, threads: threads, stop: stop)
      #expect(first.outcome == .cancelled)
      #expect(first.notes.contains { $0.contains("--resume") })
      // Twice, and on another number of threads.
      _ = Self.run(Self.program(), in: folder, threads: 3 - min(2, threads), resumes: true, stop: 4)
      let second = Self.run(Self.program(), in: folder, threads: threads, resumes: true)
      #expect(second.answer == numbers, "\(stop)")
      let third = Self.run(Self.program(), in: folder, threads: threads, resumes: true)
      #expect(third.answer == numbers)
      #expect(third.notes.contains { $0.contains("all 4 starts") })
    }
  }

  /// A run that begins anew leaves nothing of the one before, also where it is stopped at once.
  @Test func anotherRunBeginsAnew() throws {
    try ResumedRun.inFolder { folder in
      _ = Self.run(Self.program(), in: folder)
      let other = Self.program().replacing("c = 0.1 in", with: "c = 0.3 in")
      let wanted = Self.run(other, in: folder).answer
      _ = Self.run(Self.program(), in: folder)
      #expect(Self.run(other, in: folder, stop: 5).outcome == .cancelled)
      #expect(Self.run(other, in: folder, resumes: true).answer == wanted)
    }
  }

  @Test func whatBelongsToAnotherRunIsRefused() throws {
    try ResumedRun.inFolder { folder in
      _ = Self.run(Self.program(), in: folder, stop: 8)
      for (program, words) in [
        (Self.program(noise: "0.02"), "other data"), (Self.program(starts: 5), "`starts:` is 4"),
        (Self.program().replacing("lbfgs()", with: "sgd(lr: 1e-4)"), "stages"),
      ] {
        let found = Self.run(program, in: folder, resumes: true)
        #expect(found.errors.map(\.code) == ["E1009"])
        #expect(found.errors.first?.text.contains(words) == true, "\(found.errors.map(\.text))")
      }
      let file = folder.appending(path: "runs/swing.starts/2.checkpoint")
      let sound = try Data(contentsOf: file)
      for length in stride(from: 0, to: sound.count, by: max(1, sound.count / 8)) {
        try sound.prefix(length).write(to: file)
        let found = Self.run(Self.program(), in: folder, resumes: true)
        #expect(found.errors.map(\.code) == ["E1009"], "\(length)")
      }
      // One that is missing begins from its beginning.
      try FileManager.default.removeItem(at: file)
      let numbers = Self.run(Self.program(), in: folder, resumes: true).answer
      #expect(numbers == Self.run(Self.program(), in: folder).answer && numbers != nil)
    }
  }
}

/// How many writes have been made.
private final class Writes: @unchecked Sendable {
  private let lock = NSLock()
  private var left: Int
  init(_ count: Int) { left = count }
  func isLast() -> Bool {
    lock.withLock {
      left -= 1
      return left == 0
    }
  }
}
