import NodalIR

/// The loops of a contraction, and the order in which its products are added.
///
/// The order is a function of the types alone, never of where or how wide the code runs: a sum is the same to the last bit in
/// unrolled code, in loops, and for every number of lanes.
struct ContractionPlan: Hashable, Sendable {
  struct Loop: Hashable, Sendable {
    var extent: Extent
    /// Axes of the operands; nil where the operand doesn't have the loop.
    var axisOfA: Int?
    var axisOfB: Int?
  }

  enum Order: Hashable, Sendable {
    /// One product after the other, in row-major order of the contracted axes.
    case sequential
    /// Product i goes to partial sum i mod 8; the partial sums are joined in a tree.
    case partial
  }

  /// In the order of the result's axes: batch, then rows (free in a), then columns (free in b).
  let batch: [Loop]
  let rows: [Loop]
  let columns: [Loop]
  let contracted: [Loop]
  let order: Order

  /// How many partial sums `partial` has.
  static let partials = 8

  init(_ contraction: Contraction, _ a: ValueType, _ b: ValueType) {
    batch = contraction.batch.map {
      Loop(extent: a.extents[$0.a], axisOfA: $0.a, axisOfB: $0.b)
    }
    rows = contraction.freeAxes(ofA: a.rank).map { Loop(extent: a.extents[$0], axisOfA: $0) }
    columns = contraction.freeAxes(ofB: b.rank).map { Loop(extent: b.extents[$0], axisOfB: $0) }
    contracted = contraction.contracted.map {
      Loop(extent: a.extents[$0.a], axisOfA: $0.a, axisOfB: $0.b)
    }
    func count(_ loops: [Loop]) -> Int? {
      var product = 1
      for loop in loops {
        guard let n = loop.extent.fixedLength else { return nil }
        product *= n
      }
      return product
    }
    let (m, n) = (count(rows) ?? .max, count(columns) ?? .max)
    // Long sums of which there are too few to fill a vector, or whose operands lie along the sum.
    if contracted.count == 1, let k = contracted[0].extent.fixedLength, k >= 16,
      n < Self.few || (m < Self.few && contracted[0].axisOfB == b.rank - 1)
    {
      order = .partial
    } else {
      order = .sequential
    }
    (rowCount, columnCount) = (m, n)
  }

  /// Fewer rows or columns than this don't fill a vector.
  static let few = 4
  /// `Int.max` where it is known only at run time.
  let rowCount: Int
  let columnCount: Int

  /// The loop that vectors run along: the last of the columns or, where these are few, of the rows; of partial sums the
  /// contracted one.
  enum VectorLoop {
    case columns, rows, contracted, none
  }
  var vectorLoop: VectorLoop {
    switch order {
    case .partial: .contracted
    case .sequential:
      if !columns.isEmpty, columnCount >= Self.few || rows.isEmpty || rowCount <= columnCount {
        .columns
      } else {
        rows.isEmpty ? .none : .rows
      }
    }
  }
}
