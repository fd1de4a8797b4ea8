/// Makes a region node by node. Types are inferred from the forms' typing rules.
///
/// A rule that is broken is remembered and thrown by `finish`: builder calls can be written as
/// expressions, and no pass can hand on a region that is wrong.
package struct RegionBuilder: Sendable {
  package private(set) var region: Region
  package private(set) var failure: IRError?
  /// Given to each node from now on.
  package var origin: Origin?
  /// Equal nodes without effects are made once.
  private var known: [Key: Value] = [:]

  private struct Key: Hashable {
    var form: Form
    var operands: [Value]
  }

  package init(parameters: [ValueType] = []) {
    region = Region(types: parameters, parameterCount: parameters.count)
    for extent in parameters.lazy.flatMap(\.extents) {
      if case .steps(let trace) = extent { nextTrace = Swift.max(nextTrace, trace + 1) }
    }
  }

  package var parameters: [Value] { region.parameters }

  /// Parameters that came up while nodes were made; `finish` puts them behind the others.
  private var late: [Int] = []

  /// One more parameter: what a body turns out to read from around it.
  package mutating func lateParameter(_ type: ValueType) -> Value {
    late.append(region.types.count)
    region.types.append(type)
    for extent in type.extents {
      if case .steps(let trace) = extent { nextTrace = Swift.max(nextTrace, trace + 1) }
    }
    return Value(region.types.count - 1)
  }
  package func type(_ value: Value) -> ValueType { region[value] }

  /// Adds a node, and gives its results.
  package mutating func emit(_ form: Form, _ operands: [Value]) -> [Value] {
    let types: [ValueType]
    do throws(IRError) {
      types = try form.resultTypes(operands.map { region[$0] })
    } catch {
      if failure == nil { failure = IRError("\(form.name): \(error.message)") }
      // Results of some type, as many as the form has, keep the caller going until `finish` throws.
      let type = operands.first.map { region[$0] } ?? ValueType(.f64)
      types = Array(repeating: type, count: max(1, form.resultCount))
    }
    let start = region.types.count
    region.types += types
    if case .solve(let solve) = form, let trace = solve.trace {
      nextTrace = Swift.max(nextTrace, trace + 1)
    }
    region.nodes.append(
      Node(form, operands, results: start..<region.types.count, origin: origin))
    return (start..<region.types.count).map(Value.init)
  }

  /// Adds a node with one result; a node that is already there is used again.
  package mutating func value(_ form: Form, _ operands: [Value]) -> Value {
    let key = Key(form: form, operands: operands)
    if let value = known[key] { return value }
    let value = emit(form, operands)[0]
    known[key] = value
    return value
  }

  /// A trace number that no solve here has yet.
  package private(set) var nextTrace = 0

  /// Copies a region's nodes in here, its parameters replaced, and gives what its results are here.
  package mutating func inline(_ inner: Region, _ arguments: [Value]) -> [Value] {
    if arguments.count != inner.parameterCount
      || zip(arguments, inner.parameterTypes).contains(where: { region[$0] != $1 })
    {
      if failure == nil {
        failure = IRError(
          "inline: region takes \(inner.parameterTypes), given \(arguments.map { region[$0] })")
      }
      return inner.resultTypes.map { constant(0, $0) }
    }
    // Traces made inside get numbers of their own here.
    let made = inner.tracesMade
    let inner = made.isEmpty ? inner : inner.renumberingTraces(made, from: nextTrace)
    return remake(inner, arguments) { builder, node, operands in
      builder.values(node.form, operands)
    }
  }

  /// Remembers a broken rule, as `emit` does.
  package mutating func fail(_ message: String) {
    if failure == nil { failure = IRError(message) }
  }

  /// The region with these results. Mutating, so that results may be made in the call itself: the argument is evaluated
  /// before the builder is read.
  package mutating func finish(_ results: [Value]) throws(IRError) -> Region {
    if let failure { throw failure }
    guard results.allSatisfy({ region.types.indices.contains($0.index) }) else {
      throw IRError("a result that the region doesn't define")
    }
    region.results = results
    return late.isEmpty ? region : region.movingToFront(late)
  }

  // MARK: Constants

  package mutating func constant(_ number: Double, _ type: ValueType) -> Value {
    value(.constant(Constant(type, .splat(number))), [])
  }

  package mutating func constant(_ numbers: [Double], _ type: ValueType) -> Value {
    value(.constant(Constant(type, .array(numbers))), [])
  }

  /// The unit matrix of n rows.
  package mutating func identity(_ n: Int, _ element: ElementType) -> Value {
    constant(
      (0..<(n * n)).map { $0 % (n + 1) == 0 ? 1 : 0 }, ValueType(element, shape: [n, n]))
  }

  /// The constant that made a value, if one did.
  package func constantValue(_ value: Value) -> Constant? {
    guard let node = definition(of: value), case .constant(let constant) = node.form else {
      return nil
    }
    return constant
  }

  /// The node that defines a value; nil for a parameter.
  package func definition(of value: Value) -> Node? { region.definition(of: value) }

  // MARK: Layout

  package mutating func broadcast(_ x: Value, to extents: [Extent], axes: [Int]) -> Value {
    if type(x).extents == extents { return x }
    if let constant = constantValue(x), let number = constant.uniform {
      return self.constant(number, ValueType(constant.type.element, extents))
    }
    return value(.layout(.broadcast(to: extents, axes: axes)), [x])
  }

  /// A scalar everywhere in an array like `other`.
  package mutating func splat(_ scalar: Value, like other: Value) -> Value {
    broadcast(scalar, to: type(other).extents, axes: [])
  }

  package mutating func reshape(_ x: Value, to extents: [Extent]) -> Value {
    type(x).extents == extents ? x : value(.layout(.reshape(extents)), [x])
  }

  package mutating func transpose(_ x: Value, _ permutation: [Int]) -> Value {
    permutation == Array(permutation.indices) ? x : value(.layout(.transpose(permutation)), [x])
  }

  package mutating func slice(
    _ x: Value, axis: Int, _ range: Range<Int>, stride: Int = 1
  ) -> Value {
    if stride == 1, range.lowerBound == 0, type(x).extents[axis] == .fixed(range.upperBound) {
      return x
    }
    return value(
      .layout(
        .slice(axis: axis, start: range.lowerBound, limit: range.upperBound, stride: stride)), [x])
  }

  package mutating func concatenate(_ parts: [Value], axis: Int) -> Value {
    parts.count == 1 ? parts[0] : value(.layout(.concatenate(axis: axis)), parts)
  }

  /// Zeros around one axis: before windows are taken along another, not around each of these.
  package mutating func pad(_ x: Value, axis: Int, before: Int, after: Int) -> Value {
    if before == 0 && after == 0 { return x }
    if let node = definition(of: x), case .layout(.window(let over, _, _, _)) = node.form,
      axis != over, axis != over + 1
    {
      let inner = pad(
        node.operands[0], axis: axis > over ? axis - 1 : axis, before: before, after: after)
      return value(node.form, [inner])
    }
    return value(.layout(.pad(axis: axis, before: before, after: after, interior: 0)), [x])
  }

  package mutating func window(
    _ x: Value, axis: Int, size: Int, stride: Int = 1, dilation: Int = 1
  ) -> Value {
    value(
      .layout(.window(axis: axis, size: size, stride: stride, dilation: dilation)), [x])
  }

  // MARK: Arithmetic

  package mutating func reduce(_ kind: Reduction.Kind, _ x: Value, axes: [Int]) -> Value {
    axes.isEmpty ? x : value(.reduce(Reduction(kind, axes: axes)), [x])
  }

  package mutating func convert(_ x: Value, to element: ElementType) -> Value {
    if type(x).element == element { return x }
    if let constant = constantValue(x), case .splat(let number) = constant.values,
      element.isFloating
    {
      let rounded = element == .f32 ? Double(Float(number)) : number
      return self.constant(rounded, constant.type.with(element))
    }
    return value(.convert(element), [x])
  }

  package mutating func select(_ condition: Value, _ a: Value, _ b: Value) -> Value {
    a == b ? a : value(.select, [condition, a, b])
  }
}

extension Form {
  /// How many results a node of this form has, wrong as it may be otherwise.
  var resultCount: Int {
    switch self {
    case .constant, .elementwise, .select, .convert, .reduce, .contract, .layout, .gather, .scatter,
      .factorize, .linearSolve,
      .random, .interpolate:
      1
    case .branch(let branch): branch.whenTrue.results.count
    case .scan(let scan): scan.body.results.count
    case .map(let map): map.body.results.count
    case .derivative(let derivative):
      derivative.body.results.count
        + max(derivative.wrt.count, derivative.body.results.count)
    case .solve(let solve):
      solve.traceResult + solve.traceCount
    }
  }
}

extension Region {
  /// The node that defines a value; nil for a parameter. Logarithmic in the number of nodes.
  package func definition(of value: Value) -> Node? {
    guard value.index >= parameterCount else { return nil }
    var low = 0
    var high = nodes.count
    while low < high {
      let middle = (low + high) / 2
      if nodes[middle].results.upperBound <= value.index { low = middle + 1 } else { high = middle }
    }
    return low < nodes.count && nodes[low].results.contains(value.index) ? nodes[low] : nil
  }
}

extension Region {
  /// Numbered anew, with the values at these places as the last parameters.
  fileprivate func movingToFront(_ late: [Int]) -> Region {
    let isLate = Set(late)
    let order =
      Array(0..<parameterCount) + late
      + (parameterCount..<types.count).filter { !isLate.contains($0) }
    var place = [Int](repeating: 0, count: types.count)
    for (new, old) in order.enumerated() { place[old] = new }
    func moved(_ value: Value) -> Value { Value(place[value.index]) }
    return Region(
      types: order.map { types[$0] }, parameterCount: parameterCount + late.count,
      nodes: nodes.map { node in
        let first = node.results.isEmpty ? 0 : place[node.results.lowerBound]
        return Node(
          node.form, node.operands.map(moved), results: first..<(first + node.results.count),
          origin: node.origin)
      }, results: results.map(moved))
  }
}
