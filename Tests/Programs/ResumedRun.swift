import Foundation
import Nodal

/// What a program that trains has come to, be it stopped or resumed.
struct ResumedRun {
  private(set) var outcome = Interpreter.Outcome.finished
  /// What it calls `answer`, where it came to its end.
  private(set) var answer: [Double]?
  private(set) var notes: [String] = []
  private(set) var errors: [Diagnostic] = []

  init(
    _ program: String, _ configuration: Configuration, _ cancellation: Cancellation,
    onStep: @escaping () -> Void = {}
  ) {
    var notes: [String] = []
    var errors: [Diagnostic] = []
    let interpreter = Interpreter(configuration, cancellation: cancellation) { event in
      switch event {
      case .trainingStep: onStep()
      case .note(let text): notes.append(text)
      case .diagnostic(let found) where found.isError: errors.append(found)
      default: break
      }
    }
    outcome = interpreter.run(Program(text: program, path: "test.node"))
    if outcome == .finished { answer = try? interpreter.evaluate("answer").numbers }
    self.notes = notes
    self.errors = errors
  }

  /// In a folder of its own, which is gone behind it.
  static func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = try Repository.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }
}
