/// Where a function on a grid is zero: by marching squares, with the crossing on an edge by linear interpolation.
package enum Contour {
  /// Segments one behind the other, parted by NaN: what a `line` draws with gaps.
  ///
  /// - Parameter z: row by row, a row for each y. Cells with an entry that is not finite are left out.
  package static func zero(
    x: [Double], y: [Double], z: [Double]
  ) -> (x: [Double], y: [Double]) {
    var line: (x: [Double], y: [Double]) = ([], [])
    guard z.count >= x.count * y.count, x.count > 1, y.count > 1 else { return line }
    for i in 0..<(y.count - 1) {
      for j in 0..<(x.count - 1) {
        // Around the cell.
        let corners = [(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)]
        let values = corners.map { z[$0.0 * x.count + $0.1] }
        guard values.allSatisfy(\.isFinite) else { continue }
        var crossings: [(x: Double, y: Double)] = []
        for k in 0..<4 {
          let (a, b) = (values[k], values[(k + 1) % 4])
          guard (a < 0) != (b < 0) else { continue }
          let share = a / (a - b)
          let (from, to) = (corners[k], corners[(k + 1) % 4])
          crossings.append(
            (
              x[from.1] + share * (x[to.1] - x[from.1]), y[from.0] + share * (y[to.0] - y[from.0])
            ))
        }
        // Two lines through a saddle: which ends belong together, the value in the middle says.
        if crossings.count == 4, (values.reduce(0, +) < 0) == (values[0] < 0) {
          crossings.append(crossings.removeFirst())
        }
        for k in stride(from: 0, to: crossings.count - 1, by: 2) {
          line.x += [crossings[k].x, crossings[k + 1].x, .nan]
          line.y += [crossings[k].y, crossings[k + 1].y, .nan]
        }
      }
    }
    return line
  }
}
