import Foundation
import Nodal
import Testing

/// What fits leave of data: observations and fitted values in their places, and what is said of a course that a model misses.
@Suite struct ResidualTests {
  private static let line = "param a = 0.0\nparam b = 0.0\n"

  /// Two experiments, a cell missing: residuals are what is observed less what is fitted, in the order of the data, whichever way the loss is written.
  @Test(arguments: [
    ("mse(a + b*w.t, w.x)", 1.0), ("mse(w.x, a + b*w.t)", 1),
    ("0.5*mse(a + b*w.t, w.x)", 1),
  ])
  func placesAndSigns(_ body: String, _ scale: Double) throws {
    let csv = "t,who,x\n0,p,1\n1,p,2.5\n2,p,\n3,p,4\n0,q,1.5\n1,q,2\n4,q,4.5\n"
    let recorder = Recorder.ran(
      "data d = csv(\"d.csv\", time: \"t\", experiment: \"who\")\n" + Self.line
        + "loss fit(w) = \(body)\nlet run = train fit on d { optimize: lm(), steps: 20 }\nlet r = residuals of run\n",
      files: ["/project/d.csv": csv])
    let (a, b) = (try recorder.numbers("a")[0], try recorder.numbers("b")[0])
    let times = [0.0, 1, 3, 0, 1, 4]
    let observed = [1, 2.5, 4, 1.5, 2, 4.5]
    #expect(try recorder.numbers("r.x.t") == times)
    #expect(try recorder.numbers("r.x.observed") == observed)
    let fitted = try recorder.numbers("r.x.fitted")
    #expect(zip(fitted, times).allSatisfy { abs($0 - a - b * $1) < 1e-12 })
    let residuals = try recorder.numbers("r.x.residual")
    #expect(
      zip(residuals, zip(observed, fitted)).allSatisfy { abs($0 - ($1.0 - $1.1)) < 1e-12 },
      "\(residuals)")
  }

  /// Likelihoods: over their spread, and compared by logarithms where these are.
  @Test func likelihoods() throws {
    let csv =
      "t,x,y\n"
      + (0..<9).map {
        "\($0),\(1 + 0.5 * Double($0)),\(exp(0.3 * Double($0) + (Double($0 % 3) - 1) * 0.1))\n"
      }.joined()
    let recorder = Recorder.ran(
      "data d = csv(\"d.csv\", time: \"t\")\n" + Self.line + """
        param σ = 0.2 in (0, inf)
        param c = 0.2
        loss fit(w) {
          w.x ~ normal(a + b*w.t, 0.1)
          w.y ~ lognormal(c*w.t, σ)
        }
        let run = train fit on d { optimize: lbfgs(), steps: 60 }
        let r = residuals of run
        """, files: ["/project/d.csv": csv])
    let spread = try recorder.numbers("σ")[0]
    let slope = try recorder.numbers("c")[0]
    let (observed, fitted) = (
      try recorder.numbers("r.y.observed"), try recorder.numbers("r.y.fitted")
    )
    let residuals = try recorder.numbers("r.y.residual")
    #expect(residuals.count == 9 && observed.count == 9)
    #expect(fitted.enumerated().allSatisfy { abs($1 - exp(slope * Double($0))) < 1e-9 * $1 })
    #expect(
      zip(residuals, zip(observed, fitted)).allSatisfy {
        abs($0 - (log($1.0) - log($1.1)) / spread) < 1e-9
      }, "\(residuals)")
  }

  /// A line through a parabola leaves a course; one through noise doesn't.
  @Test func whatIsMissed() throws {
    let text =
      Self.line + """
        ode line { state x = 0; x' = 1; output parabola = x + 0.1*x^2 }
        data noise = simulate(line, from: {x: 0}, at: linspace(0, 10, 101), noise: normal(0, 0.2))
        loss straight(w) = mse(a + b*w.t, w.x)
        loss bent(w) = mse(a + b*w.t, w.parabola)
        let one = train straight on noise { optimize: lm(), steps: 20 }
        residuals of one
        let two = train bent on noise { optimize: lm(), steps: 20 }
        residuals of two
        """
    let recorder = Recorder.ran(text)
    #expect(recorder.errors.map(\.text) == [])
    #expect(recorder.printed.count == 2)
    #expect(recorder.printed.first?.contains("misses") == false, "\(recorder.printed)")
    #expect(recorder.printed.last?.contains("the model misses something of its course") == true)
  }

  @Test(arguments: [
    ("residuals of d", "a training run"),
    ("residuals of run { level: 0.9 }", "no option `level:`"),
    ("residuals of away", "compares nothing with its data by squares"),
    ("residuals of alone", "reads no data"),
    ("let r = residuals of run\nprint r.z", "z"),
  ])
  func refusals(_ statement: String, _ words: String) {
    let recorder = Recorder.ran(
      "data d = csv(\"d.csv\", time: \"t\")\n" + Self.line + """
        loss fit(w) = mse(a + b*w.t, w.x)
        loss far(w) = mae(a + b*w.t, w.x)
        loss none() = (a - 1)^2 + (b - 2)^2
        let run = train fit on d { optimize: lm(), steps: 20 }
        let away = train far on d { optimize: adam(), steps: 5 }
        let alone = train none { optimize: lm(), steps: 5 }
        \(statement)
        """, files: ["/project/d.csv": "t,x\n0,1\n1,2.5\n2,2.9\n3,4.2\n"])
    let text = recorder.errors.map(\.text).joined(separator: "\n")
    #expect(text.contains(words), "\(text)")
  }
}
