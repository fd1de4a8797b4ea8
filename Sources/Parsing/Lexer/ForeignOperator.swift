import NodalSyntax

/// Operators that other languages and papers have and this one writes differently.
enum ForeignOperator: Sendable, Hashable, CaseIterable {
  case power, notEqual, strictEqual, remainder, bitAnd, bitOr, fatArrow, walrus
  case subtractAssign, multiplyAssign, divideAssign
  case times, dividedBy, minus, lessOrEqual, greaterOrEqual, arrow, squared, cubed
  case partial, nabla, root, infinity, prime, question

  /// How it is written elsewhere. `//` is a comment here and is not in the table.
  var spellings: [String] {
    switch self {
    case .power: ["**"]
    case .notEqual: ["<>", "≠", "~="]
    case .strictEqual: ["===", "!=="]
    case .remainder: ["%"]
    case .bitAnd: ["&"]
    case .bitOr: ["|"]
    case .fatArrow: ["=>"]
    case .walrus: [":="]
    case .subtractAssign: ["-="]
    case .multiplyAssign: ["*="]
    case .divideAssign: ["/="]
    case .times: ["×", "·", "⋅", "∙"]
    case .dividedBy: ["÷"]
    case .minus: ["−", "–"]
    case .lessOrEqual: ["≤"]
    case .greaterOrEqual: ["≥"]
    case .arrow: ["→", "↦"]
    case .squared: ["²"]
    case .cubed: ["³"]
    case .partial: ["∂"]
    case .nabla: ["∇"]
    case .root: ["√"]
    case .infinity: ["∞"]
    case .prime: ["′", "″"]
    case .question: ["?"]
    }
  }

  /// The symbol that is meant; `nil` where none stands for it.
  var symbol: Symbol? {
    switch self {
    case .power: .caret
    case .notEqual: .notEqual
    case .strictEqual: .equal
    case .remainder: .star
    case .bitAnd: .and
    case .bitOr: .or
    case .fatArrow: .arrow
    case .walrus: .assign
    case .subtractAssign, .multiplyAssign, .divideAssign: .assign
    case .times: .star
    case .dividedBy: .slash
    case .minus: .minus
    case .lessOrEqual: .lessOrEqual
    case .greaterOrEqual: .greaterOrEqual
    case .arrow: .arrow
    case .squared, .cubed, .partial, .nabla, .root, .infinity, .prime, .question: nil
    }
  }

  /// What to write instead.
  var help: String {
    switch self {
    case .power: "write `^` for a power: `x^2`"
    case .notEqual: "write `!=` for \"not equal\""
    case .strictEqual: "write `==` or `!=`"
    case .remainder: "write `mod(a, b)` for the remainder"
    case .bitAnd: "write `&&` for \"and\""
    case .bitOr: "write `||` for \"or\", `|>` for a pipeline"
    case .fatArrow: "write `->` in a closure: `(x) -> x^2`"
    case .walrus: "write `=`"
    case .subtractAssign: "write `x = x - …`; inside an `ode`, `x' += -…`"
    case .multiplyAssign: "write `x = x * …`"
    case .divideAssign: "write `x = x / …`"
    case .times: "write `*` for a product, `@` for a matrix product"
    case .dividedBy: "write `/`"
    case .minus: "write the hyphen `-`; this is a typographic minus sign or dash"
    case .lessOrEqual: "write `<=`"
    case .greaterOrEqual: "write `>=`"
    case .arrow: "write `->`"
    case .squared: "write `^2`"
    case .cubed: "write `^3`"
    case .partial: "write `grad(e, wrt: x)` for a derivative in space, `x'` for one in time"
    case .nabla: "write `grad(e, wrt: x)`, or `divergence(e, wrt: x)`"
    case .root: "write `sqrt(x)`"
    case .infinity: "write `inf`"
    case .prime: "write the apostrophe `'`"
    case .question: "write `if c then a else b`"
    }
  }
}
