package import Nodal
package import NodalBasics

/// Standard input that nobody types: the same entries and commands as at the prompt, without its noise, up to the first that goes wrong.
package struct PipedInput {
  private let session: PromptSession
  private let interrupts: InterruptHandler

  package init(_ configuration: Configuration, host: Host, style: EventPrinter.Style) {
    let cancellation = Cancellation()
    session = PromptSession(configuration, host: host, style: style, cancellation: cancellation)
    interrupts = InterruptHandler(cancellation)
  }

  /// How it came out, and why standard output didn't take what was written to it.
  package func run(_ text: String) -> (outcome: Interpreter.Outcome, lost: HostError?) {
    interrupts.begin()
    let outcome = outcome(of: text)
    return (outcome, session.printer.outputFailure)
  }

  private func outcome(of text: String) -> Interpreter.Outcome {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // What came before is blank, so that messages count the lines of all that was read.
    var start = 0
    func entries(to end: Int) -> String {
      String(repeating: "\n", count: start) + lines[start..<end].joined(separator: "\n")
    }
    func feed(to end: Int) -> Interpreter.Outcome {
      let part = entries(to: end)
      if part.allSatisfy(\.isWhitespace) { return .finished }
      return session.interpreter.feed(Program(text: part, path: "<stdin>"))
    }
    for (number, line) in lines.enumerated() {
      guard let command = PromptCommand.parse(String(line)),
        !session.interpreter.isIncomplete(entries(to: number))
      else { continue }
      let outcome = feed(to: number)
      guard outcome == .finished else { return outcome }
      start = number + 1
      switch session.perform(command) {
      case .done: break
      case .leave: return .finished
      case .wrong: return .wrong
      case .failed: return .failed
      case .cancelled: return .cancelled
      }
    }
    return feed(to: lines.count)
  }
}
