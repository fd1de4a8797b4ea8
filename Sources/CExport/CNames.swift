import Foundation

/// Names that C takes for those of the language: `θ'` is `theta_dot`. No two of a list are alike.
package struct CNames {
  private var taken: Set<String> = []

  package init() {}

  package mutating func take(_ name: String) -> String {
    let plain = CNames.plain(name)
    var unique = plain
    var number = 2
    while !taken.insert(unique).inserted {
      unique = "\(plain)_\(number)"
      number += 1
    }
    return unique
  }

  /// Letters, digits and underscores alone.
  package static func plain(_ name: String) -> String {
    var text = ""
    var primes = 0
    func end() {
      if primes > 0 { text += "_" + String(repeating: "d", count: primes - 1) + "dot" }
      primes = 0
    }
    // A letter and the marks above it, one by one.
    for scalar in name.decomposedStringWithCanonicalMapping.unicodeScalars {
      if scalar == "'" {
        primes += 1
        continue
      }
      end()
      if scalar.isASCII, scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) {
        text.unicodeScalars.append(scalar)
      } else {
        text += words[scalar] ?? (scalar.isASCII ? "_" : "u" + String(scalar.value, radix: 16))
      }
    }
    end()
    guard let first = text.unicodeScalars.first else { return "_" }
    let isReserved = keywords.contains(text)
    return (("0"..."9").contains(first) ? "_" : "") + text + (isReserved ? "_" : "")
  }

  private static let greek = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda",
    "mu", "nu", "xi", "omicron", "pi", "rho", "final_sigma", "sigma", "tau", "upsilon", "phi",
    "chi",
    "psi", "omega",
  ]

  /// Words for signs: Greek letters, lower digits, and marks above a letter.
  private static let words: [Unicode.Scalar: String] = {
    var words: [Unicode.Scalar: String] = [
      "ϑ": "vartheta", "ϕ": "varphi", "ϵ": "varepsilon", "ϱ": "varrho", "∂": "d", "∇": "nabla",
      "ℓ": "ell", "ħ": "hbar", "′": "_dot", "\u{300}": "_grave", "\u{301}": "_acute",
      "\u{302}": "_hat", "\u{303}": "_tilde", "\u{304}": "_bar", "\u{305}": "_bar",
      "\u{307}": "_dot", "\u{308}": "_ddot", "\u{20D7}": "_vec", "ₓ": "x", "₊": "plus",
      "₋": "minus", "ᵢ": "i", "ⱼ": "j", "ₖ": "k", "ₙ": "n", "ₘ": "m", "ₚ": "p", "ₛ": "s", "ₜ": "t",
    ]
    for (place, name) in greek.enumerated() {
      let offset = UInt32(place)
      if let small = Unicode.Scalar(0x3B1 + offset) { words[small] = name }
      if let large = Unicode.Scalar(0x391 + offset) {
        words[large] = name.prefix(1).uppercased() + name.dropFirst()
      }
    }
    for digit: UInt32 in 0...9 {
      if let low = Unicode.Scalar(0x2080 + digit) { words[low] = "\(digit)" }
    }
    return words
  }()

  private static let keywords: Set = [
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum",
    "extern", "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict",
    "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union",
    "unsigned", "void", "volatile", "while",
  ]
}
