import NodalDiagnostics
import NodalTypes

extension Checker {
  /// Whether a loss can be computed of windows that begin in states of their own, where `shooting:` asks for it.
  mutating func canShoot(
    _ options: [OptionValue], _ loss: LossInstance, _ data: DatasetType?
  ) -> Bool {
    guard let option = options.first(where: { $0.key == "shooting" }) else { return true }
    func refuse(_ message: String, also: [Label] = [], help: String) -> Bool {
      report(
        Diagnostic(.optionValue, message, at: Label(option.span), also: also, help: [help]))
      return false
    }
    guard data?.timeColumn != nil else {
      return refuse(
        "`shooting:` cuts data along time, and these have no time column",
        help: "name it where the data are declared: `time: \"t\"`")
    }
    if let other = options.first(where: { $0.key == "horizon" }) {
      return refuse(
        "`shooting:` and `horizon:` both cut the data", also: [Label(other.span, "and here")],
        help: "use one of them")
    }
    if let batch = options.first(where: { $0.key == "batch" }),
      case .call("windows", _) = batch.value
    {
      return refuse(
        "with `shooting:` the data are cut already", also: [Label(batch.span, "and here again")],
        help: "`batch: shuffled(n)` takes n of the windows at a time")
    }
    var solves: [SolveExpression] = []
    loss.expression.walk { if case .solve(let solve) = $0.kind { solves.append(solve) } }
    guard solves.contains(where: \.followsItsExample) else {
      return refuse(
        "`\(loss.name)` solves nothing that begins where its example does",
        also: solves.first.map { [Label($0.span, "this begins elsewhere")] } ?? [],
        help:
          "a window is solved over its own times: `solve(…, at: w.t)`, without `over` and `start`")
    }
    for solve in solves {
      guard let ode = environment.odes[solve.ode], let why = ode.obstacleToWindows else {
        continue
      }
      return refuse(
        "`shooting:` begins windows in states of their own, and \(why)",
        also: [Label(solve.span, "solved here")],
        help: "`horizon: grow(from: …, to: …)` needs no such states")
    }
    return true
  }
}

extension OdeInstance {
  /// Why its solutions can't be begun in the middle.
  fileprivate var obstacleToWindows: String? {
    if !delays.isEmpty { return "`\(name)` reads earlier states, which a window has none of" }
    if !noise.isEmpty {
      return "`\(name)` has noise, whose path doesn't go on from window to window"
    }
    if events.contains(where: \.stops) { return "a solution of `\(name)` may stop" }
    return nil
  }
}
