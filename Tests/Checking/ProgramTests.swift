import Foundation
import NodalChecking
import NodalDiagnostics
import Testing

/// Whole programs: the standard library, and the examples.
@Suite struct ProgramTests {
  @Test func standardLibrary() {
    let text = "import physics\n"
    let result = Harness.check(text)
    #expect(result.diagnostics.isEmpty, "\(Harness.describe(result, text))")
  }

  @Test func targetPrograms() throws {
    guard let folder = ProcessInfo.processInfo.environment["NODAL_PROGRAMS"] else { return }
    for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
      let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
      let result = Harness.check(text)
      let wrong = result.diagnostics.filter {
        $0.code != .notSupportedYet && $0.code != .fileNotFound
      }
      if ProcessInfo.processInfo.environment["SHOW"] != nil {
        print("=== \(file)\n" + Harness.describe(result, text))
      }
      #expect(wrong.isEmpty, "\(file)\n\(Harness.describe(result, text))")
    }
  }
}

extension ProgramTests {
  /// The modules as files of their own: their tests and every declaration.
  @Test(arguments: ["prelude", "physics"]) func module(name: String) throws {
    let file = Harness.root.appending(path: "stdlib/modules/\(name).node")
    let text = try String(contentsOf: file, encoding: .utf8)
    let result = Harness.check(text)
    #expect(result.diagnostics.isEmpty, "\(Harness.describe(result, text))")
  }
}
