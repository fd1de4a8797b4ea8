import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  // MARK: reductions

  mutating func reduction(
    _ intrinsic: Intrinsic, _ given: [String: CallArgument], _ span: Span
  ) -> TypedExpression {
    let name = intrinsic.rawValue
    guard let value = arrayArgument("x", given, name), let type = tensor(value) else {
      return .invalid(span)
    }
    if type.hasGaps { return failed(.gapsUsed(name, at: value.span), span) }
    if type.isPadded { return paddedReduction(intrinsic, value, type, given, span) }
    let shape = resolve(type.shape)
    var axes = Array(0..<shape.rank)
    if let written = given["axes"] ?? given["axis"] {
      guard let chosen = axesArgument(written, rank: shape.rank) else { return .invalid(span) }
      axes = chosen
    } else {
      if shape.rank == 0, shape.tail == nil {
        return failed(
          .argumentType(
            "x", of: name, expected: "an array", found: text(value.type), at: value.span,
            help: ["the \(name) of one number is the number itself"]), span)
      }
      reductions += 1
      if !rankProbes.isEmpty, reads(value, anyOf: rankProbes) { probedReductions += 1 }
    }
    if shape.tail != nil { environment.substitution.closeTail(of: shape) }
    let kind = Reduction(rawValue: name) ?? .sum
    if kind.needsElements, axes.contains(where: { resolve(type.shape).sizes[$0].value == 0 }) {
      return failed(
        .argumentType(
          "x", of: name, expected: "an array with elements", found: text(value.type),
          at: value.span), span)
    }
    var result = TensorType(type.element)
    result.shape = Shape(
      resolve(type.shape).sizes.enumerated().filter { !axes.contains($0.offset) }.map(\.element))
    switch kind {
    case .any, .all:
      guard type.element == .boolean else {
        return failed(
          .operandType(name, found: text(value.type), at: value.span), span)
      }
    case .argmax, .argmin:
      guard axes.count == 1 || shape.rank == 1 else {
        return failed(
          .argumentType(
            "x", of: name, expected: "a vector", found: text(value.type), at: value.span), span)
      }
      result.element = .integer
    case .sum, .mean, .max, .min, .product:
      guard type.element != .boolean else {
        return failed(.operandType(name, found: text(value.type), at: value.span), span)
      }
      guard let unit = uniformUnit(value, op: name) else { return .invalid(span) }
      result.unit = .uniform(kind == .sum ? unit.difference : unit)
      if kind == .product {
        guard environment.substitution.unify(unit, .one) else {
          return failed(.dimensionlessExpected(name, found: text(unit), at: value.span), span)
        }
      }
    }
    var operand = value
    if kind == .mean {
      operand = toReal(value)
      result.element = .real
    }
    return TypedExpression(.reduce(kind, operand, axes: axes), .tensor(result), span)
  }

  /// A reduction over rows of unequal length: what stands behind a row's end is as if it weren't there.
  private mutating func paddedReduction(
    _ intrinsic: Intrinsic, _ value: TypedExpression, _ given: TensorType,
    _ arguments: [String: CallArgument], _ span: Span
  ) -> TypedExpression {
    var type = given
    type.isPadded = false
    let neutral: Double
    switch Reduction(rawValue: intrinsic.rawValue) ?? .sum {
    case .sum, .mean: neutral = 0
    case .product: neutral = 1
    case .max, .argmax: neutral = -.infinity
    case .min, .argmin: neutral = .infinity
    case .any, .all:
      // A truth value has no NaN to tell padding by.
      return failed(.gapsUsed(intrinsic.rawValue, at: value.span), span)
    }
    let shape = resolve(type.shape)
    let (cells, truth) = presence(of: value, type, value.span)
    let filled = choose(
      truth, cells, relabelled(number(neutral, value.span), type.unit), value.span)
    func reduced(_ operand: TypedExpression, _ kind: Intrinsic) -> TypedExpression {
      var rest = arguments
      rest["x"] = CallArgument(.expression(operand), span: value.span)
      return reduction(kind, rest, span)
    }
    guard intrinsic == .mean else { return reduced(filled, intrinsic) }
    let count = reduced(TypedExpression(.toReal(truth), .real(shape), value.span), .sum)
    return elementwise("div", [reduced(filled, .sum), count], span, symbol: "mean")
  }

  /// Whether a value depends on one of these locals, through what other locals stand for.
  func reads(_ value: TypedExpression, anyOf wanted: Set<LocalID>) -> Bool {
    var seen: Set<LocalID> = []
    var waiting = Array(value.readLocals)
    while let id = waiting.popLast() {
      guard seen.insert(id).inserted else { continue }
      if wanted.contains(id) { return true }
      if let definition = definitions[id] { waiting += definition.readLocals }
    }
    return false
  }

  private mutating func axesArgument(
    _ argument: CallArgument, rank: Int, of what: String = "the axes of a reduction"
  ) -> [Int]? {
    let value = elaborate(argument)
    if value.isInvalid { return nil }
    var axes: [Int] = []
    if let axis = value.integerLiteral {
      axes = [axis]
    } else if case .array(let values) = value.kind, tensor(value)?.element == .integer {
      axes = values.map { Int(exactly: $0) ?? Int.max }
    } else {
      report(.notConstant(what, at: argument.span))
      return nil
    }
    var result: Set<Int> = []
    for axis in axes {
      let place = axis < 0 ? axis + rank : axis
      guard place >= 0, place < rank else {
        report(.indexOutOfRange(axis, length: "\(rank) (the number of axes)", at: argument.span))
        return nil
      }
      result.insert(place)
    }
    return result.sorted()
  }

  // MARK: making arrays

  mutating func linspace(_ given: [String: CallArgument], _ span: Span) -> TypedExpression {
    guard let from = given["from"], let to = given["to"], let written = given["count"] else {
      return .invalid(span)
    }
    var ends = [toReal(elaborate(from)), toReal(elaborate(to))]
    let countValue = elaborate(written)
    if ends.contains(where: \.isInvalid) || countValue.isInvalid { return .invalid(span) }
    guard let count = size(countValue), (count.value ?? 1) >= 1 else {
      if let number = countValue.integerLiteral {
        return failed(
          Diagnostic(
            .optionValue, "`linspace` makes one point or more, not \(number)",
            at: Label(written.span)), span)
      }
      if tensor(countValue)?.element == .integer {
        return failed(.notConstant("the number of points", at: written.span), span)
      }
      return failed(
        .integerExpected("the number of points", found: text(countValue.type), at: written.span),
        span)
    }
    for (value, argument) in zip(ends, [from, to]) {
      guard let shape = tensor(value)?.shape, shape.isScalar else {
        return failed(
          .argumentType(
            "from", of: "linspace", expected: "a number", found: text(value.type),
            at: argument.span), span)
      }
    }
    guard let unit = agreeOnUnit(&ends, "linspace", span) else { return .invalid(span) }
    return TypedExpression(
      .linspace(ends[0], ends[1]), .tensor(TensorType(.real, Shape([count]), unit: unit)), span)
  }

  /// `grid(x0..x1, y0..y1, n)`: points of the plane, `Real[n, n, 2]`, y outermost.
  mutating func grid(_ given: [String: CallArgument], _ span: Span) -> TypedExpression {
    guard let x = given["x"], let y = given["y"], let written = given["count"],
      let n = constantInteger(written, "the number of points")
    else { return .invalid(span) }
    guard n >= 1, n <= 1000 else {
      return failed(.integerExpected("the number of points", found: "\(n)", at: written.span), span)
    }
    var ends: [[Double]] = []
    for argument in [x, y] {
      guard case .range(let range) = evaluate(argument), let lower = range.lower.literal,
        let upper = range.upper.literal
      else {
        return failed(
          Diagnostic(
            .rangeExpected, "`grid` takes intervals of constants, `-2..3`",
            at: Label(argument.span)), span)
      }
      ends.append(
        (0..<n).map { n == 1 ? lower : lower + (upper - lower) * Double($0) / Double(n - 1) })
    }
    var values: [Double] = []
    values.reserveCapacity(2 * n * n)
    for row in ends[1] { for column in ends[0] { values += [column, row] } }
    return TypedExpression(.array(values), .real(Shape([n, n, 2])), span)
  }

  mutating func reshape(
    _ intrinsic: Intrinsic, _ given: [String: CallArgument], _ span: Span
  ) -> TypedExpression {
    guard let value = arrayArgument("x", given, intrinsic.rawValue), var type = tensor(value),
      let unit = uniformUnit(value, op: intrinsic.rawValue)
    else { return .invalid(span) }
    type.unit = .uniform(unit)
    let own = resolve(type.shape)
    if intrinsic == .flatten {
      if own.rank == 1 { return value }
      guard let sizes = own.values else {
        reportNotConstant("the shape of what is flattened", at: value.span)
        return .invalid(span)
      }
      type.shape = Shape([Checker.product(sizes)])
      return TypedExpression(.reshape(value), .tensor(type), span)
    }
    guard let written = given["shape"], let shape = shape(evaluate(written), written.span) else {
      return .invalid(span)
    }
    if let old = own.values, let new = shape.values,
      Checker.product(old) != Checker.product(new)
    {
      return failed(
        .shapeExpected(
          "\(Checker.product(new)) elements", found: "\(Checker.product(old))",
          what: "the new shape",
          at: written.span), span)
    }
    type.shape = shape
    return TypedExpression(.reshape(value), .tensor(type), span)
  }

  mutating func shifted(_ given: [String: CallArgument], _ span: Span) -> TypedExpression {
    guard let value = sequenceArgument("x", given, "shift"), let written = given["by"],
      let by = constantInteger(written, "the distance of a shift"), let type = tensor(value)
    else { return .invalid(span) }
    var axis = 0
    if let written = given["axis"] {
      // Axes behind the known ones are the open end of a function's shape.
      guard
        let axes = axesArgument(
          written, rank: resolve(type.shape).rank, of: "the axis of a shift")
      else { return .invalid(span) }
      guard let only = axes.first, axes.count == 1 else {
        return failed(
          .argumentType(
            "axis", of: "shift", expected: "one axis", found: "\(axes.count) of them",
            at: written.span), span)
      }
      axis = only
    }
    var element = resolve(type.shape)
    element.sizes.remove(at: axis)
    var fill =
      given["fill"].map { elaborate($0) }
      ?? (type.element == .boolean ? boolean(false, span) : integer(0, span))
    if fill.isInvalid { return .invalid(span) }
    fill = type.element == .real ? toReal(fill) : fill
    guard var fillType = tensor(fill), fillType.element == type.element else {
      return failed(
        .argumentType(
          "fill", of: "shift", expected: type.element.rawValue, found: text(fill.type),
          at: fill.span), span)
    }
    if fillType.shape.isScalar { fill = broadcast(fill, to: element) }
    fillType = tensor(fill) ?? fillType
    guard environment.substitution.unify(fillType.shape, element) else {
      return failed(
        .shapeExpected(
          text(element), found: text(fillType.shape), what: "the filling of a shift",
          at: fill.span), span)
    }
    if fill.isLiteralZero {
      fill = relabelled(fill, type.unit)
    } else if let unit = uniformUnit(value, op: "shift") {
      guard let converted = converted(fill, to: unit, op: "shift") else {
        return failed(
          .unitMismatch(
            text(unit), text(uniformUnit(fill, op: "shift") ?? .one),
            what: "the filling of a shift", at: fill.span), span)
      }
      fill = converted
    }
    return TypedExpression(.shift(value, axis: axis, by: by, fill: fill), value.type, span)
  }

  /// The number of elements; the largest integer where it overflows.
  static func product(_ sizes: [Int]) -> Int {
    var result = 1
    for size in sizes {
      let (next, overflow) = result.multipliedReportingOverflow(by: size)
      if overflow { return Int.max }
      result = next
    }
    return result
  }

  // MARK: missing cells

  /// The numbers of something with missing cells, whose type without them is given, and where there are some: missing cells are NaN,
  /// the only number that differs from itself.
  mutating func presence(
    of x: TypedExpression, _ whole: TensorType, _ span: Span
  ) -> (cells: TypedExpression, isThere: TypedExpression) {
    let cells = bind(TypedExpression(.relabelled(x), .tensor(whole), span))
    let truth = TypedExpression(
      .elementwise("eq", [cells, cells]),
      .tensor(TensorType(.boolean, resolve(whole.shape))), span)
    return (cells, bind(truth))
  }

  mutating func cells(
    _ function: Intrinsic.CellFunction, _ name: String, _ given: [String: CallArgument],
    _ span: Span
  ) -> TypedExpression {
    guard let value = arrayArgument("x", given, name), var type = tensor(value) else {
      return .invalid(span)
    }
    switch function {
    case .present:
      let shape = resolve(type.shape)
      guard type.hasGaps else { return broadcast(number(1, span), to: shape) }
      type.hasGaps = false
      let (_, truth) = presence(of: value, type, span)
      return TypedExpression(.toReal(truth), .real(shape), span)
    case .replaced:
      guard let written = given["value"] else { return .invalid(span) }
      let replacement = elaborate(written)
      if replacement.isInvalid { return .invalid(span) }
      guard type.hasGaps else { return value }
      type.hasGaps = false
      let (cells, truth) = presence(of: value, type, span)
      return choose(
        truth, cells, adopted(toReal(replacement), unit: type.unit, what: "`default`"), span)
    case .first:
      guard resolve(type.shape).rank == 1 else {
        return failed(
          .argumentType(
            "x", of: "first_present", expected: "a column", found: text(value.type), at: value.span),
          span)
      }
      type.hasGaps = false
      let zero = integer(0, span)
      var element = type
      element.shape = .scalar
      guard tensor(value)?.hasGaps == true else {
        return TypedExpression(.index(value, axis: 0, at: zero), .tensor(element), span)
      }
      let (cells, truth) = presence(of: value, type, span)
      let numbers = TypedExpression(.toReal(truth), .real(resolve(type.shape)), span)
      let place = TypedExpression(.reduce(.argmax, numbers, axes: [0]), .integer, span)
      return TypedExpression(.index(cells, axis: 0, at: place), .tensor(element), span)
    }
  }

  // MARK: matrix product

  mutating func matrixProduct(
    _ a: TypedExpression, _ b: TypedExpression, _ span: Span
  ) -> TypedExpression {
    if a.isInvalid || b.isInvalid { return .invalid(span) }
    guard let left = tensor(a), let right = tensor(b) else {
      let wrong = tensor(a) == nil ? a : b
      return failed(.operandType("@", found: text(wrong.type), at: wrong.span), span)
    }
    let x = resolve(left.shape)
    let y = resolve(right.shape)
    guard (1...2).contains(x.rank), (1...2).contains(y.rank), x.tail == nil else {
      return failed(
        .operandType(
          "@", found: text(x.rank == 1 || x.rank == 2 ? b.type : a.type), at: span,
          help: ["the matrix product takes vectors and matrices; `*` multiplies elements"]), span)
    }
    guard let inner = x.sizes.last, let outer = y.sizes.first,
      environment.substitution.unify(inner, outer)
    else { return failed(.matrixProduct(text(x), text(y), at: span), span) }
    guard let unit = uniformUnit(a, op: "@"), let other = uniformUnit(b, op: "@") else {
      return .invalid(span)
    }
    let shape = Shape(Array(x.sizes.dropLast()) + y.sizes.dropFirst(), tail: y.tail)
    return TypedExpression(
      .matmul(toReal(a), toReal(b)),
      .tensor(TensorType(.real, shape, unit: .uniform(unit * other))), span)
  }
}

extension Reduction {
  /// Whether there is no answer for nothing at all.
  fileprivate var needsElements: Bool {
    switch self {
    case .mean, .max, .min, .argmax, .argmin: true
    case .sum, .product, .any, .all: false
    }
  }
}
