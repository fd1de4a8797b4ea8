#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Unit: CustomStringConvertible {
  /// As a person would write it: `m/s^2`, `1/s`, `N`; `1` for a plain number; unknowns are `?`.
  ///
  /// A unit that was written is shown as it was written. What arithmetic made of several is shown by the
  /// simplest of what it was made of, a unit with a name (`J` for `N^2*s^2/kg`), and the base units.
  package var description: String {
    guard !isSpelled, isKnown, atoms.count > 1 else { return spelling }
    let candidates = [self, named, inBaseUnits].compactMap { $0 } + quotientsOfNamed
    // The first of the simplest: what it was made of goes before the others.
    let best = candidates.min { $0.complexity < $1.complexity } ?? self
    return best.spelling
  }

  /// The named unit, perhaps with a prefix, that this is exactly.
  private var named: Unit? {
    for symbol in Unit.namesOfProducts {
      guard let row = UnitTable.unit(named: symbol)?.row, row.dimension == dimension else {
        continue
      }
      let prefix = Unit.prefixesOfProducts.first {
        Unit.sameScale(scale, row.factor * pow(10, Double($0.power)))
      }
      if let prefix { return Unit(symbol: prefix.symbol + symbol) }
    }
    return nil
  }

  /// Units that a product of others is called by. Those of a kind of quantity (Hz, Bq, Gy, kat, lx) are not
  /// here: not every `1/s` is a frequency.
  private static let namesOfProducts = ["N", "J", "W", "Pa", "C", "V", "Ω", "F", "H"]

  private static let prefixesOfProducts: [(symbol: String, power: Int)] = [
    ("", 0), ("k", 3), ("m", -3), ("M", 6), ("μ", -6), ("G", 9), ("n", -9), ("p", -12),
  ]

  /// A named unit with base units beside it, `J/kg` for `N*m/kg`, where named ones are in it at all: `kg*m/s`
  /// stays a momentum.
  private var quotientsOfNamed: [Unit] {
    let base = Set(Dimension.Base.allCases.map(\.symbol))
    guard atoms.contains(where: { !base.contains($0.symbol) }) else { return [] }
    return Unit.namesOfProducts.compactMap { symbol in
      guard let unit = Unit(symbol: symbol), let rest = (self / unit).inBaseUnits else {
        return nil
      }
      return unit * rest
    }
  }

  /// The product of base units that it is, where no factor stands before it.
  private var inBaseUnits: Unit? {
    guard Unit.sameScale(scale, 1) else { return nil }
    var result = self
    result.atoms = Dimension.Base.allCases.compactMap { base in
      let exponent = dimension[base]
      return exponent.isZero ? nil : Atom(symbol: base.symbol, exponent: exponent)
    }
    return result
  }

  /// How much there is to read: a factor counts one, and its exponent what it exceeds one by.
  private var complexity: Double {
    atoms.reduce(0) { $0 + max(1, abs($1.exponent.double)) }
  }

  private var spelling: String {
    var above: [String] = []
    var below: [String] = []
    func put(_ symbol: String, _ exponent: Rational) {
      let size = exponent < .zero ? -exponent : exponent
      let text =
        size == .one
        ? symbol : symbol + "^" + (size.denominator == 1 ? "\(size)" : "(\(size))")
      if exponent < .zero { below.append(text) } else { above.append(text) }
    }
    for atom in atoms { put(atom.symbol, atom.exponent) }
    for (variable, exponent) in variables.sorted(by: { $0.key < $1.key }) {
      put("?\(variable.id)", exponent)
    }
    if above.isEmpty && below.isEmpty { return "1" }
    let top = above.isEmpty ? "1" : above.joined(separator: "*")
    if below.isEmpty { return top }
    return top + "/" + (below.count == 1 ? below[0] : "(" + below.joined(separator: "*") + ")")
  }
}
