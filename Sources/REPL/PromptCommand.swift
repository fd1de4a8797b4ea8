/// What begins with a colon: it is about the session, and no part of the language.
enum PromptCommand: String, CaseIterable {
  case help, type, ir, time, load, save, undo, reset, list, set, quit

  /// What follows it; brackets around what may be left out.
  var argument: String {
    switch self {
    case .help: "[NAME]"
    case .type, .ir: "EXPRESSION"
    case .time: "ENTRY"
    case .load, .save: "FILE"
    case .set: "[NAME=VALUE]"
    case .undo, .reset, .list, .quit: ""
    }
  }

  var summary: String {
    switch self {
    case .help: "this, or what a name is and its documentation"
    case .type: "type, shape and unit of an expression"
    case .ir: "the program that an expression, or `LOSS on DATA`, becomes"
    case .time: "how long an expression, a training step or another entry takes"
    case .load: "runs a file as if it were typed"
    case .save: "the session as a program, its weights beside it; `:save!` over a file"
    case .undo: "takes back the last entry that changed something"
    case .reset: "forgets everything; `:undo` brings it back"
    case .list: "what you declared"
    case .set: "what is set; a constant, `seed` or `threads` gets another value"
    case .quit: "leaves, as Ctrl-D does"
    }
  }

  /// The word behind the colon and what follows; nil for what is no such line.
  static func parse(_ line: String) -> (name: String, argument: String)? {
    let trimmed = line.drop(while: \.isWhitespace)
    guard trimmed.first == ":" else { return nil }
    let parts = trimmed.dropFirst().split(maxSplits: 1, whereSeparator: \.isWhitespace)
    let argument = parts.count > 1 ? String(parts[1]).trimmed : ""
    return (parts.first.map(String.init) ?? "", argument)
  }

  /// The command that a word means: by its name, or by its beginning where only one begins so.
  static func named(_ word: String) -> PromptCommand? {
    if let exact = PromptCommand(rawValue: word) { return exact }
    let matches = allCases.filter { !word.isEmpty && $0.rawValue.hasPrefix(word) }
    return matches.count == 1 ? matches[0] : nil
  }
}

extension String {
  /// Without blanks at its ends.
  var trimmed: String {
    var text = Substring(self).drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
