/// The form of a square matrix of many components that know a few others each, as a value.
package enum MatrixPattern: Sendable, Hashable {
  case band(Band)
  case sparse(SparsePattern)

  /// The number of rows.
  package var count: Int {
    switch self {
    case .band(let band): band.count
    case .sparse(let pattern): pattern.count
    }
  }

  /// Whether it can be of a matrix: a text may say anything.
  var isSound: Bool {
    switch self {
    case .band(let band):
      band.below >= 0 && band.above >= 0 && band.order.sorted() == Array(0..<band.count)
    case .sparse: true
    }
  }

  /// The axes of a matrix behind those that lead.
  package var shape: [Int] {
    switch self {
    case .band(let band): [band.count, band.width]
    case .sparse(let pattern): [pattern.columns.count]
    }
  }

  /// The axes of its factors behind those that lead.
  package var factorShape: [Int] {
    switch self {
    case .band(let band): [band.count, band.factorWidth]
    case .sparse(let pattern): [pattern.factors.count]
    }
  }

  /// The row of each entry, in the order of a value's elements.
  package var rows: [Int] {
    switch self {
    case .band(let band): band.rows
    case .sparse(let pattern): pattern.rows
    }
  }

  /// The column of each entry; nil outside of the matrix.
  package var columns: [Int?] {
    switch self {
    case .band(let band): band.columns
    case .sparse(let pattern): pattern.columns
    }
  }

  /// What a factorization costs, in nanoseconds as they were measured (an AMD EPYC, f64): to choose by.
  package var cost: Double {
    switch self {
    case .band(let band): band.cost
    case .sparse(let pattern): pattern.factors.cost
    }
  }

  /// How text of the IR writes it.
  var text: String {
    switch self {
    case .band(let band): band.text
    case .sparse(let pattern): pattern.text
    }
  }
}
