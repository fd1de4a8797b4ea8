import NodalDiagnostics
import NodalSyntax

/// Every mistake that lexer and parser can find, with what is needed to put it into words.
enum ParseError: DiagnosableError {
  // Characters
  case unexpectedCharacter(String, Span)
  case unclosedString(Span)
  case malformedNumber(String, NumberMistake, Span)
  case numberOutOfRange(String, Span)
  case malformedUnit(String, Span)
  /// `9.81 <m/s^2>`: a unit with a blank before it.
  case detachedUnit(String, of: String, blank: Span, Span)
  case unknownEscape(String, Span)
  case strayPrime(count: Int, Span)
  case foreignOperator(String, ForeignOperator, Span)
  case foreignSyntax(ForeignSyntax, Span)
  // Brackets
  /// `end` is where it is missed: the bracket that stands there instead, or nothing at the end.
  case unclosedBracket(Symbol, opener: Span, end: Span?)
  case unmatchedCloser(Symbol, Span)
  case nestingTooDeep(Span)
  // Grammar
  case unexpected(found: String, expected: String, Span, help: String?)
  case expectedExpression(found: String, after: String?, Span)
  case expectedName(found: String, of: String, Span)
  case reservedWord(String, Span)
  case unusedValue(Span, UnusedValue)
  case blockWithoutValue(Span, owner: String)
  case benchWithoutWork(Span)
  case benchWorkNotLast(Span)
  case chainedComparison(first: Span, second: Span, texts: (String, String, String)?)
  case foreignConstant(String, Span)
  case colonSlice(Span)
  case fractionDerivative(String, Span)
  case misplacedStatement(word: String, place: String, Span, help: String)
  case additionOutsideOde(name: String, Span)
  case implicitProduct(left: String, right: String, Span)
  case continuationAtPrompt(String, Span)
  case pipelineStage(found: String, pipe: Span, Span)
  case unknownPrecision(String, Span)
  case missingElse(condition: Span, Span)
  case clauseOrder(clause: String, before: String, Span)
  case missingBody(of: String, Span)
  case needsParentheses(what: String, Span)
  case seedNotInteger(Span)
  case misplacedHeading(String, Span)
  case detachedDocumentation(Span)

  enum NumberMistake: Sendable { case noDigitsAfterPoint, noDigitsBeforePoint }

  /// What the line that nobody uses looks like, for the better hint.
  enum UnusedValue: Sendable {
    /// It begins with `-` or another sign: the line above was meant to go on.
    case beginsWithSign(String)
    case statement
  }
}
