import NodalIR

extension Operations {
  static let logicRows: [OpRow] = [
    comparison("lt", "x < y", LessThan.self, .less),
    comparison("le", "x ≤ y", LessOrEqual.self, .lessOrEqual),
    comparison("gt", "x > y", GreaterThan.self, .greater),
    comparison("ge", "x ≥ y", GreaterOrEqual.self, .greaterOrEqual),
    comparison("eq", "x = y; false where either is NaN", EqualTo.self, .equal),
    comparison("ne", "x ≠ y; true where either is NaN", NotEqualTo.self, .notEqual),
    .flat(
      "is_finite", "Neither infinite nor NaN", typing: .comparison,
      .test(
        f32: { x, r, n in for i in 0..<n { r[i] = x[i].isFinite } },
        f64: { x, r, n in for i in 0..<n { r[i] = x[i].isFinite } }),
      // ∞ - ∞ and NaN are not equal to themselves.
      .compare(.equal, .x - .x, .x - .x), [.on(-3...3)],
      edges: [
        OpEdge(.infinity, gives: 0), OpEdge(-.infinity, gives: 0), OpEdge(.nan, gives: 0),
        OpEdge(0, gives: 1),
      ]),
    .flat(
      "and", "Both hold", typing: .logical,
      .logicalBinary { x, y, r, n in for i in 0..<n { r[i] = x[i] && y[i] } }, .and(.x, .y),
      [.truth, .truth]),
    .flat(
      "or", "Either holds, or both", typing: .logical,
      .logicalBinary { x, y, r, n in for i in 0..<n { r[i] = x[i] || y[i] } }, .or(.x, .y),
      [.truth, .truth]),
    .flat(
      "not", "Doesn't hold", typing: .logical,
      .logicalUnary { x, r, n in for i in 0..<n { r[i] = !x[i] } }, .not(.x), [.truth]),
  ]

  private static func comparison<K: ComparisonKernel>(
    _ name: String, _ doc: String, _ kernel: K.Type, _ op: ScalarExpression.Comparison
  ) -> OpRow {
    .flat(
      name, doc, typing: .comparison, .of(comparison: kernel), .compare(op, .x, .y),
      [.on(-3...3), .on(-3...3)],
      edges: [OpEdge(.nan, 1, gives: K.holds(Double.nan, 1) ? 1 : 0)])
  }
}

enum LessThan: ComparisonKernel {
  static func holds<T: Comparable>(_ x: T, _ y: T) -> Bool { x < y }
}
enum LessOrEqual: ComparisonKernel {
  static func holds<T: Comparable>(_ x: T, _ y: T) -> Bool { x <= y }
}
enum GreaterThan: ComparisonKernel {
  static func holds<T: Comparable>(_ x: T, _ y: T) -> Bool { x > y }
}
enum GreaterOrEqual: ComparisonKernel {
  static func holds<T: Comparable>(_ x: T, _ y: T) -> Bool { x >= y }
}
enum EqualTo: ComparisonKernel {
  static func holds<T: Comparable>(_ x: T, _ y: T) -> Bool { x == y }
}
enum NotEqualTo: ComparisonKernel {
  static func holds<T: Comparable>(_ x: T, _ y: T) -> Bool { x != y }
}
