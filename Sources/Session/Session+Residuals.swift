import Foundation
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalReporting
import NodalTraining
import NodalTransforms
import NodalTypes

/// What a fit leaves of an observed field of the data, in the order of the data.
struct FieldResiduals {
  /// The name of the field.
  let name: String
  /// Of the places where there is an observation: what was observed, what the model says, and their difference over what it is expected to be.
  var observed: [Double] = []
  var fitted: [Double] = []
  var residuals: [Double] = []
  /// The time of each, where there are times.
  var times: [Double] = []
  /// Where experiments begin.
  var starts: [Int] = []
  /// Which examples these are.
  var examples: [Int] = []

  /// Neighbours in time: pairs within an experiment.
  private var pairs: [(Double, Double)] {
    let firsts = Set(starts)
    return residuals.indices.dropFirst().filter { !firsts.contains($0) }.map {
      (residuals[$0 - 1], residuals[$0])
    }
  }

  var mean: Double { residuals.reduce(0, +) / Double(max(1, residuals.count)) }

  /// Their standard deviation.
  var spread: Double {
    let mean = mean
    let sum = residuals.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (sum / Double(max(1, residuals.count - 1))).squareRoot()
  }

  /// The correlation of each with the one before it: near 0 where nothing but noise is left.
  var correlation: Double {
    let square = residuals.reduce(0) { $0 + $1 * $1 } / Double(max(1, residuals.count))
    guard square > 0, !pairs.isEmpty else { return 0 }
    return pairs.reduce(0) { $0 + $1.0 * $1.1 } / Double(pairs.count) / square
  }

  /// By how many standard deviations there are more changes of sign than noise would have (Wald and Wolfowitz 1940): far below 0 where residuals keep their sign for long.
  var signChanges: Double {
    let above = Double(residuals.count { $0 > 0 })
    let below = Double(residuals.count) - above
    let n = above + below
    guard above > 0, below > 0, n > 2 else { return 0 }
    let found = Double(pairs.count { ($0.0 > 0) != ($0.1 > 0) })
    let share = 2 * above * below / (n * (n - 1))
    let expected = Double(pairs.count) * share
    let variance = Double(pairs.count) * share * (1 - share)
    return variance > 0 ? (found - expected) / variance.squareRoot() : 0
  }

  /// The probability that normal noise is as skewed and long-tailed (Jarque and Bera 1980).
  var normality: Double {
    let (n, mean) = (Double(residuals.count), mean)
    func moment(_ k: Int) -> Double {
      residuals.reduce(0) { $0 + pow($1 - mean, Double(k)) } / max(1, n)
    }
    let variance = moment(2)
    guard variance > 0 else { return 1 }
    let skew = moment(3) / pow(variance, 1.5)
    let tails = moment(4) / (variance * variance) - 3
    return exp(-n / 12 * (skew * skew + tails * tails / 4))
  }

  /// What is to be said of them.
  var words: [String] {
    guard residuals.count >= 8, spread > 0 else { return [] }
    var words: [String] = []
    let reach = 3 / Double(residuals.count).squareRoot()
    if correlation > reach, signChanges < -3 {
      words.append(
        "the residuals of `\(name)` keep their sign for long (correlation of neighbours \(NumberFormat.significant(correlation, 2))): the model misses something of its course"
      )
    } else if correlation < -reach {
      words.append(
        "the residuals of `\(name)` change their sign each time (correlation of neighbours \(NumberFormat.significant(correlation, 2))): the model may follow the noise"
      )
    }
    if normality < 1e-3 {
      let largest = residuals.map { abs($0 - mean) / spread }.max() ?? 0
      words.append(
        "the residuals of `\(name)` aren't normal (the largest is \(NumberFormat.significant(largest, 2)) times their spread): outliers weigh much in squares, `student_t` and `huber` bear them"
      )
    }
    return words
  }
}

/// `residuals of run`: what a fit leaves of the data.
extension Session {
  func residuals(_ command: ResidualsCommand) throws {
    guard case .run(let run)? = values[command.run] else {
      throw SessionFailure(.resultUndefined, "`\(command.run)` has no value yet", at: command.span)
    }
    let found = try residuals(of: run, command.training)
    guard !found.isEmpty else {
      throw SessionFailure(
        .optionValue,
        "`\(command.training.loss.name)` compares nothing with its data by squares: there are no residuals",
        at: command.span, help: ["`mse(s.x, w.x)` and `w.x ~ normal(s.x, σ)` do"])
    }
    let record = SessionValue.record(
      found.map { field in
        .init(
          field.name,
          .record(
            [
              .init("observed", .array(Tensor(field.observed))),
              .init("fitted", .array(Tensor(field.fitted))),
              .init("residual", .array(Tensor(field.residuals))),
            ] + (field.times.isEmpty ? [] : [.init("t", .array(Tensor(field.times)))])))
      })
    if let name = command.name { values[name] = record }
    var table = TextTable(
      columns: [.init("field")]
        + ["observations", "mean", "spread", "neighbours", "sign changes", "normal"].map {
          .init($0, .right)
        })
    for field in found {
      table.rows.append(
        [field.name, NumberFormat.grouped(field.residuals.count)]
          + [field.mean, field.spread, field.correlation, field.signChanges, field.normality].map {
            NumberFormat.significant($0, 3)
          })
    }
    let text =
      (["residuals of \(command.run)", table.text.trimmingCharacters(in: .newlines)]
      + found.flatMap(\.words)).joined(separator: "\n")
    sink(
      .printed(label: command.name ?? "residuals", text: text, value: ValueText.json(record)))
  }

  /// Of each field that the loss of a run compares with its data, at the parameters that were kept.
  func residuals(of run: RunValue, _ training: TrainCommand) throws -> [FieldResiduals] {
    let plan = try TrainingPlan(training, self)
    guard let data = plan.data, case .record(let fields) = training.loss.parameterType else {
      return []
    }
    let evaluator = try LossEvaluator(self, training.loss, type: plan.type)
    let best = evaluator.best(of: run)
    var parts: [Int: [String: FieldResiduals]] = [:]
    for group in ExampleGroup.groups(data) {
      let lowered = try evaluator.program(for: group).lowered.program
      let wrt = evaluator.inputs.compactMap(lowered.parameter)
      guard let (region, comparisons) = try LeastSquares.comparisons(of: lowered.region, wrt: wrt)
      else { continue }
      let arguments = try evaluator.arguments(lowered, best.values, step: 0, group)
      let results = try evaluator.eachExample(of: region, lowered, arguments, group)
      for (k, comparison) in comparisons.enumerated() where comparison.parameter < fields.count {
        let name = fields[comparison.parameter].name
        for (lane, place) in group.places.enumerated() {
          let own = (0..<3).map { results[lane][3 * k + $0].numbers }
          let times = plan.type?.timeColumn.flatMap { data.value(of: $0, example: place)?.values }
          var field = parts[place]?[name] ?? FieldResiduals(name: name)
          field.add(own, times, isLogarithmic: comparison.isLogarithmic)
          parts[place, default: [:]][name] = field
        }
      }
    }
    return fields.map(\.name).compactMap { name in
      var whole = FieldResiduals(name: name)
      for place in parts.keys.sorted() {
        guard let own = parts[place]?[name] else { continue }
        whole.append(own, example: place)
      }
      return whole.residuals.isEmpty ? nil : whole
    }
  }
}

extension FieldResiduals {
  /// Adds what an example compares: what is given, what the model says, and roots; nothing is compared where a root is 0.
  fileprivate mutating func add(
    _ parts: [[Double]], _ times: [Double]?, isLogarithmic: Bool
  ) {
    let scale: (Double) -> Double = isLogarithmic ? exp : { $0 }
    // Where roots are negative residuals or positive ones depends on how the loss was written: a residual is what was observed less what was fitted.
    for (i, root) in parts[2].enumerated() where root != 0 && root.isFinite {
      observed.append(scale(parts[0][i]))
      fitted.append(scale(parts[1][i]))
      residuals.append(parts[0][i] < parts[1][i] ? -abs(root) : abs(root))
      if let times, times.count == parts[2].count { self.times.append(times[i]) }
    }
  }

  fileprivate mutating func append(_ other: FieldResiduals, example: Int) {
    starts.append(residuals.count)
    examples.append(example)
    observed += other.observed
    fitted += other.fitted
    residuals += other.residuals
    times += other.times
  }
}
