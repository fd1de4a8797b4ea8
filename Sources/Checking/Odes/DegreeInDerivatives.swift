import NodalSyntax

/// In what power derivatives stand in an expression: 0 or 1; nil where it is not linear in them.
struct DegreeInDerivatives {
  /// Of a name with primes. One that is a state of a system of higher order counts like a number.
  let isDerivative: (Name) -> Bool

  func callAsFunction(_ expression: Expression) -> Int? {
    switch expression.kind {
    case .number, .string, .column, .bool, .constant, .invalid: return 0
    case .name(let name): return name.primes > 0 && isDerivative(name) ? 1 : 0
    case .derivative: return 1
    case .field(let base, let name): return name.primes > 0 ? 1 : self(base)
    case .index(let base, _), .element(let base, _): return self(base)
    case .tuple(let parts), .bracket(let parts): return largest(parts)
    case .prefix(let op, let a): return op.kind == .negate ? self(a) : constant([a])
    case .binary(let op, let a, let b):
      switch op.kind {
      case .add, .subtract: return largest([a, b])
      case .multiply, .matrixProduct:
        guard let x = self(a), let y = self(b), x + y <= 1 else { return nil }
        return x + y
      case .divide: return constant([b]) == nil ? nil : self(a)
      case .power, .or, .and, .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
        return constant([a, b])
      }
    case .call(let call): return constant(call.arguments.map(\.value))
    case .pipe(let a, into: let b): return constant([a, b])
    case .range(let range): return constant([range.lower, range.upper])
    case .record(let fields): return constant(fields.map(\.value))
    case .conditional(let node):
      return constant([node.condition, node.consequence, node.alternative])
    case .block, .closure: return 0
    }
  }

  /// 0 where no derivative stands in them, else nil: something that is not linear is done with it.
  private func constant(_ parts: [Expression]) -> Int? {
    parts.allSatisfy { self($0) == 0 } ? 0 : nil
  }

  private func largest(_ parts: [Expression]) -> Int? {
    var result = 0
    for part in parts {
      guard let degree = self(part) else { return nil }
      result = max(result, degree)
    }
    return result
  }
}
