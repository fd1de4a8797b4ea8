import Foundation
import Testing

/// Ctrl-C, by the clock: whatever the command is doing, it ends within 100 ms and says so.
@Suite(.serialized, .enabled(if: Command.path != nil, "the command is not built"))
struct InterruptTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let program: String
    /// On standard error or output, when the moment has come; nil: some time after the start.
    var mark: String? = "ready"
    var says: [String] = ["error[E1008]: stopped"]
    var testDescription: String { name }
  }

  private static func deep(_ layers: Int) -> String {
    """
    layer net(y: Real[2]) {
      var h = y
      for _ in 1..\(layers) { h = h |> dense(8) |> tanh }
      h |> dense(2)
    }

    """
  }

  static let cases = [
    Case(
      name: "one long solve",
      program: """
        ode f { state x = 1, v = 0; x' = v; v' = -x }
        print "ready"
        let s = solve(f, over: 0..1e9, solver: tsit5(max_steps: 1_000_000_000))
        print "not reached"
        """),
    Case(
      name: "a solve of many at once",
      program: """
        layer net(y: Real[2]) = y |> dense(64) |> tanh |> dense(64) |> tanh |> dense(2)
        ode f(y: Real[2]) { y' = net(y) }
        data points = generate(two_moons(), count: 5000)
        print "ready"
        let s = solve(f, from: points.x, over: 0..1000, solver: rk4(dt: 0.01))
        print "not reached"
        """),
    Case(
      name: "training",
      program: """
        ode f { state x = 1; param k = 0.5 in (0, inf); x' = -k*x }
        data obs = simulate(f, over: 0..1, every: 0.25, with: {k: 0.8})
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        train fit on obs { optimize: adam(lr: 1e-6), steps: 1_000_000 }
        print "not reached"
        """, mark: "/1000000",
      says: ["fit: loss", "the best parameters so far are kept", "error[E1008]"]),
    Case(
      name: "training whose steps are long",
      program: """
        layer net(x: Real[2]) = x |> dense(256) |> tanh |> dense(256) |> tanh |> dense(1)
        data points = generate(two_moons(), count: 20_000)
        loss fit(e) = mse(net(e.x), [1])
        print "ready"
        train fit on points { optimize: adam(lr: 1e-6), steps: 100_000 }
        print "not reached"
        """, says: ["error[E1008]"]),
    Case(
      name: "a gradient check",
      program: """
        ode f { state x = 1; param k = 0.5 in (0, inf); x' = -k*x }
        data obs = simulate(f, over: 0..1, every: 0.25, with: {k: 0.8})
        loss fit(w) = mse(solve(f, at: w.t, solver: rk4(steps: 2_000_000, max_steps: 3_000_000)).x, w.x)
        print "ready"
        check gradients of fit on obs
        print "not reached"
        """),
    Case(
      name: "the checker at work", program: deep(8000) + "print \"not reached\"", mark: nil,
      says: []),
    Case(
      name: "the compiler at work",
      program: deep(600) + """
        print "ready"
        print net([1, 2])
        ode f { state y: Real[2] = [1, 0]; y' = net(y) }
        data obs = simulate(f, over: 0..1, every: 0.25)
        loss fit(w) = mse(solve(f, at: w.t).y, w.y)
        train fit on obs { optimize: adam(), steps: 100_000 }
        print "not reached"
        """, says: ["error[E1008]"]),
  ]

  struct Ending {
    var seconds: Double
    var status: Int32
    var wasSignalled: Bool
    var said: String
  }

  /// Runs a program, sends SIGINT `delay` seconds after the mark was seen, and waits for the end.
  static func interrupt(_ test: Case, after delay: Double) throws -> Ending {
    let process = Process()
    process.executableURL = URL(filePath: Command.path ?? "")
    process.arguments = ["run", "-"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    input.fileHandleForWriting.write(Data(test.program.utf8))
    try input.fileHandleForWriting.close()
    var said = ""
    while let mark = test.mark, !said.contains(mark) {
      let some = output.fileHandleForReading.availableData
      if some.isEmpty { break }
      said += String(decoding: some, as: UTF8.self)
    }
    // Not to wait for anything, but to hit it at different moments.
    Thread.sleep(forTimeInterval: delay)
    let start = Date()
    process.interrupt()
    said += String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let seconds = Date().timeIntervalSince(start)
    process.waitUntilExit()
    return Ending(
      seconds: seconds, status: process.terminationStatus,
      wasSignalled: process.terminationReason == .uncaughtSignal, said: said)
  }

  /// Another process may take the machine for a while: the best of some tries counts.
  @Test(.timeLimit(.minutes(5)), arguments: cases)
  func endsSoon(_ test: Case) throws {
    var best = Double.infinity
    for attempt in 0..<10 {
      let ending = try Self.interrupt(
        test, after: (test.mark == nil ? 0.3 : 0) + 0.03 * Double(attempt))
      // Before it has begun, the signal ends the process by itself.
      if ending.wasSignalled && test.mark == nil {
        #expect(ending.status == SIGINT)
      } else {
        #expect(ending.status == 130, "\(ending.said)")
        for words in test.says { #expect(ending.said.contains(words), "\(ending.said)") }
      }
      #expect(!ending.said.contains("not reached"))
      best = min(best, ending.seconds)
      if best < 0.1 && attempt >= 2 { break }
    }
    #expect(best < 0.1, "\(best) s")
    if ProcessInfo.processInfo.environment["NODAL_LONG"] != nil {
      print("\(test.name): ended after \(best) s")
    }
  }
}
