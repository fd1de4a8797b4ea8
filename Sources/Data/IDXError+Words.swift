import NodalDiagnostics

extension IDXError {
  /// What is said of a file, which `file` names.
  func words(_ file: String) -> (DiagnosticCode, String, [String]) {
    switch self {
    case .notThisFormat:
      return (
        .malformedImages, "`\(file)` is no idx file: its first two bytes are not 0",
        ["idx is the format of the MNIST files; a table is read by `csv`"]
      )
    case .unknownType(let code):
      return (
        .malformedImages,
        "`\(file)`, byte 2: there is no type of numbers 0x\(String(code, radix: 16))",
        ["the types are 0x08, 0x09, 0x0b, 0x0c, 0x0d and 0x0e"]
      )
    case .noAxes:
      return (.malformedImages, "`\(file)`, byte 3: an array of no axes", [])
    case .cutShort(let offset, let needed):
      return (
        .malformedImages,
        "`\(file)` was cut short: it ends at byte \(offset), and its header says that it has \(needed)",
        ["copy or download the file again"]
      )
    case .tooLong(let offset):
      return (
        .malformedImages, "`\(file)`, byte \(offset): something follows the numbers",
        ["the lengths in its header don't fit what it holds"]
      )
    case .tooLarge(let shape):
      return (
        .malformedImages, "`\(file)`: an array of shape \(shape) is too large to be read", []
      )
    case .compression(let error): return error.words(file)
    case .notImages(let shape):
      return (
        .malformedImages,
        "`\(file)` holds one number an example (its shape is \(shape)), and no images",
        ["the file of the images comes first: idx(\"images\", \"labels\")"]
      )
    case .nothing(let shape):
      return (.emptyData, "`\(file)` holds no images: its shape is \(shape)", [])
    case .notLabels(let shape, let element):
      return (
        .malformedImages,
        element.isInteger
          ? "`\(file)` has the shape \(shape), and labels are one whole number an example"
          : "`\(file)` holds numbers with decimals, and labels are whole",
        ["the file of the labels comes second: idx(\"images\", \"labels\")"]
      )
    case .counts(let images, let labels):
      return (
        .malformedImages, "`\(file)` has \(labels) labels for \(images) images",
        ["are both files of one set?"]
      )
    }
  }
}

extension ZlibError {
  fileprivate func words(_ file: String) -> (DiagnosticCode, String, [String]) {
    switch self {
    case .noLibrary(let why):
      return (
        .unreadableFile, "`\(file)` is compressed, and \(why)",
        ["install zlib (Debian: zlib1g), or decompress it: gunzip -k \(file)"]
      )
    case .cutShort(let offset):
      return (
        .malformedImages, "`\(file)` was cut short: its compressed data end at byte \(offset)",
        ["copy or download the file again"]
      )
    case .damaged(let offset, let why):
      return (
        .malformedImages, "`\(file)`, byte \(offset) as compressed: \(why)",
        ["copy or download the file again"]
      )
    }
  }
}
