import NodalIR
import NodalOperations

/// Writes a small region for one lane, or for a vector of lanes, without loops and without memory between operations.
///
/// A value is the list of its elements, in row-major order without the axis of lanes. What has no lanes is the same in all of
/// them: numbers, spread where they meet vectors. Sums over lanes are left out: each lane has its share (see `LaneShares`).
struct UnrolledEmitter {
  let w: FunctionWriter
  let region: Region
  /// Lanes side by side.
  let width: Int
  /// The length of a trace, where the region reads one.
  let length: (Measure.Length) -> Operand
  var values: [[Operand]]
  var stepMemory: StepMemory?
  let uses: UseCounts
  let tables: GatherTables

  init(
    _ w: FunctionWriter, _ region: Region, width: Int,
    length: @escaping (Measure.Length) -> Operand = { _ in .integer(0) }
  ) {
    self.w = w
    self.region = region
    self.width = width
    self.length = length
    uses = UseCounts(region)
    tables = GatherTables(region)
    values = Array(repeating: [], count: region.types.count)
  }

  /// The results' elements, from the parameters'. An array over the steps of a trace is a table of addresses, one for each lane; so is what rows are
  /// gathered of, where each lane has its own, and an address where it is shared.
  mutating func emit(_ parameters: [[Operand]]) -> [[Operand]] {
    for (i, parameter) in parameters.enumerated() { values[i] = parameter }
    for node in region.nodes { values[node.results.lowerBound] = compute(node) }
    return region.results.map { values[$0.index] }
  }

  private func shape(_ value: Value) -> [Int] { Self.shape(region[value]) }

  /// Lengths without that of lanes.
  static func shape(_ type: ValueType) -> [Int] {
    (type.isBatched ? type.extents.dropFirst() : type.extents[...]).map { $0.fixedLength ?? 0 }
  }

  private mutating func compute(_ node: Node) -> [Operand] {
    let type = region.types[node.results.lowerBound]
    let operands = node.operands.map { values[$0.index] }
    switch node.form {
    case .constant(let constant):
      if tables.contains(node.results.lowerBound) { return [self.table(constant)] }
      let count = Unrolling.ownCount(type) ?? 0
      return (constant.numbers(count) ?? Array(repeating: constant.uniform ?? .nan, count: count))
        .map { .constant($0, type.element.registerType) }
    case .elementwise(let schema):
      return elementwise(schema, node.operands)
    case .select:
      return operands[0].indices.map { i in
        let parts = w.alike(operands.map { $0[i] })
        return w.select(parts[0], parts[1], parts[2])
      }
    case .convert(let element):
      return operands[0].map { w.convert($0, to: element) }
    case .reduce(let reduction):
      return reduce(reduction, node.operands[0])
    case .contract(let contraction):
      return contract(contraction, node.operands)
    case .layout(let layout):
      return self.layout(layout, node, type)
    case .interpolate(let interpolate):
      return self.interpolate(interpolate, node)
    case .factorize:
      return SmallSystem(w).factorize(operands[0])
    case .linearSolve(let system):
      let solver = SmallSystem(w)
      return system.isTransposed
        ? solver.solveTransposed(operands[1], operands[2]) : solver.solve(operands[1], operands[2])
    case .gather:
      return gather(node, type)
    case .scatter, .random, .branch, .scan, .map, .derivative, .solve:
      return []
    }
  }

  private func elementwise(_ schema: OpSchema, _ operands: [Value]) -> [Operand] {
    /// Elements of operands; `factors` are the first of them. What is added to a square is not itself one of its factors, even
    /// where it is the same value.
    func parts(_ list: [Value], factors: (Value, Value)?, _ i: Int) -> [Operand] {
      let isSquare = factors.map { $0 == $1 } ?? false
      return w.alike(
        list.enumerated().map { k, value in
          isSquare && k < 2 ? squared(value, i) : values[value.index][i]
        })
    }
    let count = values[operands[0].index].count
    switch FusedSum(schema, operands, region, uses) {
    case .plus(let a, let b, let c):
      return (0..<count).map { i in
        let p = parts([a, b, c], factors: (a, b), i)
        return w.sparseFMA(p[0], p[1], p[2])
      }
    case .minus(let a, let b, let c):
      return (0..<count).map { i in
        let p = parts([a, b, c], factors: (a, b), i)
        return w.sparseFMA(p[0], p[1], w.sparseNegate(p[2]))
      }
    case .from(let a, let b, let c):
      return (0..<count).map { i in
        let p = parts([a, b, c], factors: (a, b), i)
        return w.sparseFMA(w.sparseNegate(p[0]), p[1], p[2])
      }
    case nil:
      let factors = FusedSum.factors(schema, operands)
      let parts = (0..<count).map { parts(operands, factors: factors, $0) }
      let cost = Operations.row(named: schema.name)?.scalar.cost ?? 1
      return count * cost > Unrolling.longestLine
        ? looped(parts) { w.apply(schema.name, $0) }
        : parts.map { w.sparseApply(schema.name, $0) }
    }
  }

  /// An element that is going to be squared: of a difference, either that or its opposite, so that what two bodies are to each
  /// other is computed once.
  private func squared(_ value: Value, _ i: Int) -> Operand {
    let x = values[value.index][i]
    guard let node = region.definition(of: value), case .elementwise(let schema) = node.form,
      Operations.row(named: schema.name)?.scalar == .binary(.subtract, .x, .y),
      region[value].element.isFloating, FusedSum(schema, node.operands, region, uses) == nil
    else { return x }
    let parts = node.operands.map { values[$0.index][i] }
    guard parts[1].text < parts[0].text else { return x }
    let sides = w.alike([parts[1], parts[0]])
    return w.subtract(sides[0], sides[1])
  }

  /// The same work on each of many tuples of operands, as a loop through memory of the function's own: the text, and the
  /// compiler's time, don't grow with their number.
  private func looped(_ parts: [[Operand]], _ work: ([Operand]) -> Operand) -> [Operand] {
    let width = parts.joined().map(\.type.width).max() ?? 1
    let places = parts[0].indices.map { k in
      let column = w.alike(parts.map { $0[k] })
      let type = column[0].type
      let place = w.array(type, count: column.count)
      for (i, part) in column.enumerated() {
        w.store(part, w.address(place, .integer(i * width), of: type))
      }
      return (place, type)
    }
    var made: (place: Operand, type: LLVMType)?
    w.loop(below: .integer(parts.count)) { i in
      let offset = w.multiply(i, .integer(width))
      let result = work(places.map { w.load(w.address($0.0, offset, of: $0.1), $0.1) })
      let isMask = result.type.scalar == .i1
      let stored = isMask ? w.convert("zext", result, to: result.type.with(.i8)) : result
      let place = w.array(stored.type, count: parts.count)
      w.store(stored, w.address(place, offset, of: stored.type))
      made = (place, stored.type)
    }
    guard let made else { return [] }
    return parts.indices.map { i in
      let value = w.load(w.address(made.place, .integer(i * width), of: made.type), made.type)
      return made.type.scalar == .i8 ? w.compare("ne", value, .integer(0, value.type)) : value
    }
  }

  // MARK: Sums

  private func reduce(_ reduction: Reduction, _ operand: Value) -> [Operand] {
    let shift = region[operand].isBatched ? 1 : 0
    let axes = reduction.axes.map { $0 - shift }.filter { $0 >= 0 }
    guard !axes.isEmpty else { return values[operand.index] }
    let shape = shape(operand)
    let combine = Combination(reduction.kind, region[operand].element)
    let kept = shape.indices.filter { !axes.contains($0) }
    let x = values[operand.index]
    let strides = RowMajor.strides(shape)
    func offsets(_ axes: [Int]) -> [Int] {
      RowMajor.indices(axes.map { shape[$0] }).map { index in
        zip(axes, index).reduce(0) { $0 + strides[$1.0] * $1.1 }
      }
    }
    let lastIsReduced = axes.contains(shape.count - 1)
    let outer = lastIsReduced ? offsets(axes.filter { $0 != shape.count - 1 }) : offsets(axes)
    return offsets(kept).map { base in
      var total = combine.identity(width: 1)
      for offset in outer {
        let next =
          lastIsReduced
          ? line((0..<shape[shape.count - 1]).map { x[base + offset + $0] }, combine)
          : x[base + offset]
        total = apply(combine, total, next)
      }
      return total
    }
  }

  private func apply(_ combine: Combination, _ a: Operand, _ b: Operand) -> Operand {
    let parts = w.alike([a, b])
    return combine.isSum
      ? w.sparseAdd(parts[0], parts[1]) : combine.apply(w, parts[0], parts[1])
  }

  /// As `KernelEmitter` adds up a line.
  private func line(_ x: [Operand], _ combine: Combination) -> Operand {
    let n = ContractionPlan.partials
    var rest = combine.identity(width: 1)
    let whole = x.count / n * n
    guard whole > 0 else { return x.reduce(rest) { apply(combine, $0, $1) } }
    var partial = Array(repeating: combine.identity(width: 1), count: n)
    for i in 0..<whole { partial[i % n] = apply(combine, partial[i % n], x[i]) }
    for i in whole..<x.count { rest = apply(combine, rest, x[i]) }
    return apply(combine, tree(partial, combine), rest)
  }

  private func tree(_ parts: [Operand], _ combine: Combination) -> Operand {
    var parts = parts
    while parts.count > 1 {
      parts = stride(from: 0, to: parts.count - 1, by: 2).map {
        apply(combine, parts[$0], parts[$0 + 1])
      }
    }
    return parts[0]
  }

  private func contract(_ contraction: Contraction, _ operands: [Value]) -> [Operand] {
    let (typeA, typeB) = (region[operands[0]], region[operands[1]])
    let plan = ContractionPlan(contraction, typeA, typeB)
    let (x, y) = (values[operands[0].index], values[operands[1].index])
    let (stridesA, stridesB) = (Self.strides(typeA), Self.strides(typeB))
    // Loops over lanes have one turn here.
    func loops(_ list: [ContractionPlan.Loop]) -> [ContractionPlan.Loop] {
      list.filter { $0.extent.fixedLength != nil }
    }
    func offsets(_ list: [ContractionPlan.Loop]) -> [(a: Int, b: Int)] {
      let list = loops(list)
      return RowMajor.indices(list.map { $0.extent.fixedLength ?? 0 }).map { index in
        var (a, b) = (0, 0)
        for (loop, i) in zip(list, index) {
          if let axis = loop.axisOfA { a += i * stridesA[axis] }
          if let axis = loop.axisOfB { b += i * stridesB[axis] }
        }
        return (a, b)
      }
    }
    let inner = offsets(plan.contracted)
    let zero = Operand.constant(0, typeA.element.registerType)
    let combine = Combination(.sum, typeA.element)
    func fma(_ a: Operand, _ b: Operand, _ c: Operand) -> Operand {
      let parts = w.alike([a, b, c])
      return w.sparseFMA(parts[0], parts[1], parts[2])
    }
    return offsets(plan.batch + plan.rows + plan.columns).map { base in
      switch plan.order {
      case .sequential:
        return inner.reduce(zero) { fma(x[base.a + $1.a], y[base.b + $1.b], $0) }
      case .partial:
        var partial = Array(repeating: zero, count: ContractionPlan.partials)
        for (i, place) in inner.enumerated() {
          let slot = i % ContractionPlan.partials
          partial[slot] = fma(x[base.a + place.a], y[base.b + place.b], partial[slot])
        }
        return tree(partial, combine)
      }
    }
  }

  /// Distances in one lane's elements, by the axes of the whole type.
  private static func strides(_ type: ValueType) -> [Int] {
    let own = RowMajor.strides(shape(type))
    return type.isBatched ? [0] + own : own
  }

  // MARK: Layout

  private func layout(_ layout: Layout, _ node: Node, _ type: ValueType) -> [Operand] {
    let operand = node.operands[0]
    let x = values[operand.index]
    let from = shape(operand)
    let to = Self.shape(type)
    let shift = region[operand].isBatched ? 1 : 0
    let strides = RowMajor.strides(from)
    switch layout {
    case .reshape:
      return x
    case .broadcast(_, let axes):
      let outer = type.isBatched ? 1 : 0
      let places = Array(axes.dropFirst(shift)).map { $0 - outer }
      return RowMajor.indices(to).map { index in
        x[zip(places, strides).reduce(0) { $0 + index[$1.0] * $1.1 }]
      }
    case .transpose(let permutation):
      let order = Array(permutation.dropFirst(shift)).map { $0 - shift }
      return RowMajor.indices(to).map { index in
        x[zip(order, index).reduce(0) { $0 + strides[$1.0] * $1.1 }]
      }
    case .slice(let axis, let start, _, let step):
      return RowMajor.indices(to).map { index in
        var index = index
        index[axis - shift] = start + step * index[axis - shift]
        return x[RowMajor.place(index, strides)]
      }
    case .reverse(let axis):
      return RowMajor.indices(to).map { index in
        var index = index
        index[axis - shift] = from[axis - shift] - 1 - index[axis - shift]
        return x[RowMajor.place(index, strides)]
      }
    case .window(let axis, _, let stride, let dilation):
      return RowMajor.indices(to).map { index in
        var index = index
        let place = index.remove(at: axis - shift)
        index[axis - shift] = stride * index[axis - shift] + dilation * place
        return x[RowMajor.place(index, strides)]
      }
    case .pad(let axis, let before, _, let interior):
      let zero = Operand.constant(0, type.element.registerType)
      return RowMajor.indices(to).map { index in
        var index = index
        let distance = index[axis - shift] - before
        let step = interior + 1
        guard distance >= 0, distance % step == 0, distance / step < from[axis - shift] else {
          return zero
        }
        index[axis - shift] = distance / step
        return x[RowMajor.place(index, strides)]
      }
    case .concatenate(let axis):
      // A part without lanes may stand beside one that has them only where all have none: axes agree.
      return RowMajor.indices(to).map { index in
        var index = index
        for part in node.operands {
          let shape = shape(part)
          if index[axis - shift] < shape[axis - shift] {
            return values[part.index][RowMajor.place(index, RowMajor.strides(shape))]
          }
          index[axis - shift] -= shape[axis - shift]
        }
        return .constant(.nan, type.element.registerType)
      }
    }
  }
}

/// Places in arrays in row-major order.
enum RowMajor {
  static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for i in shape.indices.dropLast().reversed() { strides[i] = strides[i + 1] * shape[i + 1] }
    return strides
  }

  static func place(_ index: [Int], _ strides: [Int]) -> Int {
    zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// All indices, in order.
  static func indices(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { heads, n in heads.flatMap { head in (0..<n).map { head + [$0] } } }
  }
}

extension FunctionWriter {
  /// The same numbers, all spread to the widest of them.
  func alike(_ operands: [Operand]) -> [Operand] {
    let width = operands.map(\.type.width).max() ?? 1
    return operands.map { $0.type.width == width ? $0 : spread($0, width) }
  }

  fileprivate func spread(_ x: Operand, _ width: Int) -> Operand {
    // A constant is spelt wide.
    if !x.text.hasPrefix("%") {
      return Operand("splat (\(x.typed))", x.type.with(width: width))
    }
    return splat(x, width: width)
  }
}
