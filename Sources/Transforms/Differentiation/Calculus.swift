package import NodalIR
import NodalMethods

/// Expands `derivative` forms: the calculus of the language. Inner ones first, so that an outer one
/// differentiates plain nodes.
package enum Calculus {
  /// - Parameter isDifferentiated: the region is going to be differentiated, and with it each derivative that is in it now.
  package static func expand(
    _ region: Region, isDifferentiated: Bool = false
  ) throws(IRError) -> Region {
    try region.rebuilt { (builder, node, operands) throws(IRError) in
      switch node.form {
      case .derivative(let derivative):
        return builder.inline(
          try expanded(derivative, isDifferentiated: isDifferentiated), operands)
      case .constant, .elementwise, .select, .convert, .reduce, .contract, .layout, .gather,
        .scatter, .factorize, .linearSolve, .random, .branch, .scan, .map, .solve, .interpolate:
        let form = try node.form.mapRegions { (inner) throws(IRError) in
          try expand(inner, isDifferentiated: isDifferentiated)
        }
        return builder.values(form, operands)
      }
    }
  }

  /// The region that computes a derivative.
  static func expanded(
    _ derivative: Derivative, isDifferentiated: Bool = false
  ) throws(IRError) -> Region {
    try Simplify.run(differentiated(derivative, again: isDifferentiated))
  }

  private static func differentiated(
    _ derivative: Derivative, again: Bool
  ) throws(IRError) -> Region {
    // As in the pipeline: halves are told apart in what has been simplified.
    let body = try NoisePreparation.run(
      Linearization.run(
        Separability.run(
          ImplicitEquations.run(
            Simplify.run(expand(derivative.body, isDifferentiated: true))))))
    switch derivative.mode {
    case .forward: return try ForwardMode.differentiate(body, wrt: derivative.wrt)
    case .reverse:
      return try ReverseMode.differentiate(
        again ? body.throughSteps() : body, wrt: derivative.wrt)
    }
  }
}

extension Region {
  /// For a gradient that is differentiated once more. The adjoint's own solve adds up integrals beside its state, and reads the
  /// trajectory by a search among its steps: neither has a derivative here. Through the steps the same numbers come out, and those do.
  fileprivate func throughSteps() throws(IRError) -> Region {
    try rebuilt { (builder, node, operands) throws(IRError) in
      var form = try node.form.mapRegions { (inner) throws(IRError) in try inner.throughSteps() }
      if case .solve(var solve) = form, solve.settings.gradient != .forward {
        // What is undone is not recorded, and can't be gone through once more.
        let isUndone = Method.named(solve.settings.method).map { $0.companions > 0 } ?? false
        solve.settings.gradient = isUndone ? .forward : .direct
        form = .solve(solve)
      }
      return builder.values(form, operands)
    }
  }
}
