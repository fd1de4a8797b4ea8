import ArgumentParser
import NodalBasics
import NodalREPL

/// How a command shows what it has to say.
struct OutputOptions: ParsableArguments, Sendable {
  enum ColorChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
    case auto, always, never
  }

  @Flag(
    name: .long,
    help: "One JSON object a line on standard output, for each value, diagnostic, step and result.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress, no notes on what was written.")
  var quiet = false

  @Option(
    name: .long,
    help: ArgumentHelp("Colours: auto is on a terminal, unless NO_COLOR is set.", valueName: "when")
  )
  var color = ColorChoice.auto

  func style(_ host: Host) -> EventPrinter.Style {
    let hasColor =
      switch color {
      case .always: true
      case .never: false
      case .auto:
        host.isTerminal(.error) && (host.environmentVariable("NO_COLOR") ?? "").isEmpty
          && host.environmentVariable("TERM") != "dumb"
      }
    return EventPrinter.Style(isJSON: json, isQuiet: quiet, hasColor: hasColor)
  }
}
