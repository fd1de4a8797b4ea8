import NodalDiagnostics
import NodalTypes

/// `patches`, `convolve` and `grouped`: what layers over images are written with. An array's first axis is one of channels, the
/// others are where the windows go, as many as there are.
extension Checker {
  mutating func windows(
    _ function: Intrinsic.WindowFunction, _ name: String, _ given: [String: CallArgument],
    _ span: Span
  ) -> TypedExpression {
    guard let value = arrayArgument("x", given, name), let type = tensor(value) else {
      return .invalid(span)
    }
    if type.hasGaps || type.isPadded { return failed(.gapsUsed(name, at: value.span), span) }
    let shape = resolve(type.shape)
    let least = function == .grouped ? 1 : 2
    guard shape.rank >= least else {
      return failed(
        .argumentType(
          "x", of: name, expected: "an array [channels, …]", found: text(value.type),
          at: value.span, help: ["an image is `Real[channels, height, width]`"]), span)
    }
    guard let lengths = shape.values else {
      reportNotConstant("the shape of what `\(name)` takes", at: value.span)
      return .invalid(span)
    }
    guard let unit = uniformUnit(value, op: name) else { return .invalid(span) }
    let array = Windowed(
      value: toReal(value), lengths: lengths, unit: unit, name: name, span: span)
    switch function {
    case .patches: return patches(array, given)
    case .convolve: return convolve(array, given)
    case .grouped: return grouped(array, given)
    }
  }

  /// What a window goes over.
  private struct Windowed {
    var value: TypedExpression
    var lengths: [Int]
    var unit: Unit
    var name: String
    var span: Span
    var channels: Int { lengths[0] }
    var places: [Int] { Array(lengths.dropFirst()) }

    func typed(_ kind: TypedExpression.Kind, _ shape: [Int], _ unit: Unit) -> TypedExpression {
      TypedExpression(
        kind, .tensor(TensorType(.real, Shape(shape), unit: .uniform(unit))), span)
    }
  }

  /// [c, elements of a window…, windows…]
  private mutating func patches(
    _ array: Windowed, _ given: [String: CallArgument]
  ) -> TypedExpression {
    guard let argument = given["size"],
      let sizes = perAxis(argument, "size", array, atLeast: 1),
      let axes = windowAxes(array, sizes, given)
    else { return .invalid(array.span) }
    let counts = zip(array.places, axes).map { $1.count(along: $0) }
    return array.typed(
      .windows(array.value, axes), [array.channels] + sizes + counts, array.unit)
  }

  private mutating func convolve(
    _ array: Windowed, _ given: [String: CallArgument]
  ) -> TypedExpression {
    guard let kernel = arrayArgument("kernel", given, array.name), let type = tensor(kernel) else {
      return .invalid(array.span)
    }
    guard let shape = resolve(type.shape).values else {
      reportNotConstant("the shape of a kernel", at: kernel.span)
      return .invalid(array.span)
    }
    guard shape.count == array.lengths.count + 1 else {
      return failed(
        .argumentType(
          "kernel", of: array.name,
          expected: "an array [out, in, …] of \(array.lengths.count + 1) axes",
          found: text(kernel.type), at: kernel.span), array.span)
    }
    var groups = 1
    if let written = given["groups"] {
      guard let count = positive(written, "groups", atLeast: 1) else { return .invalid(array.span) }
      groups = count
    }
    for channels in [array.channels, shape[0]] where channels % groups != 0 {
      return failed(
        .groupsDontDivide(groups, channels, at: array.span), array.span)
    }
    guard shape[1] * groups == array.channels else {
      return failed(
        .kernelChannels(
          array.channels, kernel: shape[1], groups: groups, of: array.name, at: array.span),
        array.span)
    }
    guard let other = uniformUnit(kernel, op: array.name),
      let axes = windowAxes(array, Array(shape.dropFirst(2)), given)
    else { return .invalid(array.span) }
    let counts = zip(array.places, axes).map { $1.count(along: $0) }
    return array.typed(
      .convolve(array.value, kernel: toReal(kernel), axes: axes, groups: groups),
      [shape[0]] + counts, array.unit * other)
  }

  /// The channels in shares: [groups, c / groups, …]
  private mutating func grouped(
    _ array: Windowed, _ given: [String: CallArgument]
  ) -> TypedExpression {
    guard let written = given["groups"],
      let groups = positive(written, "groups", atLeast: 1)
    else { return .invalid(array.span) }
    guard array.channels % groups == 0 else {
      return failed(
        .groupsDontDivide(groups, array.channels, at: array.span), array.span)
    }
    return array.typed(
      .reshape(array.value), [groups, array.channels / groups] + array.places, array.unit)
  }

  // MARK: Settings

  /// The windows along each axis; nil after a report, as when they don't fit.
  private mutating func windowAxes(
    _ array: Windowed, _ sizes: [Int], _ given: [String: CallArgument]
  ) -> [WindowAxis]? {
    var axes = sizes.map { WindowAxis(size: $0) }
    let settings: [(String, Int, WritableKeyPath<WindowAxis, Int>)] = [
      ("stride", 1, \.stride), ("dilation", 1, \.dilation), ("pad", 0, \.pad),
    ]
    for (key, least, path) in settings {
      guard let argument = given[key] else { continue }
      guard let numbers = perAxis(argument, key, array, atLeast: least) else { return nil }
      for (i, number) in numbers.enumerated() { axes[i][keyPath: path] = number }
    }
    for (length, axis) in zip(array.places, axes) where axis.reach > axis.padded(length) {
      report(.windowTooLarge(axis, along: length, at: array.span))
      return nil
    }
    return axes
  }

  /// One number for all axes, or one for each.
  private mutating func perAxis(
    _ argument: CallArgument, _ key: String, _ array: Windowed, atLeast least: Int
  ) -> [Int]? {
    let value = elaborate(argument)
    if value.isInvalid { return nil }
    guard case .array(let numbers) = value.kind, tensor(value)?.element == .integer else {
      return positive(argument, key, atLeast: least).map { number in
        array.places.map { _ in number }
      }
    }
    guard numbers.count == array.places.count else {
      report(
        .shapeExpected(
          "[\(array.places.count)]", found: "[\(numbers.count)]", what: "`\(key)`",
          at: argument.span))
      return nil
    }
    var result: [Int] = []
    for number in numbers {
      guard let whole = inRange(Int(exactly: number) ?? -1, key, atLeast: least, argument.span)
      else { return nil }
      result.append(whole)
    }
    return result
  }

  private mutating func positive(
    _ argument: CallArgument, _ key: String, atLeast least: Int
  ) -> Int? {
    guard let number = constantInteger(argument, "`\(key)`") else { return nil }
    return inRange(number, key, atLeast: least, argument.span)
  }

  /// Longer arrays than this don't fit into memory, and sums of such numbers don't overflow.
  private static let mostElements = 1 << 31

  private mutating func inRange(
    _ number: Int, _ key: String, atLeast least: Int, _ span: Span
  ) -> Int? {
    guard number >= least, number <= Self.mostElements else {
      report(
        Diagnostic(
          .optionValue, "`\(key)` is \(least) or more, not \(number)", at: Label(span)))
      return nil
    }
    return number
  }
}

extension WindowAxis {
  /// From the first element of a window to its last. Saturates.
  var reach: Int {
    let (gaps, overflows) = (size - 1).multipliedReportingOverflow(by: dilation)
    return overflows || gaps == .max ? .max : gaps + 1
  }

  func padded(_ length: Int) -> Int { length + 2 * pad }

  /// How many windows fit.
  func count(along length: Int) -> Int { (padded(length) - reach) / stride + 1 }
}
