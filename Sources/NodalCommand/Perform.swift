import ArgumentParser
import Foundation
import NodalBasics

/// Runs a command's work on a thread with room for programs that nest deeply: the main thread has 8 MB of stack, which some
/// thousand nested brackets use up.
func perform(_ body: @escaping @Sendable () throws -> Void) throws {
  let outcome = Outcome()
  let thread = Thread {
    outcome.finish { try body() }
  }
  thread.stackSize = 1 << 29
  thread.start()
  do {
    try outcome.wait()
  } catch let status as ExitCode where status == Status.interrupted {
    // Work that nobody waits for any more may still run: libraries that an orderly exit takes apart would go from under it.
    fflush(nil)
    _exit(Status.interrupted.rawValue)
  }
}

/// Hands a result from one thread to another.
private final class Outcome: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)
  private var result: Result<Void, any Error> = .success(())

  func finish(_ body: () throws -> Void) {
    result = Result { try body() }
    done.signal()
  }

  func wait() throws {
    done.wait()
    try result.get()
  }
}

/// Whether a person types what is read.
func isTerminal(standardInput host: NodalBasics.Host) -> Bool {
  isatty(0) == 1 && host.isTerminal(.output)
}

/// All that comes on standard input.
func readStandardInput() -> String {
  String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
}

/// Status of a command, for `ExitCode`.
enum Status {
  /// The program failed while it ran, or a test did not hold.
  static let failed = ExitCode(1)
  /// The program is wrong.
  static let wrong = ExitCode(2)
  /// The command was called wrongly.
  static let usage = ExitCode(64)
  /// Ctrl-C.
  static let interrupted = ExitCode(130)
}

/// Where a prompt keeps what was typed.
enum HistoryFile {
  /// `$XDG_STATE_HOME/nodal/history`, made if it is missing; nil where there is no home, or it can't be written.
  static func path(_ host: NodalBasics.Host) -> String? {
    func folder(_ name: String) -> String? {
      host.environmentVariable(name).flatMap { Path.isAbsolute($0) ? $0 : nil }
    }
    guard
      let state = folder("XDG_STATE_HOME")
        ?? folder("HOME").map({ Path.join($0, ".local/state") })
    else { return nil }
    let own = Path.join(state, "nodal")
    guard (try? host.files.createDirectory(own)) != nil else { return nil }
    return Path.join(own, "history")
  }
}
