import NodalIR
import NodalOperations
import Testing

/// Laws that every row of the table keeps.
struct OperationsTests {
  /// A region evaluated by the rows' scalar lowering: only scalar elementwise nodes, constants and
  /// selects.
  private func evaluate(_ region: Region, _ arguments: [Double]) -> [Double] {
    var values = arguments
    for node in region.nodes {
      let operands = node.operands.map { values[$0.index] }
      switch node.form {
      case .constant(let constant): values.append(constant.uniform ?? .nan)
      case .select: values.append(operands[0] != 0 ? operands[1] : operands[2])
      case .elementwise(let schema):
        values.append(Operations.row(named: schema.name)?.scalar.evaluate(operands) ?? .nan)
      case .convert, .reduce, .contract, .layout, .gather, .scatter, .factorize, .linearSolve,
        .random, .branch, .scan, .map,
        .derivative, .solve, .interpolate:
        Issue.record("\(node.form.name) in a partial derivative")
      }
    }
    return region.results.map { values[$0.index] }
  }

  static func points(_ domain: OperandDomain) -> [Double] {
    switch domain {
    case .intervals(let intervals):
      // Never a border: differences reach across it.
      intervals.flatMap { i in
        [0.03, 0.31, 0.67, 0.95].map { i.lowerBound + $0 * (i.upperBound - i.lowerBound) }
      }
    case .integers(let range): range.map { Double($0) }
    case .truth: [0, 1]
    }
  }

  private static func samples(_ row: OpRow) -> [[Double]] {
    row.domain.map(points).reduce([[]]) { heads, next in
      heads.flatMap { head in next.map { head + [$0] } }
    }
  }

  private func element(_ row: OpRow) -> ElementType {
    row.schema.typing == .logical ? .bool : .f64
  }

  private func close(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
    a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance * max(1, abs(a), abs(b))
  }

  @Test(arguments: Operations.rows.map(\.name))
  func rowIsWhole(name: String) throws {
    let row = try #require(Operations.row(named: name))
    #expect(!row.doc.isEmpty)
    #expect(row.domain.count == row.schema.arity)
    #expect(Operations.rows.filter { $0.name == name }.count == 1)
    #expect(row.kernels.supports(element(row)))
  }

  @Test(arguments: Operations.rows.map(\.name))
  func kernelAgreesWithScalarLowering(name: String) throws {
    let row = try #require(Operations.row(named: name))
    let edges = row.edges.map(\.operands)
    for x in Self.samples(row) + edges {
      let kernel = try #require(row.kernels.evaluate(element(row), x))
      #expect(close(kernel, row.scalar.evaluate(x), 1e-15), "\(name)\(x)")
      guard row.schema.typing == .arithmetic else { continue }
      let narrow = try #require(row.kernels.evaluate(.f32, x))
      let lowered = Double(row.scalar.evaluate(x.map { Float($0) }))
      #expect(close(narrow, lowered, 3e-7), "f32 \(name)\(x)")
      if !edges.contains(x) { #expect(close(narrow, kernel, 2e-4), "f32 and f64 \(name)\(x)") }
    }
  }

  @Test(arguments: Operations.rows.map(\.name))
  func edges(name: String) throws {
    let row = try #require(Operations.row(named: name))
    for edge in row.edges {
      let value = try #require(row.kernels.evaluate(element(row), edge.operands))
      #expect(close(value, edge.value, 1e-14), "\(name)\(edge.operands) is \(value)")
    }
    // NaN goes through arithmetic, but for pow(x, 0).
    if row.schema.typing == .arithmetic {
      #expect(row.kernels.evaluate(.f64, row.domain.map { _ in .nan })?.isNaN == true)
    }
  }

  /// Builds the partials of a row, and of these again; compares with central differences.
  @Test(
    arguments: Operations.rows.filter { $0.schema.typing == .arithmetic && !$0.isConstant }.map(
      \.name))
  func partialsAreDifferences(name: String) throws {
    let row = try #require(Operations.row(named: name))
    let types = row.domain.map { _ in ValueType(.f64) }
    var b = RegionBuilder(parameters: types)
    let value = b.apply(row, b.parameters)
    let partials = row.partials(&b, b.parameters, value)
    #expect(partials.count == types.count)
    let first = partials.map { $0 ?? b.constant(0, ValueType(.f64)) }
    let second = differentiate(&b, first)
    let region = try b.finish([value] + first + second.flatMap { $0 })
    try Verifier.verify(region)
    let n = types.count
    for x in Self.samples(row) {
      let results = evaluate(region, x)
      for i in 0..<n {
        if case .integers = row.domain[i] { continue }
        let h = 1e-5
        var (left, right) = (x, x)
        left[i] -= h
        right[i] += h
        let (low, high) = (evaluate(region, left), evaluate(region, right))
        for j in 0...n where j == 0 || !isInteger(row.domain[j - 1]) {
          let slope = (high[j] - low[j]) / (2 * h)
          let stated = j == 0 ? results[1 + i] : results[1 + n + (j - 1) * n + i]
          #expect(close(stated, slope, 1e-6), "\(name): ∂\(j),\(i) at \(x)")
        }
      }
    }
  }

  private func isInteger(_ domain: OperandDomain) -> Bool {
    if case .integers = domain { true } else { false }
  }

  /// Forward differentiation of what is in the builder, by each parameter: partials of partials.
  private func differentiate(_ b: inout RegionBuilder, _ values: [Value]) -> [[Value]] {
    let region = b.region
    let zero = b.constant(0, ValueType(.f64))
    let one = b.constant(1, ValueType(.f64))
    var slopes = values.map { _ in [Value]() }
    for parameter in region.parameters {
      var tangents: [Int: Value] = [parameter.index: one]
      for node in region.nodes {
        let result = Value(node.results.lowerBound)
        switch node.form {
        case .elementwise(let schema):
          guard let row = Operations.row(named: schema.name), schema.typing == .arithmetic else {
            continue
          }
          var sum = zero
          for (operand, partial) in zip(node.operands, row.partials(&b, node.operands, result)) {
            guard let partial, let tangent = tangents[operand.index] else { continue }
            sum = b.add(sum, b.mul(partial, tangent))
          }
          tangents[result.index] = sum
        case .select:
          tangents[result.index] = b.select(
            node.operands[0], tangents[node.operands[1].index] ?? zero,
            tangents[node.operands[2].index] ?? zero)
        default: continue
        }
      }
      for i in values.indices { slopes[i].append(tangents[values[i].index] ?? zero) }
    }
    return slopes
  }

  @Test func powerAtItsHazards() throws {
    // ∂x of x^0 at 0 is 0; ∂x of x^3 at -2 is 12; ∂y at a negative base is 0, never NaN.
    var b = RegionBuilder(parameters: [ValueType(.f64), ValueType(.f64)])
    let (x, y) = (b.parameters[0], b.parameters[1])
    let partials = try #require(Operations.row(named: "pow")).partials(&b, [x, y], b.pow(x, y))
    let region = try b.finish(partials.compactMap { $0 })
    #expect(evaluate(region, [0, 0]) == [0, 0])
    #expect(evaluate(region, [-2, 3]) == [12, 0])
    #expect(evaluate(region, [0, 1]) == [1, 0])
    #expect(evaluate(region, [0, 2]) == [0, 0])
    for k in -3...6 {
      var b = RegionBuilder(parameters: [ValueType(.f64)])
      let x = b.parameters[0]
      let exponent = b.constant(Double(k), ValueType(.f64))
      let row = try #require(Operations.row(named: "pow"))
      let value = b.value(.elementwise(row.schema), [x, exponent])
      let partial = try #require(row.partials(&b, [x, exponent], value)[0])
      // Before `finish` takes the builder, which it does before its arguments are evaluated.
      let simplified = b.pow(x, exponent)
      let region = try b.finish([simplified, partial])
      let results = evaluate(region, [-2])
      var power = 1.0
      for _ in 0..<abs(k) { power *= -2 }
      #expect(close(results[0], k < 0 ? 1 / power : power, 1e-15))
      #expect(close(results[1], Double(k) * (k < 0 ? 1 / power : power) / -2, 1e-15))
    }
  }

  @Test func integersNeverTrap() throws {
    let hard: [Double] = [0, 1, -1, 2, -3, 7]
    for row in Operations.rows where row.kernels.supports(.i64) {
      for x in hard {
        for y in hard { _ = row.kernels.evaluate(.i64, row.schema.arity == 1 ? [x] : [x, y]) }
      }
      switch row.kernels {
      case .binary(_, _, let loop?):
        var (x, y, r): (Int64, Int64, Int64) = (.min, -1, 0)
        loop(&x, &y, &r, 1)
      case .unary(_, _, let loop?):
        var (x, r): (Int64, Int64) = (.min, 0)
        loop(&x, &r, 1)
      case .unary, .binary, .quaternary, .test, .comparison, .logicalUnary, .logicalBinary: break
      }
    }
    let divide = try #require(Operations.row(named: "div")).kernels
    let modulo = try #require(Operations.row(named: "mod")).kernels
    #expect(divide.evaluate(.i64, [-7, 2]) == -4)
    #expect(modulo.evaluate(.i64, [-7, 2]) == 1)
    #expect(modulo.evaluate(.i64, [7, -2]) == -1)
    #expect(divide.evaluate(.i64, [7, 0]) == 0)
  }

  @Test func builderSimplifies() throws {
    var b = RegionBuilder(parameters: [ValueType(.f64, shape: [3])])
    let x = b.parameters[0]
    #expect(b.add(x, 0) == x)
    #expect(b.mul(x, 1) == x)
    #expect(b.neg(b.neg(x)) == x)
    let nothing = b.mul(x, 0)
    #expect(b.constantValue(nothing)?.uniform == 0)
    let folded = b.exp(b.zero(like: x))
    #expect(b.constantValue(folded)?.uniform == 1)
    let truth = b.less(b.zero(like: x), b.one(like: x))
    #expect(b.constantValue(truth)?.type.element == .bool)
    #expect(b.pow(x, 2) == b.square(x))
    var wrong = RegionBuilder()
    let lost = wrong.apply("nothing")
    #expect(throws: IRError.self) { try wrong.finish([lost]) }
  }
}
