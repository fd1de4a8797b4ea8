import NodalIR

/// A place along one axis of a value, as a function of the loops around: a constant, a length known only at run time,
/// and a multiple of each loop's variable.
struct AxisIndex: Hashable, Sendable {
  var constant: Int
  /// Added to the constant: where an axis of unknown length is read from its end.
  var lengths: [Measure]
  var coefficients: [Int]

  init(constant: Int = 0, lengths: [Measure] = [], coefficients: [Int]) {
    self.constant = constant
    self.lengths = lengths
    self.coefficients = coefficients
  }

  /// The variable of one loop.
  static func loop(_ i: Int, of count: Int) -> AxisIndex {
    AxisIndex(coefficients: (0..<count).map { $0 == i ? 1 : 0 })
  }

  static func constant(_ c: Int, loops: Int) -> AxisIndex {
    AxisIndex(constant: c, coefficients: Array(repeating: 0, count: loops))
  }

  /// start + stride · self.
  func scaled(by stride: Int, from start: Int) -> AxisIndex {
    AxisIndex(
      constant: start + stride * constant, lengths: lengths.map { stride * $0 },
      coefficients: coefficients.map { stride * $0 })
  }

  /// The sum of two places.
  func adding(_ other: AxisIndex) -> AxisIndex {
    AxisIndex(
      constant: constant + other.constant, lengths: lengths + other.lengths,
      coefficients: zip(coefficients, other.coefficients).map { $0 + $1 })
  }

  /// The index counted from the other end of the axis.
  func reversed(_ extent: Extent) -> AxisIndex {
    var index = scaled(by: -1, from: -1)
    switch extent {
    case .fixed(let n): index.constant += n
    case .lanes, .steps: index.lengths.append(Measure(extent))
    }
    return index
  }
}

/// Where in the memory of a value an element lies, as a function of the loops around.
struct Access: Hashable, Sendable {
  /// The value whose memory it is.
  var value: Int
  /// Added up, in elements.
  var offset: [Measure]
  /// Elements from one turn of each loop to the next.
  var strides: [Measure]

  init(value: Int, offset: [Measure], strides: [Measure]) {
    self.value = value
    self.offset = offset.filter { $0.factor != 0 }
    self.strides = strides
  }

  /// The element of a value at a place along each axis.
  init(value: Int, type: ValueType, at index: [AxisIndex], loops: Int) {
    var offset: [Measure] = []
    var strides = [Measure](repeating: Measure(0), count: loops)
    for (axis, stride) in type.strides.enumerated() {
      let place = index[axis]
      if place.constant != 0 { offset.append(place.constant * stride) }
      offset += place.lengths.map { $0 * stride }
      for (loop, coefficient) in place.coefficients.enumerated() where coefficient != 0 {
        // Sums of unlike lengths don't come up: an index has one loop, or loops of fixed lengths.
        strides[loop] =
          strides[loop].factor == 0
          ? coefficient * stride
          : Measure(strides[loop].factor + coefficient * stride.factor, stride.lengths)
      }
    }
    self.init(value: value, offset: offset, strides: strides)
  }
}
