import ArgumentParser
import NodalBasics

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Checks a program, and runs its commands in order.",
    discussion: """
      Printed values go to standard output; diagnostics, progress and notes to standard error.
      A program reads below its own folder and the --data folders, and writes below --out only.
      Ctrl-C stops training and keeps the best parameters so far; a second one ends the process.
      A run with `checkpoint:` in its `train` goes on where it was with --resume.

      EXAMPLES
        nodal run examples/swing.node --out results
        nodal run model.node --set pendulum.g=1.62 --seed 4
        nodal run model.node --resume
        nodal run model.node --record, then nodal report runs/model.run
        nodal run model.node --json | jq 'select(.kind == "result")'
        echo 'print 1 + 1' | nodal run -
      """)

  @Argument(help: "The program; - reads standard input.", completion: .file(extensions: ["node"]))
  var file: String
  @OptionGroup(title: "Program") var options: ExecutionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "Goes on from the checkpoints that an earlier run has left.") var resume = false

  @Option(
    defaultAsFlag: "", parsing: .next,
    help: ArgumentHelp(
      "Leaves a folder of the run below --out, for `nodal report`: the program, what it learned, what it said. Without a name, which comes behind the program, it is `<program>.run`.",
      valueName: "name"), completion: .directory)
  var record: String?

  func run() throws {
    let (file, run) = (file, ProgramRun(options, output, resumes: resume))
    let folder = record.map { name in
      !name.isEmpty ? name : (file == "-" ? "program" : Path.stem(file)) + ".run"
    }
    try perform { try run.run(file, recordedAs: folder) }
  }
}
