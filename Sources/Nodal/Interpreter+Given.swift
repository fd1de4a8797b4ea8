import NodalBasics
import NodalData
import NodalSession

/// Numbers of an embedding program, by the name that a program knows them by.
public struct GivenArray: Sendable {
  /// `θ`
  public let name: String
  /// The lengths of its axes: times first; or experiments, then times.
  public let shape: [Int]
  /// Row-major; what is missing is NaN.
  public let numbers: [Double]

  /// - Parameter shape: nil for one axis.
  /// - Precondition: as many numbers as the shape has places.
  public init(_ name: String, _ numbers: [Double], shape: [Int]? = nil) {
    let shape = shape ?? [numbers.count]
    precondition(
      shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) == numbers.count,
      "\(numbers.count) numbers don't fill the shape \(shape)")
    self.name = name
    self.shape = shape
    self.numbers = numbers
  }
}

extension Interpreter {
  /// Gives arrays that `data … = given("obs", time: "t")` reads, with the arguments that `npz` has. Given again under the same name, data and
  /// what reads them are made anew where they are needed next.
  ///
  /// ```swift
  /// interpreter.give([GivenArray("t", times), GivenArray("x", heights)], as: "obs")
  /// try interpreter.declare(Program(text: "data obs = given(\"obs\", time: \"t\")"))
  /// ```
  public func give(_ arrays: [GivenArray], as name: String) {
    session.give(
      arrays.map { array in
        let missing = array.numbers.map(\.isNaN)
        return NamedArray(
          name: array.name, shape: array.shape,
          .numbers(
            array.numbers, missing: missing.contains(true) ? missing : [], areIntegers: false))
      }, as: name)
  }

  /// Gives a constant the numbers of an array, in force for what is checked from now on. The text of an expression does the same for numbers
  /// with units.
  /// - Precondition: as many numbers as the shape has places.
  public func set(_ constant: String, to numbers: [Double], shape: [Int]? = nil) {
    let array = GivenArray(constant, numbers, shape: shape)
    set(constant, to: Self.literal(array.shape[...], array.numbers[...]))
  }

  /// `[[1.0, 2.0], [3.0, 4.0]]`
  private static func literal(_ shape: ArraySlice<Int>, _ numbers: ArraySlice<Double>) -> String {
    guard let count = shape.first else { return numbers.first.map { "\($0)" } ?? "nan" }
    let width = count == 0 ? 0 : numbers.count / count
    let parts = (0..<count).map { k in
      literal(shape.dropFirst(), numbers.dropFirst(k * width).prefix(width))
    }
    return "[" + parts.joined(separator: ", ") + "]"
  }
}
