import Nodal
import NodalBasics

/// Where a training run stands: on a terminal one line that is written anew, ten times a second; elsewhere plain lines,
/// about twenty of them a run.
struct ProgressPrinter {
  private let host: Host
  private let isTerminal: Bool
  private var lastShown = -Double.infinity
  private var evaluations = 0
  private var isLineOpen = false
  private var nextPlain = 1

  init(host: Host) {
    self.host = host
    isTerminal = host.isTerminal(.error)
  }

  mutating func begin() {
    evaluations = 0
    nextPlain = 1
    lastShown = -.infinity
  }

  mutating func show(_ step: TrainingStep) {
    evaluations += step.evaluations
    if isTerminal {
      let now = host.monotonicClock()
      guard now - lastShown >= 0.1 || step.step == step.total else { return }
      lastShown = now
      let width = (host.terminalWidth(.error) ?? 80) - 1
      host.write(.error, "\r\u{1B}[K" + step.line(evaluations: solved, width: width))
      isLineOpen = true
    } else if step.step >= nextPlain || step.step == step.total {
      host.write(.error, step.line(evaluations: solved) + "\n")
      let stride = max(1, step.total / 20)
      nextPlain = (step.step / stride + 1) * stride
    }
  }

  /// Nil for a loss that solves nothing.
  private var solved: Int? { evaluations > 0 ? evaluations : nil }

  /// Ends the line that stands there, so that other text begins on one of its own.
  mutating func clear() {
    guard isLineOpen else { return }
    host.write(.error, "\n")
    isLineOpen = false
  }
}
