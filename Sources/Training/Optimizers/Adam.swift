import Foundation

/// Running means of the gradient and its square, each corrected for its beginning at zero:
/// `m ← β₁m + (1-β₁)g`, `v ← β₂v + (1-β₂)g²`, `x ← x - r m̂/(√v̂ + ε)`.
struct Adam: FirstOrderOptimizer {
  let beta1: Double
  let beta2: Double
  let epsilon: Double
  let weightDecay: Double
  /// The decay shrinks the weights themselves, `x ← (1 - rλ)x`, instead of entering the means.
  let isDecoupled: Bool
  var mean: [Double] = []
  var square: [Double] = []
  var steps = 0.0

  mutating func update(_ point: inout [Double], gradient: [Double], rate: Double) {
    if mean.count != point.count || square.count != point.count {
      mean = [Double](repeating: 0, count: point.count)
      square = mean
      steps = 0
    }
    steps += 1
    let meanCorrection = 1 - pow(beta1, steps)
    let squareCorrection = (1 - pow(beta2, steps)).squareRoot()
    for i in point.indices {
      var g = gradient[i]
      if isDecoupled {
        point[i] *= 1 - rate * weightDecay
      } else if weightDecay != 0 {
        g += weightDecay * point[i]
      }
      mean[i] = beta1 * mean[i] + (1 - beta1) * g
      square[i] = beta2 * square[i] + (1 - beta2) * g * g
      let size = square[i].squareRoot() / squareCorrection + epsilon
      // A component that never had a gradient stays; with ε = 0 it would be 0/0.
      if mean[i] != 0 { point[i] -= rate / meanCorrection * (mean[i] / size) }
    }
  }

  var state: [String: [Double]] {
    get { mean.isEmpty ? [:] : ["mean": mean, "square": square, "steps": [steps]] }
    set {
      mean = newValue["mean"] ?? []
      square = newValue["square"] ?? []
      steps = newValue["steps"]?.first ?? 0
    }
  }
}

extension OptimizerRow {
  package static let adam = adam(
    name: "adam", summary: "Running means of gradient and square; decay enters the gradient.",
    source: "Kingma and Ba 2015, algorithm 1", decay: 0, isDecoupled: false)

  package static let adamw = adam(
    name: "adamw", summary: "Adam whose weight decay shrinks the weights themselves.",
    source: "Loshchilov and Hutter 2019, algorithm 2", decay: 1e-2, isDecoupled: true)

  private static func adam(
    name: String, summary: String, source: String, decay: Double, isDecoupled: Bool
  ) -> OptimizerRow {
    OptimizerRow(
      name: name, summary: summary, source: source,
      hyperparameters: [
        Hyperparameter("lr", 1e-3, .positive, "the learning rate"),
        Hyperparameter("beta1", 0.9, .fraction, "how much of the mean is kept a step"),
        Hyperparameter("beta2", 0.999, .fraction, "how much of the mean square is kept a step"),
        Hyperparameter("eps", 1e-8, .nonNegative, "added to the root of the mean square"),
        Hyperparameter("weight_decay", decay, .nonNegative, "how strongly weights are shrunk"),
      ],
      build: {
        Adam(
          beta1: $0["beta1"], beta2: $0["beta2"], epsilon: $0["eps"],
          weightDecay: $0["weight_decay"], isDecoupled: isDecoupled)
      })
  }
}
