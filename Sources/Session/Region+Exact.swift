import NodalIR
import NodalMethods

/// The program that a benchmark's figures are compared with.
extension Region {
  /// The same program with its errors made small: in f64 throughout, each solve by a method of high order at this tolerance,
  /// its gradient through the steps. A solution does not depend on the method that finds it, so fixed steps become adaptive too.
  func exact(_ tolerance: Double) throws(IRError) -> Region {
    var builder = RegionBuilder(parameters: parameterTypes.map(\.widened))
    var values = builder.parameters
    for node in nodes {
      let operands = node.operands.map { values[$0.index] }
      builder.origin = node.origin
      if case .convert(let element) = node.form, let operand = operands.first,
        builder.type(operand).element == element.widened
      {
        values.append(operand)
        continue
      }
      values += builder.values(try node.form.exact(tolerance), operands)
    }
    return try builder.finish(results.map { values[$0.index] })
  }
}

extension Form {
  fileprivate func exact(_ tolerance: Double) throws(IRError) -> Form {
    let inner = try mapRegions { (region) throws(IRError) in try region.exact(tolerance) }
    switch inner {
    case .constant(var constant):
      constant.type = constant.type.widened
      return .constant(constant)
    case .convert(let element): return .convert(element.widened)
    case .random(var draw):
      draw.type = draw.type.widened
      return .random(draw)
    case .solve(var solve) where solve.noise != nil:
      // What chance gives depends on the steps: they stay.
      solve.settings.gradient = .direct
      solve.record = solve.record?.widened
      return .solve(solve)
    case .solve(var solve):
      let isStiff = Method.named(solve.settings.method)?.purpose == .stiff
      solve.settings.method = isStiff ? solve.stiffMethod : "dop853"
      solve.settings.stepping = .adaptive(rtol: tolerance, atol: [tolerance])
      solve.settings.firstStep = nil
      solve.settings.maxSteps = max(solve.settings.maxSteps, 1_000_000)
      solve.settings.gradient = .direct
      solve.settings.joint = false
      solve.record = solve.record?.widened
      return .solve(solve)
    case .elementwise, .select, .reduce, .contract, .layout, .gather, .scatter, .factorize,
      .linearSolve, .branch, .scan,
      .map,
      .derivative, .interpolate:
      return inner
    }
  }
}

extension ElementType {
  fileprivate var widened: ElementType { self == .f32 ? .f64 : self }
}

extension ValueType {
  fileprivate var widened: ValueType { with(element.widened) }
}
