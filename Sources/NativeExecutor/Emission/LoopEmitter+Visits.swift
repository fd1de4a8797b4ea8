import NodalExecution
import NodalIR

/// Save times and the log of steps: what is done lane by lane, where a step has met one.
extension LoopEmitter {
  /// What of a step the cold path reads.
  struct Visit {
    var taken: Operand
    /// nil where there are no save times.
    var due: Operand?
    var t: Operand
    var h: Operand
    var target: Operand
    var direction: Operand
    /// The number of its entry in the log.
    var entry: Operand
    var before: [Operand]
    var after: [Operand]
    var record: [Operand]
    var memory: [[Operand]]
    var parameters: [[Operand]]
  }

  /// Vectors laid down, so that their lanes can be read one by one.
  final class Spill {
    private let w: FunctionWriter
    private let width: Int
    init(_ w: FunctionWriter, _ width: Int) {
      self.w = w
      self.width = width
    }
    /// Gives what reads a lane of each.
    func put(_ values: [Operand]) -> (Operand) -> [Operand] {
      guard let type = values.first?.type.with(width: 1) else { return { _ in [] } }
      let isMask = type.scalar == .i1
      let memory = isMask ? LLVMType.i64 : type
      let place = w.array(memory.with(width: width), count: values.count)
      for (i, value) in values.enumerated() {
        let wide = isMask ? w.convert("zext", value, to: memory.with(width: width)) : value
        w.store(wide, w.address(place, .integer(i * width), of: memory))
      }
      return { [w, width] lane in
        values.indices.map { i in
          let index = w.add(lane, .integer(i * width))
          let x = w.load(w.address(place, index, of: memory), memory)
          return isMask ? w.compare("ne", x, .integer(0, .i64)) : x
        }
      }
    }
  }

  func visit(_ spill: Spill, _ nextSave: Operand, _ v: Visit) {
    let taken = spill.put([v.taken])
    let due = v.due.map { spill.put([$0]) }
    let times = spill.put([v.t, v.h, v.target, v.direction])
    let entry = spill.put([v.entry])
    let before = spill.put(v.before)
    let after = spill.put(v.after)
    let record = spill.put(v.record)
    let memory = v.memory.map { spill.put($0) }
    // What is shared stays as it is.
    let parameters = v.parameters.enumerated().map { k, values -> (Operand) -> [Operand] in
      let p = 3 + memories + k
      if traces.arrays.contains(p) || (tables.contains(p) && step.parameterTypes[p].isBatched) {
        return { [w] lane in values.map { w.address($0, lane, of: .i64) } }
      }
      if tables.contains(p) { return { _ in values } }
      return values.first?.type.width == 1 && width > 1 ? { _ in values } : spill.put(values)
    }
    w.loop(below: .integer(width)) { lane in
      w.branch(taken(lane)[0]) {
        let number = times(lane)
        if problem.hasTrace {
          append(
            lane, t: number[0], h: number[1], state: before(lane), record: record(lane))
        }
        guard let due else { return }
        w.branch(due(lane)[0]) {
          let stepRecord: [Operand]
          if keepsRecords {
            stepRecord = record(lane)
          } else {
            // The step once more, with what its dense output needs.
            var body = UnrolledEmitter(w, recorded, width: 1, length: length)
            let results = body.emit(
              [[number[0]], [number[1]], before(lane)] + memory.map { $0(lane) }
                + parameters.map { $0(lane) })
            stepRecord = results[problem.recordResult]
          }
          save(
            lane, t: number[0], h: number[1], target: number[2], direction: number[3],
            step: entry(lane)[0], before: before(lane), after: after(lane), record: stepRecord)
          findNextSave(lane, nextSave)
        }
      }
    }
  }

  /// The states at all save times of the step.
  private func save(
    _ lane: Operand, t: Operand, h: Operand, target: Operand, direction: Operand, step: Operand,
    before: [Operand], after: [Operand], record: [Operand]
  ) {
    let times = pointer(at: entry(.saveTimes, lane))
    let saved = pointer(at: entry(.saved, lane))
    let count = w.load(entry(.saveCount, lane), .i64)
    let element = problem.state.element.memoryType
    w.repeatWhile {
      let k = w.load(entry(.nextSave, lane), .i64)
      let time = w.load(w.address(times, k, of: .f64), .f64)
      let row = w.address(saved, w.multiply(k, .integer(dimension)), of: element)
      func store(_ values: [Operand]) {
        for (j, value) in values.enumerated() {
          w.store(value, w.address(row, .integer(j), of: element))
        }
      }
      w.branch(w.compare("oeq", time, target)) {
        store(after)
      } _: {
        let theta = w.divide(w.subtract(time, t), h)
        var body = UnrolledEmitter(w, dense, width: 1)
        store(body.emit([[theta], [h], before, after, record])[0])
      }
      if problem.hasTrace {
        w.store(step, w.address(pointer(at: entry(.saveSteps, lane)), k, of: .i64))
      }
      let next = w.add(k, .integer(1))
      w.store(next, entry(.nextSave, lane))
      // Another one in this step?
      let more = w.variable(.i1)
      w.store(.constant(0, .i1), more)
      w.branch(w.compare("slt", next, count)) {
        let following = w.load(w.address(times, next, of: .f64), .f64)
        let ahead = w.multiply(w.subtract(target, following), direction)
        w.store(w.compare("oge", ahead, .constant(0, .f64)), more)
      }
      return w.load(more, .i1)
    }
  }

  /// The lane's next save time; NaN, which nothing reaches, after the last.
  func findNextSave(_ lane: Operand, _ nextSave: Operand) {
    let place = w.address(nextSave, lane, of: .f64)
    w.store(.constant(.nan, .f64), place)
    let k = w.load(entry(.nextSave, lane), .i64)
    let active = w.compare("ne", w.load(entry(.active, lane), .i64), .integer(0, .i64))
    let hasMore = w.compare("slt", k, w.load(entry(.saveCount, lane), .i64))
    w.branch(w.and(active, hasMore)) {
      let times = pointer(at: entry(.saveTimes, lane))
      w.store(w.load(w.address(times, k, of: .f64), .f64), place)
    }
  }

  private func append(
    _ lane: Operand, t: Operand, h: Operand, state: [Operand], record: [Operand]
  ) {
    let n = w.load(entry(.count), .i64)
    func store(_ values: [Operand], _ field: LoopTable.Log, _ type: LLVMType) {
      let row = w.address(
        pointer(at: entry(field)), w.multiply(n, .integer(values.count)), of: type)
      for (j, value) in values.enumerated() {
        w.store(value, w.address(row, .integer(j), of: type))
      }
    }
    store([w.load(entry(.trajectory, lane), .i64)], .trajectories, .i64)
    store([t], .times, .f64)
    store([h], .sizes, .f64)
    store(state, .states, problem.state.element.memoryType)
    store(record, .records, problem.state.element.memoryType)
    w.store(w.add(n, .integer(1)), entry(.count))
  }
}
