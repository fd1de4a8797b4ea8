import Foundation
import NodalExecution
import NodalIR
import NodalMethods
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import Testing

/// An initial value problem whose solution is known, solved by the stepping engine.
struct KnownProblem: Sendable, CustomStringConvertible {
  let description: String
  let start: Double
  let end: Double
  let problem: Problem
  let solution: @Sendable (Double) -> [Double]

  init(
    _ description: String, from start: Double = 0, to end: Double, dimension: Int,
    _ equations: @escaping Problem.Equations, solution: @escaping @Sendable (Double) -> [Double]
  ) {
    self.description = description
    self.start = start
    self.end = end
    problem = Problem(dimension: dimension, parameters: 1, equations: equations)
    self.solution = solution
  }

  /// Some that are right for a method: where something is damped the companion of a state grows.
  static func all(for method: Method) -> [KnownProblem] {
    method.needsSeparableSystem
      ? separable : method.companions > 0 ? [general[0], general[2]] + separable : general
  }

  static let general = [
    KnownProblem("y' = y cos t", to: 8, dimension: 1) { b, t, y, _ in
      [b.mul(y[0], b.cos(t))]
    } solution: { t in
      [exp(sin(t))]
    },
    // A spiral onto a limit cycle. (On Kepler's problem the leading error terms of dop853 cancel
    // for some step sizes, and the slope between them says nothing.)
    KnownProblem("limit cycle", to: 10, dimension: 2) { b, _, y, _ in
      let s = b.sub(b.neg(b.square(y[0])), b.sub(b.square(y[1]), 1))
      return [
        b.sub(b.mul(s, y[0]), b.mul(y[1], 2)), b.add(b.mul(y[0], 2), b.mul(s, y[1])),
      ]
    } solution: { t in
      let r = 1 / (1 + 24 * exp(-2 * t)).squareRoot()
      return [r * cos(2 * t), r * sin(2 * t)]
    },
    KnownProblem("y' = -y² sin t", to: 10, dimension: 1) { b, t, y, _ in
      [b.neg(b.mul(b.square(y[0]), b.sin(t)))]
    } solution: { t in
      [1 / (2 - cos(t))]
    },
  ]

  /// Position and momentum, each changed by the other.
  static let separable = [
    KnownProblem("q'' = -q + 3 sin 2t", to: 6, dimension: 2) { b, t, y, _ in
      [y[1], b.sub(b.mul(b.sin(b.mul(t, 2)), 3), y[0])]
    } solution: { t in
      [cos(t) - sin(2 * t), -sin(t) - 2 * cos(2 * t)]
    },
    // The pendulum that comes to stand on its head.
    KnownProblem("separatrix", from: -2, to: 2, dimension: 2) { b, _, y, _ in
      [y[1], b.neg(b.sin(y[0]))]
    } solution: { t in
      [4 * atan(exp(t)) - .pi, 2 / cosh(t)]
    },
    KnownProblem("q'' = 2q³", to: 2, dimension: 2) { b, _, y, _ in
      [y[1], b.mul(b.mul(y[0], b.square(y[0])), 2)]
    } solution: { t in
      [1 / (1 + t), -1 / ((1 + t) * (1 + t))]
    },
  ]

  /// How far a solve is off, at most: at the ends of equal parts of the span, and at times inside.
  struct Errors {
    var main: Double
    var inside: Double
    var evaluations: Int
  }

  func errors(
    _ settings: SolverSettings, parts: Int = 8, inside: [Double]
  ) throws -> Errors {
    let ends = (1...parts).map {
      $0 == parts ? end : start + (end - start) * Double($0) / Double(parts)
    }
    let saves =
      (ends.map { (time: $0, isInside: false) } + inside.map { (time: $0, isInside: true) })
      .sorted { $0.time < $1.time }
    let region = try Pipeline.evaluation.run(
      problem.region(settings, saves: saves.count, lanes: false))
    let results = try run(
      region,
      [
        Tensor(start), Tensor(end), Tensor(saves.map(\.time)), Tensor(solution(start)),
        Tensor([0]),
      ], RunOptions(keepsFailures: true))
    let states = results[Solve.Result.saved]
    let d = problem.dimension
    var errors = Errors(
      main: 0, inside: 0,
      evaluations: Int(results[Solve.Result.stats][Solve.Statistic.evaluations.rawValue]))
    for (k, save) in saves.enumerated() {
      let exact = solution(save.time)
      // Where steps are too long for the problem the error has no bound.
      let off = (0..<d).reduce(0.0) { worst, j in
        let distance = abs(states[d * k + j] - exact[j])
        return distance.isFinite ? max(worst, distance) : .infinity
      }
      if save.isInside {
        errors.inside = max(errors.inside, off)
      } else {
        errors.main = max(errors.main, off)
      }
    }
    return errors
  }

  /// Equal steps: where the parts of the span end, a step does.
  func errors(_ method: Method, steps: Int) throws -> Errors {
    let h = (end - start) / Double(steps)
    let looked = min(steps, 40)
    let inside = (0..<looked).flatMap { k in
      [0.15, 0.4, 0.5, 0.6, 0.85].map { start + (Double(k * steps / looked) + $0) * h }
    }
    return try errors(
      SolverSettings(method: method.name, stepping: .count(steps)),
      parts: [8, 4, 2].first { steps % $0 == 0 } ?? 1, inside: inside)
  }
}

/// Points whose logarithms should lie on a line.
struct LogLine {
  private(set) var points: [(x: Double, y: Double)] = []

  mutating func add(_ x: Double, _ y: Double) { points.append((log(x), log(y))) }

  /// Least squares; nil for fewer than three points.
  var slope: Double? {
    guard points.count >= 3 else { return nil }
    let n = Double(points.count)
    let mx = points.reduce(0) { $0 + $1.x } / n
    let my = points.reduce(0) { $0 + $1.y } / n
    let covariance = points.reduce(0) { $0 + ($1.x - mx) * ($1.y - my) }
    let variance = points.reduce(0) { $0 + ($1.x - mx) * ($1.x - mx) }
    return variance > 0 ? covariance / variance : nil
  }

  /// The least and the greatest y.
  var reach: (least: Double, greatest: Double) {
    let y = points.map(\.y)
    return (exp(y.min() ?? .nan), exp(y.max() ?? .nan))
  }
}
