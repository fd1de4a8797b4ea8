/// Where a square matrix has entries once its rows and columns are put in an order: within a band along the diagonal.
///
/// As a value such a matrix is […, n, width]: the row in place p, and in it the entries of the columns in places p - below … p + above, with
/// zeros for those that there are not. Its factors are […, n, width + below + 1]: U, which row exchanges make wider, L, and the exchanges.
package struct Band: Sendable, Hashable {
  /// The component in each place.
  package var order: [Int]
  package var below: Int
  package var above: Int

  package init(order: [Int], below: Int, above: Int) {
    (self.order, self.below, self.above) = (order, below, above)
  }

  package var count: Int { order.count }
  package var width: Int { below + above + 1 }
  package var factorWidth: Int { width + below + 1 }

  /// See `MatrixPattern.cost`.
  package var cost: Double {
    Double(count) * (20 + Double(below) * (4 + 0.3 * Double(below + above)))
  }

  /// The column of each entry as a value has them; nil outside of the matrix.
  package var columns: [Int?] {
    order.indices.flatMap { place in
      (0..<width).map { k in
        let column = place + k - below
        return order.indices.contains(column) ? order[column] : nil
      }
    }
  }

  /// The row of each entry.
  package var rows: [Int] { order.flatMap { Array(repeating: $0, count: width) } }

  /// `band(2, 1, [0, 1, 2])`.
  var text: String {
    "band(\(below), \(above), [" + order.map(String.init).joined(separator: ", ") + "])"
  }
}
