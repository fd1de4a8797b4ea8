#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An unknown unit, until unification finds it.
package struct UnitVariable: Hashable, Sendable, Comparable {
  package let id: Int
  package init(id: Int) { self.id = id }
  package static func < (a: UnitVariable, b: UnitVariable) -> Bool { a.id < b.id }
}

/// A unit of measure: a dimension, a scale against the coherent SI unit, the names it was written
/// with, and unknowns. Values are kept in their declared unit; a conversion multiplies by the ratio
/// of two scales.
///
/// Two units are equal when dimension, scale and unknowns are; the names are only for printing.
package struct Unit: Sendable {
  package var dimension: Dimension
  /// One of this unit in coherent SI units.
  package var scale: Double
  /// The factors it was written as, in order: `kg·m·s⁻²` or `N`.
  package var atoms: [Atom]
  package var variables: [UnitVariable: Rational]
  /// Whether a person wrote it so: then it is shown so. Arithmetic makes units that nobody wrote.
  package var isSpelled = false

  package struct Atom: Hashable, Sendable {
    package let symbol: String
    package let exponent: Rational
    package init(symbol: String, exponent: Rational) {
      self.symbol = symbol
      self.exponent = exponent
    }
  }

  package static let one = Unit()
  package static let second = Unit(symbol: "s") ?? .one

  package init() {
    dimension = .none
    scale = 1
    atoms = []
    variables = [:]
  }

  package init(_ variable: UnitVariable) {
    self.init()
    variables = [variable: .one]
  }

  /// A unit by its symbol (`mm`, `kg`, `Ω`), or nil. `rad` is 1. `degC` equals `K`; it differs in how values are
  /// written and shown: see `offset`.
  package init?(symbol: String) {
    self.init()
    if symbol == "1" { return }
    guard let (factor, row) = UnitTable.unit(named: symbol) else { return nil }
    dimension = row.dimension
    scale = factor
    if !(row.dimension.isNone && factor == 1) {
      atoms = [Atom(symbol: symbol, exponent: .one)]
    }
  }

  /// Whether it is this unknown, and nothing else.
  func isVariable(_ variable: UnitVariable) -> Bool {
    variables == [variable: .one] && dimension.isNone && scale == 1
  }

  package var isKnown: Bool { variables.isEmpty }
  /// Known, without dimension, and of scale one: a plain number.
  package var isOne: Bool { isKnown && dimension.isNone && Unit.sameScale(scale, 1) }

  static func sameScale(_ a: Double, _ b: Double) -> Bool {
    abs(a - b) <= 1e-11 * max(abs(a), abs(b))
  }

  /// What is added to a number written in this unit to get the number that is kept, and taken off again where it is
  /// shown: 273.15 for `degC` standing alone, 0 for every other.
  package var offset: Double {
    guard atoms.count == 1, atoms[0].exponent == .one, variables.isEmpty else { return 0 }
    return UnitTable.offset(of: atoms[0].symbol)
  }

  /// The unit of a difference of two values in this unit: `K` for `degC`, for others the unit itself. Products,
  /// quotients and powers are made of it, since a degree in them can only mean its size.
  package var difference: Unit {
    guard offset != 0 else { return self }
    var result = self
    result.atoms = [Atom(symbol: "K", exponent: .one)]
    return result
  }

  /// The units of time among the names it was written with: hours, in `km/h`.
  package var namedTimes: [Unit] {
    atoms.compactMap { Unit(symbol: $0.symbol) }.filter { $0.dimension == .time }
  }

  package static func * (a: Unit, b: Unit) -> Unit { product(a, b, .one) }
  package static func / (a: Unit, b: Unit) -> Unit { product(a, b, Rational(-1)) }

  private static func product(_ a: Unit, _ b: Unit, _ power: Rational) -> Unit {
    if b.isTrivial { return a }
    if a.isTrivial, power == .one { return b.difference }
    let b = b.difference
    var result = a.difference
    result.isSpelled = false
    result.dimension = a.dimension * b.dimension.raised(to: power)
    result.scale = a.scale * Unit.power(b.scale, power)
    for atom in b.atoms {
      let exponent = atom.exponent * power
      if let index = result.atoms.firstIndex(where: { $0.symbol == atom.symbol }) {
        let sum = result.atoms[index].exponent + exponent
        if sum.isZero {
          result.atoms.remove(at: index)
        } else {
          result.atoms[index] = Atom(symbol: atom.symbol, exponent: sum)
        }
      } else {
        result.atoms.append(Atom(symbol: atom.symbol, exponent: exponent))
      }
    }
    for (variable, exponent) in b.variables {
      let sum = (result.variables[variable] ?? .zero) + exponent * power
      result.variables[variable] = sum.isZero ? nil : sum
    }
    return result
  }

  private var isTrivial: Bool {
    atoms.isEmpty && variables.isEmpty && scale == 1 && dimension.isNone
  }

  package func raised(to power: Rational) -> Unit {
    if power == .one { return self }
    var result = Unit()
    if power.isZero { return result }
    result.dimension = dimension.raised(to: power)
    result.scale = Unit.power(scale, power)
    result.atoms = difference.atoms.map { Atom(symbol: $0.symbol, exponent: $0.exponent * power) }
    result.variables = variables.mapValues { $0 * power }
    return result
  }

  private static func power(_ base: Double, _ exponent: Rational) -> Double {
    if base == 1 { return 1 }
    if exponent == .one { return base }
    if exponent == Rational(-1) { return 1 / base }
    return pow(base, exponent.double)
  }

  /// What a value in this unit is multiplied by to be in `other`; nil where they measure different things.
  /// Both must be known.
  package func factor(to other: Unit) -> Double? {
    guard isKnown, other.isKnown, dimension == other.dimension else { return nil }
    if Unit.sameScale(scale, other.scale) { return 1 }
    return scale / other.scale
  }
}

extension Unit: Hashable {
  package static func == (a: Unit, b: Unit) -> Bool {
    a.dimension == b.dimension && sameScale(a.scale, b.scale) && a.variables == b.variables
  }
  package func hash(into hasher: inout Hasher) {
    hasher.combine(dimension)
    hasher.combine(variables)
  }
}
