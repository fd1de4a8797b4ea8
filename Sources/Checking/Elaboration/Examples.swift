import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// Single examples of a data set, and single trajectories of several: `obs[2]`, `s[0]`.
extension Checker {
  mutating func example(
    _ value: TypedExpression, _ data: DatasetType, _ subscripts: [Subscript], _ span: Span
  ) -> TypedExpression {
    guard subscripts.count == 1, case .at(let expression) = subscripts[0] else {
      return failed(.notIndexable("a data set by several indices", at: span), span)
    }
    let at = evaluate(expression)
    if case .range(let range) = at {
      guard let bounds = integerBounds(range) else { return .invalid(span) }
      var part = data
      if part.count != nil {
        part.count = Size(max(0, Checker.distance(bounds)))
      } else {
        part.length = Size(max(0, Checker.distance(bounds)))
        part.example = relength(data, to: part.length)
      }
      return TypedExpression(
        .part(value, .range(bounds.lower, bounds.upper)), .dataset(part), span)
    }
    var place = asExpression(at, expression.span)
    if place.isInvalid { return .invalid(span) }
    guard tensor(place)?.element == .integer, tensor(place)?.shape.isScalar == true else {
      return failed(
        .integerExpected("the number of an example", found: text(place.type), at: expression.span),
        span)
    }
    if let index = place.integerLiteral, let count = (data.count ?? Size(1)).value,
      index >= count || index < -count
    {
      return failed(.indexOutOfRange(index, length: "\(count)", at: expression.span), span)
    }
    if let index = place.integerLiteral, index < 0, let count = data.count?.value {
      place = TypedExpression(.integer(index + count), .integer, place.span)
    }
    // Experiments of unequal length have one each.
    let length = data.isRagged && data.count != nil ? lengthOfExample(place, of: data) : data.length
    return TypedExpression(
      .example(value, at: place), .record(relength(data, to: length)), span)
  }

  /// The same each time that an example is named by the same number.
  private mutating func lengthOfExample(_ place: TypedExpression, of data: DatasetType) -> Size {
    let key = place.integerLiteral.flatMap { index in
      data.length.map { ExampleLength(ofAll: resolve($0), index: index) }
    }
    if let key, let known = environment.exampleLengths[key] { return known }
    let own = environment.substitution.freshSize(named: "length of \(data.name)", rigid: true)
    if let key { environment.exampleLengths[key] = own }
    return own
  }

  /// `many[3]`: one trajectory of a batch.
  mutating func trajectory(
    _ value: TypedExpression, _ solution: SolutionType, _ subscripts: [Subscript], _ span: Span
  ) -> TypedExpression {
    guard let count = solution.leading.first else {
      return failed(
        .notIndexable(
          "one solution; its samples are elements of its fields, as in `s.t[0]`,", at: span), span)
    }
    guard subscripts.count == 1, case .at(let expression) = subscripts[0] else {
      return failed(.notIndexable("a batch of solutions by several indices", at: span), span)
    }
    let place = asExpression(evaluate(expression), expression.span)
    if place.isInvalid { return .invalid(span) }
    guard let own = tensor(place), own.element == .integer, own.shape.isScalar else {
      return failed(
        .integerExpected(
          "the number of a trajectory", found: text(place.type), at: expression.span), span)
    }
    if let index = place.integerLiteral, let count = resolve(count).value,
      index >= count || index < -count
    {
      return failed(.indexOutOfRange(index, length: "\(count)", at: expression.span), span)
    }
    var one = solution
    one.leading.removeFirst()
    return TypedExpression(.example(value, at: place), .solution(one), span)
  }

  /// The fields of an example with another number of samples.
  func relength(_ data: DatasetType, to length: Size?) -> [Field] {
    guard let old = data.length, let length else { return data.example }
    return data.example.map { field in
      guard case .tensor(var type) = field.type, type.shape.sizes.first == old else { return field }
      type.shape.sizes[0] = length
      return Field(field.name, .tensor(type))
    }
  }
}
