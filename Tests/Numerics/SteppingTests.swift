import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import Testing

/// The stepping engine: what it reaches, how it ends, and that company changes nothing.
struct SteppingTests {
  static let predators = [1.5, 1, 3, 1]

  @Test(arguments: ["bs3", "dopri5", "tsit5", "dopri8", "dop853", "taylor", "auto"])
  func knownEnds(method: String) throws {
    let tolerance = method == "bs3" ? 1e-9 : 1e-11
    let end = try Problem.lotkaVolterra.solve(
      .adaptive(method, tolerance), (0, 10), [1, 1], Self.predators
    ).final
    let close = method == "bs3" ? 1e-6 : 1e-8
    #expect(abs(end[0] - 1.0263447675750954) < close)
    #expect(abs(end[1] - 0.9096910781360358) < close)
    let swing = try Problem.pendulum.solve(
      .adaptive(method, tolerance), (0, 2.665870942834926), [2, 0], [9.81]
    ).final
    #expect(abs(swing[0] - 2) < (method == "bs3" ? 1e-6 : 1e-8))
    #expect(abs(swing[1]) < (method == "bs3" ? 1e-5 : 1e-8))
  }

  @Test(arguments: ["euler", "midpoint", "heun", "rk4", "tsit5"])
  func givenSteps(method: String) throws {
    let problem = Problem.lotkaVolterra
    let exact = try problem.solve(.adaptive("dop853", 1e-12), (0, 1), [1, 1], Self.predators).final
    func error(_ n: Int) throws -> Double {
      let settings = SolverSettings(method: method, stepping: .count(n))
      let outcome = try problem.solve(settings, (0, 1), [1, 1], Self.predators)
      #expect(outcome.statistic(.accepted) == n)
      return abs(outcome.final[0] - exact[0])
    }
    let order = ["euler": 1, "midpoint": 2, "heun": 2, "rk4": 4, "tsit5": 5][method] ?? 1
    let coarse: Double = try error(20)
    let fine: Double = try error(40)
    // Twice as many steps: 2^order times as exact, less a little.
    #expect(coarse / fine > 0.8 * Double(1 << order))
    // Gaps of 0.3, 0.5 and 0.2, cut into steps no longer than 0.1.
    let settings = SolverSettings(method: method, stepping: .step(0.1))
    let outcome = try problem.solve(
      settings, (0, 1), saves: [0, 0.3, 0.8, 1], [1, 1], Self.predators)
    #expect(outcome.statistic(.accepted) == 10)
    #expect(outcome.saved[0] == 1 && outcome.saved[1] == 1)
    #expect(outcome.saved[6] == outcome.final[0] && outcome.saved[7] == outcome.final[1])
  }

  @Test(arguments: ["bs3", "dopri5", "tsit5", "dopri8", "dop853", "taylor"])
  func savesAreStates(method: String) throws {
    let problem = Problem.lotkaVolterra
    let saves = (0...40).map { Double($0) / 4 }
    let outcome = try problem.solve(
      .adaptive(method, 1e-9), (0, 10), saves: saves, [1, 1], Self.predators)
    #expect(outcome.saved[0] == 1 && outcome.saved[80] == outcome.final[0])
    for (k, t) in saves.enumerated() where k % 5 == 3 {
      let there = try problem.solve(.adaptive("dop853", 1e-12), (0, t), [1, 1], Self.predators)
        .final
      #expect(abs(outcome.saved[2 * k] - there[0]) < 1e-5, "\(t)")
    }
    // Save times change no step.
    let without = try problem.solve(.adaptive(method, 1e-9), (0, 10), [1, 1], Self.predators)
    #expect(without.final.isIdentical(to: outcome.final))
    #expect(without.statistic(.accepted) == outcome.statistic(.accepted))
  }

  @Test func backwardsAndBack() throws {
    let problem = Problem.lotkaVolterra
    let there = try problem.solve(.adaptive("dopri8", 1e-12), (0, 3), [1, 1], Self.predators).final
    let back = try problem.solve(
      .adaptive("dopri8", 1e-12), (3, 0), saves: [3, 1.5, 0], there.numbers, Self.predators)
    #expect(abs(back.final[0] - 1) < 1e-9 && abs(back.final[1] - 1) < 1e-9)
    #expect(back.saved[0] == there[0])
    let middle = try problem.solve(.adaptive("dopri8", 1e-12), (0, 1.5), [1, 1], Self.predators)
    #expect(abs(back.saved[2] - middle.final[0]) < 1e-8)
    let fixed = SolverSettings(method: "rk4", stepping: .step(0.01))
    let again = try problem.solve(fixed, (3, 0), saves: [1.5], there.numbers, Self.predators)
    #expect(abs(again.saved[0] - middle.final[0]) < 1e-6)
  }

  @Test func noSpanIsTheStart() throws {
    for settings in [
      SolverSettings.adaptive("tsit5", 1e-6), SolverSettings(method: "rk4", stepping: .count(5)),
    ] {
      let outcome = try Problem.lotkaVolterra.solve(
        settings, (2, 2), saves: [2, 2], [1, 3], Self.predators)
      #expect(outcome.final.numbers == [1, 3])
      #expect(outcome.saved.numbers == [1, 3, 1, 3])
      #expect(outcome.statistic(.accepted) == 0)
    }
  }

  /// A hundred trajectories of very different lengths: bit for bit the hundred single solves,
  /// statistics included.
  @Test(arguments: ["tsit5", "dop853", "bs3", "taylor"], [ElementType.f64, .f32])
  func companyChangesNothing(method: String, element: ElementType) throws {
    var problem = Problem.lotkaVolterra
    problem.element = element
    var noise = Noise(11)
    let count = 100
    let y0 = Tensor(element, shape: [count, 2], (0..<(2 * count)).map { _ in 1.5 + noise.next() })
    let p = Tensor(
      element, shape: [count, 4],
      (0..<count).flatMap { _ in Self.predators.map { $0 * (1 + 0.3 * noise.next()) } })
    let t1 = Tensor((0..<count).map { _ in 5 + 4.9 * noise.next() })
    let t0 = Tensor([Double](repeating: 0, count: count))
    let settings = SolverSettings.adaptive(method, element == .f64 ? 1e-8 : 1e-4)
    let saves = [0, 0.05, 0.1]
    let all = try problem.solve(settings, from: t0, to: t1, saves: saves, y0, p)
    for i in 0..<count {
      let single = try problem.solve(
        settings, (0, t1[i]), saves: saves, Array(y0.numbers[(2 * i)..<(2 * i + 2)]),
        Array(p.numbers[(4 * i)..<(4 * i + 4)]))
      for j in 0..<2 { #expect(all.final[2 * i + j].bitPattern == single.final[j].bitPattern) }
      for j in 0..<6 { #expect(all.saved[6 * i + j].bitPattern == single.saved[j].bitPattern) }
      for statistic in Solve.Statistic.allCases {
        #expect(all.statistic(statistic, i) == single.statistic(statistic))
      }
    }
  }

  @Test func jointTakesOneStepSize() throws {
    let y0 = Tensor(.f64, shape: [3, 2], [1, 1, 2, 1, 1, 2])
    let zero = Tensor([0, 0, 0])
    var settings = SolverSettings.adaptive("tsit5", 1e-9)
    settings.joint = true
    let p = Tensor(Self.predators)
    let joint = try Problem.lotkaVolterra.solve(settings, from: zero, to: Tensor([4, 4, 4]), y0, p)
    for i in 0..<3 { #expect(joint.statistic(.accepted, i) == joint.statistic(.accepted)) }
    settings.joint = false
    let own = try Problem.lotkaVolterra.solve(settings, from: zero, to: Tensor([4, 4, 4]), y0, p)
    for i in 0..<6 { #expect(abs(own.final[i] - joint.final[i]) < 1e-6) }
  }

  /// However many lanes there are, and threads that would take pieces of them.
  @Test func jointReachesTheWholeBatch() throws {
    let lanes = 40
    var noise = Noise(5)
    let y0 = Tensor(.f64, shape: [lanes, 2], (0..<(2 * lanes)).map { _ in 1.5 + noise.next() })
    let (start, end) = (
      Tensor([Double](repeating: 0, count: lanes)), Tensor([Double](repeating: 4, count: lanes))
    )
    var settings = SolverSettings.adaptive("tsit5", 1e-6)
    settings.joint = true
    let joint = try Problem.lotkaVolterra.solve(
      settings, from: start, to: end, y0, Tensor(Self.predators),
      RunOptions(threads: Threads(2)))
    for i in 0..<lanes { #expect(joint.statistic(.accepted, i) == joint.statistic(.accepted)) }
  }

  @Test func failuresSayWhere() throws {
    func failure(_ settings: SolverSettings, _ y0: [Double], _ p: [Double]) -> SolveFailure? {
      do {
        _ = try Problem.explosion.solve(settings, (0, 2), y0, p)
        return nil
      } catch ExecutionError.solve(let failure) {
        return failure
      } catch {
        Issue.record("\(error)")
        return nil
      }
    }
    let exploded = try #require(failure(.adaptive("tsit5", 1e-6), [1], [1]))
    #expect(exploded.status == .stepTooSmall || exploded.status == .nonFinite)
    #expect(abs(exploded.time - 1) < 1e-3 && exploded.origin == Origin(42))
    let fixed = try #require(
      failure(SolverSettings(method: "rk4", stepping: .count(100)), [1], [1]))
    #expect(fixed.status == .exploded && fixed.component == 0 && fixed.time > 0.9)
    #expect(throws: ExecutionError.self) {
      _ = try Problem.explosion.solve(
        .adaptive("tsit5", 1e-6), (0, 0.5), saves: [0.4, 0.1], [1], [1])
    }
    var settings = SolverSettings.adaptive("tsit5", 1e-6)
    settings.maxSteps = 5
    let spent = try #require(failure(settings, [0.4], [1]))
    #expect(spent.status == .stepBudget && spent.time < 2)
    let nothing = try #require(failure(.adaptive("tsit5", 1e-6), [1], [.nan]))
    #expect(nothing.status == .nonFinite && nothing.derivative[0].isNaN)
    #expect(failure(.adaptive("tsit5", 1e-6), [.infinity], [1])?.status == .nonFinite)
  }

  @Test func statusesInsteadOfErrors() throws {
    let y0 = Tensor(.f64, shape: [3, 1], [0.1, 1, 0.2])
    let outcome = try Problem.explosion.solve(
      .adaptive("tsit5", 1e-6), from: Tensor(0), to: Tensor(2), saves: [0.5, 2], y0, Tensor([1]),
      RunOptions(keepsFailures: true))
    #expect(abs(outcome.final[0] - 0.125) < 1e-5)
    #expect(outcome.final[1].isNaN && abs(outcome.final[2] - 1 / 3) < 1e-5)
    #expect(abs(outcome.saved[2] - 2) < 1e-4 && outcome.saved[3].isNaN)
    #expect(outcome.statistic(.status, 0) == 0 && outcome.statistic(.status, 1) != 0)
    do {
      _ = try Problem.explosion.solve(
        .adaptive("tsit5", 1e-6), from: Tensor(0), to: Tensor(2), y0, Tensor([1]))
      Issue.record("no failure")
    } catch ExecutionError.solve(let failure) {
      #expect(failure.trajectory == 1)
    }
  }

  @Test func cancelled() throws {
    let flag = CancelFlag()
    flag.set()
    do {
      _ = try Problem.pendulum.solve(
        .adaptive("tsit5", 1e-6), (0, 1e9), [1, 0], [9.81], RunOptions(cancel: flag))
      Issue.record("not cancelled")
    } catch ExecutionError.cancelled {}
  }

  @Test func stiffnessIsNoticed() throws {
    // y' = -λ (y - sin t): slow, and held back by stability.
    let stiff = Problem(dimension: 1, parameters: 1) { b, t, y, p in
      [b.neg(b.mul(p[0], b.sub(y[0], b.sin(t))))]
    }
    let outcome = try stiff.solve(.adaptive("tsit5", 1e-5), (0, 10), [0], [2000])
    let warning = try #require(outcome.report.warnings.first)
    guard case .stiff(let time, let origin) = warning else { return }
    #expect(time > 0 && time < 5 && origin == Origin(42))
    let mild = try stiff.solve(.adaptive("tsit5", 1e-5), (0, 10), [0], [1])
    #expect(mild.report.warnings.isEmpty)
  }

  @Test func manyCostNoMoreInstructionsThanOne() throws {
    func instructions(_ count: Int) throws -> Int {
      let y0 = Tensor(.f64, shape: [count, 2], (0..<(2 * count)).map { _ in 1 })
      return try Problem.lotkaVolterra.solve(
        .adaptive("tsit5", 1e-8), from: Tensor(0), to: Tensor(5), y0, Tensor(Self.predators)
      ).report.instructions
    }
    #expect(try instructions(1000) == instructions(1))
  }

  @Test(arguments: [1, 2, 5])
  func threadsChangeNothing(threads: Int) throws {
    var noise = Noise(3)
    let count = 203
    let y0 = Tensor(.f64, shape: [count, 2], (0..<(2 * count)).map { _ in 1.5 + noise.next() })
    let settings = SolverSettings.adaptive("tsit5", 1e-6)
    func outcome(_ threads: Int) throws -> Problem.Outcome {
      try Problem.lotkaVolterra.solve(
        settings, from: Tensor(0), to: Tensor(5), saves: [1], y0, Tensor(Self.predators),
        RunOptions(threads: Threads(threads)))
    }
    let (one, many) = (try outcome(1), try outcome(threads))
    #expect(one.final.isIdentical(to: many.final) && one.saved.isIdentical(to: many.saved))
    let whole = try Problem.lotkaVolterra.solve(
      settings, from: Tensor(0), to: Tensor(5), saves: [1], y0, Tensor(Self.predators))
    #expect(whole.final.isIdentical(to: one.final))
  }
}

extension SteppingTests {
  /// Leapfrog through the engine: the energy of a pendulum stays near for a long time.
  @Test func leapfrogKeepsEnergy() throws {
    let problem = Problem.pendulum
    var solve = Solve(
      settings: SolverSettings(method: "leapfrog", stepping: .step(0.01)), batched: [],
      rhs: try problem.rhs(lanes: false), controlled: 2)
    solve.drifting = [true, false]
    var b = RegionBuilder(parameters: [
      .time, .time, ValueType(.f64, shape: [0]), ValueType(.f64, shape: [2]),
      ValueType(.f64, shape: [1]),
    ])
    let results = b.emit(.solve(solve), b.parameters)
    let end = try run(
      b.finish(results),
      [Tensor(0), Tensor(200), Tensor([]), Tensor([1, 0]), Tensor([9.81])])[0]
    func energy(_ y: Tensor) -> Double {
      0.5 * y[1] * y[1] - 9.81 * (1 - y[0] * y[0] / 2 + y[0] * y[0] * y[0] * y[0] / 24)
    }
    // The cosine's series is near enough below one radian.
    #expect(abs(energy(end) - energy(Tensor([1, 0]))) < 0.05)
    #expect(abs(end[0]) <= 1.01)
  }

  @Test func stepsThatAreAskedForAreTaken() throws {
    var settings = SolverSettings(method: "euler", stepping: .count(50))
    settings.maxSteps = 10
    let outcome = try Problem.pendulum.solve(settings, (0, 1), [1, 0], [9.81])
    #expect(outcome.statistic(.accepted) == 50)
  }
}
