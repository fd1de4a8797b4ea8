import NodalIR
import NodalOperations

/// Writes the loops of kernels into a function `(values: pointers to the values' memory, lengths: i64…)`.
final class KernelEmitter {
  let w: FunctionWriter
  let target: CodeTarget
  private let values: Operand
  private let lengths: Operand
  private var pointers: [Int: Operand] = [:]
  private var known: [Measure.Length: Operand] = [:]

  init(_ w: FunctionWriter, target: CodeTarget, values: Operand, lengths: Operand) {
    self.w = w
    self.target = target
    self.values = values
    self.lengths = lengths
  }

  /// In a function that has the values' memory as parameters of its own.
  init(_ w: FunctionWriter, target: CodeTarget, pointers: [Operand], lengths: Operand) {
    self.w = w
    self.target = target
    values = Operand("null", .pointer)
    self.lengths = lengths
    self.pointers = Dictionary(uniqueKeysWithValues: pointers.enumerated().map { ($0, $1) })
  }

  /// Reads at the function's beginning where values lie and what lengths are: before any loop, once.
  func prepare(values used: Set<Int>, lengths needed: Set<Measure.Length>) {
    for value in used.sorted() {
      pointers[value] = w.load(w.address(values, .integer(value), of: .pointer), .pointer)
    }
    for length in needed.sorted() {
      known[length] = w.load(
        w.address(lengths, .integer(Self.place(of: length)), of: .i64), .i64)
    }
  }

  /// Where in the table of lengths one lies.
  static func place(of length: Measure.Length) -> Int {
    switch length {
    case .lanes: 0
    case .steps(let trace): 1 + trace
    }
  }

  func operand(_ measure: Measure) -> Operand {
    var product = Operand.integer(measure.factor)
    for length in measure.lengths {
      product = w.multiply(product, known[length] ?? .integer(0))
    }
    return product
  }

  // MARK: Memory

  func pointer(_ value: Int) -> Operand { pointers[value] ?? Operand("null", .pointer) }

  /// The address of an element, for these values of the loops' variables.
  func address(_ access: Access, _ element: ElementType, at variables: [Operand]) -> Operand {
    var index = Operand.integer(0)
    for (stride, variable) in zip(access.strides, variables) where stride.factor != 0 {
      index = w.add(index, w.multiply(variable, operand(stride)))
    }
    for part in access.offset { index = w.add(index, operand(part)) }
    return w.address(pointer(access.value), index, of: element.memoryType)
  }

  /// Elements from an address on, `stride` apart.
  func load(
    _ address: Operand, _ element: ElementType, stride: Measure, width: Int
  ) -> Operand {
    let memory = element.memoryType
    let raw: Operand
    if width == 1 || stride.factor == 0 {
      raw = w.load(address, memory)
    } else if stride == Measure(1) {
      raw = w.load(address, memory.with(width: width))
    } else {
      var vector = Operand("poison", memory.with(width: width))
      for i in 0..<width {
        let place = w.address(address, w.multiply(.integer(i), operand(stride)), of: memory)
        vector = w.insert(w.load(place, memory), into: vector, i)
      }
      raw = vector
    }
    let value =
      element == .bool ? w.compare("ne", raw, .integer(0, raw.type)) : raw
    return value.type.width == width ? value : w.splat(value, width: width)
  }

  /// Elements from these addresses, one for each lane.
  func load(_ addresses: [Operand], _ element: ElementType) -> Operand {
    let memory = element.memoryType
    var raw = Operand("poison", memory.with(width: addresses.count))
    for (i, address) in addresses.enumerated() {
      raw = w.insert(w.load(address, memory), into: raw, i)
    }
    return element == .bool ? w.compare("ne", raw, .integer(0, raw.type)) : raw
  }

  func store(_ value: Operand, _ addresses: [Operand], _ element: ElementType) {
    let raw =
      element == .bool ? w.convert("zext", value, to: value.type.with(.i8)) : value
    for (i, address) in addresses.enumerated() { w.store(w.extract(raw, i), address) }
  }

  func store(_ value: Operand, _ address: Operand, _ element: ElementType, stride: Measure) {
    let width = value.type.width
    let raw =
      element == .bool ? w.convert("zext", value, to: value.type.with(.i8)) : value
    if width == 1 || stride == Measure(1) {
      w.store(raw, address)
      return
    }
    for i in 0..<width {
      let place = w.address(
        address, w.multiply(.integer(i), operand(stride)), of: element.memoryType)
      w.store(w.extract(raw, i), place)
    }
  }

  // MARK: Loops

  /// How many elements a vector holds that is as wide as the machine's.
  func width(of elements: [ElementType]) -> Int {
    let bits = elements.filter(\.isFloating).map { $0 == .f32 ? 32 : 64 }.max() ?? 64
    return target.vectorBits / bits
  }

  /// Runs `body` over 0 ..< count, with vectors as far as they go.
  func vectorLoop(_ count: Measure, width: Int, _ body: (_ index: Operand, _ width: Int) -> Void) {
    guard let n = count.fixed else {
      let all = operand(count)
      let whole = w.binary("and", all, .integer(-width))
      if width > 1 { w.loop(below: whole, step: width) { body($0, width) } }
      if width > 1 {
        w.remainder { w.loop(from: whole, below: all) { body($0, 1) } }
      } else {
        w.loop(below: all) { body($0, 1) }
      }
      return
    }
    var start = 0
    var step = width
    while start < n {
      while step > n - start { step /= 2 }
      let end = start + (n - start) / step * step
      let step = step
      func loop() {
        w.loop(from: .integer(start), below: .integer(end), step: step) { body($0, step) }
      }
      if start > 0 { w.remainder(loop) } else { loop() }
      start = end
    }
  }

  /// Loops inside each other, outermost first; `body` gets all variables. An innermost loop of no more turns than `straight` is written
  /// out.
  func nest(
    _ counts: [Measure], _ outer: [Operand] = [], straight: Int = 0, _ body: ([Operand]) -> Void
  ) {
    guard let first = counts.first else {
      body(outer)
      return
    }
    if counts.count == 1, let turns = first.fixed, turns <= straight {
      for turn in 0..<turns { body(outer + [.integer(turn)]) }
      return
    }
    w.loop(below: operand(first)) {
      nest(Array(counts.dropFirst()), outer + [$0], straight: straight, body)
    }
  }
}
