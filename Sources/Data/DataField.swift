/// One field of a `Dataset`: numbers of one shape, one after another.
package struct DataField: Sendable, Equatable {
  package enum Axis: Sendable, Hashable {
    /// One entry an example.
    case example
    /// One entry for each time of each example.
    case time
  }

  package var name: String
  package var axis: Axis
  /// The shape of one entry; `[]` for a number.
  package var shape: [Int]
  /// Entry after entry, each in row-major order.
  package var values: [Double]
  /// One flag a value; empty when nothing is missing. A missing value is NaN.
  package var missing: [Bool]
  /// The unit as the program gives it, for example `m/s`.
  package var unit: String?
  /// The words that the numbers 0, 1, … stand for; empty for a field of numbers.
  package var categories: [String]
  /// Are the values whole numbers by nature (labels, counts)?
  package var isInteger: Bool

  package init(
    _ name: String, on axis: Axis, shape: [Int] = [], values: [Double], missing: [Bool] = [],
    unit: String? = nil, categories: [String] = [], isInteger: Bool = false
  ) {
    self.name = name
    self.axis = axis
    self.shape = shape
    self.values = values
    self.missing = missing
    self.unit = unit
    self.categories = categories
    self.isInteger = isInteger
  }

  /// Numbers in one entry.
  package var width: Int { shape.reduce(1, *) }

  /// How many entries there are.
  package var count: Int { width == 0 ? 0 : values.count / width }

  package var missingCount: Int { missing.reduce(0) { $1 ? $0 + 1 : $0 } }

  /// Entries `range`, brought back to those that there are.
  package func slice(_ range: Range<Int>) -> (values: [Double], missing: [Bool]) {
    let range = range.clamped(to: 0..<count)
    let flat = range.lowerBound * width..<range.upperBound * width
    return (Array(values[flat]), missing.isEmpty ? [] : Array(missing[flat]))
  }

  /// The field with these entries only, one range after another.
  package func gather(_ ranges: [Range<Int>]) -> DataField {
    var copy = self
    copy.values = []
    copy.missing = []
    for range in ranges {
      let part = slice(range)
      copy.values += part.values
      copy.missing += part.missing
    }
    if !copy.missing.contains(true) { copy.missing = [] }
    return copy
  }
}

/// An array taken from a data set.
package struct DataArray: Sendable, Equatable {
  package let shape: [Int]
  /// In row-major order; NaN where missing (padding repeats the last entry instead).
  package let values: [Double]
  /// One flag a value; empty when nothing is missing.
  package let missing: [Bool]

  package init(shape: [Int], values: [Double], missing: [Bool] = []) {
    self.shape = shape
    self.values = values
    self.missing = missing
  }

  init(shape: [Int], _ part: (values: [Double], missing: [Bool])) {
    self.init(
      shape: shape, values: part.values,
      missing: part.missing.contains(true) ? part.missing : [])
  }
}
