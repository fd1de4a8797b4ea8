import NodalDiagnostics
import NodalTypes

/// A solution between its samples: `s(3.7)`.
extension Checker {
  mutating func interpolation(
    _ solution: TypedExpression, _ arguments: [CallArgument], _ span: Span
  ) -> Meaning {
    guard case .solution(let type) = resolve(solution.type) else { return .invalid }
    guard let given = take(arguments, ["t"], required: 1, callee: "a solution", span),
      let argument = given["t"]
    else { return .invalid }
    guard let time = type.fields.first?.type.tensor else { return .invalid }
    var at = toReal(elaborate(argument))
    at = adopted(at, unit: time.unit, what: "the time")
    guard !at.isInvalid, let shape = tensor(at).map({ resolve($0.shape) }) else { return .invalid }
    guard shape.rank <= 1 else {
      return fail(
        .argumentType(
          "t", of: "a solution", expected: "a time, or an array of times", found: text(at.type),
          at: argument.span))
    }
    if let again = solvedAgain(solution, at: bind(at), span) { return .expression(again) }
    return .expression(
      TypedExpression(
        .interpolate(solution, at: at),
        Type.record(type.fields).lifted(by: type.leading + shape.sizes), span))
  }

  /// A solution of this expression at other times: solved once more over the same span, saved there. The steps are the
  /// same, and so it may be differentiated like any solve. What a session holds has the weights of when it was made, and
  /// only the session can solve it again: nil.
  private mutating func solvedAgain(
    _ solution: TypedExpression, at: TypedExpression, _ span: Span
  ) -> TypedExpression? {
    switch solution.kind {
    case .solve(var solve):
      guard case .solution(var type) = resolve(solution.type), let shape = tensor(at)?.shape
      else { return nil }
      let isSingle = resolve(shape).isScalar
      let times = isSingle ? join([at], span) : at
      guard let count = tensor(times)?.shape.sizes.first else { return nil }
      if solve.over == nil, case .at(let old) = solve.saves {
        let bound = bind(old)
        solve.over = (
          element(bound, axis: 0, integer(0, span), span),
          element(bound, axis: 0, integer(-1, span), span)
        )
      }
      solve.saves = .at(times)
      type.samples = .saved(resolve(count))
      let local = freshLocal(.solution(type))
      let again = TypedExpression(.solve(solve), .solution(type), span)
      definitions[local] = again
      let read = TypedExpression(.local(local), .solution(type), span)
      let fields = type.fields.map { field -> (String, TypedExpression) in
        let all = TypedExpression(
          .field(read, field.name), field.type.lifted(by: [resolve(count)]), span)
        return (field.name, isSingle ? element(all, axis: 0, integer(0, span), span) : all)
      }
      let record = Type.record(fields.map { Field($0.0, $0.1.type) })
      return TypedExpression(
        .bindings(
          [Bound(local, again)], TypedExpression(.record(fields.map(\.1)), record, span)),
        record, span)
    case .map(var mapped):
      guard let body = solvedAgain(mapped.body, at: at, span) else { return nil }
      mapped.body = body
      return TypedExpression(
        .map(mapped), resolve(body.type).lifted(by: mapped.extents), span)
    case .bindings(let bound, let body):
      guard let inner = solvedAgain(body, at: at, span) else { return nil }
      return TypedExpression(.bindings(bound, inner), inner.type, span)
    case .conditional(let condition, let a, let b):
      guard let first = solvedAgain(a, at: at, span), let second = solvedAgain(b, at: at, span)
      else { return nil }
      return TypedExpression(.conditional(condition, first, second), first.type, span)
    case .local(let id):
      guard let definition = definitions[id] else { return nil }
      return solvedAgain(definition, at: at, span)
    case .number, .integer, .boolean, .text, .array, .size, .session, .weight, .weights,
      .elementwise, .select, .toReal, .scaled, .relabelled, .broadcast, .reduce, .matmul, .windows,
      .convolve, .pick, .concatenate, .stack, .reshape, .transpose, .reverse, .slice, .index,
      .gather, .shift, .linspace, .iota, .tuple, .element, .record, .field, .fold, .scan, .calculus,
      .draw, .point, .spectral, .interpolate, .example, .part, .invalid:
      return nil
    }
  }
}
