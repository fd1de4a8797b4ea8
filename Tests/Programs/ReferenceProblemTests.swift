import Foundation
import Nodal
import Testing

/// Initial value problems whose end is known to many digits: the test set of Bari and others, in the shared data.
struct ReferenceProblem: Sendable, Decodable, CustomTestStringConvertible {
  let name: String
  let equations: [String]
  let parameters: [String: String]
  let initial: [String]
  let end: String
  let reference: [String]

  enum CodingKeys: String, CodingKey {
    case name, equations, parameters, initial
    case end = "t_end"
    case reference = "reference_at_t_end"
  }

  var testDescription: String { name }

  static func named(_ name: String) -> ReferenceProblem? {
    Repository.dataDirectories.lazy.compactMap { folder in
      FileManager.default.contents(atPath: folder + "/ivp_reference/\(name).json")
    }.first.flatMap { try? JSONDecoder().decode(ReferenceProblem.self, from: $0) }
  }

  /// -log₁₀ of the relative error of the end state, in the Euclidean norm.
  func digits(_ solver: String) throws -> Double {
    let states = initial.enumerated().map { "y\($0 + 1) = \($1)" }.joined(separator: ", ")
    let program = """
      ode f {
        state \(states)
        \(parameters.map { "const \($0.key) = \($0.value)" }.joined(separator: "\n  "))
        \(equations.joined(separator: "\n  "))
      }
      let s = solve(f, over: 0..\(end), solver: \(solver))
      """
    let recorder = Recorder()
    recorder.run(program)
    try #require(recorder.errors.isEmpty, "\(recorder.errors.map(\.text).joined())")
    let right = reference.compactMap(Double.init)
    let found = try right.indices.map { i in
      try #require(recorder.interpreter.evaluate("s.final.y\(i + 1)").number)
    }
    let error = zip(found, right).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let size = right.reduce(0) { $0 + $1 * $1 }
    return -log10((error / size).squareRoot())
  }
}

@Suite("Problems with known ends")
struct ReferenceProblemTests {
  static let stiffProblems = ["hires", "robertson", "orego", "vdpol", "vdpol_mu1000"].compactMap {
    ReferenceProblem.named($0)
  }

  /// Tolerances of components that are small, as Robertson's second and most of HIRES'.
  private static func settings(_ problem: ReferenceProblem, _ rtol: Double) -> String {
    problem.name == "robertson"
      ? "rtol: \(rtol), atol: [\(rtol * 1e-4), \(rtol * 1e-8), \(rtol * 1e-4)]"
      : "rtol: \(rtol), atol: \(rtol * 1e-3)"
  }

  @Test(
    .enabled(if: !stiffProblems.isEmpty, "NODAL_DATA lacks ivp_reference"),
    arguments: stiffProblems,
    [
      ("rodas5p", 1e-4, 3.5), ("rodas5p", 1e-8, 8), ("rosenbrock23", 1e-4, 2.8),
      ("bdf", 1e-4, 2.5), ("bdf", 1e-8, 5.8), ("kvaerno5", 1e-4, 3), ("kvaerno5", 1e-8, 6),
      ("radau5", 1e-4, 3), ("radau5", 1e-8, 6),
    ])
  func stiff(_ problem: ReferenceProblem, _ row: (method: String, rtol: Double, least: Double))
    throws
  {
    let digits = try problem.digits("\(row.method)(\(Self.settings(problem, row.rtol)))")
    #expect(digits >= row.least, "\(row.method) at \(row.rtol)")
  }
}
