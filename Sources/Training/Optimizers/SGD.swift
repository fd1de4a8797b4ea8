/// Gradient descent with momentum:
/// `g ← g + λx`, `b ← μb + g` (at first `b = g`), `x ← x - r b`, or `x - r (g + μb)` with
/// Nesterov's correction.
struct SGD: FirstOrderOptimizer {
  let momentum: Double
  let nesterov: Bool
  let weightDecay: Double
  var velocity: [Double] = []

  mutating func update(_ point: inout [Double], gradient: [Double], rate: Double) {
    let isFirst = velocity.count != point.count
    if isFirst { velocity = [Double](repeating: 0, count: point.count) }
    for i in point.indices {
      var g = gradient[i]
      if weightDecay != 0 { g += weightDecay * point[i] }
      if momentum != 0 {
        velocity[i] = isFirst ? g : momentum * velocity[i] + g
        g = nesterov ? g + momentum * velocity[i] : velocity[i]
      }
      point[i] -= rate * g
    }
  }

  var state: [String: [Double]] {
    get { velocity.isEmpty ? [:] : ["velocity": velocity] }
    set { velocity = newValue["velocity"] ?? [] }
  }
}

extension OptimizerRow {
  package static let sgd = OptimizerRow(
    name: "sgd", summary: "Gradient descent, with momentum if asked for.",
    source: "Sutskever et al. 2013; momentum outside the rate, as in PyTorch",
    hyperparameters: [
      Hyperparameter("lr", 1e-3, .positive, "the learning rate"),
      Hyperparameter("momentum", 0, .fraction, "how much of the last step's direction is kept"),
      Hyperparameter("nesterov", 0, .flag, "Nesterov's correction of the momentum"),
      Hyperparameter("weight_decay", 0, .nonNegative, "added to the gradient, times the weights"),
    ],
    build: {
      SGD(
        momentum: $0["momentum"], nesterov: $0.flag("nesterov"), weightDecay: $0["weight_decay"])
    })
}
