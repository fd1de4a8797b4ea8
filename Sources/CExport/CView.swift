import NodalIR

/// How an array lies in memory, as C reads it: numbers of it are where strides say, or one scalar stands for all.
struct CView {
  enum Base {
    /// An expression without a place: the same for all indices.
    case scalar(String)
    case pointer(String)
  }

  var base: Base
  /// Where the first element is: a number, and names of what is added to it.
  var offset = 0
  var moved: [String] = []
  var shape: [Int]
  var strides: [Int]
  var element: ElementType

  init(scalar: String, _ element: ElementType, shape: [Int] = []) {
    base = .scalar(scalar)
    self.shape = shape
    strides = shape.map { _ in 0 }
    self.element = element
  }

  /// Row by row.
  init(pointer: String, offset: Int = 0, shape: [Int], _ element: ElementType) {
    base = .pointer(pointer)
    self.offset = offset
    self.shape = shape
    strides = CView.strides(shape)
    self.element = element
  }

  static func strides(_ shape: [Int]) -> [Int] {
    var strides = shape
    var stride = 1
    for axis in shape.indices.reversed() {
      strides[axis] = stride
      stride *= max(shape[axis], 1)
    }
    return strides
  }

  var count: Int { shape.reduce(1, *) }

  /// The element at these indices.
  func at(_ indices: [String]) -> String {
    switch base {
    case .scalar(let text): return text
    case .pointer(let name):
      var terms = moved
      for (index, stride) in zip(indices, strides) where stride != 0 && index != "0" {
        terms.append(stride == 1 ? index : "\(stride) * \(index)")
      }
      if offset != 0 || terms.isEmpty { terms.append("\(offset)") }
      return "\(name)[\(terms.joined(separator: " + "))]"
    }
  }

  /// Whether its elements lie one behind the other, in order.
  private var isContiguous: Bool {
    let own = CView.strides(shape)
    return shape.indices.allSatisfy { shape[$0] == 1 || strides[$0] == own[$0] }
  }

  // MARK: The same elements, seen otherwise

  func broadcast(to shape: [Int], axes: [Int]) -> CView {
    var copy = self
    copy.shape = shape
    copy.strides = shape.map { _ in 0 }
    for (own, axis) in axes.enumerated() { copy.strides[axis] = strides[own] }
    return copy
  }

  func transposed(_ permutation: [Int]) -> CView {
    var copy = self
    copy.shape = permutation.map { shape[$0] }
    copy.strides = permutation.map { strides[$0] }
    return copy
  }

  func sliced(axis: Int, start: Int, limit: Int, stride: Int) -> CView {
    var copy = self
    copy.offset += start * strides[axis]
    copy.shape[axis] = (limit - start + stride - 1) / stride
    copy.strides[axis] *= stride
    return copy
  }

  func reversed(axis: Int) -> CView {
    var copy = self
    copy.offset += max(shape[axis] - 1, 0) * strides[axis]
    copy.strides[axis] = -strides[axis]
    return copy
  }

  func windows(axis: Int, size: Int, stride: Int, dilation: Int) -> CView {
    var copy = self
    copy.shape[axis] = (shape[axis] - Layout.reach(of: size, dilation)) / stride + 1
    copy.strides[axis] *= stride
    copy.shape.insert(size, at: axis)
    copy.strides.insert(strides[axis] * dilation, at: axis)
    return copy
  }

  /// Nil where the elements have to be copied for it.
  func reshaped(_ shape: [Int]) -> CView? {
    var copy = self
    copy.shape = shape
    switch base {
    case .scalar: copy.strides = shape.map { _ in 0 }
    case .pointer:
      guard isContiguous else { return nil }
      copy.strides = CView.strides(shape)
    }
    return copy
  }

  /// Without an axis, at the place that a name says.
  func entry(_ place: String, axis: Int) -> CView {
    var copy = self
    if strides[axis] != 0 { copy.moved.append("\(strides[axis]) * \(place)") }
    copy.shape.remove(at: axis)
    copy.strides.remove(at: axis)
    return copy
  }
}

extension ElementType {
  /// What C calls it. Numbers are of 64 bits in exported code, whatever the program's precision.
  var cName: String {
    switch self {
    case .f32, .f64: "double"
    case .i64: "long long"
    case .bool: "int"
    }
  }
}
