/// Where generic tests try an operand of an op: the op is smooth inside each interval.
package enum OperandDomain: Sendable {
  case intervals([ClosedRange<Double>])
  /// Whole numbers, in which the op isn't differentiated.
  case integers(ClosedRange<Int>)
  case truth

  static func on(_ intervals: ClosedRange<Double>...) -> OperandDomain { .intervals(intervals) }
}

/// An op's value at a border: an infinity, a zero, a pole, NaN.
package struct OpEdge: Sendable {
  package let operands: [Double]
  package let value: Double

  init(_ operands: Double..., gives value: Double) {
    self.operands = operands
    self.value = value
  }
}
