import ArgumentParser
import Nodal
import NodalBasics

struct ExplainErrorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain-error",
    abstract: "Tells more about the code of a diagnostic.",
    discussion: """
      With a program that gets the code, and the same program mended. Without a code: all of them.

      EXAMPLES
        nodal explain-error E0201
      """)

  @Argument(help: "The code, as it stands in the message: E0201.")
  var code: String?

  func run() throws {
    let host = Host.system
    guard let code else {
      for page in ErrorPage.all { host.write(.output, "\(page.code)  \(page.title)\n") }
      return
    }
    guard let page = ErrorPage(code: code) else {
      let near = ErrorPage.codes(near: code)
      let hint = near.isEmpty ? "" : "; near it: \(near.joined(separator: ", "))"
      throw ValidationError("there is no page for `\(code)`\(hint)")
    }
    let width = min(host.terminalWidth(.output) ?? 80, 100)
    host.write(.output, page.text(width: width) + "\n")
  }
}
