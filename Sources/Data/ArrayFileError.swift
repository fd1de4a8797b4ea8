import NodalBasics

/// What may be wrong with a file of arrays (safetensors, npy).
package enum ArrayFileError: Error, Sendable, Equatable {
  case tooShort(found: Int, needed: Int)
  case notThisFormat(expected: String)
  case malformedHeader(String)
  case unsupportedType(array: String, type: String)
  case sizeMismatch(array: String, shape: [Int], bytes: Int)
  case outsideFile(array: String)
  case overlap(array: String)
  case duplicate(array: String)
  case fortranOrder

  package var message: String {
    switch self {
    case .tooShort(let found, let needed):
      return "the file has \(found) bytes where \(needed) are needed: it was cut short"
    case .notThisFormat(let expected): return "this is no \(expected) file"
    case .malformedHeader(let why): return "its header is malformed: \(why)"
    case .unsupportedType(let array, let type):
      return "the array `\(array)` holds `\(type)`, which is not read"
    case .sizeMismatch(let array, let shape, let bytes):
      let sizes = shape.map(String.init).joined(separator: ", ")
      return "the array `\(array)` of shape [\(sizes)] does not fit its \(bytes) bytes"
    case .outsideFile(let array): return "the array `\(array)` lies outside the file"
    case .overlap(let array): return "the array `\(array)` lies over another one"
    case .duplicate(let array): return "the array `\(array)` is there twice"
    case .fortranOrder: return "the array is stored column by column"
    }
  }

  package var help: [String] {
    switch self {
    case .unsupportedType: return ["convert it to 32- or 64-bit floating-point numbers"]
    case .fortranOrder: return ["save it as numpy.ascontiguousarray(a)"]
    case .tooShort: return ["copy or save the file again"]
    case .notThisFormat, .malformedHeader, .sizeMismatch, .outsideFile, .overlap, .duplicate:
      return []
    }
  }
}
