import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import TestSupport
import Testing

/// A sum of products is the same in any order, and the pass finds orders that cost less.
struct SumsOfProductsTests {
  private static let pass = Pipeline([Pipeline.products])

  /// Multiplications of a region's contractions and products, for so many lanes.
  private static func cost(_ region: Region, lanes: Int = 100) -> Int {
    func size(_ extents: [Extent]) -> Int {
      extents.reduce(1) { product, extent in
        switch extent {
        case .fixed(let n): product * n
        case .lanes(let times): product * times * lanes
        case .steps: product
        }
      }
    }
    return region.nodes.reduce(0) { sum, node in
      let types = node.operands.map { region[$0] }
      if case .contract(let c) = node.form {
        return sum + size(region.types[node.results.lowerBound].extents)
          * size(c.contracted.map { types[0].extents[$0.a] })
      }
      if case .elementwise = node.form { return sum + size(types[0].extents) }
      return sum
    }
  }

  /// Σ over an index space of factors that have some of its axes each; written as products of whole arrays, or pairwise.
  private static func random(_ noise: inout Noise, lanes: Bool) throws -> Region {
    let extents = (0..<4).map { i in
      i == 0 && lanes ? Extent.lane : .fixed(2 + noise.integer(below: 4))
    }
    let kept = extents.indices.filter { _ in noise.integer(below: 2) == 0 }
    let sets = (0..<(2 + noise.integer(below: 3))).map { _ -> [Int] in
      let some = extents.indices.filter { _ in noise.integer(below: 2) == 0 }
      return some.isEmpty ? [1] : some
    }
    var b = RegionBuilder(
      parameters: sets.map { ValueType(.f64, $0.map { extents[$0] }) })
    var product: Value?
    for (k, set) in sets.enumerated() {
      var factor = b.broadcast(b.parameters[k], to: extents, axes: set)
      if noise.integer(below: 4) == 0 { factor = b.neg(factor) }
      if noise.integer(below: 4) == 0 { factor = b.mul(factor, 0.5) }
      product = product.map { b.mul($0, factor) } ?? factor
    }
    guard let product else { throw IRError("no factors") }
    // A mask of equal indices, where two axes are as long as each other.
    var masked = product
    for i in extents.indices.dropFirst() {
      for j in extents.indices where j > i && extents[i] == extents[j] {
        guard noise.integer(below: 2) == 0, let n = extents[i].fixedLength else { continue }
        let identity = b.constant(
          (0..<(n * n)).map { $0 / n == $0 % n ? 1 : 0 }, ValueType(.f64, shape: [n, n]))
        masked = b.mul(masked, b.broadcast(identity, to: extents, axes: [i, j]))
      }
    }
    let summed = extents.indices.filter { !kept.contains($0) }
    return try b.finish([b.reduce(.sum, masked, axes: summed)])
  }

  @Test(arguments: 0..<Effort.count(60, long: 1000))
  func anyOrderIsTheSame(seed: Int) throws {
    var noise = Noise(UInt64(seed))
    let lanes = noise.integer(below: 2) == 0
    let region = try Self.random(&noise, lanes: lanes)
    let better = try Self.pass.run(region)
    #expect(Self.cost(better) <= Self.cost(region))
    let inputs = region.parameterTypes.map { type in
      noise.tensor(.f64, type.extents.map { $0.fixedLength ?? 3 })
    }
    let count = lanes ? 3 : nil
    let (a, b) = (
      try run(region, inputs, lanes: count)[0], try run(better, inputs, lanes: count)[0]
    )
    #expect(a.shape == b.shape)
    for (x, y) in zip(a.numbers, b.numbers) {
      #expect(Swift.abs(x - y) <= 1e-12 * (1 + Swift.abs(x)))
    }
  }

  /// The trace of a network's Jacobian costs what it costs when it is written out.
  @Test func divergence() throws {
    let units = 16
    var b = RegionBuilder(
      parameters: [
        ValueType(.f64, [.lane, .fixed(2)]), ValueType(.f64, shape: [2, units]),
        ValueType(.f64, shape: [units, 2]),
      ])
    let (z, w, v) = (b.parameters[0], b.parameters[1], b.parameters[2])
    let product = Contraction(contracted: [.init(1, 0)])
    let h = b.tanh(b.value(.contract(product), [z, w]))
    let slope = b.sub(b.constant(1, b.type(h)), b.square(h))
    // The columns of the Jacobian, masked and added up.
    let tangent = b.mul(
      b.broadcast(slope, to: [.lane, .fixed(2), .fixed(units)], axes: [0, 2]),
      b.broadcast(w, to: [.lane, .fixed(2), .fixed(units)], axes: [1, 2]))
    let columns = b.value(.contract(Contraction(contracted: [.init(2, 0)])), [tangent, v])
    let identity = b.constant([1, 0, 0, 1], ValueType(.f64, shape: [2, 2]))
    let masked = b.mul(
      columns, b.broadcast(identity, to: b.type(columns).extents, axes: [1, 2]))
    let inner = b.reduce(.sum, masked, axes: [2])
    let trace = try b.finish([b.reduce(.sum, inner, axes: [1])])
    let better = try Self.pass.run(trace)
    let types = better.nodes.flatMap { $0.results.map { better.types[$0] } }
    #expect(!types.contains { $0.isBatched && $0.rank > 2 }, "\(better)")
    // 2 units for z w, tanh, square, difference; one more sum over the units.
    #expect(Self.cost(better) < 100 * units * 8)
    #expect(Self.cost(better) * 10 < Self.cost(trace) * 6)

    var noise = Noise(1)
    let inputs = [
      noise.tensor(.f64, [5, 2]), noise.tensor(.f64, [2, units]), noise.tensor(.f64, [units, 2]),
    ]
    let (x, y) = (try run(trace, inputs, lanes: 5)[0], try run(better, inputs, lanes: 5)[0])
    for i in 0..<5 { #expect(abs(x[i] - y[i]) < 1e-13) }
  }

  /// What one lane has may be multiplied with a sum over all lanes: nothing may have lanes twice.
  @Test func sumsOverLanesForEachLane() throws {
    var b = RegionBuilder(
      parameters: [
        ValueType(.f64, [.lane, .fixed(3)]), ValueType(.f64, [.lane, .fixed(2)]),
        ValueType(.f64, [.lane, .fixed(3)]),
      ])
    let (r, p, q) = (b.parameters[0], b.parameters[1], b.parameters[2])
    let sum = b.value(.contract(Contraction(contracted: [.init(0, 0)])), [p, q])
    let product = b.value(.contract(Contraction(contracted: [.init(1, 1)])), [r, sum])
    let scaled = b.mul(product, 2)
    let region = try b.finish([b.reduce(.sum, scaled, axes: [1]), scaled])
    let better = try Self.pass.run(region)
    var noise = Noise(2)
    let inputs = [
      noise.tensor(.f64, [4, 3]), noise.tensor(.f64, [4, 2]), noise.tensor(.f64, [4, 3]),
    ]
    for (x, y) in zip(try run(region, inputs, lanes: 4), try run(better, inputs, lanes: 4)) {
      for (a, b) in zip(x.numbers, y.numbers) { #expect(Swift.abs(a - b) < 1e-13) }
    }
  }

  /// What somebody else reads is kept, and what nobody can do better stays as it is written.
  @Test func staysWhereItIsGood() throws {
    var b = RegionBuilder(
      parameters: [ValueType(.f64, shape: [3, 4]), ValueType(.f64, shape: [4, 5])])
    let product = b.value(
      .contract(Contraction(contracted: [.init(1, 0)])), b.parameters)
    let plain = try b.finish([product])
    #expect(try Self.pass.run(plain) == plain)
    let sum = b.reduce(.sum, product, axes: [0])
    let both = try b.finish([product, sum])
    #expect(try Self.pass.run(both) == both)
  }
}
