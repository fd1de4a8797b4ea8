import NodalIR

/// LU factors of matrices, one for each index of the leading axes.
struct FactorizeExecutable: Executable {
  let band: Band?
  let parameterTypes: [ValueType]
  let resultTypes: [ValueType]

  init(_ band: Band?, _ operands: [ValueType], _ results: [ValueType]) {
    self.band = band
    (parameterTypes, resultTypes) = (operands, results)
  }

  func makeWorkspace(_ context: RunContext) -> any Workspace {
    let band = band
    return LinearSystemWorkspace(parameterTypes, resultTypes) { inputs, result, size, count in
      switch result.element {
      case .f32: Self.run(Float.self, band, inputs, result.pointer, size, count)
      case .f64, .i64, .bool: Self.run(Double.self, band, inputs, result.pointer, size, count)
      }
    }
  }

  private static func run<Number: BinaryFloatingPoint & SIMDScalar>(
    _: Number.Type, _ band: Band?, _ inputs: UnsafePointer<UnsafeRawPointer>,
    _ result: UnsafeMutableRawPointer, _ n: Int, _ count: Int
  ) {
    let matrices = inputs[0].assumingMemoryBound(to: Number.self)
    let factors = result.assumingMemoryBound(to: Number.self)
    for i in 0..<count {
      if let band {
        BandFactors.factorize(
          matrices + i * n * band.width, factors + i * n * band.factorWidth, band)
      } else {
        LUFactors.factorize(matrices + i * n * n, factors + i * n * (n + 1), n)
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
    let system = system
    let places = Buffer()
    return LinearSystemWorkspace(parameterTypes, resultTypes) { inputs, result, size, count in
      switch result.element {
      case .f32: Self.run(Float.self, system, inputs, result.pointer, size, count, places)
      case .f64, .i64, .bool:
        Self.run(Double.self, system, inputs, result.pointer, size, count, places)
      }
    }
  }

  private static func run<Number: BinaryFloatingPoint & SIMDScalar>(
    _: Number.Type, _ system: LinearSolve, _ inputs: UnsafePointer<UnsafeRawPointer>,
    _ result: UnsafeMutableRawPointer, _ n: Int, _ count: Int, _ places: Buffer
  ) {
    let factors = inputs[1].assumingMemoryBound(to: Number.self)
    let x = result.assumingMemoryBound(to: Number.self)
    let right = inputs[2].assumingMemoryBound(to: Number.self)
    if let band = system.band {
      let placed = places.reserve(n * MemoryLayout<Number>.stride)
        .assumingMemoryBound(to: Number.self)
      for i in 0..<count {
        for (p, component) in band.order.enumerated() { placed[p] = right[i * n + component] }
        let own = factors + i * n * band.factorWidth
        if system.isTransposed {
          BandFactors.solveTransposed(own, placed, band)
        } else {
          BandFactors.solve(own, placed, band)
        }
        for (p, component) in band.order.enumerated() { x[i * n + component] = placed[p] }
      }
      return
    }
    x.update(from: right, count: n * count)
    for i in 0..<count {
      if system.isTransposed {
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
  private let width: Int
  @exclusivity(unchecked) var extents = ExtentValues()
  var results: UnsafePointer<UnsafeRawPointer> { store.pointers.pointer }
  var byteCount: Int { store.byteCount }

  init(_ operands: [ValueType], _ results: [ValueType], _ work: @escaping Work) {
    self.work = work
    store = ResultStore(results)
    matrix = operands[0]
    size = matrix.extents.dropLast().last?.fixedLength ?? 0
    width = matrix.extents.last?.fixedLength ?? 0
  }

  func run(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    self.extents = extents
    let target = store.prepare(0, extents)
    guard size > 0 else { return }
    work(inputs, (target, matrix.element), size, matrix.count(extents) / (size * width))
  }
}
