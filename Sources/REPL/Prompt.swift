package import Nodal
package import NodalBasics

/// `nodal` without arguments at a terminal: reads entries, runs them, shows what comes of it; a mistake never ends it.
package final class Prompt {
  private let session: PromptSession
  private let interrupts: InterruptHandler
  private let reader: LineReader
  private let version: String

  /// - Parameter historyFile: nil keeps no history.
  package init(
    _ configuration: Configuration, host: Host, style: EventPrinter.Style, version: String,
    historyFile: String?
  ) {
    self.version = version
    let cancellation = Cancellation()
    session = PromptSession(configuration, host: host, style: style, cancellation: cancellation)
    let interrupts = InterruptHandler(cancellation)
    self.interrupts = interrupts
    reader = LineReader(historyFile: historyFile) { interrupts.takeInterrupt() }
  }

  /// Until Ctrl-D or `:quit`.
  package func run() {
    let host = session.host
    host.write(.output, "Nodal \(version). :help helps, Ctrl-D leaves.\n")
    var entry = ""
    while true {
      reader.setNames(
        session.interpreter.visibleNames + PromptCommand.allCases.map { ":" + $0.rawValue })
      switch reader.read(entry.isEmpty ? "nodal> " : "  ...> ") {
      case .end:
        host.write(.output, "\n")
        if entry.isEmpty { return }
        entry = ""
      case .interrupted:
        host.write(.output, "\n")
        entry = ""
      case .line(let line):
        if entry.isEmpty, let command = PromptCommand.parse(line) {
          reader.remember(line)
          if interruptible({ session.perform(command) }) == .leave { return }
          continue
        }
        let isEnd = line.allSatisfy(\.isWhitespace)
        entry += entry.isEmpty ? line : "\n" + line
        if entry.allSatisfy(\.isWhitespace) {
          entry = ""
          continue
        }
        if run(entry, mustEnd: isEnd && entry.contains("\n\n")) { entry = "" }
      }
    }
  }

  /// Whether the entry was complete. A second empty line ends one that isn't: it is run as it is, and says what it lacks.
  private func run(_ entry: String, mustEnd: Bool) -> Bool {
    if interruptible({ session.run(entry) }) == nil {
      guard mustEnd else { return false }
      session.printer.receive(Program(text: entry, path: "<prompt>").syntaxDiagnostics)
    }
    reader.remember(entry)
    return true
  }

  private func interruptible<R>(_ body: () -> R) -> R {
    interrupts.begin()
    defer { interrupts.end() }
    return body()
  }
}
