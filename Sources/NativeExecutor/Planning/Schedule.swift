import NodalIR
import NodalOperations

/// Which values of a region have memory, and the loops that compute them, in order.
///
/// Elementwise work is done where its result is read; a value gets memory if it is a result, if more than one place reads it
/// and computing it again would cost more than a load, or if the form that makes or reads it wants an array.
struct Schedule {
  let region: Region
  private(set) var steps: [ProgramStep] = []
  /// The value whose memory each value lies in; nil for values that are computed where they are read.
  private(set) var memory: [Int?]
  /// Values that lie within the memory of another: from this element on.
  private(set) var aliases: [(value: Int, root: Int)] = []
  /// Constants that are arrays.
  private(set) var constants: [(value: Int, constant: Constant)] = []
  let isLive: [Bool]
  let uses: UseCounts
  /// Forms that loops don't serve, in the order of the `call` steps.
  private(set) var children: [Node] = []

  init(_ region: Region) {
    self.region = region
    isLive = region.liveNodes
    uses = UseCounts(region)
    memory = Array(repeating: nil, count: region.types.count)
    for i in 0..<region.parameterCount { memory[i] = i }
    place()
    for (node, live) in zip(region.nodes, isLive) where live { schedule(node) }
  }

  // MARK: Memory

  /// What computing one element costs, in operations; more than this is not done twice.
  private static let cheap = 3
  /// A loop with more operations than this is cut.
  private static let tooMuch = 400

  private mutating func place() {
    var readers = [Int](repeating: 0, count: region.types.count)
    var wants = [Bool](repeating: false, count: region.types.count)
    // Read by something that would compute them again and again: a broadcast, a contraction.
    var repeats = [Bool](repeating: false, count: region.types.count)
    for (node, live) in zip(region.nodes, isLive) where live {
      for operand in Set(node.operands) { readers[operand.index] += 1 }
      switch Self.role(of: node, region) {
      case .call:
        for operand in node.operands { wants[operand.index] = true }
      case .inline:
        switch node.form {
        case .layout(.broadcast), .layout(.window): repeats[node.operands[0].index] = true
        case .constant, .elementwise, .select, .convert, .reduce, .contract, .layout, .gather,
          .scatter, .factorize, .linearSolve, .random, .branch, .scan, .map, .derivative, .solve,
          .interpolate:
          break
        }
      case .array:
        if case .layout(.reshape) = node.form { wants[node.operands[0].index] = true }
        if case .contract = node.form {
          for operand in node.operands {
            wants[viewed(operand)] = true
            // Turned for this contraction (see `Normalize`): once, not at each read.
            if case .layout(.transpose) = region.definition(of: operand)?.form {
              wants[operand.index] = true
            }
          }
        }
      }
    }
    for result in region.results { wants[result.index] = true }
    var cost = [Int](repeating: 0, count: region.types.count)
    for (node, live) in zip(region.nodes, isLive) where live {
      let first = node.results.lowerBound
      if Self.role(of: node, region) != .inline {
        for result in node.results { setMemory(result, of: node) }
        continue
      }
      let own = node.operands.reduce(Self.cost(of: node)) { $0 + cost[$1.index] }
      let isExpensive =
        (own > Self.cheap && readers[first] > 1) || own > Self.tooMuch
        || (own > 1 && repeats[first])
      if wants[first] || isExpensive {
        setMemory(first, of: node)
      } else {
        cost[first] = own
      }
    }
  }

  /// The value whose elements a view, or a view of a view, shows.
  private func viewed(_ value: Value) -> Int {
    guard let node = region.definition(of: value), case .layout = node.form,
      Self.role(of: node, region) == .inline
    else { return value.index }
    return viewed(node.operands[0])
  }

  private mutating func setMemory(_ value: Int, of node: Node) {
    if case .layout(.reshape) = node.form, let root = memory[node.operands[0].index] {
      memory[value] = root
      aliases.append((value, root))
    } else {
      memory[value] = value
    }
    if case .constant(let constant) = node.form, value == node.results.lowerBound {
      constants.append((value, constant))
    }
  }

  /// How the results of a node come about.
  private enum Role {
    /// Computed where they are read, if nothing wants otherwise.
    case inline
    /// By loops of its own, or the same memory as its operand's.
    case array
    /// By a child.
    case call
  }

  private static func role(of node: Node, _ region: Region) -> Role {
    let type = region.types[node.results.lowerBound]
    let isPlain =
      type.element != .i64 && node.operands.allSatisfy { region[$0].element != .i64 }
    switch node.form {
    case .constant(let constant):
      return constant.uniform == nil ? .array : .inline
    case .elementwise(let schema):
      // Whole numbers have rules of their own in some ops; they are rare.
      let isTest = schema.typing == .comparison && region[node.operands[0]].element == .bool
      return isPlain && !isTest ? .inline : .call
    case .select, .convert:
      return isPlain ? .inline : .call
    case .reduce(let reduction):
      switch reduction.kind {
      case .sum, .max, .min: return isPlain ? .array : .call
      case .argmax, .argmin: return .call
      }
    case .contract:
      return type.element.isFloating ? .array : .call
    case .layout(let layout):
      return layout.isView(of: region[node.operands[0]]) ? .inline : .array
    case .gather, .scatter, .factorize, .linearSolve, .random, .branch, .scan, .map, .derivative,
      .solve, .interpolate:
      return .call
    }
  }

  private static func cost(of node: Node) -> Int {
    switch node.form {
    case .elementwise(let schema):
      Operations.row(named: schema.name).map { $0.scalar.cost } ?? 1
    case .select, .convert: 1
    case .constant, .reduce, .contract, .layout, .gather, .scatter, .factorize, .linearSolve,
      .random, .branch, .scan, .map,
      .derivative, .solve, .interpolate:
      0
    }
  }

  // MARK: Loops

  private mutating func schedule(_ node: Node) {
    let value = node.results.lowerBound
    switch Self.role(of: node, region) {
    case .call:
      steps.append(
        .call(
          child: children.count, operands: node.operands.map(\.index), results: node.results))
      children.append(node)
    case .inline:
      if case .constant = node.form { return }
      if memory[value] == value { map(value) }
    case .array:
      guard memory[value] == value else { return }
      switch node.form {
      case .reduce(let reduction): reduce(reduction, node.operands[0].index, value)
      case .contract(let contraction): contract(contraction, node.operands, value)
      case .layout(.concatenate(let axis)): concatenate(axis, node.operands, value)
      case .layout(.pad(let axis, let before, _, let interior)):
        pad(axis, before, interior, node.operands[0].index, value)
      case .layout(.reshape): map(value)
      case .constant, .elementwise, .select, .convert, .layout, .gather, .scatter, .factorize,
        .linearSolve, .random,
        .branch, .scan, .map, .derivative, .solve, .interpolate:
        return
      }
    }
  }

  private func builder(loops: Int) -> KernelGraphBuilder {
    KernelGraphBuilder(region, memory: memory, loops: loops, uses: uses)
  }

  private static func identity(_ rank: Int) -> [AxisIndex] {
    (0..<rank).map { .loop($0, of: rank) }
  }

  /// A loop over all elements of a value.
  private mutating func map(_ value: Int) {
    let type = region.types[value]
    let index = Self.identity(type.rank)
    let target = builder(loops: type.rank).access(value, index)
    append(loops: type.extents, target, type.element) { $0.compute(value, index) }
  }

  /// Adds a loop, or its work to the loop before, where that has the same turns and nothing that this one reads from it
  /// lies elsewhere.
  private mutating func append(
    loops: [Extent], _ target: Access, _ element: ElementType,
    _ make: (inout KernelGraphBuilder) -> Int
  ) {
    if let open, open.loops == loops {
      var builder = open.builder
      let node = make(&builder)
      let written = Set(open.stores.map(\.access.value))
      let reads = builder.graph.loads.contains { written.contains($0.value) }
      if !reads, !open.stores.contains(where: { $0.access == target }) {
        builder.note(node, at: target)
        let stores = open.stores + [Kernel.Store(access: target, node: node, element: element)]
        self.open = Open(loops: loops, builder: builder, stores: stores)
        steps[steps.count - 1] = .kernel(
          Kernel(loops: loops, graph: builder.graph, body: .map(stores)))
        openStep = steps.count
        return
      }
    }
    var builder = builder(loops: loops.count)
    let node = make(&builder)
    builder.note(node, at: target)
    let stores = [Kernel.Store(access: target, node: node, element: element)]
    open = nil
    steps.append(.kernel(Kernel(loops: loops, graph: builder.graph, body: .map(stores))))
    openStep = steps.count
    openState = Open(loops: loops, builder: builder, stores: stores)
  }

  private struct Open {
    var loops: [Extent]
    var builder: KernelGraphBuilder
    var stores: [Kernel.Store]
  }
  private var openState: Open?
  /// The number of steps when the open loop was the last.
  private var openStep = -1
  /// The loop that more work may be added to: the last step, if it is one.
  private var open: Open? {
    get { openStep == steps.count ? openState : nil }
    set { openState = newValue }
  }

  private mutating func reduce(_ reduction: Reduction, _ operand: Int, _ value: Int) {
    let type = region.types[operand]
    let kept = type.extents.indices.filter { !reduction.axes.contains($0) }
    let order = kept + reduction.axes
    // Loops: the axes that stay, then the others.
    var index = Self.identity(type.rank)
    for (loop, axis) in order.enumerated() { index[axis] = .loop(loop, of: type.rank) }
    var builder = builder(loops: type.rank)
    let node = builder.element(operand, index)
    let target = builder.access(value, kept.indices.map { .loop($0, of: type.rank) })
    steps.append(
      .kernel(
        Kernel(
          loops: order.map { type.extents[$0] }, graph: builder.graph,
          body: .reduce(
            reduction.kind, node: node, type.element, target: target,
            lastAxisIsReduced: reduction.axes.contains(type.rank - 1)),
          kept: kept.count)))
  }

  private mutating func contract(_ contraction: Contraction, _ operands: [Value], _ value: Int) {
    let (typeA, typeB) = (region[operands[0]], region[operands[1]])
    let plan = ContractionPlan(contraction, typeA, typeB)
    let loops = plan.batch + plan.rows + plan.columns + plan.contracted
    let count = loops.count
    func index(_ rank: Int, _ axis: (ContractionPlan.Loop) -> Int?) -> [AxisIndex] {
      var index = [AxisIndex](repeating: .constant(0, loops: count), count: rank)
      for (i, loop) in loops.enumerated() {
        if let axis = axis(loop) { index[axis] = .loop(i, of: count) }
      }
      return index
    }
    let result = region.types[value].rank
    let builder = builder(loops: count)
    guard let a = view(operands[0].index, index(typeA.rank, \.axisOfA), builder),
      let b = view(operands[1].index, index(typeB.rank, \.axisOfB), builder)
    else { return }
    steps.append(
      .contraction(
        ContractionKernel(
          plan: plan, element: region.types[value].element, a: a, b: b,
          target: builder.access(value, (0..<result).map { .loop($0, of: count) }))))
  }

  /// Where an operand's elements lie, through views.
  private func view(
    _ value: Int, _ index: [AxisIndex], _ builder: KernelGraphBuilder
  ) -> Access? {
    if memory[value] != nil { return builder.access(value, index) }
    guard let node = region.definition(of: Value(value)), case .layout(let layout) = node.form
    else { return nil }
    let operand = node.operands[0].index
    return view(
      operand,
      layout.source(of: index, operand: region.types[operand], loops: builder.loops), builder)
  }

  private mutating func concatenate(_ axis: Int, _ parts: [Value], _ value: Int) {
    var start = 0
    for part in parts {
      let type = region[part]
      var place = Self.identity(type.rank)
      place[axis] = place[axis].scaled(by: 1, from: start)
      let target = builder(loops: type.rank).access(value, place)
      append(loops: type.extents, target, type.element) {
        $0.element(part.index, Self.identity(type.rank))
      }
      start += type.extents[axis].fixedLength ?? 0
    }
  }

  private mutating func pad(
    _ axis: Int, _ before: Int, _ interior: Int, _ operand: Int, _ value: Int
  ) {
    let type = region.types[value]
    let all = builder(loops: type.rank).access(value, Self.identity(type.rank))
    append(loops: type.extents, all, type.element) {
      $0.zero(type.element)
    }
    openState = nil
    let inner = region.types[operand]
    var place = Self.identity(inner.rank)
    place[axis] = place[axis].scaled(by: interior + 1, from: before)
    let target = builder(loops: inner.rank).access(value, place)
    append(loops: inner.extents, target, inner.element) {
      $0.element(operand, Self.identity(inner.rank))
    }
    openState = nil
  }
}
