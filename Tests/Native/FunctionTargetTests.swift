import NodalIR
import NodalNativeExecutor
import NodalOperations
import Testing

/// Code for machines that needn't be this one.
@Suite(.nativeCode)
struct FunctionTargetTests {
  static let targets = [
    CodeTarget(triple: "aarch64-unknown-linux-gnu", cpu: "generic", features: "+neon"),
    CodeTarget(triple: "x86_64-unknown-linux-gnu", cpu: "haswell"),
    CodeTarget(triple: "x86_64-unknown-linux-gnu", cpu: "skylake-avx512"),
  ]

  /// Every function becomes code that calls nothing but functions of ours: no mathematical library, and no element by
  /// element of what was meant to be a vector.
  @Test(arguments: targets)
  func callsNothing(target: CodeTarget) throws {
    for (element, widths) in [(ElementType.f32, [1, 3, 8]), (.f64, [1, 3, 4])] {
      for width in widths {
        for op in ScalarExpression.Unary.allCases {
          try check(.unary(op, .x), arity: 1, element, width, target)
        }
        for op in ScalarExpression.Binary.allCases {
          try check(.binary(op, .x, .y), arity: 2, element, width, target)
        }
        for function in ChanceFunction.allCases {
          try check(
            .chance(function, .x, .y, .operand(2), .operand(3)), arity: 4, element, width, target)
        }
      }
    }
  }

  private func check(
    _ expression: ScalarExpression, arity: Int, _ element: ElementType, _ width: Int,
    _ target: CodeTarget
  ) throws {
    let assembly = try ElementwiseCode.assembly(
      expression, arity: arity, element, width: width, for: target)
    for line in assembly.split(separator: "\n") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard words.count > 1, ["bl", "callq", "call"].contains(words[0]) else { continue }
      #expect(words[1].hasPrefix("nodal"), "\(expression): \(line)")
    }
  }
}
