import NodalExecution
import NodalIR
import NodalMethods

/// Writes the loop of steps: what `SteppingEngine` does for each trajectory, on registers.
///
/// A lane that has an event ends the run for all; the engine sees to it. Save times and the log of steps are met here, in code
/// that is apart from the loop's hot path (`+Visits`).
struct LoopEmitter {
  let w: FunctionWriter
  let problem: StepLoopProblem
  let width: Int
  let step: Region
  let recorded: Region
  let dense: Region
  /// Of the steps' parameters.
  let traces: TraceParameters
  /// Parameters that rows are gathered of.
  let tables: Set<Int>
  let memory: KernelEmitter

  private let numbers = Operand("%numbers", .pointer)
  private let counts = Operand("%counts", .pointer)
  private let log = Operand("%log", .pointer)
  let f64: LLVMType
  let i64: LLVMType
  let state: LLVMType
  let dimension: Int
  let memories: Int

  init(
    _ w: FunctionWriter, _ problem: StepLoopProblem, width: Int, target: CodeTarget, step: Region,
    recorded: Region, dense: Region, traces: TraceParameters, tables: Set<Int>
  ) {
    self.w = w
    self.problem = problem
    self.width = width
    self.step = step
    self.recorded = recorded
    self.dense = dense
    self.traces = traces
    self.tables = tables
    memory = KernelEmitter(
      w, target: target, values: Operand("%blocks", .pointer),
      lengths: Operand("%lengths", .pointer))
    f64 = LLVMType.f64.with(width: width)
    i64 = LLVMType.i64.with(width: width)
    state = problem.state.element.registerType.with(width: width)
    dimension = problem.state.fixedCount ?? 0
    memories = problem.regions.start?.results.count ?? 0
  }

  /// The loop's own steps leave their records: where each is logged, or where they cost nothing.
  var keepsRecords: Bool {
    problem.hasTrace
      || (problem.hasSaves
        && problem.regions.evaluations.record == problem.regions.evaluations.step)
  }

  // MARK: Tables

  func address(_ field: LoopTable.Number) -> Operand {
    w.address(numbers, .integer(field.rawValue * width), of: .f64)
  }
  func address(_ field: LoopTable.Count) -> Operand {
    w.address(counts, .integer(field.rawValue * width), of: .i64)
  }
  func load(_ field: LoopTable.Number) -> Operand { w.load(address(field), f64) }
  func load(_ field: LoopTable.Count) -> Operand { w.load(address(field), i64) }

  /// One lane's entry.
  func entry(_ field: LoopTable.Count, _ lane: Operand) -> Operand {
    w.address(address(field), lane, of: .i64)
  }
  func entry(_ field: LoopTable.Number, _ lane: Operand) -> Operand {
    w.address(address(field), lane, of: .f64)
  }
  func entry(_ field: LoopTable.Log) -> Operand {
    w.address(log, .integer(field.rawValue), of: .i64)
  }
  func pointer(at address: Operand) -> Operand {
    w.convert("inttoptr", w.load(address, .i64), to: .pointer)
  }

  /// A register that the loop changes.
  struct Register {
    let w: FunctionWriter
    let place: Operand
    let type: LLVMType

    init(_ w: FunctionWriter, _ value: Operand) {
      self.w = w
      type = value.type
      place = w.variable(value.type)
      w.store(value, place)
    }
    var value: Operand { w.load(place, type) }
    func set(_ value: Operand) { w.store(value, place) }
    /// Takes a value over in the lanes where a condition holds; in all, where there is none.
    func update(_ condition: Operand?, _ value: Operand) {
      set(condition.map { w.select($0, value, self.value) } ?? value)
    }
  }

  /// Values that one of two pieces of code gives: the usual one, without a choice by lanes on the way from a step to the next, and
  /// the one for all cases.
  struct Choice {
    let w: FunctionWriter
    let places: [(place: Operand, type: LLVMType)]

    init(_ w: FunctionWriter, _ types: [LLVMType]) {
      self.w = w
      places = types.map { (w.variable($0), $0) }
    }
    func choose(_ values: [Operand]) {
      for (value, place) in zip(values, places) { w.store(value, place.place) }
    }
    subscript(i: Int) -> Operand { w.load(places[i].place, places[i].type) }
  }

  var mask: LLVMType { f64.with(.i1) }
  func constant(_ x: Double) -> Operand { .constant(x, f64) }

  func wide(_ x: Operand) -> Operand {
    x.type.width == width ? x : w.alike([x, .constant(0, x.type.with(width: width))])[0]
  }

  // MARK: The loop

  func emit() {
    switch problem.pace {
    case .adaptive(let controller): emitAdaptive(StepControl(w: w, controller: controller))
    case .given(let budget, let growth, let largest):
      emitGiven(budget: budget, growth: growth, largest: largest)
    }
    w.line("ret void")
  }

  /// What every loop keeps in registers.
  struct Registers {
    var active: Operand
    /// Elements of the state, the memories and the parameters; these don't change.
    var y: [Register]
    var remembered: [[Register]]
    var parameters: [[Operand]]
    /// The integrals so far.
    var sums: [[Register]]
    var t: Register
    var end, direction: Operand
    /// Entries of the log that are no steps.
    var jumps: Operand
    var accepted, budget, savesMet: Register
    /// Save times, by lane.
    var nextSave: Operand
    var round, event: Register
    var spill: Spill
  }

  /// Of state, memories and parameters; integrals follow.
  var blocks: Int { step.parameterCount - 2 }
  /// With given steps the sizes that components have reached follow behind all others.
  var blockCount: Int { blocks + problem.terms.count + (problem.isGiven ? 1 : 0) }

  func registers() -> Registers {
    memory.prepare(
      values: Set(0..<blockCount), lengths: TraceParameters.lengths(step))
    let active = w.compare("ne", load(.active), .integer(0, i64))
    let parameters = ((3 + memories)..<step.parameterCount).map { p -> [Operand] in
      if traces.arrays.contains(p) || tables.contains(p) { return [memory.pointer(p - 2)] }
      let elements = block(p - 2, step.parameterTypes[p])
      // A lane without a trajectory has nothing to be read.
      return traces.counts.contains(p)
        ? elements.map { w.select(active, $0, .integer(-1, i64)) } : elements
    }
    let nextSave = problem.hasSaves ? w.array(.f64, count: width) : numbers
    if problem.hasSaves { w.loop(below: .integer(width)) { findNextSave($0, nextSave) } }
    return Registers(
      active: active, y: block(0, step.parameterTypes[2]).map { Register(w, $0) },
      remembered: (0..<memories).map { k in
        block(1 + k, step.parameterTypes[3 + k]).map { Register(w, $0) }
      }, parameters: parameters,
      sums: problem.terms.enumerated().map { k, type in
        block(blocks + k, type).map { Register(w, $0) }
      }, t: Register(w, load(.time)), end: load(.end), direction: load(.direction),
      jumps: problem.hasTrace ? load(.jumps) : .integer(0, i64),
      accepted: Register(w, load(.accepted)), budget: Register(w, load(.budget)),
      savesMet: Register(w, .integer(0, i64)), nextSave: nextSave,
      round: Register(w, .integer(0)), event: Register(w, .integer(0, i64)),
      spill: Spill(w, width))
  }

  /// A step's results, by what they are.
  struct Results {
    var after: [Operand]
    var memory: [[Operand]]
    var error, proposal: Operand?
    var record: [Operand]
    var terms: [[Operand]]
    /// The state and the memory before it.
    var before: [Operand]
    var memoryBefore: [[Operand]]
  }

  func takeStep(_ r: Registers, at now: Operand, _ h: Operand) -> Results {
    let region = keepsRecords ? recorded : step
    var body = UnrolledEmitter(w, region, width: width, length: length)
    let before = r.y.map(\.value)
    let memoryBefore = r.remembered.map { $0.map(\.value) }
    var results = body.emit([[now], [h], before] + memoryBefore + r.parameters)
      .map { $0.map(wide) }[...]
    let after = results.removeFirst()
    let memory = (0..<memories).map { _ in results.removeFirst() }
    let error = problem.regions.hasError ? results.removeFirst()[0] : nil
    let proposal = problem.regions.hasProposal ? results.removeFirst()[0] : nil
    let record = keepsRecords ? results.removeFirst() : []
    return Results(
      after: after, memory: memory, error: error, proposal: proposal, record: record,
      terms: Array(results), before: before, memoryBefore: memoryBefore)
  }

  /// The step's end is the state, in the lanes that have taken it; in all, where there is no condition.
  func advance(_ r: Registers, _ taken: Operand?, to target: Operand, _ results: Results) {
    r.t.update(taken, target)
    for (registers, values) in zip([r.y] + r.remembered, [results.after] + results.memory) {
      for (register, value) in zip(registers, values) { register.update(taken, value) }
    }
    for (registers, values) in zip(r.sums, results.terms) {
      for (register, value) in zip(registers, values) {
        register.update(taken, w.add(register.value, value))
      }
    }
  }

  /// Save times, and the log.
  ///
  /// - Parameter tried: where the step counts: what is left to the engine it tries again.
  func meet(
    _ r: Registers, tried: Operand, taken: Operand, t: Operand, h: Operand, target: Operand,
    _ results: Results
  ) {
    var due: Operand?
    if problem.hasSaves {
      let ahead = w.multiply(w.subtract(target, w.load(r.nextSave, f64)), r.direction)
      r.savesMet.set(
        w.add(r.savesMet.value, bit(w.and(tried, w.compare("ogt", ahead, constant(0))))))
      due = w.and(taken, w.compare("oge", ahead, constant(0)))
    }
    guard let met = problem.hasTrace ? taken : due else { return }
    w.branch(w.any(met)) {
      visit(
        r.spill, r.nextSave,
        Visit(
          taken: taken, due: due, t: t, h: h, target: target, direction: r.direction,
          entry: w.add(r.accepted.value, r.jumps), before: results.before, after: results.after,
          record: results.record, memory: results.memoryBefore, parameters: r.parameters))
    }
  }

  /// Whether to go on: no lane needs the engine, and there is time and room.
  func goesOn(_ r: Registers, taken: Operand, stuck: Operand, landed: Operand) -> Operand {
    r.accepted.set(w.add(r.accepted.value, bit(taken)))
    var what = w.select(
      stuck, .integer(LoopTable.Event.stuck, i64), .integer(LoopTable.Event.none, i64))
    what = w.select(landed, .integer(LoopTable.Event.landed, i64), what)
    r.event.set(what)
    r.round.set(w.add(r.round.value, .integer(1)))
    var stops = w.any(w.compare("ne", what, .integer(0, i64)))
    stops = w.or(stops, w.compare("sge", r.round.value, Operand("%rounds", .i64)))
    if problem.hasTrace {
      let room = w.subtract(w.load(entry(.capacity), .i64), w.load(entry(.count), .i64))
      stops = w.or(stops, w.compare("slt", room, .integer(width)))
    }
    return w.not(stops)
  }

  /// Back into the tables.
  func store(_ r: Registers) {
    save(.time, r.t)
    save(.accepted, r.accepted.value)
    save(.budget, r.budget.value)
    save(.saves, w.add(load(.saves), r.savesMet.value))
    save(.event, r.event.value)
    func put(_ k: Int, _ registers: [Register], _ element: ElementType) {
      for (j, register) in registers.enumerated() {
        w.store(
          register.value,
          w.address(memory.pointer(k), .integer(j * width), of: element.memoryType))
      }
    }
    for (i, registers) in ([r.y] + r.remembered).enumerated() {
      put(i, registers, step.parameterTypes[2 + i].element)
    }
    for (k, registers) in r.sums.enumerated() {
      put(blocks + k, registers, problem.terms[k].element)
    }
  }
  func save(_ field: LoopTable.Number, _ register: Register) {
    w.store(register.value, address(field))
  }
  func save(_ field: LoopTable.Count, _ value: Operand) { w.store(value, address(field)) }

  /// Steps whose lengths follow from their errors.
  private func emitAdaptive(_ control: StepControl) {
    let r = registers()
    // The next step's length with its sign.
    let next = Register(
      w, w.select(r.active, w.multiply(load(.proposal), r.direction), constant(0)))
    let previous = Register(w, load(.previous))
    let beforePrevious = Register(w, load(.beforePrevious))
    let wasRejected = Register(w, w.compare("ne", load(.wasRejected), .integer(0, i64)))
    let rejected = Register(w, load(.rejected))
    let corner = problem.corners.map { Corner(pace: $0, self) }

    w.repeatWhile {
      // The step's size, as `SteppingEngine.nextSteps` chooses it.
      let now = r.t.value
      let remaining = w.subtract(r.end, now)
      let free = next.value
      let size = w.intrinsic("fabs", [free])
      let lands = w.compare(
        "oge", w.multiply(size, constant(1.01)), w.intrinsic("fabs", [remaining]))
      let ahead = w.add(now, free)
      let isSpent = w.compare("sle", r.budget.value, .integer(0, i64))
      let isShort = w.and(w.not(lands), isTooShort(size, at: now))
      let blocked = w.or(isSpent, isShort)
      // h, its end, and the lanes that go, that are stuck before the step, that will have landed after it.
      let start = Choice(w, [f64, f64, mask, mask, mask])
      w.branch(w.any(w.and(r.active, w.or(lands, blocked))), isLikely: false) {
        let goes = w.and(r.active, w.not(blocked))
        start.choose([
          w.select(goes, w.select(lands, remaining, free), constant(0)),
          w.select(lands, r.end, ahead), goes, w.and(r.active, blocked), w.and(goes, lands),
        ])
      } _: {
        start.choose([free, ahead, r.active, .constant(0, mask), .constant(0, mask)])
      }
      let (h, target, goes, isBlocked, isLanding) = (
        start[0], start[1], start[2], start[3], start[4]
      )
      let results = takeStep(r, at: now, h)

      // Whether it is taken, and the next step's length.
      let finite = isFinite(results.after)
      let error = results.error ?? constant(0)
      let history = StepControl.Memory(
        previous: previous.value, beforePrevious: beforePrevious.value,
        rejected: wasRejected.value)
      func remember(_ counted: Operand?, next length: Operand, _ memory: StepControl.Memory) {
        next.update(counted, length)
        previous.update(counted, memory.previous)
        beforePrevious.update(counted, memory.beforePrevious)
        wasRejected.update(counted, memory.rejected)
      }
      let usual = control.usual(squaredError: error, proposal: results.proposal, history)
      let outcome = Choice(w, [mask, mask])
      var isUsual = w.and(goes, w.and(finite, usual.holds))
      if let corner { isUsual = w.and(isUsual, w.not(w.or(isLanding, corner.isAt.value))) }
      w.branch(w.any(w.and(r.active, w.not(isUsual))), isLikely: false) {
        let decision = control.decide(
          squaredError: w.select(finite, error, constant(.infinity)), proposal: results.proposal,
          history)
        let taken = w.and(goes, decision.accepted)
        var length = w.multiply(w.intrinsic("fabs", [h]), decision.factor)
        if let corner {
          length = corner.length(length, decision.factor, h: h, wanted: size, taken, self)
        }
        let refused = w.and(goes, w.not(decision.accepted))
        // A step that can't be repaired is left as it was before: the engine tries it again, and says why.
        let hopeless = w.and(refused, isTooShort(length, at: now))
        let counted = w.and(goes, w.not(hopeless))
        remember(counted, next: w.multiply(length, r.direction), decision.memory)
        rejected.set(w.add(rejected.value, bit(w.and(counted, w.not(taken)))))
        r.budget.set(w.subtract(r.budget.value, bit(counted)))
        advance(r, taken, to: target, results)
        outcome.choose([taken, w.or(isBlocked, hopeless)])
      } _: {
        // Lanes without a trajectory go along; nobody reads them.
        remember(nil, next: w.multiply(h, usual.factor), usual.memory)
        r.budget.set(w.subtract(r.budget.value, .integer(1, i64)))
        advance(r, nil, to: target, results)
        outcome.choose([goes, .constant(0, mask)])
      }
      let (taken, stuck) = (outcome[0], outcome[1])
      let tried = w.and(goes, w.not(stuck))
      meet(r, tried: tried, taken: taken, t: now, h: h, target: target, results)
      return goesOn(r, taken: taken, stuck: stuck, landed: w.and(taken, isLanding))
    }

    store(r)
    w.store(w.intrinsic("fabs", [next.value]), address(.proposal))
    save(.previous, previous)
    save(.beforePrevious, beforePrevious)
    save(.wasRejected, bit(wasRejected.value))
    save(.rejected, rejected.value)
    if let corner {
      save(.isAtCorner, bit(corner.isAt.value))
      save(.behindCorner, corner.behind)
    }
  }

  /// See `SteppingEngine.propose`.
  private struct Corner {
    let pace: CornerPace
    let isAt, behind: Register

    init(pace: CornerPace, _ loop: LoopEmitter) {
      self.pace = pace
      let w = loop.w
      isAt = Register(w, w.compare("ne", loop.load(.isAtCorner), .integer(0, loop.i64)))
      behind = Register(w, loop.load(.behindCorner))
    }

    /// The next step's length behind one that is taken in some lanes.
    func length(
      _ proposed: Operand, _ factor: Operand, h: Operand, wanted: Operand, _ taken: Operand,
      _ loop: LoopEmitter
    ) -> Operand {
      let w = loop.w
      let isCut = w.and(
        w.compare("olt", w.intrinsic("fabs", [h]), wanted),
        w.compare("oge", factor, loop.constant(pace.leastFactor)))
      let isLonger = w.and(w.and(taken, isCut), w.compare("ogt", wanted, proposed))
      let length = w.select(isLonger, wanted, proposed)
      let isFirst = w.and(taken, isAt.value)
      behind.update(isFirst, w.multiply(length, loop.constant(pace.lengthBehind)))
      isAt.set(w.and(isAt.value, w.not(taken)))
      return length
    }
  }

  /// A parameter's elements: by element and lane, or shared by all.
  func block(_ k: Int, _ type: ValueType) -> [Operand] {
    // State, memories and integrals are by lane in any case.
    let isByLane = type.isBatched || k <= memories || k >= blocks
    let lanes = isByLane ? width : 1
    return (0..<(Unrolling.ownCount(type) ?? 0)).map { i in
      memory.load(
        w.address(memory.pointer(k), .integer(i * lanes), of: type.element.memoryType),
        type.element, stride: Measure(1), width: lanes)
    }
  }

  func length(_ length: Measure.Length) -> Operand {
    memory.operand(Measure(1, [length]))
  }

  func bit(_ mask: Operand) -> Operand { w.convert("zext", mask, to: i64) }

  /// See `StepController.shortest`.
  private func isTooShort(_ length: Operand, at t: Operand) -> Operand {
    let relative = w.multiply(
      w.intrinsic("fabs", [t]), constant(10 * Double.ulpOfOne))
    let least = constant(10 * Double.leastNormalMagnitude)
    let shortest = w.select(w.compare("ogt", relative, least), relative, least)
    return w.not(w.compare("ogt", length, shortest))
  }

  func isFinite(_ x: [Operand]) -> Operand {
    let zero = Operand.constant(0, state)
    let sum = x.map { w.multiply($0, zero) }.reduce(zero) { w.add($0, $1) }
    return w.compare("oeq", sum, zero)
  }
}
