package import Nodal
package import NodalBasics

/// `nodal` without arguments at a terminal: reads entries, runs them, shows what comes of it; a mistake never ends it.
package final class Prompt {
  private let host: Host
  private let printer: EventPrinter
  private let interpreter: Interpreter
  private let interrupts: InterruptHandler
  private let reader: LineReader
  private let version: String
  private var count = 0

  /// - Parameter historyFile: nil keeps no history.
  package init(
    _ configuration: Configuration, host: Host, style: EventPrinter.Style, version: String,
    historyFile: String?
  ) {
    self.host = host
    self.version = version
    let printer = EventPrinter(host: host, style: style)
    self.printer = printer
    let cancellation = Cancellation()
    interpreter = Interpreter(configuration, cancellation: cancellation) { printer.receive($0) }
    let interrupts = InterruptHandler(cancellation)
    self.interrupts = interrupts
    reader = LineReader(historyFile: historyFile) { interrupts.takeInterrupt() }
  }

  /// Until Ctrl-D or `:quit`.
  package func run() {
    host.write(.output, "Nodal \(version). :help helps, Ctrl-D leaves.\n")
    var entry = ""
    while true {
      reader.setNames(interpreter.visibleNames + PromptCommand.allCases.map { ":" + $0.rawValue })
      switch reader.read(entry.isEmpty ? "nodal> " : "  ...> ") {
      case .end:
        host.write(.output, "\n")
        if entry.isEmpty {
          reader.close()
          return
        }
        entry = ""
      case .interrupted:
        host.write(.output, "\n")
        entry = ""
      case .line(let line):
        if entry.isEmpty, let command = PromptCommand.parse(line) {
          reader.remember(line)
          if !perform(command) {
            reader.close()
            return
          }
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
    interrupts.begin()
    defer { interrupts.end() }
    count += 1
    switch interpreter.enter(entry, named: "<prompt:\(count)>") {
    case .incomplete:
      count -= 1
      guard mustEnd else { return false }
      printer.receive(Program(text: entry, path: "<prompt>").syntaxDiagnostics)
      reader.remember(entry)
      return true
    case .ran:
      reader.remember(entry)
      return true
    }
  }

  // MARK: Commands of the prompt

  /// False to leave.
  private func perform(_ command: (name: String, argument: String)) -> Bool {
    let matches = PromptCommand.allCases.filter { $0.rawValue.hasPrefix(command.name) }
    guard matches.count == 1 || matches.contains(where: { $0.rawValue == command.name }),
      let known = matches.first(where: { $0.rawValue == command.name }) ?? matches.first
    else {
      host.write(.error, "there is no command `:\(command.name)`; :help lists them\n")
      return true
    }
    switch known {
    case .quit: return false
    case .help: help(command.argument)
    case .list: list()
    case .type: type(command.argument)
    }
    return true
  }

  private func help(_ name: String) {
    guard !name.isEmpty else {
      var text =
        "Declarations, commands and expressions, as in a file; a value is shown. An open bracket\n"
        + "goes on in the next line; two empty lines end it. Ctrl-C stops what runs, Ctrl-D leaves.\n\n"
      for command in PromptCommand.allCases {
        let usage = ":\(command.rawValue) \(command.argument)"
        text += "  " + usage + String(repeating: " ", count: max(1, 16 - usage.count))
        text += command.summary + "\n"
      }
      host.write(.output, text)
      return
    }
    guard let declaration = interpreter.declaration(of: name) else {
      host.write(.error, "nothing is called `\(name)`; :list shows what you declared\n")
      return
    }
    host.write(.output, "\(line(of: declaration))\n")
    if let documentation = declaration.documentation {
      host.write(.output, documentation.trimmedEnd + "\n")
    }
  }

  private func list() {
    let declarations = interpreter.declarations
    if declarations.isEmpty { host.write(.output, "nothing is declared yet\n") }
    for declaration in declarations { host.write(.output, line(of: declaration) + "\n") }
  }

  private func line(of declaration: Declaration) -> String {
    let type = declaration.type.map { ": \($0)" } ?? ""
    return "\(declaration.kind) \(declaration.name)\(type)"
  }

  private func type(_ expression: String) {
    guard !expression.isEmpty else {
      host.write(.error, ":type wants a name\n")
      return
    }
    guard let declaration = interpreter.declaration(of: expression) else {
      host.write(.error, "nothing is called `\(expression)`\n")
      return
    }
    host.write(.output, line(of: declaration) + "\n")
  }
}

/// What begins with a colon.
enum PromptCommand: String, CaseIterable {
  case help, list, quit, type

  var argument: String {
    switch self {
    case .help, .type: "NAME"
    case .list, .quit: ""
    }
  }

  var summary: String {
    switch self {
    case .help: "this, or what a name is and its documentation"
    case .list: "what you declared"
    case .quit: "leaves"
    case .type: "the type of a name"
    }
  }

  static func parse(_ line: String) -> (name: String, argument: String)? {
    let trimmed = line.drop(while: \.isWhitespace)
    guard trimmed.first == ":" else { return nil }
    let parts = trimmed.dropFirst().split(maxSplits: 1, whereSeparator: \.isWhitespace)
    let argument = parts.count > 1 ? String(parts[1]).trimmedEnd : ""
    return (parts.first.map(String.init) ?? "", argument)
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var text = self
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
