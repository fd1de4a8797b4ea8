import ArgumentParser
import Nodal
import NodalBasics
import NodalREPL

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Makes a program of a problem in another format.",
    subcommands: [PEtabCommand.self])

  struct PEtabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "petab",
      abstract: "Makes a program and its table of a PEtab problem with an SBML model.",
      discussion: """
        NAME.node and NAME.csv are written, NAME being that of the problem's file. What the program
        does not say of the problem is told on standard error.

        EXAMPLES
          nodal import petab Boehm/Boehm.yaml
          nodal import petab Boehm/Boehm.yaml --out fits && nodal run fits/Boehm.node
        """)

    @Argument(help: "The problem's YAML file.", completion: .file(extensions: ["yaml", "yml"]))
    var file: String
    @Option(
      help: ArgumentHelp("The folder that the two files go to.", valueName: "dir"),
      completion: .directory)
    var out = "."
    @Flag(help: "Takes the place of files that are there.") var force = false
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
      let (file, out, force, output) = (file, out, force, output)
      try perform {
        let host = Host.system
        let printer = EventPrinter(host: host, style: output.style(host))
        do {
          let problem = try ProblemImport(petab: file)
          let paths = try problem.write(to: out, overwriting: force)
          // A program that doesn't check is a mistake of the importer's, and no secret.
          var configuration = ExecutionOptions.plain().configuration(directory: out)
          configuration.outputDirectory = out
          let found = Interpreter(configuration).check(
            try Program(contentsOf: paths[0]))
          printer.receive(found)
          if !output.quiet {
            let lines = ["\(paths.joined(separator: ", ")): \(problem.summary)"] + problem.notes
            host.write(.error, lines.map { $0 + "\n" }.joined())
          }
          if found.hasErrors { throw Status.failed }
        } catch let failure as ProgramFailure {
          printer.receive(failure.diagnostics)
          throw Status.wrong
        } catch let failure as FileFailure {
          host.write(
            .error,
            "error: \(failure.message)\n  = help: --out DIR writes elsewhere, --force over it\n")
          throw Status.failed
        }
      }
    }
  }
}
