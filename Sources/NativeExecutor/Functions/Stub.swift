import NodalOperations
extension ScalarExpression {
  func emit(_ w: FunctionWriter, _ o: [Operand]) -> Operand {
    switch self {
    case .operand(let i): return o[i]
    case .constant(let c): return .constant(c, o[0].type)
    case .unary(let u, let a):
      let x = a.emit(w, o)
      switch u {
      case .negate: return w.negate(x)
      case .absolute: return w.intrinsic("fabs", [x])
      case .squareRoot: return w.intrinsic("sqrt", [x])
      default: return w.intrinsic(u.rawValue, [x])
      }
    case .binary(let u, let a, let b):
      let x = a.emit(w, o), y = b.emit(w, o)
      switch u {
      case .add: return w.add(x, y)
      case .subtract: return w.subtract(x, y)
      case .multiply: return w.multiply(x, y)
      case .divide: return w.divide(x, y)
      default: return w.intrinsic(u.rawValue, [x, y])
      }
    case .compare(let c, let a, let b):
      let p: String
      switch c {
      case .less: p = "olt";
      case .lessOrEqual: p = "ole";
      case .greater: p = "ogt";
      case .greaterOrEqual: p = "oge";
      case .equal: p = "oeq";
      case .notEqual: p = "une"
      }
      return w.compare(p, a.emit(w, o), b.emit(w, o))
    case .not(let a): return w.not(a.emit(w, o))
    case .and(let a, let b): return w.and(a.emit(w, o), b.emit(w, o))
    case .or(let a, let b): return w.or(a.emit(w, o), b.emit(w, o))
    case .select(let c, let a, let b): return w.select(c.emit(w, o), a.emit(w, o), b.emit(w, o))
    }
  }
}
