import NodalBasics
import NodalReporting

/// Gradients by several methods beside finite differences, and which of them to trust.
struct GradientTable {
  struct Cost {
    /// Evaluations of right-hand sides.
    var forward = 0
    var backward = 0
    var seconds = 0.0
    /// Held by workspaces, with the traces in them, at most.
    var bytes = 0
  }

  enum Row {
    case gradient(String, [Double], Cost)
    /// A method that can't serve this loss, and why.
    case failure(String, String)
  }

  struct Differences {
    /// Places in the gradient.
    var components: [Int]
    var values: [Double]
    /// The steepest of the slopes to both sides. At an optimum the gradient is next to nothing, and any error beside it is large:
    /// then it is compared with this, which the loss has a step away.
    var steepest: Double
    /// How far off they may be themselves.
    var doubt: Double
    /// Of all of them together.
    var cost: Cost
  }

  /// A gradient is trusted whose components differ by no more than this from the differences, relative to the largest of them.
  static let threshold = 1e-3

  var loss: String
  /// Numbers in the gradient.
  var parameters: Int
  var differences: Differences
  var rows: [Row] = []

  private var largest: Double { differences.values.map(abs).max() ?? 0 }
  private var isOptimum: Bool { largest < 0.1 * differences.steepest }
  /// What errors are relative to.
  private var scale: Double { max(isOptimum ? differences.steepest : largest, 1e-300) }
  private var scaleName: String { isOptimum ? "slopes a step away" : "largest component" }
  private var doubt: Double { differences.doubt / scale }
  /// Whether differences are good enough to judge by.
  private var canJudge: Bool { doubt <= Self.threshold }

  /// NaN where one of them is.
  private func error(_ gradient: [Double]) -> Double {
    var worst = 0.0
    for (place, value) in zip(differences.components, differences.values) {
      let own = gradient.indices.contains(place) ? abs(gradient[place] - value) / scale : .nan
      if !(own <= worst) { worst = own }
    }
    return worst
  }

  private func isTrusted(_ gradient: [Double]) -> Bool {
    canJudge && error(gradient) <= Self.threshold
  }

  /// The fastest of the trusted.
  private var advice: String? {
    let trusted = rows.compactMap { row -> (name: String, seconds: Double)? in
      guard case .gradient(let name, let gradient, let cost) = row, isTrusted(gradient) else {
        return nil
      }
      return (name, cost.seconds)
    }
    return trusted.min { $0.seconds < $1.seconds }?.name
  }

  var text: String {
    var table = TextTable(columns: [
      .init("gradient"), .init("error", .right), .init("forward", .right),
      .init("backward", .right), .init("time", .right), .init("peak memory", .right),
      .init("verdict"),
    ])
    func add(_ name: String, _ error: Double, _ cost: Cost, _ verdict: String) {
      table.rows.append([
        name, NumberFormat.significant(error, 2), NumberFormat.grouped(cost.forward),
        NumberFormat.grouped(cost.backward), NumberFormat.duration(seconds: cost.seconds),
        NumberFormat.bytes(cost.bytes), verdict,
      ])
    }
    var failures: [String] = []
    for row in rows {
      switch row {
      case .gradient(let name, let gradient, let cost):
        let verdict =
          !canJudge ? "can't be judged" : isTrusted(gradient) ? "fine" : "not to be trusted"
        add(name, error(gradient), cost, verdict)
      case .failure(let name, let message): failures.append("\n\(name): \(message)")
      }
    }
    add("differences", doubt, differences.cost, canJudge ? "what is compared with" : "too rough")
    return
      "gradients of \(loss), against differences in \(differences.components.count) of \(parameters) directions\n"
      + table.text + "\n" + optimum + conclusion + failures.joined()
  }

  private var optimum: String {
    guard isOptimum else { return "" }
    let slopes = NumberFormat.significant(differences.steepest, 2)
    return
      "the gradient is next to 0 here: errors are in units of the slopes a step away, up to \(slopes)\n"
  }

  private var conclusion: String {
    let threshold = NumberFormat.significant(Self.threshold)
    if !canJudge {
      return
        "the differences are uncertain by more than \(threshold) of the \(scaleName): tighten rtol and atol"
    }
    guard let advice else {
      return "none is within \(threshold) of differences: tighten rtol and atol"
    }
    return
      "trust those within \(threshold) of the \(scaleName); the fastest of them is \(advice)"
  }

  var json: JSONValue {
    func object(_ name: String, _ error: Double, _ cost: Cost, _ isTrusted: Bool) -> JSONValue {
      .object([
        .init("gradient", .string(name)), .init("error", .number(error)),
        .init("evaluations", .integer(cost.forward + cost.backward)),
        .init("forward", .integer(cost.forward)), .init("backward", .integer(cost.backward)),
        .init("seconds", .number(cost.seconds)), .init("bytes", .integer(cost.bytes)),
        .init("trusted", .bool(isTrusted)),
      ])
    }
    let methods = rows.map { row in
      switch row {
      case .gradient(let name, let gradient, let cost):
        object(name, error(gradient), cost, isTrusted(gradient))
      case .failure(let name, let message):
        JSONValue.object([
          .init("gradient", .string(name)), .init("failure", .string(message)),
          .init("trusted", .bool(false)),
        ])
      }
    }
    return .object([
      .init("threshold", .number(Self.threshold)),
      .init("trust", advice.map { .string($0) } ?? .null),
      .init("directions", .integer(differences.components.count)),
      .init("parameters", .integer(parameters)),
      .init(
        "methods",
        .array(methods + [object("differences", doubt, differences.cost, canJudge)])),
    ])
  }
}
