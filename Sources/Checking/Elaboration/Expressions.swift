import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  /// What an expression means here.
  mutating func evaluate(_ expression: Expression) -> Meaning {
    deeper(expression.span) { $0.evaluateInner(expression) }
  }

  /// An expression that must be a run-time value.
  mutating func elaborate(_ expression: Expression) -> TypedExpression {
    let value = evaluate(expression)
    return asExpression(value, expression.span)
  }

  /// A value as a typed expression; reports what exists only at compile time.
  mutating func asExpression(_ value: Meaning, _ span: Span) -> TypedExpression {
    switch value {
    case .expression(let typed): return typed
    case .invalid: return .invalid(span)
    case .record(let fields):
      let typed = fields.map { ($0.name, asExpression($0.value, span)) }
      if typed.contains(where: { $0.1.isInvalid }) { return .invalid(span) }
      return TypedExpression(
        .record(typed.map(\.1)), .record(typed.map { Field($0.0, $0.1.type) }), span)
    case .tuple(let parts):
      let typed = parts.map { asExpression($0, span) }
      if typed.contains(where: \.isInvalid) { return .invalid(span) }
      return TypedExpression(.tuple(typed), .tuple(typed.map(\.type)), span)
    case .range(let range): return integerRange(range) ?? .invalid(span)
    case .distribution:
      return failed(
        Diagnostic(
          .distributionAsValue, "a distribution stands where a number is needed",
          at: Label(span),
          help: ["`sample d` draws from it; `x ~ d` gives it as a prior or a likelihood"]), span)
    case .function, .intrinsic, .closure, .template, .instance, .family:
      return failed(
        .unusableValue(value.kindText, at: span, help: ["call it: `f(x)` or `x |> f`"]), span)
    case .ode, .part, .loss, .method, .solver, .openWidth, .term:
      return failed(.unusableValue(value.kindText, at: span), span)
    }
  }

  private mutating func evaluateInner(_ expression: Expression) -> Meaning {
    let span = expression.span
    switch expression.kind {
    case .number(let literal): return .expression(numeral(literal))
    case .string(let text): return .expression(TypedExpression(.text(text), .string, span))
    case .column: return fail(.columnMisplaced(at: span))
    case .bool(let value): return .expression(boolean(value, span))
    case .constant(let constant):
      switch constant {
      case .pi: return .expression(number(Double.pi, span))
      case .inf: return .expression(number(.infinity, span))
      case .nan: return .expression(number(.nan, span))
      }
    case .name(let name): return lookUp(name)
    case .tuple(let parts): return tupleValue(parts.map { evaluate($0) }, span)
    case .bracket(let parts): return bracket(parts, span)
    case .record(let fields): return record(fields, span)
    case .prefix(let op, let operand): return prefix(op, operand, span)
    case .binary(let op, let a, let b): return binary(op, a, b, span)
    case .range(let range):
      let lower = elaborate(range.lower)
      let upper = elaborate(range.upper)
      if lower.isInvalid || upper.isInvalid { return .invalid }
      return .range(
        RangeValue(lower: lower, upper: upper, isClosed: range.isClosed, span: span))
    case .pipe(let input, let stage): return pipe(input, into: stage, span)
    case .call(let call): return self.call(call, span)
    case .index(let base, let subscripts): return index(base, subscripts, span)
    case .field(let base, let name): return field(evaluate(base), name, base.span, span)
    case .element(let base, let index): return element(evaluate(base), index, base.span, span)
    case .derivative(of: let base, order: let order):
      return derivativeOfExpression(base, order, span)
    case .conditional(let conditional): return self.conditional(conditional, span)
    case .block(let block): return self.block(block)
    case .closure(let closure): return .closure(ClosureValue(closure: closure, frame: frame))
    case .invalid: return .invalid
    }
  }

  // MARK: structure

  /// A tuple: of run-time values where all are, else a compile-time one.
  func tupleValue(_ parts: [Meaning], _ span: Span) -> Meaning {
    var typed: [TypedExpression] = []
    for part in parts {
      guard case .expression(let value) = part else { return .tuple(parts) }
      typed.append(value)
    }
    return .expression(TypedExpression(.tuple(typed), .tuple(typed.map(\.type)), span))
  }

  func recordValue(_ fields: [(name: String, value: Meaning)], _ span: Span) -> Meaning {
    var typed: [TypedExpression] = []
    for field in fields {
      guard case .expression(let value) = field.value else { return .record(fields) }
      typed.append(value)
    }
    let types = zip(fields, typed).map { Field($0.name, $1.type) }
    return .expression(TypedExpression(.record(typed), .record(types), span))
  }

  private mutating func record(_ fields: [RecordField], _ span: Span) -> Meaning {
    var seen: [String: Span] = [:]
    var values: [(name: String, value: Meaning)] = []
    for field in fields {
      if let first = seen[field.name.spelling] {
        report(.duplicateName(field.name.spelling, at: field.name.span, first: first))
      }
      seen[field.name.spelling] = field.name.span
      values.append((field.name.spelling, evaluate(field.value)))
    }
    if values.contains(where: { if case .invalid = $0.value { true } else { false } }) {
      return .invalid
    }
    return recordValue(values, span)
  }

  private mutating func bracket(_ parts: [Expression], _ span: Span) -> Meaning {
    let areBrackets =
      !parts.isEmpty
      && parts.allSatisfy { if case .bracket = $0.kind { true } else { false } }
    let meanings = parts.map { evaluate($0) }
    // A shape with an open width exists only at compile time.
    if meanings.contains(where: { if case .openWidth = $0 { true } else { false } }) {
      return .tuple(meanings)
    }
    let values = zip(meanings, parts).map { asExpression($0, $1.span) }
    return .expression(areBrackets ? stack(values, span) : join(values, span))
  }

  // MARK: operators

  private mutating func prefix(_ op: PrefixOperator, _ operand: Expression, _ span: Span) -> Meaning
  {
    switch op.kind {
    case .negate:
      let value = elaborate(operand)
      return .expression(elementwise("neg", [value], span, symbol: "-"))
    case .not:
      let value = elaborate(operand)
      return .expression(elementwise("not", [value], span, symbol: "!"))
    case .sample:
      let value = evaluate(operand)
      samples += 1
      return .expression(sample(value, operand.span, span))
    }
  }

  private mutating func binary(
    _ op: BinaryOperator, _ a: Expression, _ b: Expression, _ span: Span
  ) -> Meaning {
    let left = elaborate(a)
    // A constant condition decides before the other side is looked at.
    if op.kind == .and, left.booleanLiteral == false { return .expression(boolean(false, span)) }
    if op.kind == .or, left.booleanLiteral == true { return .expression(boolean(true, span)) }
    let right = elaborate(b)
    let name: String
    switch op.kind {
    case .matrixProduct: return .expression(matrixProduct(left, right, span))
    case .or: name = "or"
    case .and: name = "and"
    case .equal: name = "eq"
    case .notEqual: name = "ne"
    case .less: name = "lt"
    case .lessOrEqual: name = "le"
    case .greater: name = "gt"
    case .greaterOrEqual: name = "ge"
    case .add: name = "add"
    case .subtract: name = "sub"
    case .multiply: name = "mul"
    case .divide: name = "div"
    case .power: name = "pow"
    }
    return .expression(elementwise(name, [left, right], span, symbol: op.kind.rawValue))
  }

  // MARK: ranges

  /// A range of integers as an array; nil after a report.
  mutating func integerRange(_ range: RangeValue) -> TypedExpression? {
    guard let bounds = integerBounds(range) else { return nil }
    let count = max(0, Checker.distance(bounds))
    guard count <= 1 << 24 else {
      report(.integerExpected("the length of a range", found: "\(count)", at: range.span))
      return nil
    }
    let type = Type.tensor(TensorType(.integer, Shape([count])))
    if count <= 4096 {
      return TypedExpression(
        .array((0..<count).map { Double(bounds.lower + $0) }), type, range.span)
    }
    let iota = TypedExpression(.iota, type, range.span)
    return elementwise("add", [iota, integer(bounds.lower, range.span)], range.span)
  }

  /// The length of half-open bounds; the largest integer where it overflows.
  static func distance(_ bounds: (lower: Int, upper: Int)) -> Int {
    if bounds.upper <= bounds.lower { return 0 }
    let (length, overflow) = bounds.upper.subtractingReportingOverflow(bounds.lower)
    return overflow ? Int.max : length
  }

  /// Half-open bounds of a range of constant integers; reports others.
  mutating func integerBounds(_ range: RangeValue) -> (lower: Int, upper: Int)? {
    if range.lower.isInvalid || range.upper.isInvalid { return nil }
    guard let lower = range.lower.integerLiteral, let upper = range.upper.integerLiteral else {
      let wrong = range.lower.integerLiteral == nil ? range.lower : range.upper
      report(.notConstant("the bound of a range of integers", at: wrong.span))
      return nil
    }
    let (end, overflow) = upper.addingReportingOverflow(range.isClosed ? 1 : 0)
    return (lower, overflow ? upper : end)
  }

  // MARK: conditionals

  private mutating func conditional(_ node: Conditional, _ span: Span) -> Meaning {
    let condition = elaborate(node.condition)
    if condition.isInvalid {
      _ = collectingBindings { $0.elaborate(node.consequence) }
      _ = collectingBindings { $0.elaborate(node.alternative) }
      return .invalid
    }
    guard let type = tensor(condition), type.element == .boolean else {
      return fail(.conditionNotBool(found: text(condition.type), at: node.condition.span))
    }
    // Known at compile time: only the branch taken exists.
    if let decided = condition.booleanLiteral {
      return evaluate(decided ? node.consequence : node.alternative)
    }
    let a = collectingBindings { $0.elaborate(node.consequence) }
    let b = collectingBindings { $0.elaborate(node.alternative) }
    return .expression(choose(condition, a, b, span))
  }

  /// `if` at run time: both branches of one type.
  mutating func choose(
    _ condition: TypedExpression, _ a: TypedExpression, _ b: TypedExpression, _ span: Span
  ) -> TypedExpression {
    if condition.isInvalid || a.isInvalid || b.isInvalid { return .invalid(span) }
    if let x = tensor(a), let y = tensor(b) {
      var operands = [a, b]
      if x.element != y.element {
        if x.element == .boolean || y.element == .boolean {
          return failed(
            .branchesDiffer(text(a.type), text(b.type), at: span, aSpan: a.span, bSpan: b.span),
            span)
        }
        operands = operands.map { toReal($0) }
      }
      guard let label = agreeOnUnit(&operands, "if", span),
        let branchShape = align(&operands, "if", span)
      else { return .invalid(span) }
      var type = TensorType(
        tensor(operands[0])?.element ?? .real, branchShape, unit: label,
        isPadded: operands.contains { tensor($0)?.isPadded == true })
      if resolve(tensor(condition)?.shape ?? .scalar).isScalar {
        return TypedExpression(
          .conditional(condition, operands[0], operands[1]), .tensor(type), span)
      }
      var all = [condition] + operands
      guard let shape = align(&all, "if", span) else { return .invalid(span) }
      type.shape = shape
      return TypedExpression(.select(all[0], all[1], all[2]), .tensor(type), span)
    }
    guard let matched = match(b, to: a.type) else {
      return failed(
        .branchesDiffer(text(a.type), text(b.type), at: span, aSpan: a.span, bSpan: b.span), span)
    }
    guard tensor(condition)?.shape.isScalar == true else {
      return failed(.conditionNotBool(found: text(condition.type), at: condition.span), span)
    }
    return TypedExpression(.conditional(condition, a, matched), a.type, span)
  }

  // MARK: blocks

  /// A block's value; what it binds is bound where the block stands.
  mutating func block(_ block: Block) -> Meaning {
    let saved = frame
    defer { frame = saved }
    for statement in block.statements { localStatement(statement) }
    guard let value = block.value else {
      return .expression(TypedExpression(.tuple([]), .nothing, block.span))
    }
    return evaluate(value)
  }

  mutating func evaluate(_ body: Body) -> Meaning {
    switch body {
    case .expression(let expression): evaluate(expression)
    case .block(let block): self.block(block)
    }
  }

  private mutating func localStatement(_ statement: LocalStatement) {
    switch statement {
    case .let(let bindings):
      for binding in bindings { bindLocal(binding, isVariable: false) }
    case .var(let bindings):
      for binding in bindings { bindLocal(binding, isVariable: true) }
    case .const(let bindings):
      for binding in bindings {
        let value = evaluate(binding.value)
        if case .expression(let typed) = value, !typed.isInvalid, !typed.isConstant {
          report(.notConstant("`const \(binding.name.spelling)`", at: binding.value.span))
        }
        declare(binding.name, value, isVariable: false)
      }
    case .param(let bindings):
      for binding in bindings { localParam(binding) }
    case .assign(let assignment): assign(assignment)
    case .for(let loop): localLoop(loop)
    case .observe(let observation): observe(observation)
    case .invalid: break
    }
  }

  mutating func declare(_ name: Name, _ value: Meaning, isVariable: Bool) {
    if name.isWildcard { return }
    if frame.odeScope != nil { warnOfHiddenTime(name) }
    frame.names[name.spelling] = LocalName(value: value, isVariable: isVariable, span: name.span)
    recorder?.note(name, value, definition: name.span)
  }

  private mutating func bindLocal(_ binding: Binding, isVariable: Bool) {
    var value = evaluateNamed(binding.value, as: binding.name)
    if let annotation = binding.type, case .expression(let typed) = value {
      value = .expression(annotated(typed, annotation, what: "`\(binding.name.spelling)`"))
    }
    if case .expression(let typed) = value {
      value = .expression(
        frame.differentiated.contains(binding.name.spelling)
          ? named(typed, binding.name.spelling) : bind(typed, name: binding.name.spelling))
    }
    warnOfHiddenVariable(binding.name)
    declare(binding.name, value, isVariable: isVariable)
  }

  /// A value that gets a name: a layer or a `learn` takes its weights' path from it.
  mutating func evaluateNamed(_ expression: Expression, as name: Name) -> Meaning {
    if case .call(let call) = expression.kind, case .name(let callee) = call.callee.kind,
      callee.spelling == "learn"
    {
      return deeper(expression.span) { $0.learn(call, expression.span, name: name.spelling) }
    }
    let value = evaluate(expression)
    if case .instance(var instance) = value, instance.path == nil, let owner = frame.owner {
      instance.path = owners[owner].path(named: name.spelling)
      return .instance(instance)
    }
    return value
  }

  private mutating func assign(_ assignment: Assignment) {
    let name = assignment.target
    guard let old = frame.names[name.spelling] else {
      report(
        Diagnostic(
          .notAVariable, "there is no variable `\(name.spelling)` to give a new value",
          at: Label(name.span),
          help: [
            Suggestions.nearest(to: name.spelling, in: Array(frame.names.keys)).map {
              "did you mean `\($0)`?"
            } ?? "a new name is introduced by `let \(name.spelling) = …`"
          ]))
      return
    }
    guard old.isVariable else {
      report(.assignmentToConstant(name.spelling, at: name.span, declared: old.span))
      return
    }
    var value = evaluate(assignment.value)
    if case .expression(let typed) = value {
      value = .expression(bind(typed, name: name.spelling))
    }
    frame.names[name.spelling]?.value = value
  }

  private mutating func localLoop(_ loop: ForLoop<LocalStatement>) {
    guard let bounds = loopBounds(loop.range) else { return }
    warnOfHiddenVariable(loop.variable)
    let outer = frame.names
    var index = bounds.lower
    while index < bounds.upper {
      declare(loop.variable, .expression(integer(index, loop.variable.span)), isVariable: false)
      for statement in loop.body { localStatement(statement) }
      // Names of the body end with it; variables of outside keep what they were given.
      var names = outer
      for (name, entry) in outer where entry.isVariable {
        if let now = frame.names[name], now.isVariable, now.span == entry.span { names[name] = now }
      }
      frame.names = names
      index += 1
    }
  }

  /// Bounds of a compile-time loop.
  mutating func loopBounds(_ expression: Expression) -> (lower: Int, upper: Int)? {
    let value = evaluate(expression)
    switch value {
    case .invalid: return nil
    case .range(let range):
      if range.lower.isInvalid || range.upper.isInvalid { return nil }
      guard range.lower.integerLiteral != nil, range.upper.integerLiteral != nil else {
        report(
          Diagnostic(
            .runTimeLoop, "a `for` runs over integers known at compile time",
            at: Label(expression.span, "this is known only when the program runs"),
            help: ["`fold`, `scan` and `map` loop over values"]))
        return nil
      }
      guard let bounds = integerBounds(range) else { return nil }
      if Checker.distance(bounds) > 100_000 {
        report(
          Diagnostic(
            .runTimeLoop, "this loop would be unrolled \(Checker.distance(bounds)) times",
            at: Label(expression.span), help: ["`fold` makes a loop that is not unrolled"]))
        return nil
      }
      return bounds
    case .expression, .function, .closure, .template, .instance, .intrinsic, .family,
      .distribution, .ode, .part, .loss, .method, .solver, .record, .tuple, .openWidth, .term:
      report(
        Diagnostic(
          .rangeExpected, "a `for` runs over a range, found \(found(value))",
          at: Label(expression.span), help: ["write `for i in 0..<n { … }`"]))
      return nil
    }
  }
}
