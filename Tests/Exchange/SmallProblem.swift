import Nodal
import NodalBasics

/// A small PEtab problem in memory: A turns into B and back, unless a test says otherwise.
struct SmallProblem {
  var species = """
    <species id="A" compartment="c" initialConcentration="1"/>
    <species id="B" compartment="c" initialConcentration="0"/>
    """
  var compartments = #"<compartment id="c" size="1"/>"#
  var parameters = #"<parameter id="k1" value="0.8"/><parameter id="k2" value="0.6"/>"#
  var reactions =
    reaction("there", from: "A", to: "B", "<times/><ci>c</ci><ci>k1</ci><ci>A</ci>")
    + reaction("back", from: "B", to: "A", "<times/><ci>c</ci><ci>k2</ci><ci>B</ci>")
  /// Function definitions, assignments, rules, events: lists of their own.
  var more = ""
  var conditions = "conditionId\nc0"
  var observables = "observableId\tobservableFormula\tnoiseFormula\nobs_a\tA\t0.5"
  var measured =
    "observableId\tsimulationConditionId\ttime\tmeasurement\nobs_a\tc0\t0\t0.7\nobs_a\tc0\t10\t0.1"
  var estimated =
    "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\nk1\tlog10\t1e-3\t1e3\t0.8\t1\nk2\tlin\t0\t10\t0.6\t0"

  static func reaction(
    _ id: String, from: String?, to: String?, _ apply: String, more: String = ""
  ) -> String {
    func side(_ list: String, _ species: String?) -> String {
      species.map { "<\(list)><speciesReference species=\"\($0)\"/></\(list)>" } ?? ""
    }
    return """
      <reaction id="\(id)">\(side("listOfReactants", from))\(side("listOfProducts", to))<kineticLaw>\
      \(math(apply))\(more)</kineticLaw></reaction>
      """
  }

  static func math(_ apply: String) -> String {
    "<math xmlns=\"http://www.w3.org/1998/Math/MathML\">"
      + (apply.hasPrefix("<c") || apply.hasPrefix("<piece") || apply.hasPrefix("<lambda")
        ? apply : "<apply>\(apply)</apply>") + "</math>"
  }

  static let time = "<csymbol definitionURL=\"http://www.sbml.org/sbml/symbols/time\">t</csymbol>"

  var model: String {
    """
    <?xml version="1.0"?>
    <sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4"><model id="m">
    <!-- a comment --><notes><p>words &lt; more</p></notes>
    <listOfCompartments>\(compartments)</listOfCompartments>
    <listOfSpecies>\(species)</listOfSpecies>
    <listOfParameters>\(parameters)</listOfParameters>
    <listOfReactions>\(reactions)</listOfReactions>\(more)
    </model></sbml>
    """
  }

  static let yaml = """
    # a problem
    format_version: 1
    parameter_file: parameters.tsv
    problems:
    - condition_files: [conditions.tsv]
      measurement_files:
        - measurements.tsv
      observable_files:
      - "observables.tsv"
      sbml_files:
      - model.xml
    """

  var files: [String: String] {
    [
      "small/small.yaml": Self.yaml, "small/model.xml": model, "small/conditions.tsv": conditions,
      "small/observables.tsv": observables, "small/measurements.tsv": measured,
      "small/parameters.tsv": estimated,
    ]
  }

  func imported() throws -> ProblemImport {
    try ProblemImport(petab: "small/small.yaml", host: MemoryWorld(files: files).host)
  }

  /// What the program's loss comes to at the nominal values, and what is wrong with the program.
  func objective() throws -> (value: Double, found: [Diagnostic]) {
    let problem = try imported()
    let world = MemoryWorld(files: [problem.name + ".csv": problem.table])
    var configuration = Configuration(backend: .reference, directory: "/project")
    configuration.host = world.host
    let interpreter = Interpreter(configuration)
    let found = interpreter.check(Program(text: problem.program, path: "small.node"))
    let lines = problem.program.split(separator: "\n", omittingEmptySubsequences: false)
    let declarations = lines.prefix { !$0.contains("train likelihood") }.joined(separator: "\n")
    interpreter.run(Program(text: declarations, path: "small.node"))
    return (try interpreter.gradient(of: "likelihood", on: "measurements").value, found)
  }

  /// Codes of what an import fails for.
  func refusal() -> [String] {
    do {
      _ = try imported()
      return []
    } catch let failure as ProgramFailure {
      return failure.diagnostics.map(\.code)
    } catch {
      return ["\(error)"]
    }
  }
}
