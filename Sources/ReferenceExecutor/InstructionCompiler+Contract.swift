import NodalExecution
import NodalIR

extension InstructionCompiler {
  mutating func contract(
    _ contraction: Contraction, _ operands: [Int], _ types: [ValueType], _ type: ValueType,
    _ r: Int
  ) {
    let (a, b) = (operands[0], operands[1])
    let index = newPlan()
    let element = type.element
    append { f in
      let plan = f.plan(index) { frame in
        Self.contractPlan(contraction, frame.shape(types[0]), frame.shape(types[1]))
      }
      // For a right side that is turned around.
      let scratch = f.scratch.reserve(plan.columns.count * plan.inner.count * element.byteCount)
      if element == .f32 {
        ContractKernel.run(
          plan, f.f32(a), f.f32(b), f.f32(r), count: f.counts[r],
          scratch: scratch.assumingMemoryBound(to: Float.self))
      } else {
        ContractKernel.run(
          plan, f.f64(a), f.f64(b), f.f64(r), count: f.counts[r],
          scratch: scratch.assumingMemoryBound(to: Double.self))
      }
    }
  }

  private static func contractPlan(
    _ contraction: Contraction, _ shapeA: [Int], _ shapeB: [Int]
  ) -> LoopPlan {
    let stridesA = LoopPlan.strides(shapeA)
    let stridesB = LoopPlan.strides(shapeB)
    let freeA = contraction.freeAxes(ofA: shapeA.count)
    let freeB = contraction.freeAxes(ofB: shapeB.count)
    let resultShape =
      contraction.batch.map { shapeA[$0.a] } + freeA.map { shapeA[$0] } + freeB.map { shapeB[$0] }
    let resultStrides = LoopPlan.strides(resultShape)
    var place = 0
    func next() -> Int {
      place += 1
      return resultStrides[place - 1]
    }
    let batch = contraction.batch.map {
      LoopPlan.Dimension(
        count: shapeA[$0.a], a: stridesA[$0.a], b: stridesB[$0.b], result: next())
    }
    let rows = freeA.map {
      LoopPlan.Dimension(count: shapeA[$0], a: stridesA[$0], b: 0, result: next())
    }
    let columns = freeB.map {
      LoopPlan.Dimension(count: shapeB[$0], a: 0, b: stridesB[$0], result: next())
    }
    // In the order in which they lie in a: the order of summation is part of what a program means.
    let inner = contraction.contracted.sorted { $0.a < $1.a }.map {
      LoopPlan.Dimension(count: shapeA[$0.a], a: stridesA[$0.a], b: stridesB[$0.b], result: 0)
    }
    var plan = LoopPlan()
    plan.isEmpty = shapeA.contains(0) || shapeB.contains(0)
    var outer = LoopPlan.collapsed(batch)
    func last(_ dimensions: [LoopPlan.Dimension]) -> (LoopPlan.Dimension, [LoopPlan.Dimension]) {
      let joined = LoopPlan.collapsed(dimensions)
      return (
        joined.last ?? LoopPlan.Dimension(count: 1, a: 0, b: 0, result: 0),
        Array(joined.dropLast())
      )
    }
    let (row, outerRows) = last(rows)
    let (column, outerColumns) = last(columns)
    let (summed, outerSummed) = last(inner)
    outer += outerRows + outerColumns
    plan.outerContracted = outerSummed.count
    plan.dimensions = outer + outerSummed
    plan.rows = row
    plan.columns = column
    plan.inner = summed
    // A result without columns is contiguous along its rows.
    if columns.isEmpty || column.count == 1 { plan.columns.result = 1 }
    return plan
  }
}
