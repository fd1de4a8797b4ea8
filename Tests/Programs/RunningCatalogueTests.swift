import Nodal
import NodalDiagnostics
import Testing

/// The pages of codes that only a run gets: the bad program gets the code, the mended one nothing. Files stand
/// below the programs as comments.
@Suite struct RunningCatalogueTests {
  static let codes = (Catalogue.data + Catalogue.running).filter { $0.example != nil }
    .map(\.code.rawValue)

  @Test(arguments: codes) func page(code: String) throws {
    let page = try #require(ErrorPage(code: code))
    let (wrong, right) = (try #require(page.wrong), try #require(page.right))
    let bad = Self.codes(wrong)
    #expect(bad.contains(code), "\(bad)\n\(wrong)")
    let mended = Self.codes(right)
    #expect(mended.isEmpty, "\(mended)\n\(right)")
  }

  private static func codes(_ page: String) -> [String] {
    let (program, files) = parts(page)
    let recorder = Recorder(files: files)
    recorder.run(program)
    return recorder.events.compactMap { event in
      if case .diagnostic(let found) = event { found.code } else { nil }
    }
  }

  /// The program, and the files that stand below it: `// obs.csv:`, then `// ` before each line.
  static func parts(_ page: String) -> (program: String, files: [String: String]) {
    var program = ""
    var files: [String: String] = [:]
    var open: String?
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("//") else {
        open = nil
        program += line + "\n"
        continue
      }
      let text = String(line.dropFirst(3))
      if let name = open {
        files[name, default: ""] += text + "\n"
      } else if text.hasSuffix(":"), !text.contains(" ") {
        open = String(text.dropLast())
        files[String(text.dropLast())] = ""
      }
    }
    return (program, files)
  }
}
