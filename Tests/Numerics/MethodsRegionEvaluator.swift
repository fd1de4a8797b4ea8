import Foundation
import NodalIR
import Testing

/// Runs straight-line regions in f64, one number at a time: slow, and simple enough to be believed.
/// It serves the tests of step regions, so that they don't lean on an executor.
struct RegionEvaluator {
  struct Array: Equatable {
    var shape: [Int]
    var numbers: [Double]

    init(_ shape: [Int], _ numbers: [Double]) {
      self.shape = shape
      self.numbers = numbers
    }
    static func scalar(_ x: Double) -> Array { Array([], [x]) }
    static func vector(_ x: [Double]) -> Array { Array([x.count], x) }

    /// The place of the number at an index, row by row.
    func place(_ index: [Int]) -> Int { zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 } }
    subscript(_ index: [Int]) -> Double { numbers[place(index)] }
  }

  struct Unsupported: Error { var form: String }

  var lanes = 1

  static func indices(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { all, n in all.flatMap { prefix in (0..<n).map { prefix + [$0] } } }
  }

  private func shape(_ extents: [Extent]) -> [Int] {
    let values = ExtentValues(lanes: lanes)
    return extents.map { values.length(of: $0) }
  }

  func callAsFunction(_ region: Region, _ arguments: [Array]) throws -> [Array] {
    try #require(arguments.count == region.parameterCount)
    var values = arguments
    for (argument, type) in zip(arguments, region.parameterTypes) {
      try #require(argument.shape == shape(type.extents))
    }
    for node in region.nodes {
      let operands = node.operands.map { values[$0.index] }
      let type = region.types[node.results.lowerBound]
      values.append(try evaluate(node.form, operands, shape(type.extents)))
    }
    return region.results.map { values[$0.index] }
  }

  private func evaluate(_ form: Form, _ x: [Array], _ shape: [Int]) throws -> Array {
    func each(_ number: ([Int]) throws -> Double) rethrows -> Array {
      Array(shape, try Self.indices(shape).map(number))
    }
    switch form {
    case .constant(let constant):
      switch constant.values {
      case .splat(let number): return each { _ in number }
      case .array(let numbers): return Array(shape, numbers)
      }
    case .elementwise(let schema):
      return try each { index in try op(schema.name, x.map { $0[index] }) }
    case .select:
      return each { x[0][$0] != 0 ? x[1][$0] : x[2][$0] }
    case .convert:
      return x[0]
    case .contract(let contraction):
      let freeA = contraction.freeAxes(ofA: x[0].shape.count)
      let freeB = contraction.freeAxes(ofB: x[1].shape.count)
      let summed = Self.indices(contraction.contracted.map { x[0].shape[$0.a] })
      return each { index in
        var a = [Int](repeating: 0, count: x[0].shape.count)
        var b = [Int](repeating: 0, count: x[1].shape.count)
        for (i, pair) in contraction.batch.enumerated() {
          (a[pair.a], b[pair.b]) = (index[i], index[i])
        }
        let batch = contraction.batch.count
        for (i, axis) in freeA.enumerated() { a[axis] = index[batch + i] }
        for (i, axis) in freeB.enumerated() { b[axis] = index[batch + freeA.count + i] }
        return summed.reduce(0.0) { total, inner in
          for (i, pair) in contraction.contracted.enumerated() {
            (a[pair.a], b[pair.b]) = (inner[i], inner[i])
          }
          return total + x[0][a] * x[1][b]
        }
      }
    case .layout(.broadcast(_, let axes)):
      return each { index in x[0][axes.map { index[$0] }] }
    case .layout(.reshape):
      return Array(shape, x[0].numbers)
    case .layout(.slice(let axis, let start, _, let stride)):
      return each { index in
        var source = index
        source[axis] = start + index[axis] * stride
        return x[0][source]
      }
    case .layout(.concatenate(let axis)):
      return each { index in
        var source = index
        for part in x {
          if source[axis] < part.shape[axis] { return part[source] }
          source[axis] -= part.shape[axis]
        }
        return .nan
      }
    case .factorize:
      return each { _ in 0 }
    case .linearSolve(let system):
      return solve(x[0], x[2], transposed: system.isTransposed)
    case .layout(.transpose(let permutation)):
      return each { index in
        var source = index
        for (i, axis) in permutation.enumerated() { source[axis] = index[i] }
        return x[0][source]
      }
    case .layout(.pad(let axis, let before, _, let interior)):
      return each { index in
        var source = index
        let (place, step) = (index[axis] - before, interior + 1)
        source[axis] = place / step
        let isInside = place >= 0 && place % step == 0 && source[axis] < x[0].shape[axis]
        return isInside ? x[0][source] : 0
      }
    case .layout(.reverse), .layout(.window), .reduce, .gather,
      .scatter, .random, .branch, .scan, .map, .derivative, .solve, .interpolate:
      throw Unsupported(form: form.name)
    }
  }

  /// Gauss and Jordan, with row exchanges; factors are not needed.
  private func solve(_ a: Array, _ b: Array, transposed: Bool) -> Array {
    let n = b.shape[b.shape.count - 1]
    var result = b
    for system in 0..<(n == 0 ? 0 : b.numbers.count / n) {
      var rows = (0..<n).map { i in
        (0..<n).map { a.numbers[system * n * n + (transposed ? $0 * n + i : i * n + $0)] }
          + [b.numbers[system * n + i]]
      }
      for k in 0..<n {
        let pivot = (k..<n).max { abs(rows[$0][k]) < abs(rows[$1][k]) } ?? k
        rows.swapAt(k, pivot)
        for i in 0..<n where i != k {
          let multiple = rows[i][k] / rows[k][k]
          for j in k...n { rows[i][j] -= multiple * rows[k][j] }
        }
      }
      for k in 0..<n { result.numbers[system * n + k] = rows[k][n] / rows[k][k] }
    }
    return result
  }

  private func op(_ name: String, _ x: [Double]) throws -> Double {
    switch name {
    case "add": return x[0] + x[1]
    case "sub": return x[0] - x[1]
    case "mul": return x[0] * x[1]
    case "div": return x[0] / x[1]
    case "max": return x[0].isNaN || x[1].isNaN ? .nan : Swift.max(x[0], x[1])
    case "abs": return Swift.abs(x[0])
    case "neg": return -x[0]
    case "reciprocal": return 1 / x[0]
    case "sqrt": return x[0].squareRoot()
    case "square": return x[0] * x[0]
    case "min": return x[0].isNaN || x[1].isNaN ? .nan : Swift.min(x[0], x[1])
    case "exp": return Foundation.exp(x[0])
    case "log": return Foundation.log(x[0])
    case "eq": return x[0] == x[1] ? 1 : 0
    case "gt": return x[0] > x[1] ? 1 : 0
    case "and": return x[0] * x[1]
    case "or": return Swift.max(x[0], x[1])
    case "le": return x[0] <= x[1] ? 1 : 0
    case "lt": return x[0] < x[1] ? 1 : 0
    default: throw Unsupported(form: name)
    }
  }
}
