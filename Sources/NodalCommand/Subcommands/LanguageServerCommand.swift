import ArgumentParser
import Foundation
import NodalBasics
import NodalLanguageServer

struct LanguageServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lsp",
    abstract: "Serves an editor: the Language Server Protocol on standard input and output.",
    discussion: """
      An editor starts it, and tells it what is typed. It answers with what is wrong, the type and unit of a name, where
      it is declared, what may stand at a place, other names, and the canonical form. Nothing runs.

      EXAMPLES
        nodal lsp --data ../data
      """)

  @Option(
    name: .customLong("data"),
    help: ArgumentHelp(
      "Looks for data files in this folder too; several times for several.", valueName: "dir"),
    completion: .directory)
  var data: [String] = []
  /// What editors add of themselves.
  @Flag(help: .hidden) var stdio = false

  func run() throws {
    let data = data
    try perform {
      var options = ExecutionOptions.plain()
      options.data = data
      let arguments = options
      let server = LanguageServer(version: NodalCommand.version) {
        arguments.configuration(directory: $0)
      }
      let output = FileHandle.standardOutput
      let end = ServerLoop.run(
        server, read: readInput, write: { try? output.write(contentsOf: $0) })
      if end != .orderly { throw ExitCode(end.rawValue) }
    }
  }
}

/// The bytes that have come, at least one; none at the end of the input.
private func readInput() -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: 1 << 16)
  var count = 0
  repeat { count = read(0, &bytes, bytes.count) } while count < 0 && errno == EINTR
  return Array(bytes.prefix(max(0, count)))
}
