import Synchronization

/// A world in memory, for tests: files, links, streams and a clock, all of which can be looked at.
package final class MemoryWorld: Sendable {
  fileprivate struct State {
    var files: [String: [UInt8]] = [:]
    var folders: Set<String> = ["/", "/tmp"]
    var links: [String: String] = [:]
    var written: [HostStream: String] = [:]
    var environment: [String: String] = [:]
    var clock = 0.0
    var temporary = 0
    var failures: [String: HostError] = [:]
    var commands: [HostCommand] = []
    var programs: [String: @Sendable (HostCommand) -> HostCommandResult] = [:]
  }
  private let state = Mutex(State())
  private let directory: String

  /// - Parameters:
  ///   - files: text of files by path; relative paths start from `directory`.
  ///   - directory: the current folder.
  package init(files: [String: String] = [:], directory: String = "/project") {
    self.directory = directory
    state.withLock { state in
      state.addFolders(directory)
      for (path, text) in files {
        let full = Path.normalized(Path.join(directory, path))
        state.addFolders(Path.directory(full))
        state.files[full] = Array(text.utf8)
      }
    }
  }

  /// The text of a file, nil when there is none.
  package func text(_ path: String) -> String? {
    bytes(path).map { String(decoding: $0, as: UTF8.self) }
  }

  package func bytes(_ path: String) -> [UInt8]? {
    let full = absolute(path)
    return state.withLock { $0.files[full] }
  }

  /// Paths of all files, sorted.
  package var paths: [String] { state.withLock { $0.files.keys.sorted() } }

  package func addFile(_ path: String, bytes: [UInt8]) {
    let full = absolute(path)
    state.withLock {
      $0.addFolders(Path.directory(full))
      $0.files[full] = bytes
    }
  }

  /// Makes a symbolic link.
  package func addLink(_ path: String, to target: String) {
    let full = Path.normalized(Path.join(directory, path))
    state.withLock {
      $0.addFolders(Path.directory(full))
      $0.links[full] = target
    }
  }

  /// From now on, reading or writing this file fails so.
  package func fail(_ path: String, with error: HostError) {
    let full = absolute(path)
    state.withLock { $0.failures[full] = error }
  }

  package func setEnvironment(_ name: String, _ value: String?) {
    state.withLock { $0.environment[name] = value }
  }

  /// Offers a program of this name to `Host.run`.
  package func addProgram(
    _ name: String, _ body: @escaping @Sendable (HostCommand) -> HostCommandResult
  ) {
    state.withLock { $0.programs[name] = body }
  }

  /// What was run so far.
  package var commands: [HostCommand] { state.withLock { $0.commands } }

  /// What was written to a stream so far.
  package func written(_ stream: HostStream) -> String {
    state.withLock { $0.written[stream] ?? "" }
  }

  package func advanceClock(_ seconds: Double) { state.withLock { $0.clock += seconds } }

  /// The host that sees this world.
  package var host: Host {
    Host(
      files: files,
      environmentVariable: { name in self.state.withLock { $0.environment[name] } },
      wallClock: { self.state.withLock { $0.clock } },
      monotonicClock: { self.state.withLock { $0.clock } },
      run: { command throws(HostError) in
        let program = self.state.withLock { state in
          state.commands.append(command)
          return state.programs[command.program]
        }
        guard let program else { throw .notFound(path: command.program) }
        return program(command)
      },
      send: { stream, text throws(HostError) in
        self.state.withLock { $0.written[stream, default: ""] += text }
      },
      isTerminal: { _ in false },
      terminalWidth: { _ in nil },
      memory: { 1 << 34 },
      openLibrary: { name throws(HostError) in throw .notFound(path: name) })
  }

  private func addFolders(_ path: String) throws(HostError) {
    let full = absolute(path)
    try state.withLock { state throws(HostError) in
      if state.files[full] != nil { throw .notDirectory(path: path) }
      state.addFolders(full)
    }
  }

  private func absolute(_ path: String) -> String {
    PathPolicy.resolved(path, files: files) ?? Path.normalized(Path.join(directory, path))
  }

  private var files: HostFiles {
    HostFiles(
      read: { path throws(HostError) in
        let full = self.absolute(path)
        return try self.state.withLock { state throws(HostError) in
          if let failure = state.failures[full] { throw failure }
          if state.folders.contains(full) { throw .isDirectory(path: path) }
          guard let bytes = state.files[full] else { throw .notFound(path: path) }
          return bytes
        }
      },
      write: { path, bytes throws(HostError) in
        let full = self.absolute(path)
        try self.state.withLock { state throws(HostError) in
          try state.checkWritable(full, named: path)
          state.files[full] = bytes
        }
      },
      append: { path, bytes throws(HostError) in
        let full = self.absolute(path)
        try self.state.withLock { state throws(HostError) in
          try state.checkWritable(full, named: path)
          state.files[full, default: []] += bytes
        }
      },
      kind: { path in
        let full = self.absolute(path)
        return self.state.withLock {
          $0.files[full] != nil ? .file : $0.folders.contains(full) ? .directory : nil
        }
      },
      list: { path throws(HostError) in
        let full = self.absolute(path)
        return try self.state.withLock { state throws(HostError) in
          if state.files[full] != nil { throw .notDirectory(path: path) }
          guard state.folders.contains(full) else { throw .notFound(path: path) }
          let all = Array(state.files.keys) + Array(state.folders) + Array(state.links.keys)
          return all.filter { $0 != "/" && Path.directory($0) == full }.map(Path.name).sorted()
        }
      },
      createDirectory: { path throws(HostError) in try self.addFolders(path) },
      createPrivateDirectory: { path throws(HostError) in try self.addFolders(path) },
      isPrivate: { path in
        let full = self.absolute(path)
        return self.state.withLock { $0.folders.contains(full) }
      },
      remove: { path throws(HostError) in
        let full = Path.normalized(Path.join(self.directory, path))
        try self.state.withLock { state throws(HostError) in
          guard
            state.files[full] != nil || state.folders.contains(full) || state.links[full] != nil
          else { throw .notFound(path: path) }
          state.files = state.files.filter { !Path.contains(full, $0.key) }
          state.links = state.links.filter { !Path.contains(full, $0.key) }
          state.folders = state.folders.filter { !Path.contains(full, $0) }
        }
      },
      linkTarget: { path in
        let full = Path.normalized(Path.join(self.directory, path))
        return self.state.withLock { $0.links[full] }
      },
      modified: { path in self.state.withLock { $0.clock } },
      currentDirectory: { self.directory },
      createTemporaryDirectory: {
        self.state.withLock { state in
          state.temporary += 1
          state.addFolders("/tmp/\(state.temporary)")
          return "/tmp/\(state.temporary)"
        }
      })
  }
}

extension MemoryWorld.State {
  fileprivate mutating func addFolders(_ path: String) {
    var folder = path
    while folders.insert(folder).inserted, folder != "/" { folder = Path.directory(folder) }
  }

  fileprivate func checkWritable(_ full: String, named path: String) throws(HostError) {
    if let failure = failures[full] { throw failure }
    if folders.contains(full) { throw .isDirectory(path: path) }
    guard folders.contains(Path.directory(full)) else {
      throw .notFound(path: Path.directory(path))
    }
  }
}

extension Host {
  /// A host that sees only these files (text by path); see `MemoryWorld` to look at what became
  /// of it.
  package static func memory(files: [String: String] = [:]) -> Host {
    MemoryWorld(files: files).host
  }
}
