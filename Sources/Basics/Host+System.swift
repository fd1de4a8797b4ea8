import Foundation
import Synchronization

extension Host {
  /// The real machine.
  package static let system = Host(
    files: .system,
    environmentVariable: { ProcessInfo.processInfo.environment[$0] },
    wallClock: { Date().timeIntervalSince1970 },
    monotonicClock: { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 },
    run: { command throws(HostError) in try SystemProcess.run(command) },
    send: { stream, text throws(HostError) in
      var bytes = Array(text.utf8)[...]
      let descriptor = stream.descriptor
      while !bytes.isEmpty {
        let written = bytes.withUnsafeBytes {
          Foundation.write(descriptor, $0.baseAddress, $0.count)
        }
        if written > 0 {
          bytes = bytes.dropFirst(written)
        } else if written == 0 || errno != EINTR {
          throw .current(stream.name)
        }
      }
    },
    isTerminal: { isatty($0.descriptor) == 1 },
    terminalWidth: { stream in
      var size = winsize()
      guard ioctl(stream.descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
        return nil
      }
      return Int(size.ws_col)
    },
    memory: { Int(clamping: ProcessInfo.processInfo.physicalMemory) },
    openLibrary: { name throws(HostError) in
      if name.contains("/"), !Path.isAbsolute(name) {
        throw .other(path: name, message: "a library is named by an absolute path or a bare name")
      }
      guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
        let why = dlerror().map { String(cString: $0) } ?? "it could not be loaded"
        throw Path.isAbsolute(name) && access(name, F_OK) == 0
          ? .other(path: name, message: why) : .notFound(path: name)
      }
      // The handle is never closed, so its number may travel between threads.
      let address = UInt(bitPattern: handle)
      return HostLibrary(name: name) { symbol in
        UInt(bitPattern: dlsym(UnsafeMutableRawPointer(bitPattern: address), symbol))
      }
    })
}

extension HostStream {
  /// What a message calls it.
  fileprivate var name: String {
    switch self {
    case .output: return "standard output"
    case .error: return "standard error"
    }
  }

  fileprivate var descriptor: Int32 {
    switch self {
    case .output: return 1
    case .error: return 2
    }
  }
}

extension HostError {
  /// What `errno` says after a failed call on `path`.
  fileprivate static func current(_ path: String) -> HostError {
    let code = errno
    switch code {
    case ENOENT: return .notFound(path: path)
    case EISDIR: return .isDirectory(path: path)
    case ENOTDIR: return .notDirectory(path: path)
    case EACCES, EPERM, EROFS: return .permission(path: path)
    case ENOSPC, EDQUOT: return .diskFull(path: path)
    default: return .other(path: path, message: String(cString: strerror(code)))
    }
  }
}

extension HostFiles {
  /// The real disk.
  package static let system = HostFiles(
    read: { path throws(HostError) in try SystemFile.read(path) },
    write: { path, bytes throws(HostError) in try SystemFile.replace(path, with: bytes) },
    append: { path, bytes throws(HostError) in
      try SystemFile.write(path, bytes, flags: O_WRONLY | O_CREAT | O_APPEND)
    },
    kind: { path in
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      switch status.st_mode & S_IFMT {
      case S_IFREG: return .file
      case S_IFDIR: return .directory
      default: return .other
      }
    },
    list: { path throws(HostError) in
      guard let folder = opendir(path) else { throw .current(path) }
      defer { closedir(folder) }
      var names: [String] = []
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
      }
      return names.sorted()
    },
    createDirectory: { path throws(HostError) in try makeFolders(path, mode: 0o777) },
    createPrivateDirectory: { path throws(HostError) in
      // Those above it as usual: only the last is private.
      try makeFolders(Path.directory(path), mode: 0o777)
      try makeFolders(path, mode: 0o700)
    },
    isPrivate: { path in
      var status = stat()
      guard lstat(path, &status) == 0 else { return false }
      return status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
        && status.st_mode & 0o022 == 0
    },
    remove: { path throws(HostError) in
      if unlink(path) == 0 { return }
      let failure = HostError.current(path)
      if case .notFound = failure { throw failure }
      do {
        try FileManager.default.removeItem(atPath: path)
      } catch {
        throw failure
      }
    },
    linkTarget: { path in
      var buffer = [CChar](repeating: 0, count: 4096)
      let count = readlink(path, &buffer, buffer.count)
      guard count >= 0 else { return nil }
      return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    },
    modified: { path in
      guard let all = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
      return (all[.modificationDate] as? Date)?.timeIntervalSince1970
    },
    currentDirectory: { FileManager.default.currentDirectoryPath },
    createTemporaryDirectory: { () throws(HostError) in
      let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
      var template = Array(Path.join(base, "nodal-XXXXXX").utf8CString)
      guard mkdtemp(&template) != nil else { throw .current(base) }
      return String(
        decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    })
}

/// Whole files by system calls, so that each failure keeps its `errno`.
private enum SystemFile {
  static func read(_ path: String) throws(HostError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .current(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .current(path) }
    if status.st_mode & S_IFMT == S_IFDIR { throw .isDirectory(path: path) }
    var bytes: [UInt8] = []
    // The size is a hint: files under /proc say 0, and a file may grow while it is read.
    bytes.reserveCapacity(max(0, Int(status.st_size)))
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = chunk.withUnsafeMutableBytes {
        Foundation.read(descriptor, $0.baseAddress, $0.count)
      }
      if count == 0 { return bytes }
      if count > 0 {
        bytes.append(contentsOf: chunk[..<count])
      } else if errno != EINTR {
        throw .current(path)
      }
    }
  }

  static func write(_ path: String, _ bytes: [UInt8], flags: Int32) throws(HostError) {
    let descriptor = open(path, flags | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .current(path) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        let failure = HostError.current(path)
        close(descriptor)
        throw failure
      }
    }
    // A full disk may first be told at closing (quotas, network disks).
    guard close(descriptor) == 0 else { throw .current(path) }
  }

  private static let serial = Atomic<Int>(0)

  static func replace(_ path: String, with bytes: [UInt8]) throws(HostError) {
    var status = stat()
    let exists = stat(path, &status) == 0
    if exists, status.st_mode & S_IFMT == S_IFDIR { throw .isDirectory(path: path) }
    // A pipe or a device (/dev/stdout) cannot be renamed over.
    if exists, status.st_mode & S_IFMT != S_IFREG {
      return try write(path, bytes, flags: O_WRONLY)
    }
    let number = serial.wrappingAdd(1, ordering: .relaxed).newValue
    let temporary = Path.join(
      Path.directory(path), ".\(Path.name(path).prefix(80)).\(getpid()).\(number).tmp")
    do {
      try write(temporary, bytes, flags: O_WRONLY | O_CREAT | O_EXCL)
    } catch {
      unlink(temporary)
      throw error.named(path)
    }
    if exists { chmod(temporary, status.st_mode & 0o777) }
    guard rename(temporary, path) == 0 else {
      let failure = HostError.current(path)
      unlink(temporary)
      throw failure
    }
  }
}

extension HostError {
  /// The same failure, told of the file that was asked for instead of a temporary one.
  fileprivate func named(_ path: String) -> HostError {
    switch self {
    case .notFound: return .notFound(path: path)
    case .isDirectory: return .isDirectory(path: path)
    case .notDirectory: return .notDirectory(path: path)
    case .permission: return .permission(path: path)
    case .diskFull: return .diskFull(path: path)
    case .other(_, let message): return .other(path: path, message: message)
    }
  }
}

/// Programs, their streams in temporary files: no pipe can fill up and stall, and a program that
/// does not read its input cannot raise SIGPIPE here.
private enum SystemProcess {
  static func run(_ command: HostCommand) throws(HostError) -> HostCommandResult {
    guard let program = find(command.program) else { throw .notFound(path: command.program) }
    let files = HostFiles.system
    let folder = try files.createTemporaryDirectory()
    defer { try? files.remove(folder) }
    let input = Path.join(folder, "input")
    let output = Path.join(folder, "output")
    let errors = Path.join(folder, "errors")
    try files.write(input, command.input)
    try files.write(output, [])
    try files.write(errors, [])
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = command.arguments
    if let directory = command.directory {
      process.currentDirectoryURL = URL(fileURLWithPath: directory)
    }
    var environment = ProcessInfo.processInfo.environment
    environment.merge(command.environment) { _, new in new }
    process.environment = environment
    do {
      process.standardInput = FileHandle(forReadingAtPath: input)
      process.standardOutput = FileHandle(forWritingAtPath: output)
      process.standardError = FileHandle(forWritingAtPath: errors)
      let ended = DispatchSemaphore(value: 0)
      process.terminationHandler = { _ in ended.signal() }
      try process.run()
      if ended.wait(timeout: .now() + command.timeLimit) == .timedOut {
        kill(process.processIdentifier, SIGKILL)
        ended.wait()
        throw HostError.other(
          path: command.program,
          message: "it was ended after \(NumberFormat.duration(seconds: command.timeLimit))")
      }
    } catch let failure as HostError {
      throw failure
    } catch {
      throw .other(path: command.program, message: error.localizedDescription)
    }
    let signalled = process.terminationReason == .uncaughtSignal
    return HostCommandResult(
      status: Int(process.terminationStatus) + (signalled ? 128 : 0),
      output: try files.read(output), errors: try files.read(errors))
  }

  /// An absolute path as it is; a bare name in the absolute folders of PATH.
  private static func find(_ program: String) -> String? {
    func runs(_ path: String) -> Bool {
      HostFiles.system.kind(path) == .file && access(path, X_OK) == 0
    }
    if program.contains("/") {
      return Path.isAbsolute(program) && runs(program) ? program : nil
    }
    let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    for folder in folders.split(separator: ":") where folder.hasPrefix("/") {
      let path = Path.join(String(folder), program)
      if runs(path) { return path }
    }
    return nil
  }
}

/// Makes a folder and those above it, where they aren't there.
private func makeFolders(_ path: String, mode: mode_t) throws(HostError) {
  var built = Path.isAbsolute(path) ? "/" : ""
  for part in Path.components(path) {
    built = Path.join(built, part)
    guard mkdir(built, mode) != 0 else { continue }
    let failure = HostError.current(built)
    var status = stat()
    guard stat(built, &status) == 0 else { throw failure }
    if status.st_mode & S_IFMT != S_IFDIR { throw .notDirectory(path: built) }
  }
}
