import NodalIR

extension KernelEmitter {
  /// Sums of products, in the order that `ContractionPlan` says.
  func contract(_ kernel: ContractionKernel) {
    ContractionEmitter(self, kernel).emit()
  }
}

/// Writes the loops of one contraction.
///
/// *Sequential*: vectors run along the last axis of the columns (or rows); some rows of the other operand are held in registers
/// beside each other, so that each load of a vector serves several sums. *Partial*: vectors run along the sum.
private struct ContractionEmitter {
  private let k: KernelEmitter
  private let kernel: ContractionKernel
  private let plan: ContractionPlan
  private let type: LLVMType
  private var w: FunctionWriter { k.w }

  // Where each group of loops begins among the kernel's.
  private let rows: Range<Int>
  private let columns: Range<Int>
  private let contracted: Range<Int>
  private let batch: Range<Int>
  private let counts: [Measure]

  init(_ k: KernelEmitter, _ kernel: ContractionKernel) {
    self.k = k
    self.kernel = kernel
    plan = kernel.plan
    type = kernel.element.registerType
    let loops = plan.batch + plan.rows + plan.columns + plan.contracted
    counts = loops.map { Measure($0.extent) }
    batch = 0..<plan.batch.count
    rows = batch.upperBound..<(batch.upperBound + plan.rows.count)
    columns = rows.upperBound..<(rows.upperBound + plan.columns.count)
    contracted = columns.upperBound..<loops.count
  }

  func emit() {
    switch plan.vectorLoop {
    case .columns:
      sequential(
        vector: columns, other: rows, vectorOperand: kernel.b, otherOperand: kernel.a)
    case .rows:
      sequential(
        vector: rows, other: columns, vectorOperand: kernel.a, otherOperand: kernel.b)
    case .contracted: partial()
    case .none: overBatch()
    }
  }

  private func with(_ loops: Range<Int>, _ values: [Operand], _ all: [Operand]) -> [Operand] {
    var all = all
    for (loop, value) in zip(loops, values) { all[loop] = value }
    return all
  }

  private var zeros: [Operand] { counts.map { _ in .integer(0) } }

  /// Sums beside each other: `vector` has the loop that vectors run along as its last, `other` those whose elements are
  /// spread.
  private func sequential(
    vector: Range<Int>, other: Range<Int>, vectorOperand: Access, otherOperand: Access
  ) {
    let last = vector.upperBound - 1
    let count = counts[last]
    let width = k.width(of: [kernel.element])
    // Sums held at a time: few enough for the registers, with one for a vector and one for a spread element.
    let registers = k.target.vectorRegisters
    let wide = count.fixed.map { $0 >= 2 * width } ?? true
    let vectors = wide ? 2 : 1
    let block = min(other.isEmpty ? 1 : registers / 4, 4)
    let stretch = stretch(other: other)
    let panel: Operand? = stretch.flatMap { self.panel($0.products, numbers: width * vectors) }
    k.nest(batch.map { counts[$0] }) { batchIndex in
      if stretch != nil { clear(rows.lowerBound..<contracted.lowerBound, batchIndex) }
      stretches(stretch?.turns) { part in
        k.nest(vector.dropLast().map { counts[$0] }) { vectorIndex in
          strips(count, width: width, vectors: vectors) { index, width, vectors in
            let start = with(vector, vectorIndex + [index], with(batch, batchIndex, zeros))
            let strip = Strip(last: last, width: width, vectors: vectors, operand: vectorOperand)
            if let part, let panel { pack(strip, start, part, into: panel) }
            blocks(other, block) { otherIndices in
              sums(
                start, strip, rows: otherIndices.map { with(other, $0, start) }, otherOperand,
                part, panel)
            }
          }
        }
      }
    }
  }

  // MARK: Long sums

  /// Products that a stretch of a long sum has: so many rows of a strip of vectors stay in the nearest cache while all rows of
  /// the other operand pass.
  private static let stretchLength = 256
  /// Shorter sums are made in one go.
  private static let longSum = 1024

  /// Turns of the first contracted loop in a stretch, and the products of these; nil unless sums are long and many rows read the same
  /// vectors.
  private func stretch(other: Range<Int>) -> (turns: Int, products: Int)? {
    guard let first = contracted.first else { return nil }
    var rest = 1
    for loop in contracted.dropFirst() {
      guard let n = counts[loop].fixed else { return nil }
      rest *= n
    }
    let readers = other.reduce(1) { $0 * (counts[$1].fixed ?? 16) }
    guard readers >= 16 else { return nil }
    // Of an unknown number of examples the sums are long if those of one are.
    guard counts[first].fixed.map({ $0 * rest >= Self.longSum }) ?? (rest >= 16) else {
      return nil
    }
    let turns = max(1, Self.stretchLength / rest)
    return (turns, turns * rest)
  }

  /// The bounds of one stretch.
  private typealias Stretch = (lower: Operand, upper: Operand)

  /// Runs a body for each stretch: sums go on where the stretch before has left them, in memory. That changes no bit.
  private func stretches(_ length: Int?, _ body: (Stretch?) -> Void) {
    guard let length, let first = contracted.first else { return body(nil) }
    let all = k.operand(counts[first])
    w.loop(below: all, step: length) { lower in
      let upper = w.add(lower, .integer(length))
      let isLast = w.compare("sgt", upper, all)
      body((lower, w.select(isLast, all, upper)))
    }
  }

  /// Vectors side by side along one loop.
  private struct Strip {
    /// The loop that they run along.
    let last: Int
    let width: Int
    let vectors: Int
    let operand: Access

    var numbers: Int { width * vectors }
  }

  /// Memory for the vectors of a strip in one stretch, one after the other. Where they lie in the operand they may be whole rows apart:
  /// each on a page of its own, and many in one place of the cache.
  private func panel(_ products: Int, numbers: Int) -> Operand? {
    products <= 2 * Self.stretchLength ? w.array(type, count: products * numbers) : nil
  }

  private func pack(_ strip: Strip, _ start: [Operand], _ part: Stretch, into panel: Operand) {
    packedProducts(part, strip, panel) { sumIndex, packed in
      for (vector, place) in zip(vectors(strip, with(contracted, sumIndex, start)), packed) {
        w.store(vector, place)
      }
    }
  }

  /// Runs over the products of a stretch, with the places of their vectors in a panel.
  private func packedProducts(
    _ part: Stretch?, _ strip: Strip, _ panel: Operand,
    _ body: (_ sumIndex: [Operand], _ packed: [Operand]) -> Void
  ) {
    let position = w.variable(.i64)
    w.store(.integer(0), position)
    products(part) { sumIndex in
      let first = w.load(position, .i64)
      let packed = (0..<strip.vectors).map {
        w.address(panel, w.add(first, .integer($0 * strip.width)), of: type)
      }
      body(sumIndex, packed)
      w.store(w.add(first, .integer(strip.numbers)), position)
    }
  }

  /// A strip's elements of the operand for one product.
  private func vectors(_ strip: Strip, _ variables: [Operand]) -> [Operand] {
    places(strip, variables).map {
      k.load(
        k.address(strip.operand, kernel.element, at: $0), kernel.element,
        stride: strip.operand.strides[strip.last], width: strip.width)
    }
  }

  private func places(_ strip: Strip, _ variables: [Operand]) -> [[Operand]] {
    (0..<strip.vectors).map {
      var place = variables
      place[strip.last] = w.add(place[strip.last], .integer($0 * strip.width))
      return place
    }
  }

  /// Sets the sums of one member of the batch to zero.
  private func clear(_ loops: Range<Int>, _ batchIndex: [Operand]) {
    k.nest(loops.map { counts[$0] }) { index in
      let place = with(loops, index, with(batch, batchIndex, zeros))
      k.store(
        .constant(0, type), k.address(kernel.target, kernel.element, at: place), kernel.element,
        stride: Measure(1))
    }
  }

  /// Runs over the contracted loops, or a stretch of them.
  private func products(_ part: Stretch?, _ body: ([Operand]) -> Void) {
    guard let part else {
      k.nest(contracted.map { counts[$0] }) { body($0) }
      return
    }
    w.loop(from: part.lower, below: part.upper) { first in
      k.nest(contracted.dropFirst().map { counts[$0] }) { body([first] + $0) }
    }
  }

  /// Cuts the loop along vectors into strips of some vectors, then single ones, then narrower ones.
  private func strips(
    _ count: Measure, width: Int, vectors: Int,
    _ body: (_ index: Operand, _ width: Int, _ vectors: Int) -> Void
  ) {
    guard let n = count.fixed else {
      let all = k.operand(count)
      let wide = width * vectors
      let whole = w.binary("and", all, .integer(-wide))
      w.loop(below: whole, step: wide) { body($0, width, vectors) }
      if vectors > 1 {
        let single = w.binary("and", all, .integer(-width))
        w.loop(from: whole, below: single, step: width) { body($0, width, 1) }
        w.loop(from: single, below: all) { body($0, 1, 1) }
      } else {
        w.loop(from: whole, below: all) { body($0, 1, 1) }
      }
      return
    }
    let wide = width * vectors
    let whole = n / wide * wide
    w.loop(below: .integer(whole), step: wide) { body($0, width, vectors) }
    var start = whole
    var step = width
    while start < n {
      while step > n - start { step /= 2 }
      body(.integer(start), step, 1)
      start += step
    }
  }

  /// Runs over loops, the last of them several turns at a time.
  private func blocks(_ loops: Range<Int>, _ size: Int, _ body: ([[Operand]]) -> Void) {
    guard let last = loops.last else {
      body([[]])
      return
    }
    k.nest(loops.dropLast().map { counts[$0] }) { outer in
      func turns(_ index: Operand, _ n: Int) {
        body((0..<n).map { outer + [w.add(index, .integer($0))] })
      }
      guard let n = counts[last].fixed else {
        let all = k.operand(counts[last])
        // A multiple of a power of two.
        let whole = w.binary("and", all, .integer(-size))
        w.loop(below: whole, step: size) { turns($0, size) }
        w.loop(from: whole, below: all) { turns($0, 1) }
        return
      }
      let whole = n / size * size
      w.loop(below: .integer(whole), step: size) { turns($0, size) }
      if whole < n { turns(.integer(whole), n - whole) }
    }
  }

  /// One block of sums: for each row, a strip of them.
  private func sums(
    _ start: [Operand], _ strip: Strip, rows: [[Operand]], _ otherOperand: Access,
    _ part: Stretch?, _ panel: Operand?
  ) {
    let type = type.with(width: strip.width)
    let totals = rows.map { _ in (0..<strip.vectors).map { _ in w.variable(type) } }
    for (row, totals) in zip(rows, totals) {
      for (place, total) in zip(places(strip, row), totals) {
        let begun =
          part == nil
          ? .constant(0, type)
          : k.load(
            k.address(kernel.target, kernel.element, at: place), kernel.element,
            stride: kernel.target.strides[strip.last], width: strip.width)
        w.store(begun, total)
      }
    }
    func add(_ columns: [Operand], _ sumIndex: [Operand]) {
      for (r, row) in rows.enumerated() {
        let spread = k.load(
          k.address(otherOperand, kernel.element, at: with(contracted, sumIndex, row)),
          kernel.element, stride: Measure(0), width: strip.width)
        for v in 0..<strip.vectors {
          w.store(w.fma(spread, columns[v], w.load(totals[r][v], type)), totals[r][v])
        }
      }
    }
    if let panel {
      packedProducts(part, strip, panel) { sumIndex, packed in
        add(packed.map { w.load($0, type) }, sumIndex)
      }
    } else {
      products(part) { add(vectors(strip, with(contracted, $0, start)), $0) }
    }
    for (r, row) in rows.enumerated() {
      for (v, place) in places(strip, row).enumerated() {
        k.store(
          w.load(totals[r][v], type), k.address(kernel.target, kernel.element, at: place),
          kernel.element, stride: kernel.target.strides[strip.last])
      }
    }
  }

  /// Eight partial sums along the contracted loop; several columns of one row at a time, so that the row's loads serve
  /// them.
  private func partial() {
    let last = contracted.upperBound - 1
    guard let n = counts[last].fixed else { return }
    let width = ContractionPlan.partials
    let vector = type.with(width: width)
    // The group with a fixed number of members is walked in blocks.
    let isBlockedByColumns =
      plan.columnCount < .max && (plan.columnCount > 1 || plan.rowCount == .max)
    let blocked = isBlockedByColumns ? columns : rows
    let free = isBlockedByColumns ? rows : columns
    let whole = n / width * width
    k.nest(batch.map { counts[$0] }) { batchIndex in
      k.nest(free.map { counts[$0] }) { freeIndex in
        blocks(blocked, 4) { members in
          let base = with(free, freeIndex, with(batch, batchIndex, zeros))
          let places = members.map { with(blocked, $0, base) }
          let totals = places.map { _ in w.variable(vector) }
          for total in totals { w.store(.constant(0, vector), total) }
          func load(_ access: Access, _ place: [Operand], _ width: Int) -> Operand {
            k.load(
              k.address(access, kernel.element, at: place), kernel.element,
              stride: access.strides[last], width: width)
          }
          /// Equal operands are loaded once.
          func pairs(_ index: Operand, _ width: Int) -> [(Operand, Operand)] {
            let common = isBlockedByColumns ? kernel.a : kernel.b
            let shared = load(common, with(contracted, [index], places[0]), width)
            return places.map { place in
              let own = load(
                isBlockedByColumns ? kernel.b : kernel.a, with(contracted, [index], place), width)
              return isBlockedByColumns ? (shared, own) : (own, shared)
            }
          }
          w.loop(below: .integer(whole), step: width) { index in
            for (i, (x, y)) in pairs(index, width).enumerated() {
              w.store(w.fma(x, y, w.load(totals[i], vector)), totals[i])
            }
          }
          var sums = totals.map { w.load($0, vector) }
          for i in whole..<n {
            for (s, (x, y)) in pairs(.integer(i), 1).enumerated() {
              let part = w.extract(sums[s], i % width)
              sums[s] = w.insert(w.fma(x, y, part), into: sums[s], i % width)
            }
          }
          let combine = Combination(.sum, kernel.element)
          for (sum, place) in zip(sums, places) {
            k.store(
              combine.tree(w, sum), k.address(kernel.target, kernel.element, at: place),
              kernel.element, stride: Measure(1))
          }
        }
      }
    }
  }

  /// Neither rows nor columns: one sum for each of the batch, in order.
  private func overBatch() {
    k.nest(batch.map { counts[$0] }) { batchIndex in
      let start = with(batch, batchIndex, zeros)
      let total = w.variable(type)
      w.store(.constant(0, type), total)
      k.nest(contracted.map { counts[$0] }, straight: 8) { sumIndex in
        let place = with(contracted, sumIndex, start)
        let x = k.load(
          k.address(kernel.a, kernel.element, at: place), kernel.element, stride: Measure(0),
          width: 1)
        let y = k.load(
          k.address(kernel.b, kernel.element, at: place), kernel.element, stride: Measure(0),
          width: 1)
        w.store(w.fma(x, y, w.load(total, type)), total)
      }
      k.store(
        w.load(total, type), k.address(kernel.target, kernel.element, at: start), kernel.element,
        stride: Measure(1))
    }
  }
}
