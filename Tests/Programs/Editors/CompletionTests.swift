import Foundation
import Nodal
import NodalBasics
import TestSupport
import Testing

/// What may stand at a place: `‸` in a text is the place.
@Suite struct CompletionTests {
  static let files = [
    "/project/pelts.csv": "Year,Hare,Lynx\n1900,30,4\n1901,47.2,6.1\n",
    "/project/models/swing.node": "const length = 2<m>\n",
    "/project/models/.hidden": "", "/secret/passwords.csv": "a\n1\n",
  ]

  /// What is offered, and what it would replace.
  private func list(
    _ marked: String, after earlier: String = "", isEntry: Bool = true
  ) throws -> (candidates: [Completion], replaced: String) {
    let recorder = Recorder(files: Self.files)
    if !earlier.isEmpty { #expect(recorder.run(earlier) == .finished) }
    let parts = marked.components(separatedBy: "‸")
    try #require(parts.count == 2)
    let text = parts[0] + parts[1]
    let list = recorder.interpreter.completions(
      in: text, at: parts[0].utf8.count, isEntry: isEntry)
    #expect(list.range.upperBound == parts[0].utf8.count)
    return (list.candidates, String(decoding: Array(text.utf8)[list.range], as: UTF8.self))
  }

  private func texts(
    _ marked: String, after earlier: String = "", isEntry: Bool = true
  ) throws -> [String] {
    try list(marked, after: earlier, isEntry: isEntry).candidates.map(\.text)
  }

  private let swing = """
    ode swing {
      state θ: Real<rad> = 1.2, θ' = 0
      param L: Real<m> = 2 in (0, inf)
      const g = 9.81<m/s^2>
      θ'' = -g/L*sin(θ)
      output energy = 0.5*θ'^2
    }

    """

  // MARK: Names

  @Test func namesOfWhatIsThere() throws {
    let found = try list("print velo‸", after: "/// how fast\nconst velocity = 3<m/s>")
    #expect(found.candidates.map(\.text) == ["velocity"])
    #expect(found.candidates.first?.detail == "Real<m/s>")
    #expect(found.candidates.first?.kind == .constant)
    #expect(found.candidates.first?.documentation == "how fast")
    #expect(found.replaced == "velo")
    // Of the same entry, of the prelude, of the language; another case where nothing else fits.
    #expect(try texts("let speed = 2; print spe‸").contains("speed"))
    #expect(try texts("print lins‸") == ["linspace"])
    #expect(try texts("print VELO‸", after: "const velocity = 3") == ["velocity"])
    #expect(try texts("print θm‸", after: "const θmax = 3") == ["θmax"])
    #expect(try texts("print nothingofthekind‸") == [])
  }

  @Test func namesInABody() throws {
    let ode = try list(
      "ode a { state x: Real<m> = 1, x' = 0; param k = 2; x'' = -‸ }", isEntry: false)
    #expect(ode.candidates.prefix(4).map(\.text) == ["x", "x'", "k", "t"])
    #expect(ode.candidates.first?.detail == "Real<m>")
    #expect(try texts("fn f(mass: Real<kg>) = ma‸", isEntry: false).contains("mass"))
    #expect(try texts("loss l(w) { let near = 1; ne‸ }", isEntry: false) == ["near"])
    // A layer of the ode itself, which nothing has read yet.
    let layer = try list(
      "ode a { state x: Real[2] = [1, 1]; layer net(y) = y |> dense(2); x' = ne‸ }",
      isEntry: false)
    #expect(layer.candidates.first?.text == "net")
    #expect(layer.candidates.first?.detail == "net(y)")
    // A declaration reads no `let`, so none is offered.
    #expect(try texts("fn f(x) = outs‸", after: "let outside = 1") == [])
    #expect(try texts("print outs‸", after: "let outside = 1") == ["outside"])
    // A statement that can't be read yet is asked about alone.
    #expect(
      try texts("loss l(w) {\n  let near = 1\n  let x = if ne‸\n}", isEntry: false) == ["near"])
  }

  @Test func whatIsMeantGoesFirst() throws {
    let earlier = swing + "loss fit(w) = w.a\nsolver tight = tsit5(rtol: 1e-8)\n"
    #expect(try texts("train ‸", after: earlier) == ["fit"])
    #expect(try texts("let s = solve(‸", after: earlier).first == "swing")
    #expect(try texts("ode b extends ‸", after: earlier).contains("swing"))
    #expect(try list("solve(swing, solver: ‸)", after: earlier).candidates[0].kind == .solver)
  }

  // MARK: Fields

  @Test func fields() throws {
    let earlier = swing + "let s = solve(swing, over: 0..1, every: 0.5)\n"
    #expect(
      try texts("print s.‸", after: earlier) == ["t", "θ", "θ'", "energy", "final", "stats"])
    let angle = try list("print s.θ‸", after: earlier)
    #expect(angle.candidates.map(\.text) == ["θ", "θ'"])
    #expect(angle.candidates.last?.detail == "Real<1/s>[3]")
    #expect(try texts("print s.final.en‸", after: earlier) == ["energy"])
    #expect(try texts("print s.stats.acc‸", after: earlier) == ["accepted"])
    #expect(Set(try texts("print swing.‸", after: earlier)).isSuperset(of: ["L", "g"]))
    #expect(try texts("let r = {alpha: 1, beta: 2}; print r.al‸") == ["alpha"])
    #expect(try texts("print solve(swing, over: 0..1).fi‸", after: earlier) == ["final"])
    let pelts = "data pelts = csv(\"pelts.csv\", time: \"Year\")\n"
    #expect(Set(try texts("print pelts.‸", after: pelts)).isSuperset(of: ["Hare", "Lynx", "last"]))
    // A loss's parameter is an example of what it is trained on.
    let loss =
      pelts + "loss l(w) {\n  let a = w.‸\n  sum(a)\n}\ntrain l on pelts { optimize: adam() }"
    #expect(try texts(loss, isEntry: false).contains("Hare"))
    #expect(try texts("print 3.‸") == [])
  }

  // MARK: Arguments and options

  @Test func arguments() throws {
    let labels = try texts("let s = solve(swing, over: 0..1, ‸", after: swing)
    #expect(Set(labels).isSuperset(of: ["every:", "from:", "solver:", "with:"]))
    #expect(!labels.contains("over:"))
    #expect(try texts("let s = solve(swing, ev‸)", after: swing) == ["every:", "events:"])
    #expect(try texts("print f(‸", after: "fn f(mass, speed) = mass*speed").contains("mass:"))
    #expect(try texts("let x = tsit5(rt‸", after: "") == ["rtol:"])
    #expect(try texts("data d = csv(\"pelts.csv\", ti‸)") == ["time:"])
    #expect(try texts("solve(swing, over: 0..1, from: {‸})", after: swing) == ["θ:", "θ':"])
    #expect(try texts("solve(swing, over: 0..1, with: {‸})", after: swing).contains("L:"))
    #expect(
      try texts("solver a = tsit5(gradient: ‸)").prefix(3).contains("adjoint"))
  }

  @Test func options() throws {
    let fit = "loss fit(w) = w\n"
    #expect(try texts("train fit on 3 {\n  opt‸\n}", after: fit) == ["optimize:"])
    #expect(try texts("train fit on 3 { optimize: ‸ }", after: fit).contains("adam"))
    #expect(try texts("train fit on 3 { optimize: adam(‸) }", after: fit).contains("lr:"))
    #expect(try texts("train fit on 3 { optimize: adam(), st‸ }", after: fit) == ["steps:"])
    #expect(try texts("train fit on 3 { stop: ‸ }", after: fit).contains("patience"))
    #expect(try texts("plot 1 { ti‸ }") == ["title:"])
    let run = """
      data pelts = csv("pelts.csv", time: "Year")
      param k = 1
      loss l(w) = mse(k*w.Hare, w.Lynx)
      let run = train l on pelts { optimize: adam(), steps: 2 }
      let u = uncertainty of run { method: ‸ }
      """
    #expect(try texts(run, isEntry: false).contains("laplace"))
  }

  // MARK: Words

  @Test func words() throws {
    #expect(try texts("tr‸").first == "train")
    #expect(try texts("sta‸", isEntry: false) == [])
    #expect(try texts("ode a {\n  sta‸\n}", isEntry: false).first == "state")
    #expect(try texts("loss l(w) {\n  va‸\n}", isEntry: false).first == "var")
    #expect(try texts("train fit ‸", after: "loss fit(w) = w") == ["on"])
    #expect(try texts("plot 1 ‸") == ["against", "as", "log", "to"])
    #expect(try texts("plot 1 as ‸").contains("points"))
    #expect(try texts("explain swing ‸", after: swing) == ["along"])
    #expect(try texts("param k = 1 ‸") == ["in"])
    #expect(try texts("let u = unc‸").contains("uncertainty"))
    #expect(try texts("import ‸") == ["physics"])
    #expect(try texts("print if true ‸") == ["then"])
    #expect(try texts("const k: Re‸").contains("Real"))
  }

  @Test func units() throws {
    #expect(try texts("const g = 9.81<‸").contains("kg") == false)
    #expect(try texts("const g = 9.81<m‸>").contains("mm"))
    #expect(try texts("const g = 9.81<m/s^2*k‸").contains("kg"))
    #expect(try texts("param L: Real<‸> = 1").contains("m"))
    #expect(try list("const g = 9.81<m/mi‸").candidates.first?.detail == "minute")
    // A comparison is none.
    #expect(try texts("print gain<ga‸", after: "const gain = 1").first == "gain")
  }

  // MARK: Files and symbols

  @Test func filesInStrings() throws {
    #expect(try texts("data d = csv(\"‸\")") == ["models/", "pelts.csv"])
    #expect(try texts("data d = csv(\"pe‸") == ["pelts.csv"])
    let inner = try list("import \"models/sw‸")
    #expect(inner.candidates.map(\.text) == ["swing.node"])
    #expect(inner.replaced == "sw")
    #expect(try texts("import \"‸\"") == ["models/"])
    #expect(try texts("data d = csv(\"pelts.csv\", time: \"‸\")") == ["Year", "Hare", "Lynx"])
    // Only where a path is wanted, and only where reading is allowed.
    #expect(try texts("plot 1 { title: \"‸\" }") == [])
    #expect(try texts("data d = csv(\"/secret/‸\")") == [])
    #expect(try texts("data d = csv(\"../secret/‸\")") == [])
    #expect(try texts("data d = csv(\"models/.‸\")") == [".hidden"])
  }

  @Test func symbols() throws {
    let theta = try list("const \\theta‸")
    #expect(theta.candidates.map(\.text) == ["θ"])
    #expect(theta.replaced == "\\theta")
    #expect(try texts("\\ga‸") == ["γ"])
    #expect(try texts("x\\_0‸") == ["₀"])
    #expect(try texts("\\nothing‸") == [])
    #expect(try texts("print \"\\th‸\"") == [])
  }

  @Test func nothingInComments() throws {
    #expect(try texts("let a = 1 // pri‸") == [])
    #expect(try texts("/// tra‸\nconst a = 1", isEntry: false) == [])
    #expect(try texts("let a = 1\n// b\npri‸").contains("print"))
  }

  /// Asking changes nothing.
  @Test func leavesNoTrace() throws {
    let recorder = Recorder(files: [:])
    recorder.run("const a = 1")
    _ = recorder.take()
    _ = recorder.interpreter.completions(in: "const b = 2\nprint c", at: 20)
    #expect(recorder.take().isEmpty)
    #expect(recorder.interpreter.declarations.map(\.name) == ["a"])
  }

  // MARK: Any text

  @Test("any place of any text has an answer")
  func anyPlace() throws {
    var random = Congruential()
    let recorder = Recorder(files: Self.files)
    recorder.run("")
    for url in Repository.files(in: "examples", ending: ".node") {
      let bytes = Array(try String(contentsOf: url, encoding: .utf8).utf8)
      for _ in 0..<Effort.count(3, long: 60) {
        let cut = Int.random(in: 0...bytes.count, using: &random)
        let start = Effort.isLong ? Int.random(in: 0...cut, using: &random) : max(0, cut - 600)
        let text = String(decoding: bytes[start..<cut], as: UTF8.self)
        let count = text.utf8.count
        for isEntry in [true, false] {
          let list = recorder.interpreter.completions(in: text, at: count, isEntry: isEntry)
          #expect(list.range.lowerBound >= 0 && list.range.upperBound <= count)
        }
        let place = Int.random(in: -1...(count + 1), using: &random)
        let list = recorder.interpreter.completions(in: text, at: place)
        #expect(list.range.upperBound <= count)
      }
    }
  }
}

/// The same numbers each time.
private struct Congruential: RandomNumberGenerator {
  private var state: UInt64 = 5
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}
