import NodalIR
import NodalOperations

/// A matrix with its factors.
struct FactoredEquations {
  private let matrix, factors: Value
  private let pattern: MatrixPattern?

  init(_ matrix: Value, _ pattern: MatrixPattern?, _ a: inout StepArithmetic) {
    (self.matrix, self.pattern) = (matrix, pattern)
    factors = a.builder.value(.factorize(pattern), [matrix])
  }

  func solved(_ right: Value, _ a: inout StepArithmetic) -> Value {
    a.builder.value(.linearSolve(LinearSolve(pattern: pattern)), [matrix, factors, right])
  }
}

/// Equations in complex numbers, (A + iB) (x + iy) = u + iv, as real ones of twice the size: components and their imaginary parts in turn, so
/// that what is in a band stays in one, and an entry of a sparse matrix becomes one of 2 by 2.
struct ComplexPair {
  let size: Int
  /// Of A, and of the real matrix of twice the size.
  private let single: MatrixPattern?
  let pattern: MatrixPattern?

  init(_ single: MatrixPattern?, size: Int) {
    (self.single, self.size) = (single, size)
    switch single {
    case nil: pattern = nil
    case .band(let band):
      pattern = .band(
        Band(
          order: band.order.flatMap { [2 * $0, 2 * $0 + 1] }, below: 2 * band.below + 1,
          above: 2 * band.above + 1))
    case .sparse(let sparse):
      let rows = (0..<size).flatMap { row in
        let columns = sparse.columns[sparse.starts[row]..<sparse.starts[row + 1]]
        return Array(repeating: columns.flatMap { [2 * $0, 2 * $0 + 1] }, count: 2)
      }
      pattern = .sparse(SparsePattern(rows: rows))
    }
  }

  /// Of A and B = β M, with M = 1 where none is given.
  func matrix(
    _ real: Value, mass: Value?, beta: Value, _ a: inout StepArithmetic
  ) -> Value {
    switch single {
    case nil:
      let unit = mass ?? a.unit(a.builder.type(real), nil)
      let turned = a.builder.scaled(unit, by: beta)
      let first = a.builder.sub(
        interleaved(real, 0, 1, &a), interleaved(turned, 1, 0, &a))
      let second = a.builder.add(
        interleaved(turned, 0, 1, &a), interleaved(real, 1, 0, &a))
      return rows(first, second, &a)
    case .band(let band):
      let entries = interleaved(real, 1, 1, &a)
      let middle = 2 * band.below + 1
      let length = 2 * band.width + 1
      func row(_ sign: Double, _ a: inout StepArithmetic) -> Value {
        let side = (0..<length).map { $0 == middle + (sign < 0 ? 1 : -1) ? sign : 0 }
        return a.builder.add(entries, turned(side, entries, beta: beta, &a))
      }
      return rows(row(-1, &a), row(1, &a), &a)
    case .sparse(let sparse):
      var places: [Int?] = []
      var signs: [Double] = []
      for row in 0..<size {
        let entries = sparse.starts[row]..<sparse.starts[row + 1]
        let isDiagonal = entries.map { sparse.columns[$0] == row }
        places += entries.flatMap { [$0, nil] } + entries.flatMap { [nil, $0] }
        signs += isDiagonal.flatMap { [0, $0 ? -1 : 0] } + isDiagonal.flatMap { [$0 ? 1 : 0, 0] }
      }
      let entries = a.builder.elements(real, places)
      return a.builder.add(entries, turned(signs, entries, beta: beta, &a))
    }
  }

  /// Rows of numbers times β, in the form of a value.
  private func turned(
    _ numbers: [Double], _ x: Value, beta: Value, _ a: inout StepArithmetic
  ) -> Value {
    let type = a.builder.type(x)
    let row = a.builder.constant(numbers, ValueType(type.element, shape: [numbers.count]))
    let spread = a.builder.broadcast(row, to: type.extents, axes: [type.rank - 1])
    return a.builder.scaled(spread, by: beta)
  }

  /// Entries and zeros in turn, along the last axis.
  private func interleaved(
    _ x: Value, _ before: Int, _ after: Int, _ a: inout StepArithmetic
  ) -> Value {
    let pad = Layout.pad(
      axis: a.builder.type(x).rank - 1, before: before, after: after, interior: 1)
    return a.builder.value(.layout(pad), [x])
  }

  /// Rows of real parts, and of imaginary ones, in turn.
  private func rows(_ first: Value, _ second: Value, _ a: inout StepArithmetic) -> Value {
    let outer = a.builder.type(first).extents.dropLast(2)
    let length = a.builder.type(first).extents[outer.count + 1]
    let parts = [first, second].map {
      a.builder.reshape($0, to: outer + [.fixed(size), .fixed(1), length])
    }
    let both = a.builder.concatenate(parts, axis: outer.count + 1)
    return a.builder.reshape(both, to: outer + [.fixed(2 * size), length])
  }

  func side(_ u: Value, _ v: Value, _ a: inout StepArithmetic) -> Value {
    let outer = a.types.perLane([])
    let parts = [u, v].map { a.builder.reshape($0, to: outer + [.fixed(size), .fixed(1)]) }
    let both = a.builder.concatenate(parts, axis: outer.count + 1)
    return a.builder.reshape(both, to: outer + [.fixed(2 * size)])
  }

  func parts(_ x: Value, _ a: inout StepArithmetic) -> [Value] {
    let outer = a.types.perLane([])
    let rows = a.builder.reshape(x, to: outer + [.fixed(size), .fixed(2)])
    return (0..<2).map { k in
      let part = a.builder.slice(rows, axis: outer.count + 1, k..<(k + 1))
      return a.builder.reshape(part, to: a.types.state.extents)
    }
  }
}
