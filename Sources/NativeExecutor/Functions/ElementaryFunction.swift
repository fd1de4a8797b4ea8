import NodalOperations

/// A function that no machine instruction computes, written in vector code that runs on every target: what it computes
/// for one element doesn't depend on the width.
///
/// A function is a row: its name, and the instructions for operands of one floating-point type, f32 or f64, of any width.
struct ElementaryFunction: Sendable {
  typealias Body = @Sendable (_ w: FunctionWriter, _ operands: [Operand]) -> Operand
  let name: String
  let body: Body

  init(_ name: String, _ body: @escaping Body) {
    self.name = name
    self.body = body
  }

  /// The function's value: a call of a helper that the module has once for each type.
  func emit(_ w: FunctionWriter, _ operands: [Operand]) -> Operand {
    let type = operands[0].type
    let symbol = "nodal.\(name).\(type.mangled)"
    w.module.helper(symbol) {
      let parameters = operands.indices.map { "\(type.text) %x\($0)" }.joined(separator: ", ")
      let helper = FunctionWriter(
        w.module,
        signature: "internal \(type.text) @\(symbol)(\(parameters)) nounwind alwaysinline")
      let result = body(helper, operands.indices.map { Operand("%x\($0)", type) })
      helper.line("ret \(result.typed)")
      return helper
    }
    return w.call(symbol, operands, type)
  }
}
