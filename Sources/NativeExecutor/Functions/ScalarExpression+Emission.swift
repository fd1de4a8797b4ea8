import NodalOperations

extension ScalarExpression.Unary {
  /// Instructions for a number, or a number in each lane.
  func emit(_ w: FunctionWriter, _ x: Operand) -> Operand {
    switch self {
    case .negate: w.negate(x)
    case .absolute: w.intrinsic("fabs", [x])
    case .squareRoot: w.intrinsic("sqrt", [x])
    case .floor: w.intrinsic("floor", [x])
    case .ceil: w.intrinsic("ceil", [x])
    case .round: w.intrinsic("round", [x])
    case .exp: ElementaryFunction.exp.emit(w, [x])
    case .log: ElementaryFunction.log.emit(w, [x])
    case .log1p: ElementaryFunction.log1p.emit(w, [x])
    case .expm1: ElementaryFunction.expm1.emit(w, [x])
    case .cbrt: ElementaryFunction.cbrt.emit(w, [x])
    case .sin: ElementaryFunction.sin.emit(w, [x])
    case .cos: ElementaryFunction.cos.emit(w, [x])
    case .tan: ElementaryFunction.tan.emit(w, [x])
    case .asin: ElementaryFunction.asin.emit(w, [x])
    case .acos: ElementaryFunction.acos.emit(w, [x])
    case .atan: ElementaryFunction.atan.emit(w, [x])
    case .sinh: ElementaryFunction.sinh.emit(w, [x])
    case .cosh: ElementaryFunction.cosh.emit(w, [x])
    case .tanh: ElementaryFunction.tanh.emit(w, [x])
    case .erf: ElementaryFunction.erf.emit(w, [x])
    case .erfc: ElementaryFunction.erfc.emit(w, [x])
    case .lgamma: RuntimeFunction.lgamma.emit(w, [x])
    case .digamma: RuntimeFunction.digamma.emit(w, [x])
    }
  }
}

extension ScalarExpression.Binary {
  /// Instructions for two numbers of one type, or two in each lane.
  func emit(_ w: FunctionWriter, _ a: Operand, _ b: Operand) -> Operand {
    switch self {
    case .add: w.add(a, b)
    case .subtract: w.subtract(a, b)
    case .multiply: w.multiply(a, b)
    case .divide: w.divide(a, b)
    case .remainder: RuntimeFunction.remainder.emit(w, [a, b])
    case .copySign: w.intrinsic("copysign", [a, b])
    case .pow: ElementaryFunction.pow.emit(w, [a, b])
    case .atan2: ElementaryFunction.atan2.emit(w, [a, b])
    case .polygamma: RuntimeFunction.polygamma.emit(w, [a, b])
    }
  }
}

extension ScalarExpression.Comparison {
  /// As LLVM calls it: ordered, but for the last.
  var predicate: String {
    switch self {
    case .less: "olt"
    case .lessOrEqual: "ole"
    case .greater: "ogt"
    case .greaterOrEqual: "oge"
    case .equal: "oeq"
    case .notEqual: "une"
    }
  }
}

extension ScalarExpression {
  /// Instructions for the whole expression. Numbers have the type of the operands, truth values are `i1` in as many
  /// lanes; operands of a purely logical expression are such.
  func emit(_ w: FunctionWriter, _ operands: [Operand]) -> Operand {
    switch self {
    case .operand(let i): operands[i]
    case .constant(let number): .constant(number, operands[0].type)
    case .unary(let op, let a): op.emit(w, a.emit(w, operands))
    case .binary(let op, let a, let b): op.emit(w, a.emit(w, operands), b.emit(w, operands))
    case .compare(let op, let a, let b):
      w.compare(op.predicate, a.emit(w, operands), b.emit(w, operands))
    case .not(let a): w.not(a.emit(w, operands))
    case .and(let a, let b): w.and(a.emit(w, operands), b.emit(w, operands))
    case .or(let a, let b): w.or(a.emit(w, operands), b.emit(w, operands))
    case .select(let c, let a, let b):
      w.select(c.emit(w, operands), a.emit(w, operands), b.emit(w, operands))
    case .chance(let function, let a, let b, let c, let d):
      function.emit(w, [a, b, c, d].map { $0.emit(w, operands) })
    }
  }
}
