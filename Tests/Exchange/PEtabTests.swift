import Foundation
import Nodal
import NodalBasics
import TestSupport
import Testing

/// Each feature on a problem that can be solved by hand.
@Suite struct PEtabTests {
  /// A of the problem as it is, from a to begin with.
  static func a(_ t: Double, from a: Double = 1, _ k1: Double = 0.8, _ k2: Double = 0.6) -> Double {
    let rest = a * k2 / (k1 + k2)
    return rest + (a - rest) * exp(-(k1 + k2) * t)
  }

  static func normal(_ m: Double, _ y: Double, _ σ: Double) -> Double {
    0.5 * log(2 * .pi * σ * σ) + 0.5 * pow((m - y) / σ, 2)
  }

  /// The program's loss is what is expected, and nothing is wrong with it.
  static func expect(
    _ problem: SmallProblem, _ expected: Double, tolerance: Double = 1e-5,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let (value, found) = try problem.objective()
    #expect(found.isEmpty, "\(found.map(\.text))", sourceLocation: sourceLocation)
    #expect(
      abs(value - expected) < tolerance, "\(value), not \(expected)", sourceLocation: sourceLocation
    )
  }

  @Test("the program of a small problem, whole")
  func golden() throws {
    let problem = try SmallProblem().imported()
    #expect(
      problem.program == """
        /// small: imported from the PEtab problem small.yaml, 2 states, 1 estimated parameter, 2 measurements of 1 experiment.
        /// The loss is the objective of PEtab: the negative logarithm of the likelihood of all measurements.

        data measurements = csv("small.csv", time: "time", experiment: "condition")

        param k1 = 0.8 in (0.001, 1000)

        const k2 = 0.6

        ode model {
          state A = 1, B = 0
          let there = k1*A
          let back = k2*B
          A' = -there + back
          B' = there - back
        }

        loss likelihood(w) {
          let s = solve(model, over: 0..10, at: w.time, solver: auto(rtol: 1e-8, atol: 1e-10))
          w.obs_a ~ normal(s.A, 0.5)
        }

        let run = train likelihood on measurements {
          starts: 20
          optimize: adam(lr: 0.1), steps: 300
          then: lbfgs(), steps: 500
        }
        print run.loss, run.optima
        print k1
        plot run.optima as points to "small_optima.svg" { title: "small: what each start came to"; xlabel: "start, sorted"; ylabel: "objective" }

        """)
    #expect(problem.table == "condition,time,obs_a\nc0,0,0.7\nc0,10,0.1\n")
    #expect(problem.notes.isEmpty)
    try Self.expect(
      SmallProblem(), Self.normal(0.7, 1, 0.5) + Self.normal(0.1, Self.a(10), 0.5))
  }

  @Test(
    "conditions: numbers, parameters by name, initial values; replicates; a parameter for each row")
  func conditions() throws {
    var problem = SmallProblem()
    problem.conditions = "conditionId\tk2\tA\nc0\t0.6\t1\nc1\tk_other\t2"
    problem.estimated =
      "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\nk1\tlog10\t1e-3\t1e3\t0.8\t1\nk_other\tlog\t0.1\t10\t0.3\t1\nscale_1\tlin\t0\t10\t2\t1\nscale_2\tlin\t0\t10\t3\t1"
    problem.observables =
      "observableId\tobservableFormula\tnoiseFormula\nobs_a\tobservableParameter1_obs_a*A\tnoiseParameter1_obs_a"
    problem.measured =
      "observableId\tsimulationConditionId\ttime\tmeasurement\tobservableParameters\tnoiseParameters\nobs_a\tc0\t1\t0.7\tscale_1\t0.5\nobs_a\tc0\t1\t0.8\tscale_2\t0.4\nobs_a\tc1\t2\t0.1\tscale_1\t0.5"
    let a1 = Self.a(1)
    let a2 = Self.a(2, from: 2, 0.8, 0.3)
    try Self.expect(
      problem,
      Self.normal(0.7, 2 * a1, 0.5) + Self.normal(0.8, 3 * a1, 0.4) + Self.normal(0.1, 2 * a2, 0.5))
  }

  @Test("pre-equilibration and measurements at rest")
  func rest() throws {
    var problem = SmallProblem()
    problem.conditions = "conditionId\tk1\nbefore\t0.3\nafter\t0.8"
    problem.estimated =
      "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\nk2\tlin\t0\t10\t0.6\t1"
    problem.measured =
      "observableId\tpreequilibrationConditionId\tsimulationConditionId\ttime\tmeasurement\nobs_a\tbefore\tafter\t1\t0.7\nobs_a\tbefore\tafter\tinf\t0.5"
    // The sum of both stays 1.
    let start = 0.6 / 0.9
    let end = 0.6 / 1.4
    let one = end + (start - end) * exp(-1.4)
    try Self.expect(problem, Self.normal(0.7, one, 0.5) + Self.normal(0.5, end, 0.5))
    // With growth and loss there is one rest, which Newton's method finds.
    problem.reactions =
      SmallProblem.reaction("made", from: nil, to: "A", "<times/><ci>c</ci><ci>k1</ci>")
      + SmallProblem.reaction("lost", from: "A", to: nil, "<times/><ci>c</ci><ci>k2</ci><ci>A</ci>")
    problem.species = #"<species id="A" compartment="c" initialConcentration="1"/>"#
    #expect(try problem.imported().program.contains("steady(model"))
    let rest = 0.8 / 0.6
    try Self.expect(
      problem,
      Self.normal(0.7, rest + (0.5 - rest) * exp(-0.6), 0.5) + Self.normal(0.5, rest, 0.5))
  }

  @Test("transformations and distributions of measurements", arguments: ["lin", "log", "log10"])
  func distributions(_ scale: String) throws {
    for distribution in ["normal", "laplace"] {
      var problem = SmallProblem()
      problem.observables =
        "observableId\tobservableFormula\tnoiseFormula\tobservableTransformation\tnoiseDistribution\nobs_a\tA\t0.1+0.2*A\t\(scale)\t\(distribution)"
      problem.measured = "observableId\tsimulationConditionId\ttime\tmeasurement\nobs_a\tc0\t1\t0.7"
      let y = Self.a(1)
      let σ = 0.1 + 0.2 * y
      let (m, s, jacobian) =
        switch scale {
        case "log": (log(0.7), log(y), log(0.7))
        case "log10": (log10(0.7), log10(y), log(0.7) + log(log(10)))
        default: (0.7, y, 0)
        }
      let density =
        distribution == "normal" ? Self.normal(m, s, σ) : log(2 * σ) + abs(m - s) / σ
      // Of a transformed Laplace distribution the program leaves out what depends on the data alone, and says so.
      let isLeftOut = distribution == "laplace" && scale != "lin"
      try Self.expect(problem, density + jacobian - (isLeftOut ? log(0.7) : 0))
      #expect(try problem.imported().program.contains("which no parameter changes") == isLeftOut)
    }
  }

  @Test("priors, on the scale that they are given on")
  func priors() throws {
    func density(_ kind: String, _ numbers: String) throws -> Double {
      var problem = SmallProblem()
      problem.estimated =
        "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\tobjectivePriorType\tobjectivePriorParameters\nk1\tlog10\t1e-3\t1e3\t0.8\t1\t\(kind)\t\(numbers)"
      let (value, found) = try problem.objective()
      #expect(found.isEmpty)
      return value - Self.normal(0.7, 1, 0.5) - Self.normal(0.1, Self.a(10), 0.5)
    }
    #expect(try abs(density("normal", "1;2") - Self.normal(0.8, 1, 2)) < 1e-5)
    #expect(
      try abs(density("parameterScaleNormal", "0.5;2") - Self.normal(log10(0.8), 0.5, 2)) < 1e-5)
    #expect(try abs(density("laplace", "1;2") - (log(4) + 0.1)) < 1e-5)
    #expect(
      try abs(density("logNormal", "0;1") - (Self.normal(log(0.8), 0, 1) + log(0.8))) < 1e-5)
  }

  @Test("amounts and concentrations in compartments of different sizes")
  func compartments() throws {
    var problem = SmallProblem()
    problem.compartments = #"<compartment id="c" size="2"/><compartment id="d" size="0.5"/>"#
    problem.species = """
      <species id="A" compartment="c" initialAmount="3"/>
      <species id="B" compartment="d" initialConcentration="0" hasOnlySubstanceUnits="true"/>
      """
    problem.reactions = SmallProblem.reaction(
      "there", from: "A", to: "B", "<times/><ci>c</ci><ci>k</ci><ci>A</ci>",
      more: #"<listOfParameters><parameter id="k" value="0.8"/></listOfParameters>"#)
    problem.observables =
      "observableId\tobservableFormula\tnoiseFormula\nobs_a\tA + B/d\t0.5"
    problem.measured = "observableId\tsimulationConditionId\ttime\tmeasurement\nobs_a\tc0\t1\t0.7"
    let left = 3 * exp(-0.8)
    try Self.expect(problem, Self.normal(0.7, left / 2 + (3 - left) / 0.5, 0.5))
  }

  @Test("rules, functions, initial assignments, a piecewise input, an event at a time")
  func rules() throws {
    var problem = SmallProblem()
    problem.species = #"<species id="A" compartment="c" initialConcentration="7"/>"#
    problem.parameters =
      #"<parameter id="k1" value="0.5"/><parameter id="k2" value="0.6"/><parameter id="dose" constant="false"/><parameter id="x" value="2" constant="false"/>"#
    problem.reactions = SmallProblem.reaction(
      "made", from: nil, to: "A", "<times/><ci>c</ci><ci>dose</ci>")
    let t = SmallProblem.time
    problem.more = """
      <listOfFunctionDefinitions><functionDefinition id="twice">\
      \(SmallProblem.math("<lambda><bvar><ci>y</ci></bvar><apply><times/><cn>2</cn><ci>y</ci></apply></lambda>"))\
      </functionDefinition></listOfFunctionDefinitions>
      <listOfInitialAssignments><initialAssignment symbol="A">\
      \(SmallProblem.math("<plus/><ci>k1</ci><ci>x</ci>"))</initialAssignment></listOfInitialAssignments>
      <listOfRules><assignmentRule variable="dose">\
      \(SmallProblem.math("<piecewise><piece><apply><ci>twice</ci><ci>k1</ci></apply><apply><leq/>\(t)<cn>1.5</cn></apply></piece><otherwise><cn>0</cn></otherwise></piecewise>"))\
      </assignmentRule><rateRule variable="x">\(SmallProblem.math("<cn type=\"e-notation\">3<sep/>-1</cn>"))</rateRule></listOfRules>
      <listOfEvents><event id="kick"><trigger>\(SmallProblem.math("<geq/>\(t)<cn>2</cn>"))</trigger>\
      <listOfEventAssignments><eventAssignment variable="A">\(SmallProblem.math("<plus/><ci>A</ci><ci>x</ci>"))\
      </eventAssignment></listOfEventAssignments></event></listOfEvents>
      """
    problem.measured =
      "observableId\tsimulationConditionId\ttime\tmeasurement\nobs_a\tc0\t1\t0.7\nobs_a\tc0\t3\t0.7"
    // k1 is 0.8 by the table: 0.8 + 2 to begin with, 1.6 a unit of time until 1.5, and at 2 what x is by then.
    try Self.expect(
      problem,
      Self.normal(0.7, 0.8 + 2 + 1.6, 0.5) + Self.normal(0.7, 2.8 + 1.6 * 1.5 + 2.6, 0.5))
  }

  @Test(
    "experiments with and without pre-equilibration, and choices between parameters and numbers")
  func mixed() throws {
    var problem = SmallProblem()
    problem.conditions = "conditionId\tk1\tA\nbefore\t0.3\t\nc0\tk_a\t\nc1\t0.5\t2\nc2\tk_a\t3"
    problem.estimated =
      "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\nk2\tlin\t0\t10\t0.6\t1\nk_a\tlog10\t0.01\t10\t0.8\t1"
    problem.measured =
      "observableId\tpreequilibrationConditionId\tsimulationConditionId\ttime\tmeasurement\nobs_a\tbefore\tc0\t1\t0.7\nobs_a\t\tc1\t1\t0.6\nobs_a\t\tc2\t1\t0.5"
    let rested = 0.6 / 0.9
    let after = 0.6 / 1.4 + (rested - 0.6 / 1.4) * exp(-1.4)
    try Self.expect(
      problem,
      Self.normal(0.7, after, 0.5) + Self.normal(0.6, Self.a(1, from: 2, 0.5), 0.5)
        + Self.normal(0.5, Self.a(1, from: 3), 0.5))
    #expect(try problem.imported().program.contains("if w.k1_choice[0] == 1 then 0.5 else k_a"))
  }

  @Test("a logarithm is not taken of what is zero where nothing was measured")
  func logarithmOfZero() throws {
    var problem = SmallProblem()
    problem.observables =
      "observableId\tobservableFormula\tnoiseFormula\tobservableTransformation\nobs_a\tA\t0.5\tlin\nobs_b\tB\t0.5\tlog10"
    problem.measured =
      "observableId\tsimulationConditionId\ttime\tmeasurement\nobs_a\tc0\t0\t0.7\nobs_b\tc0\t1\t0.3"
    let density = Self.normal(log10(0.3), log10(1 - Self.a(1)), 0.5)
    try Self.expect(problem, Self.normal(0.7, 1, 0.5) + density + log(0.3) + log(log(10)))
  }

  @Test("measurements that are all the same count one by one")
  func equalMeasurements() throws {
    var problem = SmallProblem()
    problem.observables = "observableId\tobservableFormula\tnoiseFormula\nobs_a\tk2\t0.5"
    problem.measured =
      "observableId\tsimulationConditionId\ttime\tmeasurement\nobs_a\tc0\t1\t0.7\nobs_a\tc0\t2\t0.7\nobs_a\tc0\t2\t0.7"
    try Self.expect(problem, 3 * Self.normal(0.7, 0.6, 0.5))
  }

  @Test("names that mean something in the language are changed, and told")
  func names() throws {
    var problem = SmallProblem()
    problem.compartments = #"<compartment id="default" size="1"/>"#
    problem.species = """
      <species id="state" compartment="default" initialConcentration="1"/>
      <species id="in" compartment="default" initialConcentration="0"/>
      """
    problem.parameters = #"<parameter id="t" value="0.8"/>"#
    problem.reactions = SmallProblem.reaction(
      "log", from: "state", to: "in", "<times/><ci>default</ci><ci>t</ci><ci>state</ci>")
    problem.estimated =
      "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\nt\tlog10\t1e-3\t1e3\t0.8\t1"
    problem.observables = "observableId\tobservableFormula\tnoiseFormula\nmax\t2*state + in\t0.5"
    problem.measured = "observableId\tsimulationConditionId\ttime\tmeasurement\nmax\tc0\t1\t0.7"
    #expect(try problem.imported().notes.contains("`state` is called `state_`"))
    let left = exp(-0.8)
    try Self.expect(problem, Self.normal(0.7, 2 * left + 1 - left, 0.5))
  }

  @Test("files that are there are not written over")
  func overwriting() throws {
    let problem = try SmallProblem().imported()
    let world = MemoryWorld(files: ["out/small.csv": "mine"])
    #expect(throws: FileFailure.self) {
      try problem.write(to: "out", overwriting: false, host: world.host)
    }
    #expect(world.text("out/small.csv") == "mine" && world.text("out/small.node") == nil)
    try problem.write(to: "out", overwriting: true, host: world.host)
    #expect(world.text("out/small.csv") == problem.table)
    #expect(world.text("out/small.node") == problem.program)
  }

  static let boehm = Folder.data("petab_Boehm_JProteomeRes2014")

  @Test(
    "STAT5: the program checks, and its objective at the published optimum is the published one",
    .enabled(if: boehm != nil, "NODAL_DATA lacks petab_Boehm_JProteomeRes2014"))
  func stat5() throws {
    let folder = try #require(Self.boehm)
    let problem = try ProblemImport(petab: folder + "/Boehm_JProteomeRes2014.yaml")
    let world = MemoryWorld(files: [problem.name + ".csv": problem.table])
    var configuration = Configuration(backend: .reference, directory: "/project")
    configuration.host = world.host
    let interpreter = Interpreter(configuration)
    let lines = problem.program.split(separator: "\n", omittingEmptySubsequences: false)
    let declarations = lines.prefix { !$0.contains("train likelihood") }.joined(separator: "\n")
    #expect(interpreter.run(Program(text: declarations, path: "boehm.node")) == .finished)
    for (name, value) in [
      ("Epo_degradation_BaF3", 0.02697), ("k_exp_hetero", 1.0001e-5), ("k_exp_homo", 0.00617),
      ("k_imp_hetero", 0.01637), ("k_imp_homo", 97749.0), ("k_phos", 15766.5),
      ("sd_pSTAT5A_rel", 3.852), ("sd_pSTAT5B_rel", 6.59), ("sd_rSTAT5A_rel", 3.152),
    ] { try interpreter.setWeight(name, to: [value]) }
    let found = try interpreter.gradient(of: "likelihood", on: "measurements")
    #expect(abs(found.value - 138.222) < 2e-3, "\(found.value)")
  }

  enum Folder {
    /// A folder of shared data, nil where there is none.
    static func data(_ name: String) -> String? {
      let listed = ProcessInfo.processInfo.environment["NODAL_DATA"] ?? "../shared/data"
      return listed.split(separator: ":").map { "\($0)/\(name)" }.first {
        FileManager.default.fileExists(atPath: $0)
      }
    }
  }
}
