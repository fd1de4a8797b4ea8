/// A function that no machine instruction computes, written in vector code that runs on every target: what it computes
/// for one element doesn't depend on the width.
///
/// A function is a row: its name, and the instructions for operands of one floating-point type, f32 or f64, of any width.
struct ElementaryFunction: Sendable {
  typealias Body = @Sendable (_ operands: [Lanes]) -> Lanes
  let name: String
  let body: Body

  init(_ name: String, _ body: @escaping @Sendable (Lanes) -> Lanes) {
    self.name = name
    self.body = { body($0[0]) }
  }

  init(_ name: String, _ body: @escaping @Sendable (Lanes, Lanes) -> Lanes) {
    self.name = name
    self.body = { body($0[0], $0[1]) }
  }

  /// The function's value: a call of a helper that the module has once for each type, to be expanded in place; what is left
  /// over behind a loop of vectors calls it, as it costs the compiler as much as the loop.
  func emit(_ w: FunctionWriter, _ operands: [Operand]) -> Operand {
    let (form, attribute) = w.isRemainder ? (".called", "noinline") : ("", "alwaysinline")
    return w.callHelper("nodal.\(name)\(form)", attribute, operands, result: operands[0].type) {
      w, operands in
      body(operands.map { Lanes(w, $0) }).operand
    }
  }
}

extension FunctionWriter {
  /// Calls a function of the module's own that `body` writes when it is first called with operands of these types.
  func callHelper(
    _ name: String, _ attributes: String, _ operands: [Operand], result: LLVMType,
    _ body: (FunctionWriter, [Operand]) -> Operand
  ) -> Operand {
    let symbol = ([name] + operands.map(\.type.mangled)).joined(separator: ".")
    module.helper(symbol) {
      let parameters = operands.indices.map { "\(operands[$0].type.text) %x\($0)" }
      let helper = FunctionWriter(
        module,
        signature: "internal \(result.text) @\(symbol)(\(parameters.joined(separator: ", "))) "
          + "nounwind \(attributes)")
      let value = body(helper, operands.indices.map { Operand("%x\($0)", operands[$0].type) })
      helper.line("ret \(value.typed)")
      return helper
    }
    return call(symbol, operands, result)
  }
}
