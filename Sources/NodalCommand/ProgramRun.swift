import ArgumentParser
import Nodal
import NodalBasics
import NodalREPL

/// One program on its way through an interpreter, with what is shown of it.
struct ProgramRun: Sendable {
  private let options: ExecutionOptions
  private let output: OutputOptions
  private let resumes: Bool
  private let host = Host.system

  init(_ options: ExecutionOptions, _ output: OutputOptions, resumes: Bool = false) {
    self.options = options
    self.output = output
    self.resumes = resumes
  }

  /// Runs a file, or standard input for `-`.
  /// - Parameter record: the folder that it is recorded in.
  /// - Throws: the exit status, unless it is 0.
  func run(_ file: String, recordedAs record: String? = nil) throws {
    let program = try Self.load(file)
    let (interpreter, printer) = interpreter(for: file)
    // From here on; while standard input is read, Ctrl-C ends the process.
    let interrupts = InterruptHandler(interpreter.cancellation)
    interrupts.begin()
    let outcome =
      record.map {
        interpreter.run(program, recordedAs: $0, by: "nodal \(NodalCommand.version)")
      } ?? interpreter.run(program)
    try check(printer)
    try Self.leave(outcome)
  }

  /// Runs standard input as if it were typed at the prompt.
  /// - Throws: the exit status, unless it is 0.
  func feed() throws {
    let input = PipedInput(
      options.configuration(directory: ".", host: host), host: host, style: output.style(host))
    let (outcome, lost) = input.run(readStandardInput())
    if let lost {
      host.write(.error, "error: \(lost.message)\n")
      throw Status.failed
    }
    try Self.leave(outcome)
  }

  /// Runs the `test` blocks of files, and says how many held.
  func test(_ files: [String]) throws {
    var worst: ExitCode?
    var (passed, failed) = (0, 0)
    for file in files {
      let program = try Self.load(file)
      let (interpreter, printer) = interpreter(for: file)
      let interrupts = InterruptHandler(interpreter.cancellation)
      if files.count > 1, !output.json { host.write(.output, "\(file)\n") }
      interrupts.begin()
      switch interpreter.test(program) {
      case .finished: break
      case .failed: worst = worst ?? Status.failed
      case .wrong: worst = Status.wrong
      case .cancelled: throw Status.interrupted
      }
      try check(printer)
      passed += printer.passedTests
      failed += printer.failedTests
    }
    if !output.json {
      let what = passed + failed == 0 ? "no tests" : "\(passed) of \(passed + failed) tests passed"
      host.write(.output, what + "\n")
    }
    if let worst { throw worst }
  }

  /// Times the `bench` blocks of files.
  /// - Parameter part: only blocks with this in their titles.
  func bench(_ files: [String], only part: String?) throws {
    var worst: ExitCode?
    for file in files {
      let program = try Self.load(file)
      let (interpreter, printer) = interpreter(for: file)
      let interrupts = InterruptHandler(interpreter.cancellation)
      if files.count > 1, !output.json { host.write(.output, "\(file)\n") }
      interrupts.begin()
      let outcome = interpreter.bench(program) { title in part.map { title.contains($0) } ?? true }
      printer.showBenchmarks()
      switch outcome {
      case .finished: break
      case .failed: worst = worst ?? Status.failed
      case .wrong: worst = Status.wrong
      case .cancelled: throw Status.interrupted
      }
      try check(printer)
    }
    if let worst { throw worst }
  }

  /// Checks files without running them.
  func check(_ files: [String]) throws {
    var errors = 0
    for file in files {
      let (interpreter, printer) = interpreter(for: file)
      printer.receive(interpreter.check(try Self.load(file)))
      errors += printer.errors
      try check(printer)
    }
    if errors > 0 { throw Status.wrong }
  }

  /// What the compiler makes of a file.
  func emit(_ file: String, _ body: (Interpreter, Program) throws -> String) throws {
    let (interpreter, printer) = interpreter(for: file)
    let program = try Self.load(file)
    do {
      printer.put(try body(interpreter, program))
      try check(printer)
    } catch let failure as ProgramFailure {
      printer.receive(failure.diagnostics)
      throw Status.wrong
    }
  }

  /// Writes files of what a program declares, and says where they are.
  /// - Parameters:
  ///   - runs: the program's commands, before.
  ///   - body: gives the paths, and network weights in them that nothing has trained.
  func export(
    _ file: String, runs: Bool,
    _ body: (Interpreter) throws -> (paths: [String], untrained: [String])
  ) throws {
    let (interpreter, printer) = interpreter(for: file)
    let program = try Self.load(file)
    let interrupts = InterruptHandler(interpreter.cancellation)
    do {
      if runs {
        interrupts.begin()
        let outcome = interpreter.run(program)
        try check(printer)
        try Self.leave(outcome)
      } else {
        try interpreter.declare(program)
      }
      let (paths, untrained) = try body(interpreter)
      for path in paths { printer.receive(.wrote(path: path, what: "C")) }
      if let first = untrained.first {
        printer.receive(
          .note(
            "`\(first)` is as random as it began: --weights FILE or --run give it trained values"))
      }
      try check(printer)
    } catch let failure as ProgramFailure {
      printer.receive(failure.diagnostics)
      throw Status.wrong
    }
  }

  /// Output that is lost is a failure.
  private func check(_ printer: EventPrinter) throws {
    guard let failure = printer.outputFailure else { return }
    host.write(.error, "error: \(failure.message)\n")
    throw Status.failed
  }

  private func interpreter(for file: String) -> (Interpreter, EventPrinter) {
    let printer = EventPrinter(host: host, style: output.style(host))
    let directory = file == "-" ? "." : Path.directory(file)
    var configuration = options.configuration(directory: directory, host: host)
    configuration.resumes = resumes
    let interpreter = Interpreter(configuration) {
      printer.receive($0)
    }
    return (interpreter, printer)
  }

  /// A file that can't be read is a wrong call.
  static func load(_ file: String) throws -> Program {
    if file == "-" { return Program(text: readStandardInput(), path: "<stdin>") }
    do {
      return try Program(contentsOf: file)
    } catch let failure as FileFailure {
      Host.system.write(.error, "error: \(failure.message)\n")
      throw Status.usage
    }
  }

  private static func leave(_ outcome: Interpreter.Outcome) throws {
    switch outcome {
    case .finished: break
    case .failed: throw Status.failed
    case .wrong: throw Status.wrong
    case .cancelled: throw Status.interrupted
    }
  }
}
