package import NodalIR
package import NodalOperations
import Synchronization

/// What an expression computes, as machine code of its own that goes through arrays: for tests, and to look at.
package struct ElementwiseCode: Sendable {
  /// (arrays of the operands, array of the results, count)
  private typealias Function =
    @convention(c) @Sendable (
      UnsafePointer<UnsafeRawPointer?>, UnsafeMutableRawPointer, Int
    ) -> Void

  private let code: LoadedCode
  private let function: Function

  private static let counter = Mutex(0)

  /// Of operands of one type, in vectors of `width` elements. The result is of that type, or truth values, which are
  /// bytes.
  package init(
    _ expression: ScalarExpression, arity: Int, _ element: ElementType, width: Int
  ) throws {
    guard let target = CodeTarget.host else { throw NativeError(LLVMLibrary.status) }
    let number = Self.counter.withLock {
      $0 += 1
      return $0
    }
    let symbol = "nodal_elementwise_\(number)"
    let text = Self.text(symbol, expression, arity, element, width)
    let object = try CodeGenerator(target).emit(text, .written, .object)
    code = try CodeLoader.shared.get().load(object, symbols: [symbol])
    function = unsafeBitCast(code.addresses[0], to: Function.self)
  }

  /// `count` must be a multiple of the width.
  package func run(
    _ operands: [UnsafeRawPointer], _ result: UnsafeMutableRawPointer, count: Int
  ) {
    let pointers: [UnsafeRawPointer?] = operands
    pointers.withUnsafeBufferPointer {
      if let base = $0.baseAddress { function(base, result, count) }
    }
  }

  /// The same for a machine that needn't be this one: its assembly.
  package static func assembly(
    _ expression: ScalarExpression, arity: Int, _ element: ElementType, width: Int,
    for target: CodeTarget
  ) throws -> String {
    let text = text("nodal_elementwise", expression, arity, element, width)
    return String(
      decoding: try CodeGenerator(target).emit(text, .written, .assembly), as: UTF8.self)
  }

  private static func text(
    _ symbol: String, _ expression: ScalarExpression, _ arity: Int, _ element: ElementType,
    _ width: Int
  ) -> String {
    let module = ModuleWriter()
    let w = FunctionWriter(
      module, signature: "void @\(symbol)(ptr %operands, ptr noalias %result, i64 %count) nounwind")
    let arrays = (0..<arity).map { i in
      w.load(w.address(Operand("%operands", .pointer), .integer(i), of: .pointer), .pointer)
    }
    w.loop(below: Operand("%count", .i64), step: width) { index in
      let type = element.memoryType.with(width: width)
      let values = arrays.map { array in
        let value = w.load(w.address(array, index, of: type), type)
        return element == .bool ? w.convert("trunc", value, to: type.with(.i1)) : value
      }
      var value = expression.emit(w, values)
      if value.type.scalar == .i1 { value = w.convert("zext", value, to: value.type.with(.i8)) }
      w.store(value, w.address(Operand("%result", .pointer), index, of: value.type))
    }
    w.line("ret void")
    module.add(w)
    return module.text
  }
}
