package import NodalIR

/// The table of elementwise ops.
package enum Operations {
  /// In the order of the documentation.
  package static let rows: [OpRow] =
    arithmeticRows + powerRows + exponentialRows + trigonometricRows + specialRows + roundingRows
    + logicRows + chanceRows

  private static let byName = Dictionary(
    rows.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

  package static func row(named name: String) -> OpRow? { byName[name] }

  /// The row of an op in a graph; a graph with an op that is in no row is wrong.
  package static func row(of schema: OpSchema) throws(IRError) -> OpRow {
    guard let row = row(named: schema.name) else { throw IRError("no op is named \(schema.name)") }
    return row
  }
}
