import NodalIR
import NodalOperations

/// A region while it is being lowered: its builder, the names in it, and what it reads from outside.
///
/// Regions are closed, names are not. What a body reads from around it becomes a *capture*: a stand-in inside, found on first use,
/// which `finish` turns into a parameter behind the declared ones.
final class RegionScope {
  enum Kind {
    case root
    /// A body run once for each index of some extent; draws in it are keyed by the index.
    case loop(Int)
    /// The right-hand side of a solve: nothing random is drawn while it runs.
    case solve
    case plain
  }

  let kind: Kind
  let parent: RegionScope?
  var builder: RegionBuilder
  var locals: [LocalID: LoweredValue] = [:]
  var weights: [WeightID: LoweredValue] = [:]
  var sessions: [String: LoweredValue] = [:]
  /// The random key, once asked for.
  var key: Value?
  private(set) var captures: [Capture] = []
  private let declaredCount: Int

  struct Capture {
    /// In the parent; of a root, its place among the inputs.
    var outer: Value
    var inner: Value
    /// One slice for each turn of the loop.
    var isSliced: Bool
  }

  init(_ kind: Kind, parent: RegionScope?, parameters: [ValueType]) {
    self.kind = kind
    self.parent = parent
    builder = RegionBuilder(parameters: parameters)
    builder.origin = parent?.builder.origin
    declaredCount = parameters.count
  }

  var parameters: [Value] { builder.parameters }

  /// A value of the parent, in here. Constants are made again, so that they stay constants.
  func capture(_ outer: Value) -> Value {
    if let known = captures.first(where: { $0.outer == outer && !$0.isSliced }) {
      return known.inner
    }
    guard let parent else { return outer }
    if let constant = parent.builder.constantValue(outer) {
      return builder.value(.constant(constant), [])
    }
    return standIn(outer, parent.builder.type(outer), isSliced: false)
  }

  /// A value of the parent whose slice each turn of the loop gets.
  func captureSliced(_ outer: Value, _ type: ValueType) -> Value {
    standIn(outer, type, isSliced: true)
  }

  /// A root's next input.
  func input(_ index: Int, _ type: ValueType) -> Value {
    standIn(Value(index), type, isSliced: false)
  }

  private func standIn(_ outer: Value, _ type: ValueType, isSliced: Bool) -> Value {
    // Emitted, not looked up: two stand-ins of one type are different values.
    let inner = builder.emit(.constant(Constant(type, .splat(0))), [])[0]
    captures.append(Capture(outer: outer, inner: inner, isSliced: isSliced))
    return inner
  }

  func capture(_ value: LoweredValue) throws(IRError) -> LoweredValue {
    try value.mapLeaves { (leaf) throws(IRError) in self.capture(leaf) }
  }

  /// Outer values of the captures: shared ones, or slices.
  func captured(sliced: Bool) -> [Value] { captures.filter { $0.isSliced == sliced }.map(\.outer) }

  /// The region: declared parameters, sliced captures (behind the first `slicesAfter` declared ones), shared captures in the order given
  /// (their own order, if nil; values that are not captured get a parameter that nothing reads).
  func finish(
    _ results: [Value], slicesAfter: Int? = nil, shared order: [Value]? = nil
  ) throws(IRError) -> Region {
    var draftBuilder = builder
    let draft = try draftBuilder.finish(results)
    let sliced = captures.filter(\.isSliced)
    let shared = captures.filter { !$0.isSliced }
    let cut = slicesAfter ?? declaredCount
    let outers = order ?? shared.map(\.outer)
    let declared = Array(draft.parameterTypes)
    let slicedTypes = sliced.map { draft[$0.inner] }
    let sharedTypes = outers.map { outer -> ValueType in
      shared.first { $0.outer == outer }.map { draft[$0.inner] }
        ?? parent?.builder.type(outer) ?? .time
    }
    var final = RegionBuilder(
      parameters: declared[..<cut] + slicedTypes + declared[cut...] + sharedTypes)
    let given = final.parameters
    var values: [Value] = []
    for i in 0..<declaredCount { values.append(given[i < cut ? i : i + sliced.count]) }
    var standIns: [Value: Value] = [:]
    for (i, capture) in sliced.enumerated() { standIns[capture.inner] = given[cut + i] }
    for (i, outer) in outers.enumerated() {
      if let capture = shared.first(where: { $0.outer == outer }) {
        standIns[capture.inner] = given[declaredCount + sliced.count + i]
      }
    }
    for node in draft.nodes {
      if let parameter = standIns[Value(node.results.lowerBound)] {
        values.append(parameter)
        continue
      }
      final.origin = node.origin
      let operands = node.operands.map { values[$0.index] }
      values +=
        node.results.count == 1
        ? [final.value(node.form, operands)] : final.emit(node.form, operands)
    }
    return try final.finish(draft.results.map { values[$0.index] })
  }
}
