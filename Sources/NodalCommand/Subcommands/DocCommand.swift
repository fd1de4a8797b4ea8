import ArgumentParser
import Nodal
import NodalBasics
import NodalManual
import NodalREPL

struct DocCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doc",
    abstract: "Writes the manual as a site of static files.",
    discussion: """
      Texts are taken from the folder `docs` of a checkout; functions, models, methods and messages
      are told by the program itself. Without the texts there are these alone. The pages need no
      network and no server: open index.html.

      EXAMPLES
        nodal doc
        nodal doc --to site --from ~/nodal/docs
      """)

  @Option(
    help: ArgumentHelp("The folder that is written.", valueName: "folder"), completion: .directory)
  var to = "manual"
  @Option(
    help: ArgumentHelp(
      "The manual's texts (default: docs here, or in the checkout of this program).",
      valueName: "folder"),
    completion: .directory)
  var from: String?
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    if to.isEmpty { throw ValidationError("--to wants the name of a folder") }
  }

  func run() throws {
    let (to, from, output) = (to, from, output)
    try perform {
      let host = Host.system
      let printer = EventPrinter(host: host, style: output.style(host))
      do {
        let texts = try ManualFolder.texts(from: from, host)
        if texts == nil {
          printer.receive(
            .note(
              "the manual's texts were not found: the reference alone. --from names their folder"))
        }
        let sources = try texts.map { try ManualSources(folder: $0, host: host) }
        let site = try ManualSite(sources ?? ManualSources(), host: host)
        try ManualFolder.write(site, to: to, host)
        for link in texts == nil ? [] : site.brokenLinks {
          host.write(.error, "warning: \(link.page) leads to `\(link.target)`, which isn't there\n")
        }
      } catch let error as ManualError {
        host.write(.error, "error: \(error.message)\n")
        throw error.isUsage ? Status.usage : Status.failed
      }
      printer.receive(.wrote(path: Path.join(to, "index.html"), what: "manual"))
    }
  }
}
