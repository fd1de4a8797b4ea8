/// What the text form says of each form, beside its name, operands, types and regions. `RegionReader` has the other half.
extension Form {
  /// Names of the regions inside, in the order of `regions`.
  var regionLabels: [String] {
    switch self {
    case .constant, .elementwise, .select, .convert, .reduce, .contract, .layout, .gather, .scatter,
      .factorize, .linearSolve,
      .random:
      []
    case .branch: ["then", "else"]
    case .scan, .map, .derivative: ["body"]
    case .solve(let solve):
      ["rhs"] + (solve.quadrature == nil ? [] : ["quadrature"])
        + (solve.mass == nil ? [] : ["mass"]) + (solve.jacobian == nil ? [] : ["jacobian"])
        + (solve.noise == nil ? [] : ["noise"]) + (solve.delays == nil ? [] : ["history"])
        + (solve.delays?.kick == nil ? [] : ["kick"])
        + solve.events.indices.flatMap(SolveEvent.labels)
    case .interpolate: ["dense"]
    }
  }

  var attributes: [(String, String)] {
    var list = AttributeList()
    switch self {
    case .constant, .elementwise, .select: break
    case .convert(let element): list.add("to", element.rawValue)
    case .reduce(let reduction): list.add("axes", reduction.axes)
    case .contract(let contraction):
      list.add("batch", contraction.batch)
      list.add("contracted", contraction.contracted)
    case .layout(let layout): layout.describe(&list)
    case .gather(let gather):
      list.add("batch", gather.batchAxes, unless: 0)
      list.add("checked", gather.isChecked)
    case .scatter(let scatter):
      list.add("batch", scatter.batchAxes, unless: 0)
      list.add("extent", scatter.extent.description)
    case .factorize(let pattern): if let pattern { list.add("pattern", pattern.text) }
    case .linearSolve(let system):
      list.add("transposed", system.isTransposed)
      if let pattern = system.pattern { list.add("pattern", pattern.text) }
    case .random(let draw):
      list.add("place", draw.place)
      list.add("draw", draw.type.description)
    case .branch(let branch):
      list.add("lanes", branch.lanes)
      list.add("batched", branch.batched)
      list.add("lowered", branch.isLowered)
    case .scan(let scan):
      switch scan.length {
      case .fixed(let n): list.add("length", "fixed(\(n))")
      case .counted(let trace, let trajectories):
        let parts = [trace.map(String.init) ?? "free", trajectories?.description]
        list.add("length", "counted(" + parts.compactMap(\.self).joined(separator: ", ") + ")")
      }
      list.add("reverse", scan.reverse)
      list.add("carries", scan.carries, unless: 0)
      list.add("stacked", scan.stacked, unless: 0)
      list.add("outputs", scan.outputs, unless: 0)
      list.add("batched", scan.batched)
      list.add("evaluations", scan.evaluations, unless: 0)
    case .map(let map):
      list.add("extent", map.extent.description)
      list.add("mapped", map.mapped)
      list.add("lowered", map.isLowered)
    case .derivative(let derivative): list.add("wrt", derivative.wrt)
    case .solve(let solve): solve.describe(&list)
    case .interpolate(let interpolate): list.add("trajectories", interpolate.trajectories)
    }
    return list.entries
  }
}

/// Attributes under way; what is false, absent or empty is left out.
struct AttributeList {
  private(set) var entries: [(String, String)] = []

  mutating func add(_ key: String, _ text: String) { entries.append((key, text)) }
  mutating func add(_ key: String, _ number: Int, unless usual: Int? = nil) {
    if number != usual { add(key, String(number)) }
  }
  mutating func add(_ key: String, _ flag: Bool) { if flag { add(key, "true") } }
  mutating func add(_ key: String, _ extent: Extent?) {
    if let extent { add(key, extent.description) }
  }
  mutating func add(_ key: String, _ list: [Int]) { addList(key, list.map(String.init)) }
  mutating func add(_ key: String, _ list: [Bool]) { addList(key, list.map(String.init)) }
  /// The list, if it is empty too.
  mutating func addAll(_ key: String, _ list: [Bool]) {
    add(key, "[" + list.map(String.init).joined(separator: ", ") + "]")
  }
  mutating func add(_ key: String, _ list: [Contraction.Pair]) {
    addList(key, list.map { "\($0.a):\($0.b)" })
  }

  private mutating func addList(_ key: String, _ items: [String]) {
    if !items.isEmpty { add(key, "[" + items.joined(separator: ", ") + "]") }
  }
}

extension Layout {
  /// Extents of `broadcast` and `reshape` are those of the result.
  fileprivate func describe(_ list: inout AttributeList) {
    switch self {
    case .broadcast(_, let axes): list.add("axes", axes)
    case .transpose(let permutation): list.add("axes", permutation)
    case .reshape: break
    case .slice(let axis, let start, let limit, let stride):
      list.add("axis", axis)
      list.add("start", start)
      list.add("limit", limit)
      list.add("stride", stride, unless: 1)
    case .pad(let axis, let before, let after, let interior):
      list.add("axis", axis)
      list.add("before", before, unless: 0)
      list.add("after", after, unless: 0)
      list.add("interior", interior, unless: 0)
    case .concatenate(let axis), .reverse(let axis): list.add("axis", axis)
    case .window(let axis, let size, let stride, let dilation):
      list.add("axis", axis)
      list.add("size", size)
      list.add("stride", stride, unless: 1)
      list.add("dilation", dilation, unless: 1)
    }
  }
}

extension Solve {
  fileprivate func describe(_ list: inout AttributeList) {
    list.add("method", RegionPrinter.string(settings.method))
    if let partner = settings.partner { list.add("partner", RegionPrinter.string(partner)) }
    switch settings.stepping {
    case .adaptive(let rtol, let atol):
      let (rtol, atol) = (RegionPrinter.number(rtol), RegionPrinter.list(atol))
      list.add("stepping", "adaptive(\(rtol), \(atol))")
    case .step(let h): list.add("stepping", "step(\(RegionPrinter.number(h)))")
    case .count(let n): list.add("stepping", "count(\(n))")
    }
    list.add("controller", RegionPrinter.string(settings.controller))
    list.add("max_steps", settings.maxSteps)
    if let first = settings.firstStep { list.add("first_step", RegionPrinter.number(first)) }
    list.add("gradient", settings.gradient.rawValue)
    list.add("joint", String(settings.joint))
    if settings.path != .steps { list.add("path", settings.path.rawValue) }
    list.add("meets_saves", settings.meetsSaves)
    list.add("trajectories", trajectories)
    list.add("batched", batched)
    list.add("lowered", isLowered)
    list.add("shared_clock", sharesClock)
    list.add("clock_starts", clockStarts)
    list.add("controlled", controlled)
    if let trace { list.add("trace", trace) }
    if let record { list.add("record", record.description) }
    if let drifting { list.addAll("drifting", drifting) }
    if let countedSpan { list.add("counted_span", countedSpan) }
    if let expected { list.add("expected", expected) }
    list.add("companions", companions, unless: 0)
    if let pattern { list.add("pattern", pattern.text) }
    if let noise { list.add("noise", noise.text) }
    if let delays { list.add("delays", delays.text) }
    if let corners { list.add("corners", corners.text) }
    if !events.isEmpty {
      list.add("events", "[" + events.map(\.text).joined(separator: ", ") + "]")
    }
    list.add("backward", isBackward)
    list.add("trial", isTrial)
  }
}
