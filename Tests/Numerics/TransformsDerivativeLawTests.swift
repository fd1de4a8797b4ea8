import NodalExecution
import NodalIR
import NodalOperations
import NodalTransforms
import TestSupport
import Testing

/// Derivatives of random regions, of every form: forward against differences, reverse against forward.
struct TransformsDerivativeLawTests {
  /// Parameters of every rank; the last is f64[3, 2], which scans and maps like.
  static let parameters = [
    ValueType(.f64), ValueType(.f64, shape: [3]), ValueType(.f64, shape: [2]),
    ValueType(.f64, shape: [3, 2]),
  ]

  /// A region through the passes that come before differentiation.
  static func prepared(_ region: Region) throws -> Region {
    try Pipeline.evaluation.run(region)
  }

  static func inputs(_ types: [ValueType], _ noise: inout Noise) -> [Tensor] {
    types.map { noise.tensor($0.element, $0.extents.map { $0.fixedLength ?? 1 }) }
  }

  static func dot(_ a: [Tensor], _ b: [Tensor]) -> Double {
    zip(a, b).reduce(0) { sum, pair in
      sum + zip(pair.0.numbers, pair.1.numbers).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }

  /// Checks J·u against central differences, and ⟨v, J u⟩ against ⟨Jᵀ v, u⟩.
  static func check(
    _ source: Region, _ inputs: [Tensor], _ noise: inout Noise, tolerance: Double = 2e-6,
    step: Double = 1e-5, name: String
  ) throws {
    let region = try prepared(source)
    let wrt = region.parameterTypes.indices.filter { region.parameterTypes[$0].element.isFloating }
    let tangent = try Simplify.run(ForwardMode.differentiate(region, wrt: wrt))
    let reverse = try Simplify.run(ReverseMode.differentiate(region, wrt: wrt))
    let directions = wrt.map { noise.tensor(inputs[$0].element, inputs[$0].shape) }
    let forward = try run(tangent, inputs + directions)
    let n = region.results.count
    let (values, dots) = (Array(forward[..<n]), Array(forward[n...]))
    let plain = try run(region, inputs)
    for (a, b) in zip(values, plain) {
      #expect(
        zip(a.numbers, b.numbers).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) },
        "\(name): a value changed by being differentiated")
    }
    func moved(_ s: Double) throws -> [Tensor] {
      var all = inputs
      for (k, i) in wrt.enumerated() {
        for j in 0..<all[i].count { all[i][j] += s * directions[k][j] }
      }
      return try run(region, all)
    }
    func differences(_ step: Double) throws -> [[Double]] {
      let (up, down) = (try moved(step), try moved(-step))
      return zip(up, down).map { up, down -> [Double] in
        zip(up.numbers, down.numbers).map { a, b in (a - b) / (2 * step) }
      }
    }
    // Steps, and steps a sixteenth as long for what is bent more sharply than the first ones show; the error of each, which is of second order, is
    // taken off.
    var found: [Double: [[Double]]] = [:]
    func difference(_ r: Int, _ j: Int, _ step: Double) throws -> Double {
      let all = try found[step] ?? differences(step)
      found[step] = all
      return all[r][j]
    }
    for r in 0..<n where region.resultTypes[r].element.isFloating {
      for j in 0..<dots[r].count {
        let own = dots[r][j]
        func agrees(_ difference: Double) -> Bool {
          abs(own - difference) <= tolerance * (1 + abs(difference) + abs(plain[r][j]))
        }
        if agrees(try difference(r, j, step)) { continue }
        let exact = try [step, step / 16].map {
          (4 * (try difference(r, j, $0 / 2)) - (try difference(r, j, $0))) / 3
        }
        #expect(
          exact.contains(where: agrees),
          "\(name): tangent \(r)[\(j)] is \(own), differences give \(exact)")
      }
    }
    let cots = plain.map { noise.tensor($0.element, $0.shape) }
    let back = try run(reverse, inputs + cots)
    for (a, b) in zip(back, plain) {
      #expect(
        zip(a.numbers, b.numbers).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) },
        "\(name): a value changed by being reversed")
    }
    let isReal = region.resultTypes.map(\.element.isFloating)
    let left = dot(
      zip(cots, isReal).filter(\.1).map(\.0), zip(dots, isReal).filter(\.1).map(\.0))
    let right = dot(Array(back[n...]), directions)
    #expect(
      abs(left - right) <= tolerance * 0.01 * (1 + abs(left)),
      "\(name): ⟨v, Ju⟩ = \(left), ⟨Jᵀv, u⟩ = \(right)")
  }

  @Test(arguments: RandomRegion.Kind.allCases, 0..<Effort.count(6, long: 60))
  func everyForm(_ kind: RandomRegion.Kind, seed: Int) throws {
    var noise = Noise(UInt64(seed * 100 + 7))
    var random = RandomRegion(
      seed: UInt64(seed), parameters: Self.parameters, depth: 1,
      kinds: [.unary, .binary, kind, kind])
    let region = try random.region(
      nodes: 6, results: [ValueType(.f64), ValueType(.f64, shape: [3, 2])])
    let inputs = Self.inputs(Self.parameters, &noise)
    try Self.check(region, inputs, &noise, name: "\(kind) \(seed)")
  }

  @Test(arguments: 0..<Effort.count(40, long: 1500))
  func mixtures(seed: Int) throws {
    var noise = Noise(UInt64(seed * 100 + 9))
    var random = RandomRegion(seed: UInt64(5000 + seed), parameters: Self.parameters, depth: 3)
    let region = try random.region(
      nodes: 12, results: [ValueType(.f64), ValueType(.f64, shape: [2, 3])])
    let inputs = Self.inputs(Self.parameters, &noise)
    try Self.check(region, inputs, &noise, tolerance: 1e-5, name: "mixture \(seed)")
  }

  /// The cotangent of a sum over lanes has lanes in front, whatever else the factors have.
  @Test func sumsOverLanes() throws {
    for axes in [0, 1] {
      var b = RegionBuilder(
        parameters: [
          ValueType(.f64, [.lane, .fixed(2)]),
          ValueType(.f64, axes == 0 ? [.lane] : [.lane, .fixed(3)]),
        ])
      let sum = b.value(.contract(Contraction(contracted: [.init(0, 0)])), b.parameters)
      let region = try b.finish([sum])
      let reverse = try ReverseMode.differentiate(region, wrt: [0, 1])
      var noise = Noise(7)
      let inputs = [
        noise.tensor(.f64, [4, 2]), noise.tensor(.f64, axes == 0 ? [4] : [4, 3]),
        noise.tensor(.f64, axes == 0 ? [2] : [2, 3]),
      ]
      let back = try run(reverse, inputs, lanes: 4)
      let directions = [noise.tensor(.f64, [4, 2]), noise.tensor(.f64, inputs[1].shape)]
      let forward = try run(
        ForwardMode.differentiate(region, wrt: [0, 1]), Array(inputs[..<2]) + directions, lanes: 4)
      let (left, right) = (
        Self.dot([forward[1]], [inputs[2]]), Self.dot(Array(back[1...]), directions)
      )
      #expect(abs(left - right) < 1e-12)
    }
  }

  /// Forward over reverse: the gradient of a random scalar, differentiated once more.
  @Test(arguments: 0..<Effort.count(30, long: 800))
  func secondDerivatives(seed: Int) throws {
    var noise = Noise(UInt64(seed * 100 + 11))
    var random = RandomRegion(seed: UInt64(9000 + seed), parameters: Self.parameters, depth: 2)
    let loss = try random.region(nodes: 8, result: ValueType(.f64))
    let gradient = try Pipeline.training(wrt: [0, 1, 2, 3]).run(loss)
    let inputs = Self.inputs(Self.parameters, &noise)
    try Self.check(gradient, inputs, &noise, tolerance: 5e-5, name: "gradient \(seed)")
  }

  @Test(arguments: 0..<Effort.count(20, long: 400))
  func singlePrecision(seed: Int) throws {
    // Differences of f32 say little; the same region in f64 says it all.
    let both = try [ElementType.f32, .f64].map { element in
      let types = Self.parameters.map { $0.with(element) }
      var random = RandomRegion(
        seed: UInt64(seed), parameters: types, depth: 1,
        kinds: [.unary, .binary, .sum, .contract, .layout, .gather, .scatter, .scan, .map])
      let region = try Self.prepared(
        random.region(nodes: 8, result: ValueType(element, shape: [3])))
      let wrt = Array(types.indices)
      var noise = Noise(UInt64(seed * 100 + 13))
      func single(_ type: ValueType) -> Tensor {
        let numbers = noise.tensor(.f32, type.extents.map { $0.fixedLength ?? 1 })
        return Tensor(element, shape: numbers.shape, numbers.numbers)
      }
      let inputs = types.map(single)
      let forward = try run(
        ForwardMode.differentiate(region, wrt: wrt), inputs + types.map(single))
      let reverse = try run(
        ReverseMode.differentiate(region, wrt: wrt), inputs + region.resultTypes.map(single))
      return forward + reverse
    }
    for (r, (narrow, wide)) in zip(both[0], both[1]).enumerated() {
      for j in 0..<wide.count {
        #expect(
          abs(narrow[j] - wide[j]) <= 1e-3 * (1 + abs(wide[j])),
          "f32 \(seed): result \(r)[\(j)] is \(narrow[j]), in f64 \(wide[j])")
      }
    }
  }
}
