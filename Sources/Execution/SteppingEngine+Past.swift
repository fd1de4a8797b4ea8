import NodalIR
import NodalMethods

/// Earlier states of solves with delays: read from the steps so far by the method's dense output, and from the history before the beginning.
extension SteppingEngine {
  /// Buffers and workspaces for it.
  final class Past {
    let program: PastExecutables
    let history: any Workspace
    let denseRate: (any Workspace)?
    let kick: (any Workspace)?
    /// Of the nodes of the steps under way, of one time, and of the same time on its other side.
    let ofStep = Buffer()
    let ofPoint = Buffer()
    let before = Buffer()
    let kickInputs: PointerTable
    /// θ, h, y₀, y₁ and record of each slot's earlier step.
    let arguments = (0..<5).map { _ in Buffer() }
    let inputs = PointerTable(count: 5)
    let historyInputs: PointerTable
    let times = Buffer()
    private var stateBytes = 0
    private var recordBytes = 0

    init(_ program: PastExecutables, parameters: Int, _ context: RunContext) {
      self.program = program
      history = program.history.makeWorkspace(context)
      denseRate = program.denseRate?.makeWorkspace(context)
      kick = program.kick?.makeWorkspace(context)
      historyInputs = PointerTable(count: 1 + parameters)
      kickInputs = PointerTable(count: 3 + parameters)
    }

    /// Room for so many slots.
    func prepare(_ slots: Int, _ stateBytes: Int, recordBytes: Int) {
      (self.stateBytes, self.recordBytes) = (stateBytes, recordBytes)
      for (k, size) in [8, 8, stateBytes, stateBytes, recordBytes].enumerated() {
        inputs[k] = UnsafeRawPointer(arguments[k].reserve(size * slots))
      }
      historyInputs[0] = UnsafeRawPointer(times.reserve(8 * slots))
    }

    /// A slot that nobody looks at reads a step of zeros.
    func blank(_ slot: Int) {
      arguments[0].typed(Double.self)[slot] = 0
      arguments[1].typed(Double.self)[slot] = 1
      for (k, bytes) in [(2, stateBytes), (3, stateBytes), (4, recordBytes)] {
        (arguments[k].pointer + slot * bytes).initializeMemory(
          as: UInt8.self, repeating: 0, count: bytes)
      }
    }

    /// A slot reads a step in the log at a time.
    func load(
      _ slot: Int, _ log: StepLog, _ step: Int, at time: Double, next: UnsafeRawPointer
    ) {
      let h = log.size(step)
      arguments[0].typed(Double.self)[slot] = (time - log.time(step)) / h
      arguments[1].typed(Double.self)[slot] = h
      (arguments[2].pointer + slot * stateBytes).copyMemory(
        from: log.states.pointer + step * stateBytes, byteCount: stateBytes)
      (arguments[3].pointer + slot * stateBytes).copyMemory(from: next, byteCount: stateBytes)
      (arguments[4].pointer + slot * recordBytes).copyMemory(
        from: log.records.pointer + step * recordBytes, byteCount: recordBytes)
    }

    var byteCount: Int {
      history.byteCount + (denseRate?.byteCount ?? 0) + (kick?.byteCount ?? 0)
        + arguments.byteCount + [ofStep, ofPoint, before, times].byteCount
    }
  }

  /// Takes up the delays of all trajectories.
  func beginPast() {
    guard let past else { return }
    let operand = Solve.Operand.parameters + past.program.delays.lags
    let count = past.program.count
    for i in trajectories.indices where !isDone[i] {
      let given =
        inputs[operand].assumingMemoryBound(to: Double.self) + (batched[operand] ? i * count : 0)
      let lags = (0..<count).map { given[$0] }
      if let wrong = lags.first(where: { !($0 > 0 && $0.isFinite) }) {
        fail(i, .delay, h: wrong)
        continue
      }
      guard trajectories[i].direction > 0 else {
        fail(i, .delay, h: trajectories[i].end - times.typed(Double.self)[i])
        continue
      }
      let state = DelayState(
        lags: lags, start: times.typed(Double.self)[i], end: trajectories[i].end,
        depth: past.program.delays.depth ?? program.order + 1,
        reach: past.program.nodes.max() ?? 1)
      trajectories[i].longest = min(trajectories[i].longest, state.longestStep)
      trajectories[i].delays = state
    }
  }

  /// Points the regions' inputs to the rows that are filled in here.
  func bind(_ past: Past) {
    let place = past.program.delays.past
    let bytes = past.program.count * stateBytes * (past.denseRate == nil ? 1 : 2) * slots
    let ofStep = UnsafeRawPointer(past.ofStep.reserve(bytes * past.program.nodes.count))
    let ofPoint = UnsafeRawPointer(past.ofPoint.reserve(bytes))
    stepInputs[3 + memory.count + place] = ofStep
    termInputs[4 + memory.count + place] = ofStep
    pointInputs[2 + place] = ofPoint
    beginInputs[4 + place] = ofPoint
    jumpInputs[3 + place] = ofPoint
    guard past.kick != nil else { return }
    past.kickInputs[0] = pointInputs[0]
    past.kickInputs[1] = pointInputs[1]
    past.kickInputs[2] = UnsafeRawPointer(past.before.reserve(bytes))
    for p in parameters.indices { past.kickInputs[3 + p] = pointInputs[2 + p] }
  }

  /// Where a slot's earlier states are looked up: from an instant, on the side of the beginning of a step (0), its end (1), or between.
  typealias Outlook = (_ slot: Int) -> (time: Double, side: Double)

  /// Earlier states for all nodes of the steps under way.
  func fillPastOfSteps() throws(ExecutionError) {
    guard let past else { return }
    let nodes = past.program.nodes
    for (n, node) in nodes.enumerated() {
      try fill(past, past.ofStep, at: (n, nodes.count), outlook(at: node))
    }
  }

  /// Earlier states at the slots' times, or at the ends of their steps.
  func fillPast(atEnd: Bool = false) throws(ExecutionError) {
    guard let past else { return }
    try fill(past, past.ofPoint, at: (0, 1), outlook(at: atEnd ? 1 : 0))
  }

  /// Earlier states of some instants.
  func fillPast(_ outlook: Outlook) throws(ExecutionError) {
    guard let past else { return }
    try fill(past, past.ofPoint, at: (0, 1), outlook)
  }

  private func outlook(at node: Double) -> Outlook {
    let (t, h) = (times.typed(Double.self), sizes.typed(Double.self))
    return { (t[$0] + node * h[$0], node) }
  }

  /// Slots whose steps have ended at a break: their derivatives jump, where the break moves.
  func kick(_ breaking: [Int], _ record: any Workspace) throws(ExecutionError) {
    guard let past, let kick = past.kick, !breaking.isEmpty else { return }
    let t = times.typed(Double.self)
    fillPhases()
    try fill(past, past.before, at: (0, 1)) { (t[$0], 1) }
    try fill(past, past.ofPoint, at: (0, 1)) { (t[$0], 0) }
    try kick.run(past.kickInputs.pointer, inner(lanes: slots))
    for slot in breaking {
      try logJump(slot, record)
      let next = kick.results[0] + slot * stateBytes
      guard isFinite(next) else {
        fail(slot, .nonFinite, h: 0, next: next)
        continue
      }
      (state.pointer + slot * stateBytes).copyMemory(from: next, byteCount: stateBytes)
    }
  }

  /// - Parameter node: of how many that have a place in the buffer, which.
  private func fill(
    _ past: Past, _ buffer: Buffer, at node: (place: Int, count: Int), _ outlook: Outlook
  ) throws(ExecutionError) {
    let parts = past.denseRate == nil ? 1 : 2
    let rowBytes = stateBytes * parts
    let count = past.program.count
    let slotBytes = node.count * count * rowBytes
    past.prepare(
      slots, stateBytes, recordBytes: LaneRows.bytes(all: program.regions.record, extents))
    for lag in 0..<count {
      let place = (node.place * count + lag) * rowBytes
      func put(_ slots: [Int], _ source: UnsafeRawPointer, part: Int) {
        for slot in slots {
          (buffer.pointer + slot * slotBytes + place + part * stateBytes).copyMemory(
            from: source + slot * stateBytes, byteCount: stateBytes)
        }
      }
      let wanted = look(past, lag, outlook)
      if !wanted.steps.isEmpty {
        try dense.run(past.inputs.pointer, inner(lanes: slots))
        put(wanted.steps, dense.results[0], part: 0)
        if let rate = past.denseRate {
          try rate.run(past.inputs.pointer, inner(lanes: slots))
          put(wanted.steps, rate.results[0], part: 1)
        }
      }
      if !wanted.history.isEmpty {
        try past.history.run(past.historyInputs.pointer, inner(lanes: slots))
        for part in 0..<parts { put(wanted.history, past.history.results[part], part: part) }
      }
    }
  }

  /// Where each slot's state of one delay before is to be read: the slots that have it in a step, and those that have it in the history.
  private func look(
    _ past: Past, _ lag: Int, _ outlook: Outlook
  ) -> (steps: [Int], history: [Int]) {
    let (t, h) = (times.typed(Double.self), sizes.typed(Double.self))
    let historyTimes = past.times.typed(Double.self)
    var wanted = (steps: [Int](), history: [Int]())
    for slot in 0..<slots {
      historyTimes[slot] = t[slot]
      guard !isDone[slot], let state = trajectories[lanes[slot]].delays else {
        past.blank(slot)
        continue
      }
      let length = state.lags[lag]
      let (instant, side) = outlook(slot)
      let time = instant - length
      let bound = side > 1 ? state.bound(instant, behind: t[slot] + h[slot]) : instant
      // Where two pieces of the past meet it is that on the step's side.
      let sought = bound - length + (0.5 - side) * 1e-6 * max(h[slot], 1e-3 * length)
      if sought >= state.start, let step = log.last(before: sought, among: state.steps) {
        wanted.steps.append(slot)
        let following = step + 1
        let next =
          following < state.steps.count
          ? log.states.pointer + state.steps[following] * stateBytes
          : self.state.pointer + slot * stateBytes
        past.load(slot, log, state.steps[step], at: time, next: next)
      } else {
        past.blank(slot)
        wanted.history.append(slot)
        historyTimes[slot] = time
      }
    }
    return wanted
  }
}
