import NodalIR

extension KernelEmitter {
  /// The loops of an elementwise kernel, those that run through memory as one joined.
  func map(_ kernel: Kernel, _ stores: [Kernel.Store]) {
    var graph = kernel.graph
    let roots = graph.trim(to: stores.map(\.node))
    let loops = LoopNest(
      kernel.loops.map { Measure($0) }, graph.loads + stores.map(\.access))
    graph.mapAccesses { loops.joined($0) }
    let targets = stores.map { loops.joined($0.access) }
    let emitter = GraphEmitter(self, graph)
    let width = width(of: graph.elements)
    nest(Array(loops.counts.dropLast())) { outer in
      emitter.hoist(outer: outer)
      vectorLoop(loops.counts.last ?? Measure(1), width: loops.counts.isEmpty ? 1 : width) {
        index, width in
        let variables = loops.counts.isEmpty ? [] : outer + [index]
        let values = emitter.emit(at: variables, width: width)
        for (i, store) in stores.enumerated() {
          self.store(
            values[roots[i]], address(targets[i], store.element, at: variables), store.element,
            stride: targets[i].strides.last ?? Measure(1))
        }
      }
    }
  }
}

/// Loops, with those left out that have one turn, and neighbours joined that all accesses run through as one.
struct LoopNest {
  private(set) var counts: [Measure] = []
  /// The loops before: for each joined one its last, whose stride is that of the whole.
  private var sources: [Int] = []

  init(_ loops: [Measure], _ accesses: [Access]) {
    for (i, count) in loops.enumerated() where count != Measure(1) {
      if let last = sources.last,
        accesses.allSatisfy({ $0.strides[last] == $0.strides[i] * count })
      {
        counts[counts.count - 1] = counts[counts.count - 1] * count
        sources[sources.count - 1] = i
      } else {
        counts.append(count)
        sources.append(i)
      }
    }
  }

  /// The same access by these loops.
  func joined(_ access: Access) -> Access {
    Access(
      value: access.value, offset: access.offset, strides: sources.map { access.strides[$0] })
  }
}
