import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// A type as annotated: what is left open is inferred.
indirect enum DeclaredType {
  /// `Any`, or no annotation that constrains: the argument is taken whole, never mapped over.
  case any
  /// `Fn`, `Layer`, `Distribution`: something that exists at compile time.
  case compileTime
  /// No unit written: it is inferred.
  case tensor(Element, Shape, Unit?)
  case string
  case record([(name: String, type: DeclaredType)])
  case tuple([DeclaredType])
  case dataset
  case solution
  case invalid
}

extension Checker {
  /// - Parameter bindsSizes: whether a name that is no constant in scope is a new size variable (in
  ///   parameter lists), or an error.
  mutating func declared(_ type: TypeExpression, bindsSizes: Bool) -> DeclaredType {
    switch type.kind {
    case .invalid: return .invalid
    case .function: return .compileTime
    case .tuple(let parts): return .tuple(parts.map { declared($0, bindsSizes: bindsSizes) })
    case .record(let fields):
      return .record(
        fields.map { ($0.name.spelling, declared($0.type, bindsSizes: bindsSizes)) })
    case .named(let named):
      switch named.name.spelling {
      case "Real", "Int", "Bool":
        var sizes: [Size] = []
        for expression in named.sizes {
          guard let size = declaredSize(expression, bindsSizes: bindsSizes) else { return .invalid }
          sizes.append(size)
        }
        var unit: Unit?
        if let written = named.unit {
          guard let read = self.unit(written) else { return .invalid }
          unit = read
        }
        return .tensor(Element(rawValue: named.name.spelling) ?? .real, Shape(sizes), unit)
      case "String": return .string
      case "Any": return .any
      case "Fn", "Layer", "Distribution", "Ode", "Solver": return .compileTime
      case "Dataset": return .dataset
      case "Solution": return .solution
      default:
        report(.unknownType(named.name.spelling, at: named.name.span))
        return .invalid
      }
    }
  }

  /// A length in a type: a constant in scope is that constant, another name a size variable.
  private mutating func declaredSize(_ expression: Expression, bindsSizes: Bool) -> Size? {
    if case .name(let name) = expression.kind, name.primes == 0,
      frame.names[name.spelling] == nil
    {
      if let size = frame.sizes[name.spelling] { return size }
      let isKnown =
        declaration(named: name.spelling) != nil
        || (frame.odeScope.map { odeMemberNames($0).contains(name.spelling) } ?? false)
      if !isKnown {
        guard bindsSizes else {
          report(
            Diagnostic(
              .unboundSize, "the length `\(name.spelling)` is not known here",
              at: Label(name.span),
              help: Suggestions.nearest(to: name.spelling, in: visibleNames).map {
                ["did you mean `\($0)`?"]
              } ?? ["lengths are bound in parameter lists; elsewhere they are constants"]))
          return nil
        }
        if name.spelling.count > 1,
          let near = Suggestions.nearest(to: name.spelling, in: constantNames)
        {
          report(
            Diagnostic(
              .sizeNearConstant,
              "`\(name.spelling)` is a new size variable here; there is a constant `\(near)`",
              at: Label(name.span), help: ["if the constant was meant, write `\(near)`"]))
        }
        let size = environment.substitution.freshSize(named: name.spelling)
        frame.sizes[name.spelling] = size
        return size
      }
    }
    let value = elaborate(expression)
    if value.isInvalid { return nil }
    if let size = size(value) {
      if let number = size.value, number < 0 {
        report(
          .integerExpected("a length", found: "\(number)", at: expression.span))
        return nil
      }
      return size
    }
    if tensor(value)?.element == .integer {
      report(.notConstant("a length", at: expression.span))
    } else {
      report(.integerExpected("a length", found: text(value.type), at: expression.span))
    }
    return nil
  }

  private var constantNames: [String] {
    environment.modules[frame.module].names.compactMap { name, id in
      if case .const = environment.declarations[id.rawValue].kind { name } else { nil }
    }
  }

  /// A value bound under an annotation: a scalar fills an array, a bare number adopts the unit.
  mutating func annotated(
    _ value: TypedExpression, _ annotation: TypeExpression, what: String
  ) -> TypedExpression {
    let wanted = declared(annotation, bindsSizes: false)
    return fitted(value, to: wanted, what: what, adopts: true)
  }

  /// A value brought to a declared type; reports what does not fit.
  mutating func fitted(
    _ value: TypedExpression, to wanted: DeclaredType, what: String, adopts: Bool
  ) -> TypedExpression {
    if value.isInvalid { return value }
    func mismatch(_ expected: String) -> TypedExpression {
      failed(
        .typeMismatch(expected: expected, found: text(value.type), at: value.span, what: what),
        value.span)
    }
    switch wanted {
    case .any, .compileTime, .invalid: return value
    case .string: return resolve(value.type) == .string ? value : mismatch("String")
    case .dataset:
      if case .dataset = resolve(value.type) { return value }
      return mismatch("Dataset")
    case .solution:
      if case .solution = resolve(value.type) { return value }
      return mismatch("Solution")
    case .record(let fields):
      guard case .record(let own) = resolve(value.type) else { return mismatch("a record") }
      var parts: [TypedExpression] = []
      let bound = bind(value)
      for field in fields {
        guard let found = own.first(where: { $0.name == field.name }) else {
          return failed(
            Diagnostic(
              .missingRecordField, "\(what): the record has no field `\(field.name)`",
              at: Label(value.span)), value.span)
        }
        let part = project(bound, found.name, found.type, value.span)
        parts.append(fitted(part, to: field.type, what: what + ".\(field.name)", adopts: adopts))
      }
      if parts.contains(where: \.isInvalid) { return .invalid(value.span) }
      let types = zip(fields, parts).map { Field($0.name, $1.type) }
      return TypedExpression(.record(parts), .record(types), value.span)
    case .tuple(let types):
      guard case .tuple(let own) = resolve(value.type), own.count == types.count else {
        return mismatch("a tuple of \(types.count)")
      }
      let bound = bind(value)
      var parts: [TypedExpression] = []
      for (index, type) in types.enumerated() {
        let part = TypedExpression(.element(bound, index), own[index], value.span)
        parts.append(fitted(part, to: type, what: what, adopts: adopts))
      }
      if parts.contains(where: \.isInvalid) { return .invalid(value.span) }
      return TypedExpression(.tuple(parts), .tuple(parts.map(\.type)), value.span)
    case .tensor(let element, let shape, let unit):
      guard let own = tensor(value) else {
        return mismatch(text(.tensor(TensorType(element, shape))))
      }
      var result = value
      if own.element != element {
        guard element == .real, own.element == .integer else {
          return mismatch(text(.tensor(TensorType(element, shape))))
        }
        result = toReal(result)
      }
      if let unit {
        if adopts {
          result = adopted(result, unit: .uniform(unit), what: what)
          if result.isInvalid { return result }
        } else if result.isLiteralZero {
          result = relabelled(result, .uniform(unit))
        } else if let converted = converted(result, to: unit, op: what) {
          result = converted
        } else {
          let given: String
          switch own.unit {
          case .uniform(let unit): given = text(unit)
          case .mixed(let units, _): given = units.map { text($0) }.joined(separator: ", ")
          }
          return failed(.unitMismatch(text(unit), given, what: what, at: value.span), value.span)
        }
        if result.isInvalid { return result }
      }
      let found = resolve(own.shape)
      if found.isScalar && adopts { return broadcast(result, to: resolve(shape)) }
      guard environment.substitution.unify(shape, found) else {
        return failed(
          .shapeExpected(
            text(shape), found: text(found), what: what, at: value.span,
            help: found.rank == shape.rank
              ? [] : ["it has \(axes(found.rank)), and \(axes(shape.rank)) are declared"]),
          value.span)
      }
      return result
    }
  }

  func axes(_ count: Int) -> String {
    count == 0 ? "no axes" : count == 1 ? "one axis" : "\(count) axes"
  }

  /// A value brought to another value's type (a loop's state, a branch): shapes, units, fields agree; nil
  /// where they don't.
  mutating func match(_ value: TypedExpression, to type: Type) -> TypedExpression? {
    let own = resolve(value.type)
    let wanted = resolve(type)
    switch (own, wanted) {
    case (.error, _), (_, .error): return value
    case (.tensor(let a), .tensor(let b)):
      var result = value
      if a.element != b.element {
        guard a.element == .integer, b.element == .real else { return nil }
        result = toReal(value)
      }
      if a.shape.isScalar, !b.shape.isScalar, value.isLiteralZero || value.literal != nil {
        result = broadcast(result, to: b.shape)
      } else if !environment.substitution.unify(b.shape, a.shape) {
        return nil
      }
      if value.isLiteralZero { return relabelled(result, b.unit) }
      switch (b.unit, a.unit) {
      case (.uniform(let unit), _): return converted(result, to: unit, op: "this value")
      case (.mixed(let units, _), .mixed(let others, _)):
        guard units.count == others.count else { return nil }
        for (x, y) in zip(units, others) where !environment.substitution.unify(x, y) { return nil }
        return result
      case (.mixed(let units, _), .uniform(let unit)):
        for x in units where !environment.substitution.unify(x, unit) { return nil }
        return result
      }
    case (.record(let a), .record(let b)):
      guard Set(a.map(\.name)) == Set(b.map(\.name)) else { return nil }
      let bound = bind(value)
      var parts: [TypedExpression] = []
      for field in b {
        guard let found = a.first(where: { $0.name == field.name }),
          let part = match(project(bound, field.name, found.type, value.span), to: field.type)
        else { return nil }
        parts.append(part)
      }
      return TypedExpression(.record(parts), wanted, value.span)
    case (.tuple(let a), .tuple(let b)):
      guard a.count == b.count else { return nil }
      let bound = bind(value)
      var parts: [TypedExpression] = []
      for index in b.indices {
        let part = elementOf(bound, index, a[index], value.span)
        guard let matched = match(part, to: b[index]) else { return nil }
        parts.append(matched)
      }
      return TypedExpression(.tuple(parts), wanted, value.span)
    case (.string, .string), (.nothing, .nothing), (.run, .run): return value
    case (.solution(let a), .solution(let b)): return a == b ? value : nil
    case (.dataset(let a), .dataset(let b)): return a == b ? value : nil
    case (.interval, .interval): return value
    case (.tensor, _), (.record, _), (.tuple, _), (.string, _), (.nothing, _), (.run, _),
      (.solution, _), (.dataset, _), (.interval, _):
      return nil
    }
  }

  /// A field of a record value, looking through a record that is written out.
  func project(_ value: TypedExpression, _ name: String, _ type: Type, _ span: Span)
    -> TypedExpression
  {
    if case .record(let parts) = value.kind, case .record(let fields) = value.type,
      let index = fields.firstIndex(where: { $0.name == name }), parts.indices.contains(index)
    {
      return parts[index]
    }
    return TypedExpression(.field(value, name), type, span)
  }

  func elementOf(_ value: TypedExpression, _ index: Int, _ type: Type, _ span: Span)
    -> TypedExpression
  {
    if case .tuple(let parts) = value.kind, parts.indices.contains(index) { return parts[index] }
    return TypedExpression(.element(value, index), type, span)
  }
}
