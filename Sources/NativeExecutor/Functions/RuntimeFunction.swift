import NodalBasics
import NodalOperations

/// A function of this process that machine code calls by name: what is too rare, or too long, to be made of vector
/// instructions. Pointers and numbers only.
struct RuntimeFunction: @unchecked Sendable {
  let name: String
  let address: UnsafeRawPointer
  /// Of its operands.
  let arity: Int

  typealias Unary = @convention(c) @Sendable (Double) -> Double
  typealias Binary = @convention(c) @Sendable (Double, Double) -> Double

  init(_ name: String, _ function: Unary) {
    self.name = name
    address = unsafeBitCast(function, to: UnsafeRawPointer.self)
    arity = 1
  }

  init(_ name: String, _ function: Binary) {
    self.name = name
    address = unsafeBitCast(function, to: UnsafeRawPointer.self)
    arity = 2
  }

  static let lgamma = RuntimeFunction("nodal_lgamma") { x in
    ScalarExpression.Unary.lgamma.apply(x)
  }
  static let digamma = RuntimeFunction("nodal_digamma") { x in
    ScalarExpression.Unary.digamma.apply(x)
  }
  static let polygamma = RuntimeFunction("nodal_polygamma") { n, x in
    ScalarExpression.Binary.polygamma.apply(n, x)
  }
  static let remainder = RuntimeFunction("nodal_fmod") { x, y in
    ScalarExpression.Binary.remainder.apply(x, y)
  }
  // For numbers so large that π/2 is wanted to hundreds of bits.
  static let sin = RuntimeFunction("nodal_sin") { x in ScalarExpression.Unary.sin.apply(x) }
  static let cos = RuntimeFunction("nodal_cos") { x in ScalarExpression.Unary.cos.apply(x) }
  static let tan = RuntimeFunction("nodal_tan") { x in ScalarExpression.Unary.tan.apply(x) }

  /// For probabilities that one number in a thousand falls on.
  static let normalQuantile = RuntimeFunction("nodal_normal_quantile") { p in
    NormalDistribution.quantile(p)
  }

  static let all = [lgamma, digamma, polygamma, remainder, sin, cos, tan, normalQuantile]

  /// A call for each lane, in f64.
  func emit(_ w: FunctionWriter, _ operands: [Operand]) -> Operand {
    let type = operands[0].type
    let parameters = repeatElement("double", count: arity).joined(separator: ", ")
    w.module.declare("declare double @\(name)(\(parameters)) nounwind willreturn memory(none)")
    return w.callHelper("nodal.each.\(name)", "noinline", operands, result: type) { w, operands in
      var result = Operand("poison", type)
      for lane in 0..<type.width {
        let arguments = operands.map {
          Lanes(w, w.extract($0, lane)).converted(to: .f64).operand
        }
        let value = Lanes(w, w.call(name, arguments, .f64)).converted(to: type.scalar)
        result = w.insert(value.operand, into: result, lane)
      }
      return result
    }
  }
}
