import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// `monotone(x)`: a network that never falls with x, whatever its weights are.
///
/// Weights that multiply what depends on x enter by their absolute values, and what is done to it besides goes up where it does. So the term rises with x,
/// and is free in everything else: rows of weights that meet other inputs keep their signs (Sill 1998, Monotonic networks, who takes exponentials of weights; Daniels and Velikova 2010,
/// Monotone and partially monotone neural networks). One layer of tanh between such weights approximates any function that is monotone in one variable; in several it takes more layers.
///
/// Where a weight is 0 the derivative of its absolute value is 0: weights that begin there stay.
extension Checker {
  /// What is named, and whether the term reads it.
  mutating func monotoneVariables(
    _ structures: [WrittenStructure], of value: TypedExpression, _ term: String
  ) -> MonotoneVariables? {
    var variables = MonotoneVariables()
    for written in structures {
      let name = written.property.rawValue
      guard !written.node.arguments.isEmpty else {
        report(.missingArgument("x", of: name, at: written.span))
        return nil
      }
      for argument in written.node.arguments {
        let variable = elaborate(argument.value)
        if variable.isInvalid { return nil }
        guard let (id, trends) = trend(ofNamed: variable, .rising) else {
          report(.monotoneInNoName(sourceText(argument.span), at: argument.span))
          return nil
        }
        let text = sourceText(argument.span)
        guard let joined = (variables.trends[id] ?? .constant).joined(with: trends) else {
          report(.bothWays(text, at: argument.span))
          return nil
        }
        var walk = MonotoneWalk(MonotoneVariables(trends: [id: trends]), steers: false)
        guard depends(value, &walk) else {
          report(.unreadByTerm(text, term, at: argument.span))
          return nil
        }
        variables.trends[id] = joined
      }
    }
    return variables
  }

  /// `x`, `-x`, `x[1]`.
  private func trend(
    ofNamed variable: TypedExpression, _ trend: MonotoneTrend
  ) -> (LocalID, MonotoneTrends)? {
    if case .local(let id) = variable.kind { return (id, .all(trend)) }
    if case .elementwise("neg", let operands) = variable.kind, let operand = operands.first {
      return self.trend(ofNamed: operand, trend.reversed)
    }
    guard case .index(let base, axis: 0, at: let place) = variable.kind,
      case .local(let id) = base.kind, let index = place.integerLiteral,
      let shape = tensor(base).map({ resolve($0.shape) })?.values, shape.count == 1,
      shape[0] > 0, (0..<shape[0]).contains(index)
    else { return nil }
    var trends = Array(repeating: MonotoneTrend.constant, count: shape[0])
    trends[index] = trend
    return (id, .each(trends))
  }

  /// The term with weights that make it monotone; nil after a report.
  mutating func steered(
    _ value: TypedExpression, by variables: MonotoneVariables, _ structures: [WrittenStructure],
    _ term: String
  ) -> TypedExpression? {
    walked(value, MonotoneWalk(variables, steers: true), structures, term)
  }

  /// Whether the term as it stands never falls with what is named; false after a report.
  mutating func isMonotone(
    _ value: TypedExpression, by variables: MonotoneVariables, _ structures: [WrittenStructure],
    _ term: String
  ) -> Bool {
    if value.isInvalid { return false }
    return walked(value, MonotoneWalk(variables, steers: false), structures, term) != nil
  }

  private mutating func walked(
    _ value: TypedExpression, _ walk: MonotoneWalk, _ structures: [WrittenStructure], _ term: String
  ) -> TypedExpression? {
    guard let written = structures.first else { return value }
    do throws(MonotoneObstacle) {
      return try risen(value, walk)
    } catch {
      let isOwn = !librarySources.contains(error.span.source)
      report(.notMonotone(term, error.kind, at: written.span, place: isOwn ? error.span : nil))
      return nil
    }
  }

  /// Weights make what they give rise; where the term turns that around, `-mlp(8)(x)`, they make it fall.
  private mutating func risen(
    _ value: TypedExpression, _ walk: MonotoneWalk
  ) throws(MonotoneObstacle) -> TypedExpression {
    let before = pending
    for goal in walk.steers ? [MonotoneTrend.rising, .falling] : [.rising] {
      pending = before
      var attempt = walk
      attempt.goal = goal
      let (result, trends) = try monotone(value, &attempt)
      if try joined(trends, value.span) != .falling { return result }
    }
    throw MonotoneObstacle(.falls, value.span)
  }

  /// Whether a value depends on what is named, through all definitions.
  func depends(_ value: TypedExpression, _ walk: inout MonotoneWalk) -> Bool {
    for id in value.readLocals.sorted() {
      if let known = walk.depends[id] {
        if known { return true }
        continue
      }
      walk.depends[id] = false
      let answer = definitions[id].map { depends($0, &walk) } ?? false
      walk.depends[id] = answer
      if answer { return true }
    }
    return false
  }

  // MARK: the walk

  /// A value and how it goes. With `steers` weights in it are replaced.
  mutating func monotone(
    _ value: TypedExpression, _ walk: inout MonotoneWalk
  ) throws(MonotoneObstacle) -> (TypedExpression, MonotoneTrends) {
    guard depends(value, &walk) else { return (value, .constant) }
    var result = value
    switch value.kind {
    case .local(let id):
      if let known = walk.trends[id] { return (walk.replaced[id] ?? value, known) }
      guard let definition = definitions[id] else {
        throw MonotoneObstacle(.opaque, value.span)
      }
      let (changed, trends) = try monotone(definition, &walk)
      walk.trends[id] = trends
      if walk.steers {
        let bound = bind(changed)
        walk.replaced[id] = bound
        return (bound, trends)
      }
      return (value, trends)
    case .bindings(let bound, let body):
      // What is bound inside is known inside only.
      let saved = (walk.trends, walk.replaced)
      defer { (walk.trends, walk.replaced) = saved }
      pending.append([])
      let inner: (TypedExpression, MonotoneTrends)
      do throws(MonotoneObstacle) {
        inner = try monotone(body, &walk)
      } catch {
        pending.removeLast()
        throw error
      }
      let made = pending.removeLast()
      result.kind = .bindings(bound + made, inner.0)
      return (result, inner.1)
    case .toReal(let a):
      let (inner, trends) = try monotone(a, &walk)
      result.kind = .toReal(inner)
      return (result, trends)
    case .relabelled(let a):
      let (inner, trends) = try monotone(a, &walk)
      result.kind = .relabelled(inner)
      return (result, trends)
    case .scaled(let a, let factor):
      let (inner, trends) = try monotone(a, &walk)
      result.kind = .scaled(inner, by: factor)
      return (result, factor < 0 ? trends.reversed : trends)
    case .broadcast(let a):
      let (inner, trends) = try monotone(a, &walk)
      result.kind = .broadcast(inner)
      return (result, .all(try joined(trends, value.span)))
    case .reshape(let a):
      let (inner, trends) = try monotone(a, &walk)
      result.kind = .reshape(inner)
      return (result, .all(try joined(trends, value.span)))
    case .transpose(let a, let axes):
      let (inner, trends) = try monotone(a, &walk)
      result.kind = .transpose(inner, axes: axes)
      return (result, .all(try joined(trends, value.span)))
    case .reverse(let a, let axis):
      let (inner, trends) = try monotone(a, &walk)
      result.kind = .reverse(inner, axis: axis)
      return (result, .all(try joined(trends, value.span)))
    case .slice(let a, let axis, let start):
      let (inner, trends) = try monotone(a, &walk)
      result.kind = .slice(inner, axis: axis, start: start)
      return (result, try sliced(trends, start: start, value))
    case .index(let a, let axis, let place):
      guard !depends(place, &walk) else { throw MonotoneObstacle(.opaque, value.span) }
      let (inner, trends) = try monotone(a, &walk)
      result.kind = .index(inner, axis: axis, at: place)
      if case .each(let components) = trends, let index = place.integerLiteral,
        components.indices.contains(index)
      {
        return (result, .all(components[index]))
      }
      return (result, .all(try joined(trends, value.span)))
    case .reduce(let kind, let a, let axes):
      switch kind {
      case .sum, .mean, .max, .min: break
      case .argmax, .argmin, .product, .any, .all:
        throw MonotoneObstacle(.op(kind.rawValue), value.span)
      }
      let (inner, trends) = try monotone(a, &walk)
      result.kind = .reduce(kind, inner, axes: axes)
      return (result, .all(try joined(trends, value.span)))
    case .concatenate(let parts):
      var made: [TypedExpression] = []
      var components: [MonotoneTrend] = []
      var areCounted = true
      for part in parts {
        let (inner, trends) = try monotone(part, &walk)
        made.append(inner)
        let shape = tensor(part).flatMap { resolve($0.shape).values } ?? []
        if shape.count == 1, let own = trends.components(shape[0]) {
          components += own
        } else {
          areCounted = false
          components.append(try joined(trends, part.span))
        }
      }
      result.kind = .concatenate(made)
      return (
        result, areCounted ? .each(components) : .all(try joined(.each(components), value.span))
      )
    case .stack(let parts):
      var made: [TypedExpression] = []
      var components: [MonotoneTrend] = []
      for part in parts {
        let (inner, trends) = try monotone(part, &walk)
        made.append(inner)
        components.append(try joined(trends, part.span))
      }
      result.kind = .stack(made)
      let isVector = tensor(value).map { resolve($0.shape).rank } == 1
      return (
        result, isVector ? .each(components) : .all(try joined(.each(components), value.span))
      )
    case .matmul(let a, let b): return try monotoneProduct(a, b, value, &walk)
    case .elementwise(let op, let operands):
      return try monotone(op, operands, value, &walk)
    case .number, .integer, .boolean, .text, .array, .size, .session, .weight, .weights, .iota,
      .select, .windows, .convolve, .pick, .gather, .shift, .linspace, .tuple, .element, .record,
      .field, .conditional, .fold, .scan, .map, .calculus, .draw, .solve, .point, .spectral,
      .interpolate, .example, .part, .invalid:
      throw MonotoneObstacle(.opaque, value.span)
    }
  }

  func joined(
    _ trends: MonotoneTrends, _ span: Span
  ) throws(MonotoneObstacle) -> MonotoneTrend {
    guard let trend = trends.joined else { throw MonotoneObstacle(.mixed, span) }
    return trend
  }

  func together(
    _ a: MonotoneTrends, _ b: MonotoneTrends, _ span: Span
  ) throws(MonotoneObstacle) -> MonotoneTrends {
    guard let trends = a.joined(with: b) else { throw MonotoneObstacle(.mixed, span) }
    return trends
  }

  private func sliced(
    _ trends: MonotoneTrends, start: Size, _ value: TypedExpression
  ) throws(MonotoneObstacle) -> MonotoneTrends {
    guard case .each(let components) = trends, let first = resolve(start).value, first >= 0,
      let shape = tensor(value).map({ resolve($0.shape) })?.values, shape.count == 1,
      first <= components.count, shape[0] <= components.count - first
    else { return .all(try joined(trends, value.span)) }
    return .each(Array(components[first..<(first + shape[0])]))
  }
}
