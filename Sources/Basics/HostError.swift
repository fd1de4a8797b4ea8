/// Why the world did not do what was asked. Each case holds what the message needs, and no wording
/// from the operating system except in `other`.
package enum HostError: Error, Sendable, Equatable {
  case notFound(path: String)
  case isDirectory(path: String)
  case notDirectory(path: String)
  case permission(path: String)
  case diskFull(path: String)
  case other(path: String, message: String)

  /// The file, folder, program or library that was asked for.
  package var path: String {
    switch self {
    case .notFound(let path), .isDirectory(let path), .notDirectory(let path),
      .permission(let path), .diskFull(let path), .other(let path, _):
      return path
    }
  }

  /// One sentence without a full stop: "`a.csv` does not exist".
  package var message: String {
    switch self {
    case .notFound(let path): return "`\(path)` does not exist"
    case .isDirectory(let path): return "`\(path)` is a folder, not a file"
    case .notDirectory(let path): return "`\(path)` is a file, not a folder"
    case .permission(let path): return "there is no permission for `\(path)`"
    case .diskFull(let path): return "the disk is full: `\(path)` could not be written"
    case .other(let path, let message): return "`\(path)`: \(message)"
    }
  }
}
