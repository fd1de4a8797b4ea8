/// The table of elementwise ops.
package enum Operations {
  /// In the order of the documentation.
  package static let rows: [OpRow] =
    arithmeticRows + powerRows + exponentialRows + trigonometricRows + specialRows + roundingRows
    + logicRows

  private static let byName = Dictionary(
    rows.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

  package static func row(named name: String) -> OpRow? { byName[name] }
}
