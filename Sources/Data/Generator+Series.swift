import Foundation
import NodalBasics

/// Generators of experiments with times.
extension Generator {
  private typealias Schema = FieldSchema

  static let spirals = Generator(
    name: "spirals",
    summary: "stretches of `sample` noisy points of a clockwise or counter-clockwise spiral of "
      + "`length` points (the latent ODE demonstration of Chen et al. 2018)",
    parameters: [
      Parameter("count", .count, .number(1000)), Parameter("length", .count, .number(500)),
      Parameter("sample", .count, .number(100)), Parameter("noise", .number, .number(0.3)),
    ],
    schema: { _ in
      [
        Schema("t", on: .time), Schema("x", on: .time, shape: [2]),
        Schema("label", on: .example, isInteger: true),
      ]
    }, width: { $0.count("sample") },
    rules: [
      Rule("sample", "less than half of `length`") { $0.count("sample") * 2 < $0.count("length") }
    ]
  ) { a, key in
    let count = a.count("count")
    let length = a.count("length")
    let sample = a.count("sample")
    let stop = 6 * Double.pi
    let growth = 0.3
    let times = (0..<length).map { stop * Double($0) / Double(max(length - 1, 1)) }
    let clockwise = times.map { t in
      let angle = stop + 1 - t
      let radius = growth * 50 / angle
      return (radius * cos(angle) - 5, radius * sin(angle))
    }
    let counter = times.map { t in (growth * t * cos(t) + 5, growth * t * sin(t)) }
    var x: [Double] = []
    var labels: [Double] = []
    for i in 0..<count {
      let key = key.at(example: i)
      // Not very near the spiral's ends.
      let start = sample + key.integer(0, below: length - 2 * sample)
      let isCounter = key.uniform(1) > 0.5
      labels.append(isCounter ? 1 : 0)
      for j in 0..<sample {
        let point = isCounter ? counter[start + j] : clockwise[start + j]
        x.append(point.0 + a.number("noise") * key.normal(2 + 2 * j))
        x.append(point.1 + a.number("noise") * key.normal(3 + 2 * j))
      }
    }
    let t = (0..<count).flatMap { _ in times[0..<sample] }
    return Dataset(
      lengths: Array(repeating: sample, count: count), time: "t",
      fields: [
        DataField("t", on: .time, values: t),
        DataField("x", on: .time, shape: [2], values: x),
        DataField("label", on: .example, values: labels, isInteger: true),
      ])
  }

  static let irregularSines = Generator(
    name: "irregular_sines",
    summary: "sines of random amplitude (0.5 to 1.5), angular frequency (1 to 3) and phase, seen "
      + "at random times (after the toy data of Rubanova, Chen, Duvenaud 2019)",
    parameters: [
      Parameter("count", .count, .number(500)),
      Parameter("points", .interval, .interval(20, 50)),
      Parameter("over", .interval, .interval(0, 5)), Parameter("noise", .number, .number(0.1)),
    ],
    schema: { _ in [Schema("t", on: .time), Schema("x", on: .time)] },
    width: { Int(min(max($0.interval("points").high, 0), 1e6)) },
    rules: [
      Rule("points", "an interval from 1 to 1e6") {
        $0.interval("points").low >= 1 && $0.interval("points").high <= 1e6
      }
    ]
  ) { a, key in
    let points = a.interval("points")
    let fewest = Int(points.low)
    let (begin, end) = a.interval("over")
    var lengths: [Int] = []
    var t: [Double] = []
    var x: [Double] = []
    for i in 0..<a.count("count") {
      let key = key.at(example: i)
      let length = fewest + key.integer(0, below: Int(points.high) - fewest + 1)
      let amplitude = key.uniform(1, from: 0.5, to: 1.5)
      let frequency = key.uniform(2, from: 1, to: 3)
      let phase = key.uniform(3, from: 0, to: 2 * .pi)
      let times = (0..<length).map { key.uniform(4 + 2 * $0, from: begin, to: end) }.sorted()
      lengths.append(length)
      t += times
      for (j, time) in times.enumerated() {
        x.append(
          amplitude * sin(frequency * time + phase) + a.number("noise") * key.normal(5 + 2 * j))
      }
    }
    return Dataset(
      lengths: lengths, time: "t",
      fields: [DataField("t", on: .time, values: t), DataField("x", on: .time, values: x)])
  }

  static let poissonProcess = Generator(
    name: "poisson_process",
    summary: "times of events at a rate that is a function of the time, by thinning "
      + "(Lewis, Shedler 1979)",
    parameters: [
      Parameter("rate", .function), Parameter("over", .interval),
      Parameter("count", .count, .number(1)),
    ],
    schema: { _ in [Schema("t", on: .time)] },
    rules: [
      Rule("rate", "a number of at least 0 at all times") { a in
        rateSamples(a).allSatisfy { $0.isFinite && $0 >= 0 }
      },
      Rule("rate", "less: it gives more events than a million") { a in
        let (begin, end) = a.interval("over")
        let samples = rateSamples(a)
        let mean = samples.reduce(0, +) / Double(samples.count)
        return mean * (end - begin) * Double(a.count("count")) <= 1e6
      },
    ]
  ) { a, key in
    let rate = a.function("rate")
    let (begin, end) = a.interval("over")
    let bounds = rateBounds(rate, from: begin, to: end)
    var lengths: [Int] = []
    var t: [Double] = []
    for i in 0..<a.count("count") {
      let times = thinned(rate, bounds, from: begin, to: end, key.at(example: i))
      lengths.append(times.count)
      t += times
    }
    return Dataset(
      lengths: lengths, time: "t", fields: [DataField("t", on: .time, values: t)])
  }

  /// The rate along the span.
  private static func rateSamples(_ a: GeneratorArguments) -> [Double] {
    let rate = a.function("rate")
    let (begin, end) = a.interval("over")
    return (0...1000).map { rate(begin + (end - begin) * Double($0) / 1000) }
  }

  /// An upper bound of the rate in each of 1000 cells of the span: the greatest of 5 values in it
  /// with half as much again. A peak narrower than 1/4000 of the span may be cut.
  private static func rateBounds(
    _ rate: (Double) -> Double, from begin: Double, to end: Double
  ) -> [Double] {
    let width = (end - begin) / 1000
    return (0..<1000).map { cell in
      let values = (0...4).map { rate(begin + width * (Double(cell) + Double($0) / 4)) }
      let greatest = values.filter(\.isFinite).max() ?? 0
      return max(0, greatest) * 1.5
    }
  }

  private static func thinned(
    _ rate: (Double) -> Double, _ bounds: [Double], from begin: Double, to end: Double,
    _ key: RandomKey
  ) -> [Double] {
    let width = (end - begin) / Double(bounds.count)
    var times: [Double] = []
    var draw = 0
    for (cell, bound) in bounds.enumerated() where bound > 0 {
      let start = begin + width * Double(cell)
      var time = start
      while true {
        // Fewer than 1e7 candidates, so that a wild rate cannot fill the memory.
        guard draw < 20_000_000 else { return times }
        time -= log(key.uniform(draw)) / bound
        guard time < start + width else { break }
        if key.uniform(draw + 1) * bound < rate(time) { times.append(time) }
        draw += 2
      }
      draw += 2
    }
    return times
  }
}
