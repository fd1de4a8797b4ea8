import NodalIR
import NodalOperations

/// Between the ends of a step: a polynomial from its beginning, y(θ) = y₀ + h θ (r₁ + θ (r₂ + …)).
///
/// Record: r₁, r₂, … side by side.
struct PolynomialRecord {
  let types: StepProblem.Types
  /// Its degree.
  let degree: Int

  var type: ValueType { types.ownRecord(stages: degree) }

  /// (θ, h, y₀, y₁, record) → y, or its derivative by time.
  func dense(isRate: Bool = false) throws(IRError) -> Region {
    var a = StepArithmetic(
      types,
      parameters: [
        types.clock, types.clock, types.state, types.state, types.record(stages: degree),
      ])
    let p = a.builder.parameters
    let result = isRate ? rate(&a, p[0], p[4]) : state(&a, p[0], p[1], p[2], p[4])
    return try a.builder.finish([result])
  }

  /// y at θ.
  func state(
    _ a: inout StepArithmetic, _ theta: Value, _ h: Value, _ y0: Value, _ record: Value
  ) -> Value {
    let place = a.spread(theta)
    var inner: Value?
    for k in (0..<degree).reversed() {
      let row = row(k, of: record, &a)
      inner = a.builder.mul(place, inner.map { a.builder.add(row, $0) } ?? row)
    }
    return a.advance(y0, a.spread(h), inner)
  }

  /// r₁ + θ (2 r₂ + θ (3 r₃ + …))
  private func rate(_ a: inout StepArithmetic, _ theta: Value, _ record: Value) -> Value {
    let place = a.spread(theta)
    var inner = a.builder.constant(0, types.state)
    for k in (0..<degree).reversed() {
      let row = row(k, of: record, &a)
      inner = a.builder.add(a.builder.mul(row, Double(k + 1)), a.builder.mul(place, inner))
    }
    return inner
  }

  /// r of degree k + 1; or what stands behind them all.
  func row(_ k: Int, of record: Value, _ a: inout StepArithmetic) -> Value {
    let n = types.size
    return a.builder.slice(record, axis: types.axis, (k * n)..<((k + 1) * n))
  }
}
