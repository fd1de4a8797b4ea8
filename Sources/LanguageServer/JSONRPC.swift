import Foundation

/// The parts of JSON-RPC 2.0 that the protocol is carried by.
enum RequestID: Hashable, Sendable, Codable {
  case number(Int)
  case text(String)
  case null

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Int.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if container.decodeNil() {
      self = .null
    } else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "an id is a number or a string")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    case .null: try container.encodeNil()
    }
  }
}

/// What a message is, before its parameters are looked at.
struct Envelope: Decodable {
  let method: String?
  let id: RequestID?
  private let isRequest: Bool

  private enum Keys: String, CodingKey { case method, id }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    method = try container.decodeIfPresent(String.self, forKey: .method)
    isRequest = container.contains(.id)
    id = isRequest ? try container.decode(RequestID.self, forKey: .id) : nil
  }
}

struct WithParameters<P: Decodable>: Decodable { let params: P }

/// Why a request has no result.
struct ResponseError: Error, Encodable, Sendable {
  enum Code: Int, Sendable {
    case parseError = -32700
    case invalidRequest = -32600
    case methodNotFound = -32601
    case invalidParameters = -32602
    case internalError = -32603
    case notInitialized = -32002
    case requestCancelled = -32800
    case requestFailed = -32803
  }
  let code: Int
  let message: String

  init(_ code: Code, _ message: String) {
    self.code = code.rawValue
    self.message = message
  }
}

struct Response<R: Encodable>: Encodable {
  let id: RequestID
  let result: R

  private enum Keys: String, CodingKey { case jsonrpc, id, result }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode("2.0", forKey: .jsonrpc)
    try container.encode(id, forKey: .id)
    // An optional that is nil is written as null: a response without a result is none.
    try container.encode(result, forKey: .result)
  }
}

struct ErrorResponse: Encodable {
  let jsonrpc = "2.0"
  let id: RequestID
  let error: ResponseError
}

struct Notification<P: Encodable>: Encodable {
  let jsonrpc = "2.0"
  let method: String
  let params: P
}

/// A result that says nothing.
struct Nothing: Codable {
  init() {}
  init(from decoder: any Decoder) throws {}
  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encodeNil()
  }
}
