import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  /// `fold` and `scan`: the body is one place, elaborated once its state's type is known.
  mutating func loop(
    _ intrinsic: Intrinsic, _ given: [String: CallArgument], _ span: Span
  ) -> TypedExpression {
    let name = intrinsic.rawValue
    guard let sequence = sequenceArgument("xs", given, name), let start = given["init"],
      let bodyArgument = given["body"]
    else { return .invalid(span) }
    let initialValue = elaborate(start)
    if initialValue.isInvalid { return .invalid(span) }
    guard let length = leadingSize(sequence.type),
      let element = peeled(sequence, 1, name, sequence.span)
    else { return .invalid(span) }
    let callee = evaluate(bodyArgument)
    let initial = freed(initialValue)
    // Integers in the initial state become reals where the body makes reals of them: a second try.
    let before = self
    if let result = loop(
      intrinsic, sequence, initial, length, element, callee, bodyArgument.span, span)
    {
      return result
    }
    let attempt = self
    self = before
    let checker = self
    let promoted = mapLeaves(initial) { leaf, _ in checker.toReal(leaf) }
    let real = freed(promoted)
    if let result = loop(
      intrinsic, sequence, real, length, element, callee, bodyArgument.span, span)
    {
      return result
    }
    self = attempt
    return .invalid(span)
  }

  private mutating func loop(
    _ intrinsic: Intrinsic, _ sequence: TypedExpression, _ initial: TypedExpression,
    _ length: Size, _ elementType: Type, _ callee: Meaning, _ bodySpan: Span, _ span: Span
  ) -> TypedExpression? {
    let errors = errorCount
    let state = freshLocal(initial.type)
    let element = freshLocal(elementType)
    let arguments = [
      CallArgument(
        .expression(TypedExpression(.local(state), initial.type, bodySpan)), span: bodySpan),
      CallArgument(
        .expression(TypedExpression(.local(element), elementType, bodySpan)), span: bodySpan),
    ]
    var next: TypedExpression?
    var output: TypedExpression?
    let body = collectingBindings { checker in
      let value = checker.apply(
        callee, arguments, span, calleeSpan: bodySpan, name: "the body of `\(intrinsic.rawValue)`")
      let result = checker.asExpression(value, bodySpan)
      if result.isInvalid { return result }
      if intrinsic == .fold {
        next = checker.match(result, to: initial.type)
        return next ?? result
      }
      guard case .tuple(let types) = checker.resolve(result.type), types.count == 2 else {
        return checker.failed(
          .typeMismatch(
            expected: "a pair (new state, output)", found: checker.text(result.type),
            at: result.span, what: "the body of `scan`"), span)
      }
      let bound = checker.bind(result)
      let new = checker.elementOf(bound, 0, types[0], result.span)
      next = checker.match(new, to: initial.type)
      let out = checker.elementOf(bound, 1, types[1], result.span)
      output = out
      let pair = [next ?? new, out]
      return TypedExpression(.tuple(pair), .tuple(pair.map(\.type)), result.span)
    }
    if body.isInvalid { return errorCount > errors ? nil : .invalid(span) }
    guard next != nil else {
      let found: Type
      if case .tuple(let types) = resolve(body.type), intrinsic == .scan, let first = types.first {
        found = first
      } else {
        found = body.type
      }
      report(
        .typeMismatch(
          expected: text(initial.type), found: text(found), at: bodySpan,
          what: "the state of `\(intrinsic.rawValue)` keeps its type"))
      return nil
    }
    let fold = Fold(
      sequence: sequence, initial: initial, state: state, stateType: initial.type,
      element: element, elementType: elementType, length: length, body: body)
    if intrinsic == .fold { return TypedExpression(.fold(fold), resolve(initial.type), span) }
    let type = resolve(output?.type ?? .error).lifted(by: [length])
    return TypedExpression(.scan(fold), type, span)
  }

  /// `map(xs) { (x) -> … }`.
  mutating func mapping(_ given: [String: CallArgument], _ span: Span) -> TypedExpression {
    guard let argument = given["xs"], let bodyArgument = given["body"] else {
      return .invalid(span)
    }
    let written = evaluate(argument)
    var sequence: TypedExpression
    if case .range(let range) = written {
      guard let array = integerRange(range) else { return .invalid(span) }
      sequence = array
    } else {
      sequence = asExpression(written, argument.span)
    }
    if sequence.isInvalid { return .invalid(span) }
    guard let length = leadingSize(sequence.type) else {
      return failed(
        .argumentType(
          "xs", of: "map", expected: "an array", found: text(sequence.type), at: argument.span),
        span)
    }
    guard let element = peeled(sequence, 1, "map", argument.span) else { return .invalid(span) }
    let callee = evaluate(bodyArgument)
    let local = freshLocal(element)
    let body = collectingBindings { checker in
      let value = checker.apply(
        callee,
        [
          CallArgument(
            .expression(TypedExpression(.local(local), element, bodyArgument.span)),
            span: bodyArgument.span)
        ], span, calleeSpan: bodyArgument.span, name: "the body of `map`")
      return checker.asExpression(value, bodyArgument.span)
    }
    if body.isInvalid { return .invalid(span) }
    return TypedExpression(
      .map(
        Mapped(
          extents: [length],
          arguments: [Mapped.Argument(local: local, type: element, value: sequence)], body: body)),
      resolve(body.type).lifted(by: [length]), span)
  }
}
