package import NodalIR

/// The loops of an op over whole arrays, one for each element type. All arrays have `count`
/// elements; the result may be an operand's array.
package enum OpKernels: Sendable {
  package typealias Unary<T, R> =
    @Sendable (_ x: UnsafePointer<T>, _ result: UnsafeMutablePointer<R>, _ count: Int) -> Void
  package typealias Binary<T, R> =
    @Sendable (
      _ x: UnsafePointer<T>, _ y: UnsafePointer<T>, _ result: UnsafeMutablePointer<R>,
      _ count: Int
    ) -> Void

  package typealias Quaternary<T> =
    @Sendable (
      _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ c: UnsafePointer<T>, _ d: UnsafePointer<T>,
      _ result: UnsafeMutablePointer<T>, _ count: Int
    ) -> Void

  case unary(f32: Unary<Float, Float>, f64: Unary<Double, Double>, i64: Unary<Int64, Int64>?)
  case binary(f32: Binary<Float, Float>, f64: Binary<Double, Double>, i64: Binary<Int64, Int64>?)
  case quaternary(f32: Quaternary<Float>, f64: Quaternary<Double>)
  case test(f32: Unary<Float, Bool>, f64: Unary<Double, Bool>)
  case comparison(
    f32: Binary<Float, Bool>, f64: Binary<Double, Bool>, i64: Binary<Int64, Bool>,
    bool: Binary<UInt8, Bool>)
  case logicalUnary(Unary<Bool, Bool>)
  case logicalBinary(Binary<Bool, Bool>)

  package func supports(_ element: ElementType) -> Bool {
    switch self {
    case .unary(_, _, let integer): element.isFloating || (element == .i64 && integer != nil)
    case .binary(_, _, let integer): element.isFloating || (element == .i64 && integer != nil)
    case .test, .quaternary: element.isFloating
    case .comparison: true
    case .logicalUnary, .logicalBinary: element == .bool
    }
  }
}

/// A number-to-number op for one element. Types, not closures: the loop is compiled for each.
protocol UnaryKernel: SendableMetatype {
  static func value<T: KernelReal>(_ x: T) -> T
}
protocol BinaryKernel: SendableMetatype {
  static func value<T: KernelReal>(_ x: T, _ y: T) -> T
}
/// The same op on integers; it wraps around, and never traps.
protocol IntegerUnaryKernel: UnaryKernel {
  static func integer(_ x: Int64) -> Int64
}
protocol IntegerBinaryKernel: BinaryKernel {
  static func integer(_ x: Int64, _ y: Int64) -> Int64
}
protocol ComparisonKernel: SendableMetatype {
  static func holds<T: Comparable>(_ x: T, _ y: T) -> Bool
}

extension OpKernels {
  static func of<K: UnaryKernel>(_ kernel: K.Type) -> OpKernels {
    .unary(
      f32: { x, r, n in for i in 0..<n { r[i] = K.value(x[i]) } },
      f64: { x, r, n in for i in 0..<n { r[i] = K.value(x[i]) } }, i64: nil)
  }

  static func of<K: BinaryKernel>(_ kernel: K.Type) -> OpKernels {
    .binary(
      f32: { x, y, r, n in for i in 0..<n { r[i] = K.value(x[i], y[i]) } },
      f64: { x, y, r, n in for i in 0..<n { r[i] = K.value(x[i], y[i]) } }, i64: nil)
  }

  static func of<K: IntegerUnaryKernel>(integer kernel: K.Type) -> OpKernels {
    .unary(
      f32: { x, r, n in for i in 0..<n { r[i] = K.value(x[i]) } },
      f64: { x, r, n in for i in 0..<n { r[i] = K.value(x[i]) } },
      i64: { x, r, n in for i in 0..<n { r[i] = K.integer(x[i]) } })
  }

  static func of<K: IntegerBinaryKernel>(integer kernel: K.Type) -> OpKernels {
    .binary(
      f32: { x, y, r, n in for i in 0..<n { r[i] = K.value(x[i], y[i]) } },
      f64: { x, y, r, n in for i in 0..<n { r[i] = K.value(x[i], y[i]) } },
      i64: { x, y, r, n in for i in 0..<n { r[i] = K.integer(x[i], y[i]) } })
  }

  static func of<K: ComparisonKernel>(comparison kernel: K.Type) -> OpKernels {
    .comparison(
      f32: { x, y, r, n in for i in 0..<n { r[i] = K.holds(x[i], y[i]) } },
      f64: { x, y, r, n in for i in 0..<n { r[i] = K.holds(x[i], y[i]) } },
      i64: { x, y, r, n in for i in 0..<n { r[i] = K.holds(x[i], y[i]) } },
      bool: { x, y, r, n in for i in 0..<n { r[i] = K.holds(x[i], y[i]) } })
  }
}
