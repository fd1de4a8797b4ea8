/// A function of LLVM IR under construction: instructions go to the end of the current block.
///
/// Numbers are computed exactly as written: no instruction carries fast-math flags, and products are fused with sums
/// only where `fma` is asked for. So a lane's bits don't depend on the width of the vector that it runs in.
final class FunctionWriter {
  let module: ModuleWriter
  private let head: String
  /// Memory of the function's own, at its beginning.
  private var allocations: [String] = []
  private var lines: [String] = []
  private var counter = 0
  /// What is written runs for a few elements left over by vectors: short code before fast code.
  private(set) var isRemainder = false

  /// `signature` is all between `define` and the body: linkage, result, name, parameters, attributes.
  init(_ module: ModuleWriter, signature: String) {
    self.module = module
    head = "define \(signature) {"
  }

  var text: String {
    ([head, "entry:"] + allocations + lines + ["}"]).joined(separator: "\n")
  }

  // MARK: Instructions

  func line(_ text: String) { lines.append("  " + text) }

  func fresh(_ prefix: String) -> String {
    counter += 1
    return "\(prefix)\(counter)"
  }

  /// An instruction with a result.
  func emit(_ text: String, _ type: LLVMType) -> Operand {
    let name = fresh("%v")
    line("\(name) = \(text)")
    return Operand(name, type)
  }

  func binary(_ instruction: String, _ a: Operand, _ b: Operand) -> Operand {
    emit("\(instruction) \(a.typed), \(b.text)", a.type)
  }

  func add(_ a: Operand, _ b: Operand) -> Operand {
    guard !a.type.isFloating else { return binary("fadd", a, b) }
    if let x = a.staticInteger, let y = b.staticInteger { return .integer(x + y, a.type) }
    if b.staticInteger == 0 { return a }
    if a.staticInteger == 0 { return b }
    return binary("add", a, b)
  }

  func subtract(_ a: Operand, _ b: Operand) -> Operand {
    guard !a.type.isFloating else { return binary("fsub", a, b) }
    if let x = a.staticInteger, let y = b.staticInteger { return .integer(x - y, a.type) }
    if b.staticInteger == 0 { return a }
    return binary("sub", a, b)
  }

  func multiply(_ a: Operand, _ b: Operand) -> Operand {
    guard !a.type.isFloating else { return binary("fmul", a, b) }
    if let x = a.staticInteger, let y = b.staticInteger { return .integer(x * y, a.type) }
    if a.staticInteger == 1 { return b }
    if b.staticInteger == 1 { return a }
    if a.staticInteger == 0 || b.staticInteger == 0 { return .integer(0, a.type) }
    return binary("mul", a, b)
  }

  func divide(_ a: Operand, _ b: Operand) -> Operand { binary("fdiv", a, b) }
  func negate(_ a: Operand) -> Operand { emit("fneg \(a.typed)", a.type) }

  /// a · b + c, rounded once on every machine.
  func fma(_ a: Operand, _ b: Operand, _ c: Operand) -> Operand { intrinsic("fma", [a, b, c]) }

  /// An overloaded intrinsic whose operands and result have one type.
  func intrinsic(_ name: String, _ operands: [Operand]) -> Operand {
    let type = operands[0].type
    let function = "@llvm.\(name).\(type.mangled)"
    let types = operands.map(\.type.text).joined(separator: ", ")
    module.declare("declare \(type.text) \(function)(\(types))")
    return emit(
      "call \(type.text) \(function)(\(operands.map(\.typed).joined(separator: ", ")))", type)
  }

  /// Calls a function that the module defines or declares.
  func call(_ function: String, _ operands: [Operand], _ type: LLVMType) -> Operand {
    emit("call \(type.text) @\(function)(\(operands.map(\.typed).joined(separator: ", ")))", type)
  }

  /// `predicate` as LLVM has it: `olt`, `une`, … of floating-point numbers, `slt`, `eq`, … of integers.
  func compare(_ predicate: String, _ a: Operand, _ b: Operand) -> Operand {
    emit(
      "\(a.type.isFloating ? "fcmp" : "icmp") \(predicate) \(a.typed), \(b.text)",
      a.type.with(.i1))
  }

  func select(_ condition: Operand, _ a: Operand, _ b: Operand) -> Operand {
    emit("select \(condition.typed), \(a.typed), \(b.typed)", a.type)
  }

  func and(_ a: Operand, _ b: Operand) -> Operand { binary("and", a, b) }
  func or(_ a: Operand, _ b: Operand) -> Operand { binary("or", a, b) }
  func xor(_ a: Operand, _ b: Operand) -> Operand { binary("xor", a, b) }
  func not(_ a: Operand) -> Operand { binary("xor", a, .integer(1, a.type)) }

  /// A conversion by the instruction named: `fptosi`, `sitofp`, `fpext`, `zext`, `bitcast`, …
  func convert(_ instruction: String, _ a: Operand, to type: LLVMType) -> Operand {
    emit("\(instruction) \(a.typed) to \(type.text)", type)
  }

  /// One number in all elements of a vector.
  func splat(_ a: Operand, width: Int) -> Operand {
    guard width > 1 else { return a }
    let type = a.type.with(width: width)
    let one = emit("insertelement \(type.text) poison, \(a.typed), i64 0", type)
    return emit(
      "shufflevector \(one.typed), \(type.text) poison, <\(width) x i32> zeroinitializer", type)
  }

  func extract(_ vector: Operand, _ i: Int) -> Operand {
    guard vector.type.width > 1 else { return vector }
    return emit("extractelement \(vector.typed), i64 \(i)", vector.type.with(width: 1))
  }

  func insert(_ element: Operand, into vector: Operand, _ i: Int) -> Operand {
    guard vector.type.width > 1 else { return element }
    return emit("insertelement \(vector.typed), \(element.typed), i64 \(i)", vector.type)
  }

  // MARK: Memory

  /// The address of element `index` of an array of this type.
  func address(_ base: Operand, _ index: Operand, of type: LLVMType) -> Operand {
    if index.staticInteger == 0 { return base }
    return emit(
      "getelementptr inbounds \(type.scalar.rawValue), ptr \(base.text), \(index.typed)", .pointer)
  }

  func load(_ address: Operand, _ type: LLVMType) -> Operand {
    emit("load \(type.text), ptr \(address.text), align \(max(1, type.bits / 8))", type)
  }

  func store(_ value: Operand, _ address: Operand) {
    line("store \(value.typed), ptr \(address.text), align \(max(1, value.type.bits / 8))")
  }

  /// A variable of the function's own; the optimiser makes it a register.
  func variable(_ type: LLVMType) -> Operand {
    let name = fresh("%m")
    allocations.append("  \(name) = alloca \(type.text), align 64")
    return Operand(name, .pointer)
  }

  /// Memory of the function's own for `count` values of a type.
  func array(_ type: LLVMType, count: Int) -> Operand {
    let name = fresh("%m")
    allocations.append("  \(name) = alloca [\(max(1, count)) x \(type.text)], align 64")
    return Operand(name, .pointer)
  }

  /// The same, zero when the function begins.
  func zeros(_ type: LLVMType, count: Int) -> Operand {
    let place = array(type, count: count)
    allocations.append(
      "  store [\(max(1, count)) x \(type.text)] zeroinitializer, ptr \(place.text), align 64")
    return place
  }

  /// Whether any of a vector's truth values holds.
  func any(_ mask: Operand) -> Operand {
    guard mask.type.width > 1 else { return mask }
    let function = "@llvm.vector.reduce.or.\(mask.type.mangled)"
    module.declare("declare i1 \(function)(\(mask.type.text))")
    return emit("call i1 \(function)(\(mask.typed))", .i1)
  }

  // MARK: Control

  /// Runs `body` again and again, as long as the truth value that it gives holds.
  func repeatWhile(_ body: () -> Operand) {
    let name = fresh("repeat")
    line("br label %\(name)")
    label(name)
    let again = body()
    line("br i1 \(again.text), label %\(name), label %\(name).end")
    label("\(name).end")
  }

  func label(_ name: String) { lines.append("\(name):") }

  /// Runs `body` for i = from, from + step, … below `to`. Nothing is carried but through variables and memory.
  func loop(
    from: Operand = .integer(0), below to: Operand, step: Int = 1, _ body: (Operand) -> Void
  ) {
    if let first = from.staticInteger, let last = to.staticInteger {
      // A turn or none: no loop.
      if first >= last { return }
      if first + step >= last { return body(from) }
    }
    let name = fresh("loop")
    let (index, next) = ("%\(name).i", "%\(name).next")
    line("br label %\(name).pre")
    label("\(name).pre")
    let any = compare("slt", from, to)
    line("br i1 \(any.text), label %\(name), label %\(name).end")
    label(name)
    line("\(index) = phi i64 [ \(from.text), %\(name).pre ], [ \(next), %\(name).latch ]")
    body(Operand(index, .i64))
    line("br label %\(name).latch")
    label("\(name).latch")
    line("\(next) = add nuw nsw i64 \(index), \(step)")
    let again = compare("slt", Operand(next, .i64), to)
    line("br i1 \(again.text), label %\(name), label %\(name).end")
    label("\(name).end")
  }

  func remainder(_ body: () -> Void) {
    let before = isRemainder
    isRemainder = true
    body()
    isRemainder = before
  }

  /// Runs one of two pieces of code. Where one is said to be likely, the optimiser leaves the branch a branch: what follows is
  /// begun before the condition is known.
  func branch(
    _ condition: Operand, isLikely: Bool? = nil, _ yes: () -> Void, _ no: () -> Void = {}
  ) {
    let name = fresh("if")
    let weights = isLikely.map { ", !prof \(module.branchWeights(isLikely: $0))" } ?? ""
    line("br i1 \(condition.text), label %\(name).yes, label %\(name).no\(weights)")
    label("\(name).yes")
    yes()
    line("br label %\(name).end")
    label("\(name).no")
    no()
    line("br label %\(name).end")
    label("\(name).end")
  }
}
