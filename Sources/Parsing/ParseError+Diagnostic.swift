import NodalDiagnostics
import NodalSyntax

extension ParseError {
  package var diagnostic: Diagnostic {
    switch self {
    case .unexpectedCharacter(let text, let span):
      return Diagnostic(
        .unexpectedCharacter, "this character is no part of the language",
        at: Label(span, Self.describe(characters: text)))
    case .unclosedString(let opener):
      return Diagnostic(
        .unclosedString, "a string is not closed", at: Label(opener, "it begins here"),
        help: ["close it with `\"` on the same line; write `\\n` for a line break"])
    case .malformedNumber(let text, .noDigitsAfterPoint, let span):
      return Diagnostic(
        .malformedNumber, "`\(text)` has no digits after the point", at: Label(span),
        help: ["write `\(text)0`"],
        fixIts: [FixIt(span, replacement: text + "0", title: "write `\(text)0`")])
    case .malformedNumber(let text, .noDigitsBeforePoint, let span):
      return Diagnostic(
        .malformedNumber, "`\(text)` has no digit before the point", at: Label(span),
        help: ["write `0\(text)`"],
        fixIts: [FixIt(span, replacement: "0" + text, title: "write `0\(text)`")])
    case .numberOutOfRange(let text, let span):
      let help =
        text.contains(".") || text.contains("e") || text.contains("E")
        ? "the largest number is about 1.8e308; `inf` is infinity"
        : "the largest integer is \(Int.max); write `\(text.prefix(1))e\(text.count - 1)` for a real number"
      return Diagnostic(
        .numberOutOfRange, "the number is too large", at: Label(span), help: [help])
    case .malformedUnit(let text, let span):
      return Diagnostic(
        .malformedUnit, "`\(text)` can't be read as a unit", at: Label(span),
        help: [
          "a unit is built with `*`, `/` and `^`: `<m/s^2>`, `<kg*m>`, `<1/s>`, `<m^(1/2)>`",
          "for a comparison, put a space before `<`",
        ])
    case .detachedUnit(let unit, let owner, let blank, let span):
      return Diagnostic(
        .malformedUnit, "the unit `\(unit)` does not stand right behind `\(owner)`",
        at: Label(span), help: ["write `\(owner)\(unit)`: after a space, `<` compares"],
        fixIts: [FixIt(blank, replacement: "", title: "remove the space")])
    case .unknownEscape(let text, let span):
      return Diagnostic(
        .unknownEscape, "`\(text)` is no escape", at: Label(span),
        help: ["there are `\\n`, `\\t`, `\\r`, `\\\"`, `\\\\` and `\\u{3B8}`"])
    case .strayPrime(let count, let span):
      return Diagnostic(
        .strayPrime, "`\(String(repeating: "'", count: count))` belongs to nothing",
        at: Label(span, "a prime stands right behind a name or `]`"),
        help: [
          "for the derivative of a longer expression, give it a name, or write the derivatives of its parts"
        ])
    case .foreignOperator(let text, let row, let span):
      let fixIts =
        row.symbol.map {
          [FixIt(span, replacement: $0.rawValue, title: "write `\($0.rawValue)`")]
        } ?? []
      return Diagnostic(
        .foreignOperator, "`\(text)` is not written so here", at: Label(span), help: [row.help],
        fixIts: row == .remainder ? [] : fixIts)
    case .foreignSyntax(let habit, let span):
      return Diagnostic(.foreignSyntax, habit.message, at: Label(span), help: [habit.help])
    case .unclosedBracket(let symbol, let opener, let end):
      let closer = symbol.closer?.rawValue ?? ")"
      return Diagnostic(
        .unclosedBracket, "`\(symbol.rawValue)` is not closed",
        at: Label(opener, "opened here"),
        also: end.map { [Label($0, "`\(closer)` is missing before this")] } ?? [],
        help: end == nil ? ["the text ends without its `\(closer)`"] : [])
    case .unmatchedCloser(let symbol, let span):
      return Diagnostic(
        .unmatchedCloser, "`\(symbol.rawValue)` closes nothing", at: Label(span),
        help: ["delete it, or write what it should close"])
    case .nestingTooDeep(let span):
      return Diagnostic(
        .nestingTooDeep, "this is nested too deeply", at: Label(span),
        help: ["give parts of it names with `let`"])
    case .unexpected(let found, let expected, let span, let help):
      return Diagnostic(
        .unexpectedToken, "found \(found), expected \(expected)", at: Label(span),
        help: help.map { [$0] } ?? [])
    case .expectedExpression(let found, let after, let span):
      return Diagnostic(
        .expectedExpression,
        "found \(found), expected an expression" + (after.map { " after `\($0)`" } ?? ""),
        at: Label(span))
    case .expectedName(let found, let role, let span):
      return Diagnostic(
        .expectedName, "found \(found), expected the name of \(role)", at: Label(span))
    case .reservedWord(let word, let span):
      return Diagnostic(
        .reservedWord, "`\(word)` is a word of the language and can't be a name", at: Label(span),
        help: ["choose another, `\(word)_` for instance"])
    case .unusedValue(let span, let kind):
      return Self.unusedValue(span, kind)
    case .blockWithoutValue(let span, let owner):
      return Diagnostic(
        .blockWithoutValue, "\(owner) ends without a value",
        at: Label(span, "an expression is missing before this"),
        help: ["the last line of a block is its value"])
    case .benchWithoutWork(let span):
      return Diagnostic(
        .blockWithoutValue, "a `bench` ends with what it times",
        at: Label(span, "nothing is timed here"),
        help: ["the last line is an expression, `gradient of LOSS on DATA` or `train LOSS on DATA`"]
      )
    case .benchWorkNotLast(let span):
      return Diagnostic(
        .unusedValue, "a `bench` times its last line only", at: Label(span),
        help: ["give each its own `bench`"])
    case .chainedComparison(let first, let second, let texts):
      return Diagnostic(
        .chainedComparison, "comparisons don't chain", at: Label(second, "the second comparison"),
        also: [Label(first, "the first")],
        help: [
          texts.map { "write `\($0.0) && \($0.1)`\($0.2)" } ?? "join two comparisons with `&&`"
        ])
    case .foreignConstant(let word, let span):
      let mended = ["True": "true", "False": "false"][word]
      return Diagnostic(
        .foreignConstant, "`\(word)` is not written so here", at: Label(span),
        help: [
          mended.map { "write `\($0)`" }
            ?? "there is no such value; leave the argument out, or give it a value"
        ],
        fixIts: mended.map { [FixIt(span, replacement: $0, title: "write `\($0)`")] } ?? [])
    case .colonSlice(let span):
      return Diagnostic(
        .colonSlice, "a slice is not written with `:`", at: Label(span),
        help: [
          "write `x[0..<n]` for the first n, `x[1..3]` with both ends, `x[.., 0]` for a whole axis"
        ])
    case .fractionDerivative(let name, let span):
      return Diagnostic(
        .fractionDerivative, "a time derivative is not written as a fraction", at: Label(span),
        help: ["write `\(name)' = …`; a second derivative is `\(name)''`"],
        fixIts: [FixIt(span, replacement: name + "'", title: "write `\(name)'`")])
    case .misplacedStatement(let word, let place, let span, let help):
      return Diagnostic(
        .misplacedStatement, "`\(word)` can't stand \(place)", at: Label(span), help: [help])
    case .additionOutsideOde(let name, let span):
      return Diagnostic(
        .additionOutsideOde, "`+=` adds to an equation of an `ode`, and this is none",
        at: Label(span), help: ["write `\(name) = \(name) + …` with a `var \(name)`"])
    case .implicitProduct(let left, let right, let span):
      return Diagnostic(
        .implicitProduct, "a product needs its `*`", at: Label(span),
        help: ["write `\(left)*\(right)`"],
        fixIts: [FixIt(span, replacement: "\(left)*\(right)", title: "write `*`")])
    case .continuationAtPrompt(let word, let span):
      return Diagnostic(
        .continuationAtPrompt, "a line at the prompt can't begin with `\(word)`", at: Label(span),
        help: [
          "end the line above with `\(word)`, or put the whole in parentheses"
        ])
    case .pipelineStage(let found, let pipe, let span):
      return Diagnostic(
        .pipelineStage, "found \(found) in a pipeline, expected a function or a call",
        at: Label(span), also: [Label(pipe, "the pipeline")],
        help: [
          "`|>` binds most loosely: put the pipeline in parentheses, `(x |> f) + 1`, or the closure, `x |> ((a) -> a^2)`"
        ])
    case .unknownPrecision(let found, let span):
      return Diagnostic(
        .unknownPrecision, "found \(found), expected `f32` or `f64`", at: Label(span))
    case .missingElse(let condition, let span):
      return Diagnostic(
        .missingElse, "`if` is an expression and needs `else`",
        at: Label(span, "`else` is missing here"), also: [Label(condition, "this `if`")])
    case .clauseOrder(let clause, let before, let span):
      return Diagnostic(
        .clauseOrder, "`\(clause)` comes before `\(before)`", at: Label(span),
        help: ["the order is `plot … against … log … as … to …`"])
    case .missingBody(let owner, let span):
      return Diagnostic(
        .missingBody, "\(owner) has no body", at: Label(span, "`= …` or `{ … }` is missing here"))
    case .needsParentheses(let what, let span):
      return Diagnostic(
        .needsParentheses, "\(what) inside an expression needs parentheses", at: Label(span),
        help: ["write `( … )` around it"])
    case .seedNotInteger(let span):
      return Diagnostic(
        .seedNotInteger, "a seed is a whole number", at: Label(span), help: ["write `seed 1`"])
    case .detachedDocumentation(let span):
      return Diagnostic(
        .detachedDocumentation, "this comment documents nothing", at: Label(span),
        help: [
          "`///` stands directly above what it documents, or begins a file; `//` is a plain comment"
        ])
    case .misplacedHeading(let word, let span):
      return Diagnostic(
        .misplacedHeading, "`\(word)` heads a file", at: Label(span),
        help: ["move it to the top, before the first declaration"])
    }
  }

  private static func unusedValue(_ span: Span, _ kind: UnusedValue) -> Diagnostic {
    switch kind {
    case .beginsWithSign(let sign):
      Diagnostic(
        .unusedValue, "nothing uses this value", at: Label(span, "a line of its own"),
        help: ["if it goes on from the line above, end that line with `\(sign)`"])
    case .statement:
      Diagnostic(
        .unusedValue, "nothing uses this value", at: Label(span),
        help: ["give it a name with `let`, show it with `print`, or delete it"])
    }
  }

  private static func describe(characters text: String) -> String {
    guard let scalar = text.unicodeScalars.first else { return "" }
    let number = String(scalar.value, radix: 16, uppercase: true)
    let code = "U+" + String(repeating: "0", count: max(0, 4 - number.count)) + number
    return scalar.properties.name.map { "\(code) \($0)" } ?? code
  }
}
