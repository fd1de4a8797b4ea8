import NodalBasics

/// A made-up data set that examples and tests use: a row of the table `Generator.all`.
package struct Generator: Sendable {
  package let name: String
  /// What it makes, with the source of the definition.
  package let summary: String
  package let parameters: [Parameter]
  /// The names and shapes of its fields, for a checker that has no numbers yet.
  let schema: @Sendable (GeneratorArguments) -> [FieldSchema]
  let body: @Sendable (GeneratorArguments, RandomKey) -> Dataset

  package struct Parameter: Sendable {
    package let name: String
    package let kind: Kind
    /// Nil: it must be given.
    package let standard: GeneratorValue?

    package init(_ name: String, _ kind: Kind, _ standard: GeneratorValue? = nil) {
      self.name = name
      self.kind = kind
      self.standard = standard
    }
  }

  package enum Kind: Sendable, Hashable {
    case number
    /// A whole number, at least 1.
    case count
    case interval
    /// A number or some numbers.
    case numbers
    case function
  }

  /// A field as it will be.
  package struct FieldSchema: Sendable, Equatable {
    package let name: String
    package let axis: DataField.Axis
    package let shape: [Int]
    package let isInteger: Bool

    package init(
      _ name: String, on axis: DataField.Axis, shape: [Int] = [], isInteger: Bool = false
    ) {
      self.name = name
      self.axis = axis
      self.shape = shape
      self.isInteger = isInteger
    }
  }

  package static func named(_ name: String) -> Generator? { all.first { $0.name == name } }

  /// Every generator, in the order of the manual.
  package static let all: [Generator] = [
    .twoMoons, .circles, .pinwheel, .checkerboard, .nestedSpheres, .uniform, .spirals,
    .irregularSines, .poissonProcess,
  ]

  /// Fields of the set that these arguments would make.
  package func fields(
    _ values: [String: GeneratorValue]
  ) throws(GeneratorError) -> [FieldSchema] {
    schema(try arguments(values))
  }

  /// The set. Equal arguments and seeds give equal numbers, whatever else was drawn.
  package func make(
    _ values: [String: GeneratorValue], seed: UInt64
  ) throws(GeneratorError) -> Dataset {
    body(try arguments(values), RandomKey(seed: seed, place: "generate." + name))
  }

  /// More numbers than this are a slip of the pen.
  private static let countLimit = 100_000_000

  /// The arguments checked, with defaults where none is given.
  private func arguments(
    _ values: [String: GeneratorValue]
  ) throws(GeneratorError) -> GeneratorArguments {
    for name in values.keys.sorted() where !parameters.contains(where: { $0.name == name }) {
      throw .unknownParameter(
        generator: self.name, name: name, known: parameters.map(\.name))
    }
    var checked: [String: GeneratorValue] = [:]
    for parameter in parameters {
      guard let value = values[parameter.name] ?? parameter.standard else {
        throw .missingParameter(generator: name, name: parameter.name)
      }
      guard let fitting = value.fitting(parameter.kind) else {
        throw .wrongKind(generator: name, name: parameter.name, expected: parameter.kind)
      }
      if case .number(let number) = fitting, parameter.kind == .count,
        number < 1 || number > Double(Self.countLimit) || number != number.rounded()
      {
        throw .badCount(generator: name, name: parameter.name, value: number)
      }
      checked[parameter.name] = fitting
    }
    let arguments = GeneratorArguments(values: checked)
    if let problem = GeneratorRules.problem(name, arguments) { throw problem }
    return arguments
  }
}

/// An argument of a generator, as the program gives it.
package enum GeneratorValue: Sendable {
  case number(Double)
  case interval(Double, Double)
  case numbers([Double])
  case function(@Sendable (Double) -> Double)

  /// The value as this kind, converted where nothing is lost; nil when it is none.
  func fitting(_ kind: Generator.Kind) -> GeneratorValue? {
    switch (kind, self) {
    case (.number, .number(let x)), (.count, .number(let x)): return x.isFinite ? self : nil
    case (.interval, .interval(let a, let b)):
      return a.isFinite && b.isFinite && a <= b ? self : nil
    case (.interval, .number(let x)): return x.isFinite ? .interval(x, x) : nil
    case (.numbers, .numbers(let values)):
      return !values.isEmpty && values.allSatisfy(\.isFinite) ? self : nil
    case (.numbers, .number(let x)): return x.isFinite ? .numbers([x]) : nil
    case (.function, .function): return self
    case (.function, .number(let x)): return .function { _ in x }
    case (.number, _), (.count, _), (.interval, _), (.numbers, _), (.function, _): return nil
    }
  }
}

/// The checked arguments of one call.
struct GeneratorArguments: Sendable {
  let values: [String: GeneratorValue]

  func number(_ name: String) -> Double {
    if case .number(let value)? = values[name] { return value }
    return 0
  }

  func count(_ name: String) -> Int { Int(exactly: number(name)) ?? 0 }

  func interval(_ name: String) -> (low: Double, high: Double) {
    if case .interval(let low, let high)? = values[name] { return (low, high) }
    return (0, 0)
  }

  func numbers(_ name: String) -> [Double] {
    if case .numbers(let values)? = values[name] { return values }
    return []
  }

  func function(_ name: String) -> @Sendable (Double) -> Double {
    if case .function(let value)? = values[name] { return value }
    return { _ in 0 }
  }
}

/// What may be wrong with a call of a generator.
package enum GeneratorError: Error, Sendable, Equatable {
  case unknownParameter(generator: String, name: String, known: [String])
  case missingParameter(generator: String, name: String)
  case wrongKind(generator: String, name: String, expected: Generator.Kind)
  case badCount(generator: String, name: String, value: Double)
  case outOfRange(generator: String, name: String, rule: String)

  package var message: String {
    switch self {
    case .unknownParameter(let generator, let name, let known):
      let list = known.map { "`\($0)`" }.joined(separator: ", ")
      return "`\(generator)` has no parameter `\(name)`; it has \(list)"
    case .missingParameter(let generator, let name): return "`\(generator)` needs `\(name)`"
    case .wrongKind(let generator, let name, let expected):
      let what =
        switch expected {
        case .number: "a finite number"
        case .count: "a whole number"
        case .interval: "an interval such as 0..1"
        case .numbers: "a number or an array of numbers"
        case .function: "a function of the time, such as (t) -> 2 + sin(t)"
        }
      return "`\(name)` of `\(generator)` must be \(what)"
    case .badCount(let generator, let name, let value):
      return
        "`\(name)` of `\(generator)` must be a whole number from 1 to 1e8, not "
        + NumberFormat.shortest(value)
    case .outOfRange(let generator, let name, let rule):
      return "`\(name)` of `\(generator)` must be \(rule)"
    }
  }
}

/// Conditions between arguments that their kinds don't tell.
enum GeneratorRules {
  /// As many doubles as fit the memory of most machines (1.6 GB).
  private static let numberLimit = 200_000_000

  static func problem(_ name: String, _ a: GeneratorArguments) -> GeneratorError? {
    func rule(_ parameter: String, _ holds: Bool, _ text: String) -> GeneratorError? {
      holds ? nil : .outOfRange(generator: name, name: parameter, rule: text)
    }
    if let problem = a.values["noise"] == nil
      ? nil : rule("noise", a.number("noise") >= 0, "0 or more")
    {
      return problem
    }
    if case .interval? = a.values["over"],
      let problem = rule(
        "over", a.interval("over").high > a.interval("over").low, "an interval of some length")
    {
      return problem
    }
    let width =
      switch name {
      case "nested_spheres": a.count("dim")
      case "spirals": a.count("sample")
      case "irregular_sines": Int(a.interval("points").high.clamped(0, 1e6))
      case "uniform": a.numbers("low").count
      default: 2
      }
    let size = a.count("count").multipliedReportingOverflow(by: width)
    if size.overflow || size.partialValue > numberLimit {
      return .outOfRange(generator: name, name: "count", rule: "less: the set would be too large")
    }
    switch name {
    case "nested_spheres":
      return rule("inner", a.interval("inner").low >= 0, "an interval of radii, from 0 on")
        ?? rule("outer", a.interval("outer").low >= 0, "an interval of radii, from 0 on")
    case "spirals":
      return rule(
        "sample", a.count("sample") * 2 < a.count("length"), "less than half of `length`")
    case "irregular_sines":
      let points = a.interval("points")
      return rule("points", points.low >= 1 && points.high <= 1e6, "an interval from 1 to 1e6")
    case "uniform":
      let low = a.numbers("low")
      let high = a.numbers("high")
      return rule("high", low.count == high.count, "as long as `low`")
        ?? rule("high", zip(low, high).allSatisfy { $0 <= $1 }, "at least `low`")
    case "poisson_process": return poissonProblem(name, a)
    case "circles":
      return rule("factor", (0...1).contains(a.number("factor")), "between 0 and 1")
    default: return nil
    }
  }
}

extension GeneratorRules {
  /// More events than these take the memory and the time of something else.
  private static let eventLimit = 1e6

  /// A rate is a number of at least 0 all along, and gives no more events than anyone looks at.
  private static func poissonProblem(_ name: String, _ a: GeneratorArguments) -> GeneratorError? {
    let rate = a.function("rate")
    let (begin, end) = a.interval("over")
    let cells = 1000
    let width = (end - begin) / Double(cells)
    var expected = 0.0
    for k in 0...cells {
      let time = begin + width * Double(k)
      let value = rate(time)
      guard value.isFinite, value >= 0 else {
        return .outOfRange(
          generator: name, name: "rate",
          rule:
            "a number of at least 0 at all times, and it is \(value.isNaN ? "nan" : NumberFormat.shortest(value)) at \(NumberFormat.significant(time))"
        )
      }
      expected += value * width * Double(a.count("count"))
    }
    guard expected <= eventLimit else {
      return .outOfRange(
        generator: name, name: "rate",
        rule:
          "less: it would give about \(NumberFormat.significant(expected, 2)) events, and a million are the most"
      )
    }
    return nil
  }
}

extension Double {
  fileprivate func clamped(_ low: Double, _ high: Double) -> Double { min(max(self, low), high) }
}
