import Foundation
import Nodal

/// A program that keeps a pendulum's model up to date: it gives the model what a sensor measured, fits it, asks it for what comes next, and
/// writes down what was learned.
@main
struct Embedding {
  static let model = """
    const g = 9.81<m/s^2>

    /// A pendulum that loses energy.
    ode swing {
      param L = 1<m> in (0, inf)
      param μ = 0.1<1/s> in (0, inf)
      state θ = 0.5, θ' = 0
      θ'' = -g/L*sin(θ) - μ*θ'
    }
    """
  static let measurements = """
    data sensor = given("sensor", time: "t", columns: {θ: "angle"})
    loss fit(w) = mse(solve(swing, at: w.t).θ, w.θ)
    """

  static func main() throws {
    // How often the model is asked at the end; `./test --long` asks a hundred thousand times.
    let calls = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1000
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "nodal-embedding-\(ProcessInfo.processInfo.processIdentifier)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let interpreter = Interpreter(Configuration(threads: 1, outputDirectory: folder.path)) { event in
      if case .diagnostic(let found) = event { print(found.text) }
    }
    print("runs on: \(Backend.nativeStatus)")

    // Mistakes are values, before anything runs.
    let wrong = Program(text: model.replacing("sin(θ)", with: "sin(L)"), path: "wrong.node")
    interpreter.give(measured(L: 1.3, μ: 0.2), as: "sensor")
    for found in interpreter.check(wrong) { print("refused: \(found.code) \(found.message)") }

    for text in [model, measurements] {
      guard interpreter.run(Program(text: text, path: "swing.node")) == .finished else { exit(1) }
    }
    for declaration in interpreter.declarations {
      let about = declaration.documentation.map { "  // \($0)" } ?? ""
      print("\(declaration.kind) \(declaration.name)\(about)")
    }

    // A fit that is watched, and stopped when it is good enough.
    let run = try interpreter.train("fit", on: "sensor", "optimize: lm(), steps: 50") { step in
      if step.loss < 1e-16 { interpreter.cancellation.cancel() }
    }
    interpreter.cancellation.reset()
    let fitted = try ["L", "μ"].map { try value(interpreter.evaluate("swing.\($0)")) }
    print("fitted: L = \(text(fitted[0])) m, μ = \(text(fitted[1])) 1/s, loss \(text(run.loss))")
    guard abs(fitted[0] - 1.3) < 1e-3, abs(fitted[1] - 0.2) < 1e-3 else { exit(1) }

    // A gradient by every weight.
    try interpreter.setWeight("swing.L", to: [1.2])
    let gradient = try interpreter.gradient(of: "fit", on: "sensor")
    print("loss \(text(gradient.value)), dloss/dL = \(text(gradient.gradient["swing.L"]?[0] ?? .nan))")
    try interpreter.setWeight("swing.L", to: [fitted[0]])

    // What was learned, written to a file, and read by an interpreter that never saw the measurements.
    guard interpreter.run(Program(text: "save swing to \"swing.safetensors\"")) == .finished else {
      exit(1)
    }
    let other = Interpreter(Configuration(threads: 1))
    try other.declare(Program(text: model, path: "swing.node"))
    _ = try other.loadWeights(fromSafetensors: folder.appending(path: "swing.safetensors").path)
    guard try value(other.evaluate("swing.L")) == fitted[0] else { exit(1) }

    // Asked many times: compiled once, and memory stays as it is.
    let angle = try other.function(
      "solve(swing, over: 0..1, from: {θ: a, θ': 0}).final.θ", of: .init("a"))
    var before = 0
    var sum = 0.0
    let start = Date()
    for call in 0..<calls {
      if call == calls / 10 { before = residentKilobytes() }
      sum += try value(angle(0.3 + 0.4 * Double(call % 1000) / 1000))
    }
    let seconds = Date().timeIntervalSince(start)
    let grown = residentKilobytes() - before
    print("\(calls) solves in \(text(seconds)) s, mean angle \(text(sum / Double(calls)))")
    print("memory grew by \(grown) kB")
    if calls >= 10_000, grown > 8_192 { exit(1) }
  }

  /// What a pendulum of this length and friction would have shown.
  static func measured(L: Double, μ: Double) -> [GivenArray] {
    let times = (0...40).map { 0.1 * Double($0) }
    var (θ, ω, now) = (0.5, 0.0, 0.0)
    let angles = times.map { time -> Double in
      // Small steps of the midpoint rule: this program has a model of its own, to compare with.
      while now < time - 1e-9 {
        let h = 1e-4
        let (a, b) = (θ + h / 2 * ω, ω + h / 2 * (-9.81 / L * sin(θ) - μ * ω))
        (θ, ω) = (θ + h * b, ω + h * (-9.81 / L * sin(a) - μ * b))
        now += h
      }
      return θ
    }
    return [GivenArray("t", times), GivenArray("angle", angles)]
  }

  static func value(_ value: Value) throws -> Double {
    guard let number = value.number else { throw NotANumber() }
    return number
  }

  struct NotANumber: Error {}

  static func text(_ x: Double) -> String { String(format: "%.4g", x) }

  /// What the process holds in memory, where the system tells.
  static func residentKilobytes() -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
    else { return 0 }
    return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
  }
}
