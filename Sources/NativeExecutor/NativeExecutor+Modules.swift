package import NodalIR
import Synchronization

/// What machine code is looked at as.
package enum NativeForm: String, Sendable, CaseIterable {
  /// LLVM IR as it is written, before LLVM's passes.
  case llvm
  /// The same behind them.
  case optimized
  case assembly
  /// An object file.
  case object
}

extension NativeExecutor {
  /// The modules that a region becomes, in the order in which they are compiled: its own, those of the regions inside, and loops of
  /// steps. For this machine, or for another (`aarch64-unknown-linux-gnu`), which LLVM must know.
  package func modules(
    of region: Region, as form: NativeForm, for other: CodeTarget? = nil
  ) throws -> [[UInt8]] {
    let texts = Texts()
    var executor = self
    executor.observe = { texts.add(Text(text: $0, style: $1)) }
    _ = try executor.compile(region)
    let generator = try CodeGenerator(other ?? target)
    return try texts.all.map { text in
      switch form {
      case .llvm: Array(text.text.utf8)
      case .optimized: Array(try generator.optimized(text.text, text.style).utf8)
      case .assembly: try generator.emit(text.text, text.style, .assembly)
      case .object: try generator.emit(text.text, text.style, .object)
      }
    }
  }

  private struct Text: Hashable {
    var text: String
    var style: CodeGenerator.Style
  }

  private final class Texts: Sendable {
    private let list = Mutex<[Text]>([])
    func add(_ text: Text) { list.withLock { $0.append(text) } }
    /// Each once.
    var all: [Text] {
      list.withLock { list in
        list.enumerated().filter { i, text in list.firstIndex(of: text) == i }.map(\.element)
      }
    }
  }
}
