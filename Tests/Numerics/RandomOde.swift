import NodalExecution
import NodalIR
import NodalOperations

/// A small random initial value problem with a loss of its states: the subject of laws about gradients of solves. The loss reads
/// the final state, the saved ones, or both.
///
/// y' = f(t, y; p) + q cos t, where f is linear, polynomial or a network of one layer. The inputs of `loss` are y₀, p, q, t₀, t₁
/// and the save times; p is what all examples of a batch share.
struct RandomOde: CustomStringConvertible {
  enum Kind: CaseIterable { case linear, polynomial, network }
  /// Where the save times lie. Those inside may be moved one by one; all others only together with the span.
  enum Course: CaseIterable { case inside, onEnds, twice, none, empty }

  let seed: Int
  let kind: Kind
  let dimension: Int
  let course: Course
  let isBackwards: Bool
  let saveCount: Int
  private let readsFinal: Bool
  private let readsSaved: Bool
  private let finalWeights: [Double]
  private static let hidden = 3

  init(seed: Int) {
    var noise = Noise(UInt64(seed) &* 7919 &+ 31)
    self.seed = seed
    // Courses and kinds take turns, so that few seeds have all of them.
    kind = Kind.allCases[seed % Kind.allCases.count]
    course = Course.allCases[seed % Course.allCases.count]
    dimension = 1 + noise.integer(below: 3)
    isBackwards = noise.integer(below: 2) == 0
    saveCount = course == .none ? 0 : 2 + noise.integer(below: 3)
    let reading = noise.integer(below: 4)
    readsFinal = reading != 0 || course == .none
    readsSaved = reading != 1
    finalWeights = (0..<dimension).map { _ in noise.next() }
  }

  var description: String {
    "ode \(seed): \(kind) of \(dimension), \(saveCount) saves \(course)\(isBackwards ? " backwards" : "")"
  }

  var parameterCount: Int {
    let d = dimension
    switch kind {
    case .linear: return d * d
    case .polynomial: return d * d + d
    case .network: return 2 * d * Self.hidden + Self.hidden
    }
  }

  /// y₀, p, q, t₀, t₁, save times.
  func types(_ element: ElementType) -> [ValueType] {
    [
      ValueType(element, shape: [dimension]), ValueType(element, shape: [parameterCount]),
      ValueType(element, shape: [dimension]), .time, .time, ValueType(.f64, shape: [saveCount]),
    ]
  }

  /// (t, y, p, q) → y'
  func rightHandSide(_ element: ElementType) throws -> Region {
    let types = types(element)
    let (d, h) = (dimension, Self.hidden)
    var b = RegionBuilder(parameters: [.time, types[0], types[1], types[2]])
    let (y, p, q) = (b.parameters[1], b.parameters[2], b.parameters[3])
    let t = b.convert(b.parameters[0], to: element)
    func block(_ start: Int, _ shape: [Int]) -> Value {
      let flat = b.slice(p, axis: 0, start..<(start + shape.reduce(1, *)))
      return b.reshape(flat, to: shape.map(Extent.fixed))
    }
    func product(_ matrix: Value, _ x: Value) -> Value {
      b.value(.contract(Contraction(contracted: [.init(1, 0)])), [matrix, x])
    }
    let flow: Value
    switch kind {
    case .linear:
      flow = product(block(0, [d, d]), y)
    case .polynomial:
      let linear = b.mul(product(block(0, [d, d]), y), 0.5)
      let square = b.mul(block(d * d, [d]), b.mul(b.square(y), 0.3))
      // The cube damps on the way: what grew with it would be at infinity before the end.
      let cube = b.mul(b.mul(y, b.square(y)), isBackwards ? 0.2 : -0.2)
      flow = b.add(b.add(linear, square), cube)
    case .network:
      let bias = b.mul(block(2 * d * h, [h]), b.broadcast(t, to: [.fixed(h)], axes: []))
      let inside = b.tanh(b.add(product(block(0, [h, d]), y), bias))
      flow = product(block(h * d, [d, h]), inside)
    }
    let drive = b.mul(q, b.broadcast(b.cos(t), to: [.fixed(d)], axes: []))
    return try b.finish([b.add(flow, drive)])
  }

  /// (y₀, p, q, t₀, t₁, save times) → Σ w·y(t₁)² and Σ sin of the saved states, what of both is read.
  func loss(_ settings: SolverSettings, _ element: ElementType = .f64) throws -> Region {
    var b = RegionBuilder(parameters: types(element))
    let p = b.parameters
    let solve = Solve(
      settings: settings, batched: [], rhs: try rightHandSide(element), controlled: dimension)
    let results = b.emit(.solve(solve), [p[3], p[4], p[5], p[0], p[1], p[2]])
    let weights = b.constant(finalWeights, ValueType(element, shape: [dimension]))
    let end = b.reduce(
      .sum, b.mul(weights, b.square(results[Solve.Result.final])), axes: [0])
    let inside = b.reduce(.sum, b.sin(results[Solve.Result.saved]), axes: [0, 1])
    let zero = b.constant(0, ValueType(element))
    return try b.finish([b.add(readsFinal ? end : zero, readsSaved ? inside : zero)])
  }

  /// Inputs of `loss` for one example.
  func example(_ noise: inout Noise) -> [Tensor] {
    let direction: Double = isBackwards ? -1 : 1
    let start = noise.next()
    let length = course == .empty ? 0 : 1 + 0.6 * noise.next()
    let end = start + direction * length
    var fractions = (0..<saveCount).map { _ in 0.5 + 0.45 * noise.next() }.sorted()
    switch course {
    case .inside, .none, .empty: break
    case .onEnds:
      fractions[0] = 0
      fractions[saveCount - 1] = 1
    case .twice: fractions[1] = fractions[0]
    }
    // start + 1·(end - start) need not be end.
    let saves = fractions.map { $0 == 1 ? end : start + $0 * (end - start) }
    let types = types(.f64)
    return (0..<3).map { k in noise.tensor(.f64, [types[k].fixedCount ?? 0]) }
      + [Tensor(start), Tensor(end), Tensor(saves)]
  }

  /// A direction in which the inputs may be moved both ways: each by itself, but times that lie on one another stay together.
  func direction(_ inputs: [Tensor], _ noise: inout Noise) -> [Tensor] {
    var moved = inputs.prefix(3).map { noise.tensor(.f64, $0.shape) }
    if course == .inside || course == .none {
      return moved + inputs.suffix(3).map { noise.tensor(.f64, $0.shape) }
    }
    let (shift, stretch) = (noise.next(), noise.next())
    for times in inputs.suffix(3) {
      moved.append(
        Tensor(.f64, shape: times.shape, times.numbers.map { shift + stretch * $0 }))
    }
    return moved
  }
}
