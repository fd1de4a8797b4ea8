import NodalSyntax

extension Expression {
  /// In what power derivatives stand in it: 0 or 1; nil where it is not linear in them.
  var degreeInDerivatives: Int? {
    switch kind {
    case .number, .string, .column, .bool, .constant, .invalid: return 0
    case .name(let name): return name.primes > 0 ? 1 : 0
    case .derivative: return 1
    case .field(let base, let name): return name.primes > 0 ? 1 : base.degreeInDerivatives
    case .index(let base, _), .element(let base, _): return base.degreeInDerivatives
    case .tuple(let parts), .bracket(let parts): return Self.largest(parts)
    case .prefix(let op, let a):
      return op.kind == .negate ? a.degreeInDerivatives : a.constantDegree
    case .binary(let op, let a, let b):
      switch op.kind {
      case .add, .subtract: return Self.largest([a, b])
      case .multiply, .matrixProduct:
        guard let x = a.degreeInDerivatives, let y = b.degreeInDerivatives, x + y <= 1 else {
          return nil
        }
        return x + y
      case .divide: return b.constantDegree == nil ? nil : a.degreeInDerivatives
      case .power, .or, .and, .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
        return Self.constantDegree([a, b])
      }
    case .call(let call): return Self.constantDegree(call.arguments.map(\.value))
    case .pipe(let a, into: let b): return Self.constantDegree([a, b])
    case .range(let range): return Self.constantDegree([range.lower, range.upper])
    case .record(let fields): return Self.constantDegree(fields.map(\.value))
    case .conditional(let node):
      return Self.constantDegree([node.condition, node.consequence, node.alternative])
    case .block, .closure: return 0
    }
  }

  /// 0 where no derivative stands in it, else nil: something that is not linear is done with it.
  private var constantDegree: Int? { degreeInDerivatives == 0 ? 0 : nil }

  private static func constantDegree(_ parts: [Expression]) -> Int? {
    parts.allSatisfy { $0.constantDegree == 0 } ? 0 : nil
  }

  private static func largest(_ parts: [Expression]) -> Int? {
    var result = 0
    for part in parts {
      guard let degree = part.degreeInDerivatives else { return nil }
      result = max(result, degree)
    }
    return result
  }
}
