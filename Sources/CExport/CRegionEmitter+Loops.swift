import NodalIR

/// Forms that hold regions.
extension CRegionEmitter {
  func branch(
    _ branch: Branch, _ operands: [CView], _ types: [ValueType]
  ) throws(CExportError) -> [CView] {
    let given = Array(operands.dropFirst())
    guard branch.lanes != nil else {
      var results: [CView] = []
      for type in types { results.append(fresh(try shape(type), type.element)) }
      try block("if (\(operands[0].at([])))") { () throws(CExportError) in
        try assign(try emit(branch.whenTrue, given), to: results)
      }
      try block("else") { () throws(CExportError) in
        try assign(try emit(branch.whenFalse, given), to: results)
      }
      return results
    }
    // Lane by lane: each takes one side. What has no axis of lanes is summed over them.
    let count = operands[0].shape[0]
    let inner = branch.whenTrue.resultTypes
    let ownsLane = inner.map { branch.isLowered ? $0.isBatched : true }
    var results: [CView] = []
    for (type, isOwn) in zip(types, ownsLane) {
      results.append(fresh(try shape(type), type.element, zero: !isOwn))
    }
    let lane = CRegionEmitter(file: file, lanes: 1)
    let place = file.fresh("l")
    try block("for (int \(place) = 0; \(place) < \(count); \(place)++)") {
      () throws(CExportError) in
      func arguments() -> [CView] {
        zip(given, branch.batched).map { view, isBatched in
          guard isBatched else { return view }
          return slice(view, place, keepsLane: branch.isLowered)
        }
      }
      func finish(_ values: [CView]) throws(CExportError) {
        for (k, value) in values.enumerated() {
          if ownsLane[k] {
            try copy(value, to: slice(results[k], place, keepsLane: branch.isLowered))
          } else {
            try add(value, to: results[k])
          }
        }
      }
      try block("if (\(operands[0].at([place])))") { () throws(CExportError) in
        try finish(try lane.emit(branch.whenTrue, arguments()))
      }
      try block("else") { () throws(CExportError) in
        try finish(try lane.emit(branch.whenFalse, arguments()))
      }
    }
    return results
  }

  func scan(_ scan: Scan, _ operands: [CView]) throws(CExportError) -> [CView] {
    guard case .fixed(let length) = scan.length else { throw CExportError(what: .countedLoop) }
    let body = scan.body
    let types = body.resultTypes
    var carries: [CView] = []
    for operand in operands.prefix(scan.carries) {
      let carry = fresh(operand.shape, operand.element)
      try copy(operand, to: carry)
      carries.append(carry)
    }
    var outputs: [CView] = []
    for type in types[scan.carries..<(scan.carries + scan.outputs)] {
      var own = try shape(type)
      own.insert(length, at: type.isBatched ? 1 : 0)
      outputs.append(fresh(own, type.element))
    }
    var terms: [CView] = []
    for type in types[(scan.carries + scan.outputs)...] {
      terms.append(fresh(try shape(type), type.element, zero: true))
    }
    let turn = file.fresh("i")
    let head =
      scan.reverse
      ? "for (int \(turn) = \(length - 1); \(turn) >= 0; \(turn)--)"
      : "for (int \(turn) = 0; \(turn) < \(length); \(turn)++)"
    try block(head) { () throws(CExportError) in
      let slices = zip(
        operands[scan.carries..<(scan.carries + scan.stacked)],
        body.parameterTypes[scan.carries...]
      ).map { view, type in view.entry(turn, axis: type.isBatched ? 1 : 0) }
      let results = try emit(
        body, carries + slices + operands[(scan.carries + scan.stacked)...])
      for (k, output) in outputs.enumerated() {
        let axis = types[scan.carries + k].isBatched ? 1 : 0
        try copy(results[scan.carries + k], to: output.entry(turn, axis: axis))
      }
      for (k, term) in terms.enumerated() {
        try add(results[scan.carries + scan.outputs + k], to: term)
      }
      // A carry may be read by what becomes of another one.
      var kept: [CView] = []
      for (carry, result) in zip(carries, results) {
        let copied = fresh(carry.shape, carry.element)
        try copy(result, to: copied)
        kept.append(copied)
      }
      try assign(kept, to: carries)
    }
    return carries + outputs + terms
  }

  func map(_ map: Map, _ operands: [CView]) throws(CExportError) -> [CView] {
    guard let count = map.extent.fixedLength else { throw CExportError(what: .solution) }
    if map.isLowered {
      return try CRegionEmitter(file: file, lanes: count).emit(map.body, operands)
    }
    var results: [CView] = []
    for type in map.body.resultTypes {
      results.append(fresh([count] + (try shape(type)), type.element))
    }
    let place = file.fresh("i")
    try block("for (int \(place) = 0; \(place) < \(count); \(place)++)") {
      () throws(CExportError) in
      let given = zip(operands, map.mapped).map { $1 ? slice($0, place, keepsLane: false) : $0 }
      try assign(
        try emit(map.body, given), to: results.map { slice($0, place, keepsLane: false) })
    }
    return results
  }

  /// One entry along the first axis; with an axis of length 1 in its place, or without.
  private func slice(_ view: CView, _ place: String, keepsLane: Bool) -> CView {
    let entry = view.entry(place, axis: 0)
    guard keepsLane else { return entry }
    return entry.broadcast(to: [1] + entry.shape, axes: Array(1..<entry.shape.count + 1))
  }

  private func assign(_ values: [CView], to targets: [CView]) throws(CExportError) {
    for (value, target) in zip(values, targets) { try copy(value, to: target) }
  }

  private func add(_ value: CView, to target: CView) throws(CExportError) {
    try loops(target.shape) { indices in
      file.line("\(target.at(indices)) += \(value.at(indices));")
    }
  }
}
