import Nodal

/// The part of the manual that is made of the program itself, as Markdown by its place on the site.
enum ReferencePages {
  static let all: [String: String] = {
    var pages = [
      "reference/functions.md": functions, "reference/methods.md": methods,
      "reference/messages.md": messages,
    ]
    for module in Reference.modules { pages["reference/\(module.title).md"] = models(module) }
    for page in ErrorPage.all { pages["errors/\(page.code).md"] = message(page) }
    return pages
  }()

  /// Pages that the site's index and its navigation list, with their titles; `grammar` only where its text is there.
  static var listed: [(title: String, place: String)] {
    [("Functions", "reference/functions.md")]
      + Reference.modules.map { ("Models: \($0.title)", "reference/\($0.title).md") }
      + [
        ("Solver methods", "reference/methods.md"), ("Grammar", "reference/grammar.md"),
        ("Messages", "reference/messages.md"), ("Examples", "examples/README.md"),
      ]
  }

  private static var functions: String {
    var text = """
      # Functions

      What every program may use without declaring it. A function that is written for one example takes more: [one example at a time](../language.md#types-and-units).

      """
    for chapter in Reference.functions {
      text += "\n## \(chapter.title)\n\n| | |\n|---|---|\n"
      for entry in chapter.entries { text += "| \(cell(entry.usage)) | \(line(entry.text)) |\n" }
    }
    return text
  }

  private static func models(_ module: ReferenceChapter) -> String {
    var text =
      "# Models: \(module.title)\n\nModels of the standard library, for `import \(module.title)`. "
    text += "`extends` takes one as a beginning: [odes](../language.md#odes).\n"
    for entry in module.entries {
      text +=
        "\n## \(entry.name)\n\n\(entry.text)\n\n```node\n\(entry.source ?? entry.usage)\n```\n"
    }
    return text
  }

  private static var methods: String {
    var text = """
      # Solver methods

      By the names that `solver:` takes. How they work, and which is for what, is in [solvers](../solvers.md); the short list in [choosing](../choosing.md).

      | method | order | dense order | for | |
      |---|---|---|---|---|

      """
    for method in Reference.methods {
      text +=
        "| `\(method.name)` | \(method.order) | \(method.denseOrder) | \(method.purpose) | \(line(method.summary)) |\n"
    }
    return text
      + "\nOf stochastic methods the order is the weak one, that of means over paths: [noise](../solvers.md#noise).\n"
  }

  private static var messages: String {
    var text = """
      # Messages

      What the compiler and a run may have to say, by code. Each page has a program that gets the message, and the same program mended. At a terminal: `nodal explain-error E0401`.

      | code | |
      |---|---|

      """
    for page in ErrorPage.all {
      text += "| [\(page.code)](../errors/\(page.code).md) | \(line(page.title)) |\n"
    }
    return text
  }

  private static func message(_ page: ErrorPage) -> String {
    var text = "# \(page.code): \(page.title)\n\n\(page.explanation)\n"
    if let wrong = page.wrong {
      text += "\n## Wrong\n\n```node\n\(wrong)\n```\n"
      let found = Interpreter().check(Program(text: wrong, path: "model.node"))
      if let found = found.first(where: { $0.code == page.code }) {
        text += "\n```text\n\(found.text)\n```\n"
      }
    }
    if let right = page.right { text += "\n## Right\n\n```node\n\(right)\n```\n" }
    return text + "\n[All messages](../reference/messages.md)\n"
  }

  /// A call as a cell of a table.
  private static func cell(_ usage: String) -> String {
    usage.split(separator: "  ").map { "`\($0.replacing("|", with: "\\|"))`" }
      .joined(separator: ", ")
  }

  private static func line(_ text: String) -> String {
    text.replacing("\n", with: " ").replacing("|", with: "\\|")
  }
}
