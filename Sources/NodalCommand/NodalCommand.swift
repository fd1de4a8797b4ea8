import ArgumentParser
import Nodal
import NodalBasics
import NodalREPL

/// The command: `nodal`.
@main
struct NodalCommand: ParsableCommand {
  static let version = NodalVersion.text

  static let configuration = CommandConfiguration(
    commandName: "nodal",
    abstract: "Runs models of dynamics written in the .node language.",
    usage: "nodal [<subcommand>]",
    discussion: """
      Without a subcommand: a prompt at a terminal; elsewhere standard input is run as if it were typed there.

      EXAMPLES
        nodal run examples/lynx_hare.node
        nodal check model.node
        nodal run model.node --set g=1.62 --out results
        nodal explain-error E0201

      EXIT STATUS
        0    fine
        1    the program failed while it ran, or a test did not hold
        2    the program is wrong
        64   the command was called wrongly
        130  stopped by Ctrl-C
      """,
    version: "nodal \(version)",
    subcommands: [
      RunCommand.self, CheckCommand.self, FormatCommand.self, TestCommand.self, BenchCommand.self,
      EmitCommand.self, ImportCommand.self, ExportCommand.self, ReportCommand.self,
      LanguageServerCommand.self, ExplainErrorCommand.self, DocCommand.self,
    ])

  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    let host = Host.system
    guard isTerminal(standardInput: host) else {
      try perform { () throws in
        try ProgramRun(ExecutionOptions.plain(), output).feed()
      }
      return
    }
    let configuration = ExecutionOptions.plain().configuration(directory: ".")
    let style = output.style(host)
    let history = HistoryFile.path(host)
    try perform {
      Prompt(
        configuration, host: host, style: style, version: Self.version, historyFile: history
      ).run()
    }
  }
}
