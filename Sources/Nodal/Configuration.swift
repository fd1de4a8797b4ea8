package import NodalBasics
import NodalExecution
import NodalSession

/// What a program is checked and run with: the flags of `nodal run`, without a terminal.
public struct Configuration: Sendable {
  /// Constants by name (`g`, `pendulum.g`) and the text of an expression each; in force before checking.
  public var settings: [String: String]
  /// Overrides the program's `seed`.
  public var seed: Int?
  /// Threads that work on a batch. Results are the same, bit for bit, for any number.
  public var threads: Int
  /// What executes programs.
  public var backend: Backend
  /// The folder that relative paths start from: the script's own, for a script.
  public var directory: String
  /// Outputs go below this folder; nil: `runs` in `directory`.
  public var outputDirectory: String?
  /// Where data files are looked for, behind `directory`.
  public var dataDirectories: [String]
  /// Folders outside of these that may be read all the same.
  public var allowedReads: [String]
  /// Folders outside of `outputDirectory` that may be written all the same.
  public var allowedWrites: [String]
  /// A `train` with `checkpoint:` goes on from the file, if there is one; otherwise it begins anew.
  public var resumes = false
  /// The world that it sees; a test passes one of its own.
  package var host: Host

  /// Every value has a default that suits a program which stands alone.
  public init(
    settings: [String: String] = [:], seed: Int? = nil, threads: Int = 2,
    backend: Backend = .automatic, directory: String = ".", outputDirectory: String? = nil,
    dataDirectories: [String] = [],
    allowedReads: [String] = [], allowedWrites: [String] = []
  ) {
    self.settings = settings
    self.seed = seed
    self.threads = threads
    self.backend = backend
    self.directory = directory
    self.outputDirectory = outputDirectory
    self.dataDirectories = dataDirectories
    self.allowedReads = allowedReads
    self.allowedWrites = allowedWrites
    host = .system
  }

  /// For a program at this path.
  func sessionOptions() -> SessionOptions {
    SessionOptions(
      settings: settings, seed: seed, threads: Threads(threads), outputDirectory: outputDirectory,
      dataDirectories: dataDirectories, allowedReads: allowedReads, allowedWrites: allowedWrites,
      resumes: resumes)
  }
}
