import Foundation
import Nodal
import NodalBasics
import Testing

/// Intervals against those that are known in closed form, and what is said where data don't tell.
@Suite struct UncertaintyTests {
  private static let times = (0..<12).map { 0.5 * Double($0) }
  private static let values = zip(
    times, [0.1, -0.2, 0.15, 0.05, -0.1, 0.2, -0.05, 0, 0.1, -0.15, -0.1, 0.05]
  )
  .map { 1 + 0.7 * $0 + $1 }
  private static let files = [
    "/project/line.csv": "t,x\n" + zip(times, values).map { "\($0),\($1)\n" }.joined()
  ]
  private static let line = """
    data obs = csv("line.csv", time: "t")
    param a = 0.0
    param b = 0.0

    """
  private static let decay = """
    ode truth { state x = 2; x' = -0.5*x }
    data obs = simulate(truth, from: {x: 2}, at: linspace(0, 5, 41), noise: normal(0, 0.05))

    """

  private static func run(_ text: String) -> Recorder {
    Recorder.ran(text, files: files)
  }

  private static func expect(_ found: [Double], _ wanted: [Double], within bound: Double) {
    #expect(
      found.count == wanted.count && zip(found, wanted).allSatisfy { abs($0 - $1) < bound },
      "\(found), not \(wanted)")
  }

  /// Slope and offset by least squares, and how far they may be off by Student's distribution.
  private static let leastSquares: (offset: Double, slope: Double, reach: [Double]) = {
    let n = Double(times.count)
    let (mt, mx) = (times.reduce(0, +) / n, values.reduce(0, +) / n)
    let stt = times.reduce(0) { $0 + ($1 - mt) * ($1 - mt) }
    let slope = zip(times, values).reduce(0) { $0 + ($1.0 - mt) * ($1.1 - mx) } / stt
    let offset = mx - slope * mt
    let rest = zip(times, values).reduce(0) { $0 + pow($1.1 - offset - slope * $1.0, 2) }
    let t = StudentT.quantile(0.975, freedom: times.count - 2)
    let variance = rest / (n - 2)
    return (
      offset, slope,
      [t * (variance * (1 / n + mt * mt / stt)).squareRoot(), t * (variance / stt).squareRoot()]
    )
  }()

  @Test(arguments: ["laplace()", "profile(a, b)"])
  func aLineByLeastSquares(_ method: String) throws {
    let recorder = Self.run(
      Self.line + """
        loss fit(w) = mse(a + b*w.t, w.x)
        let run = train fit on obs { optimize: lm(), steps: 20 }
        let u = uncertainty of run { method: \(method) }
        """)
    let (offset, slope, reach) = Self.leastSquares
    let bound = method == "laplace()" ? 1e-6 : 2e-3
    Self.expect(
      try recorder.numbers("[u.a.value, u.b.value]"), [offset, slope], within: 1e-7)
    Self.expect(
      try recorder.numbers("[u.a.lower, u.b.lower]"), [offset - reach[0], slope - reach[1]],
      within: bound)
    Self.expect(
      try recorder.numbers("[u.a.upper, u.b.upper]"), [offset + reach[0], slope + reach[1]],
      within: bound)
    if method != "laplace()" {
      // A parabola: the cost of a profile is the square of the distance in standard errors.
      let (at, cost) = (
        try recorder.numbers("u.b.at"), try recorder.numbers("u.b.cost")
      )
      let t = StudentT.quantile(0.975, freedom: Self.times.count - 2)
      Self.expect(
        cost, at.map { pow(t * ($0 - slope) / reach[1], 2) }, within: 1e-3)
    }
  }

  /// A normal prior and normal data: the posterior is normal, with known ends, whichever level; bands follow from it.
  @Test func aMeanWithPrior() throws {
    let recorder = Self.run(
      """
      data obs = csv("line.csv")
      param m = 0.0 ~ normal(2, 0.3)
      loss fit(w) { w.x ~ normal(m, 0.5) }
      let run = train fit on obs { optimize: lbfgs(), steps: 50 }
      let u = uncertainty of run { method: laplace(); level: 0.8; predict: [m, 2*m]; draws: 4000 }
      """)
    let n = Double(Self.values.count)
    let precision = 1 / 0.09 + n / 0.25
    let mean = (2 / 0.09 + Self.values.reduce(0, +) / 0.25) / precision
    let reach = NormalDistribution.quantile(0.9) / precision.squareRoot()
    Self.expect(
      try recorder.numbers("[u.m.lower, u.m.value, u.m.upper]"),
      [mean - reach, mean, mean + reach], within: 1e-6)
    Self.expect(
      try recorder.numbers("u.prediction.lower"), [mean - reach, 2 * (mean - reach)],
      within: 0.01)
    Self.expect(
      try recorder.numbers("u.prediction.upper"), [mean + reach, 2 * (mean + reach)],
      within: 0.01)
    Self.expect(try recorder.numbers("u.prediction.median"), [mean, 2 * mean], within: 0.01)
  }

  /// The two methods agree where a loss is nearly a parabola, and an exact spread lies within.
  @Test func aDecay() throws {
    let recorder = Self.run(
      Self.decay + """
        ode f { state x = 3 in (0, inf); param k = 0.8 in (0, inf); x' = -k*x }
        param σ = 0.1 in (0, inf)
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        loss likelihood(w) { w.x ~ normal(solve(f, at: w.t).x, σ) }
        let run = train fit on obs { optimize: lm(), steps: 50 }
        let u = uncertainty of run { method: laplace() }
        let p = uncertainty of run { method: profile(f.k) }
        let run2 = train likelihood on obs { optimize: lm(), steps: 100 }
        let q = uncertainty of run2 { method: profile(f.k, σ) }
        """)
    let laplace = try recorder.numbers("[u.f.k.lower, u.f.k.upper]")
    Self.expect(try recorder.numbers("[p.f.k.lower, p.f.k.upper]"), laplace, within: 2e-3)
    Self.expect(try recorder.numbers("[q.f.k.lower, q.f.k.upper]"), laplace, within: 3e-3)
    let spread = try recorder.numbers("[q.σ.lower, q.σ.upper]")
    #expect(spread[0] < 0.05 && 0.05 < spread[1] && spread[1] < 0.07, "\(spread)")
    #expect(laplace[0] < 0.51 && 0.49 < laplace[1])
  }

  /// What `predict:` gives is drawn as a line on an area, in a panel for each member too.
  @Test func aBandIsDrawn() throws {
    let folder = try Repository.temporaryFolder()
    let recorder = Recorder(Configuration(outputDirectory: folder.path))
    recorder.run(
      Self.decay + """
        ode f { state x = 3 in (0, inf); param k = 0.8 in (0, inf); x' = -k*x }
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        let run = train fit on obs { optimize: lm(), steps: 50 }
        const ts = linspace(0, 10, 21)
        let u = uncertainty of run { method: laplace(); draws: 20; predict: solve(f, at: ts).x }
        let v = uncertainty of run { method: laplace(); draws: 20; predict: solve(f, from: {x: [1, 2]}, at: ts).x }
        plot u.prediction against ts to "band.txt" { title: "a" }
        plot v.prediction against ts to "panels.txt" { panels: true }
        """)
    #expect(recorder.errors.map(\.text) == [])
    for (file, count) in [("band.txt", 1), ("panels.txt", 1)] {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      let names = text.components(separatedBy: ".prediction: lower to upper").count - 1
      #expect(names == count && text.contains("░░"), "\(text)")
    }
    recorder.run(
      "plot u.prediction against ts as points\nplot u.f.k\nplot u.prediction as histogram")
    #expect(recorder.errors.map(\.code) == ["E0301", "E0301", "E0301"])
  }

  /// What data don't tell is said in words, and has no ends.
  /// A run that was stopped on its way says so: its intervals are about another place.
  @Test(arguments: [("adam(), steps: 3", true), ("lbfgs(), steps: 100", false)])
  func whereTheRunEnded(_ rule: String, _ isAstray: Bool) throws {
    let found = Self.run(
      Self.decay + """
        ode model { state x = 2; param k = 1 in (0, inf); x' = -k*x }
        loss fit(w) = mse(solve(model, at: w.t).x, w.x)
        let run = train fit on obs { optimize: \(rule) }
        uncertainty of run { method: laplace() }
        """)
    #expect(found.printed.joined().contains("the run ended away from") == isAstray)
  }

  @Test func whatIsNotTold() throws {
    let recorder = Self.run(
      Self.decay + """
        ode g { state x = 2; param a = 0.7 in (0, inf); param b = 0.7 in (0, inf); x' = -a*b*x }
        ode h { state x = 2; param a = 0.7 in (0, inf); param b = 0.7 in (0, inf); x' = -a/b*x }
        loss fg(w) = mse(solve(g, at: w.t).x, w.x)
        loss fh(w) = mse(solve(h, at: w.t).x, w.x)
        let rg = train fg on obs { optimize: lbfgs(), steps: 100 }
        let rh = train fh on obs { optimize: lbfgs(), steps: 100 }
        let ug = uncertainty of rg { method: laplace() }
        let uh = uncertainty of rh { method: laplace() }
        let pg = uncertainty of rg { method: profile(g.a) }
        """)
    #expect(recorder.errors.map(\.text) == [])
    let printed = recorder.printed
    #expect(printed.count == 3)
    #expect(printed[0].contains("`g.a` and `g.b` only through their product"), "\(printed)")
    #expect(printed[1].contains("`h.a` and `h.b` only through their ratio"), "\(printed)")
    #expect(printed[2].contains("the data set no bound to `g.a` on either side"), "\(printed)")
    #expect(try recorder.numbers("ug.g.a.lower") == [0])
    #expect(try recorder.numbers("ug.g.a.upper") == [.infinity])
  }

  /// A parameter that neither data nor a prior say anything of stays where it is, and is told.
  @Test func whatNothingReads() throws {
    let recorder = Self.run(
      Self.decay + """
        ode f { state x = 2; param k = 0.8 in (0, inf); param c = 1 in (0, inf); x' = -k*x + 0*c }
        loss fit(w) { w.x ~ normal(solve(f, at: w.t).x, 0.05) }
        let run = train fit on obs { optimize: lbfgs(), steps: 50 }
        let u = uncertainty of run { method: laplace() }
        """)
    #expect(recorder.printed.last?.contains("the data don't tell `f.c`") == true)
    let found = try recorder.numbers("[u.f.k.lower, u.f.k.upper, u.f.c.lower]")
    #expect(found[0] > 0.45 && found[1] < 0.55 && found[2] == 0, "\(found)")
  }

  @Test(arguments: [
    ("uncertainty of obs { method: laplace() }", "a training run"),
    ("uncertainty of run { method: laplas() }", "did you mean `laplace`?"),
    ("uncertainty of run { method: profile() }", "takes the parameters to go along"),
    ("uncertainty of run { method: profile(c) }", "trains no `c`"),
    ("uncertainty of run { method: laplace(); level: 1.5 }", "a share below 1"),
    ("uncertainty of run { method: laplace(); predict: \"x\" }", "a number or an array"),
    ("uncertainty of absolute { method: laplace() }", "neither a likelihood"),
    ("uncertainty of scarce { method: laplace() }", "can't be judged by"),
  ])
  func refusals(_ statement: String, _ words: String) {
    let recorder = Self.run(
      Self.line + """
        param c = 1.0
        loss fit(w) = mse(a + b*w.t, w.x)
        loss away(w) = mae(a + b*w.t, w.x)
        let run = train fit on obs { optimize: lm(), steps: 20 }
        let absolute = train away on obs { optimize: adam(), steps: 20 }
        loss few(w) = (a + b*w.x[0] - 1)^2
        let scarce = train few on obs { optimize: adam(), steps: 2 }
        \(statement)
        """)
    let text = recorder.errors.flatMap { [$0.text] + $0.help }.joined(separator: "\n")
    #expect(text.contains(words), "\(text)")
  }
}
