/// What a node of the graph does. The set is closed: each pass switches over it without `default`, so that
/// the compiler lists every place to extend when a form is added.
///
/// `derivative`, and `map` that is not lowered, are forms only until the passes of batching and differentiation have
/// run; executors never see them.
package indirect enum Form: Sendable, Hashable {
  /// () → value
  case constant(Constant)
  /// (x₁ … xₙ), all of one shape → elementwise result
  case elementwise(OpSchema)
  /// (condition: bool, a, b), all of one shape → a where the condition holds, else b
  case select
  /// (x) → x with another element type; f→i64 truncates, →bool is `!= 0`
  case convert(ElementType)
  /// (x) → x with the axes reduced away
  case reduce(Reduction)
  /// (a, b) → sum of products over the contracted axes; axes: batch, free of a, free of b
  case contract(Contraction)
  /// (x …) → the same numbers, elsewhere
  case layout(Layout)
  /// (x, indices: i64) → elements of x along one axis
  case gather(Gather)
  /// (updates, indices: i64) → zeros with the updates added in; the transpose of `gather`
  case scatter(Scatter)
  /// (A: […, n, n]) → the LU factors of each matrix, […, n, n + 1]: what `linearSolve` wants beside the matrix. Its last column
  /// tells how rows were exchanged. Two executors may lay the factors out differently: nothing else reads them.
  ///
  /// Of a matrix with a pattern both have the form that this says.
  case factorize(MatrixPattern?)
  /// (A: […, n, n], its factors, b: […, n]) → x with A x = b
  case linearSolve(LinearSolve)
  /// (key: i64[2]) → random numbers, a pure function of the key and the place
  case random(RandomDraw)
  /// (condition: bool scalar, operands …) → results of one of two regions
  case branch(Branch)
  /// a loop with carried values over stacked ones
  case scan(Scan)
  /// a region applied along the leading axis of some operands
  case map(Map)
  /// the derivative of a region
  case derivative(Derivative)
  /// an initial value problem
  case solve(Solve)
  /// (t, trace …) → a state on a recorded trajectory
  case interpolate(Interpolate)
}

package struct Reduction: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case sum, max, min
    /// Index (i64) of the first extreme element; exactly one axis.
    case argmax, argmin
  }
  package var kind: Kind
  /// Ascending.
  package var axes: [Int]
  package init(_ kind: Kind, axes: [Int]) {
    self.kind = kind
    self.axes = axes
  }
}

package struct Contraction: Sendable, Hashable {
  /// Pairs of axes (of a, of b) that both run along; they lead in the result.
  package var batch: [Pair]
  /// Pairs of axes that are summed over.
  package var contracted: [Pair]

  package struct Pair: Sendable, Hashable {
    package var a: Int
    package var b: Int
    package init(_ a: Int, _ b: Int) {
      self.a = a
      self.b = b
    }
  }
  package init(batch: [Pair] = [], contracted: [Pair]) {
    self.batch = batch
    self.contracted = contracted
  }

  package func freeAxes(ofA rank: Int) -> [Int] {
    (0..<rank).filter { axis in !(batch + contracted).contains { $0.a == axis } }
  }
  package func freeAxes(ofB rank: Int) -> [Int] {
    (0..<rank).filter { axis in !(batch + contracted).contains { $0.b == axis } }
  }
}

package enum Layout: Sendable, Hashable {
  /// Axis i of the operand becomes axis `axes[i]` (ascending) of the result, the others repeat it.
  case broadcast(to: [Extent], axes: [Int])
  /// Axis i of the result is axis `permutation[i]` of the operand.
  case transpose([Int])
  /// The same elements in row-major order. A leading `lanes` axis may merge with, or split off, fixed ones.
  case reshape([Extent])
  /// Elements start, start + stride, … below limit of one axis.
  case slice(axis: Int, start: Int, limit: Int, stride: Int)
  /// The operand inside zeros along one axis: `before` of them, then elements with `interior` zeros between, then `after`.
  case pad(axis: Int, before: Int, after: Int, interior: Int)
  case concatenate(axis: Int)
  case reverse(axis: Int)
  /// One axis becomes two: the place in a window of `size` elements, `dilation` apart, then the window, `stride` from one to the
  /// next: element (k, i) is element `i·stride + k·dilation` of the operand. There are as many windows as fit in whole.
  case window(axis: Int, size: Int, stride: Int, dilation: Int)
}

/// Result extents: batch axes, extents of the indices behind them, the rest of x behind the axis.
package struct Gather: Sendable, Hashable {
  /// Leading axes that x and the indices have in common; the axis gathered along follows them.
  package var batchAxes: Int
  /// An index outside of x is a mistake of the program, and ends its run; else what is read there is NaN, which passes
  /// use where nobody looks.
  package var isChecked: Bool
  package init(batchAxes: Int = 0, isChecked: Bool = false) {
    self.batchAxes = batchAxes
    self.isChecked = isChecked
  }
}

package struct Scatter: Sendable, Hashable {
  package var batchAxes: Int
  /// The length of the axis that is scattered into.
  package var extent: Extent
  package init(batchAxes: Int = 0, extent: Extent) {
    self.batchAxes = batchAxes
    self.extent = extent
  }
}

/// A system of linear equations for each index of the leading axes. The factors are a function of the matrix, so that the derivative
/// by the matrix is all there is: what comes through the factors counts as nothing.
package struct LinearSolve: Sendable, Hashable {
  /// Aᵀ x = b instead.
  package var isTransposed: Bool
  /// The right side and the solution are in the order of components in any case.
  package var pattern: MatrixPattern?
  package init(isTransposed: Bool = false, pattern: MatrixPattern? = nil) {
    self.isTransposed = isTransposed
    self.pattern = pattern
  }
}

/// Random numbers keyed by (seed and step, example) and the place in the program: never by thread or
/// batch slot. The key operand is i64[…, 2]: one draw for each key.
package struct RandomDraw: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case uniform, normal, rademacher
    /// Two whole numbers below 2³², f64[2]: the key of a stream of its own, that goes on being asked.
    case key
  }
  package var kind: Kind
  package var place: Int
  /// Shape of the draw for one key.
  package var type: ValueType
  package init(_ kind: Kind, place: Int, type: ValueType) {
    self.kind = kind
    self.place = place
    self.type = type
  }
}

/// Only the region taken is run. Both have the operands behind the condition as parameters.
///
/// With `lanes` the condition is `bool[lanes]`, one for each lane: after the batching pass (`isLowered`) each
/// region runs over lanes of its own, those that take it, and sees operands flagged in `batched` with that axis. Batched results are put together
/// again; results that are not batched are sums over lanes, and those of both sides are added. So neither cost nor a NaN comes from the
/// side that a lane doesn't take.
package struct Branch: Sendable, Hashable {
  package var lanes: Extent?
  /// One flag for each operand behind the condition.
  package var batched: [Bool]
  package var isLowered: Bool
  package var whenTrue: Region
  package var whenFalse: Region
  package init(
    lanes: Extent? = nil, batched: [Bool] = [], isLowered: Bool = false, whenTrue: Region,
    whenFalse: Region
  ) {
    self.lanes = lanes
    self.batched = batched
    self.isLowered = isLowered
    self.whenTrue = whenTrue
    self.whenFalse = whenFalse
  }
}

/// Operands flagged are mapped along their leading axis, the others are shared.
///
/// Batching turns the body of most maps into nodes around it. What stays is lowered: the body has an axis of lanes, and runs
/// once with as many lanes as the extent is long. Results of a lowered body that have no lanes are sums over them, passed on as they are.
package struct Map: Sendable, Hashable {
  package var extent: Extent
  package var mapped: [Bool]
  package var isLowered: Bool
  package var body: Region
  package init(extent: Extent, mapped: [Bool], isLowered: Bool = false, body: Region) {
    self.extent = extent
    self.mapped = mapped
    self.isLowered = isLowered
    self.body = body
  }
}

package struct Derivative: Sendable, Hashable {
  package enum Mode: String, Sendable, Hashable {
    /// operands: the region's, then a tangent for each of `wrt`; results: the region's, then their tangents
    case forward
    /// operands: the region's, then a cotangent for each result; results: the region's, then a cotangent for each of `wrt`
    case reverse
  }
  package var mode: Mode
  /// Parameters of the region, ascending. The others are constants.
  package var wrt: [Int]
  package var body: Region
  package init(_ mode: Mode, wrt: [Int], body: Region) {
    self.mode = mode
    self.wrt = wrt
    self.body = body
  }
}
