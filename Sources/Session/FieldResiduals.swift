import Foundation
import NodalBasics

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
