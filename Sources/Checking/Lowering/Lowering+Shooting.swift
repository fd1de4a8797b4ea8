import NodalIR
import NodalOperations
package import NodalTypes

/// Multiple shooting (Bock and Plitt 1984): experiments are cut into windows, whose solves begin in states of their own, which are learned beside the
/// weights; the *gaps* between where one window ends and the next one begins are made small by a penalty.
///
/// A window is an example as any other, of which a loss computes what it would of the whole. What is different is in its solves at the root: where the window has
/// a state of its own they begin there, and they go on to where the next window begins, which nobody but the gap sees.
package struct Shooting: Sendable {
  /// How many windows begin in states of their own: all but the first of each experiment.
  let rows: Int
  /// By solve, the size of each component's changes: gaps are measured by them.
  let scales: [[Double]]

  package init(rows: Int, scales: [[Double]]) {
    self.rows = rows
    self.scales = scales
  }
}

/// What is done with the solves of a loss that begin where their example does.
enum ShootingMode {
  /// They stay as they are, and are noted; and so are the other solves at the root, where that is wanted.
  case noting([NotedSolve], others: Bool)
  /// They begin where their window does; of each that has been met the gap.
  case windows(Shooting, gaps: [Value])

  struct NotedSolve {
    var ode: OdeID
    /// Its times [T], the states that it begins in [n] and those at its times [T, n].
    var saves, initial, saved: Value
  }
}

/// What solves of a loss do of themselves.
package struct LoweredShots: Sendable {
  /// Results: for each solve its times [T] and the states that it begins in [n], or, where trajectories are asked for, those at the times [T, n].
  package var program: LoweredProgram
  package var odes: [OdeID]
}

extension Lowering {
  /// The solves of a loss that can begin in other states, by unconstrained weights.
  /// - Parameter others: The other solves at the root too.
  package static func lowerShots(
    _ loss: LossInstance, wantsTrajectories: Bool = false, others: Bool = false,
    of program: TypedProgram, lengths: [SizeVariable: Int]
  ) throws(LoweringFailure) -> LoweredShots {
    var lowering = try begin(loss, of: program, lengths: lengths, .unconstrained)
    lowering.shooting = .noting([], others: others)
    return try lowering.placing { (lowering) throws(IRError) in
      _ = try lowering.array(of: loss)
      guard case .noting(let solves, _)? = lowering.shooting else {
        throw IRError("solves that are not noted")
      }
      let results = solves.flatMap { wantsTrajectories ? [$0.saved] : [$0.saves, $0.initial] }
      return LoweredShots(program: try lowering.finish(results), odes: solves.map(\.ode))
    }
  }

  /// Notes a solve where that is asked for.
  mutating func note(_ run: SolveRun, saves: Value, saved: Value, follows: Bool) {
    guard case .noting(var solves, let others)? = shooting, follows || others else { return }
    solves.append(
      .init(
        ode: run.ode.id, saves: saves, initial: run.initial,
        saved: scope.builder.slice(saved, axis: 1, 0..<run.registers.stateLength)))
    shooting = .noting(solves, others: others)
  }

  /// A solve from the state of the example's window, over its times to the last of them, and on to where the next window begins.
  /// - Parameter number: how many solves of the loss were before.
  mutating func shot(
    _ run: SolveRun, _ type: SolutionType, from start: Value, to last: Value, saves: Value,
    _ shooting: Shooting, number: Int
  ) throws(IRError) -> LoweredSolution {
    let n = run.registers.stateLength
    let count = scope.builder.type(saves).extents.first?.fixedLength ?? 0
    let window = Window(facts: input(.window, ValueType(.i64, shape: [4]), in: scope))
    let states = try windowStates(run.ode, of: number, rows: shooting.rows)
    var run = run
    let begins = scope.builder.broadcast(
      window.is(.begins, &scope.builder), to: [.fixed(n)], axes: [])
    run.initial = scope.builder.select(
      begins, window.row(.own, of: states, &scope.builder), run.initial)
    let end = input(.windowEnd(solve: number), .time, in: scope)
    let times = scope.builder.concatenate(
      [saves, scope.builder.reshape(end, to: [.fixed(1)])], axis: 0)
    let results = try emit(run, from: start, to: end, saves: times)
    let all = results[Solve.Result.saved]
    let width = scope.builder.type(all).extents.last?.fixedLength ?? n
    func row(_ k: Int, _ builder: inout RegionBuilder) -> Value {
      builder.reshape(builder.slice(all, axis: 0, k..<(k + 1)), to: [.fixed(width)])
    }
    let reached = scope.builder.slice(row(count, &scope.builder), axis: 0, 0..<n)
    note(
      gap(
        from: reached, to: window.row(.next, of: states, &scope.builder),
        counts: window.is(.continues, &scope.builder), scale: shooting.scales[number]))
    return try solved(
      run, type, t: saves, saved: scope.builder.slice(all, axis: 0, 0..<count),
      final: row(count - 1, &scope.builder), end: last, stats: results[Solve.Result.stats])
  }

  private mutating func note(_ gap: Value) {
    guard case .windows(let windows, let gaps)? = shooting else { return }
    shooting = .windows(windows, gaps: gaps + [gap])
  }

  /// The gap to the next window over all solves; nothing where there are no windows.
  mutating func gap() -> [Value] {
    guard case .windows(_, let gaps)? = shooting, let first = gaps.first else { return [] }
    let sum = gaps.dropFirst().reduce(first) { scope.builder.add($0, $1) }
    return [scope.builder.div(sum, Double(gaps.count))]
  }

  /// The mean square of the components' gaps, each over its scale; 0 where no window follows.
  private mutating func gap(
    from reached: Value, to next: Value, counts: Value, scale: [Double]
  ) -> Value {
    let type = scope.builder.type(reached)
    let parts = scope.builder.div(
      scope.builder.sub(reached, next), scope.builder.constant(scale, type))
    let sum = scope.builder.reduce(.sum, scope.builder.square(parts), axes: [0])
    let mean = scope.builder.div(sum, Double(max(1, scale.count)))
    return scope.builder.select(counts, mean, scope.builder.constant(0, scope.builder.type(mean)))
  }

  /// All states of windows, constrained and flat: [rows, n].
  private mutating func windowStates(
    _ ode: OdeInstance, of solve: Int, rows: Int
  ) throws(IRError) -> Value {
    var parts: [Value] = []
    for (i, state) in ode.states.enumerated() {
      let given = input(
        .windowStates(solve: solve, state: i),
        ValueType(precision, shape: [rows, try count(state.type)]), in: scope)
      parts.append(program.domain(of: state).constrained(given, &scope.builder))
    }
    return scope.builder.concatenate(parts, axis: 1)
  }
}

/// What `ProgramInput.window` says.
private struct Window {
  enum Row: Int { case own, next }
  enum Flag: Int { case begins = 2, continues }
  let facts: Value

  func row(_ row: Row, of states: Value, _ builder: inout RegionBuilder) -> Value {
    builder.value(.gather(Gather()), [states, fact(row.rawValue, &builder)])
  }

  func `is`(_ flag: Flag, _ builder: inout RegionBuilder) -> Value {
    let value = builder.convert(fact(flag.rawValue, &builder), to: .f64)
    return builder.apply("gt", value, builder.constant(0.5, .time))
  }

  private func fact(_ k: Int, _ builder: inout RegionBuilder) -> Value {
    builder.reshape(builder.slice(facts, axis: 0, k..<(k + 1)), to: [])
  }
}

extension SolveExpression {
  /// It begins at the first of the times that it is given, as an example does.
  package var followsItsExample: Bool {
    if case .at = saves { over == nil && start == nil } else { false }
  }
}

extension TypedProgram {
  /// Where a state of an ode may begin: that of its learned initial value.
  package func domain(of state: OdeInstance.State) -> Domain {
    guard case .weight(let id)? = state.initial?.kind, let weight = weights[id] else {
      return .realLine
    }
    return weight.domain
  }
}
