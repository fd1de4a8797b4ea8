import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A program at a terminal of its own: what is typed goes in, and what the screen was told comes out.
final class PseudoTerminal {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  private let descriptor: Int32
  private let process: pid_t
  private var hasEnded = false
  private var bytes: [UInt8] = []
  /// Up to here, in bytes of the plain text, `wait(for:)` has read.
  private var seen = 0

  /// Starts a program as the leader of a session whose terminal is a new pseudo-terminal of 100 columns.
  init(_ program: String, _ arguments: [String] = [], environment: [String: String]) throws {
    let (main, side, name) = try Self.open()
    descriptor = main
    // Closed when the program has opened its own: the last one to close ends the transcript.
    defer { close(side) }
    var size = winsize(ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(main, UInt(TIOCSWINSZ), &size)

    #if canImport(Darwin)
      var attributes: posix_spawnattr_t?
      var actions: posix_spawn_file_actions_t?
    #else
      var attributes = posix_spawnattr_t()
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawnattr_init(&attributes)
    posix_spawn_file_actions_init(&actions)
    defer {
      posix_spawnattr_destroy(&attributes)
      posix_spawn_file_actions_destroy(&actions)
    }
    // The leader of a session takes the first terminal that it opens for its own; so Ctrl-C reaches it.
    posix_spawnattr_setflags(&attributes, Self.newSession)
    posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    var variables = ProcessInfo.processInfo.environment
    variables.merge(environment) { $1 }
    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in argv + envp { free(text) } }
    var id = pid_t()
    let error = posix_spawn(&id, program, &actions, &attributes, &argv, &envp)
    guard error == 0 else {
      throw Failure(description: "can't start \(program): \(String(cString: strerror(error)))")
    }
    process = id
  }

  #if canImport(Darwin)
    private static let newSession = Int16(POSIX_SPAWN_SETSID)
  #else
    /// `POSIX_SPAWN_SETSID`, which the C library's header shows to GNU programs only.
    private static let newSession: Int16 = 0x80
  #endif

  /// Both ends of a new pseudo-terminal, and the name of the program's.
  private static func open() throws -> (main: Int32, side: Int32, name: String) {
    var (main, side): (Int32, Int32) = (-1, -1)
    #if canImport(Darwin)
      main = posix_openpt(O_RDWR | O_NOCTTY)
      guard main >= 0, grantpt(main) == 0, unlockpt(main) == 0, let path = ptsname(main) else {
        throw Failure(description: "no pseudo-terminal: \(String(cString: strerror(errno)))")
      }
      let name = String(cString: path)
      side = Foundation.open(name, O_RDWR | O_NOCTTY)
    #else
      var path = [CChar](repeating: 0, count: 128)
      guard openpty(&main, &side, &path, nil, nil) == 0 else {
        throw Failure(description: "no pseudo-terminal: \(String(cString: strerror(errno)))")
      }
      let name = path.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    #endif
    for descriptor in [main, side] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    return (main, side, name)
  }

  deinit {
    if !hasEnded {
      kill(process, SIGKILL)
      var status: Int32 = 0
      waitpid(process, &status, 0)
    }
    close(descriptor)
  }

  /// Keys as the terminal sends them.
  enum Key: String {
    case enter = "\r"
    case tab = "\t"
    case up = "\u{1B}[A"
    case down = "\u{1B}[B"
    case interrupt = "\u{03}"
    case end = "\u{04}"
  }

  func type(_ text: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        throw Failure(description: "typing: \(String(cString: strerror(errno)))")
      }
    }
  }

  func press(_ key: Key) throws { try type(key.rawValue) }

  func enter(_ line: String) throws {
    try type(line)
    try press(.enter)
  }

  /// Reads until the screen has been told `text`, behind what was waited for before.
  /// - Returns: what came until then, control sequences left out.
  @discardableResult
  func wait(for text: String, seconds: Double = 60) throws -> String {
    let deadline = Date().addingTimeInterval(seconds)
    while true {
      let all = Self.plain(bytes[...])
      // What stands before a match stays as it is when more comes.
      let fresh = String(decoding: Array(all.utf8).dropFirst(seen), as: UTF8.self)
      if let range = fresh.range(of: text) {
        let found = String(fresh[..<range.upperBound])
        seen += found.utf8.count
        return found
      }
      guard try read(until: deadline) else {
        throw Failure(description: "waiting for `\(text)`, got: \(fresh.debugDescription)")
      }
    }
  }

  /// Reads until the program has ended.
  /// - Returns: its exit status, 128 + n when signal n ended it.
  func waitForEnd(seconds: Double = 60) throws -> Int32 {
    let deadline = Date().addingTimeInterval(seconds)
    var status: Int32 = 0
    while waitpid(process, &status, WNOHANG) == 0 {
      guard Date() < deadline else { throw Failure(description: "it does not end") }
      // Where the terminal is closed already, this doesn't wait.
      if try !read(until: Date().addingTimeInterval(0.05)) { usleep(1000) }
    }
    hasEnded = true
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }

  /// Takes what there is; false at the end of the program or of the time.
  private func read(until deadline: Date) throws -> Bool {
    let left = deadline.timeIntervalSinceNow
    guard left > 0 else { return false }
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let ready = Foundation.poll(&poll, 1, Int32(min(left, 3600) * 1000) + 1)
    if ready < 0, errno == EINTR { return true }
    guard ready > 0 else { return false }
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = Foundation.read(descriptor, &chunk, chunk.count)
    if count < 0, errno == EINTR { return true }
    // Linux says EIO when the other side is closed.
    guard count > 0 else { return false }
    bytes += chunk[..<count]
    return true
  }

  /// Text without control sequences; carriage returns and bells are left out too.
  static func plain(_ bytes: ArraySlice<UInt8>) -> String {
    var out: [UInt8] = []
    var i = bytes.startIndex
    while i < bytes.endIndex {
      switch bytes[i] {
      case 0x1B where i + 1 < bytes.endIndex && bytes[i + 1] == UInt8(ascii: "["):
        i += 2
        while i < bytes.endIndex, !(0x40...0x7E).contains(bytes[i]) { i += 1 }
      case 0x1B: i += 1
      case 0x0D, 0x07: break
      default: out.append(bytes[i])
      }
      i += 1
    }
    return String(decoding: out, as: UTF8.self)
  }
}
