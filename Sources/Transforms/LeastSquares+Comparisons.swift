package import NodalIR
import NodalOperations

extension LeastSquares {
  /// What a square compares: something that is given with something that is learned.
  package struct Comparison: Sendable {
    /// The parameter of the region that it is given by.
    package var parameter: Int
    /// They are compared by their logarithms.
    package var isLogarithmic: Bool
  }

  /// The comparisons in a region whose first result is a sum of squares. Results of the region for each: what is given, what the model says of it, and
  /// the root of the square, all flat; where the root is 0, nothing is compared.
  package static func comparisons(
    of region: Region, wrt: [Int]
  ) throws(IRError) -> (region: Region, comparisons: [Comparison])? {
    var search = Search(region, wrt: wrt)
    var results: [Value] = []
    var comparisons: [Comparison] = []
    for root in search.roots {
      guard let (given, fitted) = search.sides(of: root),
        let (parameter, isLogarithmic) = search.source(of: given)
      else { continue }
      comparisons.append(Comparison(parameter: parameter, isLogarithmic: isLogarithmic))
      results += [given, fitted, root].map { value in
        let made = search.made[value.index]
        return search.builder.reshape(
          made, to: [.fixed(search.builder.type(made).fixedCount ?? 0)])
      }
    }
    return comparisons.isEmpty ? nil : (try search.builder.finish(results), comparisons)
  }
}

extension LeastSquares.Search {
  /// The two sides of the difference in a root: through signs, masks and spreads.
  func sides(of root: Value) -> (given: Value, fitted: Value)? {
    guard depends[root.index], let node = region.definition(of: root) else { return nil }
    let operands = node.operands
    switch node.form {
    case .elementwise(let schema):
      switch schema.name {
      case "sub":
        switch (depends[operands[0].index], depends[operands[1].index]) {
        case (true, false): return (operands[1], operands[0])
        case (false, true): return (operands[0], operands[1])
        case (true, true), (false, false): return nil
        }
      case "neg", "div": return sides(of: operands[0])
      case "mul":
        return sides(of: operands[depends[operands[0].index] ? 0 : 1])
      default: return nil
      }
    case .select: return sides(of: operands[1]) ?? sides(of: operands[2])
    case .layout(.reshape): return nil
    case .constant, .convert, .reduce, .contract, .layout, .gather, .scatter, .factorize,
      .linearSolve, .random, .branch, .scan, .map, .solve, .interpolate, .derivative:
      return nil
    }
  }

  /// The parameter that a value is made of, if it is one alone, and whether it is its logarithm.
  func source(of value: Value) -> (parameter: Int, isLogarithmic: Bool)? {
    var isLogarithmic = false
    var found: Set<Int> = []
    var waiting = [value]
    while let next = waiting.popLast() {
      if next.index < region.parameterCount {
        found.insert(next.index)
        continue
      }
      guard let node = region.definition(of: next) else { continue }
      if case .elementwise(let schema) = node.form, schema.name == "log" { isLogarithmic = true }
      waiting += node.operands
    }
    guard found.count == 1, let parameter = found.first else { return nil }
    return (parameter, isLogarithmic)
  }
}
