import NodalExecution
import NodalIR
import NodalMethods
import NodalOperations
import NodalTransforms
import TestSupport
import Testing

/// The pass `separate`, and leapfrog through all passes: solved, and differentiated.
struct TransformsSeparabilityTests {
  /// H(q, p; k) = p²/2 + k q⁴/4, as a function of y = (q, p) and k.
  static func quartic() throws -> Region {
    var b = RegionBuilder(parameters: [ValueType(.f64, shape: [2]), ValueType(.f64)])
    let q = b.reshape(b.slice(b.parameters[0], axis: 0, 0..<1), to: [])
    let p = b.reshape(b.slice(b.parameters[0], axis: 0, 1..<2), to: [])
    let potential = b.mul(b.parameters[1], b.mul(b.square(b.square(q)), 0.25))
    return try b.finish([b.add(b.mul(b.square(p), 0.5), potential)])
  }

  /// (t, y, k) → (∂H/∂p, -∂H/∂q).
  static func canonical(_ energy: Region) throws -> Region {
    var b = RegionBuilder(parameters: [.time] + energy.parameterTypes)
    let y = b.parameters[1]
    let grad = b.emit(
      .derivative(Derivative(.reverse, wrt: [0], body: energy)),
      Array(b.parameters[1...]) + [b.constant(1, ValueType(.f64))])[1]
    let n = (b.type(y).extents[0].fixedLength ?? 0) / 2
    let slope = b.concatenate(
      [b.slice(grad, axis: 0, n..<(2 * n)), b.neg(b.slice(grad, axis: 0, 0..<n))], axis: 0)
    return try b.finish([slope])
  }

  /// (y₀, k, t₁, save times) → final state, saved states.
  static func solve(
    _ rhs: Region, steps: Int, saves: Int = 0, gradient: GradientMode = .auto,
    method: String = "leapfrog", meetsSaves: Bool = false
  ) throws -> Region {
    var b = RegionBuilder(
      parameters: Array(rhs.parameterTypes[1...]) + [.time, ValueType(.f64, shape: [saves])])
    let p = b.parameters
    var settings = SolverSettings(method: method, stepping: .count(steps), gradient: gradient)
    settings.meetsSaves = meetsSaves
    let solve = Solve(settings: settings, batched: [], rhs: rhs, controlled: 2)
    b.origin = Origin(42)
    let results = b.emit(.solve(solve), [b.constant(0, .time), p[2], p[3], p[0], p[1]])
    return try b.finish([results[Solve.Result.final], results[Solve.Result.saved]])
  }

  @Test func order() throws {
    let rhs = try Self.canonical(Self.quartic())
    func end(_ steps: Int) throws -> [Double] {
      let region = try Pipeline.evaluation.run(Self.solve(rhs, steps: steps))
      let inputs = [Tensor([1, 0.3]), Tensor(1.2), Tensor(3), Tensor([])]
      return try run(region, inputs)[0].numbers
    }
    let exact = try end(40_000)
    let errors = try [100, 200, 400].map { n in
      zip(try end(n), exact).map { abs($0 - $1) }.max() ?? 0
    }
    for (coarse, fine) in zip(errors, errors.dropFirst()) {
      #expect(abs(coarse / fine - 4) < 0.2, "order 2 makes \(coarse), \(fine) a factor of 4")
    }
  }

  @Test func energyStaysBounded() throws {
    let rhs = try Self.canonical(Self.quartic())
    let saves = 1001
    let region = try Pipeline.evaluation.run(Self.solve(rhs, steps: 10_000, saves: saves))
    let times = (0..<saves).map { Double($0) * 0.5 }
    let results = try run(region, [Tensor([1, 0.3]), Tensor(1), Tensor(500), Tensor(times)])
    func energy(_ k: Int) -> Double {
      let (q, p) = (results[1][2 * k], results[1][2 * k + 1])
      return p * p / 2 + q * q * q * q / 4
    }
    let off = (0..<saves).map { abs(energy($0) / energy(0) - 1) }
    let early = off[..<100].max() ?? 0
    #expect(off.max() ?? 1 < 2e-3)
    // No drift: late errors are no greater than early ones.
    #expect(off[900...].max() ?? 1 < 1.2 * early)
  }

  @Test(arguments: [GradientMode.auto, .direct, .adjoint, .interpolated, .forward])
  func gradientIsThatOfTheSteps(_ mode: GradientMode) throws {
    let rhs = try Self.canonical(Self.quartic())
    let solve = try Self.solve(rhs, steps: 40, saves: 2, gradient: mode)
    var b = RegionBuilder(parameters: solve.parameterTypes)
    let results = b.inline(solve, b.parameters)
    let loss = b.add(
      b.reduce(.sum, b.square(results[0]), axes: [0]), b.reduce(.sum, results[1], axes: [0, 1]))
    let region = try b.finish([loss])
    let gradient = try Pipeline.training(wrt: [0, 1, 2]).run(region)
    let plain = try Pipeline.evaluation.run(region)
    let inputs = [Tensor([1, 0.3]), Tensor(1.2), Tensor(3), Tensor([0.77, 2.1])]
    let found = try run(gradient, inputs)
    for i in 0..<3 {
      for k in 0..<inputs[i].count {
        func value(_ shift: Double) throws -> Double {
          var moved = inputs
          moved[i][k] += shift
          return try run(plain, moved)[0].scalar
        }
        let difference = try (value(1e-5) - value(-1e-5)) / 2e-5
        // By the end: the steps are of one length, and the interior times are constants of differentiation.
        let tolerance = i == 2 ? 2e-2 : 1e-7
        #expect(
          abs(found[1 + i][k] - difference) < tolerance * (1 + abs(difference)),
          "input \(i)[\(k)]: \(found[1 + i][k]), differences \(difference)")
      }
    }
  }

  /// The loss of `solve` by its start and stiffness, between constant times.
  static func loss(
    _ gradient: GradientMode = .auto, method: String = "leapfrog"
  ) throws -> Region {
    let solve = try Self.solve(
      canonical(quartic()), steps: 30, saves: 2, gradient: gradient, method: method,
      meetsSaves: method != "leapfrog")
    var b = RegionBuilder(parameters: Array(solve.parameterTypes[..<2]))
    let times = [
      b.constant(1.7, .time), b.constant([0.77, 1.7], ValueType(.f64, shape: [2])),
    ]
    let results = b.inline(solve, b.parameters + times)
    let end = b.reduce(.sum, b.square(results[0]), axes: [0])
    return try b.finish([b.add(end, b.reduce(.sum, b.sin(results[1]), axes: [0, 1]))])
  }

  /// Forwards against differences, backwards against that, and both again of the gradient; alone and in batches.
  @Test(arguments: [GradientMode.direct, .forward], [Extent?.none, .lane, .fixed(3)])
  func bothDirections(_ mode: GradientMode, _ extent: Extent?) throws {
    var region = try Self.loss(mode)
    if let extent {
      region = try TransformsBatchingLawTests.mapped(region, [true, false], extent)
      var b = RegionBuilder(parameters: region.parameterTypes)
      let losses = b.inline(region, b.parameters)[0]
      region = try b.finish([b.reduce(.sum, losses, axes: [0])])
    }
    var noise = Noise(31)
    let count = extent == nil ? [] : [3]
    let inputs = [noise.tensor(.f64, count + [2]), Tensor(1.2)]
    try TransformsDerivativeLawTests.check(region, inputs, &noise, name: "leapfrog")
    let gradient = try Pipeline.training(wrt: [0, 1]).run(region)
    try TransformsDerivativeLawTests.check(
      gradient, inputs, &noise, tolerance: 1e-5, name: "gradient of leapfrog")
  }

  /// Tangents are those of the steps: the same to rounding as what goes back through them.
  @Test func forwardIsDirect() throws {
    let inputs = [Tensor([1, 0.3]), Tensor(1.2)]
    let found = try [GradientMode.direct, .forward].map { mode in
      try run(Pipeline.training(wrt: [0, 1]).run(Self.loss(mode)), inputs)
    }
    for (a, b) in zip(found[0], found[1]) {
      for k in 0..<a.count { #expect(abs(a[k] - b[k]) <= 1e-13 * (1 + abs(a[k]))) }
    }
  }

  @Test func batchesAreSingles() throws {
    let single = try Self.solve(Self.canonical(Self.quartic()), steps: 30, saves: 2)
    var b = RegionBuilder(parameters: [
      ValueType(.f64, [.lane, .fixed(2)]), ValueType(.f64), .time, ValueType(.f64, shape: [2]),
    ])
    let map = Map(extent: .lane, mapped: [true, false, false, false], body: single)
    let results = b.emit(.map(map), b.parameters)
    let loss = b.reduce(.sum, b.square(results[1]), axes: [0, 1, 2])
    let all = try b.finish([loss, results[0]])
    let starts = [[1, 0.3], [0.2, -1], [2, 0]]
    let rest = [Tensor(1.2), Tensor(3), Tensor([0.5, 2])]
    let found = try run(
      Pipeline.training(wrt: [0, 1]).run(all),
      [Tensor(.f64, shape: [3, 2], starts.flatMap { $0 })] + rest)
    var one = RegionBuilder(parameters: single.parameterTypes)
    let r = one.inline(single, one.parameters)
    let alone = try Pipeline.training(wrt: [0, 1]).run(
      one.finish([one.reduce(.sum, one.square(r[1]), axes: [0, 1]), r[0]]))
    var byStiffness = 0.0
    for (i, start) in starts.enumerated() {
      let expected = try run(alone, [Tensor(start)] + rest)
      for k in 0..<2 {
        #expect(found[1][2 * i + k] == expected[1][k])
        #expect(abs(found[2][2 * i + k] - expected[2][k]) < 1e-13 * abs(expected[2][k]))
      }
      byStiffness += expected[3].scalar
    }
    #expect(abs(found[3].scalar - byStiffness) < 1e-12 * abs(byStiffness))
  }

  // MARK: What is separable

  private func parts(_ rhs: Region) throws -> [Bool]? {
    let solve = try Self.solve(rhs, steps: 1)
    let region = try Pipeline.evaluation.run(solve)
    for node in region.nodes { if case .solve(let solve) = node.form { return solve.drifting } }
    return nil
  }

  private func rhs(
    _ n: Int, _ slope: (inout RegionBuilder, Value, (Int) -> Value) -> [Value]
  ) throws -> Region {
    var b = RegionBuilder(parameters: [.time, ValueType(.f64, shape: [n]), ValueType(.f64)])
    let parts = (0..<n).map { b.slice(b.parameters[1], axis: 0, $0..<($0 + 1)) }
    let slopes = slope(&b, b.parameters[0]) { parts[$0] }
    return try b.finish([b.concatenate(slopes, axis: 0)])
  }

  @Test func halvesAreFound() throws {
    #expect(try parts(Self.canonical(Self.quartic())) == [true, false])
    // Interleaved pairs, the second the other way round; one that depends on nothing.
    let mixed = try rhs(5) { b, t, y in
      [y(1), b.neg(y(0)), b.sin(y(3)), b.neg(y(2)), b.reshape(t, to: [.fixed(1)])]
    }
    #expect(try parts(mixed) == [true, false, true, false, true])
    // A chain of masses: forces by a matrix, and by what a constant mask leaves.
    var b = RegionBuilder(parameters: [.time, ValueType(.f64, shape: [6]), ValueType(.f64)])
    let matrix = b.constant(
      [
        0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, -2, 1, 0, 0, 0, 0, 1, -2, 1, 0, 0, 0,
        0, 1, -2, 0, 0, 0,
      ], ValueType(.f64, shape: [6, 6]))
    let linear = b.value(
      .contract(Contraction(contracted: [.init(1, 0)])), [matrix, b.parameters[1]])
    let mask = b.constant([0, 0, 0, 1, 1, 1], ValueType(.f64, shape: [6]))
    let turned = b.concatenate(
      [b.slice(b.parameters[1], axis: 0, 3..<6), b.slice(b.parameters[1], axis: 0, 0..<3)], axis: 0)
    let cubic = b.mul(mask, b.mul(turned, b.square(turned)))
    #expect(
      try parts(b.finish([b.sub(linear, cubic)])) == [true, true, true, false, false, false])
  }

  @Test func othersAreRefused() throws {
    func refusal(_ rhs: Region) -> Refusal? {
      do {
        _ = try Pipeline.training(wrt: [0]).run(Self.solve(rhs, steps: 1))
        return nil
      } catch {
        return (error as? IRError)?.refusal
      }
    }
    // Friction.
    let damped = try rhs(2) { b, _, y in [y(1), b.sub(b.neg(y(0)), b.mul(y(1), 0.1))] }
    #expect(
      refusal(damped) == Refusal(.notSeparable(component: 1, dependsOn: 1), origin: Origin(42)))
    // A position in the kinetic energy.
    let geodesic = try rhs(2) { b, _, y in [b.mul(y(1), y(0)), b.neg(b.square(y(1)))] }
    #expect(refusal(geodesic)?.kind == .notSeparable(component: 0, dependsOn: 0))
    // A ring of three: each by the next.
    let ring = try rhs(3) { _, _, y in [y(1), y(2), y(0)] }
    #expect(refusal(ring) != nil)
    // A network of all components.
    let network = try rhs(2) { b, _, y in
      let all = b.tanh(b.add(y(0), y(1)))
      return [all, all]
    }
    #expect(refusal(network) != nil)
  }

  /// Dependence that the analysis finds is never less than what values show.
  @Test(arguments: 0..<Effort.count(40, long: 2000))
  func dependenceIsNeverMissed(seed: Int) throws {
    var random = RandomRegion(seed: UInt64(seed), parameters: [.time, ValueType(.f64, shape: [4])])
    let rhs = try Pipeline.evaluation.run(
      random.region(nodes: 12, result: ValueType(.f64, shape: [4])))
    let found = Dependence.components(of: rhs)
    var noise = Noise(UInt64(seed))
    for _ in 0..<3 {
      let y = noise.tensor(.f64, [4])
      let base = try run(rhs, [Tensor(0.3), y])[0]
      for j in 0..<4 {
        var moved = y
        moved[j] += 0.37
        let other = try run(rhs, [Tensor(0.3), moved])[0]
        for i in 0..<4 where base[i].bitPattern != other[i].bitPattern {
          #expect(found[i].contains(j), "component \(i) depends on \(j)")
        }
      }
    }
  }
}
