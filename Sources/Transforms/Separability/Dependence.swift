package import NodalIR

/// Which components of the state each element of a right-hand side's values may depend on. Exact through rearrangements,
/// element by element through arithmetic, never less than the truth elsewhere; a product with a constant zero depends on nothing.
package enum Dependence {
  /// For each number that a function (t, y, …) of the state gives first, the components of the state.
  package static func components(of rhs: Region) -> [[Int]] {
    let state = rhs.parameterTypes[1]
    let d = state.extents.last?.fixedLength ?? 0
    let width = max(1, (d + 63) / 64)
    var arguments = rhs.parameterTypes.map { Influence($0, width: width) }
    for i in 0..<d { arguments[1].insert(i, at: i) }
    let slope = analyse(rhs, arguments)[0]
    var type = rhs.resultTypes[0]
    if type.isBatched { type = type.droppingFirst() }
    return (0..<(type.fixedCount ?? 0)).map { i in slope.components(of: i).filter { $0 < d } }
  }

  static func analyse(_ region: Region, _ arguments: [Influence]) -> [Influence] {
    var walk = DependenceWalk(region: region, values: arguments)
    for node in region.nodes { walk.add(node) }
    return region.results.map { walk.values[$0.index] }
  }
}

private struct DependenceWalk {
  let region: Region
  var values: [Influence]

  /// Products with more terms than this are not looked at one by one.
  private static let mostTerms = 1 << 26

  private func fresh(_ type: ValueType) -> Influence {
    Influence(type, width: values.first?.width ?? 1)
  }

  mutating func add(_ node: Node) {
    let operands = node.operands.map { values[$0.index] }
    let types = region.types[node.results].map { $0 }
    if operands.allSatisfy(\.isEmpty) {
      values += types.map { fresh($0) }
      if case .constant(let constant) = node.form { markZeros(constant) }
      // Zeros are worth following through rearrangements, and what is done to each element.
      guard operands.contains(where: \.hasZeros) else { return }
      if case .layout(let layout) = node.form {
        values[values.count - 1] = self.layout(layout, operands, types[0])
      }
      if case .elementwise(let schema) = node.form {
        values[values.count - 1] = elementwise(schema.name, operands, types[0])
      }
      return
    }
    switch node.form {
    case .constant, .random: values += types.map { fresh($0) }
    case .elementwise(let schema):
      values.append(elementwise(schema.name, operands, types[0]))
    case .select, .convert: values.append(elementwise("", operands, types[0]))
    case .reduce(let reduction):
      values.append(reduce(reduction, operands[0], types[0]))
    case .contract(let contraction):
      values.append(contract(contraction, operands, types[0]))
    case .layout(let layout): values.append(self.layout(layout, operands, types[0]))
    case .gather(let gather):
      values.append(self.gather(gather, node, operands, types[0]))
    case .branch(let branch):
      // A side may see other lanes than the branch does.
      let arguments = zip(operands.dropFirst(), branch.whenTrue.parameterTypes).map {
        reshaped($0, $1)
      }
      var results = Dependence.analyse(branch.whenTrue, arguments)
      let others = Dependence.analyse(branch.whenFalse, arguments)
      for i in results.indices {
        _ = results[i].join(others[i])
        results[i].addAll(operands[0])
      }
      values += zip(results, types).map { reshaped($0, $1) }
    case .scan(let scan): self.scan(scan, operands, types)
    case .scatter, .factorize, .linearSolve, .map, .derivative, .solve, .interpolate:
      everything(operands, types)
    }
  }

  /// All results depend on all that the operands do.
  private mutating func everything(_ operands: [Influence], _ types: [ValueType]) {
    for type in types {
      var result = fresh(type)
      for operand in operands { result.addAll(operand) }
      values.append(result)
    }
  }

  private mutating func markZeros(_ constant: Constant) {
    let last = values.count - 1
    switch constant.values {
    case .splat(let x):
      if x == 0 { for i in 0..<values[last].count { values[last].setZero(i) } }
    case .array(let numbers):
      for (i, x) in numbers.enumerated() where x == 0 { values[last].setZero(i) }
    }
  }

  private func reshaped(_ x: Influence, _ type: ValueType) -> Influence {
    let shape = Influence.shape(type)
    if shape == x.shape { return x }
    // Another number of lanes: the same for all of them.
    var result = fresh(type)
    result.addAll(x)
    return result
  }

  private func elementwise(
    _ name: String, _ operands: [Influence], _ type: ValueType
  ) -> Influence {
    var result = fresh(type)
    for i in 0..<result.count {
      if name == "mul", operands.contains(where: { $0.isZero(i) }) {
        result.setZero(i)
        continue
      }
      for operand in operands { result.add(operand, i, to: i) }
      if name == "add" || name == "neg" || name == "sub" || name.isEmpty,
        operands.allSatisfy({ $0.isZero(i) })
      {
        result.setZero(i)
      }
    }
    return result
  }

  private func reduce(_ reduction: Reduction, _ x: Influence, _ type: ValueType) -> Influence {
    var result = fresh(type)
    let (from, to) = (Grid(x.shape), Grid(result.shape))
    var steps = [Int](repeating: 0, count: x.shape.count)
    let kept = x.shape.indices.filter { !reduction.axes.contains($0) }
    for (k, axis) in kept.enumerated() { steps[axis] = to.strides[k] }
    for (i, target) in from.places(steps).enumerated() { result.add(x, i, to: target) }
    return result
  }

  private func contract(
    _ contraction: Contraction, _ operands: [Influence], _ type: ValueType
  ) -> Influence {
    var result = fresh(type)
    let (a, b) = (operands[0], operands[1])
    let (gridA, gridB) = (Grid(a.shape), Grid(b.shape))
    let to = Grid(result.shape)
    let summed = Grid(contraction.contracted.map { a.shape[$0.a] })
    guard summed.count == 0 || to.count <= Self.mostTerms / max(1, summed.count) else {
      result.addAll(a)
      result.addAll(b)
      return result
    }
    let freeA = contraction.freeAxes(ofA: a.shape.count)
    let freeB = contraction.freeAxes(ofB: b.shape.count)
    let batches = contraction.batch.count
    let steps = (0..<summed.count).map { k -> (a: Int, b: Int) in
      let index = summed.index(k)
      var step = (a: 0, b: 0)
      for (n, pair) in contraction.contracted.enumerated() {
        step.a += index[n] * gridA.strides[pair.a]
        step.b += index[n] * gridB.strides[pair.b]
      }
      return step
    }
    var stepsA = [Int](repeating: 0, count: result.shape.count)
    var stepsB = stepsA
    for (n, pair) in contraction.batch.enumerated() {
      (stepsA[n], stepsB[n]) = (gridA.strides[pair.a], gridB.strides[pair.b])
    }
    for (n, axis) in freeA.enumerated() { stepsA[batches + n] = gridA.strides[axis] }
    for (n, axis) in freeB.enumerated() {
      stepsB[batches + freeA.count + n] = gridB.strides[axis]
    }
    for (i, (x, y)) in zip(to.places(stepsA), to.places(stepsB)).enumerated() {
      for step in steps where !a.isZero(x + step.a) && !b.isZero(y + step.b) {
        result.add(a, x + step.a, to: i)
        result.add(b, y + step.b, to: i)
      }
    }
    return result
  }

  private func layout(
    _ layout: Layout, _ operands: [Influence], _ type: ValueType
  ) -> Influence {
    let x = operands[0]
    let shape = Influence.shape(type)
    let (from, to) = (Grid(x.shape), Grid(shape))
    var steps = [Int](repeating: 0, count: shape.count)
    switch layout {
    case .broadcast(_, let axes):
      for (k, axis) in axes.enumerated() { steps[axis] = from.strides[k] }
      return x.rearranged(shape, to.places(steps))
    case .transpose(let permutation):
      for (k, axis) in permutation.enumerated() { steps[k] = from.strides[axis] }
      return x.rearranged(shape, to.places(steps))
    case .reshape:
      return x.rearranged(shape, Array(0..<to.count))
    case .slice(let axis, let start, _, let stride):
      steps = from.strides
      steps[axis] *= stride
      return x.rearranged(shape, to.places(steps, from: start * from.strides[axis]))
    case .pad(let axis, let before, _, let interior):
      steps = to.strides
      steps[axis] *= interior + 1
      var sources = [Int](repeating: -1, count: to.count)
      for (j, i) in from.places(steps, from: before * to.strides[axis]).enumerated() {
        sources[i] = j
      }
      return x.rearranged(shape, sources)
    case .reverse(let axis):
      steps = from.strides
      steps[axis] = -steps[axis]
      return x.rearranged(
        shape, to.places(steps, from: max(0, shape[axis] - 1) * from.strides[axis]))
    case .window(let axis, _, let stride, let dilation):
      // The place in a window goes before the window.
      steps = from.strides
      steps[axis] *= stride
      steps.insert(from.strides[axis] * dilation, at: axis)
      return x.rearranged(shape, to.places(steps))
    case .concatenate(let axis):
      var result = fresh(type)
      var start = 0
      for operand in operands {
        let places = Grid(operand.shape).places(to.strides, from: start * to.strides[axis])
        for (j, i) in places.enumerated() {
          if operand.isZero(j) { result.setZero(i) } else { result.add(operand, j, to: i) }
        }
        start += operand.shape[axis]
      }
      return result
    }
  }

  /// Known indices pick single elements; others may pick any.
  private func gather(
    _ gather: Gather, _ node: Node, _ operands: [Influence], _ type: ValueType
  ) -> Influence {
    let x = operands[0]
    var result = fresh(type)
    guard gather.batchAxes == 0, let definition = region.definition(of: node.operands[1]),
      case .constant(let constant) = definition.form, let length = x.shape.first
    else {
      for operand in operands { result.addAll(operand) }
      return result
    }
    let rest = x.shape.dropFirst().reduce(1, *)
    for i in 0..<result.count {
      let index: Double
      switch constant.values {
      case .splat(let k): index = k
      case .array(let ks): index = rest > 0 && i / rest < ks.count ? ks[i / rest] : -1
      }
      guard index >= 0, index < Double(length) else { continue }
      result.add(x, Int(index) * rest + i % rest, to: i)
    }
    return result
  }

  /// Every turn may see what any turn has seen.
  private mutating func scan(_ scan: Scan, _ operands: [Influence], _ types: [ValueType]) {
    guard !scan.isCounted else {
      everything(operands, types)
      return
    }
    let first = scan.carries + scan.stacked
    var arguments = Array(operands[..<scan.carries])
    for k in scan.carries..<first {
      let type = scan.body.types[k]
      var slice = fresh(type)
      // Lanes lead the scan axis; neither is told apart in the sum of all slices, but the axes behind are.
      let inner = max(
        1,
        type.extents.dropFirst(type.isBatched ? 1 : 0).reduce(1) {
          $0 * ($1.fixedLength ?? 1)
        })
      for j in 0..<operands[k].count where slice.count > 0 {
        for lane in stride(from: 0, to: slice.count, by: inner) {
          slice.add(operands[k], j, to: lane + j % inner)
        }
      }
      arguments.append(slice)
    }
    arguments += operands[first...]
    var results = Dependence.analyse(scan.body, arguments)
    while true {
      var isNews = false
      for i in 0..<scan.carries where arguments[i].join(results[i]) { isNews = true }
      guard isNews else { break }
      results = Dependence.analyse(scan.body, arguments)
    }
    for (i, type) in types.enumerated() {
      guard i >= scan.carries, i < scan.carries + scan.outputs else {
        // The carries of no turn at all are those that came in.
        values.append(i < scan.carries ? arguments[i] : results[i])
        continue
      }
      var stacked = fresh(type)
      guard !type.isBatched || type.extents[0] == .lane else {
        stacked.addAll(results[i])
        values.append(stacked)
        continue
      }
      let inner = max(1, results[i].count)
      for j in 0..<stacked.count { stacked.add(results[i], j % inner, to: j) }
      values.append(stacked)
    }
  }
}
