import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// What the language itself provides; all else is written in the prelude.
enum Intrinsic: String, CaseIterable, Sendable {
  // Elementwise: rows of `ScalarOperation`
  case abs, sign, floor, ceil, round, sqrt, exp, expm1, log, log1p, sin, cos, tan, asin, acos
  case atan, atan2, sinh, cosh, tanh, erf, lgamma, mod, div
  // Reductions; `max` and `min` of two operands are elementwise
  case sum, mean, max, min, argmax, argmin, product, any, all
  // Arrays
  case zeros, ones, fill, fill_like, linspace, identity, stack, transpose, reshape, flatten
  case reverse, shift, length, zip, grid
  // Windows
  case patches, convolve, grouped
  // Classes
  case logit_of
  // Units and missing cells
  case plain, present, `default`, first_present, has_gaps
  // Questions that are answered at compile time
  case rank, is_function
  // Learning
  case learn, open_width
  // Loops
  case fold, scan, map
  // Calculus
  case grad, jacobian, divergence, hessian, jvp, vjp
  // Solving and distributions
  case solve, kl, generate
  // Dynamics at a point
  case steady, cycle, boundary, linearize, lyapunov, eigenvalues, stability
  // What later versions bring
  case discover, transition_nll, batch_norm, attention, rate

  var isScalarFunction: Bool {
    ScalarOperation.rows[rawValue] != nil && self != .max && self != .min
  }

  /// Names of the parameters, in order, and how many must be given.
  var signature: (names: [String], required: Int) {
    switch self {
    case .abs, .sign, .floor, .ceil, .round, .sqrt, .exp, .expm1, .log, .log1p, .sin, .cos, .tan,
      .asin, .acos, .atan, .sinh, .cosh, .tanh, .erf, .lgamma, .plain, .present, .first_present,
      .flatten, .transpose, .length, .has_gaps, .rank, .is_function:
      (["x"], 1)
    case .atan2: (["y", "x"], 2)
    case .mod, .div: (["a", "b"], 2)
    case .sum, .mean, .argmax, .argmin, .product, .any, .all: (["x", "axes", "axis"], 1)
    case .max, .min: (["x", "y", "axes", "axis"], 1)
    case .zeros, .ones: (["shape"], 1)
    case .fill: (["value", "shape"], 2)
    case .fill_like: (["x", "value"], 2)
    case .linspace: (["from", "to", "count"], 3)
    case .identity: (["n"], 1)
    case .reshape: (["x", "shape"], 2)
    case .reverse: (["x", "axis"], 1)
    case .shift: (["x", "by", "fill", "axis"], 2)
    case .default: (["x", "value"], 2)
    case .open_width: ([], 0)
    case .fold, .scan: (["xs", "init", "body"], 3)
    case .map: (["xs", "body"], 2)
    case .grad, .jacobian, .hessian: (["e", "wrt"], 2)
    case .divergence: (["e", "wrt", "estimator"], 2)
    case .jvp: (["e", "wrt", "tangent"], 3)
    case .vjp: (["e", "wrt", "cotangent"], 3)
    case .kl: (["p", "q"], 2)
    case .generate: (["of", "count"], 2)
    case .grid: (["x", "y", "count"], 3)
    case .patches: (["x", "size", "stride", "dilation", "pad"], 2)
    case .convolve: (["x", "kernel", "stride", "dilation", "pad", "groups"], 2)
    case .grouped: (["x", "groups"], 2)
    case .logit_of: (["logits", "label"], 2)
    case .eigenvalues, .stability: (["a"], 1)
    case .stack, .zip, .learn, .solve, .steady, .cycle, .boundary, .linearize, .lyapunov,
      .discover, .transition_nll,
      .batch_norm,
      .attention, .rate:
      ([], 0)
    }
  }
}

extension Checker {
  /// Arguments by parameter name; nil after a report.
  mutating func take(
    _ arguments: [CallArgument], _ names: [String], required: Int, callee: String, _ span: Span
  ) -> [String: CallArgument]? {
    var result: [String: CallArgument] = [:]
    var next = 0
    var fine = true
    for argument in arguments {
      if let label = argument.label {
        if !names.contains(label.spelling) {
          report(.unknownLabel(label.spelling, of: callee, at: label.span, labels: names))
          fine = false
        } else if result[label.spelling] != nil {
          report(
            Diagnostic(
              .duplicateLabel, "`\(label.spelling)` is given twice", at: Label(label.span)))
          fine = false
        }
        result[label.spelling] = argument
      } else {
        while next < names.count, result[names[next]] != nil { next += 1 }
        guard next < names.count else {
          report(.tooManyArguments(callee, takes: names.count, at: argument.span))
          return nil
        }
        result[names[next]] = argument
      }
    }
    guard fine else { return nil }
    for name in names.prefix(required) where result[name] == nil {
      report(.missingArgument(name, of: callee, at: span))
      return nil
    }
    return result
  }

  mutating func intrinsic(
    _ intrinsic: Intrinsic, _ arguments: [CallArgument], _ span: Span
  ) -> Meaning {
    switch intrinsic.kind {
    case .special(let special): self.special(special, arguments, span)
    case .ordinary(let ordinary): self.ordinary(ordinary, intrinsic, arguments, span)
    }
  }

  private mutating func special(
    _ intrinsic: Intrinsic.Special, _ arguments: [CallArgument], _ span: Span
  ) -> Meaning {
    switch intrinsic {
    case .solve: return solve(arguments, span)
    case .steady: return steady(arguments, span)
    case .cycle: return cycle(arguments, span)
    case .boundary: return boundary(arguments, span)
    case .linearize: return linearize(arguments, span)
    case .lyapunov: return lyapunov(arguments, span)
    case .learn: return learn(arguments, span, name: nil)
    case .stack:
      let values = arguments.map { elaborate($0) }
      return .expression(stack(values, span))
    case .zip:
      let values = arguments.map { elaborate($0) }
      if values.contains(where: \.isInvalid) { return .invalid }
      return .expression(TypedExpression(.tuple(values), .tuple(values.map(\.type)), span))
    case .openWidth: return .openWidth(environment.substitution.freshTail())
    case .transitions: return .expression(transitions(arguments, span))
    case .rate:
      return fail(
        .unusableValue("`rate(…)`", at: span, help: ["it gives a sampling rate to `csv`"]))
    case .later(let what): return fail(.notSupportedYet(what, at: span))
    }
  }

  private mutating func ordinary(
    _ kind: Intrinsic.Ordinary, _ intrinsic: Intrinsic, _ arguments: [CallArgument], _ span: Span
  ) -> Meaning {
    let name = intrinsic.rawValue
    // `zeros(3, 4)` is `zeros([3, 4])`.
    var arguments = arguments
    if intrinsic == .zeros || intrinsic == .ones || intrinsic == .fill || intrinsic == .reshape {
      let first = intrinsic == .zeros || intrinsic == .ones ? 0 : 1
      if arguments.count > first + 1, arguments.allSatisfy({ $0.label == nil }) {
        let parts = arguments[first...].map { evaluate($0) }
        arguments = arguments.prefix(first) + [CallArgument(.tuple(parts), span: span)]
      }
    }
    let (names, required) = intrinsic.signature
    guard let given = take(arguments, names, required: required, callee: name, span) else {
      return .invalid
    }
    func operands() -> [CallArgument] { names.compactMap { given[$0] } }
    switch kind {
    case .elementwise:
      return .expression(elementwise(name, operands().map { elaborate($0) }, span))
    case .integerDivision:
      return .expression(integerDivision(operands().map { elaborate($0) }, span))
    case .reduction: return .expression(reduction(intrinsic, given, span))
    case .extremum:
      guard let second = given["y"], let first = given["x"] else {
        return .expression(reduction(intrinsic, given, span))
      }
      return .expression(elementwise(name, [elaborate(first), elaborate(second)], span))
    case .array(let function): return .expression(array(function, intrinsic, given, span))
    case .logit:
      guard let logits = arrayArgument("logits", given, name),
        let label = arrayArgument("label", given, name), var type = tensor(logits)
      else { return .invalid }
      type.shape = .scalar
      return .expression(TypedExpression(.pick(logits, label: label), .tensor(type), span))
    case .windows(let function): return .expression(windows(function, name, given, span))
    case .cells(let function): return .expression(cells(function, name, given, span))
    case .calculus(let derivative): return .expression(calculus(derivative, given, span))
    case .loop: return .expression(loop(intrinsic, given, span))
    case .mapping: return .expression(mapping(given, span))
    case .sampling:
      guard let subject = given["of"], let written = given["count"],
        let count = constantInteger(written, "the number of examples")
      else { return .invalid }
      guard case .distribution(let distribution) = evaluate(subject), count > 0 else {
        return fail(
          .argumentType(
            "of", of: name, expected: "a distribution", found: "something else", at: subject.span,
            help: ["a generated data set has a name: `data d = generate(two_moons(), count: 100)`"])
        )
      }
      var parameters = distribution.parameters
      guard let own = align(&parameters, name, span) else { return .invalid }
      return .expression(
        draw(distribution, shape: Shape([count]).appending(own), span))
    case .isFunction:
      guard let value = given["x"].map({ evaluate($0) }) else { return .invalid }
      return .expression(boolean(value.isFunction, span))
    case .kl: return divergenceOfDistributions(given, span)
    case .spectral(let kind): return .expression(spectral(kind, given, span))
    }
  }

  private mutating func array(
    _ function: Intrinsic.ArrayFunction, _ intrinsic: Intrinsic, _ given: [String: CallArgument],
    _ span: Span
  ) -> TypedExpression {
    let name = intrinsic.rawValue
    switch function {
    case .zeros, .ones:
      guard let written = given["shape"], let shape = shape(evaluate(written), written.span) else {
        return .invalid(span)
      }
      return broadcast(number(function == .zeros ? 0 : 1, span), to: shape)
    case .fill:
      guard let first = given["value"], let written = given["shape"] else { return .invalid(span) }
      let value = elaborate(first)
      guard let shape = shape(evaluate(written), written.span), !value.isInvalid else {
        return .invalid(span)
      }
      guard let own = tensor(value)?.shape else {
        return failed(
          .argumentType(
            "value", of: name, expected: "numbers", found: text(value.type), at: first.span), span)
      }
      return broadcast(toReal(value), to: shape.lifted(by: []).appending(own))
    case .fillLike:
      guard let first = given["x"], let second = given["value"] else { return .invalid(span) }
      let like = elaborate(first)
      let value = elaborate(second)
      if like.isInvalid || value.isInvalid { return .invalid(span) }
      guard let shape = tensor(like)?.shape else {
        return failed(
          .argumentType(
            "x", of: name, expected: "an array", found: text(like.type), at: first.span), span)
      }
      guard tensor(value)?.shape.isScalar == true else {
        return failed(
          .argumentType(
            "value", of: name, expected: "a number", found: text(value.type), at: second.span), span
        )
      }
      return broadcast(toReal(value), to: resolve(shape))
    case .linspace: return linspace(given, span)
    case .identity:
      guard let written = given["n"], let n = constantInteger(written, "the size of a matrix")
      else { return .invalid(span) }
      guard n >= 0, n <= 4096 else {
        return failed(
          Diagnostic(
            .optionValue, "the size of a matrix lies between 0 and 4096, and this is \(n)",
            at: Label(written.span)), span)
      }
      var values = Array(repeating: 0.0, count: n * n)
      for index in 0..<n { values[index * n + index] = 1 }
      return TypedExpression(.array(values), .real(Shape([n, n])), span)
    case .transpose:
      guard let value = arrayArgument("x", given, name), let type = tensor(value) else {
        return .invalid(span)
      }
      guard type.shape.rank == 2 else {
        return failed(
          .argumentType(
            "x", of: name, expected: "a matrix", found: text(value.type), at: value.span),
          span)
      }
      guard let unit = uniformUnit(value, op: name) else { return .invalid(span) }
      let shape = Shape([type.shape.sizes[1], type.shape.sizes[0]])
      return TypedExpression(
        .transpose(value, axes: [1, 0]),
        .tensor(TensorType(type.element, shape, unit: .uniform(unit))), span)
    case .reshape: return reshape(intrinsic, given, span)
    case .reverse:
      guard let value = sequenceArgument("x", given, name) else { return .invalid(span) }
      return mapLeaves(value) { leaf, _ in
        TypedExpression(.reverse(leaf, axis: 0), leaf.type, span)
      }
    case .shift: return shifted(given, span)
    case .length:
      guard let value = sequenceArgument("x", given, name), let size = leadingSize(value.type)
      else { return .invalid(span) }
      let length = sizeValue(size, span)
      // Only the value itself may know, as an experiment of its own length does.
      guard frame.kind == .top, size.value == nil else { return length }
      _ = bind(value)
      return length
    case .grid: return grid(given, span)
    case .plain:
      guard let value = given["x"].map({ elaborate($0) }), !value.isInvalid else {
        return .invalid(span)
      }
      guard var type = tensor(value) else {
        return failed(
          .argumentType(
            "x", of: name, expected: "numbers", found: text(value.type), at: value.span),
          span)
      }
      let real = toReal(value)
      type.element = .real
      type.unit = .one
      return TypedExpression(.relabelled(real), .tensor(type), span)
    case .hasGaps, .rank:
      guard let value = given["x"].map({ elaborate($0) }), !value.isInvalid else {
        return .invalid(span)
      }
      guard let type = tensor(value) else {
        return failed(
          .argumentType(
            "x", of: name, expected: "numbers", found: text(value.type), at: value.span),
          span)
      }
      if function == .hasGaps { return boolean(type.hasGaps, span) }
      environment.substitution.closeTail(of: type.shape)
      return integer(resolve(type.shape).rank, span)
    }
  }

  // MARK: helpers

  mutating func arrayArgument(
    _ key: String, _ given: [String: CallArgument], _ callee: String
  ) -> TypedExpression? {
    guard let argument = given[key] else { return nil }
    let value = elaborate(argument)
    if value.isInvalid { return nil }
    guard tensor(value) != nil else {
      report(
        .argumentType(
          key, of: callee, expected: "numbers", found: text(value.type), at: argument.span))
      return nil
    }
    return value
  }

  /// Something with a leading axis: an array, or a tuple or record of arrays of one length.
  mutating func sequenceArgument(
    _ key: String, _ given: [String: CallArgument], _ callee: String
  ) -> TypedExpression? {
    guard let argument = given[key] else { return nil }
    let value = elaborate(argument)
    if value.isInvalid { return nil }
    guard leadingSize(value.type) != nil else {
      report(
        .argumentType(
          key, of: callee, expected: "an array", found: text(value.type), at: argument.span))
      return nil
    }
    return value
  }

  /// The length of the leading axis that all arrays in a type share.
  mutating func leadingSize(_ type: Type) -> Size? {
    switch resolve(type) {
    case .tensor(let tensor): return tensor.shape.sizes.first
    case .tuple(let parts): return sharedSize(parts)
    case .record(let fields): return sharedSize(fields.map(\.type))
    case .error, .string, .solution, .dataset, .run, .interval, .nothing: return nil
    }
  }

  private mutating func sharedSize(_ types: [Type]) -> Size? {
    var shared: Size?
    for type in types {
      guard let size = leadingSize(type) else { return nil }
      if let known = shared, !environment.substitution.unify(known, size) { return nil }
      shared = shared ?? size
    }
    return shared
  }

  /// Applies something to every array in a tuple or record.
  mutating func mapLeaves(
    _ value: TypedExpression, _ f: (TypedExpression, TensorType) -> TypedExpression
  ) -> TypedExpression {
    switch resolve(value.type) {
    case .tensor(let type): return f(value, type)
    case .tuple(let types):
      let bound = bind(value)
      var parts: [TypedExpression] = []
      for index in types.indices {
        parts.append(mapLeaves(elementOf(bound, index, types[index], value.span), f))
      }
      return TypedExpression(.tuple(parts), .tuple(parts.map(\.type)), value.span)
    case .record(let fields):
      let bound = bind(value)
      var parts: [TypedExpression] = []
      for field in fields {
        parts.append(mapLeaves(project(bound, field.name, field.type, value.span), f))
      }
      let types = zip(fields, parts).map { Field($0.name, $1.type) }
      return TypedExpression(.record(parts), .record(types), value.span)
    case .error, .string, .solution, .dataset, .run, .interval, .nothing: return value
    }
  }

  /// A shape written as one length or a list of lengths.
  mutating func shape(_ value: Meaning, _ span: Span) -> Shape? {
    switch value {
    case .invalid: return nil
    case .openWidth(let tail): return Shape([], tail: tail)
    case .tuple(let parts):
      var result = Shape.scalar
      for part in parts {
        guard let next = shape(part, span) else { return nil }
        result = result.appending(next)
      }
      return result
    case .expression(let typed):
      if typed.isInvalid { return nil }
      if let size = size(typed) {
        if let number = size.value, number < 0 || number > 1 << 32 {
          report(.integerExpected("a length", found: "\(number)", at: span))
          return nil
        }
        return Shape([size])
      }
      switch typed.kind {
      case .array(let values) where tensor(typed)?.element == .integer:
        guard values.allSatisfy({ $0 >= 0 && $0 < 4e9 }) else {
          report(.integerExpected("a length", found: "a negative number", at: span))
          return nil
        }
        return Shape(values.map { Int($0) })
      case .tuple(let parts): return shape(.tuple(parts.map { .expression($0) }), span)
      case .concatenate(let parts):
        return shape(.tuple(parts.map { .expression($0) }), span)
      case .reshape(let inner), .relabelled(let inner): return shape(.expression(inner), span)
      case .array, .number, .integer, .boolean, .text, .size, .local, .session, .weight, .weights,
        .elementwise, .select, .toReal, .scaled, .broadcast, .reduce, .matmul, .windows, .convolve,
        .pick, .stack, .transpose, .reverse, .slice, .index, .gather, .shift, .linspace, .iota,
        .element, .record, .field, .bindings, .conditional, .fold, .scan, .map, .calculus, .draw,
        .solve, .point, .spectral, .interpolate, .example, .part, .invalid:
        if tensor(typed)?.element == .integer || isAlone {
          reportNotConstant("a length", at: span)
        } else {
          report(.integerExpected("a length", found: text(typed.type), at: span))
        }
        return nil
      }
    case .range, .function, .closure, .template, .instance, .intrinsic, .family, .distribution,
      .ode, .part, .loss, .method, .solver, .record, .term:
      report(.integerExpected("a length", found: value.kindText, at: span))
      return nil
    }
  }

  mutating func constantInteger(_ argument: CallArgument, _ what: String) -> Int? {
    let value = elaborate(argument)
    if value.isInvalid { return nil }
    guard tensor(value)?.element == .integer else {
      report(.integerExpected(what, found: text(value.type), at: argument.span))
      return nil
    }
    guard let integer = value.integerLiteral else {
      report(.notConstant(what, at: argument.span))
      return nil
    }
    return integer
  }

  private mutating func integerDivision(
    _ operands: [TypedExpression], _ span: Span
  ) -> TypedExpression {
    if let a = operands.first?.integerLiteral, let b = operands.last?.integerLiteral {
      guard b != 0, !(a == .min && b == -1) else {
        return failed(
          Diagnostic(.numberOutOfRange, "integer division by zero", at: Label(span)), span)
      }
      let quotient = a / b
      return integer(a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient, span)
    }
    let quotient = elementwise("div", operands, span)
    return elementwise("floor", [quotient], span, symbol: "div")
  }
}

extension Shape {
  /// The axes of both, one behind the other.
  func appending(_ other: Shape) -> Shape { Shape(sizes + other.sizes, tail: tail ?? other.tail) }
}
