import NodalIR

/// Reads a recorded trajectory: finds the step by bisection, then runs the method's dense region.
/// Works in both directions of time; beyond the ends the first or last step's polynomial goes on.
struct InterpolateExecutable: Executable {
  let interpolate: Interpolate
  let parameterTypes: [ValueType]
  let resultTypes: [ValueType]
  let dense: any Executable

  init(
    _ interpolate: Interpolate, _ operands: [ValueType], _ results: [ValueType],
    _ executor: any Executor
  ) throws {
    self.interpolate = interpolate
    parameterTypes = operands
    resultTypes = results
    dense = try executor.compile(interpolate.dense)
  }

  func makeWorkspace(_ context: RunContext) -> any Workspace {
    InterpolateWorkspace(self, context)
  }
}

private final class InterpolateWorkspace: Workspace {
  let program: InterpolateExecutable
  let dense: any Workspace
  let store: ResultStore
  let inner = PointerTable(count: 5)
  /// θ, h, y₀, y₁, record of each lane's step.
  let arguments = (0..<5).map { _ in Buffer() }
  @exclusivity(unchecked) var extents = ExtentValues()
  var results: UnsafePointer<UnsafeRawPointer> { store.pointers.pointer }
  var byteCount: Int {
    store.byteCount + dense.byteCount + arguments.byteCount
  }

  init(_ program: InterpolateExecutable, _ context: RunContext) {
    self.program = program
    dense = program.dense.makeWorkspace(context)
    store = ResultStore(program.resultTypes)
  }

  func run(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    self.extents = extents
    let types = program.parameterTypes
    let axis = program.interpolate.trajectories
    let lanes = axis.map(extents.length) ?? 1
    // [T, steps, …]: behind the axis of trajectories is that of steps.
    let stepAxis = axis == nil ? 0 : 1
    let steps = types[2].rank > stepAxis ? extents.length(of: types[2].extents[stepAxis]) : 0
    func row(_ type: ValueType) -> Int {
      type.extents.dropFirst(stepAxis + 1).reduce(type.element.byteCount) {
        $0 * extents.length(of: $1)
      }
    }
    let state = row(types[4])
    let record = row(types[5])
    let sizes = [8, 8, state, state, record]
    for i in 0..<5 {
      arguments[i].reserve(sizes[i] * lanes)
      inner[i] = UnsafeRawPointer(arguments[i].pointer)
    }
    for lane in 0..<lanes {
      let t = inputs[0].load(fromByteOffset: 8 * lane, as: Double.self)
      let count = min(
        max(0, Int(inputs[1].load(fromByteOffset: 8 * lane, as: Int64.self))), max(0, steps - 1))
      let times = inputs[2] + 8 * steps * lane
      let k = Self.step(t, times.assumingMemoryBound(to: Double.self), count)
      let base = lane * steps
      let end = count > 0 ? k + 1 : k
      // A trajectory without steps is its start everywhere; behind a jump that stops it, it is what the jump leaves.
      let length = count > 0 ? inputs[3].load(fromByteOffset: 8 * (base + k), as: Double.self) : 0
      let moves = length != 0
      let start = steps > 0 ? times.load(fromByteOffset: 8 * k, as: Double.self) : 0
      arguments[0].typed(Double.self)[lane] = moves ? (t - start) / length : 0
      arguments[1].typed(Double.self)[lane] = moves ? length : 1
      guard steps > 0 else { continue }
      (arguments[2].pointer + lane * state).copyMemory(
        from: inputs[4] + (base + (moves ? k : end)) * state, byteCount: state)
      (arguments[3].pointer + lane * state).copyMemory(
        from: inputs[4] + (base + end) * state, byteCount: state)
      if moves {
        (arguments[4].pointer + lane * record).copyMemory(
          from: inputs[5] + (base + k) * record, byteCount: record)
      } else {
        (arguments[4].pointer + lane * record).initializeMemory(
          as: UInt8.self, repeating: 0, count: record)
      }
    }
    try dense.run(
      inner.pointer, ExtentValues(lanes: axis == nil ? extents.lanes : lanes, steps: extents.steps))
    store.copy(0, from: dense.results[0], extents)
  }

  /// The last step that begins before or at `t`, in the direction of travel.
  static func step(_ t: Double, _ times: UnsafePointer<Double>, _ count: Int) -> Int {
    guard count > 1 else { return 0 }
    let descends = times[count] < times[0]
    var low = 0
    var high = count
    while high - low > 1 {
      let middle = (low + high) / 2
      if descends ? times[middle] >= t : times[middle] <= t { low = middle } else { high = middle }
    }
    return low
  }
}
