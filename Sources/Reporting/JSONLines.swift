package import NodalBasics

/// Records for machines: one JSON object a line, whose `kind` says what it is.
package enum JSONLines {
  /// A line, closed by a line end.
  package static func line(_ kind: String, _ members: KeyValuePairs<String, JSONValue>) -> String {
    line(.object([.init("kind", .string(kind))] + members.map { .init($0.key, $0.value) }))
  }

  package static func line(_ record: JSONValue) -> String { record.text + "\n" }

  /// An array of numbers with its shape, as nested JSON arrays; the flat numbers when they do not
  /// fill the shape.
  package static func array(_ values: [Double], shape: [Int]) -> JSONValue {
    guard values.count == shape.reduce(1, { $0.multipliedReportingOverflow(by: $1).partialValue }),
      shape.allSatisfy({ $0 > 0 })
    else { return .numbers(values) }
    guard let size = shape.first else { return .number(values[0]) }
    let stride = values.count / size
    return .array(
      (0..<size).map { index in
        array(
          Array(values[index * stride..<(index + 1) * stride]), shape: Array(shape.dropFirst()))
      })
  }
}
