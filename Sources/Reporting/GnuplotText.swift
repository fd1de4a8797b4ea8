/// Text that came from outside, made safe for a gnuplot script.
package enum GnuplotText {
  /// In single quotes. gnuplot runs a shell for backticks and expands `@name`, but neither inside
  /// single quotes, where nothing is special but the quote itself. That is not doubled (gnuplot 5.4
  /// misreads a text that begins with a doubled one) but written as the typographic sign that it
  /// stands for: a prime (θ′) or, before a letter, an apostrophe. Control characters, above all
  /// line ends, which would end the command, become spaces.
  package static func quoted(_ text: String) -> String {
    var out = "'"
    let scalars = Array(text.unicodeScalars.prefix(500))
    for (index, scalar) in scalars.enumerated() {
      switch scalar {
      case "'":
        let isInside = index + 1 < scalars.count && scalars[index + 1].properties.isAlphabetic
        out += isInside ? "\u{2019}" : "\u{2032}"
      case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}", "\u{2028}", "\u{2029}", "\u{FEFF}": out += " "
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "'"
  }

  /// A number as gnuplot reads it in a script.
  static func number(_ x: Double) -> String { x.isFinite ? "\(x)" : "NaN" }
}
