import NodalOperations

extension ScalarExpression {
  /// A rough count of machine instructions.
  var cost: Int {
    switch self {
    case .operand, .constant: 0
    case .unary(let op, let a): a.cost + op.cost
    case .binary(let op, let a, let b): a.cost + b.cost + op.cost
    case .compare(_, let a, let b), .and(let a, let b), .or(let a, let b): 1 + a.cost + b.cost
    case .not(let a): 1 + a.cost
    case .select(let c, let a, let b): 1 + c.cost + a.cost + b.cost
    case .chance(let function, let a, let b, let c, let d):
      a.cost + b.cost + c.cost + d.cost + function.cost
    }
  }
}

extension ChanceFunction {
  fileprivate var cost: Int {
    switch self {
    case .gaussian, .gaussianPartner: 100
    // A call.
    case .brownian, .brownianArea: 40
    }
  }
}

extension ScalarExpression.Unary {
  fileprivate var cost: Int {
    switch self {
    case .negate, .absolute, .floor, .ceil: 1
    case .round, .squareRoot: 4
    case .exp, .log, .log1p, .expm1, .cbrt, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh,
      .tanh, .erf, .erfc, .lgamma, .digamma:
      20
    }
  }
}

extension ScalarExpression.Binary {
  fileprivate var cost: Int {
    switch self {
    case .add, .subtract, .multiply, .copySign: 1
    case .divide: 4
    case .remainder, .pow, .atan2, .polygamma: 40
    }
  }
}
