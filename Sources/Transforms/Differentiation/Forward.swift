package import NodalIR
import NodalMethods
import NodalOperations

/// Forward differentiation: a region becomes one that carries a tangent beside each value that
/// depends on what is varied.
///
/// Cost: at most a small multiple of the region's own, for one direction.
package enum ForwardMode {
  /// (parameters…, a tangent for each of `wrt`) → (results…, a tangent for each result, zero where nothing varies).
  package static func differentiate(_ region: Region, wrt: [Int]) throws(IRError) -> Region {
    let tangentTypes = wrt.map { region.parameterTypes[$0] }
    var builder = RegionBuilder(parameters: region.parameterTypes + tangentTypes)
    let parameters = builder.parameters
    var tangents: [Value?] = region.parameters.map { _ in nil }
    for (k, i) in wrt.enumerated() { tangents[i] = parameters[region.parameterCount + k] }
    var pass = ForwardBuilder(
      builder: builder, values: Array(parameters.prefix(region.parameterCount)), tangents: tangents)
    for node in region.nodes { try pass.differentiate(node) }
    builder = pass.builder
    let primals = region.results.map { pass.values[$0.index] }
    let results = region.results.map { result in
      pass.tangents[result.index] ?? builder.zeros(like: pass.values[result.index])
    }
    return try builder.finish(primals + results)
  }
}

struct ForwardBuilder {
  var builder: RegionBuilder
  var values: [Value]
  var tangents: [Value?]

  private func tangent(_ value: Value) -> Value? { tangents[value.index] }

  private mutating func tangentOrZero(_ value: Value) -> Value {
    tangents[value.index] ?? builder.zeros(like: values[value.index])
  }

  private mutating func define(_ results: [Value], _ dots: [Value?]) {
    values += results
    tangents += dots
  }

  mutating func differentiate(_ node: Node) throws(IRError) {
    builder.origin = node.origin
    let operands = node.operands.map { values[$0.index] }
    let dots = node.operands.map { tangents[$0.index] }
    guard dots.contains(where: { $0 != nil }) else {
      let results = builder.values(node.form, operands)
      define(results, results.map { _ in nil })
      return
    }
    switch node.form {
    case .constant, .random:
      throw IRError("\(node.form.name) has no forward derivative")
    case .interpolate(let interpolate):
      try self.interpolate(interpolate, operands, dots)
    case .elementwise(let schema):
      let result = builder.value(node.form, operands)
      define([result], [try elementwise(schema, operands, dots, result)])
    case .select:
      let result = builder.value(node.form, operands)
      let a = tangentOrZero(node.operands[1])
      let b = tangentOrZero(node.operands[2])
      define([result], [builder.select(operands[0], a, b)])
    case .convert(let element):
      let result = builder.value(node.form, operands)
      define([result], [element.isFloating ? builder.convert(dots[0]!, to: element) : nil])
    case .reduce(let reduction):
      let result = builder.value(node.form, operands)
      define([result], [reduce(reduction, operands[0], dots[0]!, result)])
    case .contract:
      let result = builder.value(node.form, operands)
      var terms: [Value] = []
      if let a = dots[0] { terms.append(builder.value(node.form, [a, operands[1]])) }
      if let b = dots[1] { terms.append(builder.value(node.form, [operands[0], b])) }
      define([result], [builder.sum(terms)])
    case .layout:
      let result = builder.value(node.form, operands)
      let moved = node.operands.map { tangentOrZero($0) }
      define([result], [builder.value(node.form, moved)])
    case .gather, .scatter:
      let result = builder.value(node.form, operands)
      define([result], [builder.value(node.form, [dots[0]!, operands[1]])])
    case .factorize:
      define([builder.value(node.form, operands)], [nil])
    case .linearSolve(let system):
      let result = builder.value(node.form, operands)
      var right = dots[2] ?? builder.zeros(like: operands[2])
      if let change = dots[0] {
        right = builder.sub(right, system.product(change, result, &builder))
      }
      define([result], [builder.value(node.form, [operands[0], operands[1], right])])
    case .branch(let branch):
      try self.branch(branch, node)
    case .scan(let scan):
      try self.scan(scan, node)
    case .solve(let solve):
      try self.solve(solve, node)
    case .map(let map) where map.isLowered:
      try self.map(map, node)
    case .map:
      throw IRError("maps are expanded before differentiation")
    case .derivative:
      throw IRError("inner derivatives are expanded before outer ones")
    }
  }

  private mutating func elementwise(
    _ schema: OpSchema, _ operands: [Value], _ dots: [Value?], _ result: Value
  ) throws(IRError) -> Value? {
    guard builder.type(result).element.isFloating else { return nil }
    let partials = try Operations.row(of: schema).partials(&builder, operands, result)
    var terms: [Value] = []
    for (partial, dot) in zip(partials, dots) {
      if let partial, let dot { terms.append(builder.mul(partial, dot)) }
    }
    return terms.isEmpty ? nil : builder.sum(terms)
  }

  /// By the time that a recorded trajectory is read at: the derivative of its piece there.
  private mutating func interpolate(
    _ interpolate: Interpolate, _ operands: [Value], _ dots: [Value?]
  ) throws(IRError) {
    guard let rate = dots[0], dots.dropFirst().allSatisfy({ $0 == nil }) else {
      throw IRError("a recorded trajectory is not differentiated forwards")
    }
    var slope = interpolate
    let dense = interpolate.dense
    let both = try ForwardMode.differentiate(dense, wrt: [0])
    var inner = RegionBuilder(parameters: dense.parameterTypes)
    let given = inner.parameters
    let results = inner.inline(both, given + [inner.one(like: given[0])])
    let perTime = inner.scaled(results[1], by: inner.reciprocal(given[1]))
    slope.dense = try Simplify.run(try inner.finish([perTime]))
    let result = builder.value(.interpolate(interpolate), operands)
    let change = builder.value(.interpolate(slope), operands)
    define([result], [builder.scaled(change, by: rate)])
  }

  private mutating func reduce(
    _ reduction: Reduction, _ x: Value, _ dot: Value, _ result: Value
  ) -> Value? {
    switch reduction.kind {
    case .sum: return builder.reduce(.sum, dot, axes: reduction.axes)
    case .max, .min:
      let share = builder.extremeShare(reduction, x, result)
      return builder.reduce(.sum, builder.mul(share, dot), axes: reduction.axes)
    case .argmax, .argmin: return nil
    }
  }

  /// Active parameters of an inner region: those whose operands have tangents.
  private func active(_ operands: ArraySlice<Value>) -> [Int] {
    operands.enumerated().compactMap { i, operand in tangents[operand.index] == nil ? nil : i }
  }

  private mutating func branch(_ branch: Branch, _ node: Node) throws(IRError) {
    let inner = node.operands.dropFirst()
    let wrt = active(inner)
    var both = branch
    both.whenTrue = try ForwardMode.differentiate(branch.whenTrue, wrt: wrt)
    both.whenFalse = try ForwardMode.differentiate(branch.whenFalse, wrt: wrt)
    if branch.lanes != nil { both.batched += wrt.map { branch.batched[$0] } }
    let operands = node.operands.map { values[$0.index] }
    let dots = wrt.map { tangents[inner[inner.startIndex + $0].index]! }
    split(builder.emit(.branch(both), operands + dots))
  }

  private mutating func map(_ map: Map, _ node: Node) throws(IRError) {
    let wrt = active(node.operands[...])
    var both = map
    both.body = try ForwardMode.differentiate(map.body, wrt: wrt)
    both.mapped += wrt.map { map.mapped[$0] }
    let operands = node.operands.map { values[$0.index] }
    let dots = wrt.map { tangents[node.operands[$0].index]! }
    split(builder.emit(.map(both), operands + dots))
  }

  /// Results of a differentiated region: first the values, then their tangents.
  private mutating func split(_ results: [Value]) {
    let n = results.count / 2
    let dots = results[n...].map { builder.type($0).element.isFloating ? Optional($0) : nil }
    define(Array(results[..<n]), dots)
  }

  /// Tangents of carries become carries; of slices, stacked operands; of shared operands, shared operands.
  private mutating func scan(_ scan: Scan, _ node: Node) throws(IRError) {
    let arguments = node.operands[scan.leading...]
    let floating = scan.body.parameterTypes.map(\.element.isFloating)
    // A carry varies if its start does, or if a turn makes it vary; taking all floating ones is right, and zero tangents are
    // cheap beside the loop.
    let wrt = arguments.indices.compactMap { i -> Int? in
      let k = i - arguments.startIndex
      let varies = tangents[arguments[i].index] != nil
      return (k < scan.carries ? floating[k] : varies) ? k : nil
    }
    let carried = wrt.filter { $0 < scan.carries }
    let sliced = wrt.filter { scan.carries <= $0 && $0 < scan.carries + scan.stacked }
    let shared = wrt.filter { $0 >= scan.carries + scan.stacked }
    let body = try ForwardMode.differentiate(scan.body, wrt: wrt)

    // Parameters in the order of a scan: carries, tangents of carries, slices, tangents of slices, shared, tangents of shared.
    let count = scan.body.parameterCount
    let position = Dictionary(uniqueKeysWithValues: wrt.enumerated().map { ($1, count + $0) })
    let order =
      Array(0..<scan.carries) + carried.map { position[$0]! }
      + Array(scan.carries..<(scan.carries + scan.stacked)) + sliced.map { position[$0]! }
      + Array((scan.carries + scan.stacked)..<count) + shared.map { position[$0]! }
    let results = scan.body.resultTypes
    let varying = results.indices.filter {
      $0 < scan.carries ? carried.contains($0) : results[$0].element.isFloating
    }
    let outputRange = scan.carries..<(scan.carries + scan.outputs)
    let resultOrder =
      Array(0..<scan.carries) + carried.map { results.count + $0 }
      + Array(outputRange)
      + varying.filter(outputRange.contains).map { results.count + $0 }
      + Array(outputRange.upperBound..<results.count)
      + varying.filter { $0 >= outputRange.upperBound }.map { results.count + $0 }

    var both = scan
    both.body = try body.reordered(parameters: order, results: resultOrder)
    both.carries = scan.carries + carried.count
    both.stacked = scan.stacked + sliced.count
    both.outputs = scan.outputs + varying.filter(outputRange.contains).count
    if !scan.batched.isEmpty {
      let first = scan.carries + scan.stacked
      both.batched += shared.map { scan.batched[$0 - first] }
    }
    var operands = node.operands.prefix(scan.leading).map { values[$0.index] }
    for k in order {
      let i = arguments.startIndex + (k < count ? k : wrt[k - count])
      operands.append(k < count ? values[arguments[i].index] : tangentOrZero(arguments[i]))
    }
    let emitted = builder.emit(.scan(both), operands)
    var primals: [Value] = []
    var dots: [Value?] = []
    for i in results.indices {
      primals.append(emitted[resultOrder.firstIndex(of: i)!])
      dots.append(resultOrder.firstIndex(of: results.count + i).map { emitted[$0] })
    }
    define(primals, dots)
  }

  private mutating func solve(_ solve: Solve, _ node: Node) throws(IRError) {
    let operands = node.operands.map { values[$0.index] }
    let dots = node.operands.map { tangents[$0.index] }
    let result = try TangentSolve.emit(solve, operands, dots, &builder)
    define(result.values, result.tangents)
  }
}
