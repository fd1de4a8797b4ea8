import NodalDiagnostics
import NodalTypes

/// Ops and products in a monotone term: what goes with their operands, and which weights are replaced.
extension Checker {
  mutating func monotone(
    _ op: String, _ operands: [TypedExpression], _ value: TypedExpression,
    _ walk: inout MonotoneWalk
  ) throws(MonotoneObstacle) -> (TypedExpression, MonotoneTrends) {
    if let inner = value.risingWhole {
      let (changed, trends) = try monotone(inner, &walk)
      guard case .local(let id) = inner.kind else { return (value, trends) }
      return (value.substituting([id: changed]), trends)
    }
    var result = value
    if operands.count == 1, let operand = operands.first {
      let falls = MonotoneTrend.fallingOps.contains(op)
      guard falls || MonotoneTrend.risingOps.contains(op) else {
        throw MonotoneObstacle(.op(op), value.span)
      }
      let (inner, trends) = try monotone(operand, &walk)
      result.kind = .elementwise(op, [inner])
      return (result, falls ? trends.reversed : trends)
    }
    guard operands.count == 2 else { throw MonotoneObstacle(.op(op), value.span) }
    let (a, b) = (operands[0], operands[1])
    switch op {
    case "add", "sub", "min", "max":
      let (left, first) = try monotone(a, &walk)
      let (right, second) = try monotone(b, &walk)
      result.kind = .elementwise(op, [left, right])
      return (
        result, try together(first, op == "sub" ? second.reversed : second, value.span)
      )
    case "mul":
      if !depends(b, &walk) { return try scaled(a, by: b, value, isFirst: true, &walk) }
      if !depends(a, &walk) { return try scaled(b, by: a, value, isFirst: false, &walk) }
      throw MonotoneObstacle(.product, value.span)
    case "div":
      guard !depends(b, &walk) else { throw MonotoneObstacle(.product, value.span) }
      let (inner, trends) = try monotone(a, &walk)
      result.kind = .elementwise(op, [inner, b])
      switch sign(of: b) {
      case .positive: return (result, trends)
      case .negative: return (result, trends.reversed)
      case .unknown: throw MonotoneObstacle(.sign, value.span)
      }
    case "pow":
      guard let power = b.literal, power > 0, power.remainder(dividingBy: 2).magnitude == 1 else {
        throw MonotoneObstacle(.op("^"), value.span)
      }
      let (inner, trends) = try monotone(a, &walk)
      result.kind = .elementwise(op, [inner, b])
      return (result, trends)
    // The names of ops are no enum of ours: whatever isn't known to go with its operands is refused.
    default: throw MonotoneObstacle(.op(op), value.span)
    }
  }

  // MARK: products

  /// Elements times a factor that doesn't depend on what is named.
  private mutating func scaled(
    _ x: TypedExpression, by factor: TypedExpression, _ value: TypedExpression, isFirst: Bool,
    _ walk: inout MonotoneWalk
  ) throws(MonotoneObstacle) -> (TypedExpression, MonotoneTrends) {
    let (inner, trends) = try monotone(x, &walk)
    var result = value
    func product(_ factor: TypedExpression) -> TypedExpression.Kind {
      .elementwise("mul", isFirst ? [inner, factor] : [factor, inner])
    }
    result.kind = product(factor)
    if trends.isConstant { return (result, trends) }
    // Before signs are looked at: what is multiplied by 0 depends on nothing any more.
    if case .array(let factors) = factor.kind, let own = trends.components(factors.count),
      let shape = tensor(value).flatMap({ resolve($0.shape).values }), shape == [factors.count]
    {
      let each = zip(factors, own).map { factor, trend in
        factor == 0 ? .constant : factor > 0 ? trend : trend.reversed
      }
      return (result, .each(each))
    }
    switch sign(of: factor) {
    case .positive: return (result, trends)
    case .negative: return (result, trends.reversed)
    case .unknown: break
    }
    guard walk.steers, isFree(factor) else { throw MonotoneObstacle(.sign, value.span) }
    let absolute = elementwise("abs", [factor], value.span)
    switch trends {
    case .all(let trend):
      let turned =
        trend == walk.goal ? absolute : elementwise("neg", [absolute], value.span)
      result.kind = product(turned)
      return (result, .all(walk.goal))
    case .each(let components):
      let parts = masks(components, walk.goal, value.span)
      let turned = elementwise("mul", [inner, parts.turned], value.span)
      let steered = elementwise("mul", [turned, absolute], value.span)
      let untouched = elementwise("mul", [inner, parts.free], value.span)
      let free = elementwise("mul", [untouched, factor], value.span)
      return (
        TypedExpression(.elementwise("add", [free, steered]), value.type, value.span),
        .each(components.map { $0 == .constant ? .constant : walk.goal })
      )
    }
  }

  /// A matrix product. Rows of weights that meet what depends on what is named take part by their absolute values, those that meet the rest as they are.
  mutating func monotoneProduct(
    _ a: TypedExpression, _ b: TypedExpression, _ value: TypedExpression,
    _ walk: inout MonotoneWalk
  ) throws(MonotoneObstacle) -> (TypedExpression, MonotoneTrends) {
    let isLeft = depends(a, &walk)
    if isLeft, depends(b, &walk) { throw MonotoneObstacle(.product, value.span) }
    let weights = isLeft ? b : a
    let (x, trends) = try monotone(isLeft ? a : b, &walk)
    func product(_ x: TypedExpression, _ weights: TypedExpression) -> TypedExpression {
      TypedExpression(
        isLeft ? .matmul(x, weights) : .matmul(weights, x), value.type, value.span)
    }
    let whole = product(x, weights)
    if trends.isConstant { return (whole, .constant) }
    switch sign(of: weights) {
    case .positive: return (whole, .all(try joined(trends, value.span)))
    case .negative: return (whole, .all(try joined(trends, value.span).reversed))
    case .unknown: break
    }
    guard walk.steers, isFree(weights) else { throw MonotoneObstacle(.sign, value.span) }
    let absolute = elementwise("abs", [weights], value.span)
    switch trends {
    case .all(let trend):
      let turned = trend == walk.goal ? x : elementwise("neg", [x], value.span)
      return (product(turned, absolute), .all(walk.goal))
    case .each(let components):
      let parts = masks(components, walk.goal, value.span)
      if components.allSatisfy({ $0 == walk.goal }) {
        return (product(x, absolute), .all(walk.goal))
      }
      let turned = elementwise("mul", [x, parts.turned], value.span)
      let steered = product(turned, absolute)
      guard components.contains(.constant) else { return (steered, .all(walk.goal)) }
      let free = product(elementwise("mul", [x, parts.free], value.span), weights)
      return (
        TypedExpression(.elementwise("add", [free, steered]), value.type, value.span),
        .all(walk.goal)
      )
    }
  }

  /// 1 and -1 where a component depends on what is named, so that it goes as wanted; and 1 where it doesn't.
  private func masks(
    _ components: [MonotoneTrend], _ goal: MonotoneTrend, _ span: Span
  ) -> (turned: TypedExpression, free: TypedExpression) {
    func mask(_ values: [Double]) -> TypedExpression {
      TypedExpression(.array(values), .real(Shape([values.count])), span)
    }
    return (
      mask(components.map { $0 == .constant ? 0 : $0 == goal ? 1 : -1 }),
      mask(components.map { $0 == .constant ? 1 : 0 })
    )
  }

  // MARK: factors

  /// A network's weight, whose sign says nothing to anybody.
  private func isFree(_ value: TypedExpression) -> Bool {
    switch value.kind {
    case .weight(let id): environment.weights[id]?.kind == .network && sign(of: value) == .unknown
    case .relabelled(let a), .broadcast(let a), .reshape(let a), .toReal(let a),
      .transpose(let a, axes: _):
      isFree(a)
    case .local(let id): definitions[id].map { isFree($0) } ?? false
    case .number, .integer, .boolean, .text, .array, .size, .session, .weights, .elementwise,
      .select, .scaled, .reduce, .matmul, .windows, .convolve, .concatenate, .stack, .reverse,
      .slice, .index, .pick, .gather, .shift, .linspace, .iota, .tuple, .element, .record, .field,
      .bindings, .conditional, .fold, .scan, .map, .calculus, .draw, .solve, .point, .spectral,
      .interpolate, .example, .part, .invalid:
      false
    }
  }

  /// The one sign that a value has, as far as its form shows it; 0 counts as either.
  func sign(of value: TypedExpression) -> FactorSign {
    func common(ofAll numbers: [Double]) -> FactorSign {
      numbers.allSatisfy { $0 >= 0 }
        ? .positive : numbers.allSatisfy { $0 <= 0 } ? .negative : .unknown
    }
    switch value.kind {
    case .number(let number): return common(ofAll: [number])
    case .integer(let number): return common(ofAll: [Double(number)])
    case .array(let numbers): return common(ofAll: numbers)
    case .boolean, .size, .iota: return .positive
    case .weight(let id), .weights(let id):
      guard let weight = environment.weights[id] else { return .unknown }
      // The one buffer that things are divided by; a column that doesn't vary leaves it at 1.
      if weight.kind == .buffer { return weight.path.hasSuffix(".scale") ? .positive : .unknown }
      return weight.domain.lower >= 0
        ? .positive : weight.domain.upper <= 0 ? .negative : .unknown
    case .local(let id): return definitions[id].map { self.sign(of: $0) } ?? .unknown
    case .toReal(let a), .relabelled(let a), .broadcast(let a), .reshape(let a),
      .transpose(let a, axes: _), .bindings(_, let a):
      return self.sign(of: a)
    case .scaled(let a, let factor):
      return factor < 0 ? self.sign(of: a).reversed : self.sign(of: a)
    case .elementwise(let op, let operands): return sign(of: op, operands)
    case .text, .session, .select, .reduce, .matmul, .windows, .convolve, .concatenate, .stack,
      .reverse, .slice, .index, .pick, .gather, .shift, .linspace, .tuple, .element, .record,
      .field, .conditional, .fold, .scan, .map, .calculus, .draw, .solve, .point, .spectral,
      .interpolate, .example, .part, .invalid:
      return .unknown
    }
  }

  private func sign(of op: String, _ operands: [TypedExpression]) -> FactorSign {
    if ["abs", "exp", "sqrt", "cosh"].contains(op) { return .positive }
    let signs = operands.map { sign(of: $0) }
    guard let first = signs.first, !signs.contains(.unknown) else { return .unknown }
    if op == "neg" { return first.reversed }
    guard signs.count == 2 else { return .unknown }
    if op == "add" || op == "max" || op == "min" { return first == signs[1] ? first : .unknown }
    if op == "mul" || op == "div" { return first == signs[1] ? .positive : .negative }
    return .unknown
  }
}

extension TypedExpression {
  /// The x of what rises with it as a whole, though its parts don't: the prelude's softplus, max(x, 0) + log1p(exp(-|x|)), and softsign, x/(1 + |x|).
  fileprivate var risingWhole: TypedExpression? {
    guard case .elementwise(let op, let operands) = kind, operands.count == 2 else { return nil }
    let x: TypedExpression
    let size: TypedExpression?
    if op == "add" {
      guard let top = operands[0].operands(of: "max"), top.count == 2, top[1].isLiteralZero else {
        return nil
      }
      x = top[0]
      size = operands[1].operand(of: "log1p")?.operand(of: "exp")?.operand(of: "neg")?
        .operand(of: "abs")
    } else if op == "div" {
      guard let below = operands[1].operands(of: "add"), below.count == 2,
        below[0].repeated.literal.map({ $0 > 0 }) == true
      else { return nil }
      x = operands[0]
      size = below[1].operand(of: "abs")
    } else {
      return nil
    }
    guard case .local(let id) = x.kind, case .local(let other)? = size?.kind, id == other else {
      return nil
    }
    return x
  }

  private func operands(of op: String) -> [TypedExpression]? {
    if case .elementwise(op, let operands) = kind { operands } else { nil }
  }

  private func operand(of op: String) -> TypedExpression? {
    operands(of: op)?.first
  }

  /// Without the repetition that fits it to others.
  private var repeated: TypedExpression {
    if case .broadcast(let inner) = kind { inner } else { self }
  }
}
