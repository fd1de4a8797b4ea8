import NodalBasics
import NodalExecution
import NodalIR
import NodalOperations

/// Makes the instructions of a region, node by node.
struct InstructionCompiler {
  let region: Region
  let storage: StoragePlan
  let executor: any Executor
  private(set) var instructions: [Instruction] = []
  private(set) var children: [any Executable] = []
  private(set) var plans = 0

  init(_ region: Region, _ storage: StoragePlan, _ executor: any Executor) {
    self.region = region
    self.storage = storage
    self.executor = executor
  }

  mutating func add(_ node: Node) throws {
    if case .alias = storage.places[node.results.lowerBound] { return }
    let operands = node.operands.map(\.index)
    let types = node.operands.map { region[$0] }
    let child = try FormExecutable.make(
      node.form, operands: types, origin: node.origin, executor)
    if let child {
      instructions.append(
        .call(child: children.count, operands: operands, results: node.results))
      children.append(child)
      return
    }
    let result = node.results.lowerBound
    let type = region.types[result]
    switch node.form {
    case .constant: break
    case .elementwise(let schema):
      try append(elementwise(schema, operands, types[0].element, result))
    case .select: append(select(operands, type.element, result))
    case .convert(let element):
      append(convert(operands[0], types[0].element, element, result))
    case .reduce(let reduction): reduce(reduction, operands[0], types[0], result)
    case .contract(let contraction): contract(contraction, operands, types, type, result)
    case .layout(let layout): self.layout(layout, operands, types, type, result)
    case .gather(let gather): self.gather(gather, operands, types, result, node.origin)
    case .scatter(let scatter): self.scatter(scatter, operands, types, type, result)
    case .random(let draw): append(random(draw, operands[0], result))
    case .factorize, .linearSolve, .branch, .scan, .map, .derivative, .solve, .interpolate:
      throw IRError("\(node.form.name) has no executable")
    }
  }

  /// A number under which frames keep a loop plan.
  mutating func newPlan() -> Int {
    plans += 1
    return plans - 1
  }

  mutating func append(_ loop: @escaping Instruction.Loop) { instructions.append(.loop(loop)) }
}

extension InstructionCompiler {
  func elementwise(
    _ schema: OpSchema, _ operands: [Int], _ element: ElementType, _ r: Int
  ) throws -> Instruction.Loop {
    guard let row = Operations.row(named: schema.name), row.kernels.supports(element) else {
      throw IRError("no op \(schema.name) of \(element.rawValue)")
    }
    let x = operands[0]
    let y = operands.count > 1 ? operands[1] : x
    let wrong = IRError("no op \(schema.name) of \(element.rawValue)")
    switch row.kernels {
    case .unary(let f32, let f64, let i64):
      switch element {
      case .f32: return { f in f32(f.f32(x), f.f32(r), f.counts[r]) }
      case .f64: return { f in f64(f.f64(x), f.f64(r), f.counts[r]) }
      case .i64:
        guard let i64 else { throw wrong }
        return { f in i64(f.i64(x), f.i64(r), f.counts[r]) }
      case .bool: throw wrong
      }
    case .binary(let f32, let f64, let i64):
      switch element {
      case .f32: return { f in f32(f.f32(x), f.f32(y), f.f32(r), f.counts[r]) }
      case .f64: return { f in f64(f.f64(x), f.f64(y), f.f64(r), f.counts[r]) }
      case .i64:
        guard let i64 else { throw wrong }
        return { f in i64(f.i64(x), f.i64(y), f.i64(r), f.counts[r]) }
      case .bool: throw wrong
      }
    case .quaternary(let f32, let f64):
      guard operands.count == 4 else { throw wrong }
      let (a, b, c, d) = (operands[0], operands[1], operands[2], operands[3])
      switch element {
      case .f32: return { f in f32(f.f32(a), f.f32(b), f.f32(c), f.f32(d), f.f32(r), f.counts[r]) }
      case .f64: return { f in f64(f.f64(a), f.f64(b), f.f64(c), f.f64(d), f.f64(r), f.counts[r]) }
      case .i64, .bool: throw wrong
      }
    case .test(let f32, let f64):
      switch element {
      case .f32: return { f in f32(f.f32(x), f.bool(r), f.counts[r]) }
      case .f64: return { f in f64(f.f64(x), f.bool(r), f.counts[r]) }
      case .i64, .bool: throw wrong
      }
    case .comparison(let f32, let f64, let i64, let bool):
      switch element {
      case .f32: return { f in f32(f.f32(x), f.f32(y), f.bool(r), f.counts[r]) }
      case .f64: return { f in f64(f.f64(x), f.f64(y), f.bool(r), f.counts[r]) }
      case .i64: return { f in i64(f.i64(x), f.i64(y), f.bool(r), f.counts[r]) }
      case .bool: return { f in bool(f.bytes(x), f.bytes(y), f.bool(r), f.counts[r]) }
      }
    case .logicalUnary(let loop): return { f in loop(f.bool(x), f.bool(r), f.counts[r]) }
    case .logicalBinary(let loop):
      return { f in loop(f.bool(x), f.bool(y), f.bool(r), f.counts[r]) }
    }
  }

  func select(_ operands: [Int], _ element: ElementType, _ r: Int) -> Instruction.Loop {
    let (c, x, y) = (operands[0], operands[1], operands[2])
    @Sendable func loop<T>(_ f: Frame, _: T.Type) {
      let condition = f.bytes(c)
      let a = f.pointers[x].assumingMemoryBound(to: T.self)
      let b = f.pointers[y].assumingMemoryBound(to: T.self)
      let result = f.pointers[r].assumingMemoryBound(to: T.self)
      for i in 0..<f.counts[r] { result[i] = condition[i] != 0 ? a[i] : b[i] }
    }
    switch element {
    case .f32: return { f in loop(f, UInt32.self) }
    case .f64, .i64: return { f in loop(f, UInt64.self) }
    case .bool: return { f in loop(f, UInt8.self) }
    }
  }

  func convert(
    _ x: Int, _ from: ElementType, _ to: ElementType, _ r: Int
  ) -> Instruction.Loop {
    switch (from, to) {
    case (.f32, .f64):
      return { f in
        let (a, b) = (f.f32(x), f.f64(r))
        for i in 0..<f.counts[r] { b[i] = Double(a[i]) }
      }
    case (.f64, .f32):
      return { f in
        let (a, b) = (f.f64(x), f.f32(r))
        for i in 0..<f.counts[r] { b[i] = Float(a[i]) }
      }
    case (.i64, .i64), (.f64, .f64):
      return { f in f.i64(r).update(from: f.i64(x), count: f.counts[r]) }
    case (.f32, .f32):
      return { f in f.f32(r).update(from: f.f32(x), count: f.counts[r]) }
    case (.f32, _), (.f64, _), (.i64, _), (.bool, _):
      // NaN is true: it is not 0.
      return { f in
        for i in 0..<f.counts[r] {
          ElementAccess.store(
            ElementAccess.load(from, f.pointers[x], i), to, f.pointers[r], i)
        }
      }
    }
  }

  mutating func reduce(_ reduction: Reduction, _ x: Int, _ type: ValueType, _ r: Int) {
    let element = type.element
    let kind = reduction.kind
    switch kind {
    case .argmax, .argmin:
      let axis = reduction.axes.first ?? 0
      append { f in
        let shape = f.shape(type)
        ReduceKernel.argument(
          kind, element, f.pointers[x], f.i64(r), outer: shape[..<axis].reduce(1, *),
          n: shape[axis], inner: shape[(axis + 1)...].reduce(1, *))
      }
    case .sum, .max, .min:
      let index = newPlan()
      let axes = reduction.axes
      append { f in
        let plan = f.plan(index) { frame in Self.reducePlan(frame.shape(type), axes) }
        ReduceKernel.run(kind, element, plan, f.pointers[x], f.pointers[r], count: f.counts[r])
      }
    }
  }

  private static func reducePlan(_ shape: [Int], _ axes: [Int]) -> LoopPlan {
    let strides = LoopPlan.strides(shape)
    let kept = shape.indices.filter { !axes.contains($0) }
    let keptStrides = LoopPlan.strides(kept.map { shape[$0] })
    var plan = LoopPlan()
    plan.isEmpty = shape.contains(0)
    plan.dimensions = LoopPlan.collapsed(
      shape.indices.map { i in
        LoopPlan.Dimension(
          count: shape[i], a: strides[i], b: 0,
          result: kept.firstIndex(of: i).map { keptStrides[$0] } ?? 0)
      })
    return plan
  }

  func random(_ draw: RandomDraw, _ key: Int, _ r: Int) -> Instruction.Loop {
    let element = draw.type.element
    return { f in
      let keys = f.i64(key)
      let total = f.counts[key] / 2
      guard total > 0 else { return }
      let each = f.counts[r] / total
      for k in 0..<total {
        let source = RandomKeys.source(keys[2 * k], keys[2 * k + 1], place: draw.place)
        for i in 0..<each {
          let x: Double =
            switch draw.kind {
            case .uniform: source.uniform(i)
            case .normal: source.normal(i)
            case .rademacher: source.bits(i) & 1 == 0 ? -1 : 1
            case .key: Double(source.bits(i) >> 32)
            }
          ElementAccess.store(x, element, f.pointers[r], k * each + i)
        }
      }
    }
  }
}
