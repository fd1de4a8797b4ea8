import NodalIR
import NodalOperations
import NodalTypes

extension Lowering {
  mutating func lower(_ expression: TypedExpression) throws(IRError) -> LoweredValue {
    do {
      return try lowerUnplaced(expression)
    } catch {
      // A number that is repeated to fit was written elsewhere: what it is to fit has the better place.
      if case .broadcast = expression.kind { throw error }
      throw placed(error, at: expression)
    }
  }

  private mutating func lowerUnplaced(
    _ expression: TypedExpression
  ) throws(IRError) -> LoweredValue {
    switch expression.kind {
    case .number(let x): return .array(constant(x, ValueType(element)))
    case .integer(let n): return .array(constant(Double(n), ValueType(.i64)))
    case .boolean(let flag): return .array(constant(flag ? 1 : 0, ValueType(.bool)))
    case .text(let text): return .text(text)
    case .array(let numbers):
      let type = try arrayType(expression)
      let rounded = type.element == .f32 ? numbers.map { Double(Float($0)) } : numbers
      return .array(scope.builder.constant(rounded, type))
    case .size(let size):
      return .array(constant(Double(try length(size)), ValueType(.i64)))
    case .local(let local): return try read(local)
    case .session(let name): return try readSession(name, path: [], expression.type)
    case .weight(let weight): return try read(weight)
    case .weights(let weight): return try readAll(weight)

    case .elementwise(let name, let operands):
      return .array(try elementwise(name, operands))
    case .select(let condition, let a, let b):
      let c = try array(condition)
      let sides = common([
        try side(a, takenFor: c), try side(b, takenFor: scope.builder.not(c)),
      ])
      return .array(scope.builder.select(c, sides[0], sides[1]))
    case .toReal(let x):
      let value = try array(x)
      return .array(scope.builder.convert(value, to: element))
    case .scaled(let x, let factor):
      let value = try array(x)
      return .array(scope.builder.mul(value, factor))
    case .relabelled(let x): return try lower(x)

    case .broadcast, .reduce, .matmul, .windows, .convolve, .pick, .concatenate, .stack, .reshape,
      .transpose, .reverse, .slice,
      .index, .gather, .shift, .linspace, .iota:
      return .array(try arrangement(expression))

    case .tuple(let parts):
      var values: [LoweredValue] = []
      for part in parts { values.append(try lower(part)) }
      return .tuple(values)
    case .element(let tuple, let index):
      guard case .tuple(let parts) = try lower(tuple), parts.indices.contains(index) else {
        throw IRError("element \(index) of something that is not a tuple")
      }
      return parts[index]
    case .record(let values):
      guard case .record(let fields) = expression.type, fields.count == values.count else {
        throw IRError("a record of another type")
      }
      var result: [LoweredField] = []
      for (field, value) in zip(fields, values) {
        result.append(LoweredField(field.name, try lower(value)))
      }
      return .record(result)
    case .field(let base, let name):
      return try field(name, of: base, expression)
    case .bindings(let bounds, let body):
      for bound in bounds { scope.locals[bound.local] = try lower(bound.value) }
      return try lower(body)

    case .conditional(let condition, let a, let b): return try conditional(condition, a, b)
    case .fold(let fold): return try self.fold(fold, collects: false)
    case .scan(let fold): return try self.fold(fold, collects: true)
    case .map(let mapped): return try map(mapped, expression.type)

    case .calculus(let calculus): return .array(try derivative(calculus))
    case .draw(let draw): return .array(try random(draw, expression))
    case .solve(let solve): return .solution(try lowerSolve(solve, expression.type))
    case .point(let point): return try lowerPoint(point)
    case .spectral(let kind, _):
      throw IRError(
        "only the session evaluates this", refusal: Refusal(.spectral(kind.rawValue), origin: nil))
    case .interpolate, .part:
      throw IRError("only the session evaluates this")
    case .example(let dataset, let index):
      if let (name, path) = expression.sessionPath {
        return try readSession(name, path: path, expression.type)
      }
      return try example(of: dataset, at: index)
    case .invalid:
      throw IRError("a program with mistakes is not lowered")
    }
  }

  // MARK: Arrays

  func arrayType(_ expression: TypedExpression) throws(IRError) -> ValueType {
    guard let tensor = expression.type.tensor else {
      throw IRError("\(expression.type) where an array is meant")
    }
    return try valueType(tensor)
  }

  /// The array that an expression is.
  mutating func array(_ expression: TypedExpression) throws(IRError) -> Value {
    guard case .array(let value) = try lower(expression) else {
      throw IRError("\(expression.type) where an array is meant")
    }
    return value
  }

  mutating func constant(_ number: Double, _ type: ValueType) -> Value {
    scope.builder.constant(type.element == .f32 ? Double(Float(number)) : number, type)
  }

  /// Reals that meet in one op get the element type in force: times are f64 in f32 programs too.
  mutating func common(_ values: [Value]) -> [Value] {
    let elements = Set(values.map { scope.builder.type($0).element })
    guard elements.count > 1, elements.allSatisfy(\.isFloating) else { return values }
    return values.map { scope.builder.convert($0, to: element) }
  }

  private mutating func elementwise(
    _ name: String, _ operands: [TypedExpression]
  ) throws(IRError) -> Value {
    guard let row = Operations.row(named: name) else { throw IRError("no op is named \(name)") }
    var values: [Value] = []
    for operand in operands { values.append(try array(operand)) }
    values = common(values)
    if row.hasPoles { values = values.enumerated().map { harmless($1, operand: $0, of: row) } }
    return scope.builder.apply(row, values)
  }

  /// A side of an elementwise `if`.
  private mutating func side(
    _ expression: TypedExpression, takenFor mask: Value
  ) throws(IRError) -> Value {
    let outer = taken
    defer { taken = outer }
    let inner = outer.flatMap { outer in
      outer.scope === scope && scope.builder.type(outer.mask) == scope.builder.type(mask)
        ? scope.builder.and(outer.mask, mask) : nil
    }
    taken = (inner ?? mask, scope)
    return try array(expression)
  }

  /// The operand of an op that has poles. Where the side of an `if` isn't taken it is a number at which the op is smooth: else a derivative of nothing times one
  /// that is infinite were no number.
  private mutating func harmless(_ x: Value, operand: Int, of row: OpRow) -> Value {
    guard let taken, taken.scope === scope, scope.builder.constantValue(x) == nil,
      let place = row.smoothPlace(ofOperand: operand), scope.builder.type(x).element.isFloating,
      scope.builder.type(x).extents == scope.builder.type(taken.mask).extents
    else { return x }
    return scope.builder.select(
      taken.mask, x, scope.builder.constant(place, scope.builder.type(x)))
  }

  // MARK: Structure

  private mutating func field(
    _ name: String, of base: TypedExpression, _ whole: TypedExpression
  ) throws(IRError) -> LoweredValue {
    if let (session, path) = base.sessionPath {
      return try readSession(session, path: path + [name], whole.type)
    }
    switch try lower(base) {
    case .record(let fields):
      if let field = fields.first(where: { $0.name == name }) { return field.value }
    case .solution(let solution):
      if let field = solution.field(name) { return field }
      throw IRError(
        "a solution without samples has no \(name)",
        refusal: Refusal(.acceptedSteps, origin: nil))
    case .array, .tuple, .text, .nothing:
      break
    }
    throw IRError("\(base.type) has no field \(name)")
  }

  private mutating func example(
    of dataset: TypedExpression, at index: TypedExpression
  ) throws(IRError) -> LoweredValue {
    let whole = try lower(dataset)
    let i = try array(index)
    return try whole.mapLeaves { (leaf) throws(IRError) in
      pick(leaf, i, index.span)
    }
  }

  private mutating func conditional(
    _ condition: TypedExpression, _ a: TypedExpression, _ b: TypedExpression
  ) throws(IRError) -> LoweredValue {
    let test = try array(condition)
    if let constant = scope.builder.constantValue(test)?.uniform {
      return try lower(constant != 0 ? a : b)
    }
    let outer = scope
    func side(_ body: TypedExpression) throws(IRError) -> (RegionScope, LoweredValue) {
      scope = RegionScope(.plain, parent: outer, parameters: [])
      defer { scope = outer }
      let value = try lower(body)
      return (scope, value)
    }
    let (trueScope, trueValue) = try side(a)
    let (falseScope, falseValue) = try side(b)
    var operands = trueScope.captured(sliced: false)
    for value in falseScope.captured(sliced: false) where !operands.contains(value) {
      operands.append(value)
    }
    let branch = Branch(
      whenTrue: try trueScope.finish(trueValue.leaves, shared: operands),
      whenFalse: try falseScope.finish(falseValue.leaves, shared: operands))
    let results = scope.builder.emit(.branch(branch), [test] + operands)
    return try trueValue.rebuilt(from: results)
  }
}

extension TypedExpression {
  /// A session value, or a way of fields and numbers of examples in one.
  package var sessionPath: (name: String, path: [String])? {
    if case .session(let name) = kind { return (name, []) }
    if case .example(let data, let at) = kind, case .dataset = data.type,
      let index = at.integerLiteral, index >= 0, let (name, path) = data.sessionPath
    {
      return (name, path + [String(index)])
    }
    guard case .field(let base, let field) = kind, let (name, path) = base.sessionPath else {
      return nil
    }
    return (name, path + [field])
  }
}
