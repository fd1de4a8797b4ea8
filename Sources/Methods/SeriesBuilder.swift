import NodalIR
import NodalOperations

/// Emits the coefficients of a right-hand side's power series, order by order: those of order k need the arguments' up to k, so
/// that the solution's own coefficient of order k + 1 can be made of them and given back.
struct SeriesBuilder {
  private let expansion: SeriesExpansion
  /// By value of the expanded region.
  private var series: [PowerSeries]
  private var order = 0

  /// Evaluates the right-hand side: coefficients of order 0.
  init(_ expansion: SeriesExpansion, _ arguments: [Value], _ builder: inout RegionBuilder) {
    self.expansion = expansion
    var values = arguments
    let outer = builder.origin
    for node in expansion.region.nodes {
      builder.origin = node.origin ?? outer
      values += builder.values(node.form, node.operands.map { values[$0.index] })
    }
    builder.origin = outer
    series = values.map { PowerSeries([$0]) }
  }

  /// The right-hand side's coefficient of the order come to; nil is zero.
  var result: Value? { series[expansion.region.results[0].index][order] }

  /// Goes on to the next order, with the coefficients of t and y.
  mutating func advance(time: Value?, state: Value?, _ builder: inout RegionBuilder) throws(IRError)
  {
    order += 1
    series[0].append(time)
    series[1].append(state)
    let outer = builder.origin
    for node in expansion.region.nodes where expansion.varies[node.results.lowerBound] {
      builder.origin = node.origin ?? outer
      let coefficient = try coefficient(of: node, &builder)
      series[node.results.lowerBound].append(coefficient)
    }
    builder.origin = outer
  }

  /// Zeros where there is no coefficient, of an operand's type.
  private func filled(_ operand: Value, _ builder: inout RegionBuilder) -> Value {
    if let value = series[operand.index][order] { return value }
    return builder.constant(0, expansion.region[operand])
  }

  private func coefficient(
    of node: Node, _ builder: inout RegionBuilder
  ) throws(IRError) -> Value? {
    let operands = node.operands.map { series[$0.index] }
    let isPresent = operands.contains { $0[order] != nil }
    switch node.form {
    case .elementwise(let schema):
      let row = try Operations.row(of: schema)
      switch row.series {
      case .linear:
        guard isPresent else { return nil }
        return builder.apply(row, node.operands.map { filled($0, &builder) })
      case .recurrence(let rule):
        let result = series[node.results.lowerBound]
        return rule(&builder, SeriesTerms(order: order, operands: operands, result: result))
      case .partials, .derivative:
        return chain(node, operands, &builder)
      case .flat, .none:
        return nil
      }
    case .reduce(let reduction):
      guard let x = operands[0][order] else { return nil }
      switch reduction.kind {
      case .sum: return builder.value(node.form, [x])
      case .max, .min:
        guard let partial = expansion.partials[node.results.lowerBound]?[0],
          let share = series[partial.index][0]
        else { return nil }
        return builder.reduce(.sum, builder.mul(share, x), axes: reduction.axes)
      case .argmax, .argmin: return nil
      }
    case .select:
      guard operands[1][order] != nil || operands[2][order] != nil, let condition = operands[0][0]
      else { return nil }
      let (a, b) = (filled(node.operands[1], &builder), filled(node.operands[2], &builder))
      return builder.select(condition, a, b)
    case .convert(let element):
      return operands[0][order].map { builder.convert($0, to: element) }
    case .layout:
      guard isPresent else { return nil }
      return builder.value(node.form, node.operands.map { filled($0, &builder) })
    case .gather, .scatter:
      guard let x = operands[0][order], let indices = operands[1][0] else { return nil }
      return builder.value(node.form, [x, indices])
    case .contract(let contraction):
      return contract(contraction, operands[0], operands[1], &builder)
    case .constant, .factorize, .linearSolve, .random, .branch, .scan, .map, .derivative, .solve,
      .interpolate:
      return nil
    }
  }

  /// r' = Σ gᵢ xᵢ' in coefficients: k r[k] = Σᵢ Σⱼ j xᵢ[j] gᵢ[k-j], for j from 1 to k.
  private func chain(
    _ node: Node, _ operands: [PowerSeries], _ builder: inout RegionBuilder
  ) -> Value? {
    var (plain, weighted): (Value?, Value?)
    let partials = expansion.partials[node.results.lowerBound] ?? []
    for (partial, x) in zip(partials, operands) {
      guard let partial else { continue }
      let g = series[partial.index]
      if expansion.varies[partial.index] {
        let sum = builder.seriesSum(1...order) { b, j in
          guard let left = x[j], let right = g[order - j] else { return nil }
          return b.mul(b.mul(left, Double(j)), right)
        }
        if let sum { weighted = weighted.map { builder.add($0, sum) } ?? sum }
      } else if let newest = x[order], let factor = g[0] {
        let product = builder.mul(factor, newest)
        plain = plain.map { builder.add($0, product) } ?? product
      }
    }
    guard let weighted else { return plain }
    let scaled = builder.scaled(weighted, 1 / Double(order))
    return plain.map { builder.add($0, scaled) } ?? scaled
  }

  /// The coefficients of a sum of products.
  private func contract(
    _ contraction: Contraction, _ a: PowerSeries, _ b: PowerSeries, _ builder: inout RegionBuilder
  ) -> Value? {
    builder.seriesSum(0...order) { builder, j in
      guard let left = a[j], let right = b[order - j] else { return nil }
      return builder.value(.contract(contraction), [left, right])
    }
  }
}

extension RegionBuilder {
  /// x times a number, rounded to what x can hold.
  mutating func scaled(_ x: Value, _ number: Double) -> Value {
    mul(x, type(x).element == .f32 ? Double(Float(number)) : number)
  }
}
