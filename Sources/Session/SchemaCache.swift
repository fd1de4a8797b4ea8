import NodalBasics
import NodalChecking

/// Schemas of data that were read already, for as long as their files are as they were: a text that is looked at again and again
/// reads its data once.
final class SchemaCache: @unchecked Sendable {
  private struct Entry {
    var schema: DataSchema
    var files: [(path: String, modified: Double?)]
  }
  private let lock = Lock()
  private var entries: [String: Entry] = [:]

  /// - Parameter reader: made with the files that it is to read through.
  func schema(
    of call: DataCall, _ host: Host, _ read: (Host) -> SchemaResult
  ) -> SchemaResult {
    guard let key = DataCall.key(of: call.arguments).map({ call.function.rawValue + $0 }) else {
      return read(host)
    }
    let known = lock.withLock { entries[key] }
    if let known, known.files.allSatisfy({ host.files.modified($0.path) == $0.modified }) {
      return .schema(known.schema)
    }
    let log = ReadLog()
    var noting = host
    let original = host.files.read
    noting.files.read = { path throws(HostError) in
      log.note(path)
      return try original(path)
    }
    let result = read(noting)
    // A mistake has a place in the text, which is another one each time.
    if case .schema(let schema) = result {
      let files = log.paths.map { ($0, host.files.modified($0)) }
      lock.withLock { entries[key] = Entry(schema: schema, files: files) }
    }
    return result
  }

  private final class ReadLog: @unchecked Sendable {
    private let lock = Lock()
    private var noted: [String] = []
    var paths: [String] { lock.withLock { noted } }
    func note(_ path: String) { lock.withLock { noted.append(path) } }
  }
}

extension DataCall {
  /// What arguments say, without their places; nil where one is a function.
  fileprivate static func key(of arguments: [LabelledArgument]) -> String? {
    var key = "("
    for argument in arguments {
      guard let value = argument.value.key else { return nil }
      key += "\(argument.label ?? ""):\(value.utf8.count):\(value)"
    }
    return key + ")"
  }
}

extension DataCall.Argument {
  fileprivate var key: String? {
    switch self {
    case .number(let value): return "\(value)"
    case .integer(let value): return "\(value)"
    case .boolean(let value): return "\(value)"
    case .text(let text): return "\"" + text
    case .texts(let texts): return texts.map { "\($0.utf8.count):\($0)" }.joined()
    case .interval(let low, let high): return "\(low)..\(high)"
    case .array(let numbers, let shape): return "\(shape)\(numbers)"
    case .record(let fields):
      var key = "{"
      for field in fields {
        guard let value = field.value.key else { return nil }
        key += "\(field.name):\(value.utf8.count):\(value)"
      }
      return key + "}"
    case .call(let name, let arguments): return DataCall.key(of: arguments).map { name + $0 }
    case .column(let name, let unit): return "\(name.utf8.count):\(name)<\(unit)>"
    case .function: return nil
    }
  }
}
