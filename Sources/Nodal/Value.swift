import NodalBasics
import NodalData
import NodalExecution
import NodalIR
import NodalSession
import NodalTraining

/// A value of the language. Arrays are row-major; numbers are in the unit that the program declares.
public indirect enum Value: Sendable {
  /// Numbers, whole numbers too (exact up to 2^53); a scalar has the shape `[]`.
  case array(shape: [Int], numbers: [Double])
  /// Truth values.
  case booleans(shape: [Int], values: [Bool])
  /// A text.
  case text(String)
  /// Values in order.
  case tuple([Value])
  /// Values by name, in order.
  case record([Field])
  /// What `solve` gives: `t`, the states, the outputs, then `final` and `stats`.
  case solution(ode: String, fields: [Field])
  /// Columns of a data set; cells that are missing are NaN.
  case dataset([Field])
  /// What `train` gives.
  case run(TrainingRun)
  /// Nothing.
  case nothing

  /// A name and its value.
  public struct Field: Sendable {
    /// The name, with its primes: `θ'`.
    public let name: String
    /// What it names.
    public let value: Value

    /// A name and its value.
    public init(name: String, value: Value) {
      self.name = name
      self.value = value
    }
  }

  /// The number of a scalar, or of an array with one element.
  public var number: Double? {
    switch self {
    case .array(_, let numbers): numbers.count == 1 ? numbers[0] : nil
    case .booleans, .text, .tuple, .record, .solution, .dataset, .run, .nothing: nil
    }
  }

  /// All numbers of an array, in row-major order.
  public var numbers: [Double]? {
    if case .array(_, let numbers) = self { numbers } else { nil }
  }

  /// The lengths of an array's axes.
  public var shape: [Int]? {
    switch self {
    case .array(let shape, _), .booleans(let shape, _): shape
    case .text, .tuple, .record, .solution, .dataset, .run, .nothing: nil
    }
  }

  /// The named values of a record, a solution or a data set.
  public var fields: [Field] {
    switch self {
    case .record(let fields), .solution(_, let fields), .dataset(let fields): fields
    case .array, .booleans, .text, .tuple, .run, .nothing: []
    }
  }

  /// The value of a field; nil where there is none.
  public subscript(name: String) -> Value? { fields.first { $0.name == name }?.value }

  /// As JSON, nested arrays and objects; numbers that JSON lacks are the strings "nan", "inf", "-inf".
  public var json: String { jsonValue.text }
}

extension Value {
  init(_ value: SessionValue) {
    switch value {
    case .array(let tensor):
      self =
        tensor.element == .bool
        ? .booleans(shape: tensor.shape, values: tensor.numbers.map { $0 != 0 })
        : .array(shape: tensor.shape, numbers: tensor.numbers)
    case .text(let text): self = .text(text)
    case .tuple(let parts): self = .tuple(parts.map { Value($0) })
    case .record(let fields): self = .record(Self.fields(fields))
    case .solution(let solution):
      self = .solution(ode: solution.ode, fields: Self.fields(solution.fields))
    case .dataset(let data):
      self = .dataset(
        data.fields.map { column in
          Field(
            name: column.name,
            value: data.array(of: column.name).map {
              .array(shape: $0.shape, numbers: $0.values)
            } ?? .array(shape: [column.values.count], numbers: column.values))
        })
    case .run(let run): self = .run(TrainingRun(run, wasCancelled: run.result.isCancelled))
    case .nothing: self = .nothing
    }
  }

  private static func fields(_ fields: [SessionValue.Named]) -> [Field] {
    fields.map { Field(name: $0.name, value: Value($0.value)) }
  }

  var jsonValue: JSONValue {
    switch self {
    case .array(let shape, let numbers):
      Self.nested(shape[...], 0) { numbers.indices.contains($0) ? .number(numbers[$0]) : .null }
    case .booleans(let shape, let values):
      Self.nested(shape[...], 0) { values.indices.contains($0) ? .bool(values[$0]) : .null }
    case .text(let text): .string(text)
    case .tuple(let parts): .array(parts.map(\.jsonValue))
    case .record(let fields), .solution(_, let fields), .dataset(let fields):
      .object(fields.map { .init($0.name, $0.value.jsonValue) })
    case .run(let run): run.jsonValue
    case .nothing: .null
    }
  }

  private static func nested(
    _ shape: ArraySlice<Int>, _ start: Int, _ one: (Int) -> JSONValue
  ) -> JSONValue {
    guard let n = shape.first else { return one(start) }
    let inner = shape.dropFirst().reduce(1, *)
    return .array((0..<n).map { nested(shape.dropFirst(), start + $0 * inner, one) })
  }
}
