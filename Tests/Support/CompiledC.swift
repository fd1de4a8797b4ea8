import NodalBasics
package import Testing

/// C code that a test compiles and runs.
package enum CompiledC {
  private static let host = Host.system

  /// Whether the machine has a C compiler; Swift's own is one.
  package static let isAvailable =
    (try? host.run(HostCommand(program: "cc", arguments: ["--version"])))?.status == 0

  /// Compiles files together with all warnings as errors, and runs what comes of it; gives the numbers that it prints.
  package static func numbers(
    _ files: [(name: String, text: String)], optimized: Bool = false,
    location: SourceLocation = #_sourceLocation
  ) throws -> [Double] {
    let folder = try host.files.createTemporaryDirectory()
    defer { try? host.files.remove(folder) }
    for file in files { try host.files.write(folder + "/" + file.name, text: file.text) }
    let sources = files.map(\.name).filter { $0.hasSuffix(".c") }
    let compiled = try host.run(
      HostCommand(
        program: "cc",
        arguments: [
          "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", optimized ? "-O2" : "-O0",
        ]
          + sources + ["-o", "program", "-lm"],
        directory: folder, timeLimit: 300))
    guard compiled.status == 0 else {
      Issue.record("\(String(decoding: compiled.errors, as: UTF8.self))", sourceLocation: location)
      return []
    }
    let ran = try host.run(HostCommand(program: folder + "/program", directory: folder))
    #expect(ran.status == 0, sourceLocation: location)
    return String(decoding: ran.output, as: UTF8.self).split(whereSeparator: \.isWhitespace)
      .compactMap { Double($0) }
  }
}
