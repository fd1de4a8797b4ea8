import NodalExecution
import NodalIR

extension InstructionCompiler {
  mutating func contract(
    _ contraction: Contraction, _ operands: [Int], _ types: [ValueType], _ type: ValueType,
    _ r: Int
  ) {
    let (a, b) = (operands[0], operands[1])
    let (index, packsA, packsB) = (newPlan(), newPlan(), newPlan())
    let width = type.element.byteCount
    @Sendable func shapes(_ frame: Frame) -> ContractShapes {
      ContractShapes(contraction, frame.shape(types[0]), frame.shape(types[1]))
    }
    append { f in
      let plan = f.plan(index) { shapes($0).plan }
      let packA = f.plan(packsA) { shapes($0).packingOfA }
      let packB = f.plan(packsB) { shapes($0).packingOfB }
      let roomA = packA.isEmpty ? 0 : f.counts[a]
      let roomB = packB.isEmpty ? 0 : f.counts[b]
      // Behind them room for a right side that is turned around.
      let scratch = f.scratch.reserve(
        (roomA + roomB + plan.columns.count * plan.inner.count) * width)
      let packedB = scratch + roomA * width
      CopyKernel.run(packA, width, f.pointers[a], scratch)
      CopyKernel.run(packB, width, f.pointers[b], packedB)
      let x = packA.isEmpty ? f.pointers[a] : scratch
      let y = packB.isEmpty ? f.pointers[b] : packedB
      let rest = packedB + roomB * width
      if type.element == .f32 {
        ContractKernel.run(
          plan, x.assumingMemoryBound(to: Float.self), y.assumingMemoryBound(to: Float.self),
          f.f32(r), count: f.counts[r], scratch: rest.assumingMemoryBound(to: Float.self))
      } else {
        ContractKernel.run(
          plan, x.assumingMemoryBound(to: Double.self), y.assumingMemoryBound(to: Double.self),
          f.f64(r), count: f.counts[r], scratch: rest.assumingMemoryBound(to: Double.self))
      }
    }
  }
}

/// A contraction whose lengths are known: its loops, and whether an operand is laid out anew first.
///
/// An operand whose rows or sums don't run through memory in one piece (the windows of a convolution) is copied once, so that
/// the whole is one product of matrices; that pays as soon as each of its elements is used a few times. The order of the
/// sums is the same with and without.
struct ContractShapes {
  private let shapeA: [Int]
  private let shapeB: [Int]
  private let batch: [Contraction.Pair]
  /// In the order in which they lie in a: the order of summation is part of what a program means.
  private let summed: [Contraction.Pair]
  private let freeA: [Int]
  private let freeB: [Int]

  /// Copying an element costs as much as using it a few times.
  private static let fewUses = 4

  init(_ contraction: Contraction, _ shapeA: [Int], _ shapeB: [Int]) {
    (self.shapeA, self.shapeB) = (shapeA, shapeB)
    batch = contraction.batch
    summed = contraction.contracted.sorted { $0.a < $1.a }
    freeA = contraction.freeAxes(ofA: shapeA.count)
    freeB = contraction.freeAxes(ofB: shapeB.count)
  }

  // MARK: Packing

  /// Axes of an operand in the order of its packed copy: rows of sums.
  private var orderOfA: [Int] { batch.map(\.a) + freeA + summed.map(\.a) }
  /// Sums of rows, along which the kernel's vectors run.
  private var orderOfB: [Int] { batch.map(\.b) + summed.map(\.b) + freeB }

  private var isPackedA: Bool {
    isScattered(shapeA, freeA, summed.map(\.a))
      && freeB.reduce(1, { $0 * shapeB[$1] }) >= Self.fewUses
  }
  private var isPackedB: Bool {
    isScattered(shapeB, freeB, summed.map(\.b))
      && freeA.reduce(1, { $0 * shapeA[$1] }) >= Self.fewUses
  }

  private func isScattered(_ shape: [Int], _ free: [Int], _ summed: [Int]) -> Bool {
    let strides = LoopPlan.strides(shape)
    func loops(_ axes: [Int]) -> Int {
      LoopPlan.collapsed(
        axes.map { LoopPlan.Dimension(count: shape[$0], a: strides[$0], b: 0, result: 0) }
      ).count
    }
    return loops(free) > 1 || loops(summed) > 1
  }

  /// The copy of an operand that is laid out anew; an empty plan where none is.
  var packingOfA: LoopPlan { packing(isPackedA, shapeA, orderOfA) }
  var packingOfB: LoopPlan { packing(isPackedB, shapeB, orderOfB) }

  private func packing(_ isPacked: Bool, _ shape: [Int], _ order: [Int]) -> LoopPlan {
    var plan = LoopPlan()
    plan.isEmpty = !isPacked || shape.contains(0)
    let source = LoopPlan.strides(shape)
    let target = packedStrides(shape, order)
    plan.dimensions = LoopPlan.collapsed(
      order.map {
        LoopPlan.Dimension(count: shape[$0], a: source[$0], b: 0, result: target[$0])
      })
    return plan
  }

  /// By axis of the operand.
  private func packedStrides(_ shape: [Int], _ order: [Int]) -> [Int] {
    let packed = LoopPlan.strides(order.map { shape[$0] })
    var strides = shape
    for (place, axis) in order.enumerated() { strides[axis] = packed[place] }
    return strides
  }

  // MARK: Loops

  var plan: LoopPlan {
    let stridesA =
      isPackedA ? packedStrides(shapeA, orderOfA) : LoopPlan.strides(shapeA)
    let stridesB =
      isPackedB ? packedStrides(shapeB, orderOfB) : LoopPlan.strides(shapeB)
    let resultShape =
      batch.map { shapeA[$0.a] } + freeA.map { shapeA[$0] } + freeB.map { shapeB[$0] }
    let resultStrides = LoopPlan.strides(resultShape)
    var place = 0
    func next() -> Int {
      place += 1
      return resultStrides[place - 1]
    }
    let batches = batch.map {
      LoopPlan.Dimension(
        count: shapeA[$0.a], a: stridesA[$0.a], b: stridesB[$0.b], result: next())
    }
    let rows = freeA.map {
      LoopPlan.Dimension(count: shapeA[$0], a: stridesA[$0], b: 0, result: next())
    }
    let columns = freeB.map {
      LoopPlan.Dimension(count: shapeB[$0], a: 0, b: stridesB[$0], result: next())
    }
    let inner = summed.map {
      LoopPlan.Dimension(count: shapeA[$0.a], a: stridesA[$0.a], b: stridesB[$0.b], result: 0)
    }
    var plan = LoopPlan()
    plan.isEmpty = shapeA.contains(0) || shapeB.contains(0)
    var outer = LoopPlan.collapsed(batches)
    func last(_ dimensions: [LoopPlan.Dimension]) -> (LoopPlan.Dimension, [LoopPlan.Dimension]) {
      let joined = LoopPlan.collapsed(dimensions)
      return (
        joined.last ?? LoopPlan.Dimension(count: 1, a: 0, b: 0, result: 0),
        Array(joined.dropLast())
      )
    }
    let (row, outerRows) = last(rows)
    let (column, outerColumns) = last(columns)
    let (sum, outerSums) = last(inner)
    outer += outerRows + outerColumns
    plan.outerContracted = outerSums.count
    plan.dimensions = outer + outerSums
    plan.rows = row
    plan.columns = column
    plan.inner = sum
    // A result without columns is contiguous along its rows.
    if columns.isEmpty || column.count == 1 { plan.columns.result = 1 }
    return plan
  }
}
