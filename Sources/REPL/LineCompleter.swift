@preconcurrency import CReadline
import Foundation

/// Tab: what may stand at the place of the cursor, for readline.
///
/// Readline replaces a word whose beginning it finds by characters that end words; what is completed may begin before (a file's name with a
/// blank) or behind it. So candidates are given with what lies between.
enum LineCompleter {
  /// What completes a line: up to which byte of it (its cursor), the first byte that candidates replace, and the candidates.
  typealias Source = (_ line: String, _ point: Int) -> (start: Int, candidates: [String])

  /// Readline's callbacks carry no context. It keeps its state in the process, and all of this is on the thread that reads lines.
  nonisolated(unsafe) private static var source: Source?
  nonisolated(unsafe) private static var matches: [String] = []

  static func install() {
    nodal_set_word_breaks()
    rl_attempted_completion_function = { text, start, end in
      LineCompleter.complete(text, Int(start), Int(end))
    }
  }

  static func setSource(_ source: @escaping Source) { self.source = source }

  private static func complete(
    _ text: UnsafePointer<CChar>?, _ start: Int, _ end: Int
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    // No names of files where the language has none.
    rl_attempted_completion_over = 1
    guard let text, let buffer = rl_line_buffer, let source else { return nil }
    let line = String(cString: buffer)
    let found = source(line, end)
    matches = found.candidates.map { fitted($0, from: found.start, to: start, in: line) }
    if matches.isEmpty { return nil }
    return rl_completion_matches(text) { _, state in
      // Freed by readline.
      LineCompleter.matches.indices.contains(Int(state))
        ? strdup(LineCompleter.matches[Int(state)]) : nil
    }
  }

  /// A candidate that replaces a line from one byte on, for a word that begins at another.
  private static func fitted(
    _ candidate: String, from own: Int, to word: Int, in line: String
  ) -> String {
    let bytes = Array(line.utf8)
    if own >= word {
      return String(decoding: bytes[min(word, bytes.count)..<min(own, bytes.count)], as: UTF8.self)
        + candidate
    }
    return String(decoding: Array(candidate.utf8).dropFirst(word - own), as: UTF8.self)
  }
}
