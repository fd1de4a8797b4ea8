import Nodal
import NodalBasics

extension PromptSession {
  /// What may stand at a byte of a line, behind the lines of its entry that were typed before.
  func completions(
    of line: String, at point: Int, after earlier: String
  ) -> (start: Int, candidates: [String]) {
    let before = Array(line.utf8).prefix(point)
    let written = String(decoding: before, as: UTF8.self)
    if earlier.isEmpty, let (word, argument) = Self.command(written) {
      guard let argument else {
        return (
          point - word.utf8.count,
          PromptCommand.allCases.map { ":" + $0.rawValue }.filter { $0.hasPrefix(word) }
        )
      }
      return completions(of: argument, of: PromptCommand.named(word), in: line, at: point)
    }
    return inProgram(line, at: point, after: earlier)
  }

  /// `:he`, or `:help` and what stands behind it.
  private static func command(_ written: String) -> (word: String, argument: String?)? {
    let line = written.drop(while: \.isWhitespace)
    guard line.first == ":" else { return nil }
    guard let blank = line.firstIndex(where: \.isWhitespace) else { return (String(line), nil) }
    let word = line[..<blank].dropFirst().filter { $0 != "!" }
    return (word, String(line[blank...].drop(while: \.isWhitespace)))
  }

  private func completions(
    of argument: String, of command: PromptCommand?, in line: String, at point: Int
  ) -> (start: Int, candidates: [String]) {
    let start = point - argument.utf8.count
    switch command {
    case .load, .save: return files(argument, at: start)
    case .help:
      let words =
        interpreter.visibleNames + HelpTopic.all.map(\.word)
        + PromptCommand.allCases.map { ":" + $0.rawValue }
      return (start, words.filter { $0.hasPrefix(argument) })
    case .set:
      let names =
        ["seed", "threads"]
        + interpreter.declarations.filter { $0.kind == "const" }.map(\.name)
      return (start, names.filter { $0.hasPrefix(argument) }.map { $0 + "=" })
    case .type, .ir, .time:
      let found = interpreter.completions(in: argument, at: argument.utf8.count)
      return (start + found.range.lowerBound, found.candidates.map(\.text))
    case .undo, .reset, .list, .quit, nil: return (point, [])
    }
  }

  private func inProgram(
    _ line: String, at point: Int, after earlier: String
  ) -> (start: Int, candidates: [String]) {
    let prefix = earlier.isEmpty ? "" : earlier + "\n"
    let found = interpreter.completions(in: prefix + line, at: prefix.utf8.count + point)
    return (found.range.lowerBound - prefix.utf8.count, found.candidates.map(\.text))
  }

  /// Programs and folders that begin so.
  private func files(_ written: String, at start: Int) -> (start: Int, candidates: [String]) {
    let slash = written.lastIndex(of: "/").map { written.index(after: $0) } ?? written.startIndex
    let (folder, name) = (String(written[..<slash]), written[slash...])
    let files = host.files
    let names = (try? files.list(folder.isEmpty ? "." : folder)) ?? []
    let candidates = names.compactMap { entry -> String? in
      guard entry.hasPrefix(name), !entry.hasPrefix(".") || name.hasPrefix(".") else { return nil }
      if files.kind(folder + entry) == .directory { return entry + "/" }
      return entry.hasSuffix(".node") ? entry : nil
    }
    return (start + folder.utf8.count, candidates)
  }
}
