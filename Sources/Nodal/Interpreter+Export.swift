import NodalBasics
import NodalCExport
import NodalSession

/// An ode as C99, for programs that have no Nodal: two files.
public struct CCode: Sendable, Hashable {
  /// What the names in the files begin with, and what the files are to be called: `swing` for `swing.h` and `swing.c`.
  public let name: String
  /// Tells what is where, in which units, and what the functions do.
  public let header: String
  /// Needs nothing but C's library.
  public let source: String
}

extension Interpreter {
  /// An ode of the programs so far as C, with the weights that it has now: right-hand side, outputs, initial state, and a
  /// solver.
  /// - Throws: `ProgramFailure`; also where it holds what can't be exported (events, noise, delays, implicit equations).
  public func exportC(_ ode: String) throws -> CCode {
    try throwing {
      let source = try session.exportC(ode)
      return CCode(name: source.prefix, header: source.header, source: source.source)
    }
  }

  /// Declares what a program declares, without running its commands.
  /// - Throws: `ProgramFailure`.
  public func declare(_ program: Program) throws {
    _ = try throwing { try session.prepare(source(program)) }
  }

  /// Takes weights that a program saved, by their paths; those that belong to nothing here are left out.
  /// - Returns: the paths of the weights that were taken.
  /// - Throws: `ProgramFailure`.
  public func loadWeights(fromSafetensors path: String) throws -> [String] {
    try throwing { try session.loadWeights(path) }
  }

  /// Network weights of an ode that are as random as they began.
  package func untrainedNetworks(of ode: String) -> [String] { session.untrainedNetworks(of: ode) }
}
