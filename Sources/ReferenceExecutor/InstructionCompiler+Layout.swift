import NodalExecution
import NodalIR

extension InstructionCompiler {
  mutating func layout(
    _ layout: Layout, _ operands: [Int], _ types: [ValueType], _ type: ValueType, _ r: Int
  ) {
    let width = type.element.byteCount
    if case .concatenate(let axis) = layout {
      for (k, operand) in operands.enumerated() {
        copy(operand, r, width) { f in
          // Behind the parts before it.
          let start = types[..<k].reduce(0) { $0 + f.extents.length(of: $1.extents[axis]) }
          return Self.plan(
            f.shape(types[k]), LoopPlan.strides(f.shape(type)),
            start: start * LoopPlan.strides(f.shape(type))[axis])
        }
      }
      return
    }
    let operand = types[0]
    if case .pad = layout {
      append { f in
        f.pointers[r].initializeMemory(
          as: UInt8.self, repeating: 0, count: f.counts[r] * width)
      }
    }
    copy(operands[0], r, width) { f in
      Self.layoutPlan(layout, f.shape(operand), f.shape(type))
    }
  }

  private mutating func copy(
    _ x: Int, _ r: Int, _ width: Int, _ make: @escaping @Sendable (Frame) -> LoopPlan
  ) {
    let index = newPlan()
    append { f in CopyKernel.run(f.plan(index, make), width, f.pointers[x], f.pointers[r]) }
  }

  /// Loops over the operand, whose axes have these strides in the result.
  private static func plan(_ shape: [Int], _ result: [Int], start: Int = 0) -> LoopPlan {
    let strides = LoopPlan.strides(shape)
    return loops(shape, strides, result, result: start)
  }

  private static func loops(
    _ shape: [Int], _ a: [Int], _ result: [Int], a first: Int = 0, result start: Int = 0
  ) -> LoopPlan {
    var plan = LoopPlan()
    plan.a = first
    plan.result = start
    plan.isEmpty = shape.contains(0)
    plan.dimensions = LoopPlan.collapsed(
      shape.indices.map { LoopPlan.Dimension(count: shape[$0], a: a[$0], b: 0, result: result[$0]) }
    )
    return plan
  }

  private static func layoutPlan(
    _ layout: Layout, _ from: [Int], _ to: [Int]
  ) -> LoopPlan {
    let source = LoopPlan.strides(from)
    let target = LoopPlan.strides(to)
    switch layout {
    case .broadcast(_, let axes):
      var strides = [Int](repeating: 0, count: to.count)
      for (i, axis) in axes.enumerated() { strides[axis] = source[i] }
      return loops(to, strides, target)
    case .transpose(let permutation):
      return loops(to, permutation.map { source[$0] }, target)
    case .reshape, .concatenate:
      return loops([from.reduce(1, *)], [1], [1])
    case .slice(let axis, let start, _, let stride):
      var strides = source
      strides[axis] *= stride
      return loops(to, strides, target, a: start * source[axis])
    case .pad(let axis, let before, _, let interior):
      var strides = target
      strides[axis] *= interior + 1
      return loops(from, source, strides, result: before * target[axis])
    case .reverse(let axis):
      var strides = source
      strides[axis] = -strides[axis]
      return loops(to, strides, target, a: max(0, from[axis] - 1) * source[axis])
    case .window(let axis, _, let stride, let dilation):
      var strides = source
      strides[axis] *= stride
      strides.insert(dilation * source[axis], at: axis)
      return loops(to, strides, target)
    }
  }

  /// Elements outside are NaN, or 0 where there is none: a wrong index never reads foreign memory. A checked one is told
  /// to the run, which it ends.
  mutating func gather(
    _ gather: Gather, _ operands: [Int], _ types: [ValueType], _ r: Int, _ origin: Origin?
  ) {
    let (x, indices) = (operands[0], operands[1])
    let element = types[0].element
    let batchAxes = gather.batchAxes
    let isChecked = gather.isChecked
    append { f in
      let shape = f.shape(types[0])
      let batch = shape[..<batchAxes].reduce(1, *)
      let n = shape[batchAxes]
      let row = shape[(batchAxes + 1)...].reduce(1, *)
      let bytes = row * element.byteCount
      guard batch > 0 else { return }
      let each = f.counts[indices] / batch
      let wanted = f.i64(indices)
      for k in 0..<(batch * each) {
        let target = f.pointers[r] + k * bytes
        let i = wanted[k]
        if i >= 0, i < n {
          let source = f.pointers[x] + ((k / max(1, each)) * n + Int(i)) * bytes
          target.copyMemory(from: source, byteCount: bytes)
        } else {
          if isChecked, f.context.miss == nil {
            f.context.miss = IndexMiss(origin: origin, index: Int(i), length: n)
          }
          let outside = element.isFloating ? Double.nan : 0
          for j in 0..<row { ElementAccess.store(outside, element, target, j) }
        }
      }
    }
  }

  /// In the order of the updates; those outside are left out.
  mutating func scatter(
    _ scatter: Scatter, _ operands: [Int], _ types: [ValueType], _ type: ValueType, _ r: Int
  ) {
    let (updates, indices) = (operands[0], operands[1])
    let batchAxes = scatter.batchAxes
    let element = type.element
    append { f in
      let shape = f.shape(type)
      let batch = shape[..<batchAxes].reduce(1, *)
      let n = shape[batchAxes]
      let row = shape[(batchAxes + 1)...].reduce(1, *)
      let bytes = row * element.byteCount
      f.pointers[r].initializeMemory(
        as: UInt8.self, repeating: 0, count: f.counts[r] * element.byteCount)
      guard batch > 0 else { return }
      let each = f.counts[indices] / batch
      let wanted = f.i64(indices)
      for k in 0..<(batch * each) {
        let i = wanted[k]
        guard i >= 0, i < n else { continue }
        LaneRows.add(
          element, f.pointers[updates] + k * bytes,
          to: f.pointers[r] + ((k / max(1, each)) * n + Int(i)) * bytes, count: row)
      }
    }
  }
}
