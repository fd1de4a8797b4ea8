import NodalChecking

/// What no single program can do, because it takes several, or values that only the session has.
enum SessionErrand {
  /// A solution that is kept: solved to find its steps, and again to be read there.
  case solve(SolveExpression)
  case interpolate(TypedExpression, at: TypedExpression)
  case example(TypedExpression, at: TypedExpression)
  case part(TypedExpression, DatasetPart)
  case spectral(Spectral, TypedExpression)
}

extension TypedExpression {
  /// Nil where the expression itself, its parts aside, is lowered.
  var errand: SessionErrand? {
    switch kind {
    case .solve(let solve): .solve(solve)
    case .interpolate(let solution, let at): .interpolate(solution, at: at)
    case .example(let data, let at): .example(data, at: at)
    case .part(let data, let part): .part(data, part)
    case .spectral(let kind, let matrix): .spectral(kind, matrix)
    case .number, .integer, .boolean, .text, .array, .size, .local, .session, .weight, .weights,
      .elementwise, .select, .toReal, .scaled, .relabelled, .broadcast, .reduce, .matmul, .windows,
      .convolve, .pick, .concatenate, .stack, .reshape, .transpose, .reverse, .slice, .index,
      .gather, .shift, .linspace, .iota, .tuple, .element, .record, .field, .bindings, .conditional,
      .fold, .scan, .map, .calculus, .draw, .point, .invalid:
      nil
    }
  }

  /// An errand is somewhere in it.
  var hasErrand: Bool {
    var found = false
    walk { if $0.errand != nil { found = true } }
    return found
  }
}
