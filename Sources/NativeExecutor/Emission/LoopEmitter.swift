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
  let control: StepControl
  private let memory: KernelEmitter

  private let numbers = Operand("%numbers", .pointer)
  private let counts = Operand("%counts", .pointer)
  private let log = Operand("%log", .pointer)
  private let f64: LLVMType
  private let i64: LLVMType
  private let state: LLVMType
  let dimension: Int
  let memories: Int

  init(
    _ w: FunctionWriter, _ problem: StepLoopProblem, width: Int, target: CodeTarget, step: Region,
    recorded: Region, dense: Region, traces: TraceParameters
  ) {
    self.w = w
    self.problem = problem
    self.width = width
    self.step = step
    self.recorded = recorded
    self.dense = dense
    self.traces = traces
    control = StepControl(w: w, controller: problem.controller)
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

  private func address(_ field: LoopTable.Number) -> Operand {
    w.address(numbers, .integer(field.rawValue * width), of: .f64)
  }
  private func address(_ field: LoopTable.Count) -> Operand {
    w.address(counts, .integer(field.rawValue * width), of: .i64)
  }
  private func load(_ field: LoopTable.Number) -> Operand { w.load(address(field), f64) }
  private func load(_ field: LoopTable.Count) -> Operand { w.load(address(field), i64) }

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
  private struct Register {
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
  private struct Choice {
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

  private var mask: LLVMType { f64.with(.i1) }
  private func constant(_ x: Double) -> Operand { .constant(x, f64) }

  private func wide(_ x: Operand) -> Operand {
    x.type.width == width ? x : w.alike([x, .constant(0, x.type.with(width: width))])[0]
  }

  // MARK: The loop

  func emit() {
    let blocks = step.parameterCount - 2
    memory.prepare(
      values: Set(0..<(blocks + problem.terms.count)), lengths: TraceParameters.lengths(step))
    let active = w.compare("ne", load(.active), .integer(0, i64))
    // Elements of the state, the memories and the parameters; these don't change.
    let y = block(0, step.parameterTypes[2]).map { Register(w, $0) }
    let remembered = (0..<memories).map { k in
      block(1 + k, step.parameterTypes[3 + k]).map { Register(w, $0) }
    }
    let parameters = ((3 + memories)..<step.parameterCount).map { p -> [Operand] in
      if traces.arrays.contains(p) { return [memory.pointer(p - 2)] }
      let elements = block(p - 2, step.parameterTypes[p])
      // A lane without a trajectory has nothing to be read.
      return traces.counts.contains(p)
        ? elements.map { w.select(active, $0, .integer(-1, i64)) } : elements
    }
    // The integrals so far.
    let sums = problem.terms.enumerated().map { k, type in
      block(blocks + k, type).map { Register(w, $0) }
    }
    let t = Register(w, load(.time))
    let end = load(.end)
    let direction = load(.direction)
    // The next step's length with its sign.
    let next = Register(w, w.select(active, w.multiply(load(.proposal), direction), constant(0)))
    let previous = Register(w, load(.previous))
    let beforePrevious = Register(w, load(.beforePrevious))
    let wasRejected = Register(w, w.compare("ne", load(.wasRejected), .integer(0, i64)))
    let accepted = Register(w, load(.accepted))
    let rejected = Register(w, load(.rejected))
    let budget = Register(w, load(.budget))
    let savesMet = Register(w, .integer(0, i64))
    let nextSave = problem.hasSaves ? w.array(.f64, count: width) : numbers
    if problem.hasSaves { w.loop(below: .integer(width)) { findNextSave($0, nextSave) } }
    let round = Register(w, .integer(0))
    let event = Register(w, .integer(0, i64))
    let spill = Spill(w, width)

    w.repeatWhile {
      // The step's size, as `SteppingEngine.nextSteps` chooses it.
      let now = t.value
      let remaining = w.subtract(end, now)
      let free = next.value
      let size = w.intrinsic("fabs", [free])
      let lands = w.compare(
        "oge", w.multiply(size, constant(1.01)), w.intrinsic("fabs", [remaining]))
      let ahead = w.add(now, free)
      let isSpent = w.compare("sle", budget.value, .integer(0, i64))
      let isShort = w.and(w.not(lands), isTooShort(size, at: now))
      let blocked = w.or(isSpent, isShort)
      // h, its end, and the lanes that go, that are stuck before the step, that will have landed after it.
      let start = Choice(w, [f64, f64, mask, mask, mask])
      w.branch(w.any(w.and(active, w.or(lands, blocked))), isLikely: false) {
        let goes = w.and(active, w.not(blocked))
        start.choose([
          w.select(goes, w.select(lands, remaining, free), constant(0)),
          w.select(lands, end, ahead), goes, w.and(active, blocked), w.and(goes, lands),
        ])
      } _: {
        start.choose([free, ahead, active, .constant(0, mask), .constant(0, mask)])
      }
      let (h, target, goes, isBlocked, isLanding) = (
        start[0], start[1], start[2], start[3], start[4]
      )

      // The step.
      let region = keepsRecords ? recorded : step
      var body = UnrolledEmitter(w, region, width: width, length: length)
      let before = y.map(\.value)
      let memoryBefore = remembered.map { $0.map(\.value) }
      let results = body.emit([[now], [h], before] + memoryBefore + parameters)
        .map { $0.map(wide) }
      let after = results[0]
      let proposal = problem.regions.hasProposal ? results[2 + memories][0] : nil
      let behind = 2 + memories + (proposal == nil ? 0 : 1)
      let record = keepsRecords ? results[behind] : []
      let terms = results[(behind + (keepsRecords ? 1 : 0))...]

      // Whether it is taken, and the next step's length.
      let finite = isFinite(after)
      let error = results[1 + memories][0]
      let history = StepControl.Memory(
        previous: previous.value, beforePrevious: beforePrevious.value,
        rejected: wasRejected.value)
      /// The step's end is the state.
      func advance(_ taken: Operand?) {
        t.update(taken, target)
        for (registers, values) in zip([y] + remembered, [after] + results[1...]) {
          for (register, value) in zip(registers, values) { register.update(taken, value) }
        }
        for (registers, values) in zip(sums, terms) {
          for (register, value) in zip(registers, values) {
            register.update(taken, w.add(register.value, value))
          }
        }
      }
      func remember(_ counted: Operand?, next length: Operand, _ memory: StepControl.Memory) {
        next.update(counted, length)
        previous.update(counted, memory.previous)
        beforePrevious.update(counted, memory.beforePrevious)
        wasRejected.update(counted, memory.rejected)
      }
      let usual = control.usual(squaredError: error, proposal: proposal, history)
      let outcome = Choice(w, [mask, mask])
      let isUsual = w.and(goes, w.and(finite, usual.holds))
      w.branch(w.any(w.and(active, w.not(isUsual))), isLikely: false) {
        let decision = control.decide(
          squaredError: w.select(finite, error, constant(.infinity)), proposal: proposal, history)
        let length = w.multiply(w.intrinsic("fabs", [h]), decision.factor)
        let taken = w.and(goes, decision.accepted)
        let refused = w.and(goes, w.not(decision.accepted))
        // A step that can't be repaired is left as it was before: the engine tries it again, and says why.
        let hopeless = w.and(refused, isTooShort(length, at: now))
        let counted = w.and(goes, w.not(hopeless))
        remember(counted, next: w.multiply(length, direction), decision.memory)
        rejected.set(w.add(rejected.value, bit(w.and(counted, w.not(taken)))))
        budget.set(w.subtract(budget.value, bit(counted)))
        advance(taken)
        outcome.choose([taken, w.or(isBlocked, hopeless)])
      } _: {
        // Lanes without a trajectory go along; nobody reads them.
        remember(nil, next: w.multiply(h, usual.factor), usual.memory)
        budget.set(w.subtract(budget.value, .integer(1, i64)))
        advance(nil)
        outcome.choose([goes, .constant(0, mask)])
      }
      let (taken, stuck) = (outcome[0], outcome[1])

      // Save times, and the log.
      var due: Operand?
      if problem.hasSaves {
        let ahead = w.multiply(w.subtract(target, w.load(nextSave, f64)), direction)
        savesMet.set(
          w.add(savesMet.value, bit(w.and(goes, w.compare("ogt", ahead, constant(0))))))
        due = w.and(taken, w.compare("oge", ahead, constant(0)))
      }
      if let met = problem.hasTrace ? taken : due {
        w.branch(w.any(met)) {
          visit(
            spill, nextSave,
            Visit(
              taken: taken, due: due, t: now, h: h, target: target, direction: direction,
              accepted: accepted.value, before: before, after: after, record: record,
              memory: memoryBefore, parameters: parameters))
        }
      }

      accepted.set(w.add(accepted.value, bit(taken)))

      // What needs the engine.
      var what = w.select(
        stuck, .integer(LoopTable.Event.stuck, i64), .integer(LoopTable.Event.none, i64))
      what = w.select(w.and(taken, isLanding), .integer(LoopTable.Event.landed, i64), what)
      event.set(what)
      round.set(w.add(round.value, .integer(1)))
      var stops = w.any(w.compare("ne", what, .integer(0, i64)))
      stops = w.or(stops, w.compare("sge", round.value, Operand("%rounds", .i64)))
      if problem.hasTrace {
        let room = w.subtract(w.load(entry(.capacity), .i64), w.load(entry(.count), .i64))
        stops = w.or(stops, w.compare("slt", room, .integer(width)))
      }
      return w.not(stops)
    }

    // Back into the tables.
    func save(_ field: LoopTable.Number, _ register: Register) {
      w.store(register.value, address(field))
    }
    func save(_ field: LoopTable.Count, _ value: Operand) { w.store(value, address(field)) }
    save(.time, t)
    w.store(w.intrinsic("fabs", [next.value]), address(.proposal))
    save(.previous, previous)
    save(.beforePrevious, beforePrevious)
    save(.wasRejected, bit(wasRejected.value))
    save(.accepted, accepted.value)
    save(.rejected, rejected.value)
    save(.budget, budget.value)
    save(.saves, w.add(load(.saves), savesMet.value))
    save(.event, event.value)
    func save(_ k: Int, _ registers: [Register], _ element: ElementType) {
      for (j, register) in registers.enumerated() {
        w.store(
          register.value,
          w.address(memory.pointer(k), .integer(j * width), of: element.memoryType))
      }
    }
    for (i, registers) in ([y] + remembered).enumerated() {
      save(i, registers, step.parameterTypes[2 + i].element)
    }
    for (k, registers) in sums.enumerated() {
      save(blocks + k, registers, problem.terms[k].element)
    }
    w.line("ret void")
  }

  /// A parameter's elements: by element and lane, or shared by all.
  private func block(_ k: Int, _ type: ValueType) -> [Operand] {
    // State, memories and integrals are by lane in any case.
    let isByLane = type.isBatched || k <= memories || k >= step.parameterCount - 2
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

  private func bit(_ mask: Operand) -> Operand { w.convert("zext", mask, to: i64) }

  /// See `StepController.shortest`.
  private func isTooShort(_ length: Operand, at t: Operand) -> Operand {
    let relative = w.multiply(
      w.intrinsic("fabs", [t]), constant(10 * Double.ulpOfOne))
    let least = constant(10 * Double.leastNormalMagnitude)
    let shortest = w.select(w.compare("ogt", relative, least), relative, least)
    return w.not(w.compare("ogt", length, shortest))
  }

  private func isFinite(_ x: [Operand]) -> Operand {
    let zero = Operand.constant(0, state)
    let sum = x.map { w.multiply($0, zero) }.reduce(zero) { w.add($0, $1) }
    return w.compare("oeq", sum, zero)
  }
}
