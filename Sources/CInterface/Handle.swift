import CNodal
import Foundation
import Nodal

/// What a pointer of the C interface stands for: an object that C holds until it frees it.
class Handle {
  /// A pointer that keeps the object alive.
  final var retained: OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }
  /// One that doesn't: something else does.
  final var unretained: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

  static func of<T: Handle>(_ pointer: OpaquePointer, as type: T.Type) -> T {
    Unmanaged<T>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
  }

  static func release(_ pointer: OpaquePointer?) {
    guard let pointer else { return }
    Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(pointer)).release()
  }
}

/// A text for C, which lives as long as this. Nobody writes to its memory, so threads may share it.
final class CText: @unchecked Sendable {
  let pointer: UnsafePointer<CChar>

  init(_ text: String) {
    // A zero byte would end it early.
    let bytes = text.utf8.filter { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
    let memory = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    memory.initialize(from: bytes, count: bytes.count)
    pointer = UnsafePointer(memory)
  }

  deinit { UnsafeMutablePointer(mutating: pointer).deallocate() }
}

extension String {
  /// What C wrote; empty for no text.
  init(c text: UnsafePointer<CChar>?) { self = text.map { String(cString: $0) } ?? "" }
}

/// An interpreter with what it last said was wrong.
final class InterpreterHandle: Handle {
  private(set) var interpreter: Interpreter! = nil
  var listener: nodal_listener?
  var context: UnsafeMutableRawPointer?
  private var heard: [Diagnostic] = []
  private(set) var error = CText("")
  private(set) var errorJSON = CText("[]")
  var declarations = CText("[]")

  init(folder: String) {
    super.init()
    let data = ProcessInfo.processInfo.environment["NODAL_DATA"] ?? ""
    let configuration = Configuration(
      directory: folder, dataDirectories: data.split(separator: ":").map(String.init))
    interpreter = Interpreter(configuration) { [unowned self] event in receive(event) }
  }

  private func receive(_ event: Event) {
    if case .diagnostic(let found) = event, found.isError { heard.append(found) }
    guard let listener else { return }
    event.json.withCString { listener($0, context) }
  }

  /// Runs something whose mistakes are events.
  func status(of body: () -> Interpreter.Outcome) -> nodal_status {
    heard = []
    let outcome = body()
    tell(heard)
    switch outcome {
    case .finished: return NODAL_OK
    case .wrong: return NODAL_WRONG
    case .failed: return NODAL_FAILED
    case .cancelled: return NODAL_CANCELLED
    }
  }

  /// Runs something that throws what is wrong; nil then.
  func value<R>(of body: () throws -> R) -> R? {
    heard = []
    do {
      let value = try body()
      tell([])
      return value
    } catch let failure as ProgramFailure {
      tell(failure.diagnostics)
    } catch {
      self.error = CText("error: \(error)\n")
      errorJSON = CText("[]")
    }
    return nil
  }

  /// The same for what gives nothing.
  func status(of body: () throws -> Void) -> nodal_status {
    if value(of: body) != nil { return NODAL_OK }
    return interpreter.cancellation.isCancelled ? NODAL_CANCELLED : NODAL_FAILED
  }

  func tell(_ diagnostics: [Diagnostic]) {
    error = CText(diagnostics.map(\.text).joined(separator: "\n"))
    errorJSON = CText("[" + diagnostics.map(\.json).joined(separator: ",") + "]")
  }
}

/// A value in memory that C can look into.
final class ValueHandle: Handle {
  let kind: nodal_kind
  private let numbers: UnsafeMutableBufferPointer<Double>
  private let shape: UnsafeMutableBufferPointer<Int>
  let text: CText?
  private let fields: [(name: CText, key: String, value: ValueHandle)]

  init(_ value: Value) {
    var (numbers, shape): ([Double], [Int]) = ([], [])
    var text: CText?
    var fields: [(name: CText, key: String, value: ValueHandle)] = []
    switch value {
    case .array(let own, let values):
      (kind, shape, numbers) = (NODAL_NUMBERS, own, values)
    case .booleans(let own, let values):
      (kind, shape, numbers) = (NODAL_BOOLEANS, own, values.map { $0 ? 1 : 0 })
    case .text(let own): (kind, text) = (NODAL_TEXT, CText(own))
    case .tuple(let parts):
      kind = NODAL_TUPLE
      fields = parts.map { (CText(""), "", ValueHandle($0)) }
    case .record(let own), .solution(_, let own), .dataset(let own):
      kind = NODAL_RECORD
      fields = own.map { (CText($0.name), $0.name, ValueHandle($0.value)) }
    case .run(let run):
      kind = NODAL_RECORD
      fields = [
        ("loss", [run.loss]), ("history", run.losses), ("seconds", [run.elapsed]),
        ("evaluations", [Double(run.evaluations)]),
      ].map { name, numbers in
        let shape = name == "history" ? [numbers.count] : []
        return (CText(name), name, ValueHandle(.array(shape: shape, numbers: numbers)))
      }
    case .nothing: kind = NODAL_NOTHING
    }
    self.text = text
    self.fields = fields
    self.numbers = .allocate(capacity: numbers.count)
    _ = self.numbers.initialize(from: numbers)
    self.shape = .allocate(capacity: shape.count)
    _ = self.shape.initialize(from: shape)
  }

  deinit {
    numbers.deallocate()
    shape.deallocate()
  }

  var hasNumbers: Bool { kind == NODAL_NUMBERS || kind == NODAL_BOOLEANS }
  var numbersForC: (UnsafePointer<Double>?, Int) {
    hasNumbers ? (UnsafePointer(numbers.baseAddress), numbers.count) : (nil, 0)
  }
  var shapeForC: (UnsafePointer<Int>?, Int) { (UnsafePointer(shape.baseAddress), shape.count) }
  var fieldCount: Int { fields.count }

  func field(at index: Int) -> (name: CText, value: ValueHandle)? {
    fields.indices.contains(index) ? (fields[index].name, fields[index].value) : nil
  }

  func field(named name: String) -> ValueHandle? { fields.first { $0.key == name }?.value }
}

/// A compiled function, and whose it is.
final class FunctionHandle: Handle {
  let function: CompiledFunction
  let owner: InterpreterHandle

  init(_ function: CompiledFunction, _ owner: InterpreterHandle) {
    self.function = function
    self.owner = owner
  }
}
