import ArgumentParser

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Runs programs and times their `bench` blocks.",
    discussion: """
      The last line of a block is timed, over and over, with its program compiled and its inputs ready; what stands before it is \
      done once. The table has the median and the fastest run, evaluations of right-hand sides and accepted steps of one run, \
      the error against the block's reference, and what compiling took.

      EXAMPLES
        nodal bench model.node --backend native
        nodal bench benchmarks/w1.node --only lorenz --json
      """)

  @Argument(help: "The programs; - reads standard input.", completion: .file(extensions: ["node"]))
  var files: [String]
  @Option(help: ArgumentHelp("Only blocks with this in their titles.", valueName: "text"))
  var only: String?
  @OptionGroup(title: "Program") var options: ExecutionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    let (files, only, run) = (files, only, ProgramRun(options, output))
    try perform { try run.bench(files, only: only) }
  }
}
