package import NodalIR
import NodalOperations

/// Sums of squares: what Gauss and Newton's approximation of a second derivative is made of, and what is left unexplained of data.
///
/// Whether a region's first result is one is read off its nodes: the result is followed back through sums, signs, and products with what
/// doesn't depend on the weights, down to squares. So no loss has to be declared as one, likelihoods of normal distributions are, too, and what isn't a square
/// (the logarithm of a learned spread) is left aside.
package enum LeastSquares {
  /// The residuals r of one example, flat, of a region whose first result is Σ r² and what is left aside; nil where there is no square.
  /// Parameters are those of the region.
  /// - Parameter wrt: the parameters that are learned.
  package static func residuals(of region: Region, wrt: [Int]) throws(IRError) -> Region? {
    var search = Search(region, wrt: wrt)
    if search.residuals.isEmpty { return nil }
    return try search.builder.finish([search.builder.concatenate(search.residuals, axis: 0)])
  }

  /// The residuals of one example and their derivatives by all weights as one flat vector: r [m], ∂r/∂w [weights, m].
  /// Parameters: the flat vector, then those of the region that aren't learned.
  package static func linearized(_ residuals: Region, wrt: [Int]) throws(IRError) -> Region {
    let types = residuals.parameterTypes
    let element = residuals.resultTypes[0].element
    let counts = wrt.map { types[$0].fixedCount ?? 0 }
    let count = counts.reduce(0, +)
    let others = types.indices.filter { !wrt.contains($0) }
    let flat = ValueType(element, shape: [count])

    var packed = RegionBuilder(parameters: [flat] + others.map { types[$0] })
    var arguments = types.indices.map { _ in Value(0) }
    for (i, other) in others.enumerated() { arguments[other] = packed.parameters[i + 1] }
    var start = 0
    for (i, parameter) in wrt.enumerated() {
      let part = packed.slice(packed.parameters[0], axis: 0, start..<(start + counts[i]))
      arguments[parameter] = packed.reshape(part, to: types[parameter].extents)
      start += counts[i]
    }
    let results = packed.inline(residuals, arguments)
    let body = try packed.finish(results)

    var along = RegionBuilder(parameters: [flat] + body.parameterTypes)
    let point = Array(along.parameters.dropFirst())
    let slopes = along.emit(
      .derivative(Derivative(.forward, wrt: [0], body: body)), point + [along.parameters[0]])
    let direction = try along.finish([slopes[1]])

    var whole = RegionBuilder(parameters: body.parameterTypes)
    let given = whole.parameters
    let basis = whole.identity(count, element)
    let rows = whole.emit(
      .map(
        Map(
          extent: .fixed(count), mapped: [true] + given.map { _ in false }, body: direction)),
      [basis] + given)
    return try whole.finish(whole.inline(body, given) + rows)
  }

  struct Search {
    let region: Region
    var builder: RegionBuilder
    /// The region's values, in the builder.
    let made: [Value]
    let depends: [Bool]
    var residuals: [Value] = []
    /// What they are made of: values of the region whose squares are added up.
    var roots: [Value] = []

    init(_ region: Region, wrt: [Int]) {
      self.region = region
      builder = RegionBuilder(parameters: region.parameterTypes)
      var whole = region
      whole.results = region.types.indices.map(Value.init)
      made = builder.inline(whole, builder.parameters)
      var depends = region.types.indices.map { wrt.contains($0) }
      for node in region.nodes where node.operands.contains(where: { depends[$0.index] }) {
        for place in node.results { depends[place] = true }
      }
      self.depends = depends
      if let result = region.results.first {
        follow(result, by: builder.one(like: made[result.index]))
      }
    }

    /// Looks for squares in a value that enters the result by a factor for each element.
    private mutating func follow(_ value: Value, by factor: Value) {
      guard depends[value.index], let node = region.definition(of: value) else { return }
      switch node.form {
      case .elementwise(let schema): follow(schema.name, node.operands, by: factor)
      case .reduce(let reduction) where reduction.kind == .sum:
        let extents = region[node.operands[0]].extents
        let kept = extents.indices.filter { !reduction.axes.contains($0) }
        follow(node.operands[0], by: builder.broadcast(factor, to: extents, axes: kept))
      case .layout(.reshape):
        follow(
          node.operands[0], by: builder.reshape(factor, to: region[node.operands[0]].extents))
      case .select:
        let (condition, zero) = (made[node.operands[0].index], builder.zero(like: factor))
        follow(node.operands[1], by: builder.select(condition, factor, zero))
        follow(node.operands[2], by: builder.select(condition, zero, factor))
      case .constant, .convert, .reduce, .contract, .layout, .gather, .scatter, .factorize,
        .linearSolve, .random, .branch, .scan, .map, .solve, .interpolate, .derivative:
        return
      }
    }

    private mutating func follow(_ name: String, _ operands: [Value], by factor: Value) {
      switch name {
      case "add":
        follow(operands[0], by: factor)
        follow(operands[1], by: factor)
      case "sub":
        follow(operands[0], by: factor)
        follow(operands[1], by: builder.neg(factor))
      case "neg": follow(operands[0], by: builder.neg(factor))
      case "mul" where operands[0] == operands[1]: note(operands[0], factor)
      case "mul" where !depends[operands[0].index]:
        follow(operands[1], by: builder.mul(factor, made[operands[0].index]))
      case "mul" where !depends[operands[1].index]:
        follow(operands[0], by: builder.mul(factor, made[operands[1].index]))
      case "div" where !depends[operands[1].index]:
        follow(operands[0], by: builder.div(factor, made[operands[1].index]))
      case "square": note(operands[0], factor)
      default: return
      }
    }

    /// A square with a factor. One that is below zero is none of a sum of squares; which is only known here where it is constant.
    private mutating func note(_ root: Value, _ factor: Value) {
      if let constant = builder.constantValue(factor)?.uniform, constant <= 0 { return }
      roots.append(root)
      let residual = builder.mul(builder.sqrt(factor), made[root.index])
      residuals.append(
        builder.reshape(residual, to: [.fixed(builder.type(residual).fixedCount ?? 0)]))
    }
  }
}
