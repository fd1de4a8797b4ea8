import NodalDiagnostics
import NodalIR
import NodalMethods
import NodalOperations
import NodalTypes

/// `solve(…)` → the `solve` form over a flat state, and what is read from its results.
extension Lowering {
  mutating func lowerSolve(
    _ solve: SolveExpression, _ type: Type
  ) throws(IRError) -> LoweredSolution {
    guard let ode = program.odes[solve.ode] else { throw IRError("no such ode") }
    guard case .solution(let solution) = type else { throw IRError("a solve of type \(type)") }

    let outer = try enter(solve.overrides, inputs: solve.inputs)
    defer { leave(outer) }
    let (run, times) = try prepare(
      solve, ode, saves: solution.samples, capacities: eventCapacities(solution))
    switch times {
    case .oneWay(let start, let end, let saves):
      let isAtRoot = scope.parent == nil
      let follows = isAtRoot && solve.followsItsExample
      if follows, case .windows(let shooting, let gaps)? = self.shooting {
        return try shot(
          run, solution, from: start, to: end, saves: saves, shooting, number: gaps.count)
      }
      let results = try emit(run, from: start, to: end, saves: saves)
      if isAtRoot {
        note(run, saves: saves, saved: results[Solve.Result.saved], follows: follows)
      }
      return try solved(
        run, solution, t: saves, saved: results[Solve.Result.saved],
        final: results[Solve.Result.final], end: end, stats: results[Solve.Result.stats])
    case .bothWays(let start, let first, let last, let saves):
      return try bothWays(run, solution, start: start, first: first, last: last, saves: saves)
    }
  }

  /// The times of a solve's accepted steps, and their number; of one that starts inside of its span, those forwards, then
  /// those backwards.
  mutating func lowerTrace(_ solve: SolveExpression) throws(IRError) -> [Value] {
    guard let ode = program.odes[solve.ode] else { throw IRError("no such ode") }
    let outer = try enter(solve.overrides, inputs: solve.inputs)
    defer { leave(outer) }
    let capacities = Dictionary(ode.events.map { ($0.name, 0) }) { a, _ in a }
    let (run, times) = try prepare(solve, ode, saves: .steps, capacities: capacities)
    let none = scope.builder.constant([], ValueType(.f64, shape: [0]))
    func trace(
      _ lowering: inout Lowering, _ start: Value, _ end: Value
    ) throws(IRError) -> [Value] {
      let results = try lowering.emit(run, from: start, to: end, saves: none, traced: true)
      let first = Solve.Result.quadratures
      return [results[first + Solve.Trace.times], results[first + Solve.Trace.counts]]
        + run.registers.counts(final: results[Solve.Result.final], &lowering.scope.builder)
    }
    switch times {
    case .oneWay(let start, let end, _): return try trace(&self, start, end)
    case .bothWays(let start, let first, let last, _):
      let forwards = try trace(&self, start, scope.builder.max(last, start))
      return try forwards + trace(&self, start, scope.builder.min(first, start))
    }
  }

  /// What weights and inputs were before an ode was looked at with others.
  struct Surroundings {
    fileprivate var weights: [WeightID: LoweredValue?]
    fileprivate var inputs: [SolveInput]
  }

  /// Weights that have another value in a solve have it in starting values, equations and outputs alike.
  mutating func enter(
    _ overrides: [(weight: WeightID, value: TypedExpression)], inputs: [SolveInput] = []
  ) throws(IRError) -> Surroundings {
    var overridden: [WeightID: LoweredValue] = [:]
    for (weight, value) in overrides { overridden[weight] = try lower(value) }
    var outer = Surroundings(weights: [:], inputs: solveInputs)
    for (weight, value) in overridden {
      outer.weights[weight] = .some(scope.weights[weight])
      scope.weights[weight] = value
    }
    solveInputs = inputs
    return outer
  }

  mutating func leave(_ outer: Surroundings) {
    for (weight, value) in outer.weights { scope.weights[weight] = value }
    solveInputs = outer.inputs
  }

  private mutating func prepare(
    _ solve: SolveExpression, _ ode: OdeInstance, saves: SampleCount, capacities: [String: Int]
  ) throws(IRError) -> (SolveRun, Times) {
    let times = try self.times(solve, saves)
    // Where a history gives initial values, they are what it says at the beginning.
    if let history = solve.history { scope.locals[history.variable] = .array(times.begin) }
    var parts: [Value] = []
    for expression in solve.initial { parts.append(flat(try array(expression))) }
    let initial = scope.builder.concatenate(
      parts.map { scope.builder.convert($0, to: precision) }, axis: 0)
    try bindSamples(ode, solve.span)
    let registers = EventRegisters(
      ode, stateLength: try size(of: ode), capacities: capacities, held: try heldInputs(ode))
    let corners = try inputCorners(ode, registers)
    let regions = try regions(
      ode, registers, columns: solve.columns, noise: solve.noise, over: times.span,
      delays: try delays(ode, registers, solve.history, initial: initial), corners: corners)
    var run = SolveRun(
      ode: ode, regions: regions, registers: registers, settings: solve.settings, initial: initial)
    if regions.delays != nil { (run.begin, run.history) = (times.begin, solve.history) }
    if regions.noise != nil { run.settings.path = path(run.settings, ode) }
    if regions.implicit != nil, run.settings.method == "auto" {
      run.settings.method = Self.methodForImplicit
    }
    at(LoweredOrigin(span: solve.span, ode: ode.id))
    return (run, times)
  }

  struct SolveRun {
    var ode: OdeInstance
    var regions: OdeRegions
    var registers: EventRegisters
    var settings: SolverSettings
    var initial: Value
    /// Where equations read earlier states: where the solution begins, and what was before.
    var begin: Value?
    var history: SolveHistory?

    /// Type of the dense record of the method's steps.
    var record: ValueType? {
      let solve = Solve(
        settings: settings, batched: [], rhs: regions.rhs, controlled: registers.stateLength)
      guard let method = Method.serving(settings) else { return nil }
      return try? StepBuilder.record(method, StepProblem(solve))
    }
  }

  mutating func emit(
    _ run: SolveRun, from start: Value, to end: Value, saves: Value, traced: Bool = false
  ) throws(IRError) -> [Value] {
    let regions = run.regions
    var form = Solve(
      settings: run.settings, batched: [], rhs: regions.rhs, controlled: run.registers.stateLength,
      trace: traced ? scope.builder.nextTrace : nil,
      record: traced ? run.record : nil)
    form.mass = regions.implicit?.mass
    form.noise = regions.noise
    form.delays = regions.delays
    form.corners = regions.corners
    form.events = regions.events
    form.takeGradients(run.settings.gradient)
    var initial = run.initial
    let held = try heldAtStart(run.ode, run.registers, start)
    if let own = run.registers.initial(end: end, held: held, precision, &scope.builder) {
      initial = scope.builder.concatenate([initial, own], axis: 0)
    }
    if let implicit = regions.implicit {
      var parameters = regions.captured
      if let corners = regions.corners { parameters[corners.phase] = start }
      initial = try consistent(initial, at: start, implicit, parameters, &scope.builder)
    }
    return scope.builder.emit(.solve(form), [start, end, saves, initial] + regions.captured)
  }

  // MARK: Times

  private enum Times {
    case oneWay(start: Value, end: Value, saves: Value)
    case bothWays(start: Value, first: Value, last: Value, saves: Value)

    var span: (start: Value, end: Value) {
      switch self {
      case .oneWay(let start, let end, _), .bothWays(let start, _, let end, _): (start, end)
      }
    }

    /// Where the initial values hold.
    var begin: Value {
      switch self {
      case .oneWay(let start, _, _), .bothWays(let start, _, _, _): start
      }
    }
  }

  /// What `auto` means for equations that are not solved for their derivatives.
  private static let methodForImplicit = "rodas5p"

  /// Times are f64 in every program.
  mutating func time(_ expression: TypedExpression) throws(IRError) -> Value {
    let outer = element
    element = .f64
    defer { element = outer }
    let value = try array(expression)
    return scope.builder.convert(value, to: .f64)
  }

  private mutating func times(
    _ solve: SolveExpression, _ samples: SampleCount
  ) throws(IRError) -> Times {
    var span: (Value, Value)?
    if let over = solve.over { span = (try time(over.from), try time(over.to)) }
    let saves: Value
    switch solve.saves {
    case .end, .steps:
      saves = scope.builder.constant([], ValueType(.f64, shape: [0]))
    case .at(let expression):
      saves = try time(expression)
    case .every(let step):
      guard let span else { throw IRError("`every` without a span") }
      guard case .saved(let size) = samples else { throw IRError("`every` unsaved") }
      saves = try evenTimes(from: span.0, to: span.1, step: try time(step), try length(size))
    }
    if span == nil {
      guard let n = scope.builder.type(saves).extents.first?.fixedLength, n > 0 else {
        throw IRError("a solve without span and save times")
      }
      span = (element(0, of: saves), element(n - 1, of: saves))
    }
    guard let (first, last) = span else { throw IRError("a solve without span") }
    guard let start = solve.start else { return .oneWay(start: first, end: last, saves: saves) }
    return .bothWays(start: try time(start), first: first, last: last, saves: saves)
  }

  private mutating func element(_ index: Int, of times: Value) -> Value {
    let one = scope.builder.slice(times, axis: 0, index..<(index + 1))
    return scope.builder.reshape(one, to: [])
  }

  /// from, from ± step, …: n of them.
  private mutating func evenTimes(
    from: Value, to: Value, step: Value, _ n: Int
  ) throws(IRError) -> Value {
    if let a = scope.builder.constantValue(from)?.uniform,
      let b = scope.builder.constantValue(to)?.uniform,
      let h = scope.builder.constantValue(step)?.uniform
    {
      let direction: Double = b < a ? -1 : 1
      let times = (0..<n).map { i -> Double in
        let t = a + direction * Double(i) * h.magnitude
        // The last may overshoot the span by rounding; then it is the end itself.
        return direction > 0 ? min(t, b) : max(t, b)
      }
      return scope.builder.constant(times, ValueType(.f64, shape: [n]))
    }
    let type = ValueType(.f64, shape: [n])
    let places = scope.builder.constant((0..<n).map(Double.init), type)
    let sign = scope.builder.apply("sign", scope.builder.sub(to, from))
    let signed = scope.builder.mul(scope.builder.apply("abs", step), sign)
    let steps = scope.builder.mul(
      places, scope.builder.broadcast(signed, to: type.extents, axes: []))
    return scope.builder.add(scope.builder.broadcast(from, to: type.extents, axes: []), steps)
  }

  /// The start lies inside the span: one solve forwards, one backwards, each with all save times, those on its wrong side
  /// moved to the start, where they cost nothing.
  private mutating func bothWays(
    _ run: SolveRun, _ solution: SolutionType, start: Value, first: Value, last: Value, saves: Value
  ) throws(IRError) -> LoweredSolution {
    let type = scope.builder.type(saves)
    let origin = scope.builder.broadcast(start, to: type.extents, axes: [])
    let after = scope.builder.max(saves, origin)
    let before = scope.builder.min(saves, origin)
    let backwards = scope.builder.value(.layout(.reverse(axis: 0)), [before])
    let forward = try emit(run, from: start, to: scope.builder.max(last, start), saves: after)
    let backward = try emit(run, from: start, to: scope.builder.min(first, start), saves: backwards)
    let turned = scope.builder.value(
      .layout(.reverse(axis: 0)), [backward[Solve.Result.saved]])
    let saved = forward[Solve.Result.saved]
    let isAfter = scope.builder.broadcast(
      scope.builder.apply("ge", saves, origin), to: scope.builder.type(saved).extents, axes: [0])
    return try solved(
      run, solution, t: saves, saved: scope.builder.select(isAfter, saved, turned),
      final: forward[Solve.Result.final], end: last,
      stats: scope.builder.add(forward[Solve.Result.stats], backward[Solve.Result.stats]))
  }

  // MARK: Equations

  mutating func flat(_ x: Value) -> Value {
    scope.builder.reshape(x, to: [.fixed(scope.builder.type(x).fixedCount ?? 0)])
  }

  /// (t, flat state, earlier states if they are given, captured…) → flat slopes.
  mutating func rightHandSide(
    _ ode: OdeInstance, _ registers: EventRegisters, past: ValueType? = nil,
    corners: InputCorners? = nil
  ) throws(IRError) -> Drafted {
    let outer = scope
    let outerElement = element
    let inner = RegionScope(
      .solve, parent: outer,
      parameters: [
        .time, ValueType(precision, [.fixed(registers.stateLength + registers.length)]),
      ] + [past].compactMap { $0 })
    scope = inner
    element = precision
    defer {
      scope = outer
      element = outerElement
    }
    try bindEquations(
      ode, t: inner.parameters[0], y: inner.parameters[1], registers,
      past: past == nil ? nil : inner.parameters[2], corners: corners)
    var slopes: [Value] = []
    for (i, state) in ode.states.enumerated() {
      at(LoweredOrigin(span: state.equationSpan, ode: ode.id, state: i))
      let slope = flat(try array(state.derivative))
      slopes.append(inner.builder.convert(slope, to: precision))
    }
    let result = registers.slopes(
      inner.builder.concatenate(slopes, axis: 0), state: inner.parameters[1], &inner.builder)
    return Drafted(scope: inner, result: result)
  }

  /// Time, states and what equations have in common, as locals of the scope.
  mutating func bindEquations(
    _ ode: OdeInstance, t: Value, y: Value, _ registers: EventRegisters? = nil, past: Value? = nil,
    corners: InputCorners? = nil
  ) throws(IRError) {
    try bindStates(ode, t: t, y: y)
    try bindEarlierStates(ode, past: past)
    try bindInputs(ode, t: t, y: y, registers, corners)
    for bound in ode.bindings { scope.locals[bound.local] = try lower(bound.value) }
  }

  func size(of ode: OdeInstance) throws(IRError) -> Int {
    var sum = 0
    for state in ode.states { sum += try count(state.type) }
    return sum
  }

  /// Where each state is in the flat one.
  func ranges(of ode: OdeInstance) throws(IRError) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for state in ode.states {
      let start = ranges.last?.upperBound ?? 0
      ranges.append(start..<(start + (try count(state.type))))
    }
    return ranges
  }

  func count(_ type: Type) throws(IRError) -> Int {
    guard let tensor = type.tensor else { throw IRError("a state of type \(type)") }
    return try extents(tensor.shape).reduce(1) { $0 * ($1.fixedLength ?? 1) }
  }

  /// Time and states as locals of the scope, cut out of the flat state.
  mutating func bindStates(
    _ ode: OdeInstance, t: Value, y: Value
  ) throws(IRError) {
    scope.locals[ode.time] = .array(t)
    for (state, range) in zip(ode.states, try ranges(of: ode)) {
      guard let tensor = state.type.tensor else { throw IRError("a state of type \(state.type)") }
      let part = scope.builder.slice(y, axis: 0, range)
      scope.locals[state.local] = .array(
        scope.builder.reshape(part, to: try extents(tensor.shape)))
    }
  }
}
