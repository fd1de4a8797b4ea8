import NodalExecution
import NodalIR

/// Writes the loop over the turns of a counted scan.
struct ScanEmitter {
  private let w: FunctionWriter
  private let problem: ScanLoopProblem
  private let body: Region
  private let width: Int
  private let memory: KernelEmitter

  private var scan: Scan { problem.scan }

  init(
    _ w: FunctionWriter, _ problem: ScanLoopProblem, body: Region, width: Int, target: CodeTarget
  ) {
    self.w = w
    self.problem = problem
    self.body = body
    self.width = width
    memory = KernelEmitter(
      w, target: target, values: Operand("%rows", .pointer), lengths: Operand("null", .pointer))
  }

  func emit() {
    let firstShared = scan.carries + scan.stacked
    let isShared = (0..<problem.valueCount).map { value in
      value >= firstShared && value < body.parameterCount && !body.types[value].isBatched
    }
    memory.prepare(
      values: Set(
        (0..<problem.valueCount).flatMap { value in
          (0..<(isShared[value] ? 1 : width)).map { value * width + $0 }
        }), lengths: [])
    let carries = (0..<scan.carries).map { k in
      load(k, body.types[k]).map { LoopEmitter.Register(w, $0) }
    }
    let tables = GatherTables(body).parameters
    let shared = (firstShared..<body.parameterCount).map {
      tables.contains($0)
        ? [table($0, isShared: isShared[$0])]
        : load($0, body.types[$0], isShared: isShared[$0])
    }
    let termResults = body.results.indices.dropFirst(scan.carries + scan.outputs)
    let terms = termResults.map { result in
      let type = body.resultTypes[result]
      return (0..<count(type)).map { _ in
        LoopEmitter.Register(w, .constant(0, type.element.registerType.with(width: width)))
      }
    }
    let counts =
      width > 1
      ? w.load(Operand("%counts", .pointer), LLVMType.i64.with(width: width)) : nil

    w.loop(below: Operand("%turns", .i64)) { turn in
      let first = Operand("%place", .i64)
      let place = scan.reverse ? w.subtract(first, turn) : w.add(first, turn)
      // A single lane is there for as many turns as its trajectory has.
      let taken = counts.map { w.compare("slt", w.splat(place, width: width), $0) }
      let slices = (scan.carries..<firstShared).map { load($0, body.types[$0], turn: place) }
      var emitter = UnrolledEmitter(w, body, width: width)
      let results = emitter.emit(carries.map { $0.map(\.value) } + slices + shared)
        .map { $0.map(wide) }
      for (registers, values) in zip(carries, results) {
        for (register, value) in zip(registers, values) { register.update(taken, value) }
      }
      for k in 0..<scan.outputs {
        let result = scan.carries + k
        store(
          results[result], problem.firstOutput + k, body.resultTypes[result], turn: place,
          where: taken)
      }
      for (registers, values) in zip(terms, results[termResults]) {
        for (register, value) in zip(registers, values) {
          register.update(taken, w.add(register.value, value))
        }
      }
    }

    for (k, registers) in carries.enumerated() {
      store(registers.map(\.value), k, body.types[k])
    }
    for (k, registers) in terms.enumerated() {
      add(
        registers.map(\.value), to: problem.firstOutput + scan.outputs + k,
        body.resultTypes[scan.carries + scan.outputs + k])
    }
    w.line("ret void")
  }

  private func count(_ type: ValueType) -> Int { Unrolling.ownCount(type) ?? 0 }

  private func wide(_ x: Operand) -> Operand {
    x.type.width == width ? x : w.alike([x, .constant(0, x.type.with(width: width))])[0]
  }

  /// Where a lane has an element of a value; of one with an entry for each turn, that of this one.
  private func place(
    _ value: Int, _ type: ValueType, _ i: Int, _ lane: Int, turn: Operand? = nil
  ) -> Operand {
    let row = turn.map { w.multiply($0, .integer(count(type))) } ?? .integer(0)
    return w.address(
      memory.pointer(value * width + lane), w.add(row, .integer(i)), of: type.element.memoryType)
  }

  /// What rows are gathered of: where it is, or a table of where each lane has it.
  private func table(_ value: Int, isShared: Bool) -> Operand {
    if isShared { return memory.pointer(value * width) }
    let places = w.array(.i64, count: width)
    for lane in 0..<width {
      let place = w.convert("ptrtoint", memory.pointer(value * width + lane), to: .i64)
      w.store(place, w.address(places, .integer(lane), of: .i64))
    }
    return places
  }

  private func load(
    _ value: Int, _ type: ValueType, turn: Operand? = nil, isShared: Bool = false
  ) -> [Operand] {
    (0..<count(type)).map { i in
      memory.load(
        (0..<(isShared ? 1 : width)).map { place(value, type, i, $0, turn: turn) }, type.element)
    }
  }

  /// In the lanes where a condition holds; in all, where there is none.
  private func store(
    _ values: [Operand], _ value: Int, _ type: ValueType, turn: Operand? = nil,
    where condition: Operand? = nil
  ) {
    // From the last lane to the first: a lane without a trajectory points to what is lane 0's.
    for lane in (0..<width).reversed() {
      func store() {
        for (i, x) in values.enumerated() {
          memory.store(w.extract(x, lane), [place(value, type, i, lane, turn: turn)], type.element)
        }
      }
      if let condition { w.branch(w.extract(condition, lane), store) } else { store() }
    }
  }

  /// Adds what each lane has of a term.
  private func add(_ values: [Operand], to value: Int, _ type: ValueType) {
    for (i, x) in values.enumerated() {
      for lane in 0..<width {
        let sum = place(value, type, i, lane)
        w.store(w.add(w.load(sum, x.type.with(width: 1)), w.extract(x, lane)), sum)
      }
    }
  }
}
