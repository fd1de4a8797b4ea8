import Foundation
import Nodal
import NodalBasics
import Testing
import TestSupport

/// `checkpoint:` and `--resume`: nothing that was trained is lost, and a run that goes on comes to the numbers of an unbroken one.
@Suite struct CheckpointTests {
  private static func program(steps: Int = 60, noise: String = "0.01", width: Int = 4) -> String {
    """
    ode swing { state θ = 1, ω = 0; param L = 1.0 in (0, inf)
      learned drag = mlp(\(width))([θ, ω])
      θ' = ω; ω' = -9.81/L*sin(θ) + drag }
    ode real { state θ = 1, ω = 0; θ' = ω; ω' = -9.81/1.2*sin(θ) - 0.2*ω }
    data obs = simulate(real, at: linspace(0, 4, 60), noise: normal(0, \(noise)))
    loss fit(w) = mse(solve(swing, at: w.t).θ, w.θ)
    let run = train fit on obs {
      batch: windows(length: 20, count: 4)
      optimize: adam(lr: 1e-3), steps: \(steps)
      then: lbfgs(), steps: 10
      validate: obs.last(0.2), every: 5
      checkpoint: "swing", every: 4
    }
    let answer = stack(run.loss, run.validation, swing.L, run.history[-1], run.history[30])

    """
  }

  /// Runs it in a folder; `stop` cancels after so many steps.
  private static func run(
    _ program: String, in folder: URL, resumes: Bool = false, stop: Int? = nil,
    host: NodalBasics.Host? = nil
  ) -> ResumedRun {
    var configuration = Configuration(directory: folder.path)
    configuration.resumes = resumes
    if let host { configuration.host = host }
    let cancellation = Cancellation()
    var steps = 0
    return ResumedRun(program, configuration, cancellation) {
      steps += 1
      if steps == stop { cancellation.cancel() }
    }
  }

  @Test(arguments: [1, 7, 30, 60, 63])
  func aStoppedRunGoesOnToTheSameNumbers(_ stop: Int) throws {
    try ResumedRun.inFolder { folder in
      let whole = Self.run(Self.program(), in: folder)
      #expect(whole.errors.map(\.text) == [])
      let numbers = try #require(whole.answer)
      let first = Self.run(Self.program(), in: folder, stop: stop)
      #expect(first.outcome == .cancelled)
      #expect(first.notes.contains { $0.contains("--resume") })
      // Twice: what has gone on and was stopped again goes on as well.
      _ = Self.run(Self.program(), in: folder, resumes: true, stop: 3)
      let second = Self.run(Self.program(), in: folder, resumes: true)
      #expect(second.answer == numbers, "\(stop)")
      #expect(second.notes.contains { $0.contains("goes on from step") })
      // And one that has come to its end is there at once.
      let third = Self.run(Self.program(), in: folder, resumes: true)
      #expect(third.answer == numbers)
      #expect(third.notes.contains { $0.contains("has come to its end") })
    }
  }

  @Test func whatBelongsToAnotherRunIsRefused() throws {
    try ResumedRun.inFolder { folder in
      _ = Self.run(Self.program(), in: folder, stop: 20)
      let file = folder.appending(path: "runs/swing.checkpoint")
      let sound = try Data(contentsOf: file)
      for (program, words) in [
        (Self.program(noise: "0.02"), "other data"), (Self.program(width: 5), "another shape"),
        (Self.program().replacing("checkpoint:", with: "seed: 3\n      checkpoint:"), "seed"),
        (Self.program().replacing("lbfgs()", with: "sgd(lr: 1e-4)"), "stages"),
      ] {
        let found = Self.run(program, in: folder, resumes: true)
        #expect(found.errors.map(\.code) == ["E1009"])
        #expect(found.errors.first?.text.contains(words) == true, "\(found.errors.map(\.text))")
      }
      #expect(try Data(contentsOf: file) == sound)
      for length in stride(from: 0, to: sound.count, by: max(1, sound.count / 12)) {
        try sound.prefix(length).write(to: file)
        let found = Self.run(Self.program(), in: folder, resumes: true)
        #expect(found.errors.map(\.code) == ["E1009"], "\(length)")
      }
    }
  }

  /// Training goes on, and keeps what it has learned, where the checkpoint can't be written.
  @Test(arguments: [0, 3, 1_000_000])
  func aFullDisk(_ writes: Int) throws {
    try ResumedRun.inFolder { folder in
      var host = NodalBasics.Host.system
      let left = Counter(writes)
      let write = host.files.write
      host.files.write = { path, bytes throws(HostError) in
        guard left.take() else { throw .diskFull(path: path) }
        try write(path, bytes)
      }
      let whole = Self.run(Self.program(), in: folder).answer
      let found = Self.run(Self.program(), in: folder, host: host)
      switch writes {
      case 0:
        #expect(found.errors.map(\.code) == ["E1006"] && found.answer == nil)
      case 3:
        #expect(found.errors.map(\.code) == ["E1006"])
        #expect(found.answer == whole && whole != nil)
        #expect(found.notes.contains { $0.contains("training goes on") })
      default:
        #expect(found.errors.isEmpty && found.answer == whole)
      }
    }
  }

  /// Killed at random moments, again and again, the command comes to the bytes of an unbroken run.
  @Test(.enabled(if: Command.path != nil, "the command is not built"))
  func killed() throws {
    try ResumedRun.inFolder { folder in
      let file = folder.appending(path: "swing.node")
      try Data(
        (Self.program(steps: Effort.count(1000, long: 4000)) + "print answer, run.steps\n").utf8
      ).write(to: file)
      func start(_ resumes: Bool) throws -> (Process, Pipe) {
        let process = Process()
        process.executableURL = URL(filePath: Command.path ?? "")
        process.arguments = ["run", file.path, "--quiet"] + (resumes ? ["--resume"] : [])
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        return (process, output)
      }
      func end(_ started: (Process, Pipe)) -> (status: Int32, text: String) {
        let data = started.1.fileHandleForReading.readDataToEndOfFile()
        started.0.waitUntilExit()
        return (started.0.terminationStatus, String(decoding: data, as: UTF8.self))
      }
      // Once for the cache of machine code, then for the time that it takes.
      _ = end(try start(false))
      let begin = Date()
      let whole = end(try start(false))
      let seconds = Date().timeIntervalSince(begin)
      #expect(whole.status == 0 && whole.text.contains("run.steps"))
      var kills = 0
      let moments = RandomKey(seed: 5)
      for round in 0..<Effort.count(4, long: 50) {
        if round % 5 == 0 {
          try? FileManager.default.removeItem(at: folder.appending(path: "runs"))
        }
        let started = try start(true)
        Thread.sleep(
          forTimeInterval: seconds * (0.1 + 0.8 * moments.uniform(round, from: 0, to: 1)))
        if started.0.isRunning {
          kill(started.0.processIdentifier, SIGKILL)
          kills += 1
        }
        _ = end(started)
        if round % 5 == 4 || round == 3 {
          let mended = end(try start(true))
          #expect(mended.status == 0 && mended.text == whole.text, "round \(round): \(mended.text)")
        }
      }
      #expect(kills > 0)
    }
  }
}

/// How many times something may still happen.
private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var left: Int
  init(_ count: Int) { left = count }
  func take() -> Bool {
    lock.withLock {
      left -= 1
      return left >= 0
    }
  }
}
