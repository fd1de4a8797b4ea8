package import NodalIR

extension OpKernels {
  /// One element, numbers and truth values as `Double`: what constant folding and tests call. nil
  /// for an element type that the op doesn't take, and for integers that a `Double` can't hold.
  package func evaluate(_ element: ElementType, _ operands: [Double]) -> Double? {
    guard let x = operands.first else { return nil }
    let y = operands.count > 1 ? operands[1] : x
    switch self {
    case .unary(let f32, let f64, let i64):
      switch element {
      case .f32: return Double(one(f32, Float(x), 0))
      case .f64: return one(f64, x, 0)
      case .i64:
        guard let i64, let x = Int64(exactly: x) else { return nil }
        return Double(exactly: one(i64, x, 0))
      case .bool: return nil
      }
    case .binary(let f32, let f64, let i64):
      switch element {
      case .f32: return Double(one(f32, Float(x), Float(y), 0))
      case .f64: return one(f64, x, y, 0)
      case .i64:
        guard let i64, let x = Int64(exactly: x), let y = Int64(exactly: y) else { return nil }
        return Double(exactly: one(i64, x, y, 0))
      case .bool: return nil
      }
    case .quaternary(let f32, let f64):
      guard operands.count == 4 else { return nil }
      switch element {
      case .f32: return Double(one(f32, operands.map { Float($0) }, 0))
      case .f64: return one(f64, operands, 0)
      case .i64, .bool: return nil
      }
    case .test(let f32, let f64):
      switch element {
      case .f32: return one(f32, Float(x), false) ? 1 : 0
      case .f64: return one(f64, x, false) ? 1 : 0
      case .i64, .bool: return nil
      }
    case .comparison(let f32, let f64, let i64, let bool):
      switch element {
      case .f32: return one(f32, Float(x), Float(y), false) ? 1 : 0
      case .f64: return one(f64, x, y, false) ? 1 : 0
      case .i64:
        guard let x = Int64(exactly: x), let y = Int64(exactly: y) else { return nil }
        return one(i64, x, y, false) ? 1 : 0
      case .bool: return one(bool, x != 0 ? 1 : 0, y != 0 ? 1 : 0, false) ? 1 : 0
      }
    case .logicalUnary(let loop):
      return element == .bool ? (one(loop, x != 0, false) ? 1 : 0) : nil
    case .logicalBinary(let loop):
      return element == .bool ? (one(loop, x != 0, y != 0, false) ? 1 : 0) : nil
    }
  }

  private func one<T, R>(_ loop: Unary<T, R>, _ x: T, _ zero: R) -> R {
    var x = x
    var result = zero
    loop(&x, &result, 1)
    return result
  }

  private func one<T>(_ loop: Quaternary<T>, _ x: [T], _ zero: T) -> T {
    var (a, b, c, d) = (x[0], x[1], x[2], x[3])
    var result = zero
    loop(&a, &b, &c, &d, &result, 1)
    return result
  }

  private func one<T, R>(_ loop: Binary<T, R>, _ x: T, _ y: T, _ zero: R) -> R {
    var (x, y) = (x, y)
    var result = zero
    loop(&x, &y, &result, 1)
    return result
  }
}
