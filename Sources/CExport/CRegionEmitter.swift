import NodalIR
import NodalOperations

/// Writes the nodes of a region as C statements, one after another.
///
/// A value is a view: most layouts only look at the same memory otherwise, and cost nothing. What has one element is a scalar, the others
/// are arrays on the stack, filled by a loop for each axis. Sums are added up in the order of the elements.
struct CRegionEmitter {
  let file: CFile
  /// The length of the axis of lanes, in bodies that have one.
  let lanes: Int

  /// Emits a region; gives its results.
  func emit(_ region: Region, _ arguments: [CView]) throws(CExportError) -> [CView] {
    var values = arguments
    let live = region.liveNodes
    var isRead = Set(region.results)
    for (node, isLive) in zip(region.nodes, live) where isLive { isRead.formUnion(node.operands) }
    for (node, isLive) in zip(region.nodes, live) {
      guard isLive else {
        // Nothing reads what stands in its place.
        values += node.results.map { _ in CView(scalar: "0", .f64) }
        continue
      }
      do {
        values += try results(of: node, node.operands.map { values[$0.index] }, region)
      } catch {
        throw CExportError(what: error.what, origin: error.origin ?? node.origin)
      }
      // Of a loop's results some may be of no use, and compilers complain of them.
      for index in node.results where !isRead.contains(Value(index)) {
        switch values[index].base {
        case .scalar(let name), .pointer(let name): file.line("(void)\(name);")
        }
      }
    }
    return region.results.map { values[$0.index] }
  }

  /// Emits a region whose one result, a vector, is to be in memory of this name.
  func emit(
    _ region: Region, _ arguments: [CView], to target: String
  ) throws(CExportError) {
    var parts = region
    // Slopes are put together of those of states, as a rule: each goes where it belongs at once.
    if let last = region.nodes.last, case .layout(.concatenate(axis: 0)) = last.form,
      region.results == [Value(last.results.lowerBound)]
    {
      parts.nodes.removeLast()
      parts.results = last.operands
    }
    var start = 0
    for part in try emit(parts, arguments) {
      try copy(
        part, to: CView(pointer: target, offset: start, shape: part.shape, part.element))
      start += part.count
    }
  }

  func shape(_ type: ValueType) throws(CExportError) -> [Int] {
    var shape: [Int] = []
    for extent in type.extents {
      switch extent {
      case .fixed(let n): shape.append(n)
      case .lanes(let times): shape.append(lanes * times)
      case .steps: throw CExportError(what: .solution)
      }
    }
    return shape
  }

  /// A new array, or a scalar that has no value yet.
  func fresh(_ shape: [Int], _ element: ElementType, zero: Bool = false) -> CView {
    let name = file.fresh()
    let count = shape.reduce(1, *)
    guard count != 1 else {
      file.line("\(element.cName) \(name)\(zero ? " = 0" : "");")
      return CView(scalar: name, element, shape: shape)
    }
    file.line("\(element.cName) \(name)[\(max(count, 1))];")
    if zero {
      let index = file.fresh("i")
      file.line("for (int \(index) = 0; \(index) < \(count); \(index)++) \(name)[\(index)] = 0;")
    }
    return CView(pointer: name, shape: shape, element)
  }

  /// A value whose elements an expression gives by their indices.
  func filled(
    _ shape: [Int], _ element: ElementType, _ expression: ([String]) throws(CExportError) -> String
  ) throws(CExportError) -> CView {
    if shape.reduce(1, *) == 1 {
      let text = try expression(shape.map { _ in "0" })
      let name = file.fresh()
      file.line("const \(element.cName) \(name) = \(text);")
      return CView(scalar: name, element, shape: shape)
    }
    let result = fresh(shape, element)
    try loops(shape) { (indices) throws(CExportError) in
      file.line("\(result.at(indices)) = \(try expression(indices));")
    }
    return result
  }

  func loops(
    _ shape: [Int], _ body: ([String]) throws(CExportError) -> Void
  ) throws(CExportError) {
    try file.nest(shape, body)
  }

  func block(_ head: String, _ body: () throws(CExportError) -> Void) throws(CExportError) {
    try file.block(head, body)
  }

  func copy(_ value: CView, to target: CView) throws(CExportError) {
    try loops(target.shape) { (indices) throws(CExportError) in
      file.line("\(target.at(indices)) = \(value.at(indices));")
    }
  }

  private func results(
    of node: Node, _ operands: [CView], _ region: Region
  ) throws(CExportError) -> [CView] {
    let type = region.types[node.results.lowerBound]
    switch node.form {
    case .constant(let constant): return [try self.constant(constant)]
    case .elementwise(let schema):
      guard let row = Operations.row(named: schema.name), let first = operands.first else {
        throw CExportError(what: .form(schema.name))
      }
      return [
        try filled(first.shape, type.element) { (indices) throws(CExportError) in
          var expression = CExpression(file, first.element, operands.map { $0.at(indices) })
          return try expression.text(row.scalar)
        }
      ]
    case .select:
      return [
        try filled(operands[1].shape, type.element) { indices in
          "\(operands[0].at(indices)) ? \(operands[1].at(indices)) : \(operands[2].at(indices))"
        }
      ]
    case .convert(let element): return [try convert(operands[0], to: element)]
    case .reduce(let reduction): return [try reduce(reduction, operands[0], try shape(type))]
    case .contract(let contraction):
      return [try contract(contraction, operands[0], operands[1], try shape(type))]
    case .layout(let layout): return [try self.layout(layout, operands, try shape(type))]
    case .gather(let gather): return [try self.gather(gather, operands[0], operands[1])]
    case .scatter(let scatter):
      return [try self.scatter(scatter, operands[0], operands[1], try shape(type))]
    case .branch(let branch):
      return try self.branch(
        branch, operands,
        try node.results.map { (index) throws(CExportError) in
          region.types[index]
        })
    case .scan(let scan): return try self.scan(scan, operands)
    case .map(let map): return try self.map(map, operands)
    case .random: throw CExportError(what: .random)
    case .factorize, .linearSolve: throw CExportError(what: .linearEquations)
    case .solve, .interpolate: throw CExportError(what: .solution)
    case .derivative: throw CExportError(what: .form(node.form.name))
    }
  }

  private func constant(_ constant: Constant) throws(CExportError) -> CView {
    let element = constant.type.element
    let shape = try shape(constant.type)
    if let x = constant.uniform {
      let text = element == .i64 ? "\(Int(exactly: x) ?? 0)LL" : CFile.literal(x)
      return CView(scalar: element == .bool ? (x == 0 ? "0" : "1") : text, element, shape: shape)
    }
    guard case .array(let values) = constant.values, !values.isEmpty else {
      return CView(scalar: "0", element, shape: shape)
    }
    let stored = CView(pointer: file.constant(values), shape: shape, .f64)
    return element.isFloating ? stored : try convert(stored, to: element)
  }

  private func convert(_ x: CView, to element: ElementType) throws(CExportError) -> CView {
    if x.element.cName == element.cName {
      var copy = x
      copy.element = element
      return copy
    }
    return try filled(x.shape, element) { indices in
      let value = x.at(indices)
      switch element {
      case .f32, .f64: return "(double)\(value)"
      case .bool: return "(\(value) != 0)"
      case .i64:
        return x.element == .bool ? "(long long)\(value)" : "\(file.helper(.whole))(\(value))"
      }
    }
  }
}
