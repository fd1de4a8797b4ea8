import NodalIR
import NodalOperations
import NodalTypes

/// `fold`, `scan`, `map`, and the random numbers drawn in them.
extension Lowering {
  mutating func fold(_ fold: Fold, collects: Bool) throws(IRError) -> LoweredValue {
    let n = try length(fold.length)
    let sequence = try lower(fold.sequence)
    let initial = try lower(fold.initial)
    let stateTypes = try leafTypes(fold.stateType)
    // A state starts as what a turn makes of it: reals in the element type in force.
    let starts = zip(initial.leaves, stateTypes).map { leaf, type in
      type.element.isFloating ? scope.builder.convert(leaf, to: type.element) : leaf
    }
    let sliceTypes = sequence.leaves.map { scope.builder.type($0).droppingFirst() }

    let outer = scope
    let inner = RegionScope(
      .loop(n), parent: outer, parameters: stateTypes + sliceTypes)
    scope = inner
    defer { scope = outer }
    let given = inner.parameters
    inner.locals[fold.state] = try initial.rebuilt(from: Array(given.prefix(starts.count)))
    inner.locals[fold.element] = try sequence.rebuilt(from: Array(given.dropFirst(starts.count)))
    let result = try lower(fold.body)
    var next = result
    var output: LoweredValue?
    if collects {
      guard case .tuple(let parts) = result, parts.count == 2 else {
        throw IRError("the body of scan gives (state, value)")
      }
      next = parts[0]
      output = parts[1]
    }
    let carried = zip(next.leaves, stateTypes).map { leaf, type in
      type.element.isFloating ? inner.builder.convert(leaf, to: type.element) : leaf
    }
    let collected = output?.leaves ?? []
    let body = try inner.finish(carried + collected, slicesAfter: given.count)
    let sliced = inner.captured(sliced: true)
    let scan = Scan(
      length: .fixed(n), carries: starts.count, stacked: sliceTypes.count + sliced.count,
      outputs: collected.count, body: body)
    let results = outer.builder.emit(
      .scan(scan), starts + sequence.leaves + sliced + inner.captured(sliced: false))
    if let output { return try output.rebuilt(from: Array(results.dropFirst(starts.count))) }
    return try next.rebuilt(from: Array(results.prefix(starts.count)))
  }

  mutating func map(_ mapped: Mapped, _ type: Type) throws(IRError) -> LoweredValue {
    var lengths: [Int] = []
    for extent in mapped.extents { lengths.append(try length(extent)) }
    let n = lengths.reduce(1, *)
    let depth = lengths.count
    var arguments: [LoweredValue] = []
    for argument in mapped.arguments { arguments.append(try lower(argument.value)) }
    // Several axes are mapped as one.
    let flat = try arguments.map { (argument) throws(IRError) in
      try argument.mapLeaves { (leaf) throws(IRError) in
        let extents = scope.builder.type(leaf).extents
        return scope.builder.reshape(leaf, to: [.fixed(n)] + extents.dropFirst(depth))
      }
    }
    let leaves = flat.flatMap(\.leaves)
    let (results, value) = try mapRegion(
      n, over: leaves, kind: .loop(n)
    ) { (lowering, parameters) throws(IRError) in
      var rest = parameters[...]
      for (argument, lowered) in zip(mapped.arguments, flat) {
        let count = lowered.leaves.count
        lowering.scope.locals[argument.local] = try lowered.rebuilt(from: Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
      return try lowering.lower(mapped.body)
    }
    let shaped = results.map { result in
      scope.builder.reshape(
        result,
        to: lengths.map(Extent.fixed) + scope.builder.type(result).extents.dropFirst())
    }
    return try value.rebuilt(from: shaped)
  }

  /// A `map` form over the leading axis (of length n) of `over`; the body lowers from the slices.
  mutating func mapRegion(
    _ n: Int, over operands: [Value], kind: RegionScope.Kind,
    _ body: (inout Lowering, [Value]) throws(IRError) -> LoweredValue
  ) throws(IRError) -> (results: [Value], value: LoweredValue) {
    let outer = scope
    let inner = RegionScope(
      kind, parent: outer, parameters: operands.map { outer.builder.type($0).droppingFirst() })
    scope = inner
    defer { scope = outer }
    let value = try body(&self, inner.parameters)
    let region = try inner.finish(value.leaves, slicesAfter: operands.count)
    let sliced = inner.captured(sliced: true)
    let shared = inner.captured(sliced: false)
    let form = Form.map(
      Map(
        extent: .fixed(n),
        mapped: (operands + sliced).map { _ in true } + shared.map { _ in false }, body: region))
    return (outer.builder.emit(form, operands + sliced + shared), value)
  }

  // MARK: Chance

  mutating func random(_ draw: Draw, _ expression: TypedExpression) throws(IRError) -> Value {
    let kind: RandomDraw.Kind = draw.kind == .normal ? .normal : .uniform
    return try random(kind, draw.place, try arrayType(expression))
  }

  mutating func random(
    _ kind: RandomDraw.Kind, _ place: PlaceID, _ type: ValueType
  ) throws(IRError) -> Value {
    let key = try randomKey(in: scope)
    return scope.builder.value(
      .random(RandomDraw(kind, place: place.rawValue, type: type)), [key])
  }

  /// The key that draws in a scope have: the program's own, or, in a loop, one of its own for each turn.
  private mutating func randomKey(in scope: RegionScope) throws(IRError) -> Value {
    if let key = scope.key { return key }
    let type = ValueType(.i64, shape: [2])
    let key: Value
    if let parent = scope.parent {
      let outer = try randomKey(in: parent)
      if case .loop(let n) = scope.kind {
        key = scope.captureSliced(Lowering.keys(outer, count: n, &parent.builder), type)
      } else {
        key = scope.capture(outer)
      }
    } else {
      key = scope.input(inputs.count, type)
      inputs.append(.randomKey)
    }
    scope.key = key
    return key
  }

  /// Keys for the turns of a loop: the second number is spread out, so that nested loops and examples don't meet.
  private static func keys(_ key: Value, count: Int, _ builder: inout RegionBuilder) -> Value {
    let type = ValueType(.i64, shape: [count, 2])
    let rows = builder.broadcast(key, to: type.extents, axes: [1])
    let factors = (0..<count).flatMap { _ -> [Double] in [1, 1_000_003] }
    let turns = (0..<count).flatMap { i -> [Double] in [0, Double(i + 1)] }
    return builder.add(
      builder.mul(rows, builder.constant(factors, type)), builder.constant(turns, type))
  }

  /// The innermost scope around that draws may be made in: the right-hand side of a solve is not one.
  func scopeOfDraws() -> RegionScope {
    var candidate = scope
    var current: RegionScope? = scope
    while let s = current {
      if case .solve = s.kind, let parent = s.parent { candidate = parent }
      current = s.parent
    }
    return candidate
  }
}
