import Foundation
import Nodal
import NodalBasics
import Testing

/// Runs programs with everything that they say kept.
final class Recorder {
  private(set) var events: [Event] = []
  private(set) var interpreter: Interpreter! = nil

  init(_ configuration: Configuration = Configuration()) {
    interpreter = Interpreter(configuration) { [weak self] in self?.events.append($0) }
  }

  /// A recorder whose files are these, in memory.
  convenience init(files: [String: String], threads: Int = 2) {
    var configuration = Configuration(threads: threads, directory: "/project")
    configuration.host = MemoryWorld(files: files).host
    self.init(configuration)
  }

  @discardableResult
  func run(_ text: String) -> Interpreter.Outcome {
    interpreter.run(Program(text: text, path: "test.node"))
  }

  /// Takes what was said so far.
  func take() -> [Event] {
    defer { events = [] }
    return events
  }

  var errors: [Diagnostic] {
    events.compactMap { if case .diagnostic(let found) = $0, found.isError { found } else { nil } }
  }

  var printed: [String] {
    events.compactMap { if case .printed(_, let text, _) = $0 { text } else { nil } }
  }
}

enum Repository {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func files(in folder: String, ending: String) -> [URL] {
    let url = root.appending(path: folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.filter { $0.hasSuffix(ending) }.sorted().map { url.appending(path: $0) }
  }

  /// Folders of shared data: `NODAL_DATA`, or `shared/data` beside the repository.
  static var dataDirectories: [String] {
    if let listed = ProcessInfo.processInfo.environment["NODAL_DATA"], !listed.isEmpty {
      return listed.split(separator: ":").map(String.init)
    }
    return ["../shared/data", "../../shared/data"].map {
      root.appending(path: $0).standardized.path
    }
    .filter { FileManager.default.fileExists(atPath: $0) }
  }

  /// A folder of its own for what a test writes.
  static func temporaryFolder() throws -> URL {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "nodal-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }
}

extension Recorder {
  /// A recorder that a program has run in.
  static func ran(_ text: String, files: [String: String] = [:]) -> Recorder {
    let recorder = Recorder(files: files)
    recorder.run(text)
    return recorder
  }

  /// What an expression comes to, where nothing has gone wrong so far.
  func numbers(_ expression: String) throws -> [Double] {
    #expect(errors.map(\.text) == [])
    return try #require(interpreter.evaluate(expression).numbers)
  }

  /// What an expression comes to behind a program, which runs without a mistake.
  static func numbers(
    _ program: String, _ expression: String, _ backend: Backend = .automatic
  ) throws -> [Double] {
    var configuration = Configuration()
    configuration.backend = backend
    let recorder = Recorder(configuration)
    #expect(recorder.run(program + "\nlet answer = \(expression)\n") == .finished)
    #expect(recorder.errors.map(\.text) == [])
    return try #require(
      recorder.interpreter.evaluate("answer").numbers, "\(expression) is no number")
  }

  /// The first of them.
  static func number(
    _ program: String, _ expression: String, _ backend: Backend = .automatic
  ) throws -> Double {
    try #require(numbers(program, expression, backend).first)
  }
}
