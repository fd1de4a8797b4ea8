import NodalDiagnostics

/// What may keep arrays from becoming a data set.
package enum ArrayTableError: Error, Sendable, Equatable {
  case table(TableError)
  case array(ArrayFileError)
  /// An array doesn't fit the axes that the data set has.
  case unfitting(array: String, shape: [Int], axes: Axes)
  /// Times are counted along one axis, or along two: experiments, then times.
  case timeAxes(array: String, shape: [Int])
  case labels(array: String, shape: [Int])
  /// Nothing but single numbers.
  case noAxis

  package enum Axes: Sendable, Equatable {
    /// So many rows, as this array has; nil where a rate gives their times.
    case rows(Int, of: String?, areTimes: Bool)
    case experiments(Int, times: Int)
  }
}

extension ArrayTableError {
  /// What is said of a file, which `file` names.
  func words(_ file: String) -> (DiagnosticCode, String, [String]) {
    let choose =
      "or name those that belong together: columns: {x: \"x\"}, and the others are left out"
    switch self {
    case .table(let error): return error.words(file)
    case .array(let error): return (.unreadableFile, "`\(file)`: \(error.message)", error.help)
    case .unfitting(let array, let shape, .rows(let count, let other, let areTimes)):
      let rows = other.map { "`\($0)` has \(count) rows" } ?? "there are \(count) rows"
      return (
        .unreadableFile, "`\(file)`: `\(array)` has the shape \(shape), and \(rows)",
        areTimes && shape.count > 1 && shape[1] == count
          ? ["where the first axis counts experiments and the second one times: experiment: true"]
          : ["the first axis of each array counts rows: save them so, " + choose]
      )
    case .unfitting(let array, let shape, .experiments(let count, let times)):
      return (
        .unreadableFile,
        "`\(file)`: `\(array)` has the shape \(shape), and there are \(count) experiments of \(times) times",
        [
          "its first axes are [\(count), \(times)], or [\(count)] for what is constant: save it so, "
            + choose
        ]
      )
    case .timeAxes(let array, let shape):
      return (
        .unreadableFile, "`\(file)`: the times (`\(array)`) have the shape \(shape)",
        ["times have one axis, or two: experiments, then times"]
      )
    case .labels(let array, let shape):
      return (
        .unreadableFile,
        "`\(file)`: the experiments (`\(array)`) have the shape \(shape), and not one label a row or experiment",
        []
      )
    case .noAxis:
      return (
        .emptyData, "`\(file)` holds no array with an axis whose rows could be examples",
        ["a single number in a file is a constant of all examples"]
      )
    }
  }
}
