import NodalIR

extension CountedScanWorkspace {
  /// Turns between two looks whether to stop.
  private static let patience = 4096

  /// Takes all trajectories through their turns by compiled code, as many at a time as it takes side by side.
  func run(
    _ loop: any ScanLoop, _ inputs: UnsafePointer<UnsafeRawPointer>, _ steps: Int
  ) throws(ExecutionError) {
    let table = table(width: loop.width)
    setStrides(steps)
    for first in stride(from: 0, to: total, by: loop.width) {
      var turns = 0
      for lane in 0..<loop.width {
        let count = first + lane < total ? counts[first + lane] : 0
        table.counts[lane] = count
        turns = max(turns, count)
        point(table, lane, to: first + lane < total ? first + lane : first, inputs)
      }
      var done = 0
      while done < turns {
        if let cancel = context.cancel, cancel.isSet { throw .cancelled }
        let part = min(turns - done, Self.patience)
        loop.run(table, from: scan.reverse ? turns - 1 - done : done, turns: part)
        done += part
      }
    }
  }

  private func table(width: Int) -> ScanTable {
    if let table = tables.first(where: { $0.width == width }) { return table }
    let made = ScanTable(width: width, values: strides.count)
    tables.append(made)
    return made
  }

  /// Bytes from one trajectory to the next, by the table's values.
  private func setStrides(_ steps: Int) {
    // A single one is the first.
    guard total > 1 else { return }
    let parameters = scan.body.parameterCount
    let (types, results) = (scan.body.types, scan.body.resultTypes)
    for value in strides.indices {
      let result = scan.carries + value - parameters
      let type = value < parameters ? types[value] : results[result]
      let isStacked =
        value < parameters
        ? value >= scan.carries && value < scan.carries + scan.stacked
        : result < scan.carries + scan.outputs
      strides[value] = type.isBatched ? LaneRows.bytes(type, extents) * (isStacked ? steps : 1) : 0
    }
  }

  /// Gives a lane the values of a trajectory.
  private func point(
    _ table: ScanTable, _ lane: Int, to trajectory: Int,
    _ inputs: UnsafePointer<UnsafeRawPointer>
  ) {
    let parameters = scan.body.parameterCount
    for value in strides.indices {
      let first: UnsafeMutableRawPointer
      if value < scan.carries {
        first = store[value]
      } else if value < parameters {
        // Behind the counts; nothing is written there.
        first = UnsafeMutableRawPointer(mutating: inputs[value + 1])
      } else {
        first = store[scan.carries + value - parameters]
      }
      table[value, lane] = first + strides[value] * trajectory
    }
  }
}
