import NodalChecking
import NodalDiagnostics
import NodalTypes

/// What a session knows at one time. Values: taking one costs nothing, and what later entries leave alone is shared.
struct SessionSnapshot {
  var environment: Environment
  var program: TypedProgram
  var weights: WeightStore
  var values: [String: SessionValue]
  var lengths: [SizeVariable: Int]
  var journal: SessionJournal
  /// The entry that came next, on one line.
  var entry: String
}

extension Session {
  /// How many entries can be taken back.
  private static let mostPast = 100

  /// Keeps what is known, so that what comes next can be taken back.
  func keepPast(before entry: String) {
    past.append(
      SessionSnapshot(
        environment: environment, program: program, weights: weights, values: values,
        lengths: lengths, journal: journal, entry: entry))
    if past.count > Self.mostPast { past.removeFirst() }
  }

  /// Takes back the last entry that had an effect. Files that it wrote stay.
  /// - Returns: its first line; nil where nothing is left to take back.
  package func undo() -> String? {
    guard let last = past.popLast() else { return nil }
    environment = last.environment
    program = last.program
    weights = last.weights
    values = last.values
    lengths = last.lengths
    journal = last.journal
    return last.entry
  }

  /// Forgets all that was declared and computed. It can be taken back.
  package func reset() {
    keepPast(before: ":reset")
    environment = Environment()
    program = .empty
    weights = WeightStore()
    values = [:]
    lengths = [:]
    journal = SessionJournal()
  }
}
