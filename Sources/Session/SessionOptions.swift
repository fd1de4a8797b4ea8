import NodalDiagnostics
import NodalIR
import NodalData
import NodalTypes
import NodalTraining
package import NodalExecution

/// What a shell tells a session: the flags of `nodal run`.
package struct SessionOptions: Sendable {
  /// Constants by name: `g`, `pendulum.g`; the text of an expression.
  package var settings: [String: String]
  /// Overrides the program's `seed`.
  package var seed: Int?
  package var threads: Threads
  /// Outputs go below it; nil: `runs` beside the script.
  package var outputDirectory: String?
  /// Where data files are looked for, after the script's own folder.
  package var dataDirectories: [String]
  /// Paths outside of these that may be read or written all the same.
  package var allowedReads: [String]
  package var allowedWrites: [String]
  /// No progress, no prints of what was written.
  package var isQuiet: Bool
  /// A `train` with a checkpoint goes on from it, if there is one.
  package var resumes: Bool
  /// `plot` without a file is drawn for the terminal.
  package var drawsInTerminal: Bool

  package init(
    settings: [String: String] = [:], seed: Int? = nil, threads: Threads = Threads(2),
    outputDirectory: String? = nil, dataDirectories: [String] = [], allowedReads: [String] = [],
    allowedWrites: [String] = [], isQuiet: Bool = false, drawsInTerminal: Bool = true,
    resumes: Bool = false
  ) {
    self.settings = settings
    self.seed = seed
    self.threads = threads
    self.outputDirectory = outputDirectory
    self.dataDirectories = dataDirectories
    self.allowedReads = allowedReads
    self.allowedWrites = allowedWrites
    self.isQuiet = isQuiet
    self.drawsInTerminal = drawsInTerminal
    self.resumes = resumes
  }
}
