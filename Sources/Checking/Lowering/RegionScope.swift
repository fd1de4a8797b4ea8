import NodalIR
import NodalOperations

/// A region while it is being lowered: its builder, the names in it, and what it reads from outside.
///
/// Regions are closed, names are not. What a body reads from around it becomes a *capture*: a late parameter
/// of the region, found on first use, which `finish` puts where the form around wants it.
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
  /// Those that have a value for each member of a group, as arrays of all.
  var wholeWeights: [WeightID: LoweredValue] = [:]
  /// At the root: inputs that several places read, once asked for.
  var shared: [ProgramInput: Value] = [:]
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
    if let constant = parent?.builder.constantValue(outer) {
      return builder.value(.constant(constant), [])
    }
    if let known = captures.first(where: { $0.outer == outer && !$0.isSliced }) {
      return known.inner
    }
    guard let parent else { return outer }
    return add(outer, parent.builder.type(outer), isSliced: false)
  }

  /// A parameter that stands in the place of a value of the parent, which another takes where the region runs.
  func place(of outer: Value) -> Value {
    if let known = captures.first(where: { $0.outer == outer && !$0.isSliced }) {
      return known.inner
    }
    return add(outer, parent?.builder.type(outer) ?? .time, isSliced: false)
  }

  /// A value of the parent whose slice each turn of the loop gets.
  func captureSliced(_ outer: Value, _ type: ValueType) -> Value {
    add(outer, type, isSliced: true)
  }

  /// A root's next input.
  func input(_ index: Int, _ type: ValueType) -> Value {
    add(Value(index), type, isSliced: false)
  }

  private func add(_ outer: Value, _ type: ValueType, isSliced: Bool) -> Value {
    let inner = builder.lateParameter(type)
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
    // The draft's parameters: declared ones, then captures in their order.
    func place(of capture: Capture) -> Int {
      declaredCount + (captures.firstIndex { $0.inner == capture.inner } ?? 0)
    }
    let declared = Array(draft.parameterTypes.prefix(declaredCount))
    let slicedTypes = sliced.map { draft.parameterTypes[place(of: $0)] }
    let sharedTypes = outers.map { outer -> ValueType in
      shared.first { $0.outer == outer }.map { draft.parameterTypes[place(of: $0)] }
        ?? parent?.builder.type(outer) ?? .time
    }
    var final = RegionBuilder(
      parameters: declared[..<cut] + slicedTypes + declared[cut...] + sharedTypes)
    let given = final.parameters
    var arguments = draft.parameterTypes.map { _ in Value(0) }
    for i in 0..<declaredCount { arguments[i] = given[i < cut ? i : i + sliced.count] }
    for (i, capture) in sliced.enumerated() { arguments[place(of: capture)] = given[cut + i] }
    for (i, outer) in outers.enumerated() {
      if let capture = shared.first(where: { $0.outer == outer }) {
        arguments[place(of: capture)] = given[declaredCount + sliced.count + i]
      }
    }
    let values = final.inline(draft, arguments)
    return try final.finish(values)
  }
}
