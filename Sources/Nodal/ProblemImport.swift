import NodalDiagnostics
import NodalPEtab
package import NodalBasics

/// A problem of parameter estimation, turned into a program with its table of measurements.
///
/// ```swift
/// let problem = try ProblemImport(petab: "Boehm/Boehm.yaml")
/// try problem.write(to: "fits")
/// Interpreter().run(try Program(contentsOf: "fits/Boehm.node"))
/// ```
public struct ProblemImport: Sendable {
  /// Of both files, without their endings.
  public let name: String
  /// The program, in the canonical form.
  public let program: String
  /// What its `data` reads, as CSV.
  public let table: String
  /// What the problem says and the program doesn't, and what had to be named anew; a sentence each, without a stop.
  public let notes: [String]
  /// States, parameters and measurements, counted.
  public let summary: String

  /// Reads a PEtab problem (version 1), its SBML model and its tables.
  /// - Parameter path: the problem's YAML file.
  /// - Throws: `ProgramFailure`, with the place in the file that is to blame.
  public init(petab path: String) throws {
    try self.init(petab: path, host: .system)
  }

  package init(petab path: String, host: Host) throws {
    var reader = PEtabReader(files: host.files)
    do {
      let imported = try ImportedProblem(try reader.read(path), file: Path.name(path))
      name = imported.name
      program = try Program(text: imported.program, path: imported.name + ".node").formatted()
      table = imported.table
      notes = imported.notes
      summary = imported.summary
    } catch let failure as ImportFailure {
      throw ProgramFailure(diagnostics: [Diagnostic(failure.diagnostic, in: reader.sources)])
    }
  }

  /// Writes `name.node` and `name.csv`, each whole or not at all.
  /// - Parameters:
  ///   - folder: made if it is missing.
  ///   - overwriting: takes the place of files that are there.
  /// - Returns: the paths.
  /// - Throws: `FileFailure`, before anything is written where a file is in the way.
  @discardableResult
  public func write(to folder: String, overwriting: Bool = false) throws -> [String] {
    try write(to: folder, overwriting: overwriting, host: .system)
  }

  @discardableResult
  package func write(to folder: String, overwriting: Bool, host: Host) throws -> [String] {
    let contents = [(name + ".node", program), (name + ".csv", table)]
    let paths = contents.map { Path.join(folder == "." ? "" : folder, $0.0) }
    if !overwriting {
      for path in paths where host.files.exists(path) {
        throw FileFailure(path: path, message: "`\(path)` is there already")
      }
    }
    do {
      try host.files.createDirectory(folder)
      for (path, content) in zip(paths, contents) {
        try host.files.write(path, text: content.1)
      }
    } catch {
      throw FileFailure(path: error.path, message: error.message)
    }
    return paths
  }
}
