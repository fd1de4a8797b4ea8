/// An array to be written, and what files say of it.
package struct OutputArray: Sendable, Equatable {
  package enum Values: Sendable, Equatable {
    case f32([Float])
    case f64([Double])
    case i64([Int64])
    case bool([Bool])
    case words([String])

    var count: Int {
      switch self {
      case .f32(let values): values.count
      case .f64(let values): values.count
      case .i64(let values): values.count
      case .bool(let values): values.count
      case .words(let values): values.count
      }
    }
  }

  package var name: String
  package var shape: [Int]
  /// Row-major. What is missing is NaN.
  package var values: Values
  /// What its axes count, one name each; axes of one name have one length.
  package var axes: [String]
  package var unit: String?
  /// What it is, in words.
  package var description: String

  package init(
    name: String, shape: [Int], _ values: Values, axes: [String], unit: String? = nil,
    description: String
  ) {
    self.name = name
    self.shape = shape
    self.values = values
    self.axes = axes
    self.unit = unit
    self.description = description
  }
}

extension [OutputArray] {
  /// Where all rows of the times are the same they are written once, along their own axis: so other tools know it for a coordinate.
  package func sharing(times name: String) -> [OutputArray] {
    guard let place = firstIndex(where: { $0.name == name }), self[place].shape.count > 1,
      case .f64(let times) = self[place].values, let length = self[place].shape.last, length > 0,
      let axis = self[place].axes.last,
      // NaN differs from itself: rows that are filled up are of their own.
      times.indices.allSatisfy({ times[$0] == times[$0 % length] })
    else { return self }
    var copy = self
    copy[place].shape = [length]
    copy[place].values = .f64([Double](times.prefix(length)))
    copy[place].axes = [name]
    for index in copy.indices { copy[index].axes = copy[index].axes.map { $0 == axis ? name : $0 } }
    return copy
  }
}
