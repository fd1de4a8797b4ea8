import NodalIR
import NodalOperations

/// Gradient by sensitivities carried forwards: beside the state run its derivatives by each number that is
/// differentiated by, and the reverse rule is a product with them.
///
/// Cost: the solve of a system (1 + n) times as long, for n numbers; no memory for steps. The sensitivities are in the error norm.
enum ForwardSensitivity {
  /// The solve's results, and the sensitivities at the end [T?, n, d] and at the save times [T?, S, n, d].
  static func forward(
    _ solve: Solve, _ operands: [Value], active: [Bool], _ builder: inout RegionBuilder
  ) throws(IRError) -> (results: [Value], residuals: [Value]) {
    let context = SolveContext(solve, operands, active: active, results: [], [])
    let directions = Directions(context, builder)
    let d = directions.stateLength
    let n = directions.count
    let axis = context.batchAxes
    let earlier = try EarlierStates(
      solve, active: context.activeParameters, timesVary: context.timesActive, directions: n,
      origin: builder.origin)
    // Only the end or the save times move: what they need is the slope there.
    if n == 0 { return (builder.emit(.solve(solve), operands), []) }
    var augmented = solve
    augmented.rhs = try augmentedRegion(solve.rhs, first: 2, directions, earlier)
    (augmented.jacobian, augmented.pattern) = (nil, nil)
    augmented.corners = solve.corners?.ofDerivatives(by: context.activeParameters)
    let types = augmented.rhs.parameterTypes
    if let earlier {
      let own = Array(types[2...])
      augmented.delays = try earlier.followed(
        solve, state: types[1], types[0], own, active: context.activeParameters
      ) { k, _, builder in directions.units(k, own, &builder) }
    }
    let tellsInstant = (earlier?.registers ?? 0) > 0
    augmented.events = try solve.events(
      forState: types[1], parameters: Array(types[2...]), earlier
    ) { (event) throws(IRError) in
      try augmentedRegion(
        SaltatedJump.region(
          event, of: solve, tellsInstant: tellsInstant, looksBack: earlier?.looksBack == true),
        first: 3, directions, earlier)
    }
    augmented.controlled = d * (1 + n)
    // A sensitivity is of the same half as its component.
    augmented.drifting = solve.drifting.map { Array(repeatElement($0, count: 1 + n).joined()) }
    augmented.settings = solve.settings.controlling(d * (1 + n), length: d)
    // ∂y₀/∂y₀ is the identity; nothing else moves the start.
    let initial = operands[Solve.Operand.initial]
    let type = builder.type(initial)
    let identity = directions.initialTangents()
    let seed = builder.constant(identity, ValueType(type.element, shape: [n * d]))
    let extents = Array(type.extents.dropLast()) + [.fixed(n * d)]
    let tangents = builder.broadcast(seed, to: extents, axes: [axis])
    var arguments = operands
    arguments[Solve.Operand.initial] = builder.concatenate([initial, tangents], axis: axis)
    if let earlier {
      arguments[Solve.Operand.initial] = earlier.withRegisters(
        arguments[Solve.Operand.initial], &builder)
      arguments.widen(Solve.Operand.parameters + earlier.delays.past, &builder) {
        earlier.parameters($0)
      }
    }
    let all = builder.emit(.solve(augmented), arguments)

    func part(_ value: Value, _ range: Range<Int>) -> Value {
      builder.slice(value, axis: builder.type(value).rank - 1, range)
    }
    func sensitivity(_ value: Value) -> Value {
      let x = part(value, d..<(d * (1 + n)))
      return builder.reshape(x, to: builder.type(x).extents.dropLast() + [.fixed(n), .fixed(d)])
    }
    let final = all[Solve.Result.final]
    let saved = all[Solve.Result.saved]
    return (
      [part(final, 0..<d), part(saved, 0..<d), all[Solve.Result.stats]],
      [sensitivity(final), sensitivity(saved)]
    )
  }

  static func reverse(
    _ context: SolveContext, sensitivities: [Value], _ builder: inout RegionBuilder
  ) throws(IRError) -> [Value?] {
    let directions = Directions(context, builder)
    let axes = context.batchAxes
    var cotangents: [Value?] = context.operands.map { _ in nil }
    guard directions.count > 0 else {
      try TimeCotangents.add(context, &cotangents, &builder)
      return cotangents
    }
    var parts: [Value] = []
    if let cot = context.finalCotangent {
      let product = Contraction(
        batch: axes == 0 ? [] : [.init(0, 0)], contracted: [.init(axes, axes + 1)])
      parts.append(builder.value(.contract(product), [cot, sensitivities[0]]))
    }
    if let cot = context.savedCotangent(builder) {
      let product = Contraction(
        batch: axes == 0 ? [] : [.init(0, 0)],
        contracted: [.init(axes, axes), .init(axes + 1, axes + 2)])
      parts.append(builder.value(.contract(product), [cot, sensitivities[1]]))
    }
    guard !parts.isEmpty else { return cotangents }
    let whole = builder.sum(parts)
    for block in directions.blocks {
      let x = builder.slice(
        whole, axis: axes, block.start..<(block.start + block.count))
      let type = builder.type(context.operands[block.operand])
      let inner = context.isBatched(block.operand) ? type.droppingFirst() : type
      let shaped = builder.reshape(x, to: builder.type(x).extents.dropLast() + inner.extents)
      cotangents[block.operand] = context.fitted(shaped, to: block.operand, &builder)
    }
    try TimeCotangents.add(context, &cotangents, &builder)
    return cotangents
  }

  /// Of f(t, y, p…): (t, (y, S₁ … Sₙ), p…) → slopes: y' = f, Sᵢ' = ∂f/∂y·Sᵢ + ∂f/∂pᵢ. Of a jump the same, with an occurrence in front of the
  /// parameters, the `first` of which is told.
  private static func augmentedRegion(
    _ region: Region, first: Int, _ directions: Directions, _ earlier: EarlierStates? = nil
  ) throws(IRError) -> Region {
    // By times alone nothing moves beside the state.
    guard directions.count > 0 else { return region }
    // What events that look back are given beside comes from the rows.
    let looksBack = first > 2 && earlier?.looksBack == true
    let types = Array(region.parameterTypes.dropLast(looksBack ? 1 : 0))
    let d = directions.stateLength
    let axis = types[1].rank - 1
    var own = types
    own[1].extents[axis] = .fixed(d * (1 + directions.count) + (earlier?.registers ?? 0))
    if let earlier { own[first...] = earlier.parameters(Array(types[first...]))[...] }
    var builder = RegionBuilder(parameters: own)
    let given = builder.parameters
    let y = builder.slice(given[1], axis: axis, 0..<d)
    let past = earlier.map { $0.delays.past + first }
    let parameters = directions.parameters.map { $0 + first }
    let wrt = ([past].compactMap { $0 } + parameters).sorted()
    let tangent = try Simplify.run(ForwardMode.differentiate(region, wrt: [1] + wrt))
    var plain = Array(given[2...])
    if let earlier, let past {
      plain[past - 2] = earlier.plain(given[past], &builder)
      if looksBack { plain.append(earlier.rates(given[past], &builder)) }
    }
    // What the region tells beside it is how the instant of an event moves.
    let tellsInstant = region.results.count > 1
    var slopes: [Value] = []
    var instants: [Value] = []
    for k in 0..<directions.count {
      let units = directions.units(k, Array(types[first...]), &builder)
      var dots = Dictionary(uniqueKeysWithValues: zip(parameters, units))
      if let earlier, let past {
        dots[past] = earlier.tangent(
          given[past], k, delay: dots[earlier.delays.lags + first], &builder)
      }
      let own = builder.slice(given[1], axis: axis, d * (1 + k)..<d * (2 + k))
      let results = builder.inline(
        tangent, [given[0], y] + plain + [own] + wrt.compactMap { dots[$0] })
      if k == 0 { slopes.append(results[0]) }
      slopes.append(results[region.results.count])
      if tellsInstant {
        instants.append(builder.column(results[region.results.count + 1], types[1]))
      }
    }
    let result = builder.concatenate(slopes + instants, axis: axis)
    let whole = tellsInstant ? result : earlier?.withRegisters(result, &builder) ?? result
    return try Simplify.run(try builder.finish([whole]))
  }

  /// The numbers that are differentiated by, in a row: of the initial state (a moved beginning moves it too), then of the
  /// active parameters.
  private struct Directions {
    struct Block {
      var operand: Int
      var start: Int
      var count: Int
    }
    var blocks: [Block] = []
    var count = 0
    let stateLength: Int

    init(_ context: SolveContext, _ builder: RegionBuilder) {
      stateLength = context.solve.rhs.resultTypes[0].extents.last?.fixedLength ?? 0
      for operand in context.operands.indices.dropFirst(Solve.Operand.initial)
      where context.active[operand]
        || (operand == Solve.Operand.initial && context.active[Solve.Operand.start])
      {
        let type = builder.type(context.operands[operand])
        let inner = context.isBatched(operand) ? type.droppingFirst() : type
        let n = inner.fixedCount ?? 0
        blocks.append(Block(operand: operand, start: count, count: n))
        count += n
      }
    }

    /// The active parameters, by their place.
    var parameters: [Int] {
      blocks.map(\.operand).filter { $0 >= Solve.Operand.parameters }
        .map { $0 - Solve.Operand.parameters }
    }

    /// How the active ones of parameters of these types change in direction k.
    func units(_ k: Int, _ types: [ValueType], _ builder: inout RegionBuilder) -> [Value] {
      var units: [Value] = []
      for block in blocks where block.operand >= Solve.Operand.parameters {
        let type = types[block.operand - Solve.Operand.parameters]
        let inner = type.isBatched ? type.droppingFirst() : type
        let unit = builder.constant(
          (0..<block.count).map { $0 + block.start == k ? 1 : 0 }, inner)
        units.append(
          type.isBatched
            ? builder.broadcast(unit, to: type.extents, axes: Array(1..<type.rank)) : unit)
      }
      return units
    }

    /// Rows of the identity for directions of the initial state, zeros for the others; [n, d] flat.
    func initialTangents() -> [Double] {
      var rows = [Double](repeating: 0, count: count * stateLength)
      for block in blocks where block.operand == Solve.Operand.initial {
        for i in 0..<block.count { rows[(block.start + i) * stateLength + i] = 1 }
      }
      return rows
    }
  }
}
