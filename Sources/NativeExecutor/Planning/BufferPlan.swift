import NodalExecution
import NodalIR

/// Where the values of a scheduled region lie: planned once, from the steps that write and read them. Sizes are filled in
/// when the lengths are known.
struct BufferPlan: Sendable {
  enum Place: Sendable {
    case parameter
    /// Written once, when the lengths are known.
    case constant(Constant)
    /// Memory that values of one size share, one after the other.
    case slot(Int)
    /// The memory of another value.
    case alias(of: Int)
    /// A result of a child: memory of the child's.
    case child
    /// Computed where it is read.
    case nothing
  }

  private(set) var places: [Place]
  /// Bytes of each slot.
  private(set) var slots: [Measure] = []

  init(_ schedule: Schedule) {
    let region = schedule.region
    let memory = schedule.memory
    places = Array(repeating: .nothing, count: region.types.count)
    for i in 0..<region.parameterCount { places[i] = .parameter }
    for (value, constant) in schedule.constants { places[value] = .constant(constant) }
    for (value, root) in schedule.aliases { places[value] = .alias(of: root) }
    var lastUse = [Int](repeating: -1, count: region.types.count)
    var writes: [[Int]] = []
    for (i, step) in schedule.steps.enumerated() {
      var written: [Int] = []
      for access in step.reads { lastUse[access.value] = i }
      for access in step.writes where !written.contains(access.value) {
        written.append(access.value)
        lastUse[access.value] = max(lastUse[access.value], i)
      }
      if case .call(_, let operands, let results) = step {
        for operand in operands { lastUse[memory[operand] ?? operand] = i }
        for result in results { places[result] = .child }
      }
      writes.append(written)
    }
    for result in region.results { lastUse[memory[result.index] ?? result.index] = .max }
    for child in schedule.children {
      for operand in child.form.handedOn {
        let value = child.operands[operand].index
        lastUse[memory[value] ?? value] = .max
      }
    }
    var free: [Measure: [Int]] = [:]
    var ending: [Int: [Int]] = [:]
    for (i, written) in writes.enumerated() {
      for value in written {
        if case .slot = places[value] { continue }
        let type = region.types[value]
        let bytes = type.element.byteCount * type.measure
        if let slot = free[bytes]?.popLast() {
          places[value] = .slot(slot)
        } else {
          places[value] = .slot(slots.count)
          slots.append(bytes)
        }
        ending[lastUse[value], default: []].append(value)
      }
      // Memory is free for the steps behind the last that reads it, never for that one: its loops run in any order.
      for value in ending[i] ?? [] {
        if case .slot(let slot) = places[value] { free[slots[slot], default: []].append(slot) }
      }
    }
  }
}

extension BufferPlan {
  /// Memory for the results of an unrolled region.
  init(resultsOf region: Region) {
    places = Array(repeating: .nothing, count: region.types.count)
    for i in 0..<region.parameterCount { places[i] = .parameter }
    for result in region.results where result.index >= region.parameterCount {
      if case .slot = places[result.index] { continue }
      let type = region[result]
      places[result.index] = .slot(slots.count)
      slots.append(type.element.byteCount * type.measure)
    }
  }
}

extension ProgramStep {
  /// Accesses of loops by which memory is read.
  var reads: [Access] {
    switch self {
    case .kernel(let kernel): kernel.graph.loads
    case .contraction(let kernel): [kernel.a, kernel.b]
    case .call: []
    }
  }

  var writes: [Access] {
    switch self {
    case .kernel(let kernel):
      switch kernel.body {
      case .map(let stores): stores.map(\.access)
      case .reduce(_, _, _, let target, _): [target]
      }
    case .contraction(let kernel): [kernel.target]
    case .call: []
    }
  }

  /// Run-time lengths that its loops and accesses need.
  var lengths: Set<Measure.Length> {
    let counts: [Extent] =
      switch self {
      case .kernel(let kernel): kernel.loops
      case .contraction(let kernel):
        (kernel.plan.batch + kernel.plan.rows + kernel.plan.columns + kernel.plan.contracted)
          .map(\.extent)
      case .call: []
      }
    let measures =
      counts.map { Measure($0) } + (reads + writes).flatMap { $0.strides + $0.offset }
    return Set(measures.flatMap(\.lengths))
  }
}
