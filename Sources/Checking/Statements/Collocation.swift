import NodalDiagnostics
import NodalTypes

extension Checker {
  /// Whether slopes can be fitted before trajectories, where `collocation:` asks for it.
  mutating func canCollocate(
    _ options: [OptionValue], _ loss: LossInstance, _ data: DatasetType?
  ) -> Bool {
    guard let option = options.first(where: { $0.key == "collocation" }) else { return true }
    func refuse(_ message: String, also: [Label] = [], help: [String] = []) -> Bool {
      report(Diagnostic(.optionValue, message, at: Label(option.span), also: also, help: help))
      return false
    }
    if case .call("lm", _) = option.value {
      return refuse(
        "`collocation:` fits slopes by rules that want a gradient, and `lm` wants more",
        help: ["`collocation: lbfgs(), steps: 200`"])
    }
    guard data?.timeColumn != nil else {
      return refuse(
        "`collocation:` looks at how data change, and these have no time column",
        help: ["name it where the data are declared: `time: \"t\"`"])
    }
    var solves: [SolveExpression] = []
    loss.expression.walk { if case .solve(let solve) = $0.kind { solves.append(solve) } }
    if solves.isEmpty {
      return refuse("`\(loss.name)` solves nothing whose slopes could be fitted")
    }
    for solve in solves {
      guard let why = environment.odes[solve.ode]?.obstacleToSlopes(solve) else { continue }
      return refuse(
        "`collocation:` fits slopes, and \(why)", also: [Label(solve.span, "solved here")])
    }
    return true
  }
}

extension OdeInstance {
  /// Why how data change doesn't tell its right-hand side.
  fileprivate func obstacleToSlopes(_ solve: SolveExpression) -> String? {
    if !solve.overrides.isEmpty { return "`with:` gives this solve parameters of its own" }
    if !implicit.isEmpty { return "`\(name)` isn't solved for its derivatives" }
    if !delays.isEmpty { return "`\(name)` reads earlier states" }
    if !noise.isEmpty { return "`\(name)` has noise, whose paths have no slope" }
    if inputs.contains(where: \.isDifferentiated) {
      return "`\(name)` reads how an input changes"
    }
    if !events.isEmpty { return "`\(name)` has events, at which states may jump" }
    return nil
  }
}
