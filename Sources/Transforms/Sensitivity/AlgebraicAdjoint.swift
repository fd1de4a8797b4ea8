import NodalIR
import NodalOperations

/// The adjoint of M y' = f with a constant M, some of whose rows are zero: equations 0 = f of index 1 (Cao, Li, Petzold and Serban, SIAM J. Sci.
/// Comput. 24 (2003) 1076).
///
/// λ has an entry for each equation. That of an equation with a derivative changes, (Mᵀλ)' = -(∂f/∂y)ᵀλ; that of one without follows from the
/// others. With B (see `AlgebraicEquations`) both are one linear system,
///
///     Bᵀ x = (∂f/∂y)ᵀ λ,  λ without the entries that follow:  λ' = -x where M has a row, λ = -x elsewhere,
///
/// and a cotangent c of the state comes to equations by Bᵀ x = c: x is what it adds to λ where M has a row, and elsewhere what moves the state by
/// an equation that a parameter moves.
struct AlgebraicAdjoint {
  private let equations: AlgebraicEquations
  private var solve: Solve { equations.solve }

  /// nil for equations that are solved for their derivatives.
  init?(_ solve: Solve) throws(IRError) {
    guard let equations = try AlgebraicEquations(solve) else { return nil }
    self.equations = equations
  }

  private static func transposedProduct(
    _ matrix: Value, _ x: Value, _ b: inout RegionBuilder
  ) -> Value {
    let axis = b.type(x).rank - 1
    let lanes: [Contraction.Pair] = axis == 0 ? [] : [.init(0, 0)]
    return b.value(
      .contract(Contraction(batch: lanes, contracted: [.init(axis, axis)])), [matrix, x])
  }

  /// λ' and λ with all its entries, of λ whose entries that follow are anything.
  func slope(
    _ lambda: Value, t: Value, y: Value, _ parameters: [Value], _ b: inout RegionBuilder
  ) -> (slope: Value, whole: Value) {
    let system = equations.system(t, y, parameters, &b)
    let zero = b.zeros(like: lambda)
    let own = b.select(system.mask, lambda, zero)
    let right = Self.transposedProduct(system.jacobian, own, &b)
    let back = b.neg(system.solved(right, isTransposed: true, &b))
    return (b.select(system.mask, back, zero), b.select(system.mask, lambda, back))
  }

  /// (t, y, c, p…) → what a cotangent c of the state adds to λ, and to the cotangents of these parameters.
  func entry(active: [Int]) throws(IRError) -> Region {
    let types = solve.rhs.parameterTypes
    var b = RegionBuilder(parameters: [types[0], types[1], types[1]] + types[2...])
    let p = b.parameters
    let parameters = solve.parameters(Array(p[3...]), at: p[0])
    let system = equations.system(p[0], p[1], parameters, &b)
    let x = system.solved(p[2], isTransposed: true, &b)
    let zero = b.zeros(like: x)
    let added = b.select(system.mask, x, zero)
    let pullback = try ReverseMode.pullback(solve.rhs, wrt: active.map { $0 + 2 })
    let other = b.select(system.mask, zero, b.neg(x))
    let terms = b.inline(pullback, [p[0], p[1]] + parameters + [other])
    return try Simplify.run(try b.finish([added] + terms))
  }

  /// (t, y, λ, p…) → Mᵀλ, the cotangent of the state.
  func exit() throws(IRError) -> Region {
    let types = solve.rhs.parameterTypes
    var b = RegionBuilder(parameters: [types[0], types[1], types[1]] + types[2...])
    let p = b.parameters
    let system = equations.system(p[0], p[1], Array(p[3...]), &b)
    let own = b.select(system.mask, p[2], b.zeros(like: p[2]))
    return try Simplify.run(try b.finish([Self.transposedProduct(system.mass, own, &b)]))
  }
}
