import NodalIR

/// Companions of the state, which methods remember whose steps can be undone (`SymmetricStep`).
extension SteppingEngine {
  /// So large a part of each component that a companion has come off by is worth a warning.
  private static let tolerableGap = 0.05

  /// Looks at a trajectory that has come to its end by a step: where the equation damps, a companion comes off its state without end, and the
  /// state is half of that. Steps are given, so nothing else would tell.
  func lookAtCompanion(_ slot: Int) throws(ExecutionError) {
    guard let companionGap else { return }
    let i = lanes[slot]
    let table = PointerTable(count: 4 + parameters.count)
    let length = Buffer()
    length.typed(Double.self)[0] = -trajectories[i].gap.h
    table[0] = UnsafeRawPointer(times.pointer) + (isJoint ? 0 : 8 * slot)
    table[1] = UnsafeRawPointer(length.pointer)
    table[2] = UnsafeRawPointer(state.pointer) + slot * stateBytes
    table[3] = UnsafeRawPointer(memory[0].pointer) + slot * rowBytes(memoryType(0))
    for p in parameters.indices { table[4 + p] = parameter(p, of: i) }
    try companionGap.run(table.pointer, inner(lanes: 1))
    let reached = sizesReached.typed(Double.self) + i * dimension
    var share = Double.infinity
    for j in 0..<dimension {
      let gap = abs(ElementAccess.load(stateType.element, companionGap.results[0], j))
      let size = abs(ElementAccess.load(stateType.element, state.pointer, slot * dimension + j))
      let unit = max(size, reached[j])
      if unit > 0 { share = min(share, gap / unit) }
    }
    guard share > Self.tolerableGap, share.isFinite else { return }
    context.warn(
      .companionAstray(
        time: told(times.typed(Double.self)[isJoint ? 0 : slot], i), share: share,
        origin: program.origin))
  }
}
