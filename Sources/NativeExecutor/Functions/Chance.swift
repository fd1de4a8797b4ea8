import NodalBasics
import NodalOperations

/// Philox 4x32-10 in every lane of a vector (see `Philox`): the words are 64-bit integers below 2³².
private struct PhiloxCode {
  let w: FunctionWriter
  let type: LLVMType

  private func constant(_ number: Int) -> Operand { .integer(number, type) }
  private func low(_ x: Operand) -> Operand { w.and(x, constant(0xFFFF_FFFF)) }
  private func high(_ x: Operand) -> Operand { w.binary("lshr", x, constant(32)) }

  func block(key: (Operand, Operand), counter: [Operand]) -> [Operand] {
    var c = counter
    var (k, l) = key
    for round in 0..<10 {
      let p = w.multiply(constant(0xD251_1F53), c[0])
      let q = w.multiply(constant(0xCD9E_8D57), c[2])
      c = [w.xor(w.xor(high(q), c[1]), k), low(q), w.xor(w.xor(high(p), c[3]), l), low(p)]
      guard round < 9 else { break }
      k = low(w.add(k, constant(0x9E37_79B9)))
      l = low(w.add(l, constant(0xBB67_AE85)))
    }
    return c
  }

  /// A standard normal number of 64 bits: their first 52 and a half are a probability.
  func normal(_ low: Operand, _ high: Operand) -> Lanes {
    let bits = w.or(
      w.binary("lshr", low, constant(12)), w.binary("shl", high, constant(20)))
    let one = w.or(bits, constant(FloatFormat.f64.oneBits))
    let numbers = type.with(.f64)
    // 1 to 2, of which half a unit is missing yet.
    let p = Lanes(w, w.convert("bitcast", one, to: numbers)) - (1 - 0x1p-53)
    return NormalQuantile.value(p)
  }

  /// The words of a key, or a component: whole numbers, see `NormalPairs.word`.
  func word(_ number: Lanes) -> Operand { low((number + 0x1p52).bits.operand) }
}

/// The quantile of the normal distribution (Giles 2010 writes that of erf alike): x P(w) for x = 2p - 1 and
/// w = -log(1 - x²) ≤ 6.25, P a polynomial in w - 3.125 of relative error 2⁻⁵¹; the rest, one number in a thousand, is handed on.
private enum NormalQuantile {
  private static let coefficients: [Double] = [
    0x1.2b57ec65a8009p+1, 0x1.5bc94440cc80fp-2, -0x1.179b257405e1fp-7, -0x1.12994fbb9801dp-10,
    0x1.14e8fc428b78bp-12, -0x1.496275f5904c3p-16, -0x1.032ee3a93ed4bp-19, 0x1.4186bc8665123p-21,
    -0x1.6125a958ee15dp-25, -0x1.8faea4c05c826p-28, 0x1.98a5b036992e7p-30, -0x1.50d4123d08a9cp-34,
    -0x1.42de66b5d6273p-36, 0x1.06156fe925d3dp-38, -0x1.0228169a9171fp-43, -0x1.024a99f311944p-44,
    0x1.4f5dd37122103p-47, 0x1.1aa8a92ba6c50p-55, -0x1.a4e46490c3a29p-53, 0x1.223ee4e28a622p-56,
    0x1.cc4d3453e9264p-60, -0x1.184860f3aec75p-62, -0x1.93e3b350ec805p-72,
  ]

  static func value(_ p: Lanes) -> Lanes {
    let w = p.w
    let q = 1 - p
    let x = p - q
    let logarithm = LogarithmReduction(4 * p * q, subnormal: false)
    let z = -logarithm.logarithm(logarithm.m - 1)
    let near = x * (z - 3.125).polynomial(coefficients)
    let isFar = z > 6.25
    let result = w.variable(p.type)
    w.store(near.operand, result)
    w.branch(isFar.any, isLikely: false) {
      let far = RuntimeFunction.normalQuantile.emit(w, [p.operand])
      w.store(isFar.then(Lanes(w, far), else: near).operand, result)
    }
    return Lanes(w, w.load(result, p.type))
  }
}

extension ChanceFunction {
  /// Computed in f64 for operands of either type.
  func emit(_ w: FunctionWriter, _ operands: [Operand]) -> Operand {
    let type = operands[0].type
    let wide = operands.map { Lanes(w, $0).converted(to: .f64).operand }
    let attribute: String
    switch self {
    case .gaussian, .gaussianPartner: attribute = w.isRemainder ? "noinline" : "alwaysinline"
    case .brownian, .brownianArea: attribute = "noinline"
    }
    let name = "nodal.\(rawValue)" + (w.isRemainder ? ".called" : "")
    let value = w.callHelper(name, attribute, wide, result: type.with(.f64)) { w, operands in
      body(w, operands.map { Lanes(w, $0) }).operand
    }
    return Lanes(w, value).converted(to: type.scalar).operand
  }

  private func body(_ w: FunctionWriter, _ x: [Lanes]) -> Lanes {
    let philox = PhiloxCode(w: w, type: x[0].type.with(.i64))
    let key = (philox.word(x[0]), philox.word(x[1]))
    let component = philox.word(x[2])
    let value: Lanes
    switch self {
    case .gaussian, .gaussianPartner:
      let time = x[3].bits
      let words = philox.block(
        key: key,
        counter: [(time & 0xFFFF_FFFF).operand, (time >> 32).operand, component, zero(philox)])
      value =
        self == .gaussian
        ? philox.normal(words[0], words[1]) : philox.normal(words[2], words[3])
    case .brownian, .brownianArea:
      let path = BrownianPathCode(w: w, philox: philox, key: key, component: component)
      let found = path.at(x[3])
      value = self == .brownian ? found.value : found.area
    }
    // What is not a number stays none.
    return (x[0] + x[1] + x[2] + x[3]).isUnordered(with: x[3]).then(Double.nan, else: value)
  }

  private func zero(_ philox: PhiloxCode) -> Operand { .integer(0, philox.type) }
}

/// `BrownianPath`, level by level in a loop.
private struct BrownianPathCode {
  let w: FunctionWriter
  let philox: PhiloxCode
  let key: (Operand, Operand)
  let component: Operand

  private func pair(_ node: Operand) -> (Lanes, Lanes) {
    let words = philox.block(
      key: key,
      counter: [node, .integer(0, philox.type), component, .integer(1, philox.type)])
    return (philox.normal(words[0], words[1]), philox.normal(words[2], words[3]))
  }

  func at(_ time: Lanes) -> (value: Lanes, area: Lanes) {
    let type = time.type
    let half = (1 / 12.0).squareRoot()
    func variable(_ value: Lanes) -> Operand {
      let place = w.variable(type)
      w.store(value.operand, place)
      return place
    }
    func read(_ place: Operand) -> Lanes { Lanes(w, w.load(place, type)) }
    let zero = time.constant(0)
    let root = pair(.integer(0, philox.type))
    let (wPlace, hPlace) = (variable(root.0), variable(root.1 * half))
    let (valuePlace, areaPlace) = (variable(zero), variable(zero))
    let place = variable(time.clamped(above: 0).clamped(below: 1))
    let length = variable(time.constant(1))
    let node = w.variable(philox.type)
    w.store(.integer(1, philox.type), node)
    w.loop(below: .integer(BrownianPath.levels)) { _ in
      let number = w.load(node, philox.type)
      let (x, y) = pair(number)
      let (width, increment, bow) = (read(length), read(wPlace), read(hPlace))
      let (value, area, position) = (read(valuePlace), read(areaPlace), read(place) * 2)
      let root = width.squareRoot
      let a = 1.5 * bow + 0.25 * root * x
      let c = half * root * y
      let leftW = 0.5 * increment + a
      let leftH = bow - 0.5 * (a - c)
      let isLeft = Lanes(w, position.operand) < 1
      func side(_ left: Lanes, _ right: Lanes) -> Operand { isLeft.then(left, else: right).operand }
      let short = width * 0.5
      w.store(side(area, area + short * (value + 0.5 * leftW + leftH)), areaPlace)
      w.store(side(value, value + leftW), valuePlace)
      w.store(side(leftW, 0.5 * increment - a), wPlace)
      w.store(side(leftH, bow - 0.5 * (a + c)), hPlace)
      w.store(side(position, position - 1), place)
      let twice = w.add(number, number)
      let next = w.select(isLeft.operand, twice, w.add(twice, .integer(1, philox.type)))
      w.store(next, node)
      w.store(short.operand, length)
    }
    let (r, increment, bow) = (read(place), read(wPlace), read(hPlace))
    let (value, area) = (read(valuePlace), read(areaPlace))
    let square = r * r
    let end = value + r * increment + 6 * r * (1 - r) * bow
    let total =
      area + read(length) * (value * r + 0.5 * square * increment + square * (3 - 2 * r) * bow)
    return (end, total)
  }
}
