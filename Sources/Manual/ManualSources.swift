package import NodalBasics

/// What a manual is made of: texts by their place on the site, and files that are taken as they are.
package struct ManualSources: Sendable {
  /// Markdown by its place, `tutorial/05-fit.md`. Those in folders beside the manual, as `examples/ball.md`, are made of what is there.
  package var pages: [String: String] = [:]
  package var files: [String: [UInt8]] = [:]

  package init() {}

  /// The texts and pictures of a folder, with the examples and the grammar that lie beside it.
  package init(folder: String, host: Host) throws(ManualError) {
    try read(folder, as: "", host)
    let beside = Path.directory(folder)
    let examples = Path.join(beside, "examples")
    if host.files.kind(examples) == .directory { try readExamples(examples, host) }
    let grammar = Path.join(beside, "grammar/node.ebnf")
    if host.files.kind(grammar) == .file {
      let text = try Self.text(grammar, host)
      pages["reference/grammar.md"] =
        "# The grammar\n\n```ebnf\n\(text)\n```\n"
    }
  }

  private mutating func read(_ folder: String, as place: String, _ host: Host) throws(ManualError) {
    for name in try Self.list(folder, host) {
      let path = Path.join(folder, name)
      let target = Path.join(place, name)
      switch host.files.kind(path) {
      case .directory: try read(path, as: target, host)
      case .file:
        if name.hasSuffix(".md") {
          pages[target] = try Self.text(path, host)
        } else {
          files[target] = try Self.bytes(path, host)
        }
      case .other, nil: continue
      }
    }
  }

  private mutating func readExamples(_ folder: String, _ host: Host) throws(ManualError) {
    var list = ""
    for name in try Self.list(folder, host) {
      let path = Path.join(folder, name)
      guard host.files.kind(path) == .file else { continue }
      if name.hasSuffix(".node") {
        let text = try Self.text(path, host)
        let stem = Path.stem(name)
        pages["examples/\(stem).md"] = "# \(name)\n\n```node\n\(text)\n```\n"
        let first = text.split(separator: "\n").first.map { $0.drop { $0 == "/" || $0 == " " } }
        list += "- [\(stem)](\(stem).md): \(Self.plain(first ?? ""))\n"
      } else {
        files["examples/\(name)"] = try Self.bytes(path, host)
      }
    }
    pages["examples/README.md"] = "# Examples\n\n\(list)"
  }

  /// A line of a comment in Markdown: its signs stand for themselves.
  private static func plain(_ text: some StringProtocol) -> String {
    String(text.flatMap { "\\*_[]<>|#".contains($0) ? ["\\", $0] : [$0] })
  }

  private static func list(_ folder: String, _ host: Host) throws(ManualError) -> [String] {
    do { return try host.files.list(folder).filter { !$0.hasPrefix(".") } } catch {
      throw .file(error.message)
    }
  }

  private static func bytes(_ path: String, _ host: Host) throws(ManualError) -> [UInt8] {
    do { return try host.files.read(path) } catch { throw .file(error.message) }
  }

  private static func text(_ path: String, _ host: Host) throws(ManualError) -> String {
    String(decoding: try bytes(path, host), as: UTF8.self)
  }
}
