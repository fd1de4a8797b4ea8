import NodalIR
import NodalOperations
import NodalTypes

/// Noise of an ode → that of the `solve` form.
extension Lowering {
  /// The diffusion, whose captures are not yet those of the other regions, and what keys its motions.
  struct DraftedNoise {
    var diffusion: Drafted
    var components: [Int]?
    var key: Value
    var span: Value

    var captured: [Value] { diffusion.scope.captured(sliced: false) + [key, span] }

    func finish(_ shared: [Value]) throws(IRError) -> Noise {
      guard let key = shared.firstIndex(of: key), let span = shared.firstIndex(of: span) else {
        throw IRError("noise without a key")
      }
      return Noise(
        diffusion: try diffusion.finish(shared), components: components, key: key, span: span)
    }
  }

  mutating func motions(
    _ ode: OdeInstance, _ registers: EventRegisters, _ place: PlaceID,
    over span: (start: Value, end: Value), _ corners: InputCorners?
  ) throws(IRError) -> DraftedNoise {
    let pair = ValueType(.f64, shape: [2])
    let key = try random(.key, place, pair)
    let length = scope.builder.abs(scope.builder.sub(span.end, span.start))
    let ends = [span.start, length].map { scope.builder.reshape($0, to: [.fixed(1)]) }
    let times = scope.builder.concatenate(ends, axis: 0)

    let outer = (scope, element)
    let size = registers.stateLength + registers.length
    let inner = RegionScope(
      .solve, parent: scope, parameters: [.time, ValueType(precision, [.fixed(size)])])
    scope = inner
    element = precision
    defer { (scope, element) = outer }
    try bindEquations(
      ode, t: inner.parameters[0], y: inner.parameters[1], registers, corners: corners)
    let isDiagonal = ode.noise.allSatisfy(\.isDiagonal)
    var components: [Int] = []
    var parts: [Value] = []
    for noise in ode.noise {
      at(LoweredOrigin(span: noise.span, ode: ode.id, state: noise.states.first))
      let value = inner.builder.convert(try array(noise.value), to: precision)
      var places: [Int] = []
      for state in noise.states { places += try self.components(of: state, in: ode) }
      if isDiagonal {
        components += places
        parts.append(flat(value))
      } else {
        let count = inner.builder.type(value).fixedCount ?? 0
        let motions = noise.isDiagonal ? places.count : count / max(1, places.count)
        let matrix =
          noise.isDiagonal
          ? inner.builder.mul(
            inner.builder.identity(motions, precision),
            inner.builder.broadcast(
              flat(value), to: [.fixed(motions), .fixed(motions)], axes: [0])) : value
        parts.append(rows(matrix, at: places, of: size))
      }
    }
    let joined = inner.builder.concatenate(parts, axis: isDiagonal ? 0 : 1)
    return DraftedNoise(
      diffusion: Drafted(scope: inner, result: joined), components: isDiagonal ? components : nil,
      key: key, span: times)
  }

  /// Where a state's components are in the flat state.
  private func components(of state: Int, in ode: OdeInstance) throws(IRError) -> [Int] {
    var first = 0
    for other in ode.states[..<state] { first += try count(other.type) }
    return Array(first..<(first + (try count(ode.states[state].type))))
  }

  /// A matrix with these rows, and zeros in the others.
  private func rows(_ matrix: Value, at places: [Int], of size: Int) -> Value {
    var choice = [Double](repeating: 0, count: size * places.count)
    for (k, place) in places.enumerated() { choice[place * places.count + k] = 1 }
    let selector = scope.builder.constant(
      choice, ValueType(precision, shape: [size, places.count]))
    return scope.builder.value(
      .contract(Contraction(contracted: [.init(1, 0)])), [selector, matrix])
  }

  /// Steps that are tried and taken again, because an error or an event says so, meet the same path.
  func path(_ settings: SolverSettings, _ ode: OdeInstance) -> Noise.Path {
    if case .adaptive = settings.stepping { return .bridge }
    let watches = ode.events.contains {
      if case .crossing = $0.trigger { true } else { false }
    }
    return watches ? .bridge : settings.path
  }
}
