import NodalIR

/// Reading a recorded trajectory: each lane looks for its step by bisection and lays down what the method's dense region needs;
/// that region then runs for all lanes at once. As `InterpolateExecutable`.
extension UnrolledEmitter {
  /// θ, h and rows of the states and the record, by element and lane; zeros where a lane reads nothing.
  struct StepMemory {
    var theta, h, before, after, record: Operand
  }

  mutating func interpolate(_ interpolate: Interpolate, _ node: Node) -> [Operand] {
    let operands = node.operands.map { values[$0.index] }
    guard let states = region[node.operands[4]].extents.last?.fixedLength,
      let records = region[node.operands[5]].extents.last?.fixedLength
    else { return [] }
    let element = region[node.operands[4]].element.memoryType
    let (f64, i64) = (LLVMType.f64, LLVMType.i64)
    let times = lay(operands[0][0])
    let counts = lay(operands[1][0])
    let rows = w.subtract(length(Self.steps(region[node.operands[2]])), .integer(1))
    let memory = stepMemory(states, records, element)
    w.loop(below: .integer(width)) { lane in
      let t = w.load(w.address(times, lane, of: f64), f64)
      let asked = w.load(w.address(counts, lane, of: i64), i64)
      let positive = w.select(w.compare("sgt", asked, .integer(0)), asked, .integer(0))
      let count = w.select(w.compare("slt", positive, rows), positive, rows)
      // A lane without a trajectory says that it has less than no steps.
      let reads = w.and(
        w.compare("sge", asked, .integer(0)), w.compare("sge", rows, .integer(0)))
      w.branch(reads) {
        func place(_ k: Int) -> Operand {
          let table = operands[k][0]
          return w.convert("inttoptr", w.load(w.address(table, lane, of: i64), i64), to: .pointer)
        }
        let (start, size) = (place(2), place(3))
        let k = step(t, start, count)
        let hasSteps = w.compare("sgt", count, .integer(0))
        // A trajectory without steps is its start everywhere; behind a jump that stops it, it is what the jump leaves.
        let length = w.load(w.address(size, k, of: f64), f64)
        let moves = w.and(hasSteps, w.compare("one", length, .constant(0, f64)))
        let h = w.select(moves, length, .constant(1, f64))
        let distance = w.subtract(t, w.load(w.address(start, k, of: f64), f64))
        let theta = w.select(moves, w.divide(distance, h), .constant(0, f64))
        let end = w.add(k, w.convert("zext", hasSteps, to: i64))
        func store(_ x: Operand, _ target: Operand, _ j: Int) {
          w.store(
            x, w.address(target, w.add(lane, .integer(j * width)), of: x.type))
        }
        func copy(
          _ source: Operand, row: Operand, _ count: Int, to target: Operand,
          where condition: Operand? = nil
        ) {
          let first = w.address(source, w.multiply(row, .integer(count)), of: element)
          for j in 0..<count {
            let x = w.load(w.address(first, .integer(j), of: element), element)
            store(condition.map { w.select($0, x, .constant(0, element)) } ?? x, target, j)
          }
        }
        store(theta, memory.theta, 0)
        store(h, memory.h, 0)
        let path = place(4)
        copy(path, row: w.select(moves, k, end), states, to: memory.before)
        copy(path, row: end, states, to: memory.after)
        copy(place(5), row: k, records, to: memory.record, where: moves)
      }
    }
    func elements(_ memory: Operand, _ count: Int, _ type: LLVMType) -> [Operand] {
      (0..<count).map { j in
        w.load(w.address(memory, .integer(j * width), of: type), type.with(width: width))
      }
    }
    var dense = UnrolledEmitter(w, interpolate.dense, width: width)
    return dense.emit([
      elements(memory.theta, 1, f64), elements(memory.h, 1, f64),
      elements(memory.before, states, element), elements(memory.after, states, element),
      elements(memory.record, records, element),
    ])[0]
  }

  private static func steps(_ times: ValueType) -> Measure.Length {
    for case .steps(let trace) in times.extents { return .steps(trace: trace) }
    return .lanes
  }

  /// A number of each lane, or one of all, in memory: an entry for each lane.
  func lay(_ x: Operand) -> Operand {
    let wide = w.alike([x, .constant(0, x.type.with(width: width))])[0]
    let place = w.array(wide.type, count: 1)
    w.store(wide, place)
    return place
  }

  /// One serves all places that read, one after the other.
  private mutating func stepMemory(_ states: Int, _ records: Int, _ element: LLVMType) -> StepMemory
  {
    if let stepMemory { return stepMemory }
    let wide = element.with(width: width)
    let made = StepMemory(
      theta: w.zeros(.f64.with(width: width), count: 1),
      h: w.zeros(.f64.with(width: width), count: 1), before: w.zeros(wide, count: states),
      after: w.zeros(wide, count: states), record: w.zeros(wide, count: records))
    stepMemory = made
    return made
  }

  /// The last step that begins before or at `t`, in the direction of travel.
  private func step(_ t: Operand, _ times: Operand, _ count: Operand) -> Operand {
    let (f64, i64) = (LLVMType.f64, LLVMType.i64)
    func time(_ k: Operand) -> Operand { w.load(w.address(times, k, of: f64), f64) }
    let descends = w.compare("olt", time(count), time(.integer(0)))
    let low = w.variable(i64)
    let rest = w.variable(i64)
    w.store(.integer(0, i64), low)
    w.store(count, rest)
    w.repeatWhile {
      let left = w.load(rest, i64)
      let half = w.binary("lshr", left, .integer(1))
      let middle = w.add(w.load(low, i64), half)
      let x = time(middle)
      let begins = w.select(descends, w.compare("oge", x, t), w.compare("ole", x, t))
      w.store(w.select(begins, middle, w.load(low, i64)), low)
      let next = w.subtract(left, half)
      w.store(next, rest)
      return w.compare("sgt", next, .integer(1))
    }
    return w.load(low, i64)
  }
}
