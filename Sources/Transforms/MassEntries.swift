import NodalIR

/// Where the matrix M of a solve M y' = f can have entries, and what they depend on.
struct MassEntries {
  /// By row.
  private(set) var columns: [[Int]]
  /// It depends on time or state.
  let varies: Bool
  /// It depends on parameters.
  let hasParameters: Bool

  init(_ matrix: Region, _ n: Int) {
    let width = max(1, (n + 1 + 63) / 64)
    // Every parameter leaves its mark: time and state, then all others.
    var marks = matrix.parameterTypes.map { Influence($0, width: width) }
    for i in marks.indices {
      for element in 0..<marks[i].count { marks[i].insert(i < 2 ? 0 : 1, at: element) }
    }
    let result = Dependence.analyse(matrix, marks)[0]
    func depends(on mark: Int) -> Bool {
      (0..<result.count).contains { result.components(of: $0).contains(mark) }
    }
    (varies, hasParameters) = (depends(on: 0), depends(on: 1))
    columns = (0..<n).map { row in
      (0..<n).filter { !result.isZero(row * n + $0) }
    }
  }
}
