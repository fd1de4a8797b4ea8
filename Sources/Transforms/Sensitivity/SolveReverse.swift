import NodalIR
import NodalMethods
import NodalOperations

/// The reverse rule of `solve`: one of five, by the solver's gradient mode. Each replaces the solve by one that keeps what its
/// backward half needs, and emits that half. Where two methods took turns it is by the one for stiff equations all the way: what is kept of
/// steps has one form.
enum SolveReverse {
  static func forward(
    _ solve: Solve, _ operands: [Value], active: [Bool], _ builder: inout RegionBuilder
  ) throws(IRError) -> (results: [Value], residuals: [Value]) {
    guard solve.quadrature == nil, solve.companions == 0 else {
      throw IRError("an adjoint gradient is not differentiated again; use gradient: direct")
    }
    let solve = solve.byOneMethod
    switch mode(of: solve, operands, active: active, builder) {
    case .direct, .auto:
      return try DirectSensitivity.forward(solve.byDifferentiatedSteps, operands, &builder)
    case .interpolated: return try DirectSensitivity.forward(solve, operands, &builder)
    case .adjoint: return (builder.emit(.solve(solve), operands), [])
    case .forward:
      return try ForwardSensitivity.forward(solve, operands, active: active, &builder)
    case .reversible: return try ReversibleSensitivity.forward(solve, operands, &builder)
    }
  }

  /// A cotangent for each operand; nil where there is none.
  static func reverse(
    _ solve: Solve, _ operands: [Value], active: [Bool], results: [Value], residuals: [Value],
    cotangents: [Value?], _ builder: inout RegionBuilder
  ) throws(IRError) -> [Value?] {
    let solve = solve.byOneMethod
    let context = SolveContext(solve, operands, active: active, results: results, cotangents)
    switch mode(of: solve, operands, active: active, builder) {
    case .direct, .auto:
      let through = SolveContext(
        solve.byDifferentiatedSteps, operands, active: active, results: results, cotangents)
      return try DirectSensitivity.reverse(through, trace: residuals, &builder)
    case .adjoint:
      return try AdjointSensitivity(context, trace: nil).reverse(&builder)
    case .interpolated:
      if let delayed = try DelayedAdjoint(context, trace: residuals) {
        return try delayed.reverse(&builder)
      }
      return try AdjointSensitivity(context, trace: residuals).reverse(&builder)
    case .forward:
      return try ForwardSensitivity.reverse(context, sensitivities: residuals, &builder)
    case .reversible:
      return try ReversibleSensitivity(context, companions: residuals).reverse(&builder)
    }
  }

  /// What `auto` means for this solve.
  ///
  /// Few numbers to differentiate by, and one trajectory: sensitivities beside the state are cheapest. A state so long that a
  /// trace of it would fill the memory: the adjoint. Everything else: through the steps. A traced solve is differentiated as
  /// its trace is. For a splitting method there is no adjoint: it would solve the state beside λ, whose halves don't part. Through events the state
  /// is read from a record, if steps end where saved states enter. Steps that go on from a companion of the state are undone, not recorded. What decays fast grows as fast backwards: for a stiff method the state is read
  /// from a record, not solved backwards.
  static func mode(
    of solve: Solve, _ operands: [Value], active: [Bool], _ builder: RegionBuilder
  ) -> GradientMode {
    let method = Method.named(solve.settings.method)
    let isSplitting = method?.needsSeparableSystem ?? false
    let hasCompanions = (method?.companions ?? 0) > 0
    let canUndo =
      method?.isSymmetric == true && solve.settings.endsAtSaves && solve.events.isEmpty
      && solve.corners == nil
    // The gradient through the steps.
    let through: GradientMode = !hasCompanions ? .direct : canUndo ? .reversible : .forward
    // An adjoint equation would miss where saved states enter.
    let cutsOff = !solve.events.isEmpty && !solve.settings.endsAtSaves
    let isStiff = method?.purpose == .stiff
    if solve.delays != nil { return throughDelays(solve, operands, active: active, builder) }
    if solve.trace != nil || solve.noise != nil { return .direct }
    if let mass = solve.mass {
      // By times, and by what M depends on, the steps alone know how the state moved.
      let isBack =
        [.adjoint, .interpolated].contains(solve.settings.gradient) && solve.events.isEmpty
        && !active[..<Solve.Operand.initial].contains(true) && solve.pattern == nil
        && !MassEntries(mass, mass.resultTypes[0].extents.last?.fixedLength ?? 0).hasParameters
      return isBack ? .interpolated : .direct
    }
    switch solve.settings.gradient {
    case .forward: return .forward
    case .direct: return through
    case .reversible: return canUndo ? .reversible : through
    case .adjoint:
      return isSplitting || cutsOff
        ? through : isStiff || !solve.events.isEmpty ? .interpolated : .adjoint
    case .interpolated: return isSplitting || cutsOff ? through : .interpolated
    case .auto:
      return isSplitting || isStiff || hasCompanions
        ? through : chosen(for: solve, operands, active: active, builder)
    }
  }

  /// Steps back would have to give to steps long before them: sensitivities go forwards, or the adjoint equation backwards.
  private static func throughDelays(
    _ solve: Solve, _ operands: [Value], active: [Bool], _ builder: RegionBuilder
  ) -> GradientMode {
    guard DelayedAdjoint.serves(solve, active: active) else { return .forward }
    switch solve.settings.gradient {
    case .forward, .direct, .reversible: return .forward
    case .adjoint, .interpolated: return .interpolated
    case .auto:
      return directions(operands, active: active, builder) <= 24 ? .forward : .interpolated
    }
  }

  /// How many numbers are differentiated by.
  private static func directions(
    _ operands: [Value], active: [Bool], _ builder: RegionBuilder
  ) -> Int {
    zip(operands, active).dropFirst(Solve.Operand.initial).reduce(0) { sum, pair in
      pair.1 ? sum + (builder.type(pair.0).fixedCount ?? 1000) : sum
    }
  }

  private static func chosen(
    for solve: Solve, _ operands: [Value], active: [Bool], _ builder: RegionBuilder
  ) -> GradientMode {
    let state = solve.rhs.resultTypes[0].extents.last?.fixedLength ?? 0
    if state > 100_000, solve.events.isEmpty { return .adjoint }
    let few = directions(operands, active: active, builder) <= 4
    return solve.trajectories == nil && few ? .forward : .direct
  }
}

extension Solve {
  /// By a method whose steps are differentiated one by one.
  fileprivate var byDifferentiatedSteps: Solve {
    guard let method = Method.named(settings.method),
      method.nameForDifferentiatedSteps != method.name
    else { return self }
    var result = self
    result.settings.method = method.nameForDifferentiatedSteps
    return result
  }
}

extension SolverSettings {
  /// For a state of `count` controlled numbers made of parts as long as the one that the tolerances were given for: a component's
  /// tangent or cotangent has the component's tolerance.
  /// The parts may be longer: what is behind the controlled ones has any.
  func controlling(_ count: Int, length: Int? = nil) -> SolverSettings {
    guard case .adaptive(let rtol, let atol) = stepping, atol.count > 1 else { return self }
    var settings = self
    settings.stepping = .adaptive(
      rtol: rtol,
      atol: (0..<count).map {
        let place = $0 % (length ?? atol.count)
        return place < atol.count ? atol[place] : 1
      })
    return settings
  }
}

/// A solve that is being reversed: its operands and results, and the cotangents given for the results.
struct SolveContext {
  let solve: Solve
  let operands: [Value]
  let active: [Bool]
  let results: [Value]
  let cotangents: [Value?]

  init(
    _ solve: Solve, _ operands: [Value], active: [Bool], results: [Value], _ cotangents: [Value?]
  ) {
    self.solve = solve
    self.operands = operands
    self.active = active
    self.results = results
    self.cotangents = cotangents
  }

  var trajectories: Extent? { solve.trajectories }
  /// Axes that batched values have in front.
  var batchAxes: Int { trajectories == nil ? 0 : 1 }
  func isBatched(_ operand: Int) -> Bool { trajectories != nil && solve.batched[operand] }
  var parameters: [Value] { Array(operands[Solve.Operand.parameters...]) }
  /// Places among the solve's parameters of those that are differentiated by.
  var activeParameters: [Int] {
    active.indices.dropFirst(Solve.Operand.parameters).filter { active[$0] }
      .map { $0 - Solve.Operand.parameters }
  }
  var timesActive: Bool { active[..<Solve.Operand.initial].contains(true) }
  /// Steps are differentiated by their times. Those of a shared clock are not, as that would not tell the trajectories apart: the equation
  /// alone says how the ends move (`TimeCotangents`).
  var stepTimesActive: Bool { timesActive && !solve.sharesClock }
  func saveCount(_ builder: RegionBuilder) -> Int {
    builder.type(operands[Solve.Operand.saveTimes]).extents.last?.fixedLength ?? 0
  }
  var finalCotangent: Value? { cotangents[Solve.Result.final] }
  func savedCotangent(_ builder: RegionBuilder) -> Value? {
    saveCount(builder) > 0 ? cotangents[Solve.Result.saved] : nil
  }

  /// Of all operands: that of the initial state, those of the active parameters, and what follows from them for the times.
  func cotangents(
    _ lambda: Value, _ terms: [Value], _ builder: inout RegionBuilder
  ) throws(IRError) -> [Value?] {
    var cotangents: [Value?] = operands.map { _ in nil }
    cotangents[Solve.Operand.initial] = lambda
    for (parameter, term) in zip(activeParameters, terms) {
      cotangents[Solve.Operand.parameters + parameter] = term
    }
    try TimeCotangents.add(self, &cotangents, &builder)
    return cotangents
  }

  /// A type of one trajectory, for all of them.
  func outer(_ type: ValueType) -> ValueType { trajectories.map(type.prepending) ?? type }

  /// A cotangent computed for each trajectory, for an operand that may be shared by all.
  func fitted(_ cotangent: Value, to operand: Int, _ builder: inout RegionBuilder) -> Value {
    trajectories == nil || isBatched(operand)
      ? cotangent : builder.reduce(.sum, cotangent, axes: [0])
  }

  /// A time as the solve's regions count it: each trajectory's, or that of all.
  func clock(_ operand: Int, _ builder: inout RegionBuilder) -> Value {
    guard solve.sharesClock else { return spread(operand, &builder) }
    return builder.agreed(
      operands[operand], behind: operand == Solve.Operand.saveTimes ? 1 : 0)
  }

  /// An operand with the axis of trajectories, repeated if it is shared.
  func spread(_ operand: Int, _ builder: inout RegionBuilder) -> Value {
    let value = operands[operand]
    guard let trajectories, !solve.batched[operand] else { return value }
    let extents = [trajectories] + builder.type(value).extents
    return builder.broadcast(value, to: extents, axes: Array(1..<extents.count))
  }
}
