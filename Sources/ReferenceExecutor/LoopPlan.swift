/// Nested loops over up to three arrays, outermost first, with strides in elements: what is left of
/// shapes when the lengths are known.
struct LoopPlan: Sendable {
  struct Dimension: Sendable, Equatable {
    var count: Int
    var a: Int
    var b: Int
    var result: Int
  }
  var version = -1
  var dimensions: [Dimension] = []
  /// First elements.
  var a = 0
  var b = 0
  var result = 0
  /// For contractions: the loops over free axes of a, of b, and over contracted ones; `dimensions`
  /// are those around them.
  var rows = Dimension(count: 1, a: 0, b: 0, result: 0)
  var columns = Dimension(count: 1, a: 0, b: 0, result: 0)
  var inner = Dimension(count: 1, a: 0, b: 0, result: 0)
  /// How many of the outer loops, at the end, run over contracted axes.
  var outerContracted = 0
  var isEmpty = false

  /// Joins loops that run through memory as one.
  static func collapsed(_ dimensions: [Dimension]) -> [Dimension] {
    var result: [Dimension] = []
    for dimension in dimensions where dimension.count != 1 {
      if let last = result.last, last.a == dimension.a * dimension.count,
        last.b == dimension.b * dimension.count, last.result == dimension.result * dimension.count
      {
        result[result.count - 1] = Dimension(
          count: last.count * dimension.count, a: dimension.a, b: dimension.b,
          result: dimension.result)
      } else {
        result.append(dimension)
      }
    }
    return result
  }

  /// Row-major strides.
  static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for i in shape.indices.reversed().dropFirst() { strides[i] = strides[i + 1] * shape[i + 1] }
    return strides
  }
}
