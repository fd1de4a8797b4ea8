package import NodalIR
import NodalMethods
import NodalOperations

/// What becomes of equations M y' = f that are not solved for their derivatives.
///
/// A method that works with M keeps it, as long as M depends on nothing that changes. For the others, and where M does depend on time or
/// state, the right-hand side is solved for y' at each evaluation, if M can have an inverse. Structure decides what can be: whether
/// entries of the matrices can be assigned to rows, one for each column (Duff 1981). What can't is refused, with the component that
/// is left over.
///
/// Runs behind calculus, before the passes that look at right-hand sides.
package enum ImplicitEquations {
  package static func run(_ region: Region) throws(IRError) -> Region {
    var region = region
    for position in region.nodes.indices {
      let node = region.nodes[position]
      var form = try node.form.mapRegions { (inner) throws(IRError) in try run(inner) }
      if case .solve(let solve) = form, let mass = solve.mass {
        form = .solve(try settled(solve, mass, node.origin))
      }
      region.nodes[position].form = form
    }
    return region
  }

  private static func settled(
    _ solve: Solve, _ mass: Region, _ origin: Origin?
  ) throws(IRError) -> Solve {
    let n = solve.rhs.resultTypes[0].extents.last?.fixedLength ?? 0
    let entries = MassEntries(mass, n)
    let slopes = Dependence.components(of: solve.rhs)
    func refuse(_ kind: Refusal.Kind) -> IRError {
      IRError("\(solve.settings.method): \(kind)", refusal: Refusal(kind, origin: origin))
    }
    let isSolvable = Matching(entries.columns, n).leftOver == nil
    let keepsMass = Method.named(solve.settings.method)?.takesMass == true
    guard keepsMass, !entries.varies else {
      guard isSolvable else {
        throw refuse(.algebraic(component: Matching(entries.columns, n).leftOver ?? 0))
      }
      return try solvedForDerivatives(solve, mass)
    }
    // M and ∂f/∂y together must determine every component, and the algebraic equations their own.
    let both = zip(entries.columns, slopes).map { Array(Set($0 + $1.filter { $0 < n })) }
    if let left = Matching(both, n).leftOver { throw refuse(.undetermined(component: left)) }
    let algebraic = entries.columns.indices.filter { entries.columns[$0].isEmpty }
    let differential = Set(entries.columns.joined())
    let own = Array(0..<n).filter { !differential.contains($0) }
    if own.count == algebraic.count {
      let places = Dictionary(uniqueKeysWithValues: own.enumerated().map { ($1, $0) })
      let inner = algebraic.map { row in slopes[row].compactMap { places[$0] } }
      if let left = Matching(inner, own.count).leftOver {
        throw refuse(.undetermined(component: own[left]))
      }
    }
    return solve
  }

  /// y' = M⁻¹ f.
  private static func solvedForDerivatives(
    _ solve: Solve, _ mass: Region
  ) throws(IRError) -> Solve {
    var builder = RegionBuilder(parameters: solve.rhs.parameterTypes)
    let given = builder.parameters
    let right = builder.inline(solve.rhs, given)[0]
    let matrix = builder.inline(mass, given)[0]
    let factors = builder.value(.factorize(nil), [matrix])
    let slope = builder.value(.linearSolve(LinearSolve()), [matrix, factors, right])
    var explicit = solve
    explicit.mass = nil
    explicit.rhs = try Simplify.run(try builder.finish([slope]))
    return explicit
  }
}

/// Rows and columns put together in pairs, as many as can be: each row with a column that it has an entry in.
private struct Matching {
  /// The first column without a row; nil where all have one.
  private(set) var leftOver: Int?

  init(_ columnsOfRow: [[Int]], _ n: Int) {
    var rowOf = [Int?](repeating: nil, count: n)
    func place(_ row: Int, _ seen: inout Set<Int>) -> Bool {
      for column in columnsOfRow[row] where seen.insert(column).inserted {
        let other = rowOf[column]
        if other == nil || place(other ?? row, &seen) {
          rowOf[column] = row
          return true
        }
      }
      return false
    }
    for row in columnsOfRow.indices {
      var seen: Set<Int> = []
      _ = place(row, &seen)
    }
    leftOver = rowOf.firstIndex { $0 == nil }
  }
}
