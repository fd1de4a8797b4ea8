import ArgumentParser
import Nodal

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a model for programs that have no Nodal.",
    subcommands: [ExportC.self])
}

struct ExportC: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "c",
    abstract: "An ode as C99: right-hand side, outputs, initial state, and a solver.",
    discussion: """
      Writes NAME.c and NAME.h, in the folder of outputs. They need C's library alone; the header
      tells what is where. Weights are those of --weights, or what a run of the program ends with
      (--run), or what the program begins with.

      EXAMPLES
        nodal export c swing.node --ode swing --weights runs/swing.safetensors --out src
        nodal export c lotka.node --ode lotka --run
      """)

  @Argument(help: "The program; - reads standard input.", completion: .file(extensions: ["node"]))
  var file: String
  @Option(help: ArgumentHelp("The ode.", valueName: "name"))
  var ode: String
  @Option(
    help: ArgumentHelp(
      "Takes the weights that `save` wrote into this file. May be repeated.", valueName: "file"),
    completion: .file(extensions: ["safetensors"]))
  var weights: [String] = []
  @Flag(name: .customLong("run"), help: "Runs the program first: what it trains is exported.")
  var runsFirst = false
  @OptionGroup(title: "Program") var options: ExecutionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    let (file, ode, weights, runs) = (file, ode, weights, runsFirst)
    let run = ProgramRun(options, output)
    try perform {
      try run.export(file, runs: runs) { interpreter in
        for path in weights { _ = try interpreter.loadWeights(fromSafetensors: path) }
        let random = interpreter.untrainedNetworks(of: ode)
        let code = try interpreter.exportC(ode)
        let paths = [
          try interpreter.write(Array(code.source.utf8), to: code.name + ".c"),
          try interpreter.write(Array(code.header.utf8), to: code.name + ".h"),
        ]
        return (paths, random)
      }
    }
  }
}
