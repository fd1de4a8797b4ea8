import NodalDiagnostics
import NodalIR
import NodalOperations
import NodalTypes

/// Expressions that arrange numbers: shapes, reductions, products.
extension Lowering {
  mutating func arrangement(_ expression: TypedExpression) throws(IRError) -> Value {
    let type = try arrayType(expression)
    switch expression.kind {
    case .broadcast(let x):
      let value = try array(x)
      let rank = scope.builder.type(value).rank
      return scope.builder.broadcast(
        value, to: type.extents, axes: Array((type.rank - rank)..<type.rank))
    case .reduce(let reduction, let x, let axes):
      return try reduce(reduction, try array(x), axes: axes)
    case .matmul(let a, let b):
      let operands = common([try array(a), try array(b)])
      return matmul(operands[0], operands[1])
    case .windows(let x, let axes):
      return windows(try array(x), axes)
    case .convolve(let x, let kernel, let axes, let groups):
      let operands = common([try array(x), try array(kernel)])
      return convolve(operands[0], kernel: operands[1], axes, groups: groups)
    case .concatenate(let parts):
      return scope.builder.concatenate(
        try parts.isEmpty ? [] : arrays(parts).map { asVector($0) }, axis: 0)
    case .stack(let parts):
      let rows = try arrays(parts).map { part in
        scope.builder.reshape(part, to: [.fixed(1)] + scope.builder.type(part).extents)
      }
      return scope.builder.concatenate(rows, axis: 0)
    case .reshape(let x):
      return scope.builder.reshape(try array(x), to: type.extents)
    case .transpose(let x, let axes):
      return scope.builder.transpose(try array(x), axes)
    case .reverse(let x, let axis):
      return scope.builder.value(.layout(.reverse(axis: axis)), [try array(x)])
    case .slice(let x, let axis, let start):
      let first = try length(start)
      let value = try array(x)
      let count = type.extents[axis].fixedLength ?? 0
      return scope.builder.slice(value, axis: axis, first..<(first + count))
    case .index(let x, let axis, let at):
      return try index(try array(x), axis: axis, at: try array(at), at.span)
    case .pick(let x, let label):
      return pick(try array(x), try array(label), label.span, .label)
    case .gather(let x, let indices):
      let value = try array(x)
      let places = wrapped(try array(indices), scope.builder.type(value).extents[0])
      return pick(value, places, indices.span)
    case .shift(let x, let axis, let by, let fill):
      return try shift(try array(x), axis: axis, by: by, fill: try array(fill))
    case .linspace(let a, let b):
      return try linspace(a, b, type)
    case .iota:
      let n = type.extents.first?.fixedLength ?? 0
      return scope.builder.constant((0..<n).map(Double.init), type)
    case .number, .integer, .boolean, .text, .array, .size, .local, .session, .weight, .weights,
      .elementwise, .select, .toReal, .scaled, .relabelled, .tuple, .element, .record, .field,
      .bindings, .conditional, .fold, .scan, .map, .calculus, .draw, .solve, .point, .spectral,
      .interpolate, .example, .part, .invalid:
      throw IRError("not an arrangement of numbers")
    }
  }

  private mutating func arrays(_ parts: [TypedExpression]) throws(IRError) -> [Value] {
    var values: [Value] = []
    for part in parts { values.append(try array(part)) }
    return common(values)
  }

  /// A scalar counts as an array of one.
  private mutating func asVector(_ x: Value) -> Value {
    scope.builder.type(x).isScalar ? scope.builder.reshape(x, to: [.fixed(1)]) : x
  }

  private mutating func reduce(
    _ reduction: Reduction, _ x: Value, axes: [Int]
  ) throws(IRError) -> Value {
    let type = scope.builder.type(x)
    let axes = axes.sorted()
    switch reduction {
    case .sum: return scope.builder.reduce(.sum, x, axes: axes)
    case .max: return scope.builder.reduce(.max, x, axes: axes)
    case .min: return scope.builder.reduce(.min, x, axes: axes)
    case .argmax: return scope.builder.reduce(.argmax, x, axes: axes)
    case .argmin: return scope.builder.reduce(.argmin, x, axes: axes)
    case .mean:
      let count = axes.reduce(1) { $0 * (type.extents[$1].fixedLength ?? 1) }
      return scope.builder.div(scope.builder.reduce(.sum, x, axes: axes), Double(count))
    case .any, .all:
      let numbers = scope.builder.convert(x, to: .i64)
      let extreme = scope.builder.reduce(reduction == .any ? .max : .min, numbers, axes: axes)
      return scope.builder.convert(extreme, to: .bool)
    case .product: return try product(x, axes: axes)
    }
  }

  /// A loop of multiplications: exact where factors are zero, and so are its derivatives.
  private mutating func product(_ x: Value, axes: [Int]) throws(IRError) -> Value {
    let type = scope.builder.type(x)
    let rest = type.extents.indices.filter { !axes.contains($0) }
    let count = axes.reduce(1) { $0 * (type.extents[$1].fixedLength ?? 1) }
    let ordered = scope.builder.transpose(x, axes + rest)
    let kept = rest.map { type.extents[$0] }
    let rows = scope.builder.reshape(ordered, to: [.fixed(count)] + kept)
    let slice = ValueType(type.element, kept)
    var body = RegionBuilder(parameters: [slice, slice])
    let factors = body.parameters
    let next = body.mul(factors[0], factors[1])
    let loop = Scan(
      length: .fixed(count), carries: 1, stacked: 1, outputs: 0, body: try body.finish([next]))
    return scope.builder.emit(.scan(loop), [scope.builder.constant(1, slice), rows])[0]
  }

  /// Rows by columns; a vector on the left is a row, on the right a column.
  mutating func matmul(_ a: Value, _ b: Value) -> Value {
    let rank = scope.builder.type(a).rank
    return scope.builder.value(
      .contract(Contraction(contracted: [.init(rank - 1, 0)])), [a, b])
  }

  private mutating func index(
    _ x: Value, axis: Int, at: Value, _ span: Span
  ) throws(IRError) -> Value {
    let type = scope.builder.type(x)
    guard let n = type.extents[axis].fixedLength else { throw IRError("index along \(type)") }
    var rest = type.extents
    rest.remove(at: axis)
    if let constant = scope.builder.constantValue(at)?.uniform {
      let i = Int(constant) < 0 ? Int(constant) + n : Int(constant)
      // Where only a run has told the length, it is also the run that ends.
      if (0..<n).contains(i) {
        let one = scope.builder.slice(x, axis: axis, i..<(i + 1))
        return scope.builder.reshape(one, to: rest)
      }
    }
    var order = Array(type.extents.indices)
    order.remove(at: axis)
    let front = scope.builder.transpose(x, [axis] + order)
    return pick(front, wrapped(at, type.extents[axis]), span)
  }

  /// Elements along the first axis. What is read outside of the array ends the run, with this place.
  mutating func pick(
    _ x: Value, _ places: Value, _ span: Span, _ lookup: LoweredOrigin.Lookup? = nil
  ) -> Value {
    let outer = scope.builder.origin
    defer { scope.builder.origin = outer }
    at(LoweredOrigin(span: span, ode: nil, state: nil, lookup: lookup))
    return scope.builder.value(.gather(Gather(isChecked: true)), [x, places])
  }

  /// Indices, those below zero counted from the end.
  private mutating func wrapped(_ indices: Value, _ extent: Extent) -> Value {
    let n = extent.fixedLength ?? 0
    let isNegative = scope.builder.less(indices, scope.builder.zero(like: indices))
    return scope.builder.select(isNegative, scope.builder.add(indices, Double(n)), indices)
  }

  private mutating func shift(
    _ x: Value, axis: Int, by: Int, fill: Value
  ) throws(IRError) -> Value {
    let type = scope.builder.type(x)
    guard axis < type.rank, let n = type.extents[axis].fixedLength else {
      throw IRError("shift of \(type)")
    }
    let k = min(by.magnitude, UInt(n))
    let gap = Int(k)
    if gap == 0 { return x }
    var extents = type.extents
    extents[axis] = .fixed(gap)
    let others = extents.indices.filter { $0 != axis }
    let rank = scope.builder.type(fill).rank
    let filling = scope.builder.broadcast(
      fill, to: extents, axes: Array(others.suffix(rank)))
    let kept = scope.builder.slice(x, axis: axis, by > 0 ? 0..<(n - gap) : gap..<n)
    return scope.builder.concatenate(by > 0 ? [filling, kept] : [kept, filling], axis: axis)
  }

  /// Both ends are exact; between them a + (b - a)·i/(n - 1).
  private mutating func linspace(
    _ a: TypedExpression, _ b: TypedExpression, _ type: ValueType
  ) throws(IRError) -> Value {
    let first = try array(a)
    let last = try array(b)
    let type = ValueType(element, type.extents)
    let n = type.extents.first?.fixedLength ?? 0
    let shares = (0..<n).map { n == 1 ? 0 : Double($0) / Double(n - 1) }
    if let x = scope.builder.constantValue(first)?.uniform,
      let y = scope.builder.constantValue(last)?.uniform
    {
      let numbers = shares.enumerated().map { i, share in
        i == n - 1 && n > 1 ? y : x + (y - x) * share
      }
      let rounded = element == .f32 ? numbers.map { Double(Float($0)) } : numbers
      return scope.builder.constant(rounded, type)
    }
    let ends = common([first, last]).map { scope.builder.convert($0, to: element) }
    let from = scope.builder.broadcast(ends[0], to: type.extents, axes: [])
    let to = scope.builder.broadcast(ends[1], to: type.extents, axes: [])
    let share = scope.builder.constant(shares, type)
    let rest = scope.builder.constant(shares.map { 1 - $0 }, type)
    return scope.builder.add(scope.builder.mul(from, rest), scope.builder.mul(to, share))
  }
}
