import NodalIR

/// What an engine and a compiled loop share: the loop's table, and the values of its lanes. Made once.
final class LoopMemory {
  let table: LoopTable
  /// The state, then what the method remembers.
  let rows: [LaneBlock]
  let parameters: [Parameter]
  let integrals: [LaneBlock]
  /// Of given steps: sizes that components have reached.
  let reached: LaneBlock?
  /// The slot that each lane holds; none is -1.
  let slots: UnsafeMutablePointer<Int>

  enum Parameter {
    /// The same for all lanes, where the engine has it.
    case shared
    /// Each lane has its own elements.
    case own(LaneBlock)
    /// Over the steps of a trace: an address for each lane.
    case address(LaneBlock)
  }

  init(
    _ table: LoopTable, rows: [LaneBlock], parameters: [Parameter], integrals: [LaneBlock],
    reached: LaneBlock?
  ) {
    self.table = table
    self.rows = rows
    self.parameters = parameters
    self.integrals = integrals
    self.reached = reached
    slots = .allocate(capacity: table.width)
    slots.initialize(repeating: -1, count: table.width)
    for (k, row) in rows.enumerated() { table.blocks[k] = row.memory.pointer }
    for (p, parameter) in parameters.enumerated() {
      switch parameter {
      case .shared: break
      case .own(let block), .address(let block):
        table.blocks[rows.count + p] = block.memory.pointer
      }
    }
    for (k, integral) in integrals.enumerated() {
      table.blocks[rows.count + parameters.count + k] = integral.memory.pointer
    }
    if let reached {
      table.blocks[rows.count + parameters.count + integrals.count] = reached.memory.pointer
    }
  }

  deinit { slots.deallocate() }

  var byteCount: Int {
    let own = parameters.compactMap { parameter -> Buffer? in
      switch parameter {
      case .shared: nil
      case .own(let block), .address(let block): block.memory
      }
    }
    return ((rows + integrals + [reached].compactMap { $0 }).map(\.memory) + own).byteCount
  }
}
