import Foundation
import NodalIR
import NodalMethods
import NodalOperations
import Testing

@Suite("Leapfrog")
struct MethodsLeapfrogTests {
  typealias A = RegionEvaluator.Array

  /// q' = p / √(1 + p²) + t², p' = -q (1 + q²): separable, not autonomous, with a nonlinear
  /// velocity.
  static func problem() throws -> StepProblem {
    var b = RegionBuilder(parameters: [.time, ValueType(.f64, shape: [2])])
    let t = b.broadcast(b.parameters[0], to: [.fixed(1)], axes: [])
    let q = b.slice(b.parameters[1], axis: 0, 0..<1)
    let p = b.slice(b.parameters[1], axis: 0, 1..<2)
    let root = b.sqrt(b.add(b.mul(p, p), 1))
    let velocity = b.add(b.div(p, root), b.mul(t, t))
    let force = b.neg(b.mul(q, b.add(b.mul(q, q), 1)))
    let slope = b.concatenate([velocity, force], axis: 0)
    return StepProblem(
      rhs: try b.finish([slope]), rtol: 0, atol: [1], controlled: 2, drifting: [true, false])
  }

  static func rhs(_ t: Double, _ y: [Double]) -> [Double] {
    [y[1] / (1 + y[1] * y[1]).squareRoot() + t * t, -y[0] * (1 + y[0] * y[0])]
  }

  @Test("order 2, at the ends of steps and between them")
  func order() throws {
    let leapfrog = try #require(Method.named("leapfrog"))
    let regions = try StepBuilder.regions(leapfrog, Self.problem())
    let start = [0.8, 0.3]
    let exact = PlainStepper(tableau: .dop853, rhs: Self.rhs)
    let run = RegionEvaluator()
    var errors: [(end: Double, inside: Double)] = []
    for steps in [40, 80, 160, 320] {
      let h = 2.0 / Double(steps)
      var (y, z) = (start, start)
      var memory = try run(try #require(regions.start), [.scalar(0), .vector(y)])
      var (end, inside) = (0.0, 0.0)
      for index in 0..<steps {
        let t = Double(index) * h
        let step = try run(regions.stepWithRecord, [.scalar(t), .scalar(h), .vector(y)] + memory)
        for theta in [0.0, 0.25, 0.5, 0.8] {
          let there = try run(
            regions.dense, [.scalar(theta), .scalar(h), .vector(y), step[0], step[2]])
          let reference = exact.step(t, theta * h, z).y1
          inside = max(inside, distance(there[0].numbers, reference))
        }
        y = step[0].numbers
        memory = [step[1]]
        z = exact.step(t, h, z).y1
        end = max(end, distance(y, z))
      }
      errors.append((end, inside))
    }
    for (coarse, fine) in zip(errors, errors.dropFirst()) {
      #expect(log2(coarse.end / fine.end) > 1.8)
      #expect(log2(coarse.inside / fine.inside) > 1.8)
    }
    print("leapfrog order 2, errors", errors)
  }

  @Test(
    "shares of compositions add up, and their odd powers to nothing", arguments: Composition.all)
  func compositions(_ composition: Composition) {
    let shares = composition.shares
    #expect(abs(shares.reduce(0, +) - 1) < 1e-15)
    #expect(shares == shares.reversed())
    for power in stride(from: 3, to: composition.order, by: 2) {
      let sum = shares.reduce(0.0) { $0 + pow($1, Double(power)) }
      #expect(abs(sum) < 1e-15, "\(composition.name): \(power)")
    }
  }

  @Test(
    "a step is undone by the same one backwards",
    arguments: MethodEntry.all.compactMap(\.method).filter(\.isSymmetric))
  func undone(_ method: Method) throws {
    let regions = try StepBuilder.regions(method, Self.problem())
    let symmetric = try #require(regions.symmetric)
    let run = RegionEvaluator()
    let start = [0.8, 0.3]
    var place = [A.vector(start)]
    place += try symmetric.start.map { try run($0, [.scalar(0), .vector(start)]) } ?? []
    #expect(place.count == 1 + method.companions)
    let begin = place
    let (count, h) = (60, 0.05)
    for k in 0..<count {
      place = try run(symmetric.step, [.scalar(Double(k) * h), .scalar(h)] + place)
    }
    #expect(distance(place[0].numbers, start) > 0.1)
    for k in (0..<count).reversed() {
      place = try run(symmetric.step, [.scalar(Double(k + 1) * h), .scalar(-h)] + place)
    }
    for (there, back) in zip(begin, place) {
      #expect(distance(there.numbers, back.numbers) < 1e-11, "\(method.name)")
    }
  }

  @Test(
    "steps of the engine are those that can be undone",
    arguments: MethodEntry.all.compactMap(\.method).filter(\.isSymmetric))
  func alike(_ method: Method) throws {
    let regions = try StepBuilder.regions(method, Self.problem())
    let symmetric = try #require(regions.symmetric)
    let run = RegionEvaluator()
    let at: [A] = [.scalar(0.2), .vector([0.8, 0.3])]
    let memory = try regions.start.map { try run($0, at) } ?? []
    let step = try run(regions.step, [.scalar(0.2), .scalar(0.1), at[1]] + memory)
    let companions = try symmetric.start.map { try run($0, at) } ?? []
    let alone = try run(symmetric.step, [.scalar(0.2), .scalar(0.1), at[1]] + companions)
    for (a, b) in zip(step, alone) { #expect(a.numbers == b.numbers) }
  }

  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).map { abs($0 - $1) }.max() ?? 0
  }
}
