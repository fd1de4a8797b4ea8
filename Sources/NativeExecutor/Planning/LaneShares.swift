import NodalIR
import NodalOperations

/// Sums over lanes, in code that has one trajectory in each lane: there a lane has its own share of a sum, and the shares are
/// added up in the end. That is right as long as all that is made of the sum is linear in it.
struct LaneShares {
  /// By value: the lane has its share of what the region says.
  private var isShare: [Bool]
  private let region: Region

  /// nil where something is made of a sum over lanes that isn't linear.
  init?(_ region: Region) {
    self.region = region
    isShare = Array(repeating: false, count: region.types.count)
    for node in region.nodes {
      let shares = node.operands.map { isShare[$0.index] }
      let result = node.results.lowerBound
      if sumsLanes(node) {
        guard !shares.contains(true) else { return nil }
        isShare[result] = true
      } else if shares.contains(true) {
        guard keepsShares(node, shares), !region.types[result].isBatched else { return nil }
        isShare[result] = true
      }
    }
  }

  func contains(_ value: Value) -> Bool { isShare[value.index] }

  /// A term of an integral can be added up lane by lane: it is a share, a lane's own, or nothing.
  func isTerm(_ value: Value) -> Bool {
    isShare[value.index] || region[value].isBatched || isZero(value)
  }

  private func isZero(_ value: Value) -> Bool {
    guard let node = region.definition(of: value) else { return false }
    if case .constant(let constant) = node.form { return constant.uniform == 0 }
    if case .layout = node.form { return node.operands.allSatisfy(isZero) }
    return false
  }

  private func sumsLanes(_ node: Node) -> Bool {
    switch node.form {
    case .reduce(let reduction):
      reduction.kind == .sum && region[node.operands[0]].isBatched && reduction.axes.contains(0)
    case .contract(let contraction):
      contraction.contracted.contains { $0.a == 0 && $0.b == 0 }
        && node.operands.allSatisfy { region[$0].isBatched }
    case .constant, .elementwise, .select, .convert, .layout, .gather, .scatter, .factorize,
      .linearSolve, .random, .branch,
      .scan, .map, .derivative, .solve, .interpolate:
      false
    }
  }

  /// The result is linear in the operands that are shares.
  private func keepsShares(_ node: Node, _ shares: [Bool]) -> Bool {
    func areSharesOrZero(_ operands: ArraySlice<Value>) -> Bool {
      operands.allSatisfy { isShare[$0.index] || isZero($0) }
    }
    switch node.form {
    case .elementwise(let schema):
      switch schema.name {
      case "neg", "add", "sub": return areSharesOrZero(node.operands[...])
      case "mul": return shares != [true, true]
      case "div": return shares == [true, false]
      default: return false
      }
    case .select:
      return !shares[0] && areSharesOrZero(node.operands[1...])
    case .convert(let element):
      return element.isFloating
    case .reduce(let reduction):
      return reduction.kind == .sum
    case .contract:
      return shares != [true, true]
    case .layout:
      return areSharesOrZero(node.operands[...])
    case .constant, .gather, .scatter, .factorize, .linearSolve, .random, .branch, .scan, .map,
      .derivative, .solve,
      .interpolate:
      return false
    }
  }
}
