import Foundation
import Testing

@Suite struct ProgramTests {
  @Test func targetPrograms() throws {
    let folder = ProcessInfo.processInfo.environment["NODAL_PROGRAMS"] ?? ""
    for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
      let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
      let result = Harness.check(text)
      print("=== \(file)\n" + Harness.describe(result, text))
    }
  }
}
