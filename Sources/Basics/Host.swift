/// Everything through which the floors below the facade touch the world. A shell passes
/// `Host.system` in; a test passes one of its own. It is a value of closures, so that a test
/// may replace one of them (a clock that stands still, a disk that is full) and keep the rest.
package struct Host: Sendable {
  package var files: HostFiles
  /// The value of an environment variable, nil when it is not set.
  package var environmentVariable: @Sendable (_ name: String) -> String?
  /// Seconds since 1970 by the wall clock; it may jump.
  package var wallClock: @Sendable () -> Double
  /// Seconds since some fixed moment; it never goes backwards. For durations.
  package var monotonicClock: @Sendable () -> Double
  /// Runs a program to its end, never through a shell.
  package var run: @Sendable (HostCommand) throws(HostError) -> HostCommandResult
  /// Writes text to a standard stream, at once.
  package var send: @Sendable (HostStream, String) throws(HostError) -> Void
  /// Is this stream read by a person at a terminal?
  package var isTerminal: @Sendable (HostStream) -> Bool
  /// Columns of the terminal, nil when the stream is none.
  package var terminalWidth: @Sendable (HostStream) -> Int?
  /// Bytes of memory that the machine has.
  package var memory: @Sendable () -> Int
  /// Loads a shared library by an absolute path or a bare system name (`libLLVM.so.19.1`); its
  /// symbols stay local. A relative path with a slash is refused: the current folder is never
  /// searched.
  package var openLibrary: @Sendable (_ name: String) throws(HostError) -> HostLibrary

  package init(
    files: HostFiles,
    environmentVariable: @escaping @Sendable (String) -> String?,
    wallClock: @escaping @Sendable () -> Double,
    monotonicClock: @escaping @Sendable () -> Double,
    run: @escaping @Sendable (HostCommand) throws(HostError) -> HostCommandResult,
    send: @escaping @Sendable (HostStream, String) throws(HostError) -> Void,
    isTerminal: @escaping @Sendable (HostStream) -> Bool,
    terminalWidth: @escaping @Sendable (HostStream) -> Int?,
    memory: @escaping @Sendable () -> Int,
    openLibrary: @escaping @Sendable (String) throws(HostError) -> HostLibrary
  ) {
    self.files = files
    self.environmentVariable = environmentVariable
    self.wallClock = wallClock
    self.monotonicClock = monotonicClock
    self.run = run
    self.send = send
    self.isTerminal = isTerminal
    self.terminalWidth = terminalWidth
    self.memory = memory
    self.openLibrary = openLibrary
  }
}

extension Host {
  /// Writes text to a standard stream, at once, where there is nothing to be done about a failure.
  package func write(_ stream: HostStream, _ text: String) { try? send(stream, text) }
}

/// A standard stream.
package enum HostStream: Sendable, Hashable, CaseIterable {
  case output
  case error
}

/// The files that a host offers. Paths are absolute, or relative to `currentDirectory`.
package struct HostFiles: Sendable {
  /// All bytes of a file.
  package var read: @Sendable (_ path: String) throws(HostError) -> [UInt8]
  /// Writes a file whole or not at all: to a temporary file beside it, then renamed over it.
  package var write: @Sendable (_ path: String, _ bytes: [UInt8]) throws(HostError) -> Void
  /// Appends to a file, which is made if it is missing.
  package var append: @Sendable (_ path: String, _ bytes: [UInt8]) throws(HostError) -> Void
  /// What is at this path, links followed; nil when nothing is.
  package var kind: @Sendable (_ path: String) -> HostFileKind?
  /// Names in a folder, sorted, without `.` and `..`.
  package var list: @Sendable (_ path: String) throws(HostError) -> [String]
  /// Makes a folder and those above it; fine if it is there already.
  package var createDirectory: @Sendable (_ path: String) throws(HostError) -> Void
  /// Makes a folder that only its owner may read or write.
  package var createPrivateDirectory: @Sendable (_ path: String) throws(HostError) -> Void
  /// Whether a folder is this user's own, and nobody else may write in it.
  package var isPrivate: @Sendable (_ path: String) -> Bool
  /// Removes a file, or a folder with all that is in it.
  package var remove: @Sendable (_ path: String) throws(HostError) -> Void
  /// Where a symbolic link points (as written, perhaps relative to the link's folder); nil when
  /// the path is no link.
  package var linkTarget: @Sendable (_ path: String) -> String?
  /// Seconds since 1970 when the file last changed.
  package var modified: @Sendable (_ path: String) -> Double?
  /// The absolute path of the current folder.
  package var currentDirectory: @Sendable () -> String
  /// Makes a new empty folder that only its owner may read, for temporary files.
  package var createTemporaryDirectory: @Sendable () throws(HostError) -> String

  package init(
    read: @escaping @Sendable (String) throws(HostError) -> [UInt8],
    write: @escaping @Sendable (String, [UInt8]) throws(HostError) -> Void,
    append: @escaping @Sendable (String, [UInt8]) throws(HostError) -> Void,
    kind: @escaping @Sendable (String) -> HostFileKind?,
    list: @escaping @Sendable (String) throws(HostError) -> [String],
    createDirectory: @escaping @Sendable (String) throws(HostError) -> Void,
    createPrivateDirectory: @escaping @Sendable (String) throws(HostError) -> Void,
    isPrivate: @escaping @Sendable (String) -> Bool,
    remove: @escaping @Sendable (String) throws(HostError) -> Void,
    linkTarget: @escaping @Sendable (String) -> String?,
    modified: @escaping @Sendable (String) -> Double?,
    currentDirectory: @escaping @Sendable () -> String,
    createTemporaryDirectory: @escaping @Sendable () throws(HostError) -> String
  ) {
    self.read = read
    self.write = write
    self.append = append
    self.kind = kind
    self.list = list
    self.createDirectory = createDirectory
    self.createPrivateDirectory = createPrivateDirectory
    self.isPrivate = isPrivate
    self.remove = remove
    self.linkTarget = linkTarget
    self.modified = modified
    self.currentDirectory = currentDirectory
    self.createTemporaryDirectory = createTemporaryDirectory
  }

  /// The file's bytes as text; bytes that are not UTF-8 become U+FFFD.
  package func text(_ path: String) throws(HostError) -> String {
    String(decoding: try read(path), as: UTF8.self)
  }

  /// All bytes of a file that ends: a device or a pipe may go on for ever, and gives its bytes once only.
  package func readRegular(_ path: String) throws(HostError) -> [UInt8] {
    if kind(path) == .other {
      throw .other(path: path, message: "it is a device or a pipe, and no file")
    }
    return try read(path)
  }

  /// Writes text as UTF-8, whole or not at all.
  package func write(_ path: String, text: String) throws(HostError) {
    try write(path, Array(text.utf8))
  }

  /// Is there a file or a folder at this path?
  package func exists(_ path: String) -> Bool { kind(path) != nil }
}

/// What a path leads to.
package enum HostFileKind: Sendable, Hashable {
  case file
  case directory
  case other
}

/// A program to run: found by an absolute path or by its name on PATH, whose arguments no shell
/// ever sees.
package struct HostCommand: Sendable, Equatable {
  package var program: String
  package var arguments: [String]
  package var input: [UInt8]
  /// The folder it runs in; nil for the current one.
  package var directory: String?
  /// Variables set for it beside the inherited ones.
  package var environment: [String: String]
  /// It is ended after so many seconds.
  package var timeLimit: Double

  package init(
    program: String, arguments: [String] = [], input: [UInt8] = [], directory: String? = nil,
    environment: [String: String] = [:], timeLimit: Double = 60
  ) {
    self.program = program
    self.arguments = arguments
    self.input = input
    self.directory = directory
    self.environment = environment
    self.timeLimit = timeLimit
  }
}

/// How a program ended, and what it wrote.
package struct HostCommandResult: Sendable, Equatable {
  /// The exit status; 128 + n when signal n ended it.
  package var status: Int
  package var output: [UInt8]
  package var errors: [UInt8]

  package init(status: Int, output: [UInt8] = [], errors: [UInt8] = []) {
    self.status = status
    self.output = output
    self.errors = errors
  }
}

/// A loaded shared library. It stays loaded for the life of the process, so a symbol found in it
/// never dangles.
package struct HostLibrary: Sendable {
  /// The name by which it was found.
  package let name: String
  private let find: @Sendable (String) -> UInt

  /// - Parameter find: the address of a symbol, 0 when there is none.
  package init(name: String, find: @escaping @Sendable (String) -> UInt) {
    self.name = name
    self.find = find
  }

  /// The address of a symbol, nil when the library lacks it.
  package func symbol(_ name: String) -> UnsafeMutableRawPointer? {
    UnsafeMutableRawPointer(bitPattern: find(name))
  }
}
