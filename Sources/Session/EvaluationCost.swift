import NodalBasics
import NodalChecking
import NodalExecution
import NodalIR
import NodalTraining
import NodalTypes

/// What evaluations of a loss cost.
struct EvaluationCost: Sendable {
  struct Count: Sendable {
    var forward = 0
    var backward = 0
  }
  /// Examples that the loss was evaluated on, each as often as it was.
  var examples = 0
  /// Evaluations of right-hand sides, by the ode that was solved.
  private(set) var odes: [OdeID: Count] = [:]
  /// Those of all odes.
  private(set) var forward = 0
  private(set) var backward = 0
  /// Accepted steps of solves forwards.
  private(set) var steps = 0

  mutating func add(_ other: EvaluationCost) {
    examples += other.examples
    forward += other.forward
    backward += other.backward
    steps += other.steps
    for (ode, count) in other.odes {
      odes[ode, default: Count()].forward += count.forward
      odes[ode, default: Count()].backward += count.backward
    }
  }

  /// - Parameter origins: of the program that ran.
  mutating func add(_ report: RunReport, _ origins: [LoweredOrigin]) {
    for entry in report.evaluations.entries {
      forward += entry.forward
      backward += entry.backward
      steps += entry.steps
      guard let ode = origins.place(of: entry.origin)?.ode else { continue }
      odes[ode, default: Count()].forward += entry.forward
      odes[ode, default: Count()].backward += entry.backward
    }
  }
}

/// `report: nfe(ode)`: what each step cost, told as training went on.
struct EvaluationReport {
  /// What the run is parted into.
  private static let parts = 5
  private var costs: [EvaluationCost] = []

  mutating func add(_ cost: EvaluationCost) { costs.append(cost) }

  /// How often the right-hand side of an ode was evaluated for one example at a time, forward and backward, on average
  /// over the steps of each part of the run; nil before the first step.
  func means(_ ode: OdeID) -> (forward: [Double], backward: [Double])? {
    if costs.isEmpty { return nil }
    let parts = min(Self.parts, costs.count)
    var means: (forward: [Double], backward: [Double]) = ([], [])
    for part in 0..<parts {
      let piece = costs[(costs.count * part / parts)..<(costs.count * (part + 1) / parts)]
      let examples = Double(max(1, piece.reduce(0) { $0 + $1.examples }))
      let counts = piece.compactMap { $0.odes[ode] }
      means.forward.append(Double(counts.reduce(0) { $0 + $1.forward }) / examples)
      means.backward.append(Double(counts.reduce(0) { $0 + $1.backward }) / examples)
    }
    return means
  }
}

extension Session {
  /// Prints what a `train` command's `report:` asks for.
  func tell(_ report: EvaluationReport, _ command: TrainCommand) {
    for option in command.options where option.key == "report" {
      guard case .call("nfe", let arguments) = option.value,
        case .ode(let id)? = arguments.first?.value, let ode = program.odes[id],
        let means = report.means(id)
      else { continue }
      func line(_ name: String, _ values: [Double]) -> String {
        "\n  \(name)  "
          + values.map { NumberFormat.significant($0, 4) }.joined(separator: ", ")
      }
      let parts = means.forward.count
      let along = parts > 1 ? ", in \(parts) parts of the run" : ""
      let label = "nfe(\(ode.name))"
      sink(
        .printed(
          label: label,
          text: "\(label): evaluations for one example, on average\(along)"
            + line("forward ", means.forward) + line("backward", means.backward),
          value: .object([
            .init("ode", .string(ode.name)), .init("forward", .numbers(means.forward)),
            .init("backward", .numbers(means.backward)),
          ])))
    }
  }
}
