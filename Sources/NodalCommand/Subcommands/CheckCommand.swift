import ArgumentParser

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Finds mistakes in programs without running them.",
    discussion: """
      All of a file's mistakes are told in one go: grammar, names, shapes, units, what is learned.
      Heads of data files are read for their columns.

      EXAMPLES
        nodal check examples/*.node
        nodal check model.node --json
      """)

  @Argument(help: "The programs; - reads standard input.", completion: .file(extensions: ["node"]))
  var files: [String]
  @OptionGroup(title: "Program") var options: ExecutionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    let (files, run) = (files, ProgramRun(options, output))
    try perform { try run.check(files) }
  }
}
