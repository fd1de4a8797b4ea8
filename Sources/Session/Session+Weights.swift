import NodalBasics
import NodalIR
import NodalData
import NodalTypes
import NodalTraining
import NodalChecking
import NodalDiagnostics
import NodalExecution

extension Session {
  /// Gives every weight that is new, or has another shape than before, its initial value; and one that was declared anew,
  /// unless it has been trained since.
  func prepareWeights() throws {
    // Of a path that was declared more than once the last counts.
    let latest = Dictionary(program.weights.values.map { ($0.path, $0.id) }, uniquingKeysWith: max)
    for weight in program.weights.values.sorted(by: { $0.id < $1.id })
    where latest[weight.path] == weight.id {
      guard let shape = weight.shape else {
        throw SessionFailure(
          .internalInconsistency, "the shape of `\(weight.path)` is not known", at: weight.span)
      }
      if let known = weights[weight.path], known.shape == shape, known.kind == weight.kind,
        known.isChanged || known.declaration == weight.id
      {
        continue
      }
      let values = try initialValues(weight, shape)
      weights.set(
        weight.path,
        .init(shape: shape, values: values, kind: weight.kind, declaration: weight.id))
    }
  }

  func initialValues(_ weight: Weight, _ shape: [Int]) throws -> [Double] {
    let values: [Double]
    switch weight.initial {
    case .copy(let other):
      guard let source = program.weights[other], let entry = weights[source.path] else {
        throw SessionFailure(
          .internalInconsistency, "`\(weight.path)` starts from something that isn't there",
          at: weight.span)
      }
      values = entry.values
    case .value(let expression):
      guard let tensor = try evaluate(expression).tensor else {
        throw SessionFailure(
          .internalInconsistency, "`\(weight.path)` starts from no number", at: weight.span)
      }
      values = tensor.numbers
    }
    let count = shape.reduce(1, *)
    // What is given once counts for all components, or for all members of the group.
    let spread =
      values.count < count && !values.isEmpty && count % values.count == 0
      ? (0..<count / values.count).flatMap { _ in values } : values
    for x in spread where !weight.domain.contains(x) {
      throw SessionFailure(
        .outsideDomain,
        "`\(weight.path)` starts at \(x), outside of its domain \(weight.domain.text)",
        at: weight.span)
    }
    return spread
  }
}

extension Domain {
  package func contains(_ x: Double) -> Bool { x > lower && x < upper || isRealLine }

  /// `(0, inf)`.
  package var text: String {
    "(\(NumberFormat.shortest(lower)), \(NumberFormat.shortest(upper)))"
  }

  /// The number on the real line behind a value: the inverse of the bijection that programs are lowered with.
  package func unconstrained(_ x: Double) -> Double {
    switch (lower.isFinite, upper.isFinite) {
    case (false, false): x
    case (true, false): Logarithm.of(x - lower)
    case (false, true): Logarithm.of(upper - x)
    case (true, true): Logarithm.of((x - lower) / (upper - x))
    }
  }

  /// The value of a number on the real line.
  package func constrained(_ u: Double) -> Double {
    switch (lower.isFinite, upper.isFinite) {
    case (false, false): u
    case (true, false): lower + Logarithm.inverse(u)
    case (false, true): upper - Logarithm.inverse(u)
    case (true, true): lower + (upper - lower) / (1 + Logarithm.inverse(-u))
    }
  }
}
