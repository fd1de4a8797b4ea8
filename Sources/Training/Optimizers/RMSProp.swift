/// Each component is divided by a running root mean square of its gradient:
/// `v ← αv + (1-α)g²`, `x ← x - r g/(√v + ε)`; with momentum `b ← μb + g/(√v + ε)`, `x ← x - r b`.
struct RMSProp: FirstOrderOptimizer {
  let alpha: Double
  let epsilon: Double
  let momentum: Double
  let weightDecay: Double
  var square: [Double] = []
  var velocity: [Double] = []

  mutating func update(_ point: inout [Double], gradient: [Double], rate: Double) {
    if square.count != point.count {
      square = [Double](repeating: 0, count: point.count)
      velocity = momentum > 0 ? square : []
    }
    for i in point.indices {
      var g = gradient[i]
      if weightDecay != 0 { g += weightDecay * point[i] }
      square[i] = alpha * square[i] + (1 - alpha) * g * g
      let scaled = g / (square[i].squareRoot() + epsilon)
      if momentum > 0 {
        velocity[i] = momentum * velocity[i] + scaled
        point[i] -= rate * velocity[i]
      } else {
        point[i] -= rate * scaled
      }
    }
  }

  var state: [String: [Double]] {
    get {
      if square.isEmpty { return [:] }
      return velocity.isEmpty ? ["square": square] : ["square": square, "velocity": velocity]
    }
    set {
      square = newValue["square"] ?? []
      velocity = newValue["velocity"] ?? []
      // A state of a rule without momentum: begin it at rest.
      if momentum > 0 && velocity.count != square.count {
        velocity = [Double](repeating: 0, count: square.count)
      }
    }
  }
}

extension OptimizerRow {
  package static let rmsprop = OptimizerRow(
    name: "rmsprop", summary: "Divides each gradient by a running mean of its size.",
    source: "Tieleman and Hinton 2012; ε outside the root, as in PyTorch",
    hyperparameters: [
      Hyperparameter("lr", 1e-2, .positive, "the learning rate"),
      Hyperparameter("alpha", 0.99, .fraction, "how much of the running mean is kept a step"),
      Hyperparameter("eps", 1e-8, .nonNegative, "added to the root of the mean"),
      Hyperparameter("momentum", 0, .fraction, "how much of the last step's direction is kept"),
      Hyperparameter("weight_decay", 0, .nonNegative, "added to the gradient, times the weights"),
    ],
    build: {
      RMSProp(
        alpha: $0["alpha"], epsilon: $0["eps"], momentum: $0["momentum"],
        weightDecay: $0["weight_decay"])
    })
}
