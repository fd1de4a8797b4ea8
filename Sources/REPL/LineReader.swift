@preconcurrency import CReadline
import Foundation
import Synchronization

/// Lines from a person at a terminal, through GNU readline: editing, history, completion.
///
/// Readline keeps its state in the process, so there is one of these.
final class LineReader {
  enum Answer {
    case line(String)
    /// Ctrl-C.
    case interrupted
    /// Ctrl-D on an empty line.
    case end
  }

  /// What readline's callbacks, which carry no context, have to say.
  private struct Shared {
    var answer: String?
    var isDone = false
  }
  private static let shared = Mutex(Shared())

  private let historyFile: String?
  private let isInterrupted: () -> Bool

  /// - Parameters:
  ///   - historyFile: read now, and added to by each entry; nil for none.
  ///   - completions: what Tab offers.
  ///   - isInterrupted: whether Ctrl-C was pressed since the last call.
  init(
    historyFile: String?, completions: @escaping LineCompleter.Source,
    isInterrupted: @escaping () -> Bool
  ) {
    self.historyFile = historyFile
    self.isInterrupted = isInterrupted
    // Interrupts go to the process's own handler; readline never sees them.
    rl_catch_signals = 0
    LineCompleter.install()
    LineCompleter.setSource(completions)
    // Where nothing says how characters are written, as this program does.
    nodal_set_locale()
    // `$if nodal` in an `.inputrc`.
    nodal_set_name()
    using_history()
    stifle_history(Self.mostHistory)
    // With times between them, entries of several lines come back as one.
    history_write_timestamps = 1
    history_comment_char = CChar(UInt8(ascii: "#"))
    if let historyFile {
      read_history(historyFile)
      if history_length >= Self.mostHistory { history_truncate_file(historyFile, Self.mostHistory) }
      removeRepeats()
    }
  }

  private static let mostHistory: Int32 = 10_000

  /// Adds to the history, at once to its file too: prompts beside each other lose nothing of it. Of equal entries the last stays.
  func remember(_ entry: String) {
    guard !entry.allSatisfy(\.isWhitespace) else { return }
    for place in (0..<history_length).reversed() where Self.entry(at: place) == entry {
      free_history_entry(remove_history(place))
    }
    add_history(entry)
    guard let historyFile else { return }
    if append_history(1, historyFile) != 0 { write_history(historyFile) }
  }

  private func removeRepeats() {
    var seen: Set<String> = []
    for place in (0..<history_length).reversed() {
      if let entry = Self.entry(at: place), !seen.insert(entry).inserted {
        free_history_entry(remove_history(place))
      }
    }
  }

  private static func entry(at place: Int32) -> String? {
    history_get(history_base + place).flatMap { $0.pointee.line }.map { String(cString: $0) }
  }

  /// Shows the prompt, and waits.
  func read(_ prompt: String) -> Answer {
    Self.shared.withLock {
      $0.answer = nil
      $0.isDone = false
    }
    _ = isInterrupted()
    rl_callback_handler_install(prompt) { line in
      let text = line.map { String(cString: $0) }
      free(line)
      LineReader.shared.withLock {
        $0.answer = text
        $0.isDone = true
      }
      rl_callback_handler_remove()
    }
    while true {
      var input = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
      let ready = poll(&input, 1, 50)
      if isInterrupted() {
        rl_free_line_state()
        rl_callback_sigcleanup()
        rl_callback_handler_remove()
        return .interrupted
      }
      guard ready > 0 else { continue }
      rl_callback_read_char()
      let (isDone, answer) = Self.shared.withLock { ($0.isDone, $0.answer) }
      if isDone { return answer.map { .line($0) } ?? .end }
    }
  }
}
