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
  package static func linearized(_ solve: Solve) throws(IRError) -> Solve {
    let method = Method.named(solve.settings.partner ?? solve.settings.method)
    guard solve.jacobian == nil, method?.needsJacobian == true else { return solve }
    var solve = solve
    // M of M y' = f has all its entries.
    (solve.jacobian, solve.pattern) = try linearization(
      of: solve.rhs, canBeSparse: solve.mass == nil)
    return solve
  }

  /// (t, y, p…) → (∂f/∂y: […, d, d], ∂f/∂t: […, d]).
  package static func jacobian(of rhs: Region) throws(IRError) -> Region {
    try linearization(of: rhs, canBeSparse: false).jacobian
  }

  /// Whether derivatives by all components are soon compiled, and linear equations with them soon solved, for somebody who didn't ask for
  /// it.
  static func isBearable(_ rhs: Region) -> Bool {
    let n = rhs.parameterTypes[1].extents.last?.fixedLength ?? 0
    let groups = ColumnGroups(pattern: Dependence.components(of: rhs), columns: n)
    guard groups.members.count * rhs.nodes.count <= mostNodes else { return false }
    return n <= largestWhole || groups.form != nil
  }

  private static let mostNodes = 30_000
  private static let largestWhole = 512

  /// The same, or with ∂f/∂y in a form of few entries where that is solved sooner.
  private static func linearization(
    of rhs: Region, canBeSparse: Bool
  ) throws(IRError) -> (jacobian: Region, pattern: MatrixPattern?) {
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
    let form = canBeSparse ? groups.form : nil
    let matrix =
      form.map { groups.matrix(changes, in: $0, state, &builder) }
      ?? groups.matrix(changes, state, &builder)
    return (try Simplify.run(try builder.finish([matrix, byTime])), form)
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
    // First fit, in the order of columns: optimal for bands. A row knows the groups that have an entry in it.
    var groupsIn = [[Int]](repeating: [], count: pattern.count)
    var taken: [Int] = []
    for column in 0..<columns where !rowsOf[column].isEmpty {
      for row in rowsOf[column] {
        for other in groupsIn[row] { taken[other] = column }
      }
      let fit = taken.firstIndex { $0 != column } ?? taken.count
      if fit == taken.count {
        taken.append(-1)
        members.append([])
      }
      for row in rowsOf[column] { groupsIn[row].append(fit) }
      members[fit].insert(column)
      group[column] = fit
    }
  }

  /// Smaller matrices are eliminated as fast whole, and without choosing entries; those up to a dozen components in registers.
  private static let smallestSparse = 33

  /// The form, of those for few entries, in which linear equations are solved soonest; nil where a whole matrix is.
  var form: MatrixPattern? {
    guard count >= Self.smallestSparse else { return nil }
    let whole = 0.07 * Double(count * count * count)
    // Where everything depends on everything no order helps.
    guard pattern.reduce(0, { $0 + $1.count }) < count * count / 3 else { return nil }
    let entries = pattern.enumerated().map { row, entries in entries + [row] }
    let band = BandOrder.band(entries)
    var best: MatrixPattern? = band.width + band.below < count / 2 ? .band(band) : nil
    // A band of a few entries is as good as it gets.
    if band.below + band.above > Self.narrow {
      let sparse = MatrixPattern.sparse(SparsePattern(rows: entries))
      if sparse.cost < best?.cost ?? whole { best = sparse }
    }
    return best
  }

  private static let narrow = 8

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

  /// The same in a form of few entries.
  func matrix(
    _ changes: [Value], in form: MatrixPattern, _ state: ValueType, _ b: inout RegionBuilder
  ) -> Value {
    guard !changes.isEmpty else {
      return b.constant(
        0, ValueType(state.element, state.extents.dropLast() + form.shape.map(Extent.fixed)))
    }
    let side = b.concatenate(changes, axis: state.rank - 1)
    let entries = pattern.map(Set.init)
    let places = zip(form.rows, form.columns).map { row, column -> Int? in
      guard let column, entries[row].contains(column) else { return nil }
      return group[column] * count + row
    }
    return form.shaped(b.elements(side, places), &b)
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
