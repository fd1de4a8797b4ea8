/// C -= A B for matrices in row-major order, with strides of their own: what the elimination of many unknowns comes down to.
///
/// Each element of C takes its products away one by one, in the order of the columns of A, whatever the sizes: so the bits are those of the
/// elimination of one unknown after the other, and what is eliminated in blocks needs no law of its own. Tiles of 4 by 8 elements are kept in
/// registers.
enum MatrixUpdate<Number: BinaryFloatingPoint & SIMDScalar> {
  typealias Numbers = UnsafePointer<Number>
  typealias Target = UnsafeMutablePointer<Number>
  private typealias Vector = SIMD4<Number>
  private static var blockHeight: Int { 64 }

  static func subtract(
    _ c: Target, stride: Int, _ a: Numbers, stride aStride: Int, _ b: Numbers, stride bStride: Int,
    rows: Int, columns: Int, terms: Int
  ) {
    let (wholeRows, wholeColumns) = (rows & ~3, columns & ~7)
    // Rows in blocks that stay near the processor while the columns go by.
    for block in Swift.stride(from: 0, to: wholeRows, by: blockHeight) {
      for j in Swift.stride(from: 0, to: wholeColumns, by: 8) {
        for i in Swift.stride(from: block, to: min(block + blockHeight, wholeRows), by: 4) {
          tile(c + i * stride + j, stride, a + i * aStride, aStride, b + j, bStride, terms)
        }
      }
    }
    // What is left: columns on the right of the tiles, rows below them.
    for i in 0..<rows {
      let first = i < wholeRows ? wholeColumns : 0
      guard first < columns else { continue }
      let (row, multiples) = (c + i * stride, a + i * aStride)
      for p in 0..<terms {
        let (multiple, other) = (multiples[p], b + p * bStride)
        for j in first..<columns { row[j] -= multiple * other[j] }
      }
    }
  }

  @inline(__always)
  private static func tile(
    _ c: Target, _ stride: Int, _ a: Numbers, _ aStride: Int, _ b: Numbers, _ bStride: Int,
    _ terms: Int
  ) {
    let rows = (c, c + stride, c + 2 * stride, c + 3 * stride)
    let multiples = (a, a + aStride, a + 2 * aStride, a + 3 * aStride)
    var (x0, y0) = (load(rows.0), load(rows.0 + 4))
    var (x1, y1) = (load(rows.1), load(rows.1 + 4))
    var (x2, y2) = (load(rows.2), load(rows.2 + 4))
    var (x3, y3) = (load(rows.3), load(rows.3 + 4))
    var other = b
    for p in 0..<terms {
      let (u, v) = (load(other), load(other + 4))
      let m0 = Vector(repeating: multiples.0[p])
      x0 -= m0 * u
      y0 -= m0 * v
      let m1 = Vector(repeating: multiples.1[p])
      x1 -= m1 * u
      y1 -= m1 * v
      let m2 = Vector(repeating: multiples.2[p])
      x2 -= m2 * u
      y2 -= m2 * v
      let m3 = Vector(repeating: multiples.3[p])
      x3 -= m3 * u
      y3 -= m3 * v
      other += bStride
    }
    store(x0, y0, rows.0)
    store(x1, y1, rows.1)
    store(x2, y2, rows.2)
    store(x3, y3, rows.3)
  }

  @inline(__always)
  private static func load(_ x: Numbers) -> Vector {
    UnsafeRawPointer(x).loadUnaligned(as: Vector.self)
  }

  @inline(__always)
  private static func store(_ x: Vector, _ y: Vector, _ target: Target) {
    UnsafeMutableRawPointer(target).storeBytes(of: x, as: Vector.self)
    UnsafeMutableRawPointer(target + 4).storeBytes(of: y, as: Vector.self)
  }
}
