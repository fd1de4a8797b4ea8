import Nodal
import NodalBasics

/// A session that is spoken to: entries and commands of the prompt, whoever types them.
final class PromptSession {
  /// What came of a line.
  enum Outcome {
    case done, wrong, failed, cancelled, leave

    init(_ outcome: Interpreter.Outcome) {
      switch outcome {
      case .finished: self = .done
      case .wrong: self = .wrong
      case .failed: self = .failed
      case .cancelled: self = .cancelled
      }
    }
  }

  let host: Host
  let printer: EventPrinter
  let interpreter: Interpreter
  private var count = 0

  init(
    _ configuration: Configuration, host: Host, style: EventPrinter.Style,
    cancellation: Cancellation
  ) {
    self.host = host
    let printer = EventPrinter(host: host, style: style)
    self.printer = printer
    interpreter = Interpreter(configuration, cancellation: cancellation) { printer.receive($0) }
  }

  /// Runs an entry.
  /// - Returns: nil where it is to go on.
  func run(_ entry: String) -> Outcome? {
    switch interpreter.enter(entry, named: "<prompt:\(count + 1)>") {
    case .incomplete: return nil
    case .ran(let outcome):
      count += 1
      return Outcome(outcome)
    }
  }

  /// Runs a line that begins with a colon.
  func perform(_ command: (name: String, argument: String)) -> Outcome {
    var word = command.name
    let insists = word.hasSuffix("!")
    if insists { word.removeLast() }
    guard let known = PromptCommand.named(word), !insists || known == .save else {
      return refuse("there is no command `:\(command.name)`; :help lists them")
    }
    let argument = command.argument
    if argument.isEmpty, known.argument.first?.isLetter == true {
      return refuse(":\(known) wants \(known.argument): \(known.summary)")
    }
    if !argument.isEmpty, known.argument.isEmpty {
      return refuse(":\(known) stands alone: \(known.summary)")
    }
    switch known {
    case .quit: return .leave
    case .help: return help(argument)
    case .list: return list()
    case .type: return telling { say(try interpreter.typeText(of: argument)) }
    case .ir: return telling { host.write(.output, try program(of: argument)) }
    case .time: return time(argument)
    case .load: return load(argument)
    case .save: return save(argument, overwrites: insists)
    case .undo:
      guard let entry = interpreter.undo() else { return refuse("nothing is left to take back") }
      say("taken back: \(entry)")
    case .reset: interpreter.reset()
    case .set: return set(argument)
    }
    return .done
  }

  // MARK: Commands

  private func help(_ name: String) -> Outcome {
    guard !name.isEmpty else {
      say(
        """
        Declarations, commands and expressions, as in a file; a value by itself is shown. An open bracket
        goes on in the next line; two empty lines end it. Ctrl-C stops what runs, Ctrl-D leaves.

        """)
      for command in PromptCommand.allCases {
        let usage = ":\(command.rawValue) \(command.argument)"
        say(
          "  " + usage + String(repeating: " ", count: max(1, 20 - usage.count)) + command.summary)
      }
      say("\n:help NAME explains a word of the language too: " + HelpTopic.words)
      return .done
    }
    if let command = PromptCommand.named(name.first == ":" ? String(name.dropFirst()) : "") {
      say(":\(command.rawValue) \(command.argument)\n\(command.summary)")
      return .done
    }
    if let declaration = interpreter.declaration(of: name) {
      say(declaration.line)
      if let documentation = declaration.documentation { say(documentation.trimmed) }
      return .done
    }
    if let topic = HelpTopic.named(name) {
      say("\(topic.usage)\n\(topic.text)")
      return .done
    }
    if let page = ErrorPage(code: name.uppercased()) {
      say(page.text(width: host.terminalWidth(.output).map { min($0, 100) } ?? 80))
      return .done
    }
    return refuse("nothing is called `\(name)`; :list shows what you declared, :help what there is")
  }

  private func list() -> Outcome {
    let declarations = interpreter.declarations
    if declarations.isEmpty { say("nothing is declared yet") }
    for declaration in declarations { say(declaration.line) }
    return .done
  }

  /// `LOSS on DATA`, or an expression.
  private func program(of text: String) throws -> String {
    let regions =
      text.contains(" on ")
      ? try interpreter.emit(Program(text: "check gradients of \(text)", path: "<prompt>"))
      : try interpreter.emit(expression: text)
    guard let last = regions.last else { return "" }
    return last.text.hasSuffix("\n") ? last.text : last.text + "\n"
  }

  private func time(_ text: String) -> Outcome {
    switch interpreter.time(text) {
    case .benchmark(let outcome):
      printer.showBenchmarks()
      return Outcome(outcome)
    case .once(let seconds, let outcome):
      say("took \(NumberFormat.significant(seconds, 3)) s")
      return Outcome(outcome)
    }
  }

  private func load(_ file: String) -> Outcome {
    do {
      return Outcome(interpreter.enter(file: try Program(contentsOf: file)))
    } catch {
      return refuse("\(error)")
    }
  }

  private func save(_ file: String, overwrites: Bool) -> Outcome {
    telling {
      let saved = try interpreter.saveSession(to: file, overwriting: overwrites)
      say("session: \(saved.path)")
      if let weights = saved.weights { say("weights: \(weights)") }
      for part in saved.leftOut { say("left out: \(part)") }
    }
  }

  private func set(_ argument: String) -> Outcome {
    guard !argument.isEmpty else {
      say("seed     \(interpreter.seed.map(String.init) ?? "the program's")")
      say("threads  \(interpreter.threads)")
      for (name, value) in interpreter.settings.sorted(by: { $0.key < $1.key }) {
        say("\(name) = \(value)")
      }
      return .done
    }
    let parts = argument.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      return refuse(":set wants NAME=VALUE: `:set g=1.62`, `:set seed=3`, `:set threads=4`")
    }
    switch parts[0] {
    case "seed":
      guard let seed = Int(parts[1]) else { return refuse("a seed is a whole number") }
      interpreter.seed = seed
    case "threads":
      guard let threads = Int(parts[1]), (1...64).contains(threads) else {
        return refuse("threads are a number from 1 to 64")
      }
      interpreter.threads = threads
    default: return telling { try interpreter.change(parts[0], to: parts[1]) }
    }
    return .done
  }

  // MARK: Words

  private func say(_ text: String) { host.write(.output, text + "\n") }

  private func refuse(_ text: String) -> Outcome {
    host.write(.error, text + "\n")
    return .failed
  }

  /// Mistakes are told, and end nothing.
  private func telling(_ body: () throws -> Void) -> Outcome {
    do {
      try body()
      return .done
    } catch let failure as ProgramFailure {
      printer.receive(failure.diagnostics)
      return .wrong
    } catch {
      return refuse("\(error)")
    }
  }
}

extension Declaration {
  /// `let s: Solution<swing>`
  fileprivate var line: String { "\(kind) \(name)\(type.map { ": \($0)" } ?? "")" }
}

extension HelpTopic {
  fileprivate static var words: String { all.map(\.word).joined(separator: " ") }
}
