package import NodalBasics

/// NumPy's `.npz` format: a zip file with an `.npy` file for each array.
package enum NumPyArchive {
  /// The arrays, in the order of the file. Entries that are no arrays are left out.
  package static func read(_ bytes: [UInt8], _ host: Host) throws(ZipError) -> [NamedArray] {
    let archive = try ZipArchive(bytes)
    var arrays: [NamedArray] = []
    for entry in archive.entries where entry.name.hasSuffix(".npy") {
      let name = String(entry.name.dropLast(4))
      let contents = try archive.contents(of: entry, host)
      do throws(ArrayFileError) {
        arrays.append(try NumPyArray(contents, name: name).array())
      } catch {
        arrays.append(NamedArray(name: name, shape: [], .unreadable(error)))
      }
    }
    return arrays
  }
}

extension NumPyArchive {
  /// The file of these arrays, compressed where the system has zlib.
  package static func bytes(_ arrays: [OutputArray], _ host: Host) -> [UInt8] {
    ZipWriter(host).bytes(arrays.map { ($0.name + ".npy", NumPyArray.bytes($0)) })
  }
}
