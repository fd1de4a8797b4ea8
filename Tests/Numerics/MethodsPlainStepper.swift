import NodalMethods

/// A Runge-Kutta stepper over the rows of a tableau and nothing else, in the plainest Swift: what
/// the IR's steps are compared with.
struct PlainStepper {
  typealias RightHandSide = (_ t: Double, _ y: [Double]) -> [Double]

  let tableau: Tableau
  let rhs: RightHandSide

  struct Step {
    var y1: [Double]
    var stages: [[Double]]
  }

  func step(_ t: Double, _ h: Double, _ y: [Double]) -> Step {
    var stages: [[Double]] = []
    for i in 0..<tableau.allStageCount {
      let argument = combine(y, h, tableau.rows[i].map(\.value), stages)
      stages.append(rhs(t + tableau.nodes[i].value * h, argument))
    }
    return Step(y1: combine(y, h, tableau.weights.map(\.value), stages), stages: stages)
  }

  func dense(_ theta: Double, _ h: Double, _ y: [Double], _ step: Step) -> [Double] {
    combine(y, h, tableau.dense.weights(at: theta), step.stages)
  }

  func combine(
    _ y: [Double], _ h: Double, _ weights: [Double], _ stages: [[Double]]
  ) -> [Double] {
    var sum = [Double](repeating: 0, count: y.count)
    for (weight, stage) in zip(weights, stages) where weight != 0 {
      for c in sum.indices { sum[c] += weight * stage[c] }
    }
    return zip(y, sum).map { $0 + h * $1 }
  }
}
