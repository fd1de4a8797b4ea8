import NodalIR
import NodalMethods
import NodalOperations
import NodalTypes

/// Odes with equations that are not solved for a derivative: M y' = f, where rows of M come from what stands before derivatives.
extension Lowering {
  struct ImplicitSystem {
    /// (t, y, captured…) → f
    var rhs: Region
    /// (t, y, captured…) → M
    var mass: Region
    /// For each component of the state, whether it has no equation of its own.
    var isFree: [Bool]
    /// Derivatives stand in an equation that isn't solved for one.
    var hasRates: Bool
  }

  /// - Parameter whole: the ode's residuals (see `residuals`).
  func implicitSystem(
    _ ode: OdeInstance, _ registers: EventRegisters, _ whole: Region
  ) throws(IRError) -> ImplicitSystem {
    let isFree = try freeComponents(ode) + Array(repeating: false, count: registers.length)
    let hasRates = ode.states.contains { $0.rate != nil }
    let types = Array(whole.parameterTypes[3...])
    var rhs = RegionBuilder(parameters: Array(whole.parameterTypes[..<2]) + types)
    let p = rhs.parameters
    let zero = rhs.constant(0, whole.parameterTypes[2])
    let slopes = rhs.inline(whole, [p[0], p[1], zero] + p[2...])
    return ImplicitSystem(
      rhs: try rhs.finish(slopes),
      mass: try massRegion(whole, types, isFree, k: hasRates ? isFree.count { $0 } : 0),
      isFree: isFree, hasRates: hasRates)
  }

  /// For each component of the state, whether it has no equation of its own.
  private func freeComponents(_ ode: OdeInstance) throws(IRError) -> [Bool] {
    var isFree: [Bool] = []
    for state in ode.states {
      isFree += Array(repeating: state.isFree, count: try count(state.type))
    }
    return isFree
  }

  /// (t, y, rates of the free components, captured…) → slopes; those of free components are the residuals, in their order.
  mutating func residuals(
    _ ode: OdeInstance, _ registers: EventRegisters, corners: InputCorners? = nil
  ) throws(IRError) -> Drafted {
    let k = try freeComponents(ode).count { $0 }
    let outer = scope
    let outerElement = element
    let inner = RegionScope(
      .solve, parent: outer,
      parameters: [
        .time, ValueType(precision, [.fixed(registers.stateLength + registers.length)]),
        ValueType(precision, [.fixed(k)]),
      ])
    scope = inner
    element = precision
    defer {
      scope = outer
      element = outerElement
    }
    let y = inner.parameters[1]
    try bindEquations(ode, t: inner.parameters[0], y: y, registers, corners: corners)
    var start = 0
    for state in ode.states where state.isFree {
      let n = try count(state.type)
      if let rate = state.rate, let tensor = state.type.tensor {
        let part = inner.builder.slice(inner.parameters[2], axis: 0, start..<(start + n))
        inner.locals[rate] = .array(
          inner.builder.reshape(part, to: try extents(tensor.shape)))
      }
      start += n
    }
    var residuals: [Value] = []
    for equation in ode.implicit {
      at(LoweredOrigin(span: equation.span, ode: ode.id))
      let value = inner.builder.convert(flat(try array(equation.value)), to: precision)
      // What is true at every time is so behind a `stop` as well.
      residuals.append(
        equation.isAlgebraic ? value : registers.halted(value, state: y, &inner.builder))
    }
    let joined = inner.builder.concatenate(residuals, axis: 0)
    guard inner.builder.type(joined).fixedCount == k else {
      throw IRError("\(k) free components, and other equations for them")
    }
    start = 0
    var slopes: [Value] = []
    for (i, state) in ode.states.enumerated() {
      at(LoweredOrigin(span: state.equationSpan, ode: ode.id, state: i))
      if state.isFree {
        let n = try count(state.type)
        slopes.append(inner.builder.slice(joined, axis: 0, start..<(start + n)))
        start += n
      } else {
        let slope = inner.builder.convert(flat(try array(state.derivative)), to: precision)
        slopes.append(registers.halted(slope, state: y, &inner.builder))
      }
    }
    let all = inner.builder.concatenate(slopes, axis: 0)
    return Drafted(scope: inner, result: registers.resting(behind: all, &inner.builder))
  }

  /// Rows of the identity, and for free components what the residuals lose by their rates. `k` is 0 where nobody reads these.
  private func massRegion(
    _ whole: Region, _ types: [ValueType], _ isFree: [Bool], k: Int
  ) throws(IRError) -> Region {
    let d = isFree.count
    var b = RegionBuilder(parameters: Array(whole.parameterTypes[..<2]) + types)
    let p = b.parameters
    var changes: Value?
    if k > 0 {
      let rates = whole.parameterTypes[2]
      var inner = RegionBuilder(parameters: [rates] + b.parameters.map { b.type($0) })
      let q = inner.parameters
      let zero = inner.constant(0, rates)
      let derivative = Derivative(.forward, wrt: [2], body: whole)
      let change = inner.emit(
        .derivative(derivative), [q[1], q[2], zero] + q[3...] + [q[0]])[1]
      let body = try inner.finish([change])
      let unit = b.identity(k, rates.element)
      let map = Map(
        extent: .fixed(k), mapped: [true] + p.map { _ in false }, body: body)
      let rows = b.emit(.map(map), [unit] + p)[0]
      changes = b.neg(b.transpose(rows, [1, 0]))
    }
    var columns: [Value] = []
    var free = 0
    for j in 0..<d {
      if isFree[j], let changes {
        columns.append(b.slice(changes, axis: 1, free..<(free + 1)))
      } else {
        let column = (0..<d).map { $0 == j && !isFree[j] ? 1.0 : 0 }
        columns.append(b.constant(column, ValueType(precision, shape: [d, 1])))
      }
      if isFree[j] { free += 1 }
    }
    let matrix = b.concatenate(columns, axis: 1)
    return try b.finish([matrix])
  }

  // MARK: Consistent beginnings

  /// Newton steps: each doubles the digits, from a start that is near enough.
  private static let newtonSteps = 12
  /// So short a step of the implicit Euler method, that what has a derivative stays where it is, and the rest comes to satisfy its
  /// equations.
  private static let instant = 1e-12

  /// The jump of an event, behind which states satisfy the algebraic equations again.
  ///
  /// - Parameter phase: see `Corners`.
  func consistent(
    _ jump: Region, _ system: ImplicitSystem, phase: Int?
  ) throws(IRError) -> Region {
    var b = RegionBuilder(parameters: jump.parameterTypes)
    let p = b.parameters
    let after = b.inline(jump, p)[0]
    var parameters = Array(p[3...])
    if let phase { parameters[phase] = p[0] }
    return try b.finish([try consistent(after, at: p[0], system, parameters, &b)])
  }

  /// States that satisfy the algebraic equations: those components with equations of their own stay, the free ones are
  /// found by Newton's method, from what was given. NaN where it doesn't come to an end.
  ///
  /// - Parameter parameters: behind time and state, as the system's regions take them.
  func consistent(
    _ initial: Value, at time: Value, _ system: ImplicitSystem, _ parameters: [Value],
    _ builder: inout RegionBuilder
  ) throws(IRError) -> Value {
    let state = builder.type(initial)
    let shared = [time, initial] + parameters
    var body = RegionBuilder(parameters: [state, state] + shared.map { builder.type($0) })
    body.origin = builder.origin
    let p = body.parameters
    let (y, t, start) = (p[0], p[2], p[3])
    let correction = try newton(system, t: t, y: y, start: start, Array(p[4...]), &body)
    let next = body.add(y, correction)
    let scan = Scan(
      length: .fixed(Self.newtonSteps), reverse: false, carries: 2, stacked: 0, outputs: 0,
      body: try body.finish([next, correction]))
    let none = builder.constant(0, state)
    let found = builder.emit(.scan(scan), [initial, none] + shared)
    let size = builder.add(
      builder.mul(builder.abs(found[0]), 1e-5), builder.constant(1e-8, state))
    let isFound = builder.lessOrEqual(builder.abs(found[1]), size)
    return builder.select(isFound, found[0], builder.constant(.nan, state))
  }

  /// The correction of a guess.
  private func newton(
    _ system: ImplicitSystem, t: Value, y: Value, start: Value, _ parameters: [Value],
    _ b: inout RegionBuilder
  ) throws(IRError) -> Value {
    let state = b.type(y)
    let d = system.isFree.count
    let square = ValueType(state.element, shape: [d, d])
    let mask = system.isFree.map { $0 ? 1.0 : 0 }
    let rows = b.constant((0..<(d * d)).map { mask[$0 / d] }, square)
    let own = b.constant(
      (0..<(d * d)).map { $0 % (d + 1) == 0 ? 1 - mask[$0 / d] : 0 }, square)
    // Rows of ∂f/∂y, by directions.
    var inner = RegionBuilder(parameters: [state] + ([t, y] + parameters).map { b.type($0) })
    let q = inner.parameters
    let derivative = Derivative(.forward, wrt: [1], body: system.rhs)
    let change = inner.emit(.derivative(derivative), q[1...] + [q[0]])[1]
    let map = Map(
      extent: .fixed(d), mapped: [true] + (0..<(parameters.count + 2)).map { _ in false },
      body: try inner.finish([change]))
    let unit = b.identity(d, state.element)
    let directions = b.emit(.map(map), [unit, t, y] + parameters)[0]
    var matrix = b.neg(b.transpose(directions, [1, 0]))
    var right = b.inline(system.rhs, [t, y] + parameters)[0]
    if system.hasRates {
      let mass = b.mul(b.inline(system.mass, [t, y] + parameters)[0], 1 / Self.instant)
      matrix = b.add(matrix, mass)
      let moved = b.sub(y, start)
      right = b.sub(
        right, b.value(.contract(Contraction(contracted: [.init(1, 0)])), [mass, moved]))
    }
    let whole = b.add(b.mul(matrix, rows), own)
    let wanted = b.mul(right, b.constant(mask, state))
    let factors = b.value(.factorize(nil), [whole])
    let correction = b.value(.linearSolve(LinearSolve()), [whole, factors, wanted])
    // What stays does so to the bit.
    return b.mul(correction, b.constant(mask, state))
  }
}
