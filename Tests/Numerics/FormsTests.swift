import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import Testing

/// The forms of the IR against what their definitions say, element by element.
struct FormsTests {
  private func one(
    _ form: Form, _ inputs: [Tensor], lanes: [Int] = []
  ) throws -> Tensor {
    let types = inputs.enumerated().map { i, tensor in
      ValueType(
        tensor.element,
        tensor.shape.enumerated().map { axis, n in
          axis == 0 && lanes.contains(i) ? .lane : .fixed(n)
        })
    }
    var b = RegionBuilder(parameters: types)
    let result = b.emit(form, b.parameters)
    return try run(b.finish(result), inputs)[0]
  }

  @Test(arguments: 0..<60)
  func contractIsSumOfProducts(seed: Int) throws {
    var noise = Noise(UInt64(seed))
    let element: ElementType = seed % 2 == 0 ? .f64 : .f32
    let batch = noise.integer(below: 2)
    let free = (noise.integer(below: 3), noise.integer(below: 3))
    let summed = 1 + noise.integer(below: 2)
    func length() -> Int { 1 + noise.integer(below: seed % 3 == 0 ? 20 : 5) }
    let batchShape = (0..<batch).map { _ in length() }
    let summedShape = (0..<summed).map { _ in length() }
    let freeA = (0..<free.0).map { _ in length() }
    let freeB = (0..<free.1).map { _ in length() }
    // Axes in a random order: (kind, number).
    func shuffled(_ shape: [Int], _ noise: inout Noise) -> (order: [Int], shape: [Int]) {
      var order = Array(shape.indices)
      for i in order.indices { order.swapAt(i, noise.integer(below: order.count)) }
      return (order, order.map { shape[$0] })
    }
    let (orderA, shapeA) = shuffled(batchShape + summedShape + freeA, &noise)
    let (orderB, shapeB) = shuffled(batchShape + summedShape + freeB, &noise)
    func pair(_ i: Int) throws -> Contraction.Pair {
      try Contraction.Pair(
        #require(orderA.firstIndex(of: i)), #require(orderB.firstIndex(of: i)))
    }
    let contraction = Contraction(
      batch: try (0..<batch).map(pair), contracted: try (batch..<(batch + summed)).map(pair))
    let a = noise.tensor(element, shapeA)
    let b = noise.tensor(element, shapeB)
    let result = try one(.contract(contraction), [a, b])
    let freeAxesA = contraction.freeAxes(ofA: shapeA.count)
    let freeAxesB = contraction.freeAxes(ofB: shapeB.count)
    for index in indices(result.shape) {
      var sum = 0.0
      for k in indices(summedShape) {
        var ia = [Int](repeating: 0, count: shapeA.count)
        var ib = [Int](repeating: 0, count: shapeB.count)
        for (n, pair) in contraction.batch.enumerated() {
          (ia[pair.a], ib[pair.b]) = (index[n], index[n])
        }
        for (n, pair) in contraction.contracted.enumerated() {
          (ia[pair.a], ib[pair.b]) = (k[n], k[n])
        }
        for (n, axis) in freeAxesA.enumerated() { ia[axis] = index[batch + n] }
        for (n, axis) in freeAxesB.enumerated() { ib[axis] = index[batch + freeAxesA.count + n] }
        sum += a[at: ia] * b[at: ib]
      }
      #expect(abs(result[at: index] - sum) < (element == .f64 ? 1e-12 : 1e-4))
    }
  }

  @Test(arguments: [1, 2, 3, 7, 8, 20, 33], [1, 2, 5, 8, 50])
  func productRowsDependOnNoOthers(lanes: Int, inner: Int) throws {
    for columns in [1, 2, 8, 9, 50] { try rows(lanes, inner, columns) }
  }

  private func rows(_ lanes: Int, _ inner: Int, _ columns: Int) throws {
    var noise = Noise(7)
    let w = noise.tensor(.f64, [inner, columns])
    let turned = noise.tensor(.f64, [columns, inner])
    let x = noise.tensor(.f64, [lanes, inner])
    for (right, axis) in [(w, 0), (turned, 1)] {
      let all = try one(
        .contract(Contraction(contracted: [.init(1, axis)])), [x, right], lanes: [0])
      for lane in 0..<lanes {
        let row = Tensor(.f64, shape: [inner], (0..<inner).map { x[lane * inner + $0] })
        let single = try one(.contract(Contraction(contracted: [.init(0, axis)])), [row, right])
        for j in 0..<columns { #expect(single[j] == all[lane * columns + j]) }
      }
    }
  }

  @Test(arguments: 0..<40)
  func reductions(seed: Int) throws {
    var noise = Noise(UInt64(100 + seed))
    let shape = (0..<(1 + noise.integer(below: 4))).map { _ in 1 + noise.integer(below: 12) }
    let axes = shape.indices.filter { _ in noise.integer(below: 2) == 0 }
    guard !axes.isEmpty else { return }
    let x = noise.tensor(seed % 2 == 0 ? .f64 : .f32, shape)
    let kept = shape.indices.filter { !axes.contains($0) }
    for kind in [Reduction.Kind.sum, .max, .min] {
      let result = try one(.reduce(Reduction(kind, axes: axes)), [x])
      for index in indices(kept.map { shape[$0] }) {
        var values: [Double] = []
        for i in indices(shape) where kept.enumerated().allSatisfy({ i[$1] == index[$0] }) {
          values.append(x[at: i])
        }
        let expected =
          switch kind {
          case .sum: values.reduce(0, +)
          case .max, .argmax: values.max() ?? -.infinity
          case .min, .argmin: values.min() ?? .infinity
          }
        #expect(abs(result[at: index] - expected) < (x.element == .f64 ? 1e-12 : 1e-4))
      }
    }
    let axis = axes[0]
    let rest = shape.indices.filter { $0 != axis }
    let places = try one(.reduce(Reduction(.argmax, axes: [axis])), [x])
    for index in indices(rest.map { shape[$0] }) {
      var full = index
      full.insert(Int(places[at: index]), at: axis)
      let best = x[at: full]
      for k in 0..<shape[axis] {
        full[axis] = k
        #expect(x[at: full] <= best)
      }
    }
  }

  @Test(arguments: 0..<30)
  func layouts(seed: Int) throws {
    var noise = Noise(UInt64(200 + seed))
    let rank = 1 + noise.integer(below: 3)
    let shape = (0..<rank).map { _ in 1 + noise.integer(below: 6) }
    let element = [ElementType.f64, .f32, .i64, .bool][seed % 4]
    let x = noise.tensor(element, shape)
    let axis = noise.integer(below: rank)
    func check(
      _ layout: Layout, _ source: ([Int]) -> [Int]?, line: Int = #line
    ) throws {
      let result = try one(.layout(layout), [x])
      for i in indices(result.shape) {
        #expect(result[at: i] == (source(i).map { x[at: $0] } ?? 0), "\(layout) line \(line)")
      }
    }
    var order = Array(shape.indices)
    for i in order.indices { order.swapAt(i, noise.integer(below: rank)) }
    try check(.transpose(order)) { i in
      var source = i
      for (k, axis) in order.enumerated() { source[axis] = i[k] }
      return source
    }
    try check(.reverse(axis: axis)) { i in
      var source = i
      source[axis] = shape[axis] - 1 - i[axis]
      return source
    }
    let start = noise.integer(below: shape[axis])
    let stride = 1 + noise.integer(below: 3)
    try check(.slice(axis: axis, start: start, limit: shape[axis], stride: stride)) { i in
      var source = i
      source[axis] = start + stride * i[axis]
      return source
    }
    let (before, after, interior) = (
      noise.integer(below: 3), noise.integer(below: 3), noise.integer(below: 3)
    )
    try check(.pad(axis: axis, before: before, after: after, interior: interior)) { i in
      var source = i
      let k = i[axis] - before
      guard k >= 0, k % (interior + 1) == 0, k / (interior + 1) < shape[axis] else { return nil }
      source[axis] = k / (interior + 1)
      return source
    }
    let size = 1 + noise.integer(below: shape[axis])
    let dilation = size == 1 ? 2 : 1 + noise.integer(below: (shape[axis] - 1) / (size - 1))
    try check(.window(axis: axis, size: size, stride: stride, dilation: dilation)) { i in
      var source = i
      let place = source.remove(at: axis)
      source[axis] = stride * i[axis + 1] + dilation * place
      return source
    }
    let wide = [3] + shape
    try check(.broadcast(to: wide.map(Extent.fixed), axes: Array(1...rank))) {
      Array($0.dropFirst())
    }
    let tall = shape + [4]
    try check(.broadcast(to: tall.map(Extent.fixed), axes: Array(0..<rank))) {
      Array($0.dropLast())
    }
    let joined = try one(.layout(.concatenate(axis: axis)), [x, x])
    for i in indices(joined.shape) {
      var source = i
      source[axis] %= shape[axis]
      #expect(joined[at: i] == x[at: source])
    }
  }

  @Test func gatherAndScatterAreTransposes() throws {
    var noise = Noise(5)
    let x = noise.tensor(.f64, [2, 5, 3])
    let indices = Tensor(integers: [4, 0, 0, 2, 3, 3, 1, 9], shape: [2, 4])
    let gathered = try one(.gather(Gather(batchAxes: 1)), [x, indices])
    #expect(gathered.shape == [2, 4, 3])
    #expect(gathered[at: [0, 0, 1]] == x[at: [0, 4, 1]])
    #expect(gathered[at: [1, 2, 2]] == x[at: [1, 1, 2]])
    #expect(gathered[at: [1, 3, 0]].isNaN)
    let updates = noise.tensor(.f64, [2, 4, 3])
    let scattered = try one(
      .scatter(Scatter(batchAxes: 1, extent: .fixed(5))), [updates, indices])
    // ⟨gather(x), u⟩ = ⟨x, scatter(u)⟩, but for the index outside.
    var (left, right) = (0.0, 0.0)
    for i in 0..<gathered.count where !gathered[i].isNaN { left += gathered[i] * updates[i] }
    for i in 0..<x.count { right += x[i] * scattered[i] }
    #expect(abs(left - right) < 1e-12)
  }

  @Test func conversions() throws {
    let x = Tensor([1.9, -1.9, .nan, 1e300, -.infinity, 0])
    #expect(
      try one(.convert(.i64), [x]).numbers
        == [1, -1, 0, 0x1p63, -0x1p63, 0])
    #expect(try one(.convert(.bool), [x]).numbers == [1, 1, 1, 1, 1, 0])
    let condition = Tensor(.bool, shape: [2], [1, 0])
    #expect(
      try one(.select, [condition, Tensor([1, 2]), Tensor([.nan, 4])]).numbers == [1, 4])
  }

  @Test func drawsBelongToKeysNotToSlots() throws {
    let (a, b) = (
      RandomKeys.pack(seed: 3, step: 1, example: 0), RandomKeys.pack(seed: 3, step: 1, example: 1)
    )
    let keys = Tensor(integers: [Int(a.0), Int(a.1), Int(b.0), Int(b.1)], shape: [2, 2])
    for kind in RandomDraw.Kind.allCases {
      let draw = RandomDraw(kind, place: 4, type: ValueType(.f64, shape: [3]))
      let both = try one(.random(draw), [keys], lanes: [0])
      let second = try one(.random(draw), [Tensor(integers: [Int(b.0), Int(b.1)])])
      #expect(Array(both.numbers[3...]) == second.numbers)
      #expect(Set(both.numbers.map { abs($0) }).count > (kind == .rademacher ? 0 : 5))
    }
  }
}
