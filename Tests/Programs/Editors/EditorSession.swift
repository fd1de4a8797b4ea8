import Foundation

/// An editor's side of a session with `nodal lsp`, over its real streams.
final class EditorSession {
  struct Failure: Error, CustomStringConvertible { var description: String }

  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var buffer = Data()
  private var nextID = 1
  /// The last diagnostics of each text.
  private(set) var diagnostics: [String: [[String: Any]]] = [:]
  /// Answers that nobody asked for by their id.
  private(set) var strays: [[String: Any]] = []

  init(encodings: [String] = ["utf-16"], initializes: Bool = true) throws {
    process.executableURL = URL(filePath: Command.path ?? "")
    process.arguments = ["lsp"]
    process.environment = ProcessInfo.processInfo.environment.merging(["NODAL_DATA": ""]) { $1 }
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    guard initializes else { return }
    let answer = try request(
      "initialize",
      [
        "processId": NSNull(), "rootUri": NSNull(),
        "capabilities": ["general": ["positionEncodings": encodings]],
      ])
    guard answer["result"] is [String: Any] else { throw Failure(description: "\(answer)") }
    try notify("initialized", [:])
  }

  deinit { if process.isRunning { process.terminate() } }

  // MARK: Sending

  func send(raw bytes: Data) throws { try input.fileHandleForWriting.write(contentsOf: bytes) }

  func send(_ message: [String: Any]) throws {
    let content = try JSONSerialization.data(withJSONObject: message)
    try send(raw: Data("Content-Length: \(content.count)\r\n\r\n".utf8) + content)
  }

  func notify(_ method: String, _ parameters: [String: Any]) throws {
    try send(["jsonrpc": "2.0", "method": method, "params": parameters])
  }

  /// Asks, and waits for the answer.
  @discardableResult
  func request(_ method: String, _ parameters: [String: Any]) throws -> [String: Any] {
    let id = nextID
    nextID += 1
    try send(["jsonrpc": "2.0", "id": id, "method": method, "params": parameters])
    while true {
      let message = try receive()
      if message["id"] as? Int == id { return message }
    }
  }

  // MARK: Receiving

  /// The next message; diagnostics are kept aside, too.
  func receive() throws -> [String: Any] {
    while true {
      if let content = takeMessage() {
        guard let message = try JSONSerialization.jsonObject(with: content) as? [String: Any] else {
          throw Failure(description: "no object")
        }
        if message["method"] as? String == "textDocument/publishDiagnostics",
          let parameters = message["params"] as? [String: Any],
          let uri = parameters["uri"] as? String
        {
          diagnostics[uri] = parameters["diagnostics"] as? [[String: Any]]
        } else if message["id"] is NSNull {
          strays.append(message)
        }
        return message
      }
      let bytes = output.fileHandleForReading.availableData
      if bytes.isEmpty { throw Failure(description: "the server is gone") }
      buffer.append(bytes)
    }
  }

  private func takeMessage() -> Data? {
    guard let end = buffer.range(of: Data("\r\n\r\n".utf8)) else { return nil }
    let header = String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
    guard let length = Int(header.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) else {
      return nil
    }
    guard buffer.distance(from: end.upperBound, to: buffer.endIndex) >= length else { return nil }
    let stop = buffer.index(end.upperBound, offsetBy: length)
    defer { buffer = Data(buffer[stop...]) }
    return Data(buffer[end.upperBound..<stop])
  }

  // MARK: Texts

  /// Opens a text, and waits for what is wrong with it.
  @discardableResult
  func open(_ uri: String, _ text: String) throws -> [[String: Any]] {
    diagnostics[uri] = nil
    try notify(
      "textDocument/didOpen",
      ["textDocument": ["uri": uri, "languageId": "nodal", "version": 1, "text": text]])
    return try waited(uri)
  }

  @discardableResult
  func change(_ uri: String, _ changes: [[String: Any]]) throws -> [[String: Any]] {
    diagnostics[uri] = nil
    try notify(
      "textDocument/didChange",
      ["textDocument": ["uri": uri, "version": 2], "contentChanges": changes])
    return try waited(uri)
  }

  private func waited(_ uri: String) throws -> [[String: Any]] {
    while true {
      if let found = diagnostics[uri] { return found }
      _ = try receive()
    }
  }

  func at(_ uri: String, _ line: Int, _ character: Int) -> [String: Any] {
    ["textDocument": ["uri": uri], "position": ["line": line, "character": character]]
  }

  /// Ends the session in order, and gives the exit status.
  func end() throws -> Int32 {
    try request("shutdown", [:])
    try notify("exit", [:])
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Closes the stream, as an editor does that is gone.
  func hangUp() throws -> Int32 {
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
