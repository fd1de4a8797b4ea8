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

  func isFinite(_ x: [Operand]) -> Operand {
    let zero = Operand.constant(0, state)
    let sum = x.map { w.multiply($0, zero) }.reduce(zero) { w.add($0, $1) }
    return w.compare("oeq", sum, zero)
  }
}
