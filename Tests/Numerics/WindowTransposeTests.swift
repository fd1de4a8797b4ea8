import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import Testing

/// The cotangent of what a convolution reads is a convolution: no copy of it for each place in a window is made.
struct WindowTransposeTests {
  struct Shape: CustomStringConvertible {
    var length: Int
    var size: Int
    var stride = 1
    var dilation = 1
    var pad = 0
    /// The kernel is the contraction's first operand.
    var kernelFirst = false

    var description: String {
      "\(length) by \(size), \(stride), \(dilation), \(pad), \(kernelFirst)"
    }
    /// How many windows there are.
    var places: Int { (length + 2 * pad - (size - 1) * dilation - 1) / stride + 1 }
  }

  /// x[lanes, channels, length, length] by k[out, channels, size, size].
  private static func convolution(_ s: Shape) throws -> Region {
    var b = RegionBuilder(parameters: [
      ValueType(
        .f64,
        [s.kernelFirst ? .fixed(2) : .lane] + [3, s.length, s.length].map { Extent.fixed($0) }),
      ValueType(.f64, shape: [4, 3, s.size, s.size]),
    ])
    let p = b.parameters
    var x = p[0]
    for axis in [3, 2] {
      let padded = b.pad(x, axis: axis, before: s.pad, after: s.pad)
      x = b.window(padded, axis: axis, size: s.size, stride: s.stride, dilation: s.dilation)
    }
    let pairs = [(1, 1), (2, 2), (4, 3)]
    let y =
      s.kernelFirst
      ? b.value(
        .contract(Contraction(contracted: pairs.map { .init($0.1, $0.0) })), [p[1], x])
      : b.value(.contract(Contraction(contracted: pairs.map { .init($0.0, $0.1) })), [x, p[1]])
    return try b.finish([y])
  }

  private static func lengths(_ type: ValueType) -> [Int] {
    type.extents.map { $0.fixedLength ?? 2 }
  }

  @Test(arguments: [
    Shape(length: 6, size: 3, pad: 1), Shape(length: 5, size: 4),
    Shape(length: 9, size: 3, dilation: 2, pad: 1), Shape(length: 8, size: 4, stride: 2, pad: 1),
    Shape(length: 9, size: 3, stride: 2), Shape(length: 7, size: 2, stride: 3),
    Shape(length: 5, size: 5, pad: 2), Shape(length: 4, size: 1),
    Shape(length: 6, size: 3, pad: 1, kernelFirst: true),
  ])
  func isAConvolution(_ shape: Shape) throws {
    let forward = try Self.convolution(shape)
    let region = try Simplify.run(ReverseMode.pullback(forward, wrt: [0]))
    for node in region.nodes {
      // Where nothing is between zeros, all windows are of the padded cotangent.
      guard case .contract(let contraction) = node.form else { continue }
      #expect(contraction.contracted.count == 3)
      let free = region.types[node.results.lowerBound].extents.compactMap(\.fixedLength)
      let side = shape.length + 2 * shape.pad
      #expect(free.reduce(1, *) <= 3 * side * side * (shape.kernelFirst ? 2 : 1))
    }
    // ⟨ȳ, A x⟩ = ⟨Aᵀ ȳ, x⟩
    var noise = Noise(7)
    let (x, k, y) = (
      noise.tensor(.f64, Self.lengths(forward.parameterTypes[0])),
      noise.tensor(.f64, Self.lengths(forward.parameterTypes[1])),
      noise.tensor(.f64, Self.lengths(forward.resultTypes[0]))
    )
    let image = try run(forward, [x, k])[0]
    let back = try #require(try run(region, [x, k, y]).last)
    func inner(_ a: Tensor, _ b: Tensor) -> Double {
      zip(a.numbers, b.numbers).reduce(0) { $0 + $1.0 * $1.1 }
    }
    #expect(abs(inner(y, image) - inner(back, x)) < 1e-11)
  }
}
