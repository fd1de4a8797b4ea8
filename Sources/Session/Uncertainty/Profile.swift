import NodalBasics
import NodalChecking
import NodalDiagnostics
import NodalExecution

/// The profile of a parameter: how well the others can make up for it, as it is moved away from its best value (Raue et al. 2009).
struct Profile {
  /// Where the data allow it to be, in its coordinate; infinite where they set no bound that was met.
  let lower, upper: Double
  /// Points of the curve, ascending: the coordinate, and twice by how much minus the log-density rises.
  let curve: [(at: Double, cost: Double)]

  /// As far as it is looked, in scales of the coordinate: a factor of e²⁰, or 20 times the size.
  private static let reach = 20.0
  private static let points = 60

  /// - Parameters:
  ///   - best: the lowest point, with its value.
  ///   - deviation: a first guess of how far it may be moved.
  ///   - threshold: the cost that is too much.
  init(
    of place: Int, in density: LogDensity, best: (point: [Double], value: Double),
    deviation: Double, threshold: Double
  ) throws {
    let scale = density.coordinates[place].scale
    let first = min(max(deviation.isFinite ? deviation : scale, 1e-3 * scale), scale) / 2
    var curve = [(at: best.point[place], cost: 0.0)]
    var bounds = [-Double.infinity, .infinity]
    for (side, sign) in [-1.0, 1.0].enumerated() {
      var here = (point: best.point, cost: 0.0)
      var before = here
      var step = first
      for _ in 0..<Self.points {
        var guess = here.point
        // Onwards along the way that the others have gone so far.
        let gone = here.point[place] - before.point[place]
        if gone != 0 {
          for k in guess.indices where k != place {
            guess[k] += (here.point[k] - before.point[k]) / gone * sign * step
          }
        }
        guess[place] = here.point[place] + sign * step
        if abs(guess[place] - best.point[place]) > Self.reach * scale { break }
        guard
          let next = try Self.cost(density, guess, place, best.value), next.cost.isFinite
        else { break }
        // A step that is too long for the bound to be found well is made again, shorter.
        if next.cost > 4 * threshold, step > 1e-3 * first {
          step /= 4
          continue
        }
        (before, here) = (here, next)
        curve.append((here.point[place], here.cost))
        if here.cost > threshold {
          bounds[side] = try Self.crossing(before, here, place, density, best.value, threshold)
          break
        }
        let rise = here.cost - before.cost
        step *= rise < threshold / 8 ? 2 : rise > threshold / 3 ? 0.7 : 1
      }
    }
    (lower, upper) = (bounds[0], bounds[1])
    self.curve = curve.sorted { $0.at < $1.at }
  }

  /// Where the cost passes the threshold, between two points.
  private static func crossing(
    _ inside: (point: [Double], cost: Double), _ outside: (point: [Double], cost: Double),
    _ place: Int, _ density: LogDensity, _ value: Double, _ threshold: Double
  ) throws -> Double {
    var (a, b) = (inside, outside)
    func between() -> Double {
      let share = (threshold - a.cost) / (b.cost - a.cost)
      return a.point[place] + min(max(share, 0.05), 0.95) * (b.point[place] - a.point[place])
    }
    for _ in 0..<8 where abs(b.cost - a.cost) > 1e-3 * threshold {
      var guess = a.point
      let share = (between() - a.point[place]) / (b.point[place] - a.point[place])
      for k in guess.indices { guess[k] += share * (b.point[k] - a.point[k]) }
      guard let found = try cost(density, guess, place, value) else { break }
      if found.cost > threshold { b = found } else { a = found }
    }
    return between()
  }

  /// The best that the others can do with a component held; nil where there is no value.
  private static func cost(
    _ density: LogDensity, _ point: [Double], _ place: Int, _ lowest: Double
  ) throws -> (point: [Double], cost: Double)? {
    do {
      let found = try density.minimum(from: point, holding: place)
      return (found.point, 2 * (found.value - lowest))
    } catch {
      if density.evaluator.session.cancel.isSet { throw error }
      return nil
    }
  }
}
