import NodalIR
import NodalOperations
import NodalTypes

/// What is read from a solve's results.
extension Lowering {
  mutating func solved(
    _ run: SolveRun, _ type: SolutionType, t: Value, saved: Value, final: Value, end: Value,
    stats: Value
  ) throws(IRError) -> LoweredSolution {
    let ode = run.ode
    let end = run.registers.end(end, final: final, &scope.builder)
    let earlier = try earlierStates(run, t: t, end: end)
    try recordStrengths(of: ode, t: t, saved: saved, past: earlier?.saved)
    let n = scope.builder.type(t).extents.first?.fixedLength ?? 0
    var fields: [LoweredField] = []
    // Nobody asked for samples: there are none to read.
    let hasSamples = if case .saved = type.samples { true } else { false }
    if hasSamples {
      fields.append(LoweredField("t", .array(t)))
      fields += try states(of: ode, in: saved, leading: [.fixed(n)])
    }
    if hasSamples, !ode.outputs.isEmpty {
      let (results, value) = try mapRegion(
        n, over: [t, saved] + [earlier?.saved].compactMap { $0 }, kind: .plain
      ) { (lowering, slices) throws(IRError) in
        try lowering.outputs(
          of: ode, t: slices[0], y: slices[1], past: slices.count > 2 ? slices[2] : nil)
      }
      fields += try value.rebuilt(from: results).recordFields
    }
    var last: [LoweredField] = [LoweredField("t", .array(end))]
    last += try states(of: ode, in: final, leading: [])
    last += try outputsAtPoint(of: ode, t: end, y: final, past: earlier?.final)
    fields.append(LoweredField("final", .record(last)))
    let counts = Solve.Statistic.language.enumerated().map { i, name in
      LoweredField(name, .array(statistic(i, stats)))
    }
    fields.append(LoweredField("stats", .record(counts)))
    let happened = run.registers.times(final: final, &scope.builder)
    if !happened.isEmpty { fields.append(LoweredField("events", .record(happened))) }
    return LoweredSolution(fields: fields)
  }

  /// In a region of its own: the states' names mean the point there, and nothing here.
  mutating func outputsAtPoint(
    of ode: OdeInstance, t: Value, y: Value, past: Value? = nil
  ) throws(IRError) -> [LoweredField] {
    if ode.outputs.isEmpty { return [] }
    let outer = scope
    let given = [t, y] + [past].compactMap { $0 }
    let inner = RegionScope(
      .plain, parent: outer, parameters: [.time] + given.dropFirst().map { scope.builder.type($0) })
    scope = inner
    let value = try outputs(
      of: ode, t: inner.parameters[0], y: inner.parameters[1],
      past: past == nil ? nil : inner.parameters[2])
    scope = outer
    let region = try inner.finish(value.leaves)
    let results = outer.builder.inline(region, given + inner.captured(sliced: false))
    return try value.rebuilt(from: results).recordFields
  }

  private mutating func statistic(_ index: Int, _ stats: Value) -> Value {
    let one = scope.builder.slice(stats, axis: 0, index..<(index + 1))
    return scope.builder.reshape(one, to: [])
  }

  mutating func states(
    of ode: OdeInstance, in flat: Value, leading: [Extent]
  ) throws(IRError) -> [LoweredField] {
    var result: [LoweredField] = []
    for (state, range) in zip(ode.states, try ranges(of: ode)) {
      guard let tensor = state.type.tensor else { throw IRError("a state of type \(state.type)") }
      let part = scope.builder.slice(flat, axis: leading.count, range)
      result.append(
        LoweredField(
          state.name,
          .array(scope.builder.reshape(part, to: leading + (try extents(tensor.shape))))))
    }
    return result
  }

  private mutating func outputs(
    of ode: OdeInstance, t: Value, y: Value, past: Value?
  ) throws(IRError) -> LoweredValue {
    try bindEquations(ode, t: t, y: y, past: past)
    var fields: [LoweredField] = []
    for output in ode.outputs {
      fields.append(LoweredField(output.name, try lower(output.value)))
    }
    return .record(fields)
  }
}

extension LoweredValue {
  fileprivate var recordFields: [LoweredField] {
    if case .record(let fields) = self { fields } else { [] }
  }
}
