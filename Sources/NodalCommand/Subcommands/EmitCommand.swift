import ArgumentParser
import Nodal

struct EmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "emit",
    abstract: "Shows what the compiler makes of a program.",
    subcommands: [
      EmitIR.self, EmitTypes.self, EmitTree.self, EmitLLVM.self, EmitAssembly.self, EmitObject.self,
    ])
}

struct EmitIR: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ir",
    abstract: "The IR of losses and of what `let` binds, after a pass.",
    discussion: """
      Passes of a loss, in order: lower (before any), batch, calculus, simplify,
      products, separate, series, gradient, simplify.
      Expressions have no gradient. Data files are read, as their lengths shape the IR.

      EXAMPLES
        nodal emit ir model.node --of fit
        nodal emit ir model.node --of fit --after lower
      """)

  @Argument(help: "The program; - reads standard input.", completion: .file(extensions: ["node"]))
  var file: String
  @Option(help: ArgumentHelp("The pass; the last one where it is left out.", valueName: "pass"))
  var after: String?
  @Option(help: ArgumentHelp("Only this loss, `let` or `bench`.", valueName: "name"))
  var of: String?
  @OptionGroup(title: "Program") var options: ExecutionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    let (file, after, name) = (file, after, of)
    let run = ProgramRun(options, output)
    try perform {
      try run.emit(file) { interpreter, program in
        let regions = try interpreter.emit(program, of: name)
        let names = regions.map(\.name).uniqued
        guard !names.isEmpty else {
          throw ValidationError(
            name.map { "the program has no loss in use, and no `let`, called `\($0)`" }
              ?? "the program trains no loss and binds no value")
        }
        if let after, !regions.contains(where: { $0.pass == after }) {
          let passes = regions.map(\.pass).uniqued.joined(separator: ", ")
          throw ValidationError("there is no pass `\(after)`; the passes are \(passes)")
        }
        return names.compactMap { name in
          regions.last { $0.name == name && (after == nil || $0.pass == after) }
        }.map { "// \($0.name), after \($0.pass)\n\($0.text)" }.joined(separator: "\n")
      }
    }
  }
}

struct EmitTypes: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "types",
    abstract: "Declarations, odes, terms and weights with their types, as checked.")

  @Argument(help: "The program; - reads standard input.", completion: .file(extensions: ["node"]))
  var file: String
  @OptionGroup(title: "Program") var options: ExecutionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    let (file, run) = (file, ProgramRun(options, output))
    try perform {
      try run.emit(file) { interpreter, program in try interpreter.emitTypes(program) }
    }
  }
}

struct EmitTree: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tree",
    abstract: "The syntax tree, a statement a line, without places: `(kind child …)`.")

  @Argument(help: "The program; - reads standard input.", completion: .file(extensions: ["node"]))
  var file: String
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    let (file, run) = (file, ProgramRun(.plain(), output))
    try perform {
      try run.emit(file) { _, program in try program.syntaxTree() }
    }
  }
}

/// What the three listings of machine code are asked for.
struct NativeOptions: ParsableArguments, Sendable {
  @Argument(help: "The program; - reads standard input.", completion: .file(extensions: ["node"]))
  var file: String
  @Option(help: ArgumentHelp("Only this loss, `let` or `bench`.", valueName: "name"))
  var of: String?
  @Option(
    help: ArgumentHelp(
      "Another machine than this one: aarch64-unknown-linux-gnu, x86_64-unknown-linux-gnu.",
      valueName: "triple"))
  var target: String?
  @OptionGroup(title: "Program") var options: ExecutionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  /// Prints the modules as text.
  func list(_ listing: NativeListing, comment: String) throws {
    let options = self
    let run = ProgramRun(self.options, output)
    try perform {
      try run.emit(options.file) { interpreter, program in
        try options.modules(listing, interpreter, program).map { name, modules in
          modules.map { "\(comment) \(name)\n" + String(decoding: $0, as: UTF8.self) }
            .joined(separator: "\n")
        }.joined(separator: "\n")
      }
    }
  }

  func modules(
    _ listing: NativeListing, _ interpreter: Interpreter, _ program: Program
  ) throws -> [(name: String, modules: [[UInt8]])] {
    let found = try interpreter.emitNative(program, of: of, as: listing, for: target)
    guard !found.isEmpty else {
      throw ValidationError(
        of.map { "the program has no loss in use, and no `let`, called `\($0)`" }
          ?? "the program trains no loss and binds no value")
    }
    return found
  }
}

struct EmitLLVM: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "llvm",
    abstract: "The LLVM IR of losses and of what `let` binds.")

  @Flag(help: "Behind LLVM's passes.") var optimized = false
  @OptionGroup var native: NativeOptions

  func run() throws { try native.list(optimized ? .optimized : .llvm, comment: ";") }
}

struct EmitAssembly: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "asm",
    abstract: "The machine code of losses and of what `let` binds, as assembly.")

  @OptionGroup var native: NativeOptions

  func run() throws { try native.list(.assembly, comment: "#") }
}

struct EmitObject: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "object",
    abstract: "Writes the machine code of losses and of what `let` binds as object files.",
    discussion: "The files are NAME_0.o, NAME_1.o …, in the folder of outputs.")

  @OptionGroup var native: NativeOptions

  func run() throws {
    let native = native
    let run = ProgramRun(native.options, native.output)
    try perform {
      try run.emit(native.file) { interpreter, program in
        var written: [String] = []
        for (name, modules) in try native.modules(.object, interpreter, program) {
          for (i, bytes) in modules.enumerated() {
            written.append(try interpreter.write(bytes, to: "\(name)_\(i).o"))
          }
        }
        return written.joined(separator: "\n")
      }
    }
  }
}

extension [String] {
  /// Each once, in order.
  fileprivate var uniqued: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
