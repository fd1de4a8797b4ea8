import ArgumentParser
import Nodal
import NodalBasics
import NodalREPL

struct FormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt",
    abstract: "Rewrites programs in the canonical form.",
    discussion: """
      Comments and line breaks are kept; formatting twice changes nothing. A file is written whole or
      not at all, and only where something changes. A file with mistakes of grammar is left as it is.

      EXAMPLES
        nodal fmt model.node
        nodal fmt --check models/*.node
        cat model.node | nodal fmt -
      """)

  @Argument(
    help: "The programs; - formats standard input to standard output.",
    completion: .file(extensions: ["node"]))
  var files: [String]
  @Flag(help: "Changes nothing; names the files that would change, and then has the status 1.")
  var check = false
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    let (files, check, output) = (files, check, output)
    try perform {
      let host = Host.system
      let printer = EventPrinter(host: host, style: output.style(host))
      var status: ExitCode?
      for file in files {
        let program = try ProgramRun.load(file)
        let text: String
        do {
          text = try program.formatted()
        } catch let failure as ProgramFailure {
          printer.receive(failure.diagnostics)
          status = Status.wrong
          continue
        }
        if check {
          if text == program.text { continue }
          host.write(.output, file + "\n")
          status = status ?? Status.failed
        } else if file == "-" {
          host.write(.output, text)
        } else if text != program.text {
          do {
            try host.files.write(file, text: text)
          } catch let error as HostError {
            host.write(.error, "error: \(error.message)\n")
            status = status ?? Status.failed
          }
        }
      }
      if let status { throw status }
    }
  }
}
