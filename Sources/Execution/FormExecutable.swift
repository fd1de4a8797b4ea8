package import NodalIR

/// The forms that hold regions, made executable over any executor, and those of linear equations: what both executors share.
package enum FormExecutable {
  /// nil for what executors run themselves. The results of these
  /// executables are memory of their own, or lie in that of operands that are `handedOn`.
  package static func make(
    _ form: Form, operands: [ValueType], origin: Origin?, _ executor: any Executor
  ) throws -> (any Executable)? {
    let results = try form.resultTypes(operands)
    switch form {
    case .constant, .elementwise, .select, .convert, .reduce, .contract, .layout, .gather,
      .scatter, .random:
      return nil
    case .factorize(let pattern): return FactorizeExecutable(pattern, operands, results)
    case .linearSolve(let system): return LinearSolveExecutable(system, operands, results)
    case .branch(let branch):
      return try BranchExecutable(branch, operands, results, executor)
    case .scan(let scan):
      switch scan.length {
      case .fixed(let n):
        return try ScanExecutable(scan, length: n, operands, results, executor)
      case .counted:
        return try CountedScanExecutable(scan, operands, results, origin, executor)
      }
    case .map(let map):
      return try MapExecutable(map, operands, results, executor)
    case .derivative:
      throw IRError("a derivative reached an executor")
    case .solve(let solve):
      if let ensemble = try EnsembleExecutable(solve, operands, origin, executor) {
        return ensemble
      }
      return try SolveExecutable.make(solve, operands, origin, executor)
    case .interpolate(let interpolate):
      return try InterpolateExecutable(interpolate, operands, results, executor)
    }
  }
}

extension Form {
  /// It is run by an executable of its own.
  package var hasExecutable: Bool {
    switch self {
    case .factorize, .linearSolve, .branch, .scan, .map, .derivative, .solve, .interpolate: true
    case .constant, .elementwise, .select, .convert, .reduce, .contract, .layout, .gather,
      .scatter, .random:
      false
    }
  }
}

extension Form {
  /// Which operands results may lie in, or in pieces of them: their memory is in use as long as that of results is.
  ///
  /// What a side of a branch only passes on may be large, as the factors of a matrix are, and is not copied.
  package var handedOn: Set<Int> {
    guard case .branch(let branch) = self else { return [] }
    var operands: Set<Int> = []
    for side in [branch.whenTrue, branch.whenFalse] {
      var root = Array(side.types.indices)
      for node in side.nodes {
        guard case .layout = node.form, let operand = node.operands.first else { continue }
        for result in node.results { root[result] = root[operand.index] }
      }
      for result in side.results where root[result.index] < side.parameterCount {
        // The condition comes first.
        operands.insert(root[result.index] + 1)
      }
    }
    return operands
  }
}

/// Memory for the results of an executable of a form.
final class ResultStore {
  let types: [ValueType]
  let pointers: PointerTable
  private let buffers: [Buffer]
  private let sizes: [ByteSize]
  /// Bytes that were made room for, by result.
  private let prepared: UnsafeMutablePointer<Int>

  init(_ types: [ValueType]) {
    self.types = types
    buffers = types.map { _ in Buffer() }
    sizes = types.map { ByteSize($0) }
    pointers = PointerTable(count: types.count)
    prepared = .allocate(capacity: max(1, types.count))
    prepared.initialize(repeating: 0, count: max(1, types.count))
  }

  deinit { prepared.deallocate() }

  subscript(i: Int) -> UnsafeMutableRawPointer { buffers[i].pointer }

  var byteCount: Int { buffers.byteCount }

  func byteCount(_ i: Int, _ extents: ExtentValues) -> Int {
    sizes[i].count(extents)
  }

  /// Makes room for result `i` (contents undefined, or zeros).
  @discardableResult
  func prepare(_ i: Int, _ extents: ExtentValues, zero: Bool = false) -> UnsafeMutableRawPointer {
    let bytes = byteCount(i, extents)
    if zero { buffers[i].zero(bytes) } else { buffers[i].reserve(bytes) }
    pointers[i] = UnsafeRawPointer(buffers[i].pointer)
    prepared[i] = bytes
    return buffers[i].pointer
  }

  /// Zeros in the first results, for the lengths that they were prepared for last.
  func clear(first count: Int) {
    for i in 0..<count {
      UnsafeMutableRawPointer(mutating: pointers[i])
        .initializeMemory(as: UInt8.self, repeating: 0, count: prepared[i])
    }
  }

  func copy(_ i: Int, from source: UnsafeRawPointer, _ extents: ExtentValues) {
    prepare(i, extents).copyMemory(from: source, byteCount: byteCount(i, extents))
  }
}
