import NodalIR
import NodalOperations

/// What an elementwise op computes, as a C expression.
struct CExpression {
  let file: CFile
  let element: ElementType
  let operands: [String]
  /// Parts that have names already.
  private var named: [ScalarExpression: String] = [:]

  init(_ file: CFile, _ element: ElementType, _ operands: [String]) {
    self.file = file
    self.element = element
    self.operands = operands
  }

  /// The expression; calls that stand in it more than once get a name first, in lines of their own.
  mutating func text(_ expression: ScalarExpression) throws(CExportError) -> String {
    var counts: [ScalarExpression: Int] = [:]
    Self.count(expression, &counts)
    try name(expression, counts)
    return try plain(expression)
  }

  private static func count(
    _ expression: ScalarExpression, _ counts: inout [ScalarExpression: Int]
  ) {
    counts[expression, default: 0] += 1
    // What is in it is repeated with it.
    guard counts[expression] == 1 else { return }
    for part in expression.parts { count(part, &counts) }
  }

  private mutating func name(
    _ expression: ScalarExpression, _ counts: [ScalarExpression: Int]
  ) throws(CExportError) {
    guard named[expression] == nil else { return }
    for part in expression.parts { try name(part, counts) }
    guard counts[expression, default: 0] > 1, expression.isCall else { return }
    let name = file.fresh("e")
    file.line("const double \(name) = \(try plain(expression));")
    named[expression] = name
  }

  private func plain(_ expression: ScalarExpression) throws(CExportError) -> String {
    if let name = named[expression] { return name }
    switch expression {
    case .operand(let i): return operands[i]
    case .constant(let c):
      return element == .i64 ? "\(Int(exactly: c) ?? 0)LL" : CFile.literal(c)
    case .unary(let op, let a): return try unary(op, plain(a))
    case .binary(let op, let a, let b): return try binary(op, plain(a), plain(b))
    case .compare(let op, let a, let b): return "(\(try plain(a)) \(op.sign) \(try plain(b)))"
    case .not(let a): return "(!\(try plain(a)))"
    case .and(let a, let b): return "(\(try plain(a)) && \(try plain(b)))"
    case .or(let a, let b): return "(\(try plain(a)) || \(try plain(b)))"
    case .select(let c, let a, let b):
      return "(\(try plain(c)) ? \(try plain(a)) : \(try plain(b)))"
    case .chance: throw CExportError(what: .random)
    }
  }

  private func unary(_ op: ScalarExpression.Unary, _ a: String) -> String {
    switch op {
    case .negate:
      element == .i64 ? "(long long)(0 - (unsigned long long)(\(a)))" : "(-\(a))"
    case .absolute: element == .i64 ? "(\(a) < 0 ? -(\(a)) : \(a))" : "fabs(\(a))"
    case .squareRoot: "sqrt(\(a))"
    case .floor: "floor(\(a))"
    case .ceil: "ceil(\(a))"
    case .round: "round(\(a))"
    case .digamma: "\(file.helper(.digamma))(\(a))"
    case .exp, .log, .log1p, .expm1, .cbrt, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh,
      .tanh, .erf, .erfc, .lgamma:
      "\(op.rawValue)(\(a))"
    }
  }

  private func binary(_ op: ScalarExpression.Binary, _ a: String, _ b: String) -> String {
    func operation(_ sign: String) -> String {
      // Whole numbers wrap around, which C promises for those without sign only.
      element == .i64
        ? "(long long)((unsigned long long)(\(a)) \(sign) (unsigned long long)(\(b)))"
        : "(\(a) \(sign) \(b))"
    }
    switch op {
    case .add: return operation("+")
    case .subtract: return operation("-")
    case .multiply: return operation("*")
    case .divide:
      return element == .i64 ? "\(file.helper(.quotient))(\(a), \(b))" : "(\(a) / \(b))"
    case .remainder:
      return element == .i64 ? "\(file.helper(.remainder))(\(a), \(b))" : "fmod(\(a), \(b))"
    case .copySign: return "copysign(\(a), \(b))"
    case .pow: return element == .i64 ? "\(file.helper(.power))(\(a), \(b))" : "pow(\(a), \(b))"
    case .atan2: return "atan2(\(a), \(b))"
    case .polygamma: return "\(file.helper(.polygamma))(\(a), \(b))"
    }
  }
}

extension ScalarExpression {
  fileprivate var parts: [ScalarExpression] {
    switch self {
    case .operand, .constant: []
    case .unary(_, let a), .not(let a): [a]
    case .binary(_, let a, let b), .compare(_, let a, let b), .and(let a, let b), .or(let a, let b):
      [a, b]
    case .select(let a, let b, let c): [a, b, c]
    case .chance(_, let a, let b, let c, let d): [a, b, c, d]
    }
  }

  /// It costs more than to look up.
  fileprivate var isCall: Bool {
    switch self {
    case .unary(let op, _):
      switch op {
      case .negate, .absolute: false
      case .squareRoot, .floor, .ceil, .round, .exp, .log, .log1p, .expm1, .cbrt, .sin, .cos, .tan,
        .asin, .acos, .atan, .sinh, .cosh, .tanh, .erf, .erfc, .lgamma, .digamma:
        true
      }
    case .binary(let op, _, _):
      switch op {
      case .add, .subtract, .multiply, .divide, .copySign: false
      case .remainder, .pow, .atan2, .polygamma: true
      }
    case .operand, .constant, .compare, .not, .and, .or, .select, .chance: false
    }
  }
}

extension ScalarExpression.Comparison {
  fileprivate var sign: String {
    switch self {
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    case .equal: "=="
    case .notEqual: "!="
    }
  }
}
