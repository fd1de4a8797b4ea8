/// How the columns of a table become the fields of a data set: what `csv(…)` is given.
package struct TableSchema: Sendable, Equatable {
  /// Where times come from.
  package enum Time: Sendable, Equatable {
    case column(String)
    /// Equal steps: so many rows a unit of time, from 0; the field is called `t`.
    case rate(Double)
  }

  /// A field made from named columns: one column for a number, several for a vector.
  package struct Selection: Sendable, Equatable {
    package var field: String
    package var columns: [String]
    package var unit: String?
    /// What is added to the numbers of the file to get those that are kept: of a temperature in `degC`.
    package var offset: Double

    package init(field: String, columns: [String], unit: String? = nil, offset: Double = 0) {
      self.field = field
      self.columns = columns
      self.unit = unit
      self.offset = offset
    }
  }

  package var time: Time?
  /// The unit of the times, as the program gives it.
  package var timeUnit: String?
  /// The column that says which experiment a row belongs to.
  package var experiment: String?
  /// Whether the first axis of arrays counts experiments, and the second one times. No table has such.
  package var hasExperimentAxis = false
  /// Columns that drive the model, by their names in the file or as fields.
  package var inputs: [String]
  /// Fields with names of their own; other columns keep theirs.
  package var selections: [Selection]

  package init(
    time: Time? = nil, timeUnit: String? = nil, experiment: String? = nil, inputs: [String] = [],
    selections: [Selection] = []
  ) {
    self.time = time
    self.timeUnit = timeUnit
    self.experiment = experiment
    self.inputs = inputs
    self.selections = selections
  }

  /// The fields that are inputs. A name is the file's, or else the one that a selection gives.
  func inputFields(columns: [String]) throws(TableError) -> [String] {
    var fields: [String] = []
    let names = columns + selections.map(\.field).filter { !columns.contains($0) }
    for input in inputs {
      let selected = selections.filter { $0.columns.contains(input) }.map(\.field)
      guard !selected.isEmpty || names.contains(input) else {
        throw .unknownColumn(name: input, role: .input, columns: names)
      }
      for field in selected.isEmpty ? [input] : selected where !fields.contains(field) {
        fields.append(field)
      }
    }
    return fields
  }
}
