import NodalDiagnostics
import NodalSyntax

extension Lexer {
  /// Longest first, so that the first that fits is right.
  private static let symbols: [(text: [UInt8], symbol: Symbol)] =
    Symbol.allCases.map { (Array($0.rawValue.utf8), $0) }.sorted { $0.0.count > $1.0.count }

  /// Operators of other languages, longest first. They are reported, and read as what was meant.
  private static let foreign: [(text: [UInt8], row: ForeignOperator)] =
    ForeignOperator.allCases.flatMap { row in
      row.spellings.map { (Array($0.utf8), row) }
    }.sorted { $0.0.count > $1.0.count }

  mutating func lexSymbol() {
    let start = offset
    let foreign = Self.foreign.first(where: { matches($0.text) })
    let native = Self.symbols.first(where: { matches($0.text) })
    // The longer wins: `**` over `*`, `||` over `|`.
    if let foreign, foreign.text.count > native?.text.count ?? 0 {
      lexForeignOperator(foreign.row, length: foreign.text.count)
    } else if let native {
      offset += native.text.count
      append(.symbol(native.symbol), from: start)
    } else {
      lexUnknownCharacters()
    }
  }

  private mutating func lexForeignOperator(_ row: ForeignOperator, length: Int) {
    let start = offset
    offset += length
    let span = span(from: start)
    errors.append(.foreignOperator(source.text(of: span), row, span))
    if let symbol = row.symbol {
      append(.symbol(symbol), from: start)
    } else if row == .infinity {
      append(.keyword(.inf), from: start)
    }
  }

  private func matches(_ text: [UInt8]) -> Bool {
    guard offset + text.count <= bytes.count else { return false }
    for i in text.indices where bytes[offset + i] != text[i] { return false }
    return true
  }

  /// A run of characters that are no part of the language: one diagnostic for all of them.
  private mutating func lexUnknownCharacters() {
    let start = offset
    while let (scalar, length) = scalar(at: offset), isUnknown(scalar) || offset == start {
      offset += length
    }
    if offset == start { offset += 1 }
    errors.append(.unexpectedCharacter(source.text(in: start..<offset), span(from: start)))
    if source.text(in: start..<offset).unicodeScalars.allSatisfy({ !$0.properties.isWhitespace }) {
      append(.invalid, from: start)
    }
  }

  private func isUnknown(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return scalar.value < 0x20 && scalar != "\n" && scalar != "\t" && scalar != "\r"
    }
    if NameCharacters.mayBegin(scalar) { return false }
    let bytes = Array(String(scalar).utf8)
    return !Self.foreign.contains { $0.text == bytes }
  }
}
