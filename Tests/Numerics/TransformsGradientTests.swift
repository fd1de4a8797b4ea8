import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import Testing

/// Gradients of `solve`, every way, against published values and against differences.
@Suite struct SolveGradients {
  /// Lotka-Volterra x' = p₁x - p₂xy, y' = -p₃y + p₄xy.
  static func rightHandSide(_ element: ElementType = .f64) throws -> Region {
    var b = RegionBuilder(
      parameters: [.time, ValueType(element, shape: [2]), ValueType(element, shape: [4])])
    let (y, p) = (b.parameters[1], b.parameters[2])
    func at(_ v: Value, _ i: Int) -> Value { b.slice(v, axis: 0, i..<(i + 1)) }
    let (u, v) = (at(y, 0), at(y, 1))
    let uv = b.mul(u, v)
    let du = b.sub(b.mul(at(p, 0), u), b.mul(at(p, 1), uv))
    let dv = b.sub(b.mul(at(p, 3), uv), b.mul(at(p, 2), v))
    let slope = b.concatenate([du, dv], axis: 0)
    return try b.finish([slope])
  }

  /// (y₀, p, t₀, t₁, save times) → Σ of both components over the save times, and a bit of the final state.
  static func loss(
    _ mode: GradientMode, saves: Int, tolerance: Double, method: String = "tsit5", final: Double = 0
  ) throws -> Region {
    var b = RegionBuilder(
      parameters: [
        ValueType(.f64, shape: [2]), ValueType(.f64, shape: [4]), .time, .time,
        ValueType(.f64, shape: [saves]),
      ])
    let p = b.parameters
    let solve = Solve(
      settings: SolverSettings(
        method: method, stepping: .adaptive(rtol: tolerance, atol: [tolerance]), gradient: mode),
      batched: [], rhs: try rightHandSide(), controlled: 2)
    let results = b.emit(.solve(solve), [p[2], p[3], p[4], p[0], p[1]])
    var sum = b.reduce(.sum, results[Solve.Result.saved], axes: [0, 1])
    if final != 0 {
      let end = b.reduce(.sum, b.square(results[Solve.Result.final]), axes: [0])
      sum = b.add(sum, b.mul(end, final))
    }
    return try b.finish([sum])
  }

  static let modes: [GradientMode] = [.direct, .adjoint, .interpolated, .forward]

  /// Values computed to 16 digits by high-order Taylor series.
  @Test(arguments: modes, ["tsit5", "taylor"])
  func lotkaVolterra(_ mode: GradientMode, method: String) throws {
    let region = try SolveGradients.loss(mode, saves: 101, tolerance: 1e-11, method: method)
    let gradient = try Pipeline.training(wrt: [0, 1]).run(region)
    let times = (0...100).map { Double($0) * 0.1 }
    let results = try run(
      gradient,
      [
        Tensor([1, 1]), Tensor([1.5, 1, 3, 1]), Tensor(0), Tensor(10), Tensor(times),
      ])
    #expect(abs(results[0].scalar / 450.76406403953877 - 1) < 1e-9)
    let expected = [
      -39.127541222668796, -8.78778021899102, 8.305362662311978, -159.48429271513703,
      75.20350821377201, -339.19509276606163,
    ]
    let found = results[1].numbers + results[2].numbers
    for (a, b) in zip(found, expected) {
      #expect(abs(a / b - 1) < 1e-7, "\(mode): \(a) should be \(b)")
    }
  }

  /// By the ends of the span and the save times too, against central differences.
  @Test(arguments: modes) func times(_ mode: GradientMode) throws {
    let region = try SolveGradients.loss(mode, saves: 3, tolerance: 1e-12, final: 0.7)
    let gradient = try Pipeline.training(wrt: [0, 1, 2, 3, 4]).run(region)
    let plain = try Pipeline.evaluation.run(region)
    let inputs = [
      Tensor([1, 1.2]), Tensor([1.5, 1, 3, 1]), Tensor(0.1), Tensor(2), Tensor([0.5, 1.1, 1.9]),
    ]
    let results = try run(gradient, inputs)
    for (i, input) in inputs.enumerated() {
      for k in 0..<input.count {
        func value(_ shift: Double) throws -> Double {
          var moved = inputs
          moved[i][k] += shift
          return try run(plain, moved)[0].scalar
        }
        let h = 1e-5
        let difference = try (value(h) - value(-h)) / (2 * h)
        let found = results[1 + i][k]
        #expect(
          abs(found - difference) < 1e-5 * (1 + abs(difference)),
          "\(mode), input \(i)[\(k)]: \(found), differences \(difference)")
      }
    }
  }

  /// A batch of trajectories with shared parameters: the sum of the single gradients.
  @Test(arguments: modes) func batched(_ mode: GradientMode) throws {
    let saves = 4
    let one = try SolveGradients.loss(mode, saves: saves, tolerance: 1e-9, final: 0.3)
    var b = RegionBuilder(
      parameters: [
        ValueType(.f64, [.lane, .fixed(2)]), ValueType(.f64, shape: [4]), .time, .time,
        ValueType(.f64, shape: [saves]),
      ])
    let map = Map(extent: .lane, mapped: [true, false, false, false, false], body: one)
    let losses = b.emit(.map(map), b.parameters)[0]
    let sum = b.reduce(.sum, losses, axes: [0])
    let region = try Pipeline.training(wrt: [0, 1]).run(try b.finish([sum]))
    let single = try Pipeline.training(wrt: [0, 1]).run(one)

    let starts: [[Double]] = [[1, 1], [2, 0.5], [0.3, 1.7], [1.5, 1.5], [4, 0.2]]
    let rest = [
      Tensor([1.5, 1, 3, 1]), Tensor(0), Tensor(3), Tensor([0.4, 1, 2.2, 3]),
    ]
    let all = try run(
      region, [Tensor(.f64, shape: [5, 2], starts.flatMap { $0 })] + rest, lanes: 5)
    var total = 0.0
    var byParameters = [Double](repeating: 0, count: 4)
    for (i, start) in starts.enumerated() {
      let alone = try run(single, [Tensor(start)] + rest)
      total += alone[0].scalar
      for k in 0..<2 {
        let (a, b) = (all[1][2 * i + k], alone[1][k])
        #expect(abs(a - b) <= 1e-12 * abs(b), "\(mode): start \(i)[\(k)] \(a) alone \(b)")
      }
      for k in 0..<4 { byParameters[k] += alone[2][k] }
    }
    #expect(abs(all[0].scalar - total) < 1e-12 * total)
    for k in 0..<4 {
      #expect(
        abs(all[2][k] - byParameters[k]) < 1e-10 * abs(byParameters[k]),
        "\(mode): parameter \(k) \(all[2][k]), sum of singles \(byParameters[k])")
    }
  }

  /// Second derivatives through the steps: forward over reverse, against differences of the gradient.
  @Test func hessian() throws {
    let region = try SolveGradients.loss(.direct, saves: 3, tolerance: 1e-11)
    let gradient = try Pipeline.training(wrt: [1]).run(region)
    var b = RegionBuilder(parameters: gradient.parameterTypes)
    let direction = b.constant([0.3, -0.2, 0.5, 0.1], ValueType(.f64, shape: [4]))
    let tangent = try ForwardMode.differentiate(gradient, wrt: [1])
    let results = b.inline(tangent, b.parameters + [direction])
    let product = try Pipeline.evaluation.run(try b.finish([results[1], results[3]]))
    let inputs = [
      Tensor([1, 1.2]), Tensor([1.5, 1, 3, 1]), Tensor(0), Tensor(2), Tensor([0.5, 1.1, 2]),
    ]
    let found = try run(product, inputs)[1].numbers
    let h = 1e-4
    func slope(_ s: Double) throws -> [Double] {
      var moved = inputs
      for (k, d) in [0.3, -0.2, 0.5, 0.1].enumerated() { moved[1][k] += s * d }
      return try run(gradient, moved)[1].numbers
    }
    let (up, down) = (try slope(h), try slope(-h))
    for k in 0..<4 {
      let difference = (up[k] - down[k]) / (2 * h)
      #expect(
        abs(found[k] - difference) < 1e-5 * (1 + abs(difference)), "\(k): \(found[k]) \(difference)"
      )
    }
  }
}
