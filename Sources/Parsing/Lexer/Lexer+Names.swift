import Foundation
import NodalDiagnostics
import NodalSyntax

extension Lexer {
  /// The scalar at an offset with its length in bytes; `nil` at the end. The text is valid UTF-8.
  func scalar(at index: Int) -> (scalar: Unicode.Scalar, length: Int)? {
    guard index < bytes.count else { return nil }
    let lead = bytes[index]
    if lead < 0x80 { return (Unicode.Scalar(lead), 1) }
    let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
    guard index + length <= bytes.count else { return nil }
    var value = UInt32(lead) & (length == 4 ? 0x07 : length == 3 ? 0x0F : 0x1F)
    for i in 1..<length { value = value << 6 | UInt32(bytes[index + i] & 0x3F) }
    guard let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, length)
  }

  /// The length of the scalar there, if a name may begin with it.
  func nameStart(at index: Int) -> Int? {
    guard let (scalar, length) = scalar(at: index) else { return nil }
    return NameCharacters.mayBegin(scalar) ? length : nil
  }

  func nameContinuation(at index: Int) -> Int? {
    guard let (scalar, length) = scalar(at: index) else { return nil }
    return NameCharacters.mayContinue(scalar) ? length : nil
  }

  mutating func lexName(startLength: Int) {
    let start = offset
    offset += startLength
    while let length = nameContinuation(at: offset) { offset += length }
    let text = NameCharacters.normalised(source.text(in: start..<offset))
    let primes = lexAttachedPrimes()
    if primes == 0, let keyword = Keyword(rawValue: text) {
      append(.keyword(keyword), from: start)
    } else {
      append(.name(text, primes: primes), from: start)
    }
    if primes == 0, text == "Real" { lexUnitIfAny() }
  }

  /// Counts the primes that stand right here. The typographic prime is taken for one, with a word about it.
  private mutating func lexAttachedPrimes() -> Int {
    var count = 0
    while true {
      if byte(at: offset) == UInt8(ascii: "'") {
        offset += 1
        count += 1
      } else if let (scalar, length) = scalar(at: offset),
        scalar == "\u{2032}" || scalar == "\u{2033}"
      {
        let start = offset
        offset += length
        count += scalar == "\u{2033}" ? 2 : 1
        errors.append(.foreignOperator("\(scalar)", .prime, span(from: start)))
      } else {
        return count
      }
    }
  }

  /// `'` that is not attached to a name: behind `]` a derivative, else a mistake.
  mutating func lexPrime() {
    let start = offset
    if adjacentToken?.symbol == .rightBracket {
      append(.primes(lexAttachedPrimes()), from: start)
      return
    }
    var end = offset + 1
    while end < offset + 128, let byte = byte(at: end), byte != UInt8(ascii: "'"),
      byte != UInt8(ascii: "\n")
    {
      end += 1
    }
    let closes = byte(at: end) == UInt8(ascii: "'") && end > offset + 1
    let startsOperand = adjacentToken == nil || adjacentToken?.symbol.map { !$0.isCloser } == true
    if closes, startsOperand {
      let text = source.text(in: (offset + 1)..<end)
      offset = end + 1
      errors.append(.foreignSyntax(.singleQuotes(text), span(from: start)))
      append(.string(text), from: start)
    } else {
      let count = lexAttachedPrimes()
      errors.append(.strayPrime(count: count, span(from: start)))
    }
  }
}

/// Which characters make a name.
package enum NameCharacters {
  package static func mayBegin(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return scalar == "_" || (scalar >= "a" && scalar <= "z") || (scalar >= "A" && scalar <= "Z")
    }
    return scalar.properties.isXIDStart
  }

  /// As `mayBegin`, and digits, combining marks (hats) and subscripts. The middle dot, which Unicode lets
  /// continue an identifier, is not: people mean a product by it.
  package static func mayContinue(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return mayBegin(scalar) || (scalar >= "0" && scalar <= "9")
    }
    if scalar == "\u{B7}" || scalar == "\u{387}" { return false }
    if scalar.value >= 0x2080 && scalar.value <= 0x2089 { return true }
    return scalar.properties.isXIDContinue
  }

  /// NFC, which folds the ohm and angstrom signs; the micro sign becomes the letter μ.
  package static func normalised(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    let composed = text.precomposedStringWithCanonicalMapping
    var scalars = String.UnicodeScalarView()
    for scalar in composed.unicodeScalars {
      scalars.append(scalar == "\u{B5}" ? "\u{3BC}" : scalar)
    }
    return String(scalars)
  }
}
