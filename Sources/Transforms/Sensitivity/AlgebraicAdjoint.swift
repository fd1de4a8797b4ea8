import NodalIR
import NodalOperations

/// The adjoint of M y' = f with a constant M, some of whose rows are zero: equations 0 = f of index 1 (Cao, Li, Petzold and Serban, SIAM J. Sci.
/// Comput. 24 (2003) 1076).
///
/// λ has an entry for each equation. That of an equation with a derivative changes, (Mᵀλ)' = -(∂f/∂y)ᵀλ; that of one without follows from the
/// others. With B, which has the rows of M where it has any and those of ∂f/∂y elsewhere, both are one linear system,
///
///     Bᵀ x = (∂f/∂y)ᵀ λ,  λ without the entries that follow:  λ' = -x where M has a row, λ = -x elsewhere,
///
/// and a cotangent c of the state comes to equations by Bᵀ x = c: x is what it adds to λ where M has a row, and elsewhere what moves the state by
/// an equation that a parameter moves.
struct AlgebraicAdjoint {
  let solve: Solve
  private let mass: Region
  private let jacobian: Region
  /// Whether M has a row for an equation.
  private let changes: [Bool]

  /// nil for equations that are solved for their derivatives.
  init?(_ solve: Solve) throws(IRError) {
    guard let mass = solve.mass else { return nil }
    guard let jacobian = solve.jacobian, solve.band == nil else {
      throw IRError("an adjoint of algebraic equations without their Jacobian")
    }
    self.solve = solve
    self.mass = mass
    self.jacobian = jacobian
    changes = MassEntries(mass, mass.resultTypes[0].extents.last?.fixedLength ?? 0).columns.map {
      !$0.isEmpty
    }
  }

  /// True in the entries of λ that change, like a state.
  private func mask(like state: ValueType, _ b: inout RegionBuilder) -> Value {
    let row = b.constant(
      changes.map { $0 ? 1 : 0 }, ValueType(.bool, shape: [changes.count]))
    return b.broadcast(row, to: state.extents, axes: [state.rank - 1])
  }

  /// The linear system at a time and a state.
  private struct System {
    var jacobian, matrix, factors, mask: Value
  }

  private func system(
    _ t: Value, _ y: Value, _ parameters: [Value], _ b: inout RegionBuilder
  ) -> System {
    let state = b.type(y)
    let slopes = b.inline(jacobian, [t, y] + parameters)[0]
    let rows = b.inline(mass, [t, y] + parameters)[0]
    let mask = mask(like: state, &b)
    let wide = b.broadcast(mask, to: b.type(slopes).extents, axes: Array(0..<state.rank))
    let matrix = b.select(wide, rows, slopes)
    return System(
      jacobian: slopes, matrix: matrix, factors: b.value(.factorize(nil), [matrix]), mask: mask)
  }

  private static func transposedProduct(
    _ matrix: Value, _ x: Value, _ b: inout RegionBuilder
  ) -> Value {
    let axis = b.type(x).rank - 1
    let lanes: [Contraction.Pair] = axis == 0 ? [] : [.init(0, 0)]
    return b.value(
      .contract(Contraction(batch: lanes, contracted: [.init(axis, axis)])), [matrix, x])
  }

  private func solved(_ system: System, _ right: Value, _ b: inout RegionBuilder) -> Value {
    b.value(
      .linearSolve(LinearSolve(isTransposed: true)), [system.matrix, system.factors, right])
  }

  /// λ' and λ with all its entries, of λ whose entries that follow are anything.
  func slope(
    _ lambda: Value, t: Value, y: Value, _ parameters: [Value], _ b: inout RegionBuilder
  ) -> (slope: Value, whole: Value) {
    let system = system(t, y, parameters, &b)
    let zero = b.zeros(like: lambda)
    let own = b.select(system.mask, lambda, zero)
    let right = Self.transposedProduct(system.jacobian, own, &b)
    let back = b.neg(solved(system, right, &b))
    return (b.select(system.mask, back, zero), b.select(system.mask, lambda, back))
  }

  /// (t, y, c, p…) → what a cotangent c of the state adds to λ, and to the cotangents of these parameters.
  func entry(active: [Int]) throws(IRError) -> Region {
    let types = solve.rhs.parameterTypes
    var b = RegionBuilder(parameters: [types[0], types[1], types[1]] + types[2...])
    let p = b.parameters
    let parameters = solve.parameters(Array(p[3...]), at: p[0])
    let system = system(p[0], p[1], parameters, &b)
    let x = solved(system, p[2], &b)
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
    let rows = b.inline(mass, [p[0], p[1]] + p[3...])[0]
    let own = b.select(mask(like: types[1], &b), p[2], b.zeros(like: p[2]))
    return try b.finish([Self.transposedProduct(rows, own, &b)])
  }
}
