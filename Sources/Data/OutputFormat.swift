import NodalBasics

/// What values are written as.
package enum OutputFormat: String, Sendable, Hashable, CaseIterable {
  /// A table: a column for each number.
  case csv
  /// One array of NumPy's.
  case npy
  /// Arrays of NumPy's by their names.
  case npz
  /// Arrays with their axes and units, netCDF.
  case nc

  /// By a file's ending; a table where there is none, nil for one that is not known.
  package init?(path: String) {
    let ending = Path.fileExtension(path)
    self.init(rawValue: ending.isEmpty ? Self.csv.rawValue : ending)
  }
}
