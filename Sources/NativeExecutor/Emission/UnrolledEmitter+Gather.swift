import NodalIR

/// Rows of tables, at places that each lane knows. As the kernel of `gather`: what is outside is NaN.
extension UnrolledEmitter {
  /// A constant that rows are gathered of, in the module's own memory.
  func table(_ constant: Constant) -> Operand {
    let count = constant.type.fixedCount ?? 0
    let type = constant.type.element.memoryType
    let numbers =
      constant.numbers(count) ?? Array(repeating: constant.uniform ?? .nan, count: count)
    return w.module.table(numbers.map { Operand.constant($0, type) }, type)
  }

  func gather(_ node: Node, _ type: ValueType) -> [Operand] {
    let table = region[node.operands[0]]
    let place = values[node.operands[0].index][0]
    let index = values[node.operands[1].index][0]
    let element = type.element.memoryType
    let count = Unrolling.ownCount(type) ?? 0
    let rows = table.extents[table.isBatched ? 1 : 0].fixedLength ?? 0
    /// A lane's elements.
    func row(_ index: Operand, _ base: Operand) -> [Operand] {
      let isInside = w.compare("ult", index, .integer(rows))
      let safe = w.select(isInside, index, .integer(0))
      let first = w.address(base, w.multiply(safe, .integer(count)), of: element)
      return (0..<count).map { j in
        let x = w.load(w.address(first, .integer(j), of: element), element)
        return w.select(isInside, x, .constant(.nan, element))
      }
    }
    func base(_ lane: Operand) -> Operand {
      guard table.isBatched else { return place }
      return w.convert(
        "inttoptr", w.load(w.address(place, lane, of: .i64), .i64), to: .pointer)
    }
    if width == 1 || (index.type.width == 1 && !table.isBatched) {
      return row(index, base(.integer(0)))
    }
    let indices = lay(index)
    let wide = element.with(width: width)
    let found = w.array(wide, count: count)
    w.loop(below: .integer(width)) { lane in
      let own = w.load(w.address(indices, lane, of: .i64), .i64)
      for (j, x) in row(own, base(lane)).enumerated() {
        w.store(x, w.address(found, w.add(lane, .integer(j * width)), of: element))
      }
    }
    return (0..<count).map { w.load(w.address(found, .integer($0 * width), of: element), wide) }
  }
}
