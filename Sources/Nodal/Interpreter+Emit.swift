import NodalBasics
import NodalChecking
import NodalDiagnostics
import NodalIR
import NodalNativeExecutor
import NodalReferenceExecutor
import NodalSession
import NodalTypes

/// A stage of the compiler's work on one loss or expression.
public struct EmittedRegion: Sendable {
  /// The loss, or the name that the expression is bound to.
  public let name: String
  /// The pass it comes out of; `lower` before any.
  public let pass: String
  /// The text form of the IR, which reads back to an equal region.
  public let text: String

  let region: Region

  init(of name: String, behind pass: String, _ region: Region) {
    self.name = name
    self.pass = pass
    self.region = region
    text = RegionPrinter.text(region)
  }
}

/// What machine code is shown as.
public enum NativeListing: String, Sendable, CaseIterable {
  /// LLVM IR, as it goes into LLVM and as it comes out of its passes.
  case llvm, optimized
  case assembly
  /// Object files.
  case object
}

extension Interpreter {
  /// What the passes make of a program's losses (those that a `train` trains, or a gradient check checks) and of the
  /// expressions that its `let`s bind. Its data are read, as their lengths shape the IR; nothing else runs.
  /// - Parameter name: only this loss, `let` or (by its title) `bench`; nil: all losses and lets.
  /// - Throws: `ProgramFailure`.
  public func emit(_ program: Program, of name: String? = nil) throws -> [EmittedRegion] {
    try throwing {
      var regions: [EmittedRegion] = []
      var seen: Set<String> = []
      func observe(_ name: String) -> (String, Region) -> Void {
        { pass, region in regions.append(EmittedRegion(of: name, behind: pass, region)) }
      }
      func emit(_ loss: LossInstance, _ data: TypedExpression?) throws {
        guard name == nil || name == loss.name, seen.insert(loss.name).inserted else { return }
        try session.observePasses(of: loss, on: data, observe(loss.name))
      }
      func visit(_ statement: TypedStatement) throws {
        switch statement {
        case .data: try session.perform(statement)
        case .let(let bound, let expression):
          guard name == nil || name == bound else { return }
          // What only a session can compute has no region of its own.
          do {
            try session.observePasses(of: expression, observe(bound))
          } catch let failure as LoweringFailure where name == nil {
            _ = failure
          } catch let error as IRError where name == nil {
            _ = error
          }
        case .train(let command): try emit(command.loss, command.data)
        case .checkGradients(let loss, let data, _, _): try emit(loss, data)
        case .group(let statements): for inner in statements { try visit(inner) }
        case .uncertainty, .residuals, .print, .show, .plot, .portrait, .explain, .write, .save,
          .load,
          .assert, .test:
          break
        case .bench(let bench):
          guard name == bench.title else { return }
          switch bench.work {
          case .expression(let expression):
            try session.observePasses(of: expression, observe(bench.title))
          case .train(let command):
            try session.observePasses(of: command.loss, on: command.data, observe(bench.title))
          case .gradient(let loss, let data, _):
            try session.observePasses(of: loss, on: data, observe(bench.title))
          }
        }
      }
      for statement in try session.prepare(source(program)) ?? [] { try visit(statement) }
      return regions
    }
  }

  /// The machine code of a program's losses and of what its `let`s bind: the modules of each, those of regions inside
  /// (right-hand sides, loops of steps) among them.
  /// - Parameters:
  ///   - name: only this loss, `let` or (by its title) `bench`; nil: all losses and lets.
  ///   - triple: another machine than this one, such as `aarch64-unknown-linux-gnu`; its generic processor is meant.
  /// - Throws: `ProgramFailure`; also where LLVM is not installed, or doesn't know the machine.
  public func emitNative(
    _ program: Program, of name: String? = nil, as listing: NativeListing, for triple: String? = nil
  ) throws -> [(name: String, modules: [[UInt8]])] {
    let regions = try emit(program, of: name)
    return try throwing {
      guard let executor = NativeExecutor(fallback: ReferenceExecutor()) else {
        throw NativeCodeMissing(status: NativeExecutor.status)
      }
      let target = triple.map { CodeTarget(triple: $0, cpu: "generic") }
      let form: NativeForm =
        switch listing {
        case .llvm: .llvm
        case .optimized: .optimized
        case .assembly: .assembly
        case .object: .object
        }
      var names: [String] = []
      for region in regions where !names.contains(region.name) { names.append(region.name) }
      return try names.compactMap { name in
        guard let last = regions.last(where: { $0.name == name }) else { return nil }
        return (name, try executor.modules(of: last.region, as: form, for: target))
      }
    }
  }

  /// Weights, odes and the types of a checked program, as a table for people.
  /// - Throws: `ProgramFailure`.
  public func emitTypes(_ program: Program) throws -> String {
    try throwing {
      _ = try session.prepare(source(program))
      var lines: [String] = []
      let names = Substitution()
      for declaration in declarations {
        let type = declaration.type.map { ": \($0)" } ?? ""
        lines.append("\(declaration.kind) \(declaration.name)\(type)")
      }
      for ode in session.program.odes.values.sorted(by: { $0.id < $1.id }) {
        lines.append("ode \(ode.name), time in \(ode.timeUnit)")
        for state in ode.states { lines.append("  state \(state.name): \(names.text(state.type))") }
        for output in ode.outputs {
          lines.append("  output \(output.name): \(names.text(output.value.type))")
        }
        for term in ode.terms { lines.append("  \(term.kind.rawValue) term \(term.label)") }
      }
      for weight in session.program.weights.values.sorted(by: { $0.id < $1.id }) {
        lines.append("\(weight.kind.rawValue) \(weight.path): \(names.text(weight.type))")
      }
      return lines.joined(separator: "\n") + "\n"
    }
  }
}

extension Interpreter {
  /// Writes a file below the folder of outputs; gives its path.
  package func write(_ bytes: [UInt8], to name: String) throws -> String {
    let path = Path.join(session.outputDirectory, name)
    try session.host.files.createDirectory(Path.directory(path))
    try session.host.files.write(path, bytes)
    return path
  }
}

/// Machine code is asked for, and there is nothing that makes it.
private struct NativeCodeMissing: DiagnosableError {
  var status: String
  var diagnostic: NodalDiagnostics.Diagnostic {
    NodalDiagnostics.Diagnostic(
      .notSupportedYet, "there is no machine code here: \(status)", at: nil,
      help: ["install libllvm19 (Debian), or llvm@19 (Homebrew)"])
  }
}
