import NodalBasics

/// What may be wrong with a file of arrays (safetensors, npy, npz).
package enum ArrayFileError: Error, Sendable, Equatable {
  case tooShort(found: Int, needed: Int)
  case notThisFormat(expected: String)
  case malformedHeader(String)
  case unsupportedType(array: String, type: String)
  case sizeMismatch(array: String, shape: [Int], bytes: Int)
  case outsideFile(array: String)
  case overlap(array: String)
  case duplicate(array: String)
  case nothing(array: String, shape: [Int])
  /// A whole number that no `Double` is.
  case notExact(array: String, number: String)

  package var message: String {
    switch self {
    case .tooShort(let found, let needed):
      return "the file has \(found) bytes where \(needed) are needed: it was cut short"
    case .notThisFormat(let expected): return "this is no \(expected) file"
    case .malformedHeader(let why): return "its header is malformed: \(why)"
    case .unsupportedType(let array, let type):
      return "the array `\(array)` holds \(NumPyType.words(type).what), which are not read"
    case .sizeMismatch(let array, let shape, let bytes):
      let sizes = shape.map(String.init).joined(separator: ", ")
      return "the array `\(array)` of shape [\(sizes)] does not fit its \(bytes) bytes"
    case .outsideFile(let array): return "the array `\(array)` lies outside the file"
    case .overlap(let array): return "the array `\(array)` lies over another one"
    case .duplicate(let array): return "the array `\(array)` is there twice"
    case .nothing(let array, let shape):
      let sizes = shape.map(String.init).joined(separator: ", ")
      return "the array `\(array)` of shape [\(sizes)] holds nothing"
    case .notExact(let array, let number):
      return
        "the array `\(array)` holds \(number), which no number of 64 bits with a point holds exactly"
    }
  }

  package var help: [String] {
    switch self {
    case .unsupportedType(_, let type): return [NumPyType.words(type).help]
    case .notExact:
      return ["beyond 2^53 take off what all have in common, or save it as words: a.astype(str)"]
    case .tooShort: return ["copy or save the file again"]
    case .notThisFormat, .malformedHeader, .sizeMismatch, .outsideFile, .overlap, .duplicate,
      .nothing:
      return []
    }
  }
}
