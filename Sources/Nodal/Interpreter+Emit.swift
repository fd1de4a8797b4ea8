import NodalChecking
import NodalIR
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
}

extension Interpreter {
  /// What the passes make of a program's losses (those that a `train` trains, or a gradient check checks) and of the
  /// expressions that its `let`s bind. Its data are read, as their lengths shape the IR; nothing else runs.
  /// - Parameter name: only this loss or `let`; nil: all.
  /// - Throws: `ProgramFailure`.
  public func emit(_ program: Program, of name: String? = nil) throws -> [EmittedRegion] {
    try throwing {
      var regions: [EmittedRegion] = []
      var seen: Set<String> = []
      func observe(_ name: String) -> (String, Region) -> Void {
        { pass, region in
          regions.append(
            EmittedRegion(name: name, pass: pass, text: RegionPrinter.text(region)))
        }
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
        case .print, .show, .plot, .explain, .write, .save, .load, .assert, .test: break
        }
      }
      for statement in try session.prepare(source(program)) ?? [] { try visit(statement) }
      return regions
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
