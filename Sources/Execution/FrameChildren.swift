package import NodalIR

/// What the forms with regions of a program became, as one frame runs them. Both executors' frames have it.
package final class FrameChildren {
  private let workspaces: [any Workspace]
  private let inputs: [PointerTable]

  package init(_ programs: [any Executable], _ context: RunContext) {
    workspaces = programs.map { $0.makeWorkspace(context) }
    inputs = programs.map { PointerTable(count: $0.parameterTypes.count) }
  }

  package var byteCount: Int { workspaces.reduce(0) { $0 + $1.byteCount } }

  /// Runs a child on values of the frame, and points to its results where they lie. A solve finds out how long its trace is:
  /// then `resolve` is told the lengths, before the results are there. Only values behind the solve have the new length: no
  /// memory in use moves.
  package func call(
    _ child: Int, _ operands: [Int], _ results: Range<Int>,
    _ pointers: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ extents: ExtentValues,
    resolve: (ExtentValues) -> Void
  ) throws(ExecutionError) {
    let table = inputs[child]
    for (i, operand) in operands.enumerated() { table[i] = UnsafeRawPointer(pointers[operand]) }
    let workspace = workspaces[child]
    try workspace.run(table.pointer, extents)
    if workspace.extents.steps != extents.steps {
      resolve(ExtentValues(lanes: extents.lanes, steps: workspace.extents.steps))
    }
    for (i, result) in results.enumerated() {
      pointers[result] = UnsafeMutableRawPointer(mutating: workspace.results[i])
    }
  }
}
