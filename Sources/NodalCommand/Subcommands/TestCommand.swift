import ArgumentParser

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Runs programs with their `test` blocks.",
    discussion: """
      Each block runs against what the program has made so far, and its changes are taken back.
      The status is 1 when an assertion does not hold.

      EXAMPLES
        nodal test model.node
        nodal test models/*.node --json
      """)

  @Argument(help: "The programs; - reads standard input.", completion: .file(extensions: ["node"]))
  var files: [String]
  @OptionGroup(title: "Program") var options: ExecutionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    let (files, run) = (files, ProgramRun(options, output))
    try perform { try run.test(files) }
  }
}
