import Foundation

/// `grammar/node.ebnf`, read. Knows the W3C notation and nothing of the parser.
struct Grammar: Sendable {
  indirect enum Rule: Sendable {
    case literal(String)
    case symbol(String)
    case characters([ClosedRange<UInt32>])
    case sequence([Rule])
    case choice([Rule])
    case optional(Rule)
    case many(Rule)
    case some(Rule)
  }

  private(set) var order: [String] = []
  private(set) var rules: [String: Rule] = [:]

  static let node: Grammar = {
    let url = SharedPrograms.packageRoot.appending(path: "grammar/node.ebnf")
    return Grammar((try? String(contentsOf: url, encoding: .utf8)) ?? "")
  }()

  init(_ text: String) {
    var reader = Reader(text)
    while let (name, rule) = reader.production() {
      order.append(name)
      rules[name] = rule
    }
  }

  /// A production made of characters.
  static func isToken(_ name: String) -> Bool { name.first?.isUppercase == true }

  private struct Reader {
    let text: [Unicode.Scalar]
    var index = 0

    init(_ text: String) { self.text = Array(text.unicodeScalars) }

    mutating func skip() {
      while index < text.count {
        if text[index].properties.isWhitespace {
          index += 1
        } else if starts("/*") {
          while index < text.count, !starts("*/") { index += 1 }
          index += 2
        } else {
          return
        }
      }
    }

    func starts(_ string: String) -> Bool {
      let scalars = Array(string.unicodeScalars)
      return index + scalars.count <= text.count
        && Array(text[index..<(index + scalars.count)]) == scalars
    }

    mutating func word() -> String? {
      skip()
      var end = index
      while end < text.count, text[end].properties.isAlphabetic || text[end] == "-" { end += 1 }
      guard end > index else { return nil }
      defer { index = end }
      return String(String.UnicodeScalarView(text[index..<end]))
    }

    /// Whether a production begins here: `name ::=`.
    func atProduction() -> Bool {
      var copy = self
      guard copy.word() != nil else { return false }
      copy.skip()
      return copy.starts("::=")
    }

    mutating func production() -> (String, Rule)? {
      guard let name = word() else { return nil }
      skip()
      guard starts("::=") else { return nil }
      index += 3
      return (name, choice())
    }

    mutating func choice() -> Rule {
      var choices = [sequence()]
      skip()
      while index < text.count, text[index] == "|" {
        index += 1
        choices.append(sequence())
        skip()
      }
      return choices.count == 1 ? choices[0] : .choice(choices)
    }

    mutating func sequence() -> Rule {
      var parts: [Rule] = []
      while true {
        skip()
        guard index < text.count, text[index] != "|", text[index] != ")", !atProduction() else {
          break
        }
        guard var part = primary() else { break }
        while index < text.count {
          if text[index] == "?" {
            part = .optional(part)
          } else if text[index] == "*" {
            part = .many(part)
          } else if text[index] == "+" {
            part = .some(part)
          } else {
            break
          }
          index += 1
        }
        parts.append(part)
      }
      return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    mutating func primary() -> Rule? {
      let first = text[index]
      if first == "(" {
        index += 1
        let inner = choice()
        skip()
        index += 1
        return inner
      }
      if first == "'" || first == "\"" {
        var end = index + 1
        while end < text.count, text[end] != first { end += 1 }
        defer { index = end + 1 }
        return .literal(String(String.UnicodeScalarView(text[(index + 1)..<end])))
      }
      if first == "[" { return characterClass() }
      if first == "#" {
        let value = number()
        return .characters([value...value])
      }
      return word().map { .symbol($0) }
    }

    mutating func number() -> UInt32 {
      index += 2
      var value: UInt32 = 0
      while index < text.count, let digit = Character(text[index]).hexDigitValue {
        value = value * 16 + UInt32(digit)
        index += 1
      }
      return value
    }

    mutating func characterClass() -> Rule {
      index += 1
      var ranges: [ClosedRange<UInt32>] = []
      while index < text.count, text[index] != "]" {
        let low = character()
        if text[index] == "-", text[index + 1] != "]" {
          index += 1
          ranges.append(low...character())
        } else {
          ranges.append(low...low)
        }
      }
      index += 1
      return .characters(ranges)
    }

    mutating func character() -> UInt32 {
      if text[index] == "#", text[index + 1] == "x" { return number() }
      defer { index += 1 }
      return text[index].value
    }
  }
}
