import NodalIR
import NodalMethods

/// Finds solves by Taylor methods whose right-hand side has no power series, before anything runs.
///
/// Runs behind batching and calculus, so that it sees plain nodes. Equations of derivatives are made of the same ops and their
/// partials, and have series where these do.
enum Series {
  static func check(_ region: Region) throws(IRError) {
    for node in region.nodes {
      if case .solve(let solve) = node.form, let method = Method.serving(solve.settings) {
        do throws(IRError) {
          try StepBuilder.check(method, rhs: solve.rhs)
        } catch {
          guard var refusal = error.refusal, refusal.origin == nil else { throw error }
          refusal.origin = node.origin
          throw IRError(error.message, refusal: refusal)
        }
      }
      _ = try node.form.mapRegions { (inner) throws(IRError) in
        try check(inner)
        return inner
      }
    }
  }
}
