import Foundation
import NodalDiagnostics

/// The target programs, found through `NODAL_SHARED` or in a folder `shared` beside the package.
enum SharedPrograms {
  struct Program: Sendable, CustomTestStringConvertibleName {
    let name: String
    let text: String
    var source: SourceFile { SourceFile(id: SourceID(0), path: name, text: text) }
  }

  static let packageRoot = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let all: [Program] = {
    var candidates = ["../shared", "../../shared"].map { packageRoot.appending(path: $0) }
    if let path = ProcessInfo.processInfo.environment["NODAL_SHARED"] {
      candidates.insert(URL(filePath: path), at: 0)
    }
    for candidate in candidates {
      let folder = candidate.appending(path: "programs")
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      let programs = names.filter { $0.hasSuffix(".node") }.sorted().compactMap { name in
        (try? String(contentsOf: folder.appending(path: name), encoding: .utf8))
          .map { Program(name: name, text: $0) }
      }
      if !programs.isEmpty { return programs }
    }
    return []
  }()
}

protocol CustomTestStringConvertibleName: CustomStringConvertible {
  var name: String { get }
}

extension CustomTestStringConvertibleName {
  var description: String { name }
}

func source(_ text: String) -> SourceFile {
  SourceFile(id: SourceID(0), path: "test.node", text: text)
}

/// `E0101 3:7 message`, one a line: what tests compare.
func summary(_ diagnostics: [Diagnostic], in source: SourceFile) -> String {
  diagnostics.map { diagnostic in
    let place = diagnostic.primary.map { source.position(at: $0.span.start) }
    return
      "\(diagnostic.code.rawValue) \(place?.line ?? 0):\(place?.column ?? 0) \(diagnostic.message)"
  }.joined(separator: "\n")
}
