import NodalIR
import NodalOperations

/// Equations M y' = f some of whose rows of M are zero, 0 = f of index 1, and the matrix that belongs to them: B, which has the rows of M where it
/// has any and those of ∂f/∂y elsewhere.
///
/// Where the equations determine all derivatives B has an inverse, and the derivative of 0 = f by time completes them:
///
///     B y' = f where M has a row, -∂f/∂t elsewhere.
struct AlgebraicEquations {
  let solve: Solve
  private let mass: Region
  /// (t, y, p…) → (∂f/∂y, ∂f/∂t).
  private let jacobian: Region
  /// Whether M has a row for an equation.
  private let changes: [Bool]

  /// nil for equations that are solved for their derivatives.
  init?(_ solve: Solve) throws(IRError) {
    guard let mass = solve.mass else { return nil }
    guard solve.pattern == nil else { throw IRError("algebraic equations with a pattern") }
    self.solve = solve
    self.mass = mass
    if let known = solve.jacobian {
      jacobian = known
    } else {
      jacobian = try Linearization.jacobian(of: solve.rhs)
    }
    changes = MassEntries(mass, mass.resultTypes[0].extents.last?.fixedLength ?? 0).columns.map {
      !$0.isEmpty
    }
  }

  /// All at a time and a state.
  struct System {
    /// M, ∂f/∂y, ∂f/∂t, B and its factors.
    var mass, jacobian, byTime, matrix, factors: Value
    /// True in the entries of a state that belong to equations with a derivative.
    var mask: Value

    /// B x = right, or Bᵀ x = right.
    func solved(
      _ right: Value, isTransposed: Bool = false, _ b: inout RegionBuilder
    ) -> Value {
      b.value(.linearSolve(LinearSolve(isTransposed: isTransposed)), [matrix, factors, right])
    }
  }

  func system(
    _ t: Value, _ y: Value, _ parameters: [Value], _ b: inout RegionBuilder
  ) -> System {
    let state = b.type(y)
    let slopes = b.inline(jacobian, [t, y] + parameters)
    let rows = b.inline(mass, [t, y] + parameters)[0]
    let row = b.constant(
      changes.map { $0 ? 1 : 0 }, ValueType(.bool, shape: [changes.count]))
    let mask = b.broadcast(row, to: state.extents, axes: [state.rank - 1])
    let wide = b.broadcast(mask, to: b.type(slopes[0]).extents, axes: Array(0..<state.rank))
    let matrix = b.select(wide, rows, slopes[0])
    return System(
      mass: rows, jacobian: slopes[0], byTime: slopes[1], matrix: matrix,
      factors: b.value(.factorize(nil), [matrix]), mask: mask)
  }

  /// (t, y, p…) → y'.
  func motion() throws(IRError) -> Region {
    var b = RegionBuilder(parameters: solve.rhs.parameterTypes)
    let p = b.parameters
    let own = b.inline(solve.rhs, p)[0]
    let system = system(p[0], p[1], Array(p[2...]), &b)
    let right = b.select(system.mask, own, b.neg(system.byTime))
    return try Simplify.run(try b.finish([system.solved(right, &b)]))
  }
}

extension Solve {
  /// (t, y, p…) → y', also where `rhs` is M y'.
  func motion() throws(IRError) -> Region {
    guard let equations = try AlgebraicEquations(self) else { return rhs }
    return try equations.motion()
  }
}
