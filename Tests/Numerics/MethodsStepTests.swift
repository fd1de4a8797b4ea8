import Foundation
import NodalIR
import NodalMethods
import NodalOperations
import NodalTransforms
import Testing

/// The IR of steps against the plain stepper.
@Suite("Step regions")
struct MethodsStepTests {
  typealias A = RegionEvaluator.Array

  /// y₀' = p₀ y₁ + t, y₁' = -p₁ y₀ y₁, y₂' = t y₀: the last one rides along outside the norm.
  static func rhs(_ t: Double, _ y: [Double], _ p: [Double]) -> [Double] {
    [p[0] * y[1] + t, -p[1] * y[0] * y[1], t * y[0]]
  }

  /// The same as a region, p shared by the lanes.
  static func region(lanes: Bool, element: ElementType = .f64) throws -> Region {
    let lead: [Extent] = lanes ? [.lane] : []
    var b = RegionBuilder(parameters: [
      ValueType(.f64, lead), ValueType(element, lead + [.fixed(3)]), ValueType(element, shape: [2]),
    ])
    let p = b.parameters
    func part(_ x: Value, _ i: Int, axis: Int) -> Value { b.slice(x, axis: axis, i..<(i + 1)) }
    let axis = lead.count
    let column = lead + [.fixed(1)]
    let t = b.broadcast(b.convert(p[0], to: element), to: column, axes: lanes ? [0] : [])
    func parameter(_ i: Int) -> Value {
      b.broadcast(part(p[2], i, axis: 0), to: column, axes: [axis])
    }
    let (y0, y1) = (part(p[1], 0, axis: axis), part(p[1], 1, axis: axis))
    let first = b.add(b.mul(parameter(0), y1), t)
    let second = b.neg(b.mul(parameter(1), b.mul(y0, y1)))
    let third = b.mul(t, y0)
    let slope = b.concatenate([first, second, third], axis: axis)
    return try b.finish([slope])
  }

  static let p = [0.7, 1.3]
  static let rtol = 1e-3
  static let atol = [1e-4, 1e-2]

  static func problem(lanes: Bool, element: ElementType = .f64) throws -> StepProblem {
    let rhs = try region(lanes: lanes, element: element)
    // ∫ y dt, for each lane.
    var q = RegionBuilder(
      parameters: Array(rhs.parameterTypes[..<2]) + [rhs.parameterTypes[0]]
        + rhs.parameterTypes[2...])
    let weight = q.broadcast(
      q.convert(q.parameters[2], to: element), to: rhs.parameterTypes[1].extents,
      axes: lanes ? [0] : [])
    let term = q.mul(weight, q.parameters[1])
    let quadrature = try q.finish([term])
    var problem = StepProblem(
      rhs: rhs, rtol: rtol, atol: atol, controlled: 2, quadrature: quadrature,
      drifting: [true, false, false])
    problem.jacobian = try Linearization.jacobian(of: rhs)
    return problem
  }

  struct Expected {
    var y1: [Double]
    var error: Double?
    var next: [Double]
    var dense: [Double]
    var terms: [Double]
  }

  static func expected(
    _ tableau: Tableau, _ t: Double, _ h: Double, _ y: [Double], _ theta: Double
  ) -> Expected {
    let stepper = PlainStepper(tableau: tableau) { rhs($0, $1, p) }
    let step = stepper.step(t, h, y)
    let zero = [0.0, 0, 0]
    let meanSquares = tableau.estimate.vectors.map { vector in
      let e = stepper.combine(zero, h, vector.map(\.value), step.stages)
      let squares = (0..<2).map { c in
        let ratio = e[c] / (atol[c] + rtol * max(abs(y[c]), abs(step.y1[c])))
        return ratio * ratio
      }
      return (squares[0] + squares[1]) / 2
    }
    var terms = zero
    for (i, b) in tableau.weights.enumerated() {
      let state = stepper.combine(y, h, tableau.rows[i].map(\.value), step.stages)
      for c in 0..<3 { terms[c] += h * b.value * state[c] }
    }
    return Expected(
      y1: step.y1,
      error: tableau.isAdaptive ? tableau.estimate.squaredError(meanSquares: meanSquares) : nil,
      next: rhs(t + h, step.y1, p), dense: stepper.dense(theta, h, y, step), terms: terms)
  }

  private func close(_ a: [Double], _ b: [Double], _ tolerance: Double = 1e-13) -> Bool {
    a.count == b.count
      && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($0), abs($1)) }
  }

  @Test("steps, dense output, error and quadrature", arguments: Tableau.all)
  func steps(_ tableau: Tableau) throws {
    let method = try #require(Method.named(tableau.name))
    let (t, h, y, theta) = (0.3, -0.2, [0.4, -1.1, 2.0], 0.37)
    let regions = try StepBuilder.regions(method, Self.problem(lanes: false))
    for region in [
      regions.step, regions.stepWithRecord, regions.memoryless, regions.dense,
      regions.terms,
    ].compactMap({ $0 }) {
      try Verifier.verify(region)
    }
    let expected = Self.expected(tableau, t, h, y, theta)
    let run = RegionEvaluator()
    let shared = A.vector(Self.p)
    let memory = try regions.start.map { try run($0, [.scalar(t), .vector(y), shared]) } ?? []
    let arguments = [A.scalar(t), .scalar(h), .vector(y)] + memory + [shared]

    let plain = try run(regions.step, arguments)
    let recorded = try run(regions.stepWithRecord, arguments)
    // Behind all else the quadrature's one term.
    #expect(regions.termsInStep && plain.last == recorded.last)
    let core = 1 + memory.count + (regions.hasError ? 1 : 0)
    #expect(Array(recorded.prefix(core)) == Array(plain.prefix(core)))
    #expect(plain.count == core + 1 && recorded.count == core + 2)
    #expect(close(plain[core].numbers, expected.terms))
    #expect(close(plain[0].numbers, expected.y1))
    if !memory.isEmpty { #expect(close(plain[1].numbers, expected.next)) }
    if let error = expected.error {
      #expect(regions.hasError)
      #expect(close(plain[core - 1].numbers, [error], 1e-9))
    }
    let memoryless = try run(
      #require(regions.memoryless), [.scalar(t), .scalar(h), .vector(y), shared])
    #expect(close(memoryless[0].numbers, expected.y1))
    let record = recorded[core]
    #expect(close(memoryless[1].numbers, record.numbers))
    #expect(record.shape == regions.record.extents.compactMap(\.fixedLength))

    func dense(_ theta: Double) throws -> [Double] {
      try run(
        regions.dense, [.scalar(theta), .scalar(h), .vector(y), plain[0], record])[0].numbers
    }
    #expect(close(try dense(theta), expected.dense))
    #expect(try dense(0) == y)
    #expect(close(try dense(1), expected.y1))

    let terms = try #require(regions.terms)
    for mask in [1.0, 0.0] {
      let sums = try run(
        terms, [.scalar(t), .scalar(h), .vector(y), .scalar(mask)] + memory + [shared])
      #expect(close(sums[0].numbers, expected.terms.map { $0 * mask }))
    }
    print(
      tableau.name, "nodes: step \(regions.step.nodes.count),",
      "with record \(regions.stepWithRecord.nodes.count), dense \(regions.dense.nodes.count);",
      "evaluations \(regions.evaluations)")
  }

  @Test(
    "a lane's numbers are those of the step alone",
    arguments: MethodEntry.all.compactMap(\.method).map(\.name))
  func lanes(_ name: String) throws {
    let method = try #require(Method.named(name))
    let one = try StepBuilder.regions(method, Self.problem(lanes: false))
    let many = try StepBuilder.regions(method, Self.problem(lanes: true))
    let alone = RegionEvaluator()
    let together = RegionEvaluator(lanes: 2)
    let shared = A.vector(Self.p)
    let (t, h, theta) = ([0.3, 1.7], [0.1, -0.25], [0.2, 0.9])
    let y = [[0.4, -1.1, 2.0], [1.5, 0.25, -3.0]]
    let batchY = A([2, 3], y[0] + y[1])
    let batchMemory =
      try many.start.map { try together($0, [.vector(t), batchY, shared]) } ?? []
    let batch = try together(
      many.stepWithRecord, [.vector(t), .vector(h), batchY] + batchMemory + [shared])
    let core = batch.count - (many.termsInStep ? 2 : 1)
    let record = batch[core]
    let batchDense = try together(
      many.dense, [.vector(theta), .vector(h), batchY, batch[0], record])
    let batchTerms = try together(
      try #require(many.terms),
      [.vector(t), .vector(h), batchY, .vector([1, 1])] + batchMemory + [shared])
    for lane in 0..<2 {
      func mine(_ x: A) -> [Double] {
        let n = x.numbers.count / 2
        return Array(x.numbers[(lane * n)..<((lane + 1) * n)])
      }
      let memory =
        try one.start.map { try alone($0, [.scalar(t[lane]), .vector(y[lane]), shared]) } ?? []
      let step = try alone(
        one.stepWithRecord,
        [.scalar(t[lane]), .scalar(h[lane]), .vector(y[lane])] + memory + [shared])
      #expect(step.prefix(core + 1).map(\.numbers) == batch.prefix(core + 1).map { mine($0) })
      let dense = try alone(
        one.dense,
        [
          .scalar(theta[lane]), .scalar(h[lane]), .vector(y[lane]), step[0],
          step[core],
        ])
      #expect(dense[0].numbers == mine(batchDense[0]))
      let terms = try alone(
        try #require(one.terms),
        [.scalar(t[lane]), .scalar(h[lane]), .vector(y[lane]), .scalar(1)] + memory + [shared])
      #expect(terms[0].numbers == mine(batchTerms[0]))
      guard many.termsInStep else { continue }
      // Alone a step gives its terms whether it is good enough or not; a lane that isn't gives none.
      #expect(step[core + 1].numbers == terms[0].numbers)
      let error = core - (many.hasProposal ? 2 : 1)
      let isGood = !many.hasError || step[error].numbers[0] <= 1
      #expect(mine(batch[core + 1]) == (isGood ? terms[0].numbers : [0, 0, 0]))
    }
  }

  @Test(
    "f32 states keep f64 times and errors",
    arguments: MethodEntry.all.compactMap(\.method).map(\.name))
  func singlePrecision(_ name: String) throws {
    let method = try #require(Method.named(name))
    for lanes in [false, true] {
      let problem = try Self.problem(lanes: lanes, element: .f32)
      let regions = try StepBuilder.regions(method, problem)
      try Verifier.verify(regions.stepWithRecord)
      try Verifier.verify(regions.dense)
      #expect(regions.step.resultTypes[0].element == .f32)
      if regions.hasError {
        let error = 1 + (regions.start == nil ? 0 : 1)
        #expect(regions.step.resultTypes[error].element == .f64)
      }
      #expect(regions.dense.resultTypes[0] == problem.rhs.parameterTypes[1])
      let initial = try StepBuilder.initialStep(problem)
      #expect(initial.resultTypes[1...].allSatisfy { $0.element == .f64 })
      try Verifier.verify(initial)
    }
  }

  @Test("the norms of the first step")
  func initialNorms() throws {
    let region = try StepBuilder.initialStep(Self.problem(lanes: false))
    let run = RegionEvaluator()
    let (t, h, y) = (0.5, 0.01, [0.4, -1.1, 2.0])
    let shared = A.vector(Self.p)
    let norms = try run(
      region, [.scalar(t), .scalar(0), .vector(y), .vector([0, 0, 0]), shared])
    let f = Self.rhs(t, y, Self.p)
    func norm(_ x: [Double]) -> Double {
      let squares = (0..<2).map { pow(x[$0] / (Self.atol[$0] + Self.rtol * abs(y[$0])), 2) }
      return ((squares[0] + squares[1]) / 2).squareRoot()
    }
    #expect(norms[0].numbers == f)
    #expect(close(norms[1].numbers + norms[2].numbers, [norm(y), norm(f)]))
    let there = Self.rhs(t + h, zip(y, f).map { $0 + h * $1 }, Self.p)
    let change = try run(region, [.scalar(t), .scalar(h), .vector(y), norms[0], shared])
    #expect(close(change[0].numbers, there))
    #expect(close(change[3].numbers, [norm(zip(there, f).map { $0 - $1 })], 1e-9))
  }

  @Test("steps of a given length tell no error", arguments: Tableau.all)
  func given(_ tableau: Tableau) throws {
    var problem = try Self.problem(lanes: true)
    problem.wantsError = false
    let method = try #require(Method.named(tableau.name))
    let regions = try StepBuilder.regions(method, problem)
    #expect(!regions.hasError)
    #expect(regions.step.results.count == 1 + (regions.start == nil ? 0 : 1) + 1)
  }

  /// y' = -50 y: |hλ| is 5 for h = 0.1, whatever the tolerance.
  @Test("stiffness estimate", arguments: Tableau.all)
  func stiffness(_ tableau: Tableau) throws {
    var b = RegionBuilder(parameters: [.time, ValueType(.f64, shape: [1])])
    let slope = b.mul(b.parameters[1], -50)
    let rhs = try b.finish([slope])
    let problem = StepProblem(rhs: rhs, rtol: 1e-6, atol: [1e-9], controlled: 1)
    let method = try #require(Method.named(tableau.name))
    let region = try StepBuilder.stiffness(method, problem)
    #expect((region == nil) == (tableau.stiffness == nil))
    guard let region else { return }
    let memory = tableau.nextStepStage == nil ? [] : [A.vector([-50])]
    let estimate = try RegionEvaluator()(region, [.scalar(0), .scalar(0.1), .vector([1])] + memory)
    #expect(close(estimate[0].numbers, [5], 1e-9))
  }

  @Test("tolerances and shapes that don't fit are refused")
  func refused() throws {
    let tsit5 = try #require(Method.named("tsit5"))
    var problem = try Self.problem(lanes: false)
    problem.atol = [1, 1, 1]
    #expect(throws: IRError.self) { try StepBuilder.regions(tsit5, problem) }
    let leapfrog = try #require(Method.named("leapfrog"))
    var unknown = try Self.problem(lanes: false)
    unknown.drifting = nil
    #expect(throws: IRError.self) { try StepBuilder.regions(leapfrog, unknown) }
  }
}
