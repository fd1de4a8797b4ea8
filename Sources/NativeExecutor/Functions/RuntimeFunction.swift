import NodalOperations

/// A function of this process that machine code calls by name: what is too rare, or too long, to be made of vector
/// instructions. Pointers and numbers only.
struct RuntimeFunction: @unchecked Sendable {
  let name: String
  let address: UnsafeRawPointer

  typealias Unary = @convention(c) @Sendable (Double) -> Double
  typealias Binary = @convention(c) @Sendable (Double, Double) -> Double

  init(_ name: String, _ function: Unary) {
    self.name = name
    address = unsafeBitCast(function, to: UnsafeRawPointer.self)
  }

  init(_ name: String, _ function: Binary) {
    self.name = name
    address = unsafeBitCast(function, to: UnsafeRawPointer.self)
  }

  static let all = [
    RuntimeFunction("nodal_lgamma") { x in ScalarExpression.Unary.lgamma.apply(x) },
    RuntimeFunction("nodal_digamma") { x in ScalarExpression.Unary.digamma.apply(x) },
    RuntimeFunction("nodal_polygamma") { n, x in ScalarExpression.Binary.polygamma.apply(n, x) },
    RuntimeFunction("nodal_fmod") { x, y in ScalarExpression.Binary.remainder.apply(x, y) },
  ]
}
