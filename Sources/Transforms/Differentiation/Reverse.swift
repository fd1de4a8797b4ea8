package import NodalIR
import NodalMethods
import NodalOperations

/// Reverse differentiation: the region's own nodes, then for each of them, last first, what a small change of
/// its operands does to the cotangents of its results.
///
/// Cost: a small multiple of the region's own, whatever the number of parameters. Loops keep the carries of each turn and
/// compute the rest again.
package enum ReverseMode {
  /// (parameters…, a cotangent for each result) → (results…, a cotangent for each of `wrt`).
  ///
  /// Cotangents of shared parameters of a batched region come out summed over the lanes.
  package static func differentiate(_ region: Region, wrt: [Int]) throws(IRError) -> Region {
    let pass = try ReverseBuilder(region, wrt: wrt)
    return try pass.finish()
  }

  /// (parameters…, a cotangent for each result) → (a cotangent for each of `wrt`): what `differentiate` gives, without the results.
  package static func pullback(_ region: Region, wrt: [Int]) throws(IRError) -> Region {
    var whole = try differentiate(region, wrt: wrt)
    whole.results.removeFirst(region.results.count)
    return try Simplify.run(whole)
  }

  /// Gradient of a scalar region: (parameters…) → (value, other results…, gradient for each of `wrt`). Only the first
  /// result is differentiated.
  package static func gradient(_ region: Region, wrt: [Int]) throws(IRError) -> Region {
    guard let type = region.resultTypes.first, type.isScalar else {
      throw IRError("the gradient of something that is not a scalar")
    }
    let reverse = try differentiate(region, wrt: wrt)
    var builder = RegionBuilder(parameters: region.parameterTypes)
    var arguments = builder.parameters
    for (i, type) in region.resultTypes.enumerated() {
      arguments.append(builder.constant(i == 0 ? 1 : 0, type))
    }
    let results = builder.inline(reverse, arguments)
    return try builder.finish(results)
  }
}

struct ReverseBuilder {
  var builder: RegionBuilder
  let region: Region
  let wrt: [Int]
  /// Source value → its value here.
  private(set) var values: [Value]
  /// Source value → whether it depends on what is differentiated by, and is a real number.
  private var active: [Bool]
  /// Source value → its cotangent so far; nil is zero.
  private var cotangents: [Value?]
  /// What a node's reverse step needs of its forward step: saved carries of a scan, the trace of a solve.
  private var saved: [Int: [Value]] = [:]

  init(_ region: Region, wrt: [Int]) throws(IRError) {
    self.region = region
    self.wrt = wrt
    builder = RegionBuilder(parameters: region.parameterTypes + region.resultTypes)
    values = Array(builder.parameters.prefix(region.parameterCount))
    active = region.parameters.map { wrt.contains($0.index) && region[$0].element.isFloating }
    cotangents = Array(repeating: nil, count: region.types.count)
  }

  consuming func finish() throws(IRError) -> Region {
    for (position, node) in region.nodes.enumerated() { try forward(node, at: position) }
    let given = builder.parameters.suffix(region.results.count)
    for (result, cotangent) in zip(region.results, given) {
      accumulate(result, cotangent)
    }
    for (position, node) in region.nodes.enumerated().reversed() {
      guard node.results.contains(where: { active[$0] && cotangents[$0] != nil }) else { continue }
      builder.origin = node.origin
      try reverse(node, at: position)
    }
    let primals = region.results.map { values[$0.index] }
    let gradients = wrt.map { i in cotangents[i] ?? builder.zeros(like: values[i]) }
    return try builder.finish(primals + gradients)
  }

  // MARK: Bookkeeping

  private mutating func accumulate(_ value: Value, _ cotangent: Value) {
    guard active[value.index] else { return }
    if let sum = cotangents[value.index] {
      cotangents[value.index] = builder.add(sum, cotangent)
    } else {
      cotangents[value.index] = cotangent
    }
  }

  private mutating func cotangent(_ index: Int) -> Value {
    cotangents[index] ?? builder.zeros(like: values[index])
  }

  // MARK: Forward

  private mutating func forward(_ node: Node, at position: Int) throws(IRError) {
    builder.origin = node.origin
    let operands = node.operands.map { values[$0.index] }
    let isActive = node.operands.contains { active[$0.index] }
    if isActive {
      switch node.form {
      case .scan(let scan):
        let (results, carries) = try ScanReverse.forward(scan, operands, &builder)
        define(node, results)
        saved[position] = carries
        return
      case .solve(let solve):
        let (results, residuals) = try SolveReverse.forward(
          solve, operands, active: node.operands.map { active[$0.index] }, &builder)
        define(node, results)
        saved[position] = residuals
        return
      case .constant, .elementwise, .select, .convert, .reduce, .contract, .layout, .gather,
        .scatter, .factorize, .linearSolve, .random, .branch, .map, .derivative, .interpolate:
        break
      }
    }
    define(node, builder.values(node.form, operands), isActive: isActive)
  }

  private mutating func define(_ node: Node, _ results: [Value], isActive: Bool = true) {
    values += results
    active += results.map { isActive && builder.type($0).element.isFloating }
  }

  // MARK: Reverse

  private mutating func reverse(_ node: Node, at position: Int) throws(IRError) {
    let operands = node.operands.map { values[$0.index] }
    let flags = node.operands.map { active[$0.index] }
    let first = node.results.lowerBound
    switch node.form {
    case .constant, .random:
      break
    case .elementwise(let schema):
      let cot = cotangent(first)
      let partials = try Operations.row(of: schema).partials(
        &builder, operands, values[first])
      for (i, partial) in partials.enumerated() where flags[i] {
        if let partial { accumulate(node.operands[i], builder.mul(cot, partial)) }
      }
    case .select:
      let cot = cotangent(first)
      let zero = builder.zeros(like: cot)
      accumulate(node.operands[1], builder.select(operands[0], cot, zero))
      accumulate(node.operands[2], builder.select(operands[0], zero, cot))
    case .convert:
      accumulate(
        node.operands[0],
        builder.convert(cotangent(first), to: builder.type(operands[0]).element))
    case .reduce(let reduction):
      let x = operands[0]
      let spread = builder.unreduced(cotangent(first), like: x, axes: reduction.axes)
      switch reduction.kind {
      case .sum: accumulate(node.operands[0], spread)
      case .max, .min:
        let share = builder.extremeShare(reduction, x, values[first])
        accumulate(node.operands[0], builder.mul(share, spread))
      case .argmax, .argmin: break
      }
    case .contract(let contraction):
      let cot = cotangent(first)
      if flags[0] {
        accumulate(node.operands[0], contraction.cotangentOfA(cot, operands, &builder))
      }
      if flags[1] {
        accumulate(node.operands[1], contraction.cotangentOfB(cot, operands, &builder))
      }
    case .layout(let layout):
      let parts = layout.transposed(cotangent(first), operands, &builder)
      for (i, part) in parts.enumerated() { accumulate(node.operands[i], part) }
    case .gather(let gather):
      let axis = gather.batchAxes
      let extent = builder.type(operands[0]).extents[axis]
      let form = Form.scatter(Scatter(batchAxes: axis, extent: extent))
      accumulate(node.operands[0], builder.value(form, [cotangent(first), operands[1]]))
    case .scatter(let scatter):
      let form = Form.gather(Gather(batchAxes: scatter.batchAxes))
      accumulate(node.operands[0], builder.value(form, [cotangent(first), operands[1]]))
    case .factorize:
      break
    case .linearSolve(let system):
      let back = Form.linearSolve(
        LinearSolve(isTransposed: !system.isTransposed, pattern: system.pattern))
      let cot = builder.value(back, [operands[0], operands[1], cotangent(first)])
      accumulate(node.operands[2], cot)
      if flags[0] {
        accumulate(
          node.operands[0], system.cotangentOfMatrix(cot, values[first], &builder))
      }
    case .branch(let branch):
      try reverseBranch(branch, node, operands, flags)
    case .map(let map) where map.isLowered:
      try reverseMap(map, node, operands, flags)
    case .scan(let scan):
      let cots = try ScanReverse.reverse(
        scan, operands, active: flags, carries: saved[position] ?? [],
        cotangents: node.results.map { cotangents[$0] }, &builder)
      accumulateAll(node, cots)
    case .solve(let solve):
      let cots = try SolveReverse.reverse(
        solve, operands, active: flags, results: node.results.map { values[$0] },
        residuals: saved[position] ?? [], cotangents: node.results.map { cotangents[$0] }, &builder)
      accumulateAll(node, cots)
    case .map:
      throw IRError("maps are expanded before differentiation")
    case .derivative:
      throw IRError("inner derivatives are expanded before outer ones")
    case .interpolate:
      throw IRError("the interpolated gradient is not differentiated again; use direct")
    }
  }

  private mutating func accumulateAll(_ node: Node, _ cotangents: [Value?]) {
    for (operand, cotangent) in zip(node.operands, cotangents) {
      if let cotangent { accumulate(operand, cotangent) }
    }
  }

  private mutating func reverseBranch(
    _ branch: Branch, _ node: Node, _ operands: [Value], _ flags: [Bool]
  ) throws(IRError) {
    let wrt = flags.indices.dropFirst().filter { flags[$0] }.map { $0 - 1 }
    var back = branch
    back.whenTrue = try ReverseMode.pullback(branch.whenTrue, wrt: wrt)
    back.whenFalse = try ReverseMode.pullback(branch.whenFalse, wrt: wrt)
    let cots = node.results.map { cotangent($0) }
    // A side's result that has no lanes is a sum over them; its cotangent is shared.
    if branch.lanes != nil {
      back.batched += branch.whenTrue.resultTypes.map { $0.isBatched }
    }
    let results = builder.emit(.branch(back), operands + cots)
    for (k, i) in wrt.enumerated() { accumulate(node.operands[i + 1], results[k]) }
  }

  private mutating func reverseMap(
    _ map: Map, _ node: Node, _ operands: [Value], _ flags: [Bool]
  ) throws(IRError) {
    let wrt = flags.indices.filter { flags[$0] }
    var back = map
    back.body = try ReverseMode.pullback(map.body, wrt: wrt)
    back.mapped += map.body.resultTypes.map { $0.isBatched }
    let cots = node.results.map { cotangent($0) }
    let results = builder.emit(.map(back), operands + cots)
    for (k, i) in wrt.enumerated() { accumulate(node.operands[i], results[k]) }
  }
}
