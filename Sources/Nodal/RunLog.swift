import NodalBasics
import NodalReporting

/// What a recorded run says, as its record keeps it.
final class RunLog {
  private(set) var printed: [RunRecord.Printed] = []
  private(set) var diagnostics: [String] = []
  /// Pictures, by their paths.
  private(set) var plots: [String] = []
  private var leftOut = 0

  private static let most = 1000
  private static let length = 20_000

  func receive(_ event: Event) {
    switch event {
    case .printed(let label, let text, _):
      guard printed.count < Self.most else {
        leftOut += 1
        return
      }
      printed.append(.init(label, Self.cut(text)))
    case .diagnostic(let diagnostic):
      if diagnostics.count < Self.most { diagnostics.append(Self.cut(diagnostic.text)) }
    case .plotted(let path): if !plots.contains(path) { plots.append(path) }
    case .trainingBegan, .trainingStep, .trainingEnded, .picture, .wrote, .testPassed, .testFailed,
      .benched, .benchFailed, .note:
      break
    }
  }

  var omissions: [String] {
    leftOut == 0 ? [] : ["\(NumberFormat.grouped(leftOut)) more printed values"]
  }

  private static func cut(_ text: String) -> String {
    text.utf8.count > length ? String(text.prefix(length)) + " …" : text
  }
}
