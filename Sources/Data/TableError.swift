/// What may keep a table from becoming a data set. Each case holds the data of its message.
package enum TableError: Error, Sendable, Equatable {
  case unknownColumn(name: String, role: Role, columns: [String])
  case notANumber(text: String, column: String, place: CSVPlace?)
  case missingTime(column: String, place: CSVPlace?)
  case timeGoesBack(
    column: String, from: Double, to: Double, place: CSVPlace?, experiment: String?,
    hasExperiments: Bool)
  case missingExperiment(column: String, place: CSVPlace?)
  case rateNotPositive(Double)
  case duplicateField(String)
  case selectionWithoutColumns(String)

  /// What the program wanted a column for.
  package enum Role: Sendable, Equatable {
    case time
    case experiment
    case input
    case field(String)
  }

  package var place: CSVPlace? {
    switch self {
    case .notANumber(_, _, let place), .missingTime(_, let place),
      .timeGoesBack(_, _, _, let place, _, _), .missingExperiment(_, let place):
      return place
    case .unknownColumn, .rateNotPositive, .duplicateField, .selectionWithoutColumns: return nil
    }
  }
}
