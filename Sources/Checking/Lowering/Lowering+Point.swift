import NodalIR
import NodalOperations
import NodalTypes

/// `steady(…)` and `linearize(…)` → IR.
extension Lowering {
  mutating func lowerPoint(_ point: OdePoint) throws(IRError) -> LoweredValue {
    guard let ode = program.odes[point.ode] else { throw IRError("no such ode") }
    let outer = try enter(point.overrides)
    defer { leave(outer) }
    var parts: [Value] = []
    for expression in point.state {
      parts.append(scope.builder.convert(flat(try array(expression)), to: precision))
    }
    let y = scope.builder.concatenate(parts, axis: 0)
    let t: Value
    if let time = point.time {
      t = try self.time(time)
    } else {
      t = scope.builder.constant(0, .time)
    }
    let (search, captured) = try system(ode)
    at(LoweredOrigin(span: point.span, ode: ode.id))
    switch point.question {
    case .slope: return .array(scope.builder.inline(search.slopes, [t, y] + captured)[0])
    case .jacobian:
      return .array(try search.jacobian(at: y, t, captured, &scope.builder))
    case .lyapunov(let course):
      return .array(try lyapunov(search, ode, from: y, captured, course, point))
    case .cycle(let turn):
      return .record(try cycle(search, ode, from: y, captured, turn, point))
    case .boundary(let ends):
      return .record(try boundary(search, ode, from: y, captured, ends, point))
    case .steady:
      let found = try root(
        search, ode, from: y, at: t, captured, point, (.notFound, .notIsolated))
      let fields = try self.point(of: ode, t: t, y: found)
      return .record(fields)
    }
  }

  /// M y' = f of an ode without its events.
  private mutating func system(
    _ ode: OdeInstance
  ) throws(IRError) -> (search: SteadySearch, captured: [Value]) {
    var still = ode
    still.events = []
    let registers = EventRegisters(
      still, stateLength: try size(of: still), capacities: [:], held: [])
    let isImplicit = !ode.implicit.isEmpty
    let drafted =
      isImplicit ? try residuals(still, registers) : try rightHandSide(still, registers)
    let captured = drafted.scope.captured(sliced: false)
    let region = try drafted.finish(captured)
    let system = isImplicit ? try implicitSystem(still, registers, region) : nil
    return (
      SteadySearch(slopes: system?.rhs ?? region, mass: system?.mass, element: precision), captured
    )
  }

  /// Steps of the simplified Newton method from the solution that was found, with the Jacobian there. They change next to nothing, and
  /// make the derivatives: the search is none of differentiation's business, and each step gets one order of the implicit function's
  /// derivatives right.
  private static let formalSteps = 3

  mutating func root(
    _ search: SteadySearch, _ ode: OdeInstance, from start: Value, at t: Value,
    _ captured: [Value], _ point: OdePoint,
    _ failures: (notFound: PointFailure, notIsolated: PointFailure)
  ) throws(IRError) -> Value {
    func fixed(_ x: Value) -> Value {
      scope.builder.type(x).element.isFloating ? scope.builder.apply("fixed", x) : x
    }
    let fixedTime = fixed(t)
    let fixedValues = captured.map { fixed($0) }
    let (found, isFound) = try search.emit(
      from: fixed(start), at: fixedTime, fixedValues, &scope.builder)
    let jacobian = try search.jacobian(at: found, fixedTime, fixedValues, &scope.builder)
    let matrix = scope.builder.neg(jacobian)
    let factors = scope.builder.value(.factorize(nil), [matrix])
    let isSingular = try search.isSingular(matrix, factors: factors, &scope.builder)

    let i64 = ValueType(.i64)
    func code(_ failure: PointFailure) -> Value {
      scope.builder.constant(Double(failure.rawValue), i64)
    }
    let problem = scope.builder.select(
      isFound,
      scope.builder.select(
        isSingular, code(failures.notIsolated), scope.builder.constant(0, i64)),
      code(failures.notFound))
    var y = requiring(problem, found, ode, point)
    for _ in 0..<Self.formalSteps {
      let f = scope.builder.inline(search.slopes, [t, y] + captured)[0]
      let step = scope.builder.value(.linearSolve(LinearSolve()), [matrix, factors, f])
      y = scope.builder.add(y, step)
    }
    return y
  }

  /// A value, where a failure's code is 0: a number that is looked up outside of an array ends the run, and the place tells why.
  mutating func requiring(
    _ problem: Value, _ value: Value, _ ode: OdeInstance, _ point: OdePoint
  ) -> Value {
    at(LoweredOrigin(span: point.span, ode: ode.id, lookup: .point))
    let none = scope.builder.constant([0], ValueType(precision, shape: [1]))
    let zero = scope.builder.value(.gather(Gather(isChecked: true)), [none, problem])
    at(LoweredOrigin(span: point.span, ode: ode.id))
    return scope.builder.add(value, scope.builder.splat(zero, like: value))
  }

  /// States and outputs at a point.
  mutating func point(
    of ode: OdeInstance, t: Value, y: Value
  ) throws(IRError) -> [LoweredField] {
    try states(of: ode, in: y, leading: []) + outputsAtPoint(of: ode, t: t, y: y)
  }
}

/// Why there is no answer: the index that a checked gather misses by.
package enum PointFailure: Int, Sendable {
  /// Of a steady state.
  case notFound = 1, notIsolated
  /// Of Lyapunov exponents: directions that are no longer told apart.
  case collapsed
  /// Of closed solutions.
  case noCycle, cycleNotIsolated
  /// Of boundary values.
  case noBoundary, boundaryNotIsolated
}
