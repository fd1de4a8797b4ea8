import Foundation
import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import Testing

/// Jacobians of right-hand sides against differences, dense and banded.
struct LinearizationTests {
  private func check(_ rhs: Region, _ inputs: [Tensor], _ tolerance: Double = 1e-6) throws {
    let region = try Linearization.jacobian(of: rhs)
    try Verifier.verify(region)
    let results = try Runner(ReferenceExecutor().compile(region)).run(inputs).results
    let n = inputs[1].count
    func slope(_ inputs: [Tensor]) throws -> Tensor {
      try Runner(ReferenceExecutor().compile(rhs)).run(inputs).results[0]
    }
    func difference(_ i: Int, _ j: Int) throws -> [Double] {
      let step = 1e-5
      var (up, down) = (inputs, inputs)
      up[i][j] += step
      down[i][j] -= step
      return zip(try slope(up).numbers, try slope(down).numbers).map { ($0 - $1) / (2 * step) }
    }
    for j in 0..<n {
      for (i, d) in try difference(1, j).enumerated() {
        #expect(abs(results[0][i * n + j] - d) <= tolerance * max(1, abs(d)), "(\(i), \(j))")
      }
    }
    for (i, d) in try difference(0, 0).enumerated() {
      #expect(abs(results[1][i] - d) <= tolerance * max(1, abs(d)), "by time: \(i)")
    }
  }

  @Test func dense() throws {
    let problem = Problem(dimension: 3, parameters: 2) { b, t, y, p in
      [
        b.mul(p[0], b.mul(y[1], b.sin(t))), b.sub(b.mul(y[0], y[2]), b.exp(y[1])),
        b.add(b.mul(p[1], y[0]), t),
      ]
    }
    try check(
      problem.rhs(lanes: false),
      [Tensor(0.7), Tensor([0.3, -0.4, 1.2]), Tensor([1.5, 0.3])])
  }

  /// Neighbours only: three directions serve all columns.
  @Test(arguments: [5, 60]) func banded(n: Int) throws {
    let state = ValueType(.f64, shape: [n])
    var b = RegionBuilder(parameters: [.time, state])
    let y = b.parameters[1]
    let left = b.pad(b.slice(y, axis: 0, 0..<(n - 1)), axis: 0, before: 1, after: 0)
    let right = b.pad(b.slice(y, axis: 0, 1..<n), axis: 0, before: 0, after: 1)
    let product = b.mul(left, b.sin(y))
    let slope = b.sub(b.add(product, right), b.square(y))
    let rhs = try b.finish([slope])
    try check(rhs, [Tensor(0), Tensor((0..<n).map { cos(Double($0)) })])
    // One rule for each direction, and one by time, which is nothing.
    let region = try Linearization.jacobian(of: rhs)
    #expect(region.nodes.count < 60, "\(region.nodes.count) nodes")
  }

  /// A grid is solved sparse, a chain in a band, and what all depend on as a whole.
  @Test func form() throws {
    func form(_ shape: [Int], coupled: Bool) throws -> MatrixPattern? {
      let state = ValueType(.f64, shape: [shape.reduce(1, *)])
      var b = RegionBuilder(parameters: [.time, state])
      let y = b.reshape(b.parameters[1], to: shape.map(Extent.fixed))
      var slope = b.neg(b.square(y))
      for axis in shape.indices where shape[axis] > 1 {
        let rest = b.slice(y, axis: axis, 1..<shape[axis])
        slope = b.add(slope, b.pad(rest, axis: axis, before: 0, after: 1))
        let first = b.slice(y, axis: axis, 0..<(shape[axis] - 1))
        slope = b.add(slope, b.pad(first, axis: axis, before: 1, after: 0))
      }
      var flat = b.reshape(slope, to: state.extents)
      if coupled {
        let sum = b.reduce(.sum, b.parameters[1], axes: [0])
        flat = b.mul(flat, b.broadcast(sum, to: state.extents, axes: []))
      }
      let solve = Solve(
        settings: SolverSettings(method: "rodas5p", stepping: .count(10)),
        batched: [false, false, false, false], rhs: try b.finish([flat]),
        controlled: state.fixedCount ?? 0)
      return try Linearization.linearized(solve).pattern
    }
    guard case .sparse = try form([24, 24], coupled: false) else {
      Issue.record("a grid is not solved sparse")
      return
    }
    guard case .band = try form([600], coupled: false) else {
      Issue.record("a chain is not solved in a band")
      return
    }
    #expect(try form([10, 10], coupled: true) == nil)
  }

  /// What is kept in lists, as of many components, is as exact as bits are; what depends on very many depends on all.
  @Test func dependencesOfMany() throws {
    let n = 70
    let state = ValueType(.f64, shape: [n * n])
    var b = RegionBuilder(parameters: [.time, state])
    let y = b.reshape(b.parameters[1], to: [.fixed(n), .fixed(n)])
    let below = b.pad(b.slice(y, axis: 0, 1..<n), axis: 0, before: 0, after: 1)
    let turned = b.transpose(b.value(.layout(.reverse(axis: 1)), [y]), [1, 0])
    let row = b.slice(b.reduce(.sum, y, axes: [1]), axis: 0, 3..<4)
    let pair = b.slice(y, axis: 1, 1..<n, stride: 60)
    let sum = b.reduce(.sum, b.reshape(pair, to: [.fixed(2 * n)]), axes: [0])
    let last = b.add(row, b.broadcast(sum, to: [.fixed(1)], axes: []))
    let all = b.broadcast(b.reduce(.sum, b.parameters[1], axes: [0]), to: [.fixed(1)], axes: [])
    let flat = b.reshape(b.add(below, turned), to: state.extents)
    let slope = b.concatenate(
      [b.slice(flat, axis: 0, 0..<(n * n - 2)), last, all], axis: 0)
    let found = Dependence.components(of: try b.finish([slope]))
    for i in 0..<n {
      for j in 0..<n where i * n + j < n * n - 2 {
        // Column i of the reversed rows: element (j, n - 1 - i).
        let known = Set([j * n + n - 1 - i] + (i + 1 < n ? [(i + 1) * n + j] : []))
        #expect(found[i * n + j] == known.sorted())
      }
    }
    let some = Set((0..<n).map { 3 * n + $0 } + (0..<n).flatMap { [$0 * n + 1, $0 * n + 61] })
    #expect(found[n * n - 2] == some.sorted())
    #expect(found[n * n - 1] == Array(0..<(n * n)))
  }
}
