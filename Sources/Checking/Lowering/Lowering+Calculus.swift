import NodalIR
import NodalOperations
import NodalTypes

/// `grad`, `jacobian`, `divergence`, `hessian`, `jvp`, `vjp`: forms of derivatives of a region, which a pass expands.
extension Lowering {
  mutating func derivative(_ calculus: Calculus) throws(IRError) -> Value {
    let x = try array(calculus.at)
    let xType = scope.builder.type(x)
    switch calculus.kind {
    case .gradient:
      return try gradient(calculus, at: x)
    case .vjp(let cotangent):
      let bar = try array(cotangent)
      return try apply(.reverse, try region(calculus, xType), x, bar)
    case .jvp(let tangent):
      let dot = try array(tangent)
      return try apply(.forward, try region(calculus, xType), x, dot)
    case .jacobian:
      // Rows over the variable's elements, then turned: body's axes first.
      let rows = try overBasis(calculus, at: x) { (lowering, slope, _) in slope }
      let bodyRank = scope.builder.type(rows).rank - 1
      let turned = scope.builder.transpose(rows, Array(1...max(1, bodyRank)).prefix(bodyRank) + [0])
      let bodyExtents = Array(scope.builder.type(rows).extents.dropFirst())
      return scope.builder.reshape(turned, to: bodyExtents + xType.extents)
    case .divergence:
      let terms = try overBasis(calculus, at: x) { (lowering, slope, unit) in
        let product = lowering.scope.builder.mul(slope, unit)
        let axes = Array(0..<lowering.scope.builder.type(product).rank)
        return lowering.scope.builder.reduce(.sum, product, axes: axes)
      }
      return scope.builder.reduce(.sum, terms, axes: [0])
    case .hutchinson(let place):
      let noise = try noiseOutsideOfSolve(place, xType)
      let slope = try apply(.forward, try region(calculus, xType), x, noise)
      let product = scope.builder.mul(slope, noise)
      return scope.builder.reduce(.sum, product, axes: Array(0..<xType.rank))
    case .hessian:
      let rows = try hessianRows(calculus, at: x)
      return scope.builder.reshape(rows, to: xType.extents + xType.extents)
    }
  }

  /// The body as a region of the variable, and of what it captures.
  private mutating func region(
    _ calculus: Calculus, _ type: ValueType
  ) throws(IRError) -> (region: Region, captured: [Value]) {
    let outer = scope
    let inner = RegionScope(.plain, parent: outer, parameters: [type])
    scope = inner
    defer { scope = outer }
    inner.locals[calculus.variable] = .array(inner.parameters[0])
    let result = try array(calculus.body)
    return (try inner.finish([result]), inner.captured(sliced: false))
  }

  /// The derivative of a region's first result by its first parameter, with a tangent or cotangent.
  private mutating func apply(
    _ mode: Derivative.Mode, _ body: (region: Region, captured: [Value]), _ x: Value,
    _ direction: Value
  ) throws(IRError) -> Value {
    let derivative = Derivative(mode, wrt: [0], body: body.region)
    return scope.builder.emit(
      .derivative(derivative), [x] + body.captured + [direction])[1]
  }

  private mutating func gradient(_ calculus: Calculus, at x: Value) throws(IRError) -> Value {
    let body = try region(calculus, scope.builder.type(x))
    let one = scope.builder.constant(1, body.region.resultTypes[0])
    return try apply(.reverse, body, x, one)
  }

  /// Stacks `term(∂body/∂xᵢ, eᵢ)` over the elements of the variable.
  private mutating func overBasis(
    _ calculus: Calculus, at x: Value, _ term: (inout Lowering, Value, Value) -> Value
  ) throws(IRError) -> Value {
    let type = scope.builder.type(x)
    let n = type.fixedCount ?? 0
    let basis = identity(type, n)
    return try mapRegion(n, over: [basis], kind: .plain) { (lowering, slices) throws(IRError) in
      let here = lowering.scope.capture(x)
      let body = try lowering.region(calculus, type)
      let slope = try lowering.apply(.forward, body, here, slices[0])
      return .array(term(&lowering, slope, slices[0]))
    }.results[0]
  }

  private mutating func hessianRows(_ calculus: Calculus, at x: Value) throws(IRError) -> Value {
    let type = scope.builder.type(x)
    let n = type.fixedCount ?? 0
    let basis = identity(type, n)
    return try mapRegion(n, over: [basis], kind: .plain) { (lowering, slices) throws(IRError) in
      let here = lowering.scope.capture(x)
      // The gradient as a region, then its derivative along a unit vector.
      let outer = lowering.scope
      let inner = RegionScope(.plain, parent: outer, parameters: [type])
      lowering.scope = inner
      let slope = try lowering.gradient(calculus, at: inner.parameters[0])
      lowering.scope = outer
      let body = (region: try inner.finish([slope]), captured: inner.captured(sliced: false))
      return .array(try lowering.apply(.forward, body, here, slices[0]))
    }.results[0]
  }

  /// The n unit vectors of a shape, stacked.
  private mutating func identity(_ type: ValueType, _ n: Int) -> Value {
    var numbers = [Double](repeating: 0, count: n * n)
    for i in 0..<n { numbers[i * n + i] = 1 }
    return scope.builder.constant(numbers, type.prepending(.fixed(n)))
  }

  /// Noise that stays the same while a solve runs (Grathwohl et al. 2019): drawn outside, and captured.
  private mutating func noiseOutsideOfSolve(
    _ place: PlaceID, _ type: ValueType
  ) throws(IRError) -> Value {
    let target = scopeOfDraws()
    let here = scope
    scope = target
    let noise = try random(.rademacher, place, type)
    scope = here
    return Lowering.bring(noise, from: target, to: here)
  }

  /// A value of a scope around, captured through all scopes between.
  private static func bring(_ value: Value, from outer: RegionScope, to scope: RegionScope) -> Value
  {
    if scope === outer { return value }
    guard let parent = scope.parent else { return value }
    return scope.capture(bring(value, from: outer, to: parent))
  }
}
