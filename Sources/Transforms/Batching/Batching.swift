package import NodalIR
import NodalOperations

/// Batching: a region for one example becomes a region for many, by a leading axis on every value that differs
/// from example to example. What is shared stays as it is and is computed once.
///
/// The new axis always leads; an axis of lanes comes in last (outermost), so that it leads all others.
package enum Batching {
  /// The region with `extent` as leading axis of the parameters flagged. Results flagged in `forced` (all, if nil) have
  /// the axis in any case; others lack it where they depend on no mapped parameter.
  package static func batch(
    _ region: Region, mapped: [Bool], extent: Extent, forced: [Bool]? = nil
  ) throws(IRError) -> (region: Region, mapped: [Bool]) {
    var pass = BatchBuilder(region, mapped: mapped, extent: extent)
    for node in region.nodes { try pass.batch(node) }
    return try pass.finish(region.results, forced: forced)
  }
}

/// The state of batching one region: where each of its values is now, and whether it has the axis.
struct BatchBuilder {
  var builder: RegionBuilder
  let extent: Extent
  private let source: Region
  private var values: [Value] = []
  private var isMapped: [Bool] = []

  init(_ region: Region, mapped: [Bool], extent: Extent) {
    source = region
    self.extent = extent
    builder = RegionBuilder(
      parameters: zip(region.parameterTypes, mapped).map { $1 ? $0.prepending(extent) : $0 })
    values = builder.parameters
    isMapped = mapped
  }

  consuming func finish(
    _ results: [Value], forced: [Bool]?
  ) throws(IRError) -> (region: Region, mapped: [Bool]) {
    var values: [Value] = []
    var flags: [Bool] = []
    for (i, result) in results.enumerated() {
      let force = forced?[i] ?? true
      values.append(force ? withAxis(result) : self.values[result.index])
      flags.append(force || isMapped[result.index])
    }
    return (try builder.finish(values), flags)
  }

  /// A value of the source region with the axis, put on by repetition if need be.
  private mutating func withAxis(_ value: Value) -> Value {
    isMapped[value.index] ? values[value.index] : addAxis(values[value.index])
  }

  private mutating func addAxis(_ x: Value) -> Value {
    let type = builder.type(x).prepending(extent)
    return builder.broadcast(x, to: type.extents, axes: Array(1..<type.rank))
  }

  private mutating func define(_ results: [Value], mapped: [Bool]) {
    values += results
    isMapped += mapped
  }

  private mutating func define(_ result: Value) { define([result], mapped: [true]) }

  mutating func batch(_ node: Node) throws(IRError) {
    builder.origin = node.origin
    let flags = node.operands.map { isMapped[$0.index] }
    guard flags.contains(true) else {
      let results = builder.emit(node.form, node.operands.map { values[$0.index] })
      define(results, mapped: results.map { _ in false })
      return
    }
    switch node.form {
    case .constant:
      throw IRError("a constant has no operand to map")
    case .elementwise, .select, .convert:
      let operands = node.operands.map { withAxis($0) }
      define(builder.value(node.form, operands))
    case .reduce(var reduction):
      reduction.axes = reduction.axes.map { $0 + 1 }
      define(builder.value(.reduce(reduction), [values[node.operands[0].index]]))
    case .contract(let contraction):
      contract(contraction, node.operands, flags)
    case .layout(let layout):
      let operands = node.operands.map { withAxis($0) }
      define(builder.value(.layout(layout.shifted(under: extent)), operands))
    case .gather(let gather):
      self.gather(gather, node.operands, flags)
    case .scatter(var scatter):
      scatter.batchAxes += 1
      define(builder.value(.scatter(scatter), node.operands.map { withAxis($0) }))
    case .factorize, .linearSolve:
      define(builder.value(node.form, node.operands.map { withAxis($0) }))
    case .random:
      define(builder.value(node.form, [values[node.operands[0].index]]))
    case .branch(let branch):
      try self.branch(branch, node.operands, flags)
    case .scan(let scan):
      try self.scan(scan, node.operands, flags)
    case .map(let map):
      try self.map(map, node.operands, flags)
    case .derivative(let derivative):
      try self.derivative(derivative, node.operands, flags)
    case .solve(let solve):
      try self.solve(solve, node.operands, flags)
    case .interpolate:
      throw IRError("batching comes before sensitivities: nothing to map in \(node.form.name)")
    }
  }

  // MARK: Forms with a rule of their own

  private mutating func contract(_ contraction: Contraction, _ operands: [Value], _ flags: [Bool]) {
    let shift = { (pairs: [Contraction.Pair], da: Int, db: Int) in
      pairs.map { Contraction.Pair($0.a + da, $0.b + db) }
    }
    var shifted = contraction
    if (flags[0] && flags[1]) || !contraction.batch.isEmpty {
      shifted.batch = [.init(0, 0)] + shift(contraction.batch, 1, 1)
      shifted.contracted = shift(contraction.contracted, 1, 1)
      define(builder.value(.contract(shifted), operands.map { withAxis($0) }))
    } else if flags[0] {
      shifted.contracted = shift(contraction.contracted, 1, 0)
      define(builder.value(.contract(shifted), operands.map { values[$0.index] }))
    } else {
      // The mapped operand goes first, so that its axis leads; then the free axes are put in order:
      // new, free of b…, free of a… → new, free of a…, free of b…
      shifted.contracted = contraction.contracted.map { Contraction.Pair($0.b + 1, $0.a) }
      let product = builder.value(
        .contract(shifted), [values[operands[1].index], values[operands[0].index]])
      let nB = contraction.freeAxes(ofB: source[operands[1]].rank).count
      let nA = contraction.freeAxes(ofA: source[operands[0]].rank).count
      define(
        builder.transpose(product, [0] + (0..<nA).map { 1 + nB + $0 } + (0..<nB).map { 1 + $0 }))
    }
  }

  private mutating func gather(_ gather: Gather, _ operands: [Value], _ flags: [Bool]) {
    if !flags[0] && gather.batchAxes == 0 {
      // Indices alone lead: what they pick is already in the right place.
      define(builder.value(.gather(gather), operands.map { values[$0.index] }))
      return
    }
    let form = Form.gather(
      Gather(batchAxes: gather.batchAxes + 1, isChecked: gather.isChecked))
    define(builder.value(form, operands.map { withAxis($0) }))
  }

  private mutating func scan(_ scan: Scan, _ operands: [Value], _ flags: [Bool]) throws(IRError) {
    guard case .fixed = scan.length else {
      throw IRError("batching comes before sensitivities: nothing to map in a counted scan")
    }
    // A carry has the axis if its start has it, or if a turn puts it on: find the least fixed point.
    let slices = scan.carries..<(scan.carries + scan.stacked)
    var bodyFlags = flags
    var body: (region: Region, mapped: [Bool])
    repeat {
      let forced = scan.body.results.indices.map { $0 < scan.carries && bodyFlags[$0] }
      body = try Batching.batch(scan.body, mapped: bodyFlags, extent: extent, forced: forced)
      let grown = (0..<scan.carries).filter { body.mapped[$0] && !bodyFlags[$0] }
      if grown.isEmpty { break }
      for i in grown { bodyFlags[i] = true }
    } while true
    var arguments: [Value] = []
    for (i, operand) in operands.enumerated() {
      var value = bodyFlags[i] ? withAxis(operand) : values[operand.index]
      if slices.contains(i) && bodyFlags[i] { value = scanAxisFirst(value) }
      arguments.append(value)
    }
    var batched = scan
    batched.body = body.region
    var results = builder.emit(.scan(batched), arguments)
    for i in scan.carries..<(scan.carries + scan.outputs) where body.mapped[i] {
      results[i] = scanAxisFirst(results[i])
    }
    define(results, mapped: body.mapped)
  }

  /// Swaps the first two axes, unless the batch axis is one of lanes: scans know that one and run along the second.
  private mutating func scanAxisFirst(_ x: Value) -> Value {
    if case .lanes = extent { return x }
    var permutation = Array(0..<builder.type(x).rank)
    permutation.swapAt(0, 1)
    return builder.transpose(x, permutation)
  }

  /// An inner map is expanded first; then it is like any other region.
  private mutating func map(_ map: Map, _ operands: [Value], _ flags: [Bool]) throws(IRError) {
    let inner = try Batching.batch(map.body, mapped: map.mapped, extent: map.extent)
    let outer = try Batching.batch(inner.region, mapped: flags, extent: extent)
    define(builder.inline(outer.region, operands.map { values[$0.index] }), mapped: outer.mapped)
  }

  private mutating func derivative(
    _ derivative: Derivative, _ operands: [Value], _ flags: [Bool]
  ) throws(IRError) {
    let n = derivative.body.parameterCount
    if !flags.prefix(n).contains(true), derivative.body.isDifferentiableUnbatched {
      // Many directions at one point, as divergences and Jacobians take them: what the point gives is computed once.
      let expanded = try Calculus.expanded(derivative)
      let batched = try Batching.batch(
        expanded, mapped: flags, extent: extent, forced: expanded.results.map { _ in false })
      define(
        builder.inline(batched.region, operands.map { values[$0.index] }), mapped: batched.mapped)
      return
    }
    // Each example has a derivative of its own, so what is differentiated by must differ from example to example.
    var bodyFlags = Array(flags.prefix(n))
    for i in derivative.wrt { bodyFlags[i] = true }
    var batched = derivative
    batched.body = try Batching.batch(derivative.body, mapped: bodyFlags, extent: extent).region
    var arguments: [Value] = []
    for (i, operand) in operands.enumerated() {
      arguments.append(i >= n || bodyFlags[i] ? withAxis(operand) : values[operand.index])
    }
    let results = builder.emit(.derivative(batched), arguments)
    define(results, mapped: results.map { _ in true })
  }

  // MARK: Forms that run over lanes of their own

  private mutating func branch(
    _ branch: Branch, _ operands: [Value], _ flags: [Bool]
  ) throws(IRError) {
    if !flags[0] && branch.lanes == nil {
      // All examples go the same way.
      let inner = Array(flags.dropFirst())
      var whole = branch
      whole.whenTrue = try Batching.batch(branch.whenTrue, mapped: inner, extent: extent).region
      whole.whenFalse = try Batching.batch(branch.whenFalse, mapped: inner, extent: extent).region
      let results = builder.emit(.branch(whole), operands.map { values[$0.index] })
      define(results, mapped: results.map { _ in true })
      return
    }
    let sides = [branch.whenTrue, branch.whenFalse]
    if branch.lanes == nil && sides.allSatisfy(\.isTotal) {
      // Both sides are cheap and defined everywhere: computing both costs less than parting the lanes.
      let inner = Array(flags.dropFirst())
      let arguments = operands.dropFirst().map { values[$0.index] }
      let results = try sides.map { (side) throws(IRError) in
        builder.inline(
          try Batching.batch(side, mapped: inner, extent: extent).region, Array(arguments))
      }
      let condition = withAxis(operands[0])
      let selected = zip(results[0], results[1]).map { a, b in
        let extents = builder.type(a).extents
        return builder.select(builder.broadcast(condition, to: extents, axes: [0]), a, b)
      }
      define(selected, mapped: selected.map { _ in true })
      return
    }
    let lanes = merged(branch.lanes)
    let before = branch.lanes == nil ? flags.dropFirst().map { _ in false } : branch.batched
    var parted = branch
    parted.lanes = lanes
    parted.batched = zip(flags.dropFirst(), before).map { $0 || $1 }
    var arguments = [merge(operands[0], inner: branch.lanes, into: lanes)]
    for (i, operand) in operands.dropFirst().enumerated() {
      arguments.append(
        parted.batched[i]
          ? merge(operand, hadInner: before[i], inner: branch.lanes, into: lanes)
          : values[operand.index])
    }
    let results = builder.emit(.branch(parted), arguments)
    define(results.map { split($0, inner: branch.lanes) }, mapped: results.map { _ in true })
  }

  private mutating func solve(
    _ solve: Solve, _ operands: [Value], _ flags: [Bool]
  ) throws(IRError) {
    guard !solve.isLowered, solve.quadrature == nil else {
      throw IRError("batching comes before sensitivities: nothing to map in a lowered solve")
    }
    let trajectories = merged(solve.trajectories)
    var batched = solve
    batched.trajectories = trajectories
    let before = solve.trajectories == nil ? operands.map { _ in false } : solve.batched
    batched.batched = zip(flags, before).map { $0 || $1 }
    batched.batched[Solve.Operand.initial] = true
    if let delays = solve.delays {
      batched.batched[Solve.Operand.parameters + delays.past] = true
    }
    if let corners = solve.corners {
      batched.batched[Solve.Operand.parameters + corners.phase] = true
    }
    var arguments: [Value] = []
    for (i, operand) in operands.enumerated() {
      arguments.append(
        batched.batched[i]
          ? merge(operand, hadInner: before[i], inner: solve.trajectories, into: trajectories)
          : values[operand.index])
    }
    let results = builder.emit(.solve(batched), arguments)
    define(results.map { split($0, inner: solve.trajectories) }, mapped: results.map { _ in true })
  }

  /// The extent of the new axis and one that was there already, as one.
  private func merged(_ inner: Extent?) -> Extent {
    switch (extent, inner) {
    case (_, nil): extent
    case (.fixed(let a), .fixed(let b)?): .fixed(a * b)
    case (.lanes(let a), .fixed(let b)?): .lanes(times: a * b)
    case (_, let other?): other
    }
  }

  /// An operand with the new axis and the old one, made one axis.
  private mutating func merge(
    _ operand: Value, hadInner: Bool = true, inner: Extent?, into extent: Extent
  ) -> Value {
    var value = withAxis(operand)
    guard let inner else { return value }
    if !hadInner {
      let type = builder.type(value)
      let extents = [self.extent, inner] + type.extents.dropFirst()
      value = builder.broadcast(value, to: extents, axes: [0] + Array(2..<extents.count))
    }
    return builder.reshape(value, to: [extent] + builder.type(value).extents.dropFirst(2))
  }

  /// The reverse of `merge`, for a result.
  private mutating func split(_ result: Value, inner: Extent?) -> Value {
    guard let inner else { return result }
    return builder.reshape(
      result, to: [extent, inner] + builder.type(result).extents.dropFirst())
  }
}

extension Layout {
  /// The same rearrangement behind a new leading axis.
  func shifted(under extent: Extent) -> Layout {
    switch self {
    case .broadcast(let extents, let axes):
      .broadcast(to: [extent] + extents, axes: [0] + axes.map { $0 + 1 })
    case .transpose(let permutation): .transpose([0] + permutation.map { $0 + 1 })
    case .reshape(let extents): .reshape([extent] + extents)
    case .slice(let axis, let start, let limit, let stride):
      .slice(axis: axis + 1, start: start, limit: limit, stride: stride)
    case .pad(let axis, let before, let after, let interior):
      .pad(axis: axis + 1, before: before, after: after, interior: interior)
    case .concatenate(let axis): .concatenate(axis: axis + 1)
    case .reverse(let axis): .reverse(axis: axis + 1)
    case .window(let axis, let size, let stride, let dilation):
      .window(axis: axis + 1, size: size, stride: stride, dilation: dilation)
    }
  }
}

extension Region {
  /// Differentiation is for what has been batched; without these forms it makes no difference.
  fileprivate var isDifferentiableUnbatched: Bool {
    !contains { form in
      switch form {
      case .map, .solve, .interpolate: true
      case .constant, .elementwise, .select, .convert, .reduce, .contract, .layout, .gather,
        .scatter, .factorize, .linearSolve, .random, .branch, .scan, .derivative:
        false
      }
    }
  }

  /// Every op is cheap, and it and its derivatives are finite wherever the operands are: running it in vain does no
  /// harm.
  var isTotal: Bool {
    nodes.allSatisfy { node in
      switch node.form {
      case .elementwise(let schema): Region.totalOps.contains(schema.name)
      case .constant, .select, .convert, .reduce, .contract, .layout, .gather, .scatter, .factorize,
        .linearSolve:
        true
      case .random, .branch, .scan, .map, .derivative, .solve, .interpolate: false
      }
    }
  }

  private static let totalOps: Set<String> = [
    "add", "sub", "mul", "neg", "min", "max", "abs", "sign", "tanh", "sin", "cos", "logistic",
    "softplus", "erf", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not",
  ]
}
