import NodalBasics
import NodalIR
import Synchronization

/// The machine code of this process, by what it was made from: a program that is compiled again is there.
final class CodeTable: Sendable {
  static let shared = CodeTable()

  /// What symbols begin with before the key is known; the key takes its place.
  static let prefix = "nodal_key"

  private struct Entry {
    weak var code: LoadedCode?
  }

  /// Who holds it makes the code; others that want the same wait, and find it.
  private final class Turn: Sendable {
    let lock = Mutex<Void>(())
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var turns: [String: Turn] = [:]
    /// The code that was asked for last stays, in use or not.
    var recent: [LoadedCode] = []
  }

  private let state = Mutex(State())
  private static let kept = 256

  private init() {}

  func code(
    _ text: String, _ style: CodeGenerator.Style, symbols: [String], _ target: CodeTarget,
    cache: CodeCache?
  ) throws(NativeError) -> LoadedCode {
    let loader = try CodeLoader.shared.get()
    let key = StableHash(
      text, loader.library.version, target.triple, target.cpu, target.features,
      CodeGenerator.passes(style), "\(NativeCode.revision)"
    ).text
    if let code = known(key) { return code }
    let turn = state.withLock { state in
      let turn = state.turns[key] ?? Turn()
      state.turns[key] = turn
      return turn
    }
    defer { state.withLock { $0.turns[key] = nil } }
    let outcome: Result<LoadedCode, NativeError> = turn.lock.withLock { _ in
      if let code = known(key) { return .success(code) }
      do throws(NativeError) {
        return .success(try make(key, text, style, symbols, target, cache, loader))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  private func make(
    _ key: String, _ text: String, _ style: CodeGenerator.Style, _ symbols: [String],
    _ target: CodeTarget, _ cache: CodeCache?, _ loader: CodeLoader
  ) throws(NativeError) -> LoadedCode {
    // The key makes symbols unlike those of all other code.
    func named(_ text: String) -> String { Self.replace(Self.prefix, by: "nodal_\(key)", in: text) }
    let object: [UInt8]
    if let kept = cache?.load(key) {
      object = kept
    } else {
      object = try CodeGenerator(target).emit(named(text), style, .object)
      cache?.save(key, object)
    }
    // One at a time: the same symbols must not be linked twice.
    let outcome: Result<LoadedCode, NativeError> = state.withLock { state in
      if let code = state.entries[key]?.code { return .success(code) }
      do throws(NativeError) {
        let code = try loader.load(object, symbols: symbols.map(named))
        state.entries[key] = Entry(code: code)
        Self.keep(code, &state)
        return .success(code)
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  /// By bytes: texts are long, and characters cost a hundred times as much.
  static func replace(_ old: String, by new: String, in text: String) -> String {
    let (bytes, pattern) = (Array(text.utf8), Array(old.utf8))
    guard let first = pattern.first else { return text }
    var made: [UInt8] = []
    made.reserveCapacity(bytes.count + bytes.count / 16)
    var i = 0
    while i < bytes.count {
      if bytes[i] == first, bytes[i...].starts(with: pattern) {
        made += new.utf8
        i += pattern.count
      } else {
        made.append(bytes[i])
        i += 1
      }
    }
    return String(decoding: made, as: UTF8.self)
  }

  private func known(_ key: String) -> LoadedCode? {
    state.withLock { state in
      guard let code = state.entries[key]?.code else { return nil }
      Self.keep(code, &state)
      return code
    }
  }

  private static func keep(_ code: LoadedCode, _ state: inout State) {
    state.recent.removeAll { $0 === code }
    state.recent.append(code)
    if state.recent.count > kept { state.recent.removeFirst() }
  }
}
