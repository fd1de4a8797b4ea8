import NodalIR
import NodalOperations

/// A matrix with its factors.
struct FactoredEquations {
  private let matrix, factors: Value
  private let band: Band?

  init(_ matrix: Value, _ band: Band?, _ a: inout StepArithmetic) {
    (self.matrix, self.band) = (matrix, band)
    factors = a.builder.value(.factorize(band), [matrix])
  }

  func solved(_ right: Value, _ a: inout StepArithmetic) -> Value {
    a.builder.value(.linearSolve(LinearSolve(band: band)), [matrix, factors, right])
  }
}

/// Equations in complex numbers, (A + iB) (x + iy) = u + iv, as real ones of twice the size: components and their imaginary parts in turn, so
/// that what is in a band stays in one.
struct ComplexPair {
  let band: Band?
  let size: Int

  var pairBand: Band? {
    band.map {
      Band(
        order: $0.order.flatMap { [2 * $0, 2 * $0 + 1] }, below: 2 * $0.below + 1,
        above: 2 * $0.above + 1)
    }
  }

  /// Of A and B = β M, with M = 1 where none is given.
  func matrix(
    _ real: Value, mass: Value?, beta: Value, _ a: inout StepArithmetic
  ) -> Value {
    let outer = a.builder.type(real).extents.dropLast(2)
    let element = a.builder.type(real).element
    let axis = outer.count
    let width = band?.width ?? size
    // Entries and zeros in turn: rows of real parts, and of imaginary ones.
    func interleaved(_ x: Value, _ before: Int, _ after: Int, _ a: inout StepArithmetic) -> Value {
      let pad = Layout.pad(axis: axis + 1, before: before, after: after, interior: 1)
      return a.builder.value(.layout(pad), [x])
    }
    func rows(_ first: Value, _ second: Value, _ a: inout StepArithmetic) -> Value {
      let length = a.builder.type(first).extents[axis + 1]
      let parts = [first, second].map {
        a.builder.reshape($0, to: outer + [.fixed(size), .fixed(1), length])
      }
      let both = a.builder.concatenate(parts, axis: axis + 1)
      return a.builder.reshape(both, to: outer + [.fixed(2 * size), length])
    }
    guard let band else {
      let unit =
        mass
        ?? a.builder.broadcast(
          a.builder.identity(size, element), to: a.builder.type(real).extents,
          axes: [axis, axis + 1])
      let turned = a.builder.scaled(unit, by: beta)
      let first = a.builder.sub(
        interleaved(real, 0, 1, &a), interleaved(turned, 1, 0, &a))
      let second = a.builder.add(
        interleaved(turned, 0, 1, &a), interleaved(real, 1, 0, &a))
      return rows(first, second, &a)
    }
    let entries = interleaved(real, 1, 1, &a)
    let length = 2 * width + 1
    let middle = 2 * band.below + 1
    func side(_ sign: Double) -> [Double] {
      (0..<length).map { $0 == middle + (sign < 0 ? 1 : -1) ? sign : 0 }
    }
    func row(_ sign: Double, _ a: inout StepArithmetic) -> Value {
      let pattern = a.builder.broadcast(
        a.builder.constant(side(sign), ValueType(element, shape: [length])),
        to: a.builder.type(entries).extents, axes: [axis + 1])
      return a.builder.add(entries, a.builder.scaled(pattern, by: beta))
    }
    return rows(row(-1, &a), row(1, &a), &a)
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
