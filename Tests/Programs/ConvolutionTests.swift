import Nodal
import NodalBasics
import Testing

/// Convolutions and windows as the language has them, against loops that say what they are, and their derivatives against
/// differences.
@Suite struct ConvolutionTests {
  /// A convolution, and a program that has its operands.
  struct Problem: CustomStringConvertible {
    var channels: Int
    var out: Int
    var lengths: [Int]
    var kernel: [Int]
    var stride = 1
    var dilation = 1
    var pad = 0
    var groups = 1

    var inputShape: [Int] { [channels] + lengths }
    var kernelShape: [Int] { [out, channels / groups] + kernel }
    var description: String {
      "\(inputShape) by \(kernelShape), \(stride), \(dilation), \(pad), \(groups)"
    }
    var call: String {
      "convolve(x, k, stride: \(stride), dilation: \(dilation), pad: \(pad), groups: \(groups))"
    }
    var resultShape: [Int] {
      [out]
        + zip(lengths, kernel).map { n, k in
          (n + 2 * pad - dilation * (k - 1) - 1) / stride + 1
        }
    }

    func numbers(_ seed: UInt64, _ shape: [Int]) -> [Double] {
      let key = RandomKey(seed: seed, place: description)
      return (0..<shape.reduce(1, *)).map { key.uniform($0, from: -1, to: 1) }
    }
    var input: [Double] { numbers(1, inputShape) }
    var weights: [Double] { numbers(2, kernelShape) }
    var cotangent: [Double] { numbers(3, resultShape) }

    /// y[o, i…] = Σ x[c, i·stride + j·dilation - pad…] k[o, c, j…]
    func naive(_ x: [Double], _ k: [Double]) -> [Double] {
      let (shares, each) = (channels / groups, out / groups)
      return Self.indices(resultShape).map { place in
        var sum = 0.0
        for c in 0..<shares {
          for j in Self.indices(kernel) {
            let source = j.indices.map { place[1 + $0] * stride + j[$0] * dilation - pad }
            guard zip(source, lengths).allSatisfy({ $0 >= 0 && $0 < $1 }) else { continue }
            let channel = place[0] / each * shares + c
            sum +=
              x[Self.offset([channel] + source, inputShape)]
              * k[Self.offset([place[0], c] + j, kernelShape)]
          }
        }
        return sum
      }
    }

    static func offset(_ index: [Int], _ shape: [Int]) -> Int {
      zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }
    }

    static func indices(_ shape: [Int]) -> [[Int]] {
      shape.reduce([[]]) { list, n in list.flatMap { index in (0..<n).map { index + [$0] } } }
    }

    static func literal(_ name: String, _ numbers: [Double], _ shape: [Int]) -> String {
      "let \(name) = reshape([\(numbers.map { "\($0)" }.joined(separator: ", "))], \(shape))\n"
    }

    /// With x, k and y at top level.
    func prepared(precision: String = "f64") throws -> Interpreter {
      let recorder = Recorder(files: [:])
      let text =
        "precision \(precision)\n" + Self.literal("x", input, inputShape)
        + Self.literal("k", weights, kernelShape) + Self.literal("y", cotangent, resultShape)
      #expect(recorder.run(text) == .finished, "\(recorder.errors.map(\.text).joined())")
      return try #require(recorder.interpreter)
    }
  }

  static let problems = [
    Problem(channels: 1, out: 1, lengths: [5], kernel: [3]),
    Problem(channels: 3, out: 4, lengths: [9], kernel: [3], stride: 2, dilation: 2, pad: 1),
    Problem(channels: 2, out: 3, lengths: [5, 6], kernel: [3, 2]),
    Problem(channels: 2, out: 5, lengths: [7, 6], kernel: [4, 3], stride: 2, pad: 1),
    Problem(channels: 3, out: 2, lengths: [6, 6], kernel: [2, 2], stride: 3, dilation: 3),
    Problem(channels: 4, out: 6, lengths: [5, 5], kernel: [3, 3], pad: 1, groups: 2),
    Problem(channels: 4, out: 4, lengths: [5, 4], kernel: [3, 3], pad: 2, groups: 4),
    Problem(channels: 2, out: 2, lengths: [4, 3, 4], kernel: [2, 2, 3], pad: 1),
    Problem(channels: 6, out: 9, lengths: [4, 4], kernel: [1, 1]),
    Problem(channels: 1, out: 2, lengths: [3, 3], kernel: [3, 3]),
  ]

  private func close(_ found: [Double]?, _ expected: [Double], _ tolerance: Double) throws {
    let found = try #require(found)
    #expect(found.count == expected.count)
    for (a, b) in zip(found, expected) {
      #expect(abs(a - b) <= tolerance * (1 + abs(b)), "\(a) instead of \(b)")
    }
  }

  @Test(arguments: problems, ["f64", "f32"])
  func isWhatItsDefinitionSays(_ problem: Problem, _ precision: String) throws {
    let result = try problem.prepared(precision: precision).evaluate(problem.call)
    #expect(result.shape == problem.resultShape)
    let expected = problem.naive(problem.input, problem.weights)
    try close(result.numbers, expected, precision == "f64" ? 1e-13 : 1e-5)
  }

  /// By the input and by the kernel, where the convolution is squared, so that its own derivative is not constant.
  @Test(arguments: problems)
  func derivativesAreThoseOfDifferences(_ problem: Problem) throws {
    let interpreter = try problem.prepared()
    func energy(_ x: [Double], _ k: [Double]) -> Double {
      zip(problem.naive(x, k), problem.cotangent).reduce(0) { $0 + $1.0 * $1.0 * $1.1 }
    }
    func differences(_ values: [Double], _ f: ([Double]) -> Double) -> [Double] {
      values.indices.map { i in
        var (up, down) = (values, values)
        up[i] += 1e-4
        down[i] -= 1e-4
        // Exact for what is quadratic, but for rounding.
        return (f(up) - f(down)) / 2e-4
      }
    }
    let (x, k) = (problem.input, problem.weights)
    let square = "sum(y*\(problem.call)^2)"
    try close(
      interpreter.evaluate("grad(\(square), wrt: x)").numbers,
      differences(x) { energy($0, k) }, 1e-7)
    try close(
      interpreter.evaluate("grad(\(square), wrt: k)").numbers,
      differences(k) { energy(x, $0) }, 1e-7)
    // The derivative along a tangent, and a derivative of a derivative: of Σ (∂/∂x)² by k.
    try close(
      interpreter.evaluate("jvp(\(problem.call), wrt: k, tangent: k)").numbers,
      problem.naive(x, k), 1e-12)
    let second = "sum(grad(\(square), wrt: x)^2)"
    let found = try interpreter.evaluate("grad(\(second), wrt: k)").numbers
    let step = 1e-5
    func first(_ k: [Double]) -> Double {
      // ∂/∂xⱼ Σ y c² is exact by differences of the quadratic.
      differences(x) { energy($0, k) }.reduce(0) { $0 + $1 * $1 }
    }
    let places = [0, k.count / 2, k.count - 1]
    for i in places {
      var (up, down) = (k, k)
      up[i] += step
      down[i] -= step
      let expected = (first(up) - first(down)) / (2 * step)
      let own = try #require(found)[i]
      #expect(abs(own - expected) <= 1e-4 * (1 + abs(expected)), "\(own) instead of \(expected)")
    }
  }

  @Test func windowsAreWhatTheirDefinitionSays() throws {
    let interpreter = try Problem(channels: 2, out: 1, lengths: [5, 7], kernel: [1, 1]).prepared()
    let found = try interpreter.evaluate("patches(x, [2, 3], stride: [1, 2], dilation: 2)")
    #expect(found.shape == [2, 2, 3, 3, 2])
    let x = try #require(try interpreter.evaluate("x").numbers)
    let numbers = try #require(found.numbers)
    for (place, i) in Problem.indices([2, 2, 3, 3, 2]).enumerated() {
      let source = [i[0], i[1] * 2 + i[3], i[2] * 2 + i[4] * 2]
      #expect(numbers[place] == x[Problem.offset(source, [2, 5, 7])])
    }
    let pooled = try #require(try interpreter.evaluate("max_pool(x, 2)").numbers)
    let means = try #require(try interpreter.evaluate("average_pool(x, 2, stride: 1)").numbers)
    #expect(pooled.count == 2 * 2 * 3 && means.count == 2 * 4 * 6)
    for (place, i) in Problem.indices([2, 2, 3]).enumerated() {
      let window = Problem.indices([2, 2]).map {
        x[Problem.offset([i[0], 2 * i[1] + $0[0], 2 * i[2] + $0[1]], [2, 5, 7])]
      }
      #expect(pooled[place] == window.max())
    }
    for (place, i) in Problem.indices([2, 4, 6]).enumerated() {
      let window = Problem.indices([2, 2]).map {
        x[Problem.offset([i[0], i[1] + $0[0], i[2] + $0[1]], [2, 5, 7])]
      }
      #expect(abs(means[place] - window.reduce(0, +) / 4) < 1e-15)
    }
  }
}
