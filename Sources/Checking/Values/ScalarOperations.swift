import Foundation

/// How an elementwise op treats units.
enum UnitRule: Sendable {
  /// Operands of one unit, which the result has.
  case same
  /// The same, for sums, differences and distances: of temperatures in `degC` these are temperatures, or numbers of kelvin.
  case sum, difference, distance
  /// Operands of one unit; the result is a plain number (or a truth value).
  case sameToPlain
  /// Plain numbers in and out.
  case plain
  /// The operands' units multiplied or divided.
  case product, quotient
  /// Any unit, dropped.
  case dropped
  /// Half the exponents.
  case root
}

/// An elementwise op as the checker sees it: how it types, and its value on constants.
struct ScalarOperation: Sendable {
  enum Result: Sendable {
    /// Real in, real out (integers are converted).
    case real
    /// As the operands: integers stay integers.
    case number
    case boolean
  }
  let name: String
  let arity: Int
  let units: UnitRule
  let result: Result
  let fold: @Sendable (Double, Double) -> Double

  init(
    _ name: String, _ arity: Int, _ units: UnitRule, _ result: Result = .real,
    _ fold: @escaping @Sendable (Double, Double) -> Double
  ) {
    self.name = name
    self.arity = arity
    self.units = units
    self.result = result
    self.fold = fold
  }

  /// Rows by name. The names are those of the rows in `Operations`.
  static let rows: [String: ScalarOperation] = Dictionary(
    uniqueKeysWithValues: table.map { ($0.name, $0) })

  private static let table: [ScalarOperation] = [
    .init("add", 2, .sum, .number) { $0 + $1 },
    .init("sub", 2, .difference, .number) { $0 - $1 },
    .init("mul", 2, .product, .number) { $0 * $1 },
    .init("div", 2, .quotient) { $0 / $1 },
    .init("neg", 1, .distance, .number) { a, _ in -a },
    .init("pow", 2, .plain) { pow($0, $1) },
    .init("min", 2, .same, .number) { $0.isNaN || $1.isNaN ? .nan : Swift.min($0, $1) },
    .init("max", 2, .same, .number) { $0.isNaN || $1.isNaN ? .nan : Swift.max($0, $1) },
    .init("mod", 2, .distance, .number) { a, b in a - b * (a / b).rounded(.down) },
    .init("abs", 1, .distance, .number) { a, _ in Swift.abs(a) },
    .init("sign", 1, .dropped, .number) { a, _ in a.isNaN ? a : (a > 0 ? 1 : a < 0 ? -1 : 0) },
    .init("floor", 1, .same) { a, _ in a.rounded(.down) },
    .init("ceil", 1, .same) { a, _ in a.rounded(.up) },
    .init("round", 1, .same) { a, _ in a.rounded(.toNearestOrEven) },
    .init("sqrt", 1, .root) { a, _ in a.squareRoot() },
    .init("exp", 1, .plain) { a, _ in exp(a) },
    .init("expm1", 1, .plain) { a, _ in expm1(a) },
    .init("log", 1, .plain) { a, _ in log(a) },
    .init("log1p", 1, .plain) { a, _ in log1p(a) },
    .init("sin", 1, .plain) { a, _ in sin(a) },
    .init("cos", 1, .plain) { a, _ in cos(a) },
    .init("tan", 1, .plain) { a, _ in tan(a) },
    .init("asin", 1, .plain) { a, _ in asin(a) },
    .init("acos", 1, .plain) { a, _ in acos(a) },
    .init("atan", 1, .plain) { a, _ in atan(a) },
    .init("atan2", 2, .sameToPlain) { atan2($0, $1) },
    .init("sinh", 1, .plain) { a, _ in sinh(a) },
    .init("cosh", 1, .plain) { a, _ in cosh(a) },
    .init("tanh", 1, .plain) { a, _ in tanh(a) },
    .init("erf", 1, .plain) { a, _ in erf(a) },
    .init("lgamma", 1, .plain) { a, _ in lgamma(a) },
    .init("lt", 2, .sameToPlain, .boolean) { $0 < $1 ? 1 : 0 },
    .init("le", 2, .sameToPlain, .boolean) { $0 <= $1 ? 1 : 0 },
    .init("gt", 2, .sameToPlain, .boolean) { $0 > $1 ? 1 : 0 },
    .init("ge", 2, .sameToPlain, .boolean) { $0 >= $1 ? 1 : 0 },
    .init("eq", 2, .sameToPlain, .boolean) { $0 == $1 ? 1 : 0 },
    .init("ne", 2, .sameToPlain, .boolean) { $0 != $1 ? 1 : 0 },
    .init("and", 2, .plain, .boolean) { $0 != 0 && $1 != 0 ? 1 : 0 },
    .init("or", 2, .plain, .boolean) { $0 != 0 || $1 != 0 ? 1 : 0 },
    .init("not", 1, .plain, .boolean) { a, _ in a == 0 ? 1 : 0 },
  ]
}
