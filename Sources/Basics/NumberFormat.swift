/// Numbers as text, without a locale: the same everywhere, and read back by Swift and `.node`.
package enum NumberFormat {
  /// The shortest text that reads back to the same number: `3`, `0.1`, `1e-5`, `6.02e23`, `nan`,
  /// `-inf`.
  package static func shortest(_ x: Double) -> String {
    guard let digits = Decimal(x.magnitude, sign: x.sign == .minus) else { return special(x) }
    return digits.text(plain: -5..<17)
  }

  /// The shortest text that reads back to the same single-precision number.
  package static func shortest(_ x: Float) -> String {
    guard let digits = Decimal(x.magnitude, sign: x.sign == .minus) else {
      return special(Double(x))
    }
    return digits.text(plain: -5..<10)
  }

  /// Rounded to so many significant digits, trailing zeros dropped: `0.3333`, `1.234e-7`, `120000`.
  package static func significant(_ x: Double, _ count: Int = 6) -> String {
    guard var digits = Decimal(x.magnitude, sign: x.sign == .minus) else { return special(x) }
    digits.round(to: max(count, 1))
    return digits.text(plain: -5..<max(count, 6) + 1)
  }

  /// Rounded to so many digits after the point, zeros kept: `1.50`. Numbers of 1e15 and above fall
  /// back to significant digits.
  package static func fixed(_ x: Double, decimals: Int) -> String {
    guard x.magnitude < 1e15, var digits = Decimal(x.magnitude, sign: x.sign == .minus) else {
      return significant(x, 6)
    }
    let decimals = min(max(decimals, 0), 30)
    digits.round(to: digits.exponent + 1 + decimals)
    return digits.fixedText(decimals: decimals)
  }

  /// Engineering form: an exponent that is a multiple of three, left out when it is 0:
  /// `12.3e3`, `450e-6`.
  package static func engineering(_ x: Double, _ count: Int = 4) -> String {
    guard var digits = Decimal(x.magnitude, sign: x.sign == .minus) else { return special(x) }
    digits.round(to: max(count, 1))
    if digits.isZero { return "0" }
    let third = Int((Double(digits.exponent) / 3).rounded(.down)) * 3
    digits.exponent -= third
    let mantissa = digits.text(plain: 0..<3)
    return third == 0 ? mantissa : "\(mantissa)e\(third)"
  }

  /// With an exponent, whatever it is: `2.28e-2`, `1e0`. Columns of errors are read by it.
  package static func scientific(_ x: Double, _ count: Int = 3) -> String {
    guard var digits = Decimal(x.magnitude, sign: x.sign == .minus) else { return special(x) }
    digits.round(to: max(count, 1))
    return digits.isZero ? "0" : digits.text(plain: 0..<0)
  }

  /// An integer with `_` between groups of three from five digits on, as `.node` writes it:
  /// `20_000`.
  package static func grouped(_ n: Int) -> String {
    let digits = Array(String(n.magnitude))
    guard digits.count > 4 else { return String(n) }
    var text = n < 0 ? "-" : ""
    for (i, digit) in digits.enumerated() {
      if i > 0, (digits.count - i) % 3 == 0 { text.append("_") }
      text.append(digit)
    }
    return text
  }

  /// A duration for people: `4.2 ms`, `12.3 s`, `3 min 20 s`, `2 h 05 min`.
  package static func duration(seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "?" }
    if seconds < 1e-3 { return significant(seconds * 1e6, 3) + " µs" }
    if seconds < 1 { return significant(seconds * 1e3, 3) + " ms" }
    if seconds < 59.95 { return fixed(seconds, decimals: 1) + " s" }
    guard seconds < 3.6e9 else { return "over a century" }
    let whole = Int(seconds.rounded())
    let (minutes, rest) = whole.quotientAndRemainder(dividingBy: 60)
    if minutes < 60 { return "\(minutes) min \(twoDigits(rest)) s" }
    return "\(minutes / 60) h \(twoDigits(minutes % 60)) min"
  }

  /// An amount of memory: `812 B`, `4.2 MB`.
  package static func bytes(_ count: Int) -> String {
    var value = Double(count)
    var unit = "B"
    for next in ["kB", "MB", "GB", "TB"] where value >= 1000 {
      value /= 1000
      unit = next
    }
    return "\(significant(value, 3)) \(unit)"
  }

  private static func twoDigits(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }

  private static func special(_ x: Double) -> String {
    x.isNaN ? "nan" : x < 0 ? "-inf" : "inf"
  }

  /// A finite number as decimal digits: d.ddd × 10^exponent. Digits come from the shortest
  /// round-trip form, so rounding rounds what a reader would see, not hidden binary digits.
  private struct Decimal {
    var negative: Bool
    var digits: [UInt8]
    var exponent: Int

    var isZero: Bool { digits.allSatisfy { $0 == 0 } }

    init?(_ magnitude: some BinaryFloatingPoint & LosslessStringConvertible, sign: Bool) {
      guard magnitude.isFinite else { return nil }
      negative = sign
      digits = []
      exponent = 0
      var pointAt: Int?
      var written = 0
      let text = magnitude.description
      for (offset, byte) in zip(0..., text.utf8) {
        if byte == UInt8(ascii: ".") {
          pointAt = digits.count
        } else if byte == UInt8(ascii: "e") {
          written = Int(text.dropFirst(offset + 1)) ?? 0
          break
        } else {
          digits.append(byte &- UInt8(ascii: "0"))
        }
      }
      exponent = (pointAt ?? digits.count) - 1 + written
      let leading = digits.prefix { $0 == 0 }.count
      digits.removeFirst(leading)
      exponent -= leading
      while digits.last == 0 { digits.removeLast() }
      if digits.isEmpty {
        digits = [0]
        exponent = 0
      }
    }

    /// Rounds half away from zero to so many digits; none or fewer leaves 0 or a single carried 1.
    mutating func round(to count: Int) {
      guard count < digits.count else { return }
      let up = count >= 0 && digits[count] >= 5
      digits = Array(digits.prefix(max(count, 0)))
      if up {
        var i = digits.count - 1
        while i >= 0, digits[i] == 9 {
          digits[i] = 0
          i -= 1
        }
        if i >= 0 {
          digits[i] += 1
        } else {
          digits.insert(1, at: 0)
          exponent += 1
        }
      }
      while digits.last == 0 { digits.removeLast() }
      if digits.isEmpty {
        digits = [0]
        exponent = 0
      }
    }

    private var sign: String { negative && !isZero ? "-" : "" }

    func text(plain: Range<Int>) -> String {
      if plain.contains(exponent) { return fixedText(decimals: digits.count - 1 - exponent) }
      var text = sign + String(digits[0])
      if digits.count > 1 { text += "." + digits.dropFirst().map { String($0) }.joined() }
      return text + "e\(exponent)"
    }

    /// Digits with a point and at least `decimals` places, which the caller has rounded to.
    func fixedText(decimals: Int) -> String {
      func digit(_ place: Int) -> String {
        let i = exponent - place
        return digits.indices.contains(i) ? String(digits[i]) : "0"
      }
      var text = sign
      for place in stride(from: max(exponent, 0), through: 0, by: -1) { text += digit(place) }
      if decimals > 0 {
        text += "."
        for place in 1...decimals { text += digit(-place) }
      }
      return text
    }
  }
}
