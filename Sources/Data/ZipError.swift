import NodalDiagnostics

/// What may be wrong with a zip file. Offsets count its bytes.
package enum ZipError: Error, Sendable, Equatable {
  case notThisFormat
  /// What should begin or go on at this place isn't there.
  case malformed(offset: Int, what: String)
  case unsupported(entry: String, why: String)
  case tooLarge(entry: String, size: Int)
  case wrongSize(entry: String, found: Int, promised: Int)
  case wrongSum(entry: String)
  case duplicate(entry: String)
  case overlap(entry: String)
  case compression(entry: String, ZlibError)
}

extension ZipError {
  /// What is said of a file, which `file` names.
  func words(_ file: String) -> (DiagnosticCode, String, [String]) {
    let again = ["copy or save the file again"]
    switch self {
    case .notThisFormat:
      return (
        .unreadableFile, "`\(file)` is no npz file, which is a zip file of arrays",
        ["write it by numpy.savez(…); one array alone is read by `npy`, a table by `csv`"]
      )
    case .malformed(let offset, let what):
      return (
        .unreadableFile, "`\(file)`, byte \(offset): \(what); the file is cut short or damaged",
        again
      )
    case .unsupported(let entry, let why):
      return (
        .unreadableFile, "`\(entry)` in `\(file)` \(why)",
        ["write it by numpy.savez(…) or numpy.savez_compressed(…)"]
      )
    case .tooLarge(let entry, let size):
      return (
        .unreadableFile, "`\(entry)` in `\(file)` has \(size) bytes, which is too large to be read",
        []
      )
    case .wrongSize(let entry, let found, let promised):
      return (
        .unreadableFile,
        "`\(entry)` in `\(file)` has \(found) bytes where \(promised) are promised",
        again
      )
    case .wrongSum(let entry):
      return (
        .unreadableFile, "`\(entry)` in `\(file)` is damaged: its checksum differs", again
      )
    case .duplicate(let entry):
      return (.unreadableFile, "`\(entry)` is in `\(file)` twice", [])
    case .overlap(let entry):
      return (.unreadableFile, "`\(entry)` in `\(file)` lies over another entry", again)
    case .compression(let entry, let error):
      switch error {
      case .noLibrary(let why):
        return (
          .unreadableFile, "`\(entry)` in `\(file)` is compressed, and \(why)",
          ["install zlib (Debian: zlib1g), or write the file by numpy.savez(…)"]
        )
      case .cutShort(let offset):
        return (
          .unreadableFile,
          "`\(entry)` in `\(file)` was cut short: its compressed data end at byte \(offset)", again
        )
      case .damaged(let offset, let why):
        return (
          .unreadableFile, "`\(entry)` in `\(file)`, byte \(offset) as compressed: \(why)", again
        )
      }
    }
  }
}
