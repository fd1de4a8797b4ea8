import NodalDiagnostics
import NodalSyntax

extension Lexer {
  /// `1`, `1_000`, `2.5e-3`; behind a dot only an index (`o.0`). A unit may follow at once.
  mutating func lexNumber() {
    let start = offset
    let isIndex = tokens.last?.symbol == .dot
    skipDigits()
    if isIndex {
      appendInteger(from: start)
      return
    }
    var isReal = false
    if byte(at: offset) == UInt8(ascii: "."), isDigit(at: offset + 1) {
      isReal = true
      offset += 1
      skipDigits()
    } else if byte(at: offset) == UInt8(ascii: "."), endsNumber(at: offset + 1) {
      offset += 1
      errors.append(
        .malformedNumber(source.text(in: start..<offset), .noDigitsAfterPoint, span(from: start)))
      isReal = true
      append(.real(value(from: start, to: offset - 1)), from: start)
      return
    }
    if skipExponent() { isReal = true }
    if isReal {
      let value = value(from: start, to: offset)
      if value.isInfinite {
        errors.append(.numberOutOfRange(source.text(in: start..<offset), span(from: start)))
      }
      append(.real(value), from: start)
    } else {
      appendInteger(from: start)
    }
    lexUnitIfAny()
  }

  /// Whether `.5` stands here, where no field can: people mean `0.5`.
  var isNumberWithoutZero: Bool {
    guard isDigit(at: offset + 1) else { return false }
    guard let last = tokens.last else { return true }
    switch last.kind {
    case .name, .primes, .integer, .string, .unit, .real: return false
    case .symbol(let symbol): return !symbol.isCloser && symbol != .dot
    case .keyword(let keyword):
      // A field (`s.in.0`) or a literal (`pi.0`) may be followed by a field; other words can't.
      let isField = tokens.dropLast().last?.symbol == .dot
      switch keyword {
      case .fold, .scan, .map, .true, .false, .inf, .nan, .pi: return false
      case .let, .var, .if, .then, .else, .for, .in, .sample: return !isField
      }
    case .newline, .end, .invalid: return true
    }
  }

  mutating func lexNumberWithoutZero() {
    let start = offset
    offset += 1
    skipDigits()
    _ = skipExponent()
    let text = source.text(in: start..<offset)
    errors.append(.malformedNumber(text, .noDigitsBeforePoint, span(from: start)))
    append(.real(Double("0" + text.filter { $0 != "_" }) ?? 0), from: start)
    lexUnitIfAny()
  }

  private mutating func appendInteger(from start: Int) {
    let digits = source.text(in: start..<offset)
    if let value = Int(digits.filter { $0 != "_" }) {
      append(.integer(value), from: start)
    } else {
      errors.append(.numberOutOfRange(digits, span(from: start)))
      append(.integer(0), from: start)
    }
  }

  /// Digits, with single `_` between them.
  private mutating func skipDigits() {
    while true {
      if isDigit(at: offset) {
        offset += 1
      } else if byte(at: offset) == UInt8(ascii: "_"), isDigit(at: offset + 1),
        offset > 0, isDigit(at: offset - 1)
      {
        offset += 1
      } else {
        return
      }
    }
  }

  private mutating func skipExponent() -> Bool {
    guard let byte = byte(at: offset), byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E")
    else { return false }
    var index = offset + 1
    if let sign = self.byte(at: index), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
      index += 1
    }
    guard isDigit(at: index) else { return false }
    offset = index
    while isDigit(at: offset) { offset += 1 }
    return true
  }

  private func value(from start: Int, to end: Int) -> Double {
    Double(source.text(in: start..<end).filter { $0 != "_" }) ?? 0
  }

  /// Whether nothing that could make `1.` the beginning of a field or a range stands there.
  private func endsNumber(at index: Int) -> Bool {
    if nameStart(at: index) != nil { return false }
    return byte(at: index) != UInt8(ascii: ".")
  }
}
