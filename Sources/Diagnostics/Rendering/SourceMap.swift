/// The sources of a compilation, by id: what a renderer needs to show a place.
package struct SourceMap: Sendable {
  private var files: [SourceID: SourceFile] = [:]

  package init(_ files: [SourceFile] = []) {
    for file in files { add(file) }
  }

  /// Adds a source, or puts a new text in the place of the one with its id.
  package mutating func add(_ file: SourceFile) { files[file.id] = file }

  package subscript(id: SourceID) -> SourceFile? { files[id] }

  /// An id that no source has yet.
  package var nextID: SourceID { SourceID((files.keys.map(\.rawValue).max() ?? -1) + 1) }
}
