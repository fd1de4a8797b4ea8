package import NodalIR

/// An array at run time, in row-major order: what goes into programs and comes out. A value: copies
/// share their memory until one is written.
package struct Tensor: Sendable {
  package let element: ElementType
  package private(set) var shape: [Int]
  private var storage: Buffer

  package var count: Int { shape.reduce(1, *) }
  package var byteCount: Int { count * element.byteCount }

  /// Zeros.
  package init(_ element: ElementType, shape: [Int]) {
    self.element = element
    self.shape = shape.map { max(0, $0) }
    storage = Buffer()
    storage.zero(byteCount)
  }

  /// Numbers, rounded to the element type; what is missing is 0, what is too much is left out.
  package init(_ element: ElementType, shape: [Int], _ numbers: [Double]) {
    self.init(element, shape: shape)
    for (i, x) in numbers.prefix(count).enumerated() {
      ElementAccess.store(x, element, storage.pointer, i)
    }
  }

  package init(_ scalar: Double, _ element: ElementType = .f64) {
    self.init(element, shape: [], [scalar])
  }

  package init(_ numbers: [Double]) { self.init(.f64, shape: [numbers.count], numbers) }

  package init(integers: [Int], shape: [Int]? = nil) {
    self.init(.i64, shape: shape ?? [integers.count])
    let base = storage.typed(Int64.self)
    for (i, x) in integers.prefix(count).enumerated() { base[i] = Int64(x) }
  }

  /// A copy of memory.
  package init(_ element: ElementType, shape: [Int], copying bytes: UnsafeRawPointer) {
    self.element = element
    self.shape = shape
    storage = Buffer(byteCount: shape.reduce(1, *) * element.byteCount)
    storage.pointer.copyMemory(from: bytes, byteCount: byteCount)
  }

  /// All elements as `Double`. Linear in the size.
  package var numbers: [Double] {
    (0..<count).map { ElementAccess.load(element, storage.pointer, $0) }
  }

  /// Element number `i` in row-major order; NaN outside.
  package subscript(i: Int) -> Double {
    get { i >= 0 && i < count ? ElementAccess.load(element, storage.pointer, i) : .nan }
    set {
      guard i >= 0, i < count else { return }
      makeUnique()
      ElementAccess.store(newValue, element, storage.pointer, i)
    }
  }

  /// The number of a scalar, or the first element; NaN of an empty array.
  package var scalar: Double { self[0] }

  package func reshaped(_ shape: [Int]) -> Tensor? {
    guard shape.reduce(1, *) == count else { return nil }
    var copy = self
    copy.shape = shape
    return copy
  }

  /// The memory, for reading only, while the closure runs.
  package func withBytes<R>(_ body: (UnsafeRawPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(storage) { try body(UnsafeRawPointer(storage.pointer)) }
  }

  package mutating func withMutableBytes<R>(
    _ body: (UnsafeMutableRawPointer) throws -> R
  ) rethrows -> R {
    makeUnique()
    return try withExtendedLifetime(storage) { try body(storage.pointer) }
  }

  private mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&storage) {
      let copy = Buffer(byteCount: byteCount)
      copy.pointer.copyMemory(from: storage.pointer, byteCount: byteCount)
      storage = copy
    }
  }
}

extension Tensor: Equatable {
  /// The same type, shape and numbers; NaN is unlike itself.
  package static func == (a: Tensor, b: Tensor) -> Bool {
    a.element == b.element && a.shape == b.shape
      && (0..<a.count).allSatisfy { a[$0] == b[$0] }
  }

  /// The same bits.
  package func isIdentical(to other: Tensor) -> Bool {
    element == other.element && shape == other.shape
      && withBytes { a in
        other.withBytes { b in
          (0..<byteCount).allSatisfy {
            a.load(fromByteOffset: $0, as: UInt8.self) == b.load(fromByteOffset: $0, as: UInt8.self)
          }
        }
      }
  }
}

/// One element of raw memory as `Double`: slow, for borders and tests.
package enum ElementAccess {
  package static func load(_ element: ElementType, _ base: UnsafeRawPointer, _ i: Int) -> Double {
    switch element {
    case .f32: Double(base.load(fromByteOffset: 4 * i, as: Float.self))
    case .f64: base.load(fromByteOffset: 8 * i, as: Double.self)
    case .i64: Double(base.load(fromByteOffset: 8 * i, as: Int64.self))
    case .bool: base.load(fromByteOffset: i, as: UInt8.self) == 0 ? 0 : 1
    }
  }

  package static func store(
    _ x: Double, _ element: ElementType, _ base: UnsafeMutableRawPointer, _ i: Int
  ) {
    switch element {
    case .f32: base.storeBytes(of: Float(x), toByteOffset: 4 * i, as: Float.self)
    case .f64: base.storeBytes(of: x, toByteOffset: 8 * i, as: Double.self)
    case .i64: base.storeBytes(of: saturated(x), toByteOffset: 8 * i, as: Int64.self)
    case .bool: base.storeBytes(of: x == 0 ? 0 : 1, toByteOffset: i, as: UInt8.self)
    }
  }

  /// Truncated; what doesn't fit is the nearest integer there is, and NaN is 0.
  @inline(__always)
  package static func saturated<T: BinaryFloatingPoint>(_ x: T) -> Int64 {
    // -2^63 and 2^63 are floating-point numbers; the greatest integer is not.
    if x >= -0x1p63, x < 0x1p63 { return Int64(x) }
    return x.isNaN ? 0 : x < 0 ? .min : .max
  }
}
