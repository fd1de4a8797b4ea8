import NodalBasics
import NodalIR
import NodalNativeExecutor
import NodalOperations
import Testing

/// Laws of elementwise native code.
@Suite(.nativeCode)
struct FunctionLawTests {
  /// Whatever the key: machine code draws the same numbers, in the tails too, to the last digits.
  @Test(arguments: ChanceFunction.allCases)
  func chance(_ function: ChanceFunction) throws {
    let isPath = function == .brownian || function == .brownianArea
    let count = isPath ? 4000 : 200_000
    let source = RandomKey(seed: 11, place: "chance")
    func words(_ k: Int) -> [Double] {
      (0..<count).map { Double(source.integer(4 * $0 + k, below: 1 << 32)) }
    }
    let components = (0..<count).map { Double(source.integer(4 * $0 + 2, below: 5)) }
    let times = (0..<count).map { source.uniform(4 * $0 + 3) * (isPath ? 1 : 1e3) }
    let operands = [words(0), words(1), components, times]
    let code = try ElementwiseCode(
      .chance(function, .x, .y, .operand(2), .operand(3)), arity: 4, .f64, width: 8)
    let values = code(operands, width: 8, zero: 0)
    var (worst, largest) = (0.0, 0.0)
    for i in 0..<count {
      let wanted = function.value(operands[0][i], operands[1][i], operands[2][i], operands[3][i])
      worst = max(worst, abs(values[i] - wanted) / max(1, abs(wanted)))
      largest = max(largest, abs(wanted))
    }
    #expect(worst < 2e-15 * (isPath ? 10 : 1))
    // The rare numbers were among them.
    if !isPath { #expect(largest > 4) }
  }

  private static let widths = [1, 2, 3, 4, 8, 16]

  /// A lane's bits don't depend on the width.
  @Test(arguments: ScalarExpression.Unary.allCases)
  func unaryWidths(_ op: ScalarExpression.Unary) throws {
    let samples = Samples.line(1900)
    try sameBits([samples]) { try ElementwiseCode(op, .f64, width: $0) }
    try sameBits([samples.map { Float($0) }]) { try ElementwiseCode(op, .f32, width: $0) }
  }

  @Test(arguments: ScalarExpression.Binary.allCases)
  func binaryWidths(_ op: ScalarExpression.Binary) throws {
    let (x, y) = Samples.powers(1900)
    try sameBits([x, y]) { try ElementwiseCode(op, .f64, width: $0) }
    try sameBits([x, y].map { $0.map { Float($0) } }) { try ElementwiseCode(op, .f32, width: $0) }
  }

  private func sameBits<T: NativeReal>(
    _ operands: [[T]], _ code: (Int) throws -> ElementwiseCode
  ) throws {
    let one = try code(1)(operands, width: 1, zero: 0)
    for width in Self.widths.dropFirst() {
      let many = try code(width)(operands, width: width, zero: 0)
      let other = one.indices.first { !isSame(one[$0], many[$0]) }
      #expect(other == nil, "in \(width) lanes, at \(operands.map { $0[other ?? 0] })")
    }
  }

  /// What C says of zeros, infinities, NaN and whole numbers.
  @Test(arguments: ScalarExpression.Unary.allCases)
  func unarySpecials(_ op: ScalarExpression.Unary) throws {
    let x = Samples.special
    let values = try ElementwiseCode(op, .f64, width: 4)([x], width: 4, zero: 0)
    for i in x.indices {
      #expect(agrees(values[i], op.apply(x[i])), "\(op)(\(x[i])) is \(values[i])")
    }
    let narrow = x.map { Float($0) }
    let narrowValues = try ElementwiseCode(op, .f32, width: 4)([narrow], width: 4, zero: 0)
    for i in x.indices {
      let wanted = op.apply(Double(narrow[i]))
      #expect(agrees(narrowValues[i], wanted), "\(op)(\(narrow[i])) is \(narrowValues[i])")
    }
  }

  @Test(arguments: ScalarExpression.Binary.allCases)
  func binarySpecials(_ op: ScalarExpression.Binary) throws {
    let x = Samples.special.flatMap { x in Samples.special.map { _ in x } }
    let y = Samples.special.flatMap { _ in Samples.special }
    let values = try ElementwiseCode(op, .f64, width: 4)([x, y], width: 4, zero: 0)
    for i in x.indices {
      let wanted = op.apply(x[i], y[i])
      #expect(agrees(values[i], wanted), "\(op)(\(x[i]), \(y[i])) is \(values[i])")
    }
    let (a, b) = (x.map { Float($0) }, y.map { Float($0) })
    let narrowValues = try ElementwiseCode(op, .f32, width: 8)([a, b], width: 8, zero: 0)
    for i in x.indices {
      let wanted = op.apply(Double(a[i]), Double(b[i]))
      #expect(agrees(narrowValues[i], wanted), "\(op)(\(a[i]), \(b[i])) is \(narrowValues[i])")
    }
  }

  /// The same but for the last places; whole numbers, halves, infinities, zeros and subnormal numbers are exact.
  private func agrees<T: NativeReal>(_ got: T, _ wanted: Double) -> Bool {
    let rounded = T(wanted)
    if isSame(got, rounded) { return true }
    let isFine = wanted * 2 == (wanted * 2).rounded() && wanted.magnitude < 0x1p20
    if Double(rounded) == wanted, isFine || rounded.isSubnormal { return false }
    return got.sign == wanted.sign && ulps(got, Precise(wanted)) <= 3
  }

  /// Instructions and calls have no error at all.
  @Test(arguments: [
    ScalarExpression.Unary.negate, .absolute, .squareRoot, .floor, .ceil, .round, .digamma,
  ])
  func exactUnary(_ op: ScalarExpression.Unary) throws {
    let halves = (-40...40).map { Double($0) / 4 }
    let x = Samples.line(2000).filter { op != .digamma || $0 > -1e6 } + halves
    let values = try ElementwiseCode(op, .f64, width: 4)([x], width: 4, zero: 0)
    for i in x.indices { #expect(isSame(values[i], op.apply(x[i])), "\(op)(\(x[i]))") }
    let narrow = x.map { Float($0) }
    let narrowValues = try ElementwiseCode(op, .f32, width: 8)([narrow], width: 8, zero: 0)
    for i in x.indices {
      #expect(isSame(narrowValues[i], op.apply(narrow[i])), "\(op)(\(narrow[i]))")
    }
  }

  @Test(arguments: ScalarExpression.Comparison.allCases)
  func comparisons(_ op: ScalarExpression.Comparison) throws {
    let x = Samples.special.flatMap { x in Samples.special.map { _ in x } }
    let y = Samples.special.flatMap { _ in Samples.special }
    for width in [1, 3, 8] {
      let code = try ElementwiseCode(.compare(op, .x, .y), arity: 2, .f64, width: width)
      let values = code.results([x, y], width: width, UInt8(2))
      for i in x.indices {
        #expect(values[i] == (op.apply(x[i], y[i]) ? 1 : 0), "\(x[i]) \(op) \(y[i])")
      }
    }
  }

  /// sin² + cos² = 1, exp(log x) = x, tan(atan x) = x: of expressions, in which functions stand beside each other.
  @Test func identities() throws {
    let (sine, cosine) = (ScalarExpression.unary(.sin, .x), ScalarExpression.unary(.cos, .x))
    let one = ScalarExpression.binary(
      .add, .binary(.multiply, sine, sine), .binary(.multiply, cosine, cosine))
    let x = Samples.line(20_000).filter { $0.isFinite }
    let ones = try ElementwiseCode(one, arity: 1, .f64, width: 4)([x], width: 4, zero: 0)
    #expect(ones.allSatisfy { abs($0 - 1) < 4e-16 })
    let positive = x.map { min(max($0.magnitude, 1e-300), 1e300) }
    let same = try ElementwiseCode(.unary(.exp, .unary(.log, .x)), arity: 1, .f64, width: 4)(
      [positive], width: 4, zero: 0)
    #expect(zip(positive, same).allSatisfy { abs($0 - $1) < 2e-13 * $0 })
  }
}
