package import NodalIR
import NodalMethods
import NodalOperations

/// Gives the solves of stiff methods their Jacobians: ∂f/∂y and ∂f/∂t by forward differentiation of the right-hand side.
///
/// Components that no component of f both depend on share a direction (Curtis, Powell and Reid 1974): a band of three takes three
/// directions, however many components there are. Which depend on which is found from the graph.
///
/// Runs behind batching and calculus, and again behind the gradient, whose own solves have right-hand sides of their own.
package enum Linearization {
  package static func run(_ region: Region) throws(IRError) -> Region {
    var region = region
    for position in region.nodes.indices {
      var form = try region.nodes[position].form.mapRegions { (inner) throws(IRError) in
        try run(inner)
      }
      if case .solve(let solve) = form { form = .solve(try linearized(solve)) }
      region.nodes[position].form = form
    }
    return region
  }

  /// The solve with its Jacobian, if its method wants one and it has none.
  static func linearized(_ solve: Solve) throws(IRError) -> Solve {
    let method = Method.named(solve.settings.partner ?? solve.settings.method)
    guard solve.jacobian == nil, method?.needsJacobian == true else { return solve }
    var solve = solve
    // M of M y' = f has all its entries.
    (solve.jacobian, solve.band) = try linearization(
      of: solve.rhs, canBeBanded: solve.mass == nil)
    return solve
  }

  /// (t, y, p…) → (∂f/∂y: […, d, d], ∂f/∂t: […, d]).
  package static func jacobian(of rhs: Region) throws(IRError) -> Region {
    try linearization(of: rhs, canBeBanded: false).jacobian
  }

  /// Whether derivatives by all components are soon compiled, and linear equations with them soon solved, for somebody who didn't ask for
  /// it.
  static func isBearable(_ rhs: Region) -> Bool {
    let n = rhs.parameterTypes[1].extents.last?.fixedLength ?? 0
    let groups = ColumnGroups(pattern: Dependence.components(of: rhs), columns: n)
    guard groups.members.count * rhs.nodes.count <= mostNodes else { return false }
    return n <= largestWhole || groups.band != nil
  }

  private static let mostNodes = 30_000
  private static let largestWhole = 512

  /// The same, or with ∂f/∂y in the form of a band where that is narrow.
  private static func linearization(
    of rhs: Region, canBeBanded: Bool
  ) throws(IRError) -> (jacobian: Region, band: Band?) {
    let tangent = try ForwardMode.differentiate(rhs, wrt: [0, 1])
    let state = rhs.parameterTypes[1]
    let n = state.extents.last?.fixedLength ?? 0
    let axis = state.rank - 1
    let pattern = Dependence.components(of: rhs)
    let groups = ColumnGroups(pattern: pattern, columns: n)
    var builder = RegionBuilder(parameters: rhs.parameterTypes)
    let given = builder.parameters
    let (noTime, noState) = (builder.zeros(like: given[0]), builder.zeros(like: given[1]))
    func derivative(_ time: Value, _ direction: Value, _ b: inout RegionBuilder) -> Value {
      b.inline(tangent, given + [time, direction])[1]
    }
    // A row of changes of f for each group.
    var changes: [Value] = []
    for group in groups.members {
      let seed = (0..<n).map { group.contains($0) ? 1.0 : 0 }
      let vector = builder.constant(seed, ValueType(state.element, shape: [n]))
      let direction = builder.broadcast(vector, to: state.extents, axes: [axis])
      changes.append(derivative(noTime, direction, &builder))
    }
    let one = builder.one(like: given[0])
    let byTime = derivative(one, noState, &builder)
    let band = canBeBanded ? groups.band : nil
    let matrix =
      band.map { groups.banded(changes, $0, state, &builder) }
      ?? groups.matrix(changes, state, &builder)
    return (try Simplify.run(try builder.finish([matrix, byTime])), band)
  }
}

/// Columns of a matrix put together where no row has entries in two of them.
private struct ColumnGroups {
  let pattern: [[Int]]
  let count: Int
  private(set) var members: [Set<Int>] = []
  /// The group of each column.
  private var group: [Int]

  /// `pattern` has the columns of each row's entries.
  init(pattern: [[Int]], columns: Int) {
    self.pattern = pattern.map { row in row.filter { $0 < columns } }
    count = columns
    group = Array(repeating: 0, count: columns)
    var rowsOf = [[Int]](repeating: [], count: columns)
    for (row, entries) in self.pattern.enumerated() {
      for column in entries { rowsOf[column].append(row) }
    }
    // First fit, in the order of columns: optimal for bands.
    var occupied: [Set<Int>] = []
    for column in 0..<columns where !rowsOf[column].isEmpty {
      let rows = Set(rowsOf[column])
      let fit = occupied.firstIndex { $0.isDisjoint(with: rows) }
      if let fit {
        occupied[fit].formUnion(rows)
        members[fit].insert(column)
        group[column] = fit
      } else {
        group[column] = members.count
        occupied.append(rows)
        members.append([column])
      }
    }
  }

  /// Smaller matrices are eliminated as fast whole, and without choosing entries; those up to a dozen components in registers.
  private static let smallestBanded = 33

  /// Where the entries and the diagonal are in a narrow band.
  var band: Band? {
    guard count >= Self.smallestBanded else { return nil }
    let own = BandOrder.band(pattern.enumerated().map { row, entries in entries + [row] })
    return own.width + own.below < count / 2 ? own : nil
  }

  /// The matrix whose columns were added up in groups: `changes` has the sum of each group, along the last axis.
  func matrix(
    _ changes: [Value], _ state: ValueType, _ b: inout RegionBuilder
  ) -> Value {
    let axis = state.rank - 1
    let whole = state.extents + [.fixed(count)]
    guard !changes.isEmpty else {
      return b.constant(0, ValueType(state.element, whole))
    }
    // […, rows, groups] or, where each column is alone and in its place, the matrix itself.
    let columns = changes.map { b.reshape($0, to: state.extents + [.fixed(1)]) }
    let isPlain = members.count == count
    let picked =
      isPlain ? columns : (0..<count).map { columns[group[$0]] }
    let table =
      isPlain || count <= Self.fewColumns
      ? b.concatenate(picked, axis: axis + 1)
      : gathered(columns, state, &b)
    guard members.contains(where: { $0.count > 1 }) || members.joined().count < count else {
      return table
    }
    // What a group's sum has in a row belongs to the one column with an entry there.
    var mask = [Double](repeating: 0, count: count * count)
    for (row, entries) in pattern.enumerated() {
      for column in entries { mask[row * count + column] = 1 }
    }
    let constant = b.constant(mask, ValueType(state.element, shape: [count, count]))
    return b.mul(table, b.broadcast(constant, to: whole, axes: [axis, axis + 1]))
  }

  /// The same with the entries of a band alone.
  func banded(
    _ changes: [Value], _ band: Band, _ state: ValueType, _ b: inout RegionBuilder
  ) -> Value {
    let outer = state.extents.dropLast()
    guard !changes.isEmpty else {
      return b.constant(
        0, ValueType(state.element, outer + [.fixed(count), .fixed(band.width)]))
    }
    let side = b.concatenate(changes, axis: state.rank - 1)
    let entries = pattern.map(Set.init)
    let places = zip(band.rows, band.columns).map { row, column -> Int? in
      guard let column, entries[row].contains(column) else { return nil }
      return group[column] * count + row
    }
    return band.shaped(b.elements(side, places), &b)
  }

  private static let fewColumns = 32

  private func gathered(
    _ columns: [Value], _ state: ValueType, _ b: inout RegionBuilder
  ) -> Value {
    let axis = state.rank - 1
    let side = b.concatenate(columns, axis: axis + 1)
    // A selection as a product with ones and zeros: each column takes its group's.
    var choice = [Double](repeating: 0, count: members.count * count)
    for column in 0..<count { choice[group[column] * count + column] = 1 }
    let selector = b.constant(
      choice, ValueType(state.element, shape: [members.count, count]))
    return b.value(
      .contract(Contraction(contracted: [.init(axis + 1, 0)])), [side, selector])
  }
}
