import NodalIR
import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  // MARK: indices

  mutating func index(_ base: Expression, _ subscripts: [Subscript], _ span: Span) -> Meaning {
    let owner = evaluate(base)
    if case .invalid = owner {
      for case .at(let expression) in subscripts { _ = evaluate(expression) }
      return .invalid
    }
    if case .range(let range) = owner, let array = integerRange(range) {
      return .expression(index(array, subscripts, base.span, span))
    }
    if case .tuple(let parts) = owner, subscripts.count == 1, case .at(let e) = subscripts[0],
      let place = elaborate(e).integerLiteral, parts.indices.contains(place)
    {
      return parts[place]
    }
    let value = asExpression(owner, base.span)
    if value.isInvalid { return .invalid }
    return .expression(index(value, subscripts, base.span, span))
  }

  private mutating func index(
    _ value: TypedExpression, _ subscripts: [Subscript], _ baseSpan: Span, _ span: Span
  ) -> TypedExpression {
    if case .dataset(let data) = resolve(value.type) {
      return example(value, data, subscripts, span)
    }
    if case .solution(let solution) = resolve(value.type) {
      return trajectory(value, solution, subscripts, span)
    }
    guard let type = tensor(value) else {
      return failed(.notIndexable("a value of type \(text(value.type))", at: baseSpan), span)
    }
    let shape = resolve(type.shape)
    if shape.tail != nil, shape.rank < subscripts.count {
      // An open axis that is indexed is there.
      let size = environment.substitution.freshSize()
      _ = environment.substitution.unify(shape, Shape(shape.sizes + [size]))
    }
    let rank = resolve(type.shape).rank
    guard subscripts.count <= rank else {
      return failed(
        Diagnostic(
          rank == 0 ? .notIndexable : .rankMismatch,
          rank == 0
            ? "a number can't be indexed"
            : "\(subscripts.count) indices for an array with \(axes(rank))",
          at: Label(span, "this has type \(text(value.type))")), span)
    }
    var result = value
    var axis = 0
    for subscript_ in subscripts {
      guard case .at(let expression) = subscript_ else {
        axis += 1
        continue
      }
      let at = evaluate(expression)
      if case .range(let range) = at {
        result = slice(result, axis: axis, range, expression.span)
        axis += 1
      } else {
        let place = asExpression(at, expression.span)
        if place.isInvalid { return .invalid(span) }
        guard let own = tensor(place), own.element == .integer else {
          return failed(
            .integerExpected("an index", found: text(place.type), at: expression.span), span)
        }
        if own.shape.isScalar {
          result = element(result, axis: axis, place, expression.span)
        } else {
          result = gathered(result, axis: axis, place, own, expression.span)
          axis += own.shape.rank
        }
      }
      if result.isInvalid { return result }
    }
    result.span = span
    return result
  }

  /// One element along an axis.
  mutating func element(
    _ value: TypedExpression, axis: Int, _ place: TypedExpression, _ span: Span
  ) -> TypedExpression {
    guard var type = tensor(value) else { return .invalid(span) }
    let length = resolve(type.shape).sizes[axis]
    var place = place
    if let index = place.integerLiteral {
      if let count = length.value {
        guard index >= -count, index < count else {
          return failed(.indexOutOfRange(index, length: "\(count)", at: span), span)
        }
        place = integer(index < 0 ? index + count : index, span)
      } else if index < 0 {
        place = sizeValue(length + Size(index), span)
      }
    }
    type.shape = resolve(type.shape)
    type.shape.sizes.remove(at: axis)
    type.unit = unit(of: type.unit, at: place.integerLiteral, axis: axis)
    if case .mixed(let units, let depth) = tensor(value)?.unit ?? .one, depth == axis,
      place.integerLiteral == nil
    {
      // Any component may be meant: all have one unit.
      guard let first = units.first else { return .invalid(span) }
      for other in units where !environment.substitution.unify(first, other) {
        return failed(
          .mixedUnits(units.map { text($0) }.joined(separator: ", "), op: "[…]", at: span), span)
      }
      type.unit = .uniform(resolve(first))
    }
    if axis == 0, let index = place.integerLiteral {
      if case .array(let values) = value.kind, type.shape.isScalar, values.indices.contains(index) {
        return constantElement(values[index], type, span)
      }
      if case .stack(let parts) = value.kind, parts.indices.contains(index) {
        var part = parts[index]
        part.type = .tensor(type)
        return part
      }
    }
    return TypedExpression(.index(value, axis: axis, at: place), .tensor(type), span)
  }

  private func constantElement(_ value: Double, _ type: TensorType, _ span: Span)
    -> TypedExpression
  {
    switch type.element {
    case .real: TypedExpression(.number(value), .tensor(type), span)
    case .integer: TypedExpression(.integer(Int(exactly: value) ?? 0), .tensor(type), span)
    case .boolean: TypedExpression(.boolean(value != 0), .tensor(type), span)
    }
  }

  private func unit(of label: UnitLabel, at index: Int?, axis: Int) -> UnitLabel {
    guard case .mixed(let units, let depth) = label else { return label }
    if depth == axis {
      if let index, units.indices.contains(index) { return .uniform(units[index]) }
      return label
    }
    return axis < depth ? .mixed(units, depth: depth - 1) : label
  }

  private mutating func slice(
    _ value: TypedExpression, axis: Int, _ range: RangeValue, _ span: Span
  ) -> TypedExpression {
    guard var type = tensor(value) else { return .invalid(span) }
    let length = resolve(type.shape).sizes[axis]
    guard var lower = size(range.lower), var upper = size(range.upper) else {
      if range.lower.isInvalid || range.upper.isInvalid { return .invalid(span) }
      return failed(.notConstant("a range of indices", at: span), span)
    }
    if let number = lower.value, number < 0 { lower = length + lower }
    if let number = upper.value, number < 0 { upper = length + upper }
    if range.isClosed { upper = upper + Size(1) }
    if let low = lower.value, let high = upper.value, let count = length.value {
      guard low >= 0, high <= count, low <= high else {
        let bad = high > count ? high &- (range.isClosed ? 1 : 0) : low
        return failed(.indexOutOfRange(bad, length: "\(count)", at: span), span)
      }
    }
    let count = upper - lower
    type.shape = resolve(type.shape)
    type.shape.sizes[axis] = count
    if case .mixed(let units, let depth) = type.unit, depth == axis, let low = lower.value,
      let high = upper.value, low >= 0, high <= units.count, low <= high
    {
      let part = Array(units[low..<high])
      type.unit = resolve(.mixed(part, depth: depth))
    }
    if axis == 0, case .array(let values) = value.kind, let low = lower.value,
      let high = upper.value, type.shape.rank == 1, low >= 0, high <= values.count, low <= high
    {
      return TypedExpression(.array(Array(values[low..<high])), .tensor(type), span)
    }
    return TypedExpression(.slice(value, axis: axis, start: lower), .tensor(type), span)
  }

  private mutating func gathered(
    _ value: TypedExpression, axis: Int, _ indices: TypedExpression, _ own: TensorType,
    _ span: Span
  ) -> TypedExpression {
    guard axis == 0 else {
      return failed(
        .notIndexable("an axis other than the first by an array of indices", at: span), span)
    }
    guard var type = tensor(value), let unit = uniformUnit(value, op: "[…]") else {
      return .invalid(span)
    }
    if case .array(let values) = indices.kind, let count = type.shape.sizes.first?.value,
      let bad = values.first(where: { $0 >= Double(count) || $0 < 0 })
    {
      return failed(
        .indexOutOfRange(Int(exactly: bad) ?? Int.max, length: "\(count)", at: span), span)
    }
    type.unit = .uniform(unit)
    type.shape = Shape(
      resolve(own.shape).sizes + resolve(type.shape).sizes.dropFirst(), tail: type.shape.tail)
    return TypedExpression(.gather(value, indices: indices), .tensor(type), span)
  }

  // MARK: fields

  mutating func field(_ base: Meaning, _ name: Name, _ baseSpan: Span, _ span: Span) -> Meaning {
    let value = knownField(base, name, baseSpan, span)
    tellFields(of: base, name, baseSpan)
    recorder?.note(name, value, definition: definition(ofField: name, of: base))
    return value
  }

  private mutating func knownField(
    _ base: Meaning, _ name: Name, _ baseSpan: Span, _ span: Span
  ) -> Meaning {
    let spelling = name.spelling
    switch base {
    case .invalid: return .invalid
    case .record(let fields):
      if let found = fields.first(where: { $0.name == spelling }) { return found.value }
      return fail(
        .unknownField(spelling, of: "this record", at: name.span, fields: fields.map(\.name)))
    case .ode(let id): return odeField(id, name, span)
    case .part(let scope):
      if let member = odeMember(name, in: scope, span: span) { return member }
      return fail(
        .unknownField(
          spelling, of: "part `\(odeScopes[scope].prefix.dropLast())`", at: name.span,
          fields: odeMemberNames(scope)))
    case .instance(let instance): return layerField(instance, name, span)
    case .expression(let value): return .expression(field(of: value, name, span))
    case .function, .closure, .template, .intrinsic, .family, .distribution, .loss, .method,
      .solver, .range, .tuple, .openWidth, .term:
      return fail(
        .unknownField(spelling, of: base.kindText, at: name.span, fields: []))
    }
  }

  mutating func field(of value: TypedExpression, _ name: Name, _ span: Span) -> TypedExpression {
    let spelling = name.spelling
    switch resolve(value.type) {
    case .error: return .invalid(span)
    case .record(let fields):
      if let found = fields.first(where: { $0.name == spelling }) {
        return project(value, spelling, found.type, span)
      }
      let whole = bind(value)
      if let part = part(spelling, of: fields, span, { project(whole, $0.name, $0.type, span) }) {
        return part
      }
      if let owner = exampleOwner(value) {
        return failed(
          .unknownColumn(
            spelling, of: owner.name, at: name.span, columns: fields.map(\.name),
            time: owner.timeColumn), span)
      }
      return failed(
        .unknownField(
          spelling, of: "this record", at: name.span, fields: Checker.visible(fields)), span)
    case .solution(let solution): return solutionField(value, solution, name, span)
    case .dataset(let data): return datasetField(value, data, name, span)
    case .run: return runField(value, name, span)
    case .tensor, .string, .tuple, .interval, .nothing:
      var help: [String] = []
      if name.primes > 0 { help.append("transposition is `transpose(x)`") }
      if let foreign = ForeignNames.fields[spelling] { help.append(foreign) }
      return failed(
        Diagnostic(
          .unknownField, "a value of type \(text(value.type)) has no field `\(spelling)`",
          at: Label(name.span), help: help), span)
    }
  }

  /// The data set whose example a value is, if it is a loss's parameter.
  func exampleOwner(_ value: TypedExpression) -> DatasetType? {
    if case .local(let id) = value.kind { return exampleParameters[id] }
    if case .example(let data, _) = value.kind, case .dataset(let type) = resolve(data.type) {
      return type
    }
    return nil
  }

  mutating func element(
    _ base: Meaning, _ index: TupleIndex, _ baseSpan: Span, _ span: Span
  ) -> Meaning {
    switch base {
    case .invalid: return .invalid
    case .tuple(let parts):
      if parts.indices.contains(index.value) { return parts[index.value] }
      return fail(.indexOutOfRange(index.value, length: "\(parts.count)", at: index.span))
    case .expression(let value):
      if value.isInvalid { return .invalid }
      guard case .tuple(let types) = resolve(value.type) else {
        return fail(
          .unknownField(
            "\(index.value)", of: "a value of type \(text(value.type))", at: index.span, fields: [])
        )
      }
      guard types.indices.contains(index.value) else {
        return fail(.indexOutOfRange(index.value, length: "\(types.count)", at: index.span))
      }
      return .expression(elementOf(value, index.value, types[index.value], span))
    case .function, .closure, .template, .instance, .intrinsic, .family, .distribution, .ode, .part,
      .loss, .method, .solver, .range, .record, .openWidth, .term:
      return fail(.unknownField("\(index.value)", of: base.kindText, at: index.span, fields: []))
    }
  }

  private mutating func solutionField(
    _ value: TypedExpression, _ solution: SolutionType, _ name: Name, _ span: Span
  ) -> TypedExpression {
    let leading = solution.leading
    let spelling = name.spelling
    let real = Type.tensor(TensorType(.integer))
    switch spelling {
    case "final":
      return TypedExpression(
        .field(value, "final"), .record(solution.fields).lifted(by: leading), span)
    case "stats":
      let fields = Solve.Statistic.language.map { Field($0, real) }
      return TypedExpression(
        .field(value, "stats"), .record(fields).lifted(by: leading), span)
    case "events":
      if !solution.events.isEmpty {
        return TypedExpression(.field(value, "events"), solution.eventTimes, span)
      }
    default: break
    }
    if let found = solution.fields.first(where: { $0.name == spelling }) {
      return sampled(value, solution, found, name, span)
    }
    let whole = bind(value)
    var broken = false
    var checker = self
    let record = part(spelling, of: solution.fields, span) { field in
      let read = checker.sampled(whole, solution, field, name, span)
      if read.isInvalid { broken = true }
      return read
    }
    self = checker
    if let record { return broken ? .invalid(span) : record }
    return failed(
      .unknownField(
        spelling, of: "a solution of `\(solution.ode)`", at: name.span,
        fields: Checker.visible(solution.fields) + ["final", "stats"]
          + (solution.events.isEmpty ? [] : ["events"])), span)
  }

  /// A quantity along a solution.
  private mutating func sampled(
    _ value: TypedExpression, _ solution: SolutionType, _ field: Field, _ name: Name, _ span: Span
  ) -> TypedExpression {
    let count: Size
    var isPadded = false
    switch solution.samples {
    case .saved(let saved): count = saved
    case .steps:
      if inLoss {
        return failed(
          Diagnostic(
            .resultUndefined,
            "this solution holds the steps that the solver happens to take, and may not enter a loss",
            at: Label(span), help: ["say when: `solve(…, at: w.t)` or `every: 0.1`"]), span)
      }
      count = stepsSize(of: value)
      // Each trajectory of a batch has steps of its own.
      isPadded = !solution.leading.isEmpty
    }
    let type = field.type.lifted(by: solution.leading + [count])
    return TypedExpression(.field(value, field.name), isPadded ? type.padded : type, span)
  }

  // MARK: methods

  /// `d.log_prob(x)`, `data.last(0.2)`; nil where the name is a field after all.
  mutating func method(
    _ name: Name, of base: Meaning, _ baseSpan: Span, _ arguments: [CallArgument], _ span: Span
  ) -> Meaning? {
    switch base {
    case .distribution(let distribution):
      return distributionMethod(distribution, name, arguments, span)
    case .expression(let given):
      let value = samplesAsDataset(given) ?? given
      guard case .dataset(let data) = resolve(value.type),
        name.spelling == "last" || name.spelling == "first",
        !data.example.contains(where: { $0.name == name.spelling })
      else { return nil }
      guard
        let given = take(
          arguments, ["share"], required: 1, callee: name.spelling, span),
        let argument = given["share"]
      else { return .invalid }
      let share = elaborate(argument)
      if share.isInvalid { return .invalid }
      guard let fraction = share.literal, fraction > 0, fraction < 1 else {
        return fail(
          Diagnostic(
            .sliceOutOfRange, "the share of a data set lies between 0 and 1",
            at: Label(argument.span), help: ["`\(data.name).last(0.2)` is its last fifth"]))
      }
      var part = data
      if data.count != nil {
        part.count = environment.substitution.freshSize(named: "examples", rigid: true)
        // A part of experiments of unequal length may be of equal ones, and the other way round.
        if data.isRagged {
          part.length = environment.substitution.freshSize(named: "samples", rigid: true)
          part.example = relength(data, to: part.length)
        }
      } else {
        part.length = environment.substitution.freshSize(named: "samples", rigid: true)
        part.example = relength(data, to: part.length)
      }
      return .expression(
        TypedExpression(
          .part(value, name.spelling == "last" ? .last(fraction) : .first(fraction)),
          .dataset(part), span))
    case .function, .closure, .template, .instance, .intrinsic, .family, .ode, .part, .loss,
      .method, .solver, .range, .record, .tuple, .openWidth, .term, .invalid:
      return nil
    }
  }
}
