import NodalChecking
import NodalDiagnostics
import NodalExecution

extension Session {
  /// Eigenvalues of the matrices in an array, and what they say of a point at rest.
  func spectral(
    _ kind: Spectral, _ matrix: TypedExpression, _ span: Span
  ) throws -> SessionValue {
    guard let tensor = try evaluate(matrix).tensor, let n = tensor.shape.last else {
      throw SessionFailure(.resultUndefined, "a matrix without numbers", at: matrix.span)
    }
    let numbers = tensor.numbers
    var found: [Eigenvalues] = []
    for start in stride(from: 0, to: numbers.count, by: max(1, n * n)) {
      guard let own = Eigenvalues(Array(numbers[start..<(start + n * n)]), n: n) else {
        throw SessionFailure(
          .resultUndefined, "this matrix has entries that are not finite, and no eigenvalues",
          at: matrix.span)
      }
      found.append(own)
    }
    switch kind {
    case .stability: return .text(found.first?.stability ?? "")
    case .eigenvalues:
      let shape = Array(tensor.shape.dropLast())
      func part(_ name: String, _ of: (Eigenvalues) -> [Double]) -> SessionValue.Named {
        .init(name, .array(Tensor(tensor.element, shape: shape, found.flatMap(of))))
      }
      return .record([
        part("re") { $0.values.map(\.re) }, part("im") { $0.values.map(\.im) },
      ])
    }
  }
}
