/// An element type that contractions are compiled for, with eight at a time.
protocol ContractElement: BinaryFloatingPoint, SIMDScalar, Codable {
  static func load(_ p: UnsafePointer<Self>) -> SIMD8<Self>
  static func store(_ x: SIMD8<Self>, _ p: UnsafeMutablePointer<Self>)
}
extension Float: ContractElement {
  @inline(__always) static func load(_ p: UnsafePointer<Float>) -> SIMD8<Float> {
    UnsafeRawPointer(p).loadUnaligned(as: SIMD8<Float>.self)
  }
  @inline(__always) static func store(_ x: SIMD8<Float>, _ p: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(p).storeBytes(of: x, as: SIMD8<Float>.self)
  }
}
extension Double: ContractElement {
  @inline(__always) static func load(_ p: UnsafePointer<Double>) -> SIMD8<Double> {
    UnsafeRawPointer(p).loadUnaligned(as: SIMD8<Double>.self)
  }
  @inline(__always) static func store(_ x: SIMD8<Double>, _ p: UnsafeMutablePointer<Double>) {
    UnsafeMutableRawPointer(p).storeBytes(of: x, as: SIMD8<Double>.self)
  }
}

/// Sums of products. Every element of the result is added up in the order of the contracted axes,
/// whichever path computes it: products rounded, then sums rounded, never fused. So the bits depend
/// neither on the number of lanes nor on blocking.
enum ContractKernel {
  static func run<T: ContractElement>(
    _ plan: LoopPlan, _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ r: UnsafeMutablePointer<T>,
    count: Int, scratch: UnsafeMutablePointer<T>
  ) {
    guard !plan.isEmpty else {
      for i in 0..<count { r[i] = 0 }
      return
    }
    let outer = plan.dimensions
    var turns = 1
    for d in outer { turns *= d.count }
    let accumulates = plan.outerContracted > 0
    if accumulates { for i in 0..<count { r[i] = 0 } }
    for turn in 0..<turns {
      var rest = turn
      var (x, y, z) = (0, 0, 0)
      for d in outer.reversed() {
        let i = rest % d.count
        rest /= d.count
        x += i * d.a
        y += i * d.b
        z += i * d.result
      }
      matrix(plan, a + x, b + y, r + z, accumulates, scratch)
    }
  }

  private static func matrix<T: ContractElement>(
    _ plan: LoopPlan, _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ r: UnsafeMutablePointer<T>,
    _ accumulates: Bool, _ scratch: UnsafeMutablePointer<T>
  ) {
    let (m, n, k) = (plan.rows.count, plan.columns.count, plan.inner.count)
    // A transposed right side is turned once, where enough rows use it.
    if plan.columns.b != 1, n >= 8, m >= 4 {
      for i in 0..<k {
        for j in 0..<n { scratch[i * n + j] = b[i * plan.inner.b + j * plan.columns.b] }
      }
      product(
        m, n, k, a, plan.rows.a, plan.inner.a, scratch, n, 1, r, plan.rows.result,
        plan.columns.result, accumulates)
    } else if plan.columns.b != 1, plan.rows.a == 1, plan.rows.result == 1, m >= 8 {
      // The same sums with both sides exchanged: contiguous along the rows.
      product(
        n, m, k, b, plan.columns.b, plan.inner.b, a, plan.inner.a, 1, r, plan.columns.result, 1,
        accumulates)
    } else {
      product(
        m, n, k, a, plan.rows.a, plan.inner.a, b, plan.inner.b, plan.columns.b, r,
        plan.rows.result, plan.columns.result, accumulates)
    }
  }

  /// r[i, j] (+)= Σₖ a[i, k] b[k, j], with strides.
  private static func product<T: ContractElement>(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<T>, _ am: Int, _ ak: Int,
    _ b: UnsafePointer<T>, _ bk: Int, _ bn: Int, _ r: UnsafeMutablePointer<T>, _ rm: Int,
    _ rn: Int, _ accumulates: Bool
  ) {
    var j = 0
    if bn == 1, rn == 1 {
      // In blocks of rows, which stay near while all columns pass them.
      for top in stride(from: 0, to: m, by: 64) {
        let end = min(m, top + 64)
        j = 0
        while j + 8 <= n {
          tile(top..<end, k, a, am, ak, b + j, bk, r + j, rm, accumulates)
          j += 8
        }
      }
    }
    while j + 2 <= n {
      let (b0, b1) = (b + j * bn, b + (j + 1) * bn)
      var i = 0
      while i + 4 <= m {
        let p = a + i * am
        let q = r + i * rm + j * rn
        var (s00, s01, s10, s11) = (T(0), T(0), T(0), T(0))
        var (s20, s21, s30, s31) = (T(0), T(0), T(0), T(0))
        if accumulates {
          (s00, s01, s10, s11) = (q[0], q[rn], q[rm], q[rm + rn])
          (s20, s21, s30, s31) = (q[2 * rm], q[2 * rm + rn], q[3 * rm], q[3 * rm + rn])
        }
        for l in 0..<k {
          let (y0, y1) = (b0[l * bk], b1[l * bk])
          let (x0, x1, x2, x3) = (
            p[l * ak], p[am + l * ak], p[2 * am + l * ak], p[3 * am + l * ak]
          )
          s00 += x0 * y0
          s01 += x0 * y1
          s10 += x1 * y0
          s11 += x1 * y1
          s20 += x2 * y0
          s21 += x2 * y1
          s30 += x3 * y0
          s31 += x3 * y1
        }
        (q[0], q[rn], q[rm], q[rm + rn]) = (s00, s01, s10, s11)
        (q[2 * rm], q[2 * rm + rn], q[3 * rm], q[3 * rm + rn]) = (s20, s21, s30, s31)
        i += 4
      }
      while i < m {
        let q = r + i * rm + j * rn
        var (s0, s1) = accumulates ? (q[0], q[rn]) : (T(0), T(0))
        for l in 0..<k {
          let x = a[i * am + l * ak]
          s0 += x * b0[l * bk]
          s1 += x * b1[l * bk]
        }
        (q[0], q[rn]) = (s0, s1)
        i += 1
      }
      j += 2
    }
    if j < n {
      for i in 0..<m {
        let q = r + i * rm + j * rn
        var s = accumulates ? q[0] : 0
        for l in 0..<k { s += a[i * am + l * ak] * b[l * bk + j * bn] }
        q[0] = s
      }
    }
  }

  /// Eight columns of some rows of `product`. Four rows of single precision fill the registers, two of double.
  @inline(__always)
  private static func tile<T: ContractElement>(
    _ rows: Range<Int>, _ k: Int, _ a: UnsafePointer<T>, _ am: Int, _ ak: Int,
    _ b: UnsafePointer<T>, _ bk: Int, _ r: UnsafeMutablePointer<T>, _ rm: Int,
    _ accumulates: Bool
  ) {
    var i = rows.lowerBound
    let end = rows.upperBound
    if MemoryLayout<T>.size == 4 {
      while i + 4 <= end {
        let p = a + i * am
        let q = r + i * rm
        var (s0, s1) = (SIMD8<T>(repeating: 0), SIMD8<T>(repeating: 0))
        var (s2, s3) = (s0, s1)
        if accumulates {
          (s0, s1) = (T.load(q), T.load(q + rm))
          (s2, s3) = (T.load(q + 2 * rm), T.load(q + 3 * rm))
        }
        for l in 0..<k {
          let row = T.load(b + l * bk)
          let x = p + l * ak
          s0 += row * x[0]
          s1 += row * x[am]
          s2 += row * x[2 * am]
          s3 += row * x[3 * am]
        }
        T.store(s0, q)
        T.store(s1, q + rm)
        T.store(s2, q + 2 * rm)
        T.store(s3, q + 3 * rm)
        i += 4
      }
    }
    while i + 2 <= end {
      let (a0, a1) = (a + i * am, a + (i + 1) * am)
      let (r0, r1) = (r + i * rm, r + (i + 1) * rm)
      var s0 = accumulates ? T.load(r0) : SIMD8<T>(repeating: 0)
      var s1 = accumulates ? T.load(r1) : SIMD8<T>(repeating: 0)
      for l in 0..<k {
        let row = T.load(b + l * bk)
        s0 += row * a0[l * ak]
        s1 += row * a1[l * ak]
      }
      T.store(s0, r0)
      T.store(s1, r1)
      i += 2
    }
    if i < end {
      let (a0, r0) = (a + i * am, r + i * rm)
      var s0 = accumulates ? T.load(r0) : SIMD8<T>(repeating: 0)
      for l in 0..<k { s0 += T.load(b + l * bk) * a0[l * ak] }
      T.store(s0, r0)
    }
  }
}
