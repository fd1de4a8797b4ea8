import Nodal

/// A block of code of a page.
struct CodeBlock {
  /// The first word behind the fence.
  let language: String
  let text: String

  /// What stands on one side of a comparison, with a `node` block on the other.
  var isForeign: Bool { ["python", "julia", "stan"].contains(language) }

  var html: String {
    let label = Self.labels[language].map { " data-label=\"\($0)\"" } ?? ""
    return "<pre class=\"\(HTMLText.escaped(language))\"\(label)><code>\(body)</code></pre>"
  }

  private var body: String {
    switch language {
    case "node": Self.coloured(text)
    case "prompt": prompts
    default: HTMLText.escaped(text)
    }
  }

  private static let labels = [
    "node": "Nodal", "prints": "prints", "python": "Python", "julia": "Julia", "stan": "Stan",
    "sh": "shell", "swift": "Swift", "c": "C", "prompt": "at the prompt", "ebnf": "grammar",
  ]

  private static func coloured(_ program: String) -> String {
    Program(text: program).colouredText.map { stretch in
      let text = HTMLText.escaped(stretch.text)
      return stretch.kind == .plain
        ? text : "<span class=\"\(stretch.kind.rawValue)\">\(text)</span>"
    }.joined()
  }

  /// What is typed is coloured, what comes back isn't.
  private var prompts: String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      for prompt in ["nodal> ", "  ...> "] where line.hasPrefix(prompt) {
        return "<span class=\"prompt\">\(HTMLText.escaped(prompt))</span>"
          + Self.coloured(String(line.dropFirst(prompt.count)))
      }
      return HTMLText.escaped(line)
    }.joined(separator: "\n")
  }
}
