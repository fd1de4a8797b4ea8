import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import TestSupport
import Testing

/// A batch is its examples run one by one, bit for bit: no example's numbers depend on its neighbours.
struct TransformsBatchingLawTests {
  static let parameters = TransformsDerivativeLawTests.parameters

  /// `region` mapped over `extent` for the parameters flagged.
  static func mapped(_ region: Region, _ flags: [Bool], _ extent: Extent) throws -> Region {
    var b = RegionBuilder(
      parameters: zip(region.parameterTypes, flags).map { $1 ? $0.prepending(extent) : $0 })
    let results = b.emit(.map(Map(extent: extent, mapped: flags, body: region)), b.parameters)
    return try b.finish(results)
  }

  /// Row `i` of a tensor.
  static func row(_ x: Tensor, _ i: Int) -> Tensor {
    let shape = Array(x.shape.dropFirst())
    let n = shape.reduce(1, *)
    return Tensor(x.element, shape: shape, (0..<n).map { x[i * n + $0] })
  }

  static func rows(_ x: Tensor, _ order: [Int]) -> Tensor {
    let n = x.shape.dropFirst().reduce(1, *)
    return Tensor(
      x.element, shape: [order.count] + x.shape.dropFirst(),
      order.flatMap { i in (0..<n).map { x[i * n + $0] } })
  }

  static func same(_ a: Tensor, _ b: Tensor) -> Bool {
    a.shape == b.shape
      && (0..<a.count).allSatisfy {
        a[$0].bitPattern == b[$0].bitPattern || (a[$0] == 0 && b[$0] == 0)
          || (a[$0].isNaN && b[$0].isNaN)
      }
  }

  static func check(
    _ region: Region, _ noise: inout Noise, extent: Extent, name: String,
    passes: Pipeline = .evaluation
  ) throws {
    // What `products` finds cheapest for a batch need not be so for one example: the sums are the same, to rounding only.
    let passes = Pipeline(passes.passes.filter { $0.name != Pipeline.products.name })
    let types = region.parameterTypes
    var flags = types.map { _ in noise.integer(below: 3) > 0 }
    flags[noise.integer(below: flags.count)] = true
    let n = 5
    let inputs = zip(types, flags).map { type, isMapped in
      noise.tensor(
        type.element, (isMapped ? [n] : []) + type.extents.map { $0.fixedLength ?? 1 })
    }
    let batched = try passes.run(mapped(region, flags, extent))
    let single = try passes.run(region)
    let all = try run(batched, inputs)
    for i in 0..<n {
      let own = zip(inputs, flags).map { $1 ? row($0, i) : $0 }
      let alone = try run(single, own)
      for (r, result) in alone.enumerated() {
        let found = row(all[r], i)
        #expect(
          same(found, result),
          "\(name): result \(r) of example \(i) is \(found.numbers), alone \(result.numbers)")
      }
    }
    guard extent == .lane else { return }
    // Others, in another order, or none of them.
    for order in [[3, 0, 4], [2, 2, 1, 4, 0, 3, 1], [1]] {
      let some = try run(batched, zip(inputs, flags).map { $1 ? rows($0, order) : $0 })
      for (r, result) in some.enumerated() {
        #expect(same(result, rows(all[r], order)), "\(name): result \(r) in order \(order)")
      }
    }
  }

  @Test(arguments: RandomRegion.Kind.allCases, 0..<Effort.count(5, long: 40))
  func everyForm(_ kind: RandomRegion.Kind, seed: Int) throws {
    for (k, extent) in [Extent.lane, .fixed(5)].enumerated() {
      var noise = Noise(UInt64(seed * 100 + 21))
      var random = RandomRegion(
        seed: UInt64(300 + seed), parameters: Self.parameters, depth: 1,
        kinds: [.unary, .binary, kind, kind])
      let region = try random.region(
        nodes: 6, results: [ValueType(.f64), ValueType(.f64, shape: [3, 2])])
      try Self.check(region, &noise, extent: extent, name: "\(kind) \(seed) \(k)")
    }
  }

  @Test(arguments: 0..<Effort.count(40, long: 800))
  func mixtures(seed: Int) throws {
    for (k, extent) in [Extent.lane, .fixed(5)].enumerated() {
      var noise = Noise(UInt64(seed * 100 + 22))
      var random = RandomRegion(seed: UInt64(7000 + seed), parameters: Self.parameters, depth: 3)
      let region = try random.region(
        nodes: 10, results: [ValueType(.f64), ValueType(.f64, shape: [2, 3])])
      try Self.check(region, &noise, extent: extent, name: "mixture \(seed) \(k)")
    }
  }

  /// The gradient of a sum over examples by what belongs to each of them is each one's own gradient; by what they share,
  /// the sum. Forms over lanes are differentiated here.
  @Test(arguments: 0..<Effort.count(30, long: 500))
  func gradients(seed: Int) throws {
    for extent in [Extent.lane, .fixed(4)] {
      var noise = Noise(UInt64(seed * 100 + 23))
      var random = RandomRegion(seed: UInt64(8000 + seed), parameters: Self.parameters, depth: 2)
      let loss = try random.region(nodes: 10, result: ValueType(.f64))
      let flags = [seed % 2 == 0, true, false, seed % 3 != 0]
      var b = RegionBuilder(
        parameters: zip(loss.parameterTypes, flags).map { $1 ? $0.prepending(extent) : $0 })
      let losses = b.emit(.map(Map(extent: extent, mapped: flags, body: loss)), b.parameters)
      let sum = b.reduce(.sum, losses[0], axes: [0])
      let whole = try Pipeline.training(wrt: [0, 1, 2, 3]).run(b.finish([sum, losses[0]]))
      let single = try Pipeline.training(wrt: [0, 1, 2, 3]).run(loss)
      let n = 4
      let inputs = zip(loss.parameterTypes, flags).map { type, isMapped in
        noise.tensor(.f64, (isMapped ? [n] : []) + type.extents.map { $0.fixedLength ?? 1 })
      }
      let all = try run(whole, inputs)
      var sums = loss.parameterTypes.map {
        Tensor(.f64, shape: $0.extents.map { $0.fixedLength ?? 1 })
      }
      for i in 0..<n {
        let alone = try run(single, zip(inputs, flags).map { $1 ? Self.row($0, i) : $0 })
        for p in flags.indices {
          let own = alone[1 + p]
          for j in 0..<own.count { sums[p][j] += own[j] }
          guard flags[p] else { continue }
          let found = Self.row(all[2 + p], i)
          for j in 0..<own.count {
            #expect(
              abs(found[j] - own[j]) <= 1e-12 * (1 + abs(own[j])),
              "\(seed) \(extent): parameter \(p)[\(j)] of example \(i)")
          }
        }
      }
      for p in flags.indices where !flags[p] {
        for j in 0..<sums[p].count {
          #expect(
            abs(all[2 + p][j] - sums[p][j]) <= 1e-11 * (1 + abs(sums[p][j])),
            "\(seed) \(extent): shared parameter \(p)[\(j)]: \(all[2 + p][j]), sum \(sums[p][j])")
        }
      }
    }
  }

  /// A batch of maps and batches in batches.
  @Test(arguments: 0..<Effort.count(20, long: 300))
  func batchesOfBatches(seed: Int) throws {
    var noise = Noise(UInt64(seed * 100 + 24))
    var random = RandomRegion(seed: UInt64(600 + seed), parameters: Self.parameters, depth: 2)
    let region = try random.region(nodes: 6, result: ValueType(.f64, shape: [2]))
    let inner = try Self.mapped(region, [true, false, true, seed % 2 == 0], .fixed(3))
    try Self.check(inner, &noise, extent: .lane, name: "nested \(seed)")
    try Self.check(inner, &noise, extent: .fixed(5), name: "nested fixed \(seed)")
  }
}
