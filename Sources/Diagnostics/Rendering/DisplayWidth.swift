/// How many columns text takes on a terminal.
package enum DisplayWidth {
  package static func of(_ text: some StringProtocol) -> Int {
    text.reduce(0) { $0 + width(of: $1) }
  }

  /// 0 for a lone combining mark or control, 2 for East Asian wide characters and emoji, else 1. A cluster
  /// is as wide as its base (UAX 11; ambiguous characters count as narrow).
  package static func width(of character: Character) -> Int {
    guard let base = character.unicodeScalars.first else { return 0 }
    if base.isASCII { return base.value >= 0x20 ? 1 : 0 }
    if base.properties.isEmojiPresentation { return 2 }
    switch base.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: break  // the standard library's enum, of which only these matter
    }
    return wide.contains { $0.contains(base.value) } ? 2 : 1
  }

  /// The wide blocks.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
    0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60,
    0xFFE0...0xFFE6, 0x20000...0x3FFFD,
  ]
}
