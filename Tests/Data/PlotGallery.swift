import Foundation
import NodalBasics
import NodalReporting

/// One figure of each kind. With NODAL_GALLERY set to a folder, tests draw them there to be
/// looked at.
enum PlotGallery {
  static let names = [
    "line", "single", "phase", "log", "histogram", "heat", "arrows", "waterfall", "band", "pairs",
  ]

  private static let key = RandomKey(seed: 1)
  private static let s: [Double] = (0..<400).map { Double($0) * 0.05 }
  private static let grid: [Double] = (0..<40).map { -2 + Double($0) * 0.1 }

  private static func normals(_ count: Int, from start: Int) -> [Double] {
    (0..<count).map { key.normal(start + $0) }
  }

  private static func one(
    _ x: String?, _ y: String?, _ name: String, _ content: Plot.Content
  ) -> Figure {
    Figure(Plot(x: .init(x), y: .init(y), series: [.init(name, content)]))
  }

  static func figure(_ name: String) -> Figure {
    switch name {
    case "line": return pelts
    case "single":
      let y: [Double] = s.map { cos($0) * exp(-0.1 * $0) }
      return one("t (s)", nil, "s.θ", .line(x: s, y: y))
    case "phase": return spiral
    case "log":
      let x: [Double] = (0..<100).map { pow(10, Double($0) * 0.1 - 5) }
      let y: [Double] = x.map { 1 / (1 + $0) }
      return Figure(
        Plot(
          x: .init("t", isLogarithmic: true), y: .init("y1", isLogarithmic: true),
          series: [.init("y1", .line(x: x, y: y))]))
    case "histogram": return one(nil, nil, "x", .histogram(normals(2000, from: 0), bins: nil))
    case "heat":
      let z: [Double] = grid.flatMap { y -> [Double] in
        grid.map { x -> Double in exp(-x * x - (y - x * x) * (y - x * x)) }
      }
      return one("x", "y", "density", .heat(x: grid, y: grid, z: z))
    case "arrows":
      let axis: [Double] = (0..<12).map { -2 + Double($0) / 3 }
      let x: [Double] = axis.flatMap { _ in axis }
      let y: [Double] = axis.flatMap { y in axis.map { _ in y } }
      let dy: [Double] = zip(x, y).map { -sin($0) - 0.2 * $1 }
      return one("x", "v", "field", .arrows(x: x, y: y, dx: y, dy: dy))
    case "waterfall":
      let at: [Double] = (0..<11).map { Double($0) * 0.01 }
      let z: [Double] = at.flatMap { t -> [Double] in
        let width = 0.1 + 10 * t
        return grid.map { x -> Double in exp(-x * x / width) / width.squareRoot() }
      }
      return one("x", "t (s)", "u", .waterfall(x: grid, at: at, z: z))
    case "band":
      let y: [Double] = s.map { sin($0) }
      let low: [Double] = s.map { sin($0) - 0.1 - 0.02 * $0 }
      let high: [Double] = s.map { sin($0) + 0.1 + 0.02 * $0 }
      return Figure(
        Plot(
          x: .init("t"), y: .init("θ", unit: "rad"),
          series: [
            .init("90 %", .band(x: s, low: low, high: high), color: 0),
            .init("median", .line(x: s, y: y), color: 0),
          ]))
    default:
      let a = normals(1000, from: 0)
      let b: [Double] = zip(a, normals(1000, from: 5000)).map { 0.5 * $0 + $1 }
      let c: [Double] = normals(1000, from: 9000).map { exp(0.5 * $0) }
      return Figure.pairs([("α", a), ("β", b), ("γ", c)])
    }
  }

  private static var pelts: Figure {
    let t: [Double] = (0..<200).map { 1900 + Double($0) * 0.125 }
    let years: [Double] = (0..<21).map { 1900 + Double($0) }
    func hare(_ t: Double) -> Double { 35 + 25 * sin(t * 0.6) }
    func lynx(_ t: Double) -> Double { 20 + 15 * sin(t * 0.6 - 1) }
    let noise = normals(42, from: 0)
    let seenHare: [Double] = years.indices.map { hare(years[$0]) + 4 * noise[$0] }
    let seenLynx: [Double] = years.indices.map { lynx(years[$0]) + 4 * noise[21 + $0] }
    return Figure(
      Plot(
        title: "Hudson Bay", x: .init("t", unit: "year"), y: .init("pelts", unit: "1000"),
        series: [
          .init("s.u", .line(x: t, y: t.map(hare))), .init("s.v", .line(x: t, y: t.map(lynx))),
          .init("pelts.Hare", .points(x: years, y: seenHare), color: 0),
          .init("pelts.Lynx", .points(x: years, y: seenLynx), color: 1),
        ]))
  }

  private static var spiral: Figure {
    func curve(_ pace: Double) -> (x: [Double], y: [Double]) {
      (
        s.map { 2 * exp(-0.1 * $0) * cos(pace * $0) }, s.map { 2 * exp(-0.1 * $0) * sin(pace * $0) }
      )
    }
    let (seen, fit) = (curve(2), curve(2.02))
    return Figure(
      Plot(
        x: .init("y[0]"), y: .init("y[1]"),
        series: [
          .init("track.y", .points(x: seen.x, y: seen.y)), .init("s.y", .line(x: fit.x, y: fit.y)),
        ], hasEqualAxes: true))
  }
}
