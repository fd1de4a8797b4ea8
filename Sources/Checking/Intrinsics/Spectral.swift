import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// `eigenvalues(A)` and `stability(A)`, which are found between programs.
extension Checker {
  /// Eigenvalues have no derivative here; true after a report.
  mutating func refuseSpectral(in expression: TypedExpression, _ place: String) -> Bool {
    var found: (kind: Spectral, span: Span)?
    expression.walk { part in
      if case .spectral(let kind, _) = part.kind, found == nil { found = (kind, part.span) }
    }
    guard let found else { return false }
    report(
      Diagnostic(
        .eigenvaluesInProgram,
        "`\(found.kind.rawValue)` has no derivative, and can't stand in \(place)",
        at: Label(found.span),
        help: [
          "trace and determinant have one: of two states `A[0, 0] + A[1, 1]` is the sum of the eigenvalues"
        ]))
    return true
  }

  /// `eigenvalues(A)`, `stability(A)`: of a square matrix, or of an array of them.
  mutating func spectral(
    _ kind: Spectral, _ given: [String: CallArgument], _ span: Span
  ) -> TypedExpression {
    let name = kind.rawValue
    guard let matrix = arrayArgument("a", given, name), let type = tensor(matrix) else {
      return .invalid(span)
    }
    let shape = resolve(type.shape)
    guard shape.rank >= 2, type.element != .boolean,
      environment.substitution.unify(shape.sizes[shape.rank - 2], shape.sizes[shape.rank - 1])
    else {
      return failed(
        .argumentType(
          "a", of: name, expected: "a square matrix", found: text(matrix.type), at: matrix.span),
        span)
    }
    guard let unit = uniformUnit(matrix, op: name) else { return .invalid(span) }
    let real = toReal(matrix)
    switch kind {
    case .eigenvalues:
      let part = Type.real(Shape(Array(shape.sizes.dropLast())), unit)
      return TypedExpression(
        .spectral(kind, real), .record([Field("re", part), Field("im", part)]), span)
    case .stability:
      guard shape.rank == 2 else {
        return failed(
          .argumentType(
            "a", of: name, expected: "one matrix", found: text(matrix.type), at: matrix.span), span)
      }
      return TypedExpression(.spectral(kind, real), .string, span)
    }
  }
}
