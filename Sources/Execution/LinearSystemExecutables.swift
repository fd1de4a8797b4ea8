import NodalIR

/// LU factors of matrices, one for each index of the leading axes.
struct FactorizeExecutable: Executable {
  let parameterTypes: [ValueType]
  let resultTypes: [ValueType]

  init(_ operands: [ValueType], _ results: [ValueType]) {
    (parameterTypes, resultTypes) = (operands, results)
  }

  func makeWorkspace(_ context: RunContext) -> any Workspace {
    LinearSystemWorkspace(parameterTypes, resultTypes) { inputs, result, size, count in
      switch result.element {
      case .f32: Self.run(Float.self, inputs, result.pointer, size, count)
      case .f64, .i64, .bool: Self.run(Double.self, inputs, result.pointer, size, count)
      }
    }
  }

  private static func run<Number: BinaryFloatingPoint & SIMDScalar>(
    _: Number.Type, _ inputs: UnsafePointer<UnsafeRawPointer>, _ result: UnsafeMutableRawPointer,
    _ n: Int, _ count: Int
  ) {
    let matrices = inputs[0].assumingMemoryBound(to: Number.self)
    let factors = result.assumingMemoryBound(to: Number.self)
    for i in 0..<count {
      LUFactors.factorize(matrices + i * n * n, factors + i * n * (n + 1), n)
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
    return LinearSystemWorkspace(parameterTypes, resultTypes) { inputs, result, size, count in
      switch result.element {
      case .f32: Self.run(Float.self, isTransposed, inputs, result.pointer, size, count)
      case .f64, .i64, .bool:
        Self.run(Double.self, isTransposed, inputs, result.pointer, size, count)
      }
    }
  }

  private static func run<Number: BinaryFloatingPoint & SIMDScalar>(
    _: Number.Type, _ isTransposed: Bool, _ inputs: UnsafePointer<UnsafeRawPointer>,
    _ result: UnsafeMutableRawPointer, _ n: Int, _ count: Int
  ) {
    let factors = inputs[1].assumingMemoryBound(to: Number.self)
    let x = result.assumingMemoryBound(to: Number.self)
    x.update(from: inputs[2].assumingMemoryBound(to: Number.self), count: n * count)
    for i in 0..<count {
      if isTransposed {
        LUFactors.solveTransposed(factors + i * n * (n + 1), x + i * n, n)
      } else {
        LUFactors.solve(factors + i * n * (n + 1), x + i * n, n)
      }
    }
  }
}

private final class LinearSystemWorkspace: Workspace {
  /// inputs, the result, the number of rows of a matrix, the number of systems
  typealias Work = (
    UnsafePointer<UnsafeRawPointer>, (pointer: UnsafeMutableRawPointer, element: ElementType), Int,
    Int
  ) -> Void

  private let work: Work
  private let store: ResultStore
  private let matrix: ValueType
  private let size: Int
  @exclusivity(unchecked) var extents = ExtentValues()
  var results: UnsafePointer<UnsafeRawPointer> { store.pointers.pointer }
  var byteCount: Int { store.byteCount }

  init(_ operands: [ValueType], _ results: [ValueType], _ work: @escaping Work) {
    self.work = work
    store = ResultStore(results)
    matrix = operands[0]
    size = matrix.extents.last?.fixedLength ?? 0
  }

  func run(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    self.extents = extents
    let target = store.prepare(0, extents)
    guard size > 0 else { return }
    work(inputs, (target, matrix.element), size, matrix.count(extents) / (size * size))
  }
}
