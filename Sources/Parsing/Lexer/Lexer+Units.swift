import NodalDiagnostics
import NodalSyntax

extension Lexer {
  /// Right behind a numeral, `Real` or a string, `<` opens a unit if what follows up to the next `>` on the
  /// line parses as one; else it compares.
  mutating func lexUnitIfAny() {
    guard byte(at: offset) == UInt8(ascii: "<") else { return }
    var close = offset + 1
    // No unit is longer; without a bound a line of many `<` would cost its square.
    let limit = offset + 1024
    while close < limit, let byte = byte(at: close), byte != UInt8(ascii: ">"),
      byte != UInt8(ascii: "\n")
    {
      close += 1
    }
    guard byte(at: close) == UInt8(ascii: ">") else { return }
    let start = offset
    var reader = UnitReader(lexer: self, from: offset + 1, to: close)
    if let unit = reader.read() {
      offset = close + 1
      append(.unit(unit), from: start)
    } else {
      suspectUnits.append(Span(source: source.id, start: start, end: close + 1))
    }
  }
}

extension Lexer {
  /// Whether `<m/s^2>` would be a unit behind a number.
  static func readsAsUnit(_ text: String) -> Bool {
    let numeral = SourceFile(id: SourceID(0), path: "", text: "1" + text)
    let tokens = tokens(of: numeral).tokens
    if tokens.count > 1, case .unit = tokens[1].kind {
      return tokens[1].span.end == numeral.utf8.count
    }
    return false
  }
}

/// Reads `m/s^2` between `<` and `>`. Depth is bounded by `SyntaxLimits.nesting`.
private struct UnitReader {
  let lexer: Lexer
  var offset: Int
  let end: Int
  var depth = 0

  init(lexer: Lexer, from start: Int, to end: Int) {
    self.lexer = lexer
    self.offset = start
    self.end = end
  }

  mutating func read() -> UnitExpression? {
    guard let unit = product() else { return nil }
    skipBlanks()
    return offset == end ? unit : nil
  }

  private mutating func product() -> UnitExpression? {
    guard var left = power() else { return nil }
    var factors = 0
    while true {
      skipBlanks()
      let isProduct = take("*")
      guard isProduct || take("/") else { return left }
      guard let right = power() else { return nil }
      factors += 1
      guard factors < SyntaxLimits.nesting else { return nil }
      left = UnitExpression(
        isProduct ? .product(left, right) : .quotient(left, right),
        span: left.span.joined(with: right.span))
    }
  }

  private mutating func power() -> UnitExpression? {
    guard let base = atom() else { return nil }
    skipBlanks()
    guard take("^") else { return base }
    guard let exponent = exponent() else { return nil }
    return UnitExpression(
      .power(base, exponent),
      span: Span(source: lexer.source.id, start: base.span.start, end: offset))
  }

  private mutating func atom() -> UnitExpression? {
    skipBlanks()
    let start = offset
    if take("(") {
      depth += 1
      guard depth < SyntaxLimits.nesting, let inner = product() else { return nil }
      depth -= 1
      skipBlanks()
      guard take(")") else { return nil }
      return inner
    }
    if take("1") {
      guard !lexer.isDigit(at: offset) else { return nil }
      return UnitExpression(.one, span: span(from: start))
    }
    guard let length = lexer.nameStart(at: offset), offset + length <= end else { return nil }
    offset += length
    while offset < end, let length = lexer.nameContinuation(at: offset) { offset += length }
    let text = NameCharacters.normalised(lexer.source.text(in: start..<offset))
    return UnitExpression(.symbol(text), span: span(from: start))
  }

  private mutating func exponent() -> UnitExponent? {
    skipBlanks()
    let isFraction = take("(")
    skipBlanks()
    let isNegative = take("-")
    guard let numerator = digits() else { return nil }
    var denominator = 1
    if isFraction {
      skipBlanks()
      if take("/") {
        skipBlanks()
        guard let digits = digits(), digits > 0 else { return nil }
        denominator = digits
        skipBlanks()
      }
      guard take(")") else { return nil }
    }
    return UnitExponent(numerator: isNegative ? -numerator : numerator, denominator: denominator)
  }

  /// At most four digits: no quantity has more, and sums of exponents can't overflow.
  private mutating func digits() -> Int? {
    let start = offset
    while offset < end, lexer.isDigit(at: offset) { offset += 1 }
    guard offset > start, offset - start <= 4 else { return nil }
    return Int(lexer.source.text(in: start..<offset))
  }

  private mutating func skipBlanks() {
    while offset < end, lexer.bytes[offset] == UInt8(ascii: " ") { offset += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard offset < end, lexer.bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private func span(from start: Int) -> Span {
    Span(source: lexer.source.id, start: start, end: offset)
  }
}
