import NodalIR
import NodalOperations

/// Computes sums of products in the order that costs least.
///
/// Programs and derivative rules write them as they come: a divergence multiplies a Jacobian's columns with unit vectors and adds up what
/// lies on the diagonal; a product of a batch with a matrix that is a product itself multiplies the batch twice. The sum is the same, but
/// for rounding, in any order.
enum SumsOfProducts {
  /// A new order should save at least so much of the multiplications: what is there may have been written with care, and loops
  /// are made of it more easily.
  private static let worthwhile = 0.7

  static func run(_ region: Region) throws(IRError) -> Region {
    let readers = region.readerCounts
    var builder = RegionBuilder(parameters: region.parameterTypes)
    var values = builder.parameters
    for node in region.nodes {
      builder.origin = node.origin
      if let sum = ProductSum(node, in: region, readers: readers) {
        let order = ContractionOrder(sum)
        if order.cost <= worthwhile * sum.cost,
          let value = emit(sum, order, values, region.types[node.results.lowerBound], &builder)
        {
          values.append(value)
          continue
        }
      }
      let form = try node.form.mapRegions { (inner) throws(IRError) in try run(inner) }
      values += builder.values(form, node.operands.map { values[$0.index] })
    }
    return try builder.finish(region.results.map { values[$0.index] }).withoutDead()
  }

  /// A value with a name for each of its axes.
  private struct Named {
    var value: Value
    var indices: [Int]
  }

  /// nil where a product would have its lanes elsewhere than in front.
  private static func emit(
    _ sum: ProductSum, _ order: ContractionOrder, _ values: [Value], _ type: ValueType,
    _ builder: inout RegionBuilder
  ) -> Value? {
    var factors = sum.factors.map {
      Named(value: values[$0.value.index], indices: $0.indices)
    }
    guard !factors.isEmpty else { return nil }
    let result = Set(sum.result)
    for (a, b) in order.pairs {
      let right = factors.remove(at: b)
      let left = factors.remove(at: a)
      let wanted = factors.reduce(result) { $0.union($1.indices) }
      guard let product = product(left, right, wanted, sum, &builder) else { return nil }
      factors.append(product)
    }
    let last = reduced(factors[0], to: result, &builder)
    let order = sum.result.filter(last.indices.contains)
    var value = transposed(last, to: order, &builder).value
    let scale = type.element == .f32 ? Double(Float(sum.scale)) : sum.scale
    if scale != 1 { value = builder.mul(value, scale) }
    let axes = order.compactMap { sum.result.firstIndex(of: $0) }
    return builder.broadcast(value, to: type.extents, axes: axes)
  }

  private static func product(
    _ a: Named, _ b: Named, _ wanted: Set<Int>, _ sum: ProductSum, _ builder: inout RegionBuilder
  ) -> Named? {
    // What only one of them has, and nobody wants, is added up first.
    var a = reduced(a, to: wanted.union(b.indices), &builder)
    var b = reduced(b, to: wanted.union(a.indices), &builder)
    let shared = a.indices.filter(b.indices.contains)
    let contracted = shared.filter { !wanted.contains($0) }
    func hasLanes(_ x: Named) -> Bool { builder.type(x.value).isBatched }
    if hasLanes(b) && !hasLanes(a) { swap(&a, &b) }
    guard !contracted.isEmpty else { return elementwise(a, b, sum, &builder) }
    let batch = shared.filter(wanted.contains)
    let free = (a.indices + b.indices).filter { !shared.contains($0) }
    guard sum.hasLanesInFront(batch + free) else { return nil }
    func pairs(_ indices: [Int]) -> [Contraction.Pair] {
      indices.compactMap { index in
        guard let i = a.indices.firstIndex(of: index), let j = b.indices.firstIndex(of: index)
        else { return nil }
        return Contraction.Pair(i, j)
      }
    }
    let contraction = Contraction(batch: pairs(batch), contracted: pairs(contracted))
    return Named(
      value: builder.value(.contract(contraction), [a.value, b.value]), indices: batch + free)
  }

  /// A product of which nothing is summed.
  private static func elementwise(
    _ a: Named, _ b: Named, _ sum: ProductSum, _ builder: inout RegionBuilder
  ) -> Named? {
    let indices = a.indices + b.indices.filter { !a.indices.contains($0) }
    guard sum.hasLanesInFront(indices) else { return nil }
    let extents = indices.map { sum.extents[$0] }
    func spread(_ x: Named) -> Value {
      let order = indices.filter(x.indices.contains)
      let axes = order.compactMap { indices.firstIndex(of: $0) }
      return builder.broadcast(transposed(x, to: order, &builder).value, to: extents, axes: axes)
    }
    let (left, right) = (spread(a), spread(b))
    return Named(value: builder.mul(left, right), indices: indices)
  }

  private static func reduced(
    _ x: Named, to wanted: Set<Int>, _ builder: inout RegionBuilder
  ) -> Named {
    let axes = x.indices.indices.filter { !wanted.contains(x.indices[$0]) }
    return Named(
      value: builder.reduce(.sum, x.value, axes: axes), indices: x.indices.filter(wanted.contains))
  }

  private static func transposed(
    _ x: Named, to order: [Int], _ builder: inout RegionBuilder
  ) -> Named {
    let permutation = order.compactMap { x.indices.firstIndex(of: $0) }
    guard permutation != Array(x.indices.indices) else { return x }
    return Named(value: builder.transpose(x.value, permutation), indices: order)
  }
}

extension Region {
  /// By how many operands and results each value is read.
  fileprivate var readerCounts: [Int] {
    var counts = [Int](repeating: 0, count: types.count)
    for node in nodes { for operand in node.operands { counts[operand.index] += 1 } }
    for result in results { counts[result.index] += 1 }
    return counts
  }
}
