import NodalChecking
import NodalSession

/// Something learned: a parameter, a layer's matrix.
public struct Weight: Sendable, Hashable {
  /// `net.dense_1.weight`, `lotka.α`.
  public let path: String
  /// The lengths of its axes.
  public let shape: [Int]
  /// Its numbers, row-major, in its own unit.
  public let values: [Double]
  /// The open interval in which it stays.
  public let domain: (lower: Double, upper: Double)
  /// False for what is kept beside the weights, such as the scale of a learned term's inputs.
  public let isTrained: Bool

  /// Equal path, shape and numbers.
  public static func == (a: Weight, b: Weight) -> Bool {
    a.path == b.path && a.shape == b.shape && a.values == b.values
  }

  /// Hashes the path and the numbers.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(path)
    hasher.combine(values)
  }
}

extension Interpreter {
  /// All weights of the programs so far, in the order in which they came.
  public var weights: [Weight] { session.weights.paths.compactMap { weight($0) } }

  /// A weight by its path; nil where there is none.
  public func weight(_ path: String) -> Weight? {
    guard let entry = session.weights[path],
      let row = session.program.weights.values.first(where: { $0.path == path })
    else { return nil }
    return Weight(
      path: path, shape: entry.shape, values: entry.values,
      domain: (row.domain.lower, row.domain.upper), isTrained: entry.kind != .buffer)
  }

  /// Gives a weight other numbers, row-major, in its own unit.
  /// - Throws: `WeightFailure` where there is no such weight, the count is another, or a number lies outside its domain.
  public func setWeight(_ path: String, to values: [Double]) throws {
    guard let weight = weight(path) else { throw WeightFailure(path: path, reason: .unknown) }
    guard values.count == weight.values.count else {
      throw WeightFailure(
        path: path, reason: .count(expected: weight.values.count, found: values.count))
    }
    let (lower, upper) = weight.domain
    if let outside = values.first(where: { !($0 > lower && $0 < upper) }) {
      throw WeightFailure(path: path, reason: .outsideDomain(outside, lower: lower, upper: upper))
    }
    session.setWeight(path, values)
  }
}

/// Why a weight could not be set.
public struct WeightFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: Sendable, Hashable {
    /// There is no weight of this path.
    case unknown
    /// It has another number of components.
    case count(expected: Int, found: Int)
    /// A number lies outside of its domain, or is not finite.
    case outsideDomain(Double, lower: Double, upper: Double)
  }
  /// The path as it was given.
  public let path: String
  /// What is wrong.
  public let reason: Reason

  /// One sentence without a final stop.
  public var description: String {
    switch reason {
    case .unknown: "there is no weight `\(path)`"
    case .count(let expected, let found): "`\(path)` has \(expected) numbers, not \(found)"
    case .outsideDomain(let x, let lower, let upper):
      "\(x) is outside of the domain (\(lower), \(upper)) of `\(path)`"
    }
  }
}
