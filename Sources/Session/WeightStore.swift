import NodalDiagnostics
import NodalIR
import NodalData
import NodalTypes
import NodalTraining
import NodalExecution
package import NodalChecking

/// The values of all weights by path, in their domains and units. A value: a copy is a snapshot.
package struct WeightStore: Sendable {
  package struct Entry: Sendable {
    package var shape: [Int]
    package var values: [Double]
    package var kind: Weight.Kind
    /// The declaration that its first value is of.
    package var declaration: WeightID?
    /// It was trained, loaded or set: no longer what its declaration says.
    package var isChanged = false
  }
  package private(set) var entries: [String: Entry] = [:]
  /// Paths in the order in which they came.
  package private(set) var paths: [String] = []

  package init() {}

  package subscript(path: String) -> Entry? { entries[path] }

  package mutating func set(_ path: String, _ entry: Entry) {
    if entries[path] == nil { paths.append(path) }
    entries[path] = entry
  }

  package mutating func setValues(_ path: String, _ values: [Double]) {
    guard let count = entries[path]?.values.count, count == values.count else { return }
    entries[path]?.values = values
    entries[path]?.isChanged = true
  }
}
