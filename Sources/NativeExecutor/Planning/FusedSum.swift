import NodalIR
import NodalOperations

/// A sum or difference one of whose sides is a product: computed with one rounding.
///
/// A product that is used elsewhere too is rounded, there and here: what one equation takes away and another one adds is then the same number. In
/// reactions such terms are far larger than what is left of them, and over long times their roundings would be all there is.
enum FusedSum {
  /// The factors of a product; both are one value where it is a square.
  static func factors(_ schema: OpSchema, _ operands: [Value]) -> (Value, Value)? {
    guard let scalar = Operations.row(named: schema.name)?.scalar else { return nil }
    if scalar == .binary(.multiply, .x, .y) { return (operands[0], operands[1]) }
    if scalar == .binary(.multiply, .x, .x) { return (operands[0], operands[0]) }
    return nil
  }

  /// a · b + c
  case plus(Value, Value, Value)
  /// a · b - c
  case minus(Value, Value, Value)
  /// c - a · b
  case from(Value, Value, Value)

  init?(_ schema: OpSchema, _ operands: [Value], _ region: Region, _ uses: UseCounts) {
    guard operands.count == 2, region[operands[0]].element.isFloating,
      let row = Operations.row(named: schema.name)
    else { return nil }
    func product(_ value: Value) -> (Value, Value)? {
      guard uses[value] == 1, let node = region.definition(of: value),
        case .elementwise(let schema) = node.form
      else { return nil }
      return Self.factors(schema, node.operands)
    }
    let isSum = row.scalar == .binary(.add, .x, .y)
    guard isSum || row.scalar == .binary(.subtract, .x, .y) else { return nil }
    if let (a, b) = product(operands[0]) {
      self = isSum ? .plus(a, b, operands[1]) : .minus(a, b, operands[1])
    } else if let (a, b) = product(operands[1]) {
      self = isSum ? .plus(a, b, operands[0]) : .from(a, b, operands[0])
    } else {
      return nil
    }
  }
}

/// How often each value of a region is read: by nodes, and as a result.
struct UseCounts {
  private var counts: [Int]

  init(_ region: Region) {
    counts = Array(repeating: 0, count: region.types.count)
    for node in region.nodes {
      for operand in node.operands { counts[operand.index] += 1 }
    }
    for result in region.results { counts[result.index] += 1 }
  }

  subscript(value: Value) -> Int { counts[value.index] }
}
