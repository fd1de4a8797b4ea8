import NodalIR

extension KernelEmitter {
  /// A reduction: what is reduced along its last axis in eight partial results (see `line`), anything else in order.
  func reduce(
    _ kernel: Kernel, _ kind: Reduction.Kind, _ node: Int, _ element: ElementType,
    _ target: Access, lastAxisIsReduced: Bool
  ) {
    var graph = kernel.graph
    let root = graph.trim(to: [node])[0]
    let counts = kernel.loops.map { Measure($0) }
    let combine = Combination(kind, element)
    let emitter = GraphEmitter(self, graph)
    if lastAxisIsReduced {
      let kept = Array(counts.prefix(kernel.kept))
      let outer = Array(counts[kernel.kept...].dropLast())
      nest(kept) { keptIndex in
        let total = w.variable(element.registerType)
        w.store(combine.identity(width: 1), total)
        nest(outer, keptIndex) { variables in
          emitter.hoist(outer: variables)
          let line = line(counts.last ?? Measure(1), combine) { index, width in
            emitter.emit(at: variables + [index], width: width)[root]
          }
          w.store(
            combine.apply(w, w.load(total, element.registerType), line), total)
        }
        store(
          w.load(total, element.registerType),
          address(target, element, at: keptIndex), element, stride: Measure(1))
      }
      return
    }
    // The last axis stays: vectors run along it.
    let kept = Array(counts.prefix(kernel.kept))
    let reduced = Array(counts[kernel.kept...])
    let last = kernel.kept - 1
    // The graph's innermost loop is the one that vectors run along.
    graph.mapAccesses { access in
      var access = access
      if last >= 0 { access.strides.append(access.strides.remove(at: last)) }
      return access
    }
    let inner = GraphEmitter(self, graph)
    nest(Array(kept.dropLast())) { outer in
      vectorLoop(kept.last ?? Measure(1), width: kept.isEmpty ? 1 : width(of: graph.elements)) {
        index, width in
        let type = element.registerType.with(width: width)
        let total = w.variable(type)
        w.store(combine.identity(width: width), total)
        nest(reduced, outer) { variables in
          let place = kept.isEmpty ? variables : variables + [index]
          let value = inner.emit(at: place, width: width)[root]
          w.store(combine.apply(w, w.load(total, type), value), total)
        }
        let place = kept.isEmpty ? outer : outer + [index]
        store(
          w.load(total, type), address(target, element, at: place), element,
          stride: kept.isEmpty ? Measure(1) : target.strides[last])
      }
    }
  }

  /// Elements along a line: element i goes to partial result i mod 8 as long as there are eight more, the rest one after
  /// the other; the partial results are joined in a tree.
  private func line(
    _ count: Measure, _ combine: Combination,
    _ value: @escaping (_ index: Operand, _ width: Int) -> Operand
  ) -> Operand {
    let n = ContractionPlan.partials
    let type = combine.element.registerType
    let rest = w.variable(type)
    w.store(combine.identity(width: 1), rest)
    func addRest(_ index: Operand) {
      w.store(combine.apply(w, w.load(rest, type), value(index, 1)), rest)
    }
    if let fixed = count.fixed, fixed < n {
      for i in 0..<fixed { addRest(.integer(i)) }
      return w.load(rest, type)
    }
    let partial = w.variable(type.with(width: n))
    w.store(combine.identity(width: n), partial)
    let all = operand(count)
    let whole =
      count.fixed.map { Operand.integer($0 / n * n) } ?? w.binary("and", all, .integer(-n))
    w.loop(below: whole, step: n) { index in
      let sum = combine.apply(w, w.load(partial, type.with(width: n)), value(index, n))
      w.store(sum, partial)
    }
    w.loop(from: whole, below: all) { addRest($0) }
    let joined = combine.tree(w, w.load(partial, type.with(width: n)))
    return combine.apply(w, joined, w.load(rest, type))
  }
}

/// What a reduction does with two values.
struct Combination {
  let kind: Reduction.Kind
  let element: ElementType

  init(_ kind: Reduction.Kind, _ element: ElementType) {
    self.kind = kind
    self.element = element
  }

  /// Adds up numbers.
  var isSum: Bool { kind == .sum && element.isFloating }

  func identity(width: Int) -> Operand {
    let type = element.registerType.with(width: width)
    switch kind {
    case .sum: return .constant(0, type)
    case .max: return .constant(element == .bool ? 0 : -.infinity, type)
    case .min, .argmax, .argmin: return .constant(element == .bool ? 1 : .infinity, type)
    }
  }

  /// Of truth values the sum is `or`. Of numbers a NaN wins.
  func apply(_ w: FunctionWriter, _ a: Operand, _ b: Operand) -> Operand {
    switch kind {
    case .sum: return element == .bool ? w.or(a, b) : w.add(a, b)
    case .max: return element == .bool ? w.or(a, b) : extreme(w, "ogt", a, b)
    case .min, .argmax, .argmin:
      return element == .bool ? w.and(a, b) : extreme(w, "olt", a, b)
    }
  }

  private func extreme(
    _ w: FunctionWriter, _ predicate: String, _ a: Operand, _ b: Operand
  ) -> Operand {
    w.select(w.or(w.compare(predicate, a, b), w.compare("uno", a, a)), a, b)
  }

  /// ((0 1) (2 3)) ((4 5) (6 7)), and so for other powers of two.
  func tree(_ w: FunctionWriter, _ vector: Operand) -> Operand {
    var parts = (0..<vector.type.width).map { w.extract(vector, $0) }
    while parts.count > 1 {
      parts = stride(from: 0, to: parts.count - 1, by: 2).map {
        apply(w, parts[$0], parts[$0 + 1])
      }
    }
    return parts[0]
  }
}
