import NodalIR

/// A lowered map: its body, run once with a lane for each element.
struct MapExecutable: Executable {
  let map: Map
  let parameterTypes: [ValueType]
  let resultTypes: [ValueType]
  let body: any Executable

  init(_ map: Map, _ operands: [ValueType], _ results: [ValueType], _ executor: any Executor)
    throws
  {
    guard map.isLowered else { throw IRError("a map that isn't lowered reached an executor") }
    self.map = map
    parameterTypes = operands
    resultTypes = results
    body = try executor.compile(map.body)
  }

  func makeWorkspace(_ context: RunContext) -> any Workspace { MapWorkspace(self, context) }
}

private final class MapWorkspace: Workspace {
  let program: MapExecutable
  let body: any Workspace
  let store: ResultStore
  @exclusivity(unchecked) var extents = ExtentValues()
  var results: UnsafePointer<UnsafeRawPointer> { store.pointers.pointer }
  var byteCount: Int {
    store.byteCount + body.byteCount
  }

  init(_ program: MapExecutable, _ context: RunContext) {
    self.program = program
    body = program.body.makeWorkspace(context)
    store = ResultStore(program.resultTypes)
  }

  func run(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    self.extents = extents
    let lanes = extents.length(of: program.map.extent)
    try body.run(inputs, ExtentValues(lanes: lanes, steps: extents.steps))
    for i in program.resultTypes.indices { store.copy(i, from: body.results[i], extents) }
  }
}
