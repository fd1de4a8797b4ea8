import NodalBasics

/// Markdown → HTML, by the program `cmark-gfm`: CommonMark with GitHub's tables. Raw HTML in a text is left out.
struct Markdown: Sendable {
  let host: Host

  /// The body of a page.
  func html(of text: String) throws(ManualError) -> String {
    let result: HostCommandResult
    do {
      result = try host.run(
        HostCommand(
          program: "cmark-gfm", arguments: ["--to", "html", "-e", "table", "--validate-utf8"],
          input: Array(text.utf8)))
    } catch {
      throw .noMarkdown(error.message)
    }
    guard result.status == 0 else {
      throw .noMarkdown(String(decoding: result.errors, as: UTF8.self))
    }
    return String(decoding: result.output, as: UTF8.self)
  }
}
