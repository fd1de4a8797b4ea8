import NodalDiagnostics
import NodalSyntax

/// Type annotations.
extension Parser {
  /// `: Type`, if a colon stands here.
  mutating func parseTypeAnnotation() throws(ParseError) -> TypeExpression? {
    take(.colon) ? try parseType() : nil
  }

  mutating func parseType() throws(ParseError) -> TypeExpression {
    try nested { parser throws(ParseError) in
      if parser.at(.leftBrace) { return try parser.parseRecordType() }
      if parser.at(.leftParenthesis) { return try parser.parseTupleOrFunctionType() }
      return try parser.parseNamedType()
    }
  }

  private mutating func parseNamedType() throws(ParseError) -> TypeExpression {
    let start = position
    if start == probe.token { probe.isType = true }
    let name = try parseName(of: "a type")
    var unit: UnitExpression?
    if case .unit(let expression) = current.kind {
      unit = expression
      advance()
    } else if at(.less) {
      throw unexpected(
        "the end of the type",
        help: name.text == "Real"
          ? "a unit is written `Real<m/s>`, without a space" : "only `Real` has a unit")
    }
    var sizes: [Expression] = []
    if at(.leftBracket) {
      advance()
      repeat {
        if at(.rightBracket), !sizes.isEmpty { break }
        sizes.append(try parseExpression())
      } while take(.comma)
      if !at(.rightBracket) { throw unexpected("`,` or `]`") }
      advance()
    }
    return TypeExpression(
      .named(NamedType(name: name, unit: unit, sizes: sizes)), span: span(from: start))
  }

  private mutating func parseRecordType() throws(ParseError) -> TypeExpression {
    let start = position
    advance()
    skipSeparators()
    var fields: [TypeField] = []
    while !at(.rightBrace) {
      let fieldStart = position
      let name = try parseAnyWord(of: "a field")
      try expect(.colon)
      let type = try parseType()
      fields.append(TypeField(name: name, type: type, span: span(from: fieldStart)))
      guard take(.comma) else { break }
      skipSeparators()
    }
    skipSeparators()
    if !at(.rightBrace) { throw unexpected("`,` or `}`") }
    advance()
    guard !fields.isEmpty else { throw .expectedName(found: "`}`", of: "a field", previous.span) }
    return TypeExpression(.record(fields), span: span(from: start))
  }

  /// `(T, U)`, `(T)`, `(T, U) -> V`
  private mutating func parseTupleOrFunctionType() throws(ParseError) -> TypeExpression {
    let start = position
    advance()
    var types: [TypeExpression] = []
    while !at(.rightParenthesis) {
      types.append(try parseType())
      guard take(.comma) else { break }
    }
    if !at(.rightParenthesis) { throw unexpected("`,` or `)`") }
    advance()
    if take(.arrow) {
      let result = try parseType()
      return TypeExpression(
        .function(parameters: types, result: result), span: span(from: start))
    }
    guard let first = types.first else { throw unexpected("`->`") }
    return TypeExpression(types.count == 1 ? first.kind : .tuple(types), span: span(from: start))
  }
}
