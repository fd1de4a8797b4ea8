import NodalIR
import NodalNativeExecutor
import NodalOperations
import Testing

/// Every row of the table of ops as native code.
@Suite(.nativeCode)
struct RowCodeTests {
  private static let rows = Operations.rows.map(\.name)

  /// The results, truth values as 0 and 1, for each tuple of operands.
  private func values<T: NativeReal>(
    _ row: OpRow, _ operands: [[Double]], width: Int, as _: T.Type
  ) throws -> [Double] {
    let columns = row.domain.indices.map { i in operands.map { $0[i] } }
    let isLogical = row.schema.typing == .logical
    let code = try ElementwiseCode(
      row.scalar, arity: row.domain.count, isLogical ? .bool : T.element, width: width)
    if isLogical {
      let bytes = columns.map { $0.map { UInt8($0) } }
      return code.results(bytes, width: width, UInt8(2)).map { Double($0) }
    }
    let numbers = columns.map { $0.map { T($0) } }
    if row.schema.typing == .comparison {
      return code.results(numbers, width: width, UInt8(2)).map { Double($0) }
    }
    return code(numbers, width: width, zero: 0).map { Double($0) }
  }

  private func close(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
    a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance * max(1, abs(a), abs(b))
  }

  @Test(arguments: rows)
  func edges(name: String) throws {
    let row = try #require(Operations.row(named: name))
    guard !row.edges.isEmpty else { return }
    let operands = row.edges.map(\.operands)
    for width in [1, 4] {
      let wide = try values(row, operands, width: width, as: Double.self)
      let narrow = try values(row, operands, width: width, as: Float.self)
      for (i, edge) in row.edges.enumerated() {
        #expect(close(wide[i], edge.value, 1e-14), "\(name)\(edge.operands) is \(wide[i])")
        #expect(
          close(narrow[i], Double(Float(edge.value)), 3e-7),
          "f32 \(name)\(edge.operands) is \(narrow[i])")
      }
    }
  }

  @Test(arguments: rows)
  func agreesWithKernel(name: String) throws {
    let row = try #require(Operations.row(named: name))
    let operands = row.domain.map(points).reduce([[]]) { heads, next in
      heads.flatMap { head in next.map { head + [$0] } }
    }
    let isLogical = row.schema.typing == .logical
    let wide = try values(row, operands, width: 4, as: Double.self)
    let narrow = try values(row, operands, width: 8, as: Float.self)
    for (i, x) in operands.enumerated() {
      let kernel = try #require(row.kernels.evaluate(isLogical ? .bool : .f64, x))
      #expect(close(wide[i], kernel, 1e-14), "\(name)\(x) is \(wide[i])")
      let narrowKernel = try #require(row.kernels.evaluate(isLogical ? .bool : .f32, x))
      #expect(close(narrow[i], narrowKernel, 2e-6), "f32 \(name)\(x) is \(narrow[i])")
    }
  }

  @Test(arguments: Operations.rows.filter { $0.schema.typing == .arithmetic }.map(\.name))
  func notANumberGoesThrough(name: String) throws {
    let row = try #require(Operations.row(named: name))
    let operands = [row.domain.map { _ in Double.nan }]
    #expect(try values(row, operands, width: 1, as: Double.self)[0].isNaN)
    #expect(try values(row, operands, width: 8, as: Float.self)[0].isNaN)
  }

  private func points(_ domain: OperandDomain) -> [Double] {
    switch domain {
    case .intervals(let intervals):
      intervals.flatMap { i in
        (0...20).map { i.lowerBound + Double($0) / 20 * (i.upperBound - i.lowerBound) }
      }
    case .integers(let range): range.map { Double($0) }
    case .truth: [0, 1]
    }
  }
}
