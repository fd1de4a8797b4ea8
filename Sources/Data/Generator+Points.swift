import Foundation
import NodalBasics

/// Generators of points with labels: rows without a time axis.
extension Generator {
  private typealias Schema = FieldSchema

  private static let planarSchema: @Sendable (GeneratorArguments) -> [FieldSchema] = { _ in
    [Schema("x", on: .example, shape: [2]), Schema("label", on: .example, isInteger: true)]
  }

  /// Points of the plane with labels; `point` gives place and label of example `i` by its key.
  private static func planar(
    _ count: Int, _ key: RandomKey, _ point: (Int, RandomKey) -> (Double, Double, Double)
  ) -> Dataset {
    var places: [Double] = []
    places.reserveCapacity(2 * count)
    var labels: [Double] = []
    for i in 0..<count {
      let (x, y, label) = point(i, key.at(example: i))
      places.append(x)
      places.append(y)
      labels.append(label)
    }
    return Dataset(
      rows: count,
      fields: [
        DataField("x", on: .example, shape: [2], values: places),
        DataField("label", on: .example, values: labels, isInteger: true),
      ])
  }

  /// Draws 0 and 1 are left to the shape, 2 and 3 blur it.
  private static func blurred(
    _ x: Double, _ y: Double, _ label: Double, _ noise: Double, _ key: RandomKey
  ) -> (Double, Double, Double) {
    (x + noise * key.normal(2), y + noise * key.normal(3), label)
  }

  static let twoMoons = Generator(
    name: "two_moons",
    summary: "two interleaving half circles, labels 0 and 1 (as scikit-learn's make_moons)",
    parameters: [
      Parameter("noise", .number, .number(0.1)), Parameter("count", .count, .number(1000)),
    ],
    schema: planarSchema
  ) { a, key in
    planar(a.count("count"), key) { i, key in
      let angle = .pi * key.uniform(0)
      return i % 2 == 0
        ? blurred(cos(angle), sin(angle), 0, a.number("noise"), key)
        : blurred(1 - cos(angle), 0.5 - sin(angle), 1, a.number("noise"), key)
    }
  }

  static let circles = Generator(
    name: "circles",
    summary: "a circle of radius 1 (label 0) around one of radius `factor` (label 1)",
    parameters: [
      Parameter("noise", .number, .number(0.05)), Parameter("factor", .number, .number(0.5)),
      Parameter("count", .count, .number(1000)),
    ],
    schema: planarSchema,
    rules: [Rule("factor", "between 0 and 1") { (0...1).contains($0.number("factor")) }]
  ) { a, key in
    planar(a.count("count"), key) { i, key in
      let angle = 2 * .pi * key.uniform(0)
      let radius = i % 2 == 0 ? 1 : a.number("factor")
      return blurred(
        radius * cos(angle), radius * sin(angle), Double(i % 2), a.number("noise"), key)
    }
  }

  static let pinwheel = Generator(
    name: "pinwheel",
    summary: "`arms` curved arms around the centre, labels 0, 1, … (Johnson et al. 2016)",
    parameters: [
      Parameter("arms", .count, .number(5)), Parameter("radial", .number, .number(0.3)),
      Parameter("tangential", .number, .number(0.1)), Parameter("rate", .number, .number(0.25)),
      Parameter("count", .count, .number(1000)),
    ],
    schema: planarSchema
  ) { a, key in
    let arms = a.count("arms")
    return planar(a.count("count"), key) { i, key in
      let along = 1 + a.number("radial") * key.normal(0)
      let across = a.number("tangential") * key.normal(1)
      let arm = i % arms
      let angle = 2 * .pi * Double(arm) / Double(arms) + a.number("rate") * exp(along)
      return (
        2 * (along * cos(angle) - across * sin(angle)),
        2 * (along * sin(angle) + across * cos(angle)), Double(arm)
      )
    }
  }

  static let checkerboard = Generator(
    name: "checkerboard",
    summary: "uniform on the dark squares of a 4 by 4 board on [-2, 2]², label: the square's row",
    parameters: [Parameter("count", .count, .number(1000))],
    schema: planarSchema
  ) { a, key in
    planar(a.count("count"), key) { _, key in
      let square = key.integer(4, below: 8)
      let row = square / 2
      let column = 2 * (square % 2) + row % 2
      return (Double(column) - 2 + key.uniform(0), Double(row) - 2 + key.uniform(1), Double(row))
    }
  }

  static let nestedSpheres = Generator(
    name: "nested_spheres",
    summary: "a ball (label -1) inside a shell (label 1), uniform in volume, twice as many points "
      + "in the shell (Dupont, Doucet, Teh 2019)",
    parameters: [
      Parameter("dim", .count, .number(2)), Parameter("inner", .interval, .interval(0, 0.5)),
      Parameter("outer", .interval, .interval(1, 1.5)),
      Parameter("count", .count, .number(3000)),
    ],
    schema: { a in
      [
        Schema("x", on: .example, shape: [a.count("dim")]),
        Schema("label", on: .example, isInteger: true),
      ]
    }, width: { $0.count("dim") },
    rules: [
      Rule("inner", "an interval of radii, from 0 on") { $0.interval("inner").low >= 0 },
      Rule("outer", "an interval of radii, from 0 on") { $0.interval("outer").low >= 0 },
    ]
  ) { a, key in
    let dim = a.count("dim")
    let count = a.count("count")
    var places: [Double] = []
    var labels: [Double] = []
    for i in 0..<count {
      let key = key.at(example: i)
      let isInner = i % 3 == 0
      let (low, high) = a.interval(isInner ? "inner" : "outer")
      let direction = (0..<dim).map { key.normal($0 + 1) }
      let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      // Uniform in volume: the radius to the power `dim` is uniform. Taken relative to `high`, so
      // that a high dimension does not overflow.
      let share = pow(low / max(high, .leastNormalMagnitude), Double(dim))
      let radius = high * pow(share + (1 - share) * key.uniform(0), 1 / Double(dim))
      places += direction.map { length > 0 ? $0 / length * radius : 0 }
      labels.append(isInner ? -1 : 1)
    }
    return Dataset(
      rows: count,
      fields: [
        DataField("x", on: .example, shape: [dim], values: places),
        DataField("label", on: .example, values: labels, isInteger: true),
      ])
  }

  static let uniform = Generator(
    name: "uniform",
    summary: "points uniform between `low` and `high`, numbers or vectors",
    parameters: [
      Parameter("low", .numbers, .number(0)), Parameter("high", .numbers, .number(1)),
      Parameter("count", .count, .number(1000)),
    ],
    schema: { a in
      let width = a.numbers("low").count
      return [Schema("x", on: .example, shape: width == 1 ? [] : [width])]
    }, width: { $0.numbers("low").count },
    rules: [
      Rule("high", "as long as `low`") { $0.numbers("low").count == $0.numbers("high").count },
      Rule("high", "at least `low`") { a in
        zip(a.numbers("low"), a.numbers("high")).allSatisfy { $0 <= $1 }
      },
    ]
  ) { a, key in
    let low = a.numbers("low")
    let high = a.numbers("high")
    let count = a.count("count")
    let values = (0..<count).flatMap { i in
      let key = key.at(example: i)
      return low.indices.map { key.uniform($0, from: low[$0], to: high[$0]) }
    }
    let shape = low.count == 1 ? [] : [low.count]
    return Dataset(
      rows: count, fields: [DataField("x", on: .example, shape: shape, values: values)])
  }
}
