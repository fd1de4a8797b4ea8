package import Nodal
package import NodalBasics

/// `nodal` without arguments at a terminal: reads entries, runs them, shows what comes of it; a mistake never ends it.
package final class Prompt {
  private let session: PromptSession
  private let interrupts: InterruptHandler
  private let reader: LineReader
  private let version: String
  private let entry: Entry

  /// The lines of an entry so far, which what completes the next one has to know.
  private final class Entry {
    var text = ""
  }

  /// - Parameter historyFile: nil keeps no history.
  package init(
    _ configuration: Configuration, host: Host, style: EventPrinter.Style, version: String,
    historyFile: String?
  ) {
    self.version = version
    let cancellation = Cancellation()
    let session = PromptSession(
      configuration, host: host, style: style, cancellation: cancellation)
    self.session = session
    let entry = Entry()
    self.entry = entry
    let interrupts = InterruptHandler(cancellation)
    self.interrupts = interrupts
    reader = LineReader(historyFile: historyFile) { line, point in
      session.completions(of: line, at: point, after: entry.text)
    } isInterrupted: {
      interrupts.takeInterrupt()
    }
  }

  /// Until Ctrl-D or `:quit`.
  package func run() {
    let host = session.host
    host.write(.output, "Nodal \(version). :help helps, Ctrl-D leaves.\n")
    while true {
      switch reader.read(entry.text.isEmpty ? "nodal> " : "  ...> ") {
      case .end:
        host.write(.output, "\n")
        if entry.text.isEmpty { return }
        entry.text = ""
      case .interrupted:
        host.write(.output, "\n")
        entry.text = ""
      case .line(let line):
        if entry.text.isEmpty, let command = PromptCommand.parse(line) {
          reader.remember(line)
          if interruptible({ session.perform(command) }) == .leave { return }
          continue
        }
        let isEnd = line.allSatisfy(\.isWhitespace)
        entry.text += entry.text.isEmpty ? line : "\n" + line
        if entry.text.allSatisfy(\.isWhitespace) || run(mustEnd: isEnd) { entry.text = "" }
      }
    }
  }

  /// Whether the entry was complete. A second empty line ends one that isn't: it is run as it is, and says what it lacks.
  private func run(mustEnd: Bool) -> Bool {
    let text = entry.text
    if interruptible({ session.run(text) }) == nil {
      guard mustEnd, text.contains("\n\n") else { return false }
      session.printer.receive(Program(text: text, path: "<prompt>").syntaxDiagnostics)
    }
    reader.remember(text)
    return true
  }

  private func interruptible<R>(_ body: () -> R) -> R {
    interrupts.begin()
    defer { interrupts.end() }
    return body()
  }
}
