import NodalIR
import NodalOperations

/// Random regions of smooth functions with moderate values: the subjects of laws about passes.
struct RandomRegion {
  var noise: Noise
  /// How deep regions may lie in regions.
  var depth: Int
  /// Forms of which a region may be made.
  var kinds: [Kind]
  private var b: RegionBuilder
  private var pool: [Value]

  enum Kind: CaseIterable {
    case unary, binary, sum, extreme, contract, layout, gather, scatter, select, convert, random,
      branch, scan, map, gradient, tangent, solve, system
  }

  init(
    seed: UInt64, parameters: [ValueType], depth: Int = 2, kinds: [Kind] = Kind.allCases
  ) {
    noise = Noise(seed)
    self.depth = depth
    self.kinds = kinds
    b = RegionBuilder(parameters: parameters)
    pool = b.parameters
  }

  /// A region of about so many nodes with results of these types.
  mutating func region(nodes: Int, results: [ValueType]) throws(IRError) -> Region {
    for _ in 0..<nodes { try grow() }
    // The last values come from most others.
    let values = results.map { type in
      let a = fit(pool[pool.count - 1 - noise.integer(below: min(3, pool.count))], type)
      let c = fit(pick(), type)
      return b.add(b.mul(a, 0.7), b.mul(c, 0.6))
    }
    return try b.finish(values)
  }

  mutating func region(nodes: Int, result: ValueType) throws(IRError) -> Region {
    try region(nodes: nodes, results: [result])
  }

  private mutating func pick() -> Value {
    // Later ones more often.
    let i = max(noise.integer(below: pool.count), noise.integer(below: pool.count))
    return pool[i]
  }

  /// A value of a type, made of one of another type.
  private mutating func fit(_ x: Value, _ type: ValueType) -> Value {
    var x = x
    if b.type(x) == type { return x }
    if b.type(x).element == .i64 || b.type(x).element == .bool {
      return b.constant(0.4, type)
    }
    x = b.convert(x, to: type.element)
    let (from, to) = (b.type(x).extents, type.extents)
    if from == to { return x }
    if ValueType(.f64, from).fixedCount == ValueType(.f64, to).fixedCount,
      noise.integer(below: 2) == 0
    {
      return b.reshape(x, to: to)
    }
    if to.count >= from.count, Array(to.suffix(from.count)) == from {
      return b.broadcast(x, to: to, axes: Array((to.count - from.count)..<to.count))
    }
    let total = b.reduce(.sum, b.tanh(x), axes: Array(from.indices))
    return b.broadcast(b.sin(total), to: to, axes: [])
  }

  private mutating func grow() throws(IRError) {
    let kind = kinds[noise.integer(below: kinds.count)]
    let x = pick()
    let type = b.type(x)
    guard type.element.isFloating else { return }
    switch kind {
    case .unary: pool.append(unary(x))
    case .binary:
      let y = fit(pick(), type)
      let ops = ["add", "sub", "mul", "atan2", "div", "max", "pow"]
      let op = ops[noise.integer(below: ops.count)]
      switch op {
      case "atan2": pool.append(b.apply("atan2", x, b.add(b.square(y), 1)))
      case "div": pool.append(b.div(x, b.add(b.square(y), 0.7)))
      case "pow": pool.append(b.apply("pow", b.add(b.square(y), 0.7), b.tanh(x)))
      default: pool.append(b.mul(b.apply(op, x, y), 0.8))
      }
    case .sum:
      pool.append(b.mul(b.reduce(.sum, x, axes: someAxes(type)), 0.5))
    case .extreme:
      let kind: Reduction.Kind = noise.integer(below: 2) == 0 ? .max : .min
      pool.append(b.reduce(kind, x, axes: someAxes(type)))
    case .contract: contract(x)
    case .layout: layout(x)
    case .gather, .scatter: gather(x, transposed: kind == .scatter)
    case .select:
      let y = fit(pick(), type)
      pool.append(b.select(b.apply("lt", unary(x), y), b.mul(y, 0.3), x))
    case .convert:
      guard type.element == .f64, noise.integer(below: 4) == 0 else { return }
      // Rounding to f32 would spoil differences: only a constant is rounded.
      let c = b.convert(b.constant(0.3, type.with(.f32)), to: .f64)
      pool.append(b.mul(x, c))
    case .random:
      let key = b.constant([3, 5], ValueType(.i64, shape: [2]))
      let draw = b.value(
        .random(RandomDraw(.normal, place: noise.integer(below: 9), type: type)), [key])
      pool.append(b.mul(x, draw))
    case .branch: try branch(x)
    case .scan: try scan(x)
    case .map: try map(x)
    case .gradient, .tangent: try derivative(x, forward: kind == .tangent)
    case .solve: try solve(x)
    case .system: if noise.integer(below: 2) == 0 { system(x) } else { sparseSystem(x) }
    }
  }

  private mutating func unary(_ x: Value) -> Value {
    let ops = ["tanh", "sin", "cos", "logistic", "softplus", "erf", "atan", "square", "exp", "log"]
    let op = ops[noise.integer(below: ops.count)]
    switch op {
    case "square": return b.mul(b.square(x), 0.3)
    case "exp": return b.exp(b.mul(b.tanh(x), 0.5))
    case "log": return b.log(b.add(b.square(x), 1))
    default: return b.apply(op, x)
    }
  }

  private mutating func someAxes(_ type: ValueType) -> [Int] {
    type.extents.indices.filter { _ in noise.integer(below: 2) == 0 }
  }

  private mutating func contract(_ x: Value) {
    let y = fit(pick(), ValueType(b.type(x).element, b.type(pick()).extents))
    let (a, c) = (b.type(x).extents, b.type(y).extents)
    guard a.count + c.count <= 5 else { return }
    var pairs: [[Contraction.Pair]] = [[], []]
    var used: Set<Int> = []
    for i in a.indices {
      guard let j = c.indices.first(where: { c[$0] == a[i] && !used.contains($0) }) else {
        continue
      }
      let role = noise.integer(below: 3)
      if role < 2 {
        used.insert(j)
        pairs[role].append(.init(i, j))
      }
    }
    let product = b.value(
      .contract(Contraction(batch: pairs[0], contracted: pairs[1])), [x, y])
    pool.append(b.mul(b.tanh(product), 0.9))
  }

  private mutating func layout(_ x: Value) {
    let type = b.type(x)
    let rank = type.rank
    guard rank > 0 else {
      pool.append(b.broadcast(x, to: [.fixed(2 + noise.integer(below: 2))], axes: []))
      return
    }
    let axis = noise.integer(below: rank)
    let n = type.extents[axis].fixedLength ?? 1
    switch noise.integer(below: 8) {
    case 6 where rank < 4:
      let size = 1 + noise.integer(below: n)
      let most = size == 1 ? 2 : (n - 1) / (size - 1)
      pool.append(
        b.window(
          x, axis: axis, size: size, stride: 1 + noise.integer(below: 2),
          dilation: 1 + noise.integer(below: most)))
    case 0:
      var order = Array(0..<rank)
      for i in order.indices { order.swapAt(i, noise.integer(below: rank)) }
      pool.append(b.transpose(x, order))
    case 1:
      let start = noise.integer(below: n)
      pool.append(b.slice(x, axis: axis, start..<n, stride: 1 + noise.integer(below: 2)))
    case 2 where n <= 3:
      pool.append(
        b.value(
          .layout(
            .pad(
              axis: axis, before: noise.integer(below: 2), after: noise.integer(below: 2),
              interior: noise.integer(below: 2))), [x]))
    case 3: pool.append(b.value(.layout(.reverse(axis: axis)), [x]))
    case 4 where n <= 3: pool.append(b.concatenate([x, unary(x)], axis: axis))
    case 5 where rank < 3:
      var extents = type.extents
      let place = noise.integer(below: rank + 1)
      extents.insert(.fixed(2), at: place)
      pool.append(
        b.broadcast(x, to: extents, axes: extents.indices.filter { $0 != place }))
    default:
      pool.append(b.reshape(x, to: [.fixed(type.fixedCount ?? 1)]))
    }
  }

  private mutating func gather(_ x: Value, transposed: Bool) {
    let type = b.type(x)
    guard type.rank > 0, let n = type.extents[0].fixedLength, n > 0 else { return }
    if transposed {
      let indices = b.constant(
        (0..<n).map { _ in Double(noise.integer(below: 4)) }, ValueType(.i64, shape: [n]))
      pool.append(b.value(.scatter(Scatter(extent: .fixed(4))), [x, indices]))
    } else {
      let indices = b.constant(
        (0..<3).map { _ in Double(noise.integer(below: n)) }, ValueType(.i64, shape: [3]))
      pool.append(b.value(.gather(Gather()), [x, indices]))
    }
  }

  /// Linear equations, of matrices that are not singular but want rows exchanged. What would be left of a row for equal unknowns is
  /// another number in each: equal right sides would give unknowns that only rounding tells apart, and what chooses between them (the
  /// derivative of a largest element) would have no derivative itself.
  private mutating func system(_ x: Value) {
    let n = 2 + noise.integer(below: 2)
    let matrix = ValueType(.f64, shape: [n, n])
    let mixed = b.mul(b.tanh(fit(x, matrix)), 0.3)
    let shift = (0..<(n * n)).map { (k: Int) -> Double in
      let isNext = k % n == (k / n + 1) % n
      return isNext ? 2 + 0.3 * Double(k / n) : 0.1 * Double(k % 3)
    }
    let a = b.add(mixed, b.constant(shift, matrix))
    let right = fit(pick(), ValueType(.f64, shape: [n]))
    let factors = b.value(.factorize(nil), [a])
    let solver = Form.linearSolve(LinearSolve(isTransposed: noise.integer(below: 2) == 0))
    pool.append(b.value(solver, [a, factors, right]))
  }

  /// The same sparse, of a matrix whose diagonal outweighs the rest.
  private mutating func sparseSystem(_ x: Value) {
    let pattern = SparsePattern(rows: (0..<4).map { [(3 * $0 + 1) % 4, ($0 * $0 + 2) % 4] })
    let matrix = ValueType(.f64, shape: [pattern.columns.count])
    let mixed = b.mul(b.tanh(fit(x, matrix)), 0.3)
    let shift = zip(pattern.rows, pattern.columns).enumerated().map { k, place in
      place.0 == place.1 ? 2 + 0.3 * Double(place.0) : 0.1 * Double(k % 3)
    }
    let a = b.add(mixed, b.constant(shift, matrix))
    let right = fit(pick(), ValueType(.f64, shape: [4]))
    let factors = b.value(.factorize(.sparse(pattern)), [a])
    let solver = LinearSolve(isTransposed: noise.integer(below: 2) == 0, pattern: .sparse(pattern))
    pool.append(b.value(.linearSolve(solver), [a, factors, right]))
  }

  // MARK: Regions in regions

  private mutating func inner(
    _ parameters: [ValueType], _ results: [ValueType], nodes: Int = 4
  ) throws(IRError) -> Region {
    var inner = RandomRegion(
      seed: UInt64(noise.integer(below: 1 << 30)), parameters: parameters, depth: depth - 1,
      kinds: kinds)
    return try inner.region(nodes: nodes, results: results)
  }

  private mutating func branch(_ x: Value) throws(IRError) {
    guard depth > 0 else { return }
    let type = b.type(x)
    let y = pick()
    let condition = b.apply(
      "lt", fit(x, ValueType(.f64)), b.constant(noise.next() * 0.5, ValueType(.f64)))
    let types = [type, b.type(y)]
    var sides: [Region] = []
    for _ in 0..<2 { sides.append(try inner(types, [type, ValueType(.f64)])) }
    pool += b.emit(.branch(Branch(whenTrue: sides[0], whenFalse: sides[1])), [condition, x, y])
  }

  private mutating func scan(_ x: Value) throws(IRError) {
    guard depth > 0 else { return }
    let type = b.type(x)
    guard type.rank < 3 else { return }
    let n = 1 + noise.integer(below: 3)
    let slice = ValueType(type.element, shape: [2])
    let stacked = fit(pick(), slice.prepending(.fixed(n)))
    let shared = pick()
    let carry = fit(pick(), ValueType(.f64))
    let body = try inner(
      [type, ValueType(.f64), slice, b.type(shared)],
      [type, ValueType(.f64), slice, ValueType(.f64, shape: [2])])
    let results = b.emit(
      .scan(
        Scan(
          length: .fixed(n), reverse: noise.integer(below: 2) == 0, carries: 2, stacked: 1,
          outputs: 1, body: body)), [x, carry, stacked, shared])
    pool += results
  }

  private mutating func map(_ x: Value) throws(IRError) {
    guard depth > 0 else { return }
    let type = b.type(x)
    guard type.rank > 0, type.rank < 3, let n = type.extents[0].fixedLength, n > 0 else { return }
    let shared = pick()
    let other = fit(pick(), ValueType(.f64, shape: [n]))
    let body = try inner(
      [type.droppingFirst(), b.type(shared), ValueType(.f64)],
      [type.droppingFirst(), ValueType(.f64)])
    pool += b.emit(
      .map(Map(extent: .fixed(n), mapped: [true, false, true], body: body)), [x, shared, other])
  }

  private mutating func derivative(_ x: Value, forward: Bool) throws(IRError) {
    guard depth > 0 else { return }
    let type = b.type(x)
    let y = pick()
    let body = try inner([type, b.type(y)], [ValueType(.f64)], nodes: 3)
    if forward {
      let dot = fit(pick(), type)
      let results = b.emit(.derivative(Derivative(.forward, wrt: [0], body: body)), [x, y, dot])
      pool.append(b.tanh(results[1]))
    } else {
      let one = b.constant(1, ValueType(.f64))
      let results = b.emit(.derivative(Derivative(.reverse, wrt: [0], body: body)), [x, y, one])
      pool.append(b.tanh(results[1]))
    }
  }

  /// A short initial value problem by steps of a given number, so that differences are smooth.
  private mutating func solve(_ x: Value) throws(IRError) {
    guard depth > 0 else { return }
    let state = ValueType(.f64, shape: [2])
    let y = fit(x, state)
    let parameter = pick()
    var rhs = RandomRegion(
      seed: UInt64(noise.integer(below: 1 << 30)),
      parameters: [.time, state, b.type(parameter)], depth: depth - 1,
      kinds: kinds.filter { $0 != .solve })
    let slope = try rhs.region(nodes: 3, result: state)
    let saves = noise.integer(below: 3)
    let times = b.constant(
      (0..<saves).map { 0.1 + 0.3 * Double($0) }, ValueType(.f64, shape: [saves]))
    let solve = Solve(
      settings: SolverSettings(method: "rk4", stepping: .count(3), gradient: .direct), batched: [],
      rhs: slope, controlled: 2)
    let results = b.emit(
      .solve(solve), [b.constant(0, .time), b.constant(0.6, .time), times, y, parameter])
    pool.append(results[0])
    if saves > 0 { pool.append(results[1]) }
  }
}
