package import NodalIR

/// An error of lowering, with the places that its origin is among.
package struct LoweringFailure: Error, Sendable {
  package var error: IRError
  package var origins: [LoweredOrigin]
}

extension Lowering {
  /// Runs part of a lowering from outside: an error takes the places found so far with it.
  mutating func placing<T>(
    _ body: (inout Lowering) throws(IRError) -> T
  ) throws(LoweringFailure) -> T {
    do {
      return try body(&self)
    } catch {
      throw LoweringFailure(error: error, origins: origins)
    }
  }

  /// A refusal with this place, unless it has one already: the innermost expression's is the best.
  mutating func placed(_ error: IRError, at expression: TypedExpression) -> IRError {
    guard var refusal = error.refusal, refusal.origin == nil else { return error }
    refusal.origin = Origin(origins.count)
    origins.append(LoweredOrigin(span: expression.span))
    return IRError(error.message, pass: error.pass, refusal: refusal)
  }
}
