import NodalIR

/// LU factors of matrices, one for each index of the leading axes.
struct FactorizeExecutable: Executable {
  let pattern: MatrixPattern?
  let parameterTypes: [ValueType]
  let resultTypes: [ValueType]

  init(_ pattern: MatrixPattern?, _ operands: [ValueType], _ results: [ValueType]) {
    self.pattern = pattern
    (parameterTypes, resultTypes) = (operands, results)
  }

  func makeWorkspace(_ context: RunContext) -> any Workspace {
    let shape = MatrixShape(pattern, parameterTypes[0])
    let room = Buffer()
    return LinearSystemWorkspace(parameterTypes, resultTypes, shape) { inputs, result, count in
      switch result.element {
      case .f32: Self.run(Float.self, shape, inputs, result.pointer, count, room)
      case .f64, .i64, .bool: Self.run(Double.self, shape, inputs, result.pointer, count, room)
      }
    }
  }

  private static func run<Number: BinaryFloatingPoint & SIMDScalar>(
    _: Number.Type, _ shape: MatrixShape, _ inputs: UnsafePointer<UnsafeRawPointer>,
    _ result: UnsafeMutableRawPointer, _ count: Int, _ room: Buffer
  ) {
    let matrices = inputs[0].assumingMemoryBound(to: Number.self)
    let factors = result.assumingMemoryBound(to: Number.self)
    for i in 0..<count {
      let (matrix, own) = (matrices + i * shape.entries, factors + i * shape.factors)
      switch shape.pattern {
      case nil: LUFactors.factorize(matrix, own, shape.size)
      case .band(let band): BandFactors.factorize(matrix, own, band)
      case .sparse(let pattern):
        let tree = pattern.factors
        let side = room.reserve(
          FrontalFactors<Number>.room(tree) * MemoryLayout<Number>.stride)
        FrontalFactors.factorize(
          matrix, own, tree, room: side.assumingMemoryBound(to: Number.self))
      }
    }
  }
}

/// Solutions of linear equations whose matrices have been factorized.
struct LinearSolveExecutable: Executable {
  let system: LinearSolve
  let parameterTypes: [ValueType]
  let resultTypes: [ValueType]

  init(_ system: LinearSolve, _ operands: [ValueType], _ results: [ValueType]) {
    self.system = system
    (parameterTypes, resultTypes) = (operands, results)
  }

  func makeWorkspace(_ context: RunContext) -> any Workspace {
    let isTransposed = system.isTransposed
    let shape = MatrixShape(system.pattern, parameterTypes[0])
    let room = Buffer()
    return LinearSystemWorkspace(parameterTypes, resultTypes, shape) { inputs, result, count in
      switch result.element {
      case .f32: Self.run(Float.self, shape, isTransposed, inputs, result.pointer, count, room)
      case .f64, .i64, .bool:
        Self.run(Double.self, shape, isTransposed, inputs, result.pointer, count, room)
      }
    }
  }

  private static func run<Number: BinaryFloatingPoint & SIMDScalar>(
    _: Number.Type, _ shape: MatrixShape, _ isTransposed: Bool,
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ result: UnsafeMutableRawPointer, _ count: Int,
    _ room: Buffer
  ) {
    let n = shape.size
    let factors = inputs[1].assumingMemoryBound(to: Number.self)
    let x = result.assumingMemoryBound(to: Number.self)
    let right = inputs[2].assumingMemoryBound(to: Number.self)
    /// Right side and solution lie in the pattern's order meanwhile, with room for more numbers behind them.
    func placed(
      _ order: [Int], more: Int,
      _ solve: (UnsafePointer<Number>, UnsafeMutablePointer<Number>) -> Void
    ) {
      let placed = room.reserve((n + more) * MemoryLayout<Number>.stride)
        .assumingMemoryBound(to: Number.self)
      for i in 0..<count {
        for (p, component) in order.enumerated() { placed[p] = right[i * n + component] }
        solve(factors + i * shape.factors, placed)
        for (p, component) in order.enumerated() { x[i * n + component] = placed[p] }
      }
    }
    switch shape.pattern {
    case nil:
      x.update(from: right, count: n * count)
      for i in 0..<count {
        if isTransposed {
          LUFactors.solveTransposed(factors + i * shape.factors, x + i * n, n)
        } else {
          LUFactors.solve(factors + i * shape.factors, x + i * n, n)
        }
      }
    case .band(let band):
      placed(band.order, more: 0) { own, x in
        if isTransposed {
          BandFactors.solveTransposed(own, x, band)
        } else {
          BandFactors.solve(own, x, band)
        }
      }
    case .sparse(let pattern):
      let tree = pattern.factors
      placed(tree.order, more: tree.largestFront) { own, x in
        if isTransposed {
          FrontalFactors.solveTransposed(own, x, tree, side: x + n)
        } else {
          FrontalFactors.solve(own, x, tree, side: x + n)
        }
      }
    }
  }
}

/// How many numbers matrices and their factors have.
private struct MatrixShape {
  let pattern: MatrixPattern?
  /// The number of rows.
  let size: Int
  let entries: Int
  let factors: Int

  init(_ pattern: MatrixPattern?, _ matrix: ValueType) {
    self.pattern = pattern
    size = pattern?.count ?? matrix.extents.last?.fixedLength ?? 0
    entries = (pattern?.shape ?? [size, size]).reduce(1, *)
    factors = (pattern?.factorShape ?? [size, size + 1]).reduce(1, *)
  }
}

private final class LinearSystemWorkspace: Workspace {
  /// inputs, the result, the number of systems
  typealias Work = (
    UnsafePointer<UnsafeRawPointer>, (pointer: UnsafeMutableRawPointer, element: ElementType), Int
  ) -> Void

  private let work: Work
  private let store: ResultStore
  private let matrix: ValueType
  private let entries: Int
  @exclusivity(unchecked) var extents = ExtentValues()
  var results: UnsafePointer<UnsafeRawPointer> { store.pointers.pointer }
  var byteCount: Int { store.byteCount }

  init(
    _ operands: [ValueType], _ results: [ValueType], _ shape: MatrixShape, _ work: @escaping Work
  ) {
    self.work = work
    store = ResultStore(results)
    matrix = operands[0]
    entries = shape.entries
  }

  func run(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    self.extents = extents
    let target = store.prepare(0, extents)
    guard entries > 0 else { return }
    work(inputs, (target, matrix.element), matrix.count(extents) / entries)
  }
}
