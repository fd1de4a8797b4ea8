/// Habits from other languages, each with what to write instead. The parser recognises them only where its
/// own grammar has already failed.
enum ForeignSyntax: Sendable, Hashable {
  case hashComment
  case blockComment
  case tripleQuotes
  /// The text between the quotes.
  case singleQuotes(String)
  case def
  case lambda
  case importAs(String)
  case fromImport
  case elif
  case `return`
  case `while`
  case `class`
  case `self`
  case function
  case ifBlock
  case colonBlock
  case wordOperator(String)

  /// Libraries of other languages that a newcomer asks for by habit: what they are wanted for is in the language.
  private static let libraries: Set<String> = [
    "numpy", "scipy", "torch", "jax", "jax.numpy", "tensorflow", "pandas", "matplotlib",
    "matplotlib.pyplot", "math",
  ]

  var message: String {
    switch self {
    case .hashComment: "comments don't begin with `#`"
    case .blockComment: "there are no `/* … */` comments"
    case .tripleQuotes: "there are no `\"\"\"` strings"
    case .singleQuotes: "a string is written with double quotes"
    case .def: "a function is not declared with `def`"
    case .lambda: "a closure is not written with `lambda`"
    case .importAs: "a module can't be imported under another name"
    case .fromImport: "names are not imported one by one"
    case .elif: "there is no `elif`"
    case .return: "there is no `return`"
    case .while: "there is no `while`"
    case .class: "there are no classes"
    case .self: "there is no `self`"
    case .function: "a function is not declared with this word"
    case .ifBlock: "`if` is an expression and needs `then`"
    case .colonBlock: "a block does not begin with `:`"
    case .wordOperator(let word): "`\(word)` is not an operator"
    }
  }

  var help: String {
    switch self {
    case .hashComment: "write `// …`; `/// …` documents a declaration"
    case .blockComment: "begin each line of the comment with `//`"
    case .tripleQuotes: "document a declaration with `///` lines above it"
    case .singleQuotes(let text):
      "write `\"\(text)\"`; the apostrophe marks a time derivative: `x'`"
    case .def: "write `fn f(x) = x^2`, or `fn f(x) { … }`"
    case .lambda: "write `(x) -> x^2`"
    case .importAs(let name):
      Self.libraries.contains(name)
        ? "nothing of it is needed: `sin`, `exp`, `sum`, `linspace`, … are there without an import, and arrays are `[1, 2]`"
        : "write `import \(name)`; what it declares is then used by its own name"
    case .fromImport: "write `import physics`; all that the module declares is then visible"
    case .elif: "write `else if … then …`"
    case .return: "the last expression of a block is its value"
    case .while: "use `fold` or `scan` over a sequence, or a `for` over a constant range"
    case .class: "write an `ode` for a model, a `layer` for what has weights"
    case .self: "inside an `ode` or a `layer`, write the name alone: `k`, not `self.k`"
    case .function: "write `fn f(x) = x^2`"
    case .ifBlock: "write `if c then a else b`"
    case .colonBlock: "write `{ … }`"
    case .wordOperator(let word):
      switch word {
      case "and": "write `&&`"
      case "or": "write `||`"
      case "not": "write `!`"
      case "is": "write `==`"
      case "mod": "write `mod(a, b)`"
      case "div": "write `div(a, b)`"
      default: "write an operator: `+ - * / @ ^ && || == !=`"
      }
    }
  }
}
