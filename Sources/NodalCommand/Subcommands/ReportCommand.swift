import ArgumentParser
import Nodal
import NodalBasics
import NodalREPL

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Makes one HTML file of a recorded run.",
    discussion: """
      The folder is one that `nodal run --record` has left. The file needs no other, no network and
      no script: it can be mailed and printed.

      EXAMPLES
        nodal run model.node --record
        nodal report runs/model.run
        nodal report runs/model.run --to model.html
      """)

  @Argument(help: "The run folder.", completion: .directory) var folder: String
  @Option(
    help: ArgumentHelp(
      "The file that is written (default: report.html in the folder).", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var to: String?
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    if to?.isEmpty == true { throw ValidationError("--to wants the name of a file") }
  }

  func run() throws {
    let (folder, target, output) = (folder, to ?? Path.join(folder, "report.html"), output)
    try perform {
      let host = Host.system
      let report: Report
      do {
        report = try Report(ofRunAt: folder)
      } catch let failure as FileFailure {
        host.write(.error, "error: \(failure.message)\n")
        throw Status.usage
      }
      do {
        try host.files.write(target, text: report.html)
      } catch let error as HostError {
        host.write(.error, "error: \(error.message)\n")
        throw Status.failed
      }
      EventPrinter(host: host, style: output.style(host)).receive(
        .wrote(path: target, what: "report"))
    }
  }
}
