import ArgumentParser
import Nodal
import NodalBasics

/// What a program is checked and run with.
struct ExecutionOptions: ParsableArguments, Sendable {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Gives a constant another value: --set g=1.62, --set pendulum.g=1.62. May be repeated.",
      valueName: "name=value"))
  var settings: [Setting] = []

  @Option(help: ArgumentHelp("Overrides the program's seed.", valueName: "n"))
  var seed: Int?

  @Option(
    help: ArgumentHelp(
      "Threads for a batch; the results are the same for any number.", valueName: "n"))
  var threads = 2

  @Option(
    help: ArgumentHelp(
      "Outputs go below this folder (default: `runs` beside the program).", valueName: "dir"),
    completion: .directory)
  var out: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Data files are looked for here too; then in the folders of NODAL_DATA (default: ../shared/data, from the current folder and from the program's). May be repeated.",
      valueName: "dir"), completion: .directory)
  var data: [String] = []

  @Option(
    help: ArgumentHelp(
      "Lets the program read below this path. May be repeated.", valueName: "path"),
    completion: .file())
  var allowRead: [String] = []

  @Option(
    help: ArgumentHelp(
      "Lets the program write below this path. May be repeated.", valueName: "path"),
    completion: .file())
  var allowWrite: [String] = []

  @Option(
    help: ArgumentHelp(
      "What executes the program: native (machine code, through LLVM), reference (an interpreter), or auto: native where LLVM is installed.",
      valueName: "name"), transform: Self.backend(named:))
  var backend = Backend.automatic

  private static func backend(named name: String) throws -> Backend {
    guard let backend = Backend(rawValue: name) else {
      let names = Backend.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--backend is one of \(names), not `\(name)`")
    }
    return backend
  }

  func validate() throws {
    guard (1...64).contains(threads) else {
      throw ValidationError("--threads is a number from 1 to 64, not \(threads)")
    }
    if backend == .native, !Backend.hasNative {
      throw ValidationError(
        "--backend native: \(Backend.nativeStatus). Install libllvm19 (Debian), or llvm@19 (Homebrew); or leave the option out"
      )
    }
    if out?.isEmpty == true { throw ValidationError("--out wants the name of a folder") }
    for folder in data where Host.system.files.kind(folder) != .directory {
      throw ValidationError("--data: there is no folder `\(folder)`")
    }
  }

  /// Nothing asked for.
  static func plain() -> ExecutionOptions {
    var options = ExecutionOptions()
    options.settings = []
    options.seed = nil
    options.threads = 2
    options.out = nil
    options.data = []
    options.allowRead = []
    options.allowWrite = []
    options.backend = .automatic
    return options
  }

  /// - Parameter directory: the program's folder.
  func configuration(directory: String, host: Host = .system) -> Configuration {
    let current = host.files.currentDirectory()
    func absolute(_ path: String) -> String { Path.normalized(Path.join(current, path)) }
    // Without NODAL_DATA, data shared between projects lie beside the folder one is in, or beside the program's.
    let listed =
      host.environmentVariable("NODAL_DATA")?.split(separator: ":").map(String.init)
      ?? ["../shared/data", Path.join(absolute(directory), "../shared/data")]
    return Configuration(
      settings: Dictionary(settings.map { ($0.name, $0.value) }) { _, last in last }, seed: seed,
      threads: threads, backend: backend, directory: absolute(directory),
      outputDirectory: out.map(absolute),
      dataDirectories: data.map(absolute) + listed.map(absolute),
      allowedReads: allowRead.map(absolute), allowedWrites: allowWrite.map(absolute))
  }
}

/// `g=1.62`.
struct Setting: ExpressibleByArgument, Sendable {
  let name: String
  let value: String

  init?(argument: String) {
    guard let equals = argument.firstIndex(of: "=") else { return nil }
    name = String(argument[..<equals])
    value = String(argument[argument.index(after: equals)...])
    if name.isEmpty || value.isEmpty { return nil }
  }
}
