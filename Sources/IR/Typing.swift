/// The typing rule of each form: from operand types to result types. The builder infers with it, the verifier
/// checks with it; it is written once.
extension Form {
  package func resultTypes(_ operands: [ValueType]) throws(IRError) -> [ValueType] {
    switch self {
    case .constant(let constant):
      try expect(operands.isEmpty, "a constant has no operands")
      if case .array(let numbers) = constant.values {
        try expect(
          constant.type.fixedCount == numbers.count,
          "constant of \(constant.type) has \(numbers.count) numbers")
      }
      return [constant.type]
    case .elementwise(let schema):
      return [try elementwise(schema, operands)]
    case .select:
      try expect(operands.count == 3, "select takes 3 operands")
      try expect(operands[0].element == .bool, "the condition of select is a bool")
      try expect(
        operands[1] == operands[2] && operands[0].extents == operands[1].extents,
        "select of \(operands)")
      return [operands[1]]
    case .convert(let element):
      return [try single(operands).with(element)]
    case .reduce(let reduction):
      return [try reduction.resultType(try single(operands))]
    case .contract(let contraction):
      return [try contraction.resultType(operands)]
    case .layout(let layout):
      return [try layout.resultType(operands)]
    case .gather(let gather):
      return [try gather.resultType(operands)]
    case .scatter(let scatter):
      return [try scatter.resultType(operands)]
    case .factorize(let pattern):
      let matrix = try single(operands)
      return [try matrix.factored("factorize", pattern).factors]
    case .linearSolve(let system):
      try expect(operands.count == 3, "linear_solve takes a matrix, its factors and a right side")
      let known = try operands[0].factored("linear_solve", system.pattern)
      try expect(
        operands[1] == known.factors && operands[2] == known.side, "linear_solve of \(operands)")
      return [operands[2]]
    case .random(let draw):
      let key = try single(operands)
      try expect(
        key.element == .i64 && key.extents.last == .fixed(2), "random keyed by \(key)")
      return [ValueType(draw.type.element, key.extents.dropLast() + draw.type.extents)]
    case .branch(let branch):
      return try branch.resultTypes(operands)
    case .scan(let scan):
      return try scan.resultTypes(operands)
    case .map(let map):
      return try map.resultTypes(operands)
    case .derivative(let derivative):
      return try derivative.resultTypes(operands)
    case .solve(let solve):
      return try solve.resultTypes(operands)
    case .interpolate(let interpolate):
      return [try interpolate.resultType(operands)]
    }
  }

  private func single(_ operands: [ValueType]) throws(IRError) -> ValueType {
    try expect(operands.count == 1, "\(name) takes 1 operand, not \(operands.count)")
    return operands[0]
  }

  private func elementwise(_ schema: OpSchema, _ operands: [ValueType]) throws(IRError) -> ValueType
  {
    try expect(operands.count == schema.arity, "\(schema.name) takes \(schema.arity) operands")
    let first = operands[0]
    try expect(operands.allSatisfy { $0 == first }, "\(schema.name) of \(operands)")
    switch schema.typing {
    case .arithmetic:
      try expect(first.element != .bool, "\(schema.name) of bool")
      return first
    case .comparison:
      return first.with(.bool)
    case .logical:
      try expect(first.element == .bool, "\(schema.name) wants bool")
      return first
    }
  }

  /// The form's name in texts and messages.
  package var name: String {
    switch self {
    case .constant: "constant"
    case .elementwise(let schema): schema.name
    case .select: "select"
    case .convert: "convert"
    case .reduce(let reduction): "reduce_" + reduction.kind.rawValue
    case .contract: "contract"
    case .layout(let layout): layout.name
    case .gather: "gather"
    case .scatter: "scatter"
    case .factorize: "factorize"
    case .linearSolve: "linear_solve"
    case .random(let draw): "random_" + draw.kind.rawValue
    case .branch: "branch"
    case .scan: "scan"
    case .map: "map"
    case .derivative(let derivative): derivative.mode == .forward ? "jvp" : "vjp"
    case .solve: "solve"
    case .interpolate: "interpolate"
    }
  }
}

func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws(IRError) {
  if !condition { throw IRError(message()) }
}

extension ValueType {
  /// The types of a matrix's factors and of a right side.
  fileprivate func factored(
    _ what: String, _ pattern: MatrixPattern?
  ) throws(IRError) -> (factors: ValueType, side: ValueType) {
    let n = pattern?.count ?? extents.last?.fixedLength ?? 0
    let shape = pattern?.shape ?? [n, n]
    let outer = Array(extents.dropLast(shape.count))
    guard element.isFloating, rank >= shape.count, pattern?.isSound ?? true,
      extents == outer + shape.map(Extent.fixed)
    else { throw IRError("\(what) of \(self), no square matrix of its form") }
    let factors = pattern?.factorShape ?? [n, n + 1]
    return (
      ValueType(element, outer + factors.map(Extent.fixed)), ValueType(element, outer + [.fixed(n)])
    )
  }
}

func expectParameters(
  _ region: Region, _ types: [ValueType], _ what: String
) throws(IRError) {
  try expect(
    region.parameterTypes == types,
    "\(what): region takes \(region.parameterTypes), given \(types)")
}

extension Reduction {
  func resultType(_ operand: ValueType) throws(IRError) -> ValueType {
    try expect(
      zip(axes, axes.dropFirst()).allSatisfy(<)
        && axes.allSatisfy(operand.extents.indices.contains),
      "reduce over \(axes) of \(operand)")
    let kept = operand.extents.indices.filter { !axes.contains($0) }.map { operand.extents[$0] }
    switch kind {
    case .sum, .max, .min:
      return ValueType(operand.element, kept)
    case .argmax, .argmin:
      try expect(axes.count == 1, "\(kind) takes one axis")
      return ValueType(.i64, kept)
    }
  }
}

extension Contraction {
  func resultType(_ operands: [ValueType]) throws(IRError) -> ValueType {
    try expect(operands.count == 2, "contract takes 2 operands")
    let (a, b) = (operands[0], operands[1])
    try expect(a.element == b.element && a.element.isFloating, "contract of \(operands)")
    for pair in batch + contracted {
      try expect(
        a.extents.indices.contains(pair.a) && b.extents.indices.contains(pair.b)
          && a.extents[pair.a] == b.extents[pair.b],
        "contract axes \(pair) of \(operands)")
    }
    return ValueType(
      a.element,
      batch.map { a.extents[$0.a] } + freeAxes(ofA: a.rank).map { a.extents[$0] }
        + freeAxes(ofB: b.rank).map { b.extents[$0] })
  }
}

/// A number of elements as a product: a fixed factor, powers of the number of lanes, and traces.
struct ValueSize: Hashable {
  var factor = 1
  var lanes = 0
  var traces: [Int] = []
  init(_ extents: [Extent]) {
    for extent in extents {
      switch extent {
      case .fixed(let n): factor *= n
      case .lanes(let times):
        factor *= times
        lanes += 1
      case .steps(let trace): traces.append(trace)
      }
    }
    traces.sort()
  }
}

extension Gather {
  func resultType(_ operands: [ValueType]) throws(IRError) -> ValueType {
    try expect(operands.count == 2, "gather takes 2 operands")
    let (x, indices) = (operands[0], operands[1])
    try expect(
      indices.element == .i64 && x.rank > batchAxes && indices.rank >= batchAxes
        && x.extents.prefix(batchAxes) == indices.extents.prefix(batchAxes),
      "gather of \(operands) with \(batchAxes) batch axes")
    return ValueType(x.element, indices.extents + x.extents.dropFirst(batchAxes + 1))
  }
}

extension Scatter {
  func resultType(_ operands: [ValueType]) throws(IRError) -> ValueType {
    try expect(operands.count == 2, "scatter takes 2 operands")
    let (updates, indices) = (operands[0], operands[1])
    try expect(
      indices.element == .i64 && updates.rank >= indices.rank && indices.rank >= batchAxes
        && updates.extents.prefix(indices.rank) == indices.extents[...],
      "scatter of \(operands)")
    return ValueType(
      updates.element,
      indices.extents.prefix(batchAxes) + [extent] + updates.extents.dropFirst(indices.rank))
  }
}

extension Branch {
  func resultTypes(_ operands: [ValueType]) throws(IRError) -> [ValueType] {
    let condition = lanes.map { ValueType(.bool, [$0]) } ?? ValueType(.bool)
    try expect(operands.first == condition, "branch on \(String(describing: operands.first))")
    try expect(
      whenTrue.resultTypes == whenFalse.resultTypes,
      "the sides of a branch give \(whenTrue.resultTypes) and \(whenFalse.resultTypes)")
    var inner = Array(operands.dropFirst())
    if lanes != nil {
      try expect(batched.count == inner.count, "branch: flags for operands")
      for i in inner.indices where batched[i] {
        let lane = try swapTrajectories(inner[i], lanes, to: .lane)
        inner[i] = isLowered ? lane : lane.droppingFirst()
      }
    }
    try expectParameters(whenTrue, inner, "branch")
    try expectParameters(whenFalse, inner, "branch")
    guard let lanes else { return whenTrue.resultTypes }
    return whenTrue.resultTypes.map {
      isLowered ? swapLanes($0, to: lanes) : $0.prepending(lanes)
    }
  }
}

extension Scan {
  func resultTypes(_ operands: [ValueType]) throws(IRError) -> [ValueType] {
    try expect(operands.count >= leading + carries + stacked, "scan: too few operands")
    try expect(body.results.count >= carries + outputs, "scan: too few results")
    let initial = Array(operands[leading..<(leading + carries)])
    let slices = operands[(leading + carries)..<(leading + carries + stacked)]
    let shared = Array(operands[(leading + carries + stacked)...])
    let results = body.resultTypes
    switch length {
    case .fixed(let n):
      let sliced = try slices.map { (type) throws(IRError) in
        try self.slice(type, extent: .fixed(n))
      }
      try expectParameters(body, initial + sliced + shared, "scan")
      try expect(Array(results.prefix(carries)) == initial, "scan: carries change their type")
      return initial + results[carries..<(carries + outputs)].map { stack($0, .fixed(n)) }
        + results[(carries + outputs)...]
    case .counted(let trace, let trajectories):
      try expect(
        trace != nil || (stacked == 0 && outputs == 0),
        "scan: what has an entry for each turn, without a trace that tells how many there are")
      let steps = Extent.steps(trace: trace ?? 0)
      if trajectories != nil {
        try expect(batched.count == shared.count, "scan: batched flags")
      }
      let inner = try initial.map { (type) throws(IRError) in
        try swapTrajectories(type, trajectories, to: .lane)
      }
      let sliced = try slices.map { (type) throws(IRError) in
        try slice(swapTrajectories(type, trajectories, to: .lane), extent: steps)
      }
      var constants: [ValueType] = []
      for (i, type) in shared.enumerated() {
        constants.append(
          trajectories != nil && batched[i]
            ? try swapTrajectories(type, trajectories, to: .lane) : type)
      }
      try expectParameters(body, inner + sliced + constants, "counted scan")
      try expect(Array(results.prefix(carries)) == inner, "scan: carries change their type")
      let outputs = results[carries..<(carries + self.outputs)].map { type in
        swapLanes(stack(type, steps), to: trajectories)
      }
      let terms = results[(carries + self.outputs)...].map { swapLanes($0, to: trajectories) }
      return initial + outputs + terms
    }
  }

  /// One turn's slice of a stacked value.
  private func slice(_ type: ValueType, extent: Extent) throws(IRError) -> ValueType {
    let axis = type.isBatched ? 1 : 0
    try expect(type.rank > axis && type.extents[axis] == extent, "scan over \(type)")
    var sliced = type
    sliced.extents.remove(at: axis)
    return sliced
  }

  private func stack(_ type: ValueType, _ extent: Extent) -> ValueType {
    var stacked = type
    stacked.extents.insert(extent, at: type.isBatched ? 1 : 0)
    return stacked
  }
}

/// A batched value of a solve or counted scan as its region sees it: trajectories are lanes there.
func swapTrajectories(
  _ type: ValueType, _ trajectories: Extent?, to lanes: Extent
) throws(IRError) -> ValueType {
  guard let trajectories else { return type }
  try expect(type.extents.first == trajectories, "\(type) should lead with \(trajectories)")
  return type.droppingFirst().prepending(lanes)
}

private func swapLanes(_ type: ValueType, to trajectories: Extent?) -> ValueType {
  guard let trajectories, type.isBatched else { return type }
  return type.droppingFirst().prepending(trajectories)
}

extension Map {
  func resultTypes(_ operands: [ValueType]) throws(IRError) -> [ValueType] {
    try expect(operands.count == mapped.count, "map: flags for \(operands.count) operands")
    var inner: [ValueType] = []
    for (type, isMapped) in zip(operands, mapped) {
      guard isMapped else {
        inner.append(type)
        continue
      }
      let lane = try swapTrajectories(type, extent, to: .lane)
      inner.append(isLowered ? lane : lane.droppingFirst())
    }
    try expectParameters(body, inner, "map")
    return body.resultTypes.map {
      isLowered ? swapLanes($0, to: extent) : $0.prepending(extent)
    }
  }
}

extension Derivative {
  func resultTypes(_ operands: [ValueType]) throws(IRError) -> [ValueType] {
    let parameters = body.parameterTypes
    try expect(wrt.allSatisfy(parameters.indices.contains), "derivative: wrt \(wrt)")
    let active = wrt.map { parameters[$0] }
    switch mode {
    case .forward:
      try expect(operands == parameters + active, "jvp: operands \(operands)")
      return body.resultTypes + body.resultTypes
    case .reverse:
      try expect(operands == parameters + body.resultTypes, "vjp: operands \(operands)")
      return body.resultTypes + active
    }
  }
}

extension Solve {
  func resultTypes(_ operands: [ValueType]) throws(IRError) -> [ValueType] {
    try expect(operands.count >= Operand.parameters, "solve: too few operands")
    try expect(
      trajectories == nil || batched.count == operands.count, "solve: flags for operands")
    var inner = operands
    if let trajectories {
      for i in operands.indices where batched[i] {
        try expect(
          operands[i].extents.first == trajectories, "solve: \(operands[i]) over \(trajectories)")
        inner[i] = operands[i].droppingFirst()
      }
    }
    try expect(
      inner[Operand.start] == .time && inner[Operand.end] == .time
        && inner[Operand.saveTimes].element == .f64 && inner[Operand.saveTimes].rank == 1,
      "solve: times \(operands.prefix(3))")
    let state = inner[Operand.initial]
    try expect(state.rank == 1 && state.element.isFloating, "solve: state \(state)")
    if let expected {
      try expect(
        expected >= Operand.parameters && expected < inner.count
          && inner[expected].element == state.element && inner[expected].rank == 1
          && (inner[expected].fixedCount ?? .max) <= (state.fixedCount ?? 0),
        "solve: operand \(expected) is no final state")
    }
    let parameters = Array(inner[Operand.parameters...])
    let lanes = isLowered && trajectories != nil
    func lane(_ type: ValueType, _ i: Int) -> ValueType {
      lanes && batched[i] ? type.prepending(.lane) : type
    }
    func all(_ type: ValueType) -> ValueType { lanes ? type.prepending(.lane) : type }
    try expect(!sharesClock || lanes, "solve: a shared clock without lanes")
    for operand in clockStarts + [countedSpan].compactMap(\.self) {
      try expect(
        operand >= Operand.parameters && operand < inner.count && inner[operand] == .time,
        "solve: operand \(operand) is no time")
    }
    let time = sharesClock ? ValueType.time : all(.time)
    let arguments =
      [time, all(state)]
      + parameters.enumerated().map { lane($1, $0 + Operand.parameters) }
    try expectParameters(rhs, arguments, "solve")
    try expect(rhs.resultTypes == [all(state)], "solve: rhs gives \(rhs.resultTypes)")
    if let quadrature {
      try expectParameters(
        quadrature, Array(arguments[..<2]) + [time] + arguments[2...], "quadrature")
    }
    try checkEvents(arguments, isLaned: lanes)
    try noise?.check(arguments)
    if let jacobian {
      try expectParameters(jacobian, arguments, "jacobian")
      let (rows, d) = (all(state).extents, state.fixedCount ?? 0)
      let matrix = ValueType(
        state.element, rows.dropLast() + (pattern?.shape ?? [d, d]).map(Extent.fixed))
      try expect(
        jacobian.resultTypes == [matrix, all(state)], "jacobian gives \(jacobian.resultTypes)")
    }
    try delays?.check(arguments, sharesClock: sharesClock)
    try corners?.check(arguments)
    func outer(_ type: ValueType) -> ValueType { trajectories.map(type.prepending) ?? type }
    let saves = inner[Operand.saveTimes].extents[0]
    var results = [
      outer(state), outer(state.prepending(saves)),
      outer(ValueType(.i64, shape: [Statistic.allCases.count])),
    ]
    for type in quadrature?.resultTypes ?? [] {
      results.append(type.isBatched ? outer(type.droppingFirst()) : type)
    }
    results += Array(repeating: outer(state), count: companions)
    if let trace {
      guard let record else { throw IRError("solve: a trace wants the type of its records") }
      let steps = Extent.steps(trace: trace)
      results += [
        outer(ValueType(.i64)), outer(ValueType(.f64, [steps])), outer(ValueType(.f64, [steps])),
        outer(state.prepending(steps)), outer(record.prepending(steps)),
        outer(ValueType(.i64, [saves])),
      ]
      if !events.isEmpty { results += Array(repeating: outer(ValueType(.i64, [steps])), count: 2) }
    }
    return results
  }
}

extension Interpolate {
  func resultType(_ operands: [ValueType]) throws(IRError) -> ValueType {
    try expect(operands.count == 6, "interpolate takes t, counts, times, steps, states, records")
    guard let result = dense.resultTypes.first else { throw IRError("interpolate: no result") }
    guard let trajectories else { return result }
    return result.droppingFirst().prepending(trajectories)
  }
}

extension ValueType: CustomStringConvertible {
  package var description: String {
    extents.isEmpty
      ? element.rawValue
      : element.rawValue + "[" + extents.map(\.description).joined(separator: ", ") + "]"
  }
}

extension Extent: CustomStringConvertible {
  package var description: String {
    switch self {
    case .fixed(let n): "\(n)"
    case .lanes(let times): times == 1 ? "lanes" : "\(times)*lanes"
    case .steps(let trace): "steps#\(trace)"
    }
  }
}
