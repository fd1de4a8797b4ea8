import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// How much faster or slower weights move than their optimiser's rate has them.
package struct WeightRate: Sendable {
  package var weights: [WeightID]
  package var factor: Double
}

extension OptionValue {
  /// The name of a stage's optimiser, where it looks for the length of its steps.
  fileprivate var searching: String? {
    guard case .call(let name, _) = value else { return nil }
    return SettingCall.optimizers.contains { $0.name == name && $0.takesAll } ? name : nil
  }
}

/// `rate:` of `train`: how fast some of the weights move, against the others.
extension Checker {
  /// `0.1*net`, `[0.1*net, 10*swing.L]`: a constant times what is learned.
  mutating func rates(_ expression: Expression) -> OptionValue.Value? {
    if case .bracket(let parts) = expression.kind {
      var all: [WeightRate] = []
      for part in parts {
        guard case .rates(let rates)? = rates(part) else { return nil }
        all += rates
      }
      return .rates(all)
    }
    guard case .binary(let op, let factor, let subject) = expression.kind, op.kind == .multiply
    else {
      report(
        Diagnostic(
          .optionValue, "`rate:` is a constant times what is learned",
          at: Label(expression.span),
          help: ["`rate: 0.1*net` lets `net` move by a tenth of what it would"]))
      return nil
    }
    guard let number = positiveConstant(factor, what: "what a rate is multiplied by"),
      case .weights(let ids)? = weightsOption(subject)
    else { return nil }
    return .rates([WeightRate(weights: ids, factor: number)])
  }

  /// Rates are for rules that have one: others find the length of their steps themselves; false after a report.
  mutating func ratesFit(_ options: [OptionValue]) -> Bool {
    let stages = options.filter { $0.key == "optimize" || $0.key == "then" }
    func refuse(_ option: OptionValue, _ name: String) -> Bool {
      report(
        Diagnostic(
          .optionValue,
          "`\(name)` finds the length of its steps itself: `rate:` says nothing to it",
          at: Label(option.span), help: ["rates are for `adam`, `sgd` and their kind"]))
      return false
    }
    for stage in stages {
      if let own = stage.subOption("rate"), let name = stage.searching { return refuse(own, name) }
    }
    if let common = options.first(where: { $0.key == "rate" }), let name = stages.last?.searching,
      stages.allSatisfy({ $0.searching != nil })
    {
      return refuse(common, name)
    }
    return true
  }
}
