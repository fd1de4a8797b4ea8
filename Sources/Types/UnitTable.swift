#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A unit that has a name of its own.
package struct NamedUnit: Sendable {
  package let symbol: String
  package let name: String
  package let dimension: Dimension
  /// How many coherent SI units one of it is.
  package let factor: Double
  /// Whether the SI prefixes (`k`, `m`, `µ`, …) go before it.
  package let takesPrefixes: Bool
  /// What is added to a value, after scaling, to get the SI value: only temperatures have one.
  package let offset: Double

  init(
    _ symbol: String, _ name: String, _ powers: [Dimension.Base: Int], _ factor: Double = 1,
    prefixes: Bool = false, offset: Double = 0
  ) {
    self.symbol = symbol
    self.name = name
    self.dimension = Dimension(powers)
    self.factor = factor
    self.takesPrefixes = prefixes
    self.offset = offset
  }
}

/// The units that a program may name. Factors: the SI brochure (9th edition), CODATA 2018 for eV and u.
package enum UnitTable {
  package static let rows: [NamedUnit] = [
    // base
    .init("m", "metre", [.length: 1], prefixes: true),
    .init("g", "gram", [.mass: 1], 1e-3, prefixes: true),
    .init("s", "second", [.time: 1], prefixes: true),
    .init("A", "ampere", [.current: 1], prefixes: true),
    .init("K", "kelvin", [.temperature: 1], prefixes: true),
    .init("mol", "mole", [.amount: 1], prefixes: true),
    .init("cd", "candela", [.luminosity: 1], prefixes: true),
    // plain numbers
    .init("rad", "radian", [:]),
    .init("sr", "steradian", [:]),
    .init("deg", "degree of arc", [:], Double.pi / 180),
    .init("rev", "revolution", [:], 2 * Double.pi),
    .init("%", "percent", [:], 1e-2),
    .init("percent", "percent", [:], 1e-2),
    .init("ppm", "part per million", [:], 1e-6),
    // derived
    .init("Hz", "hertz", [.time: -1], prefixes: true),
    .init("Bq", "becquerel", [.time: -1], prefixes: true),
    .init("N", "newton", [.length: 1, .mass: 1, .time: -2], prefixes: true),
    .init("J", "joule", [.length: 2, .mass: 1, .time: -2], prefixes: true),
    .init("W", "watt", [.length: 2, .mass: 1, .time: -3], prefixes: true),
    .init("Pa", "pascal", [.length: -1, .mass: 1, .time: -2], prefixes: true),
    .init("C", "coulomb", [.current: 1, .time: 1], prefixes: true),
    .init("V", "volt", [.length: 2, .mass: 1, .time: -3, .current: -1], prefixes: true),
    .init("Ω", "ohm", [.length: 2, .mass: 1, .time: -3, .current: -2], prefixes: true),
    .init("ohm", "ohm", [.length: 2, .mass: 1, .time: -3, .current: -2], prefixes: true),
    .init("S", "siemens", [.length: -2, .mass: -1, .time: 3, .current: 2], prefixes: true),
    .init("F", "farad", [.length: -2, .mass: -1, .time: 4, .current: 2], prefixes: true),
    .init("H", "henry", [.length: 2, .mass: 1, .time: -2, .current: -2], prefixes: true),
    .init("T", "tesla", [.mass: 1, .time: -2, .current: -1], prefixes: true),
    .init("Wb", "weber", [.length: 2, .mass: 1, .time: -2, .current: -1], prefixes: true),
    .init("lm", "lumen", [.luminosity: 1]),
    .init("lx", "lux", [.luminosity: 1, .length: -2]),
    .init("Gy", "gray", [.length: 2, .time: -2], prefixes: true),
    .init("kat", "katal", [.amount: 1, .time: -1], prefixes: true),
    // in use beside the SI
    .init("degC", "degree Celsius", [.temperature: 1], offset: 273.15),
    .init("min", "minute", [.time: 1], 60),
    .init("h", "hour", [.time: 1], 3600),
    .init("d", "day", [.time: 1], 86_400),
    .init("day", "day", [.time: 1], 86_400),
    .init("week", "week", [.time: 1], 604_800),
    .init("yr", "Julian year", [.time: 1], 31_557_600),
    .init("L", "litre", [.length: 3], 1e-3, prefixes: true),
    .init("t", "tonne", [.mass: 1], 1e3),
    .init("u", "atomic mass unit", [.mass: 1], 1.660_539_066_60e-27),
    .init("bar", "bar", [.length: -1, .mass: 1, .time: -2], 1e5, prefixes: true),
    .init("atm", "standard atmosphere", [.length: -1, .mass: 1, .time: -2], 101_325),
    .init("mmHg", "millimetre of mercury", [.length: -1, .mass: 1, .time: -2], 133.322_387_415),
    .init(
      "eV", "electronvolt", [.length: 2, .mass: 1, .time: -2], 1.602_176_634e-19, prefixes: true),
    .init("cal", "calorie", [.length: 2, .mass: 1, .time: -2], 4.184, prefixes: true),
    .init("M", "mole per litre", [.amount: 1, .length: -3], 1e3, prefixes: true),
    .init("Da", "dalton", [.mass: 1], 1.660_539_066_60e-27, prefixes: true),
    .init("au", "astronomical unit", [.length: 1], 149_597_870_700),
    .init("ha", "hectare", [.length: 2], 1e4),
    .init("rpm", "revolution per minute", [.time: -1], 2 * Double.pi / 60),
  ]

  package static let prefixes: [(symbol: String, power: Int)] = [
    ("da", 1), ("Q", 30), ("R", 27), ("Y", 24), ("Z", 21), ("E", 18), ("P", 15), ("T", 12),
    ("G", 9), ("M", 6), ("k", 3), ("h", 2), ("d", -1), ("c", -2), ("m", -3), ("μ", -6), ("µ", -6),
    ("n", -9), ("p", -12), ("f", -15), ("a", -18), ("z", -21), ("y", -24),
  ]

  private static let bySymbol: [String: NamedUnit] = Dictionary(
    rows.map { ($0.symbol, $0) }, uniquingKeysWith: { first, _ in first })

  /// A unit by its symbol; a whole symbol goes before a prefixed one (`min` is a minute, `cd` a candela).
  package static func unit(named symbol: String) -> (factor: Double, row: NamedUnit)? {
    let symbol = symbol == "\u{2126}" ? "Ω" : symbol
    if let row = bySymbol[symbol] { return (row.factor, row) }
    for prefix in prefixes where symbol.hasPrefix(prefix.symbol) {
      let rest = String(symbol.dropFirst(prefix.symbol.count))
      if let row = bySymbol[rest], row.takesPrefixes {
        // A power of ten by division is correctly rounded where a product of 0.1 is not.
        let scale =
          prefix.power >= 0 ? pow(10, Double(prefix.power)) : 1 / pow(10, Double(-prefix.power))
        return (row.factor * scale, row)
      }
    }
    return nil
  }

  /// The offset of the unit with this symbol, without prefix; 0 where there is none.
  static func offset(of symbol: String) -> Double { bySymbol[symbol]?.offset ?? 0 }

  /// Symbols near a misspelt one, for a hint.
  package static var symbols: [String] { rows.map(\.symbol) }
}
