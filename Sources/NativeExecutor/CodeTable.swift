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

  private struct State {
    var entries: [String: Entry] = [:]
    /// The code that was asked for last stays, in use or not.
    var recent: [LoadedCode] = []
  }

  private let state = Mutex(State())
  private static let kept = 256

  private init() {}

  func code(
    _ text: String, symbols: [String], _ target: CodeTarget, cache: CodeCache?
  ) throws(NativeError) -> LoadedCode {
    let loader = try CodeLoader.shared.get()
    let key = StableHash(
      text, loader.library.version, target.triple, target.cpu, target.features,
      CodeGenerator.passes, "\(NativeCode.revision)"
    ).text
    if let code = known(key) { return code }
    // The key makes symbols unlike those of all other code.
    let text = text.replacing(Self.prefix, with: "nodal_\(key)")
    let symbols = symbols.map { $0.replacing(Self.prefix, with: "nodal_\(key)") }
    let object: [UInt8]
    if let kept = cache?.load(key) {
      object = kept
    } else {
      object = try CodeGenerator(target).emit(text, .object)
      cache?.save(key, object)
    }
    // One at a time: the same symbols must not be linked twice.
    let outcome: Result<LoadedCode, NativeError> = state.withLock { state in
      if let code = state.entries[key]?.code { return .success(code) }
      do throws(NativeError) {
        let code = try loader.load(object, symbols: symbols)
        state.entries[key] = Entry(code: code)
        Self.keep(code, &state)
        return .success(code)
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
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

/// A hash that is the same in every process: two 64-bit sums after FNV-1a (Fowler, Noll and Vo), unlike each other. It tells
/// programs apart and finds damage; it is no defence against an enemy.
struct StableHash {
  private var a: UInt64 = 0xcbf2_9ce4_8422_2325
  private var b: UInt64 = 0x6c62_272e_07bb_0142

  init() {}

  init(_ parts: String...) {
    for part in parts {
      add(part.utf8)
      add(CollectionOfOne(0xff))
    }
  }

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      a = (a ^ UInt64(byte)) &* 0x100_0000_01b3
      b = (b ^ UInt64(byte)) &* 0x0000_0001_0000_01b5
      b = (b << 23) | (b >> 41)
    }
  }

  /// Digits of `text`.
  static let length = 32

  var text: String {
    func hex(_ x: UInt64) -> String {
      let digits = String(x, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    return hex(a) + hex(b)
  }
}
