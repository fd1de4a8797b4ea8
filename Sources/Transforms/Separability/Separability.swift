package import NodalIR
import NodalMethods

/// Finds, for solves by a splitting method, which components of the state drift and which are kicked: a component's derivative may
/// depend on components of the other kind (and on time and parameters) only. That is a colouring of the graph of dependences with
/// two colours; a system that has none is refused, with the pair of components that stands against it.
///
/// Runs behind batching and calculus, so that it sees what grad of an energy has become. Derivatives of a system in halves are in
/// halves too, by the same kinds: they carry them along, and what is parted already is left as it is.
package enum Separability {
  package static func run(_ region: Region) throws(IRError) -> Region {
    var region = region
    for position in region.nodes.indices {
      let node = region.nodes[position]
      var form = try node.form.mapRegions { (inner) throws(IRError) in try run(inner) }
      if case .solve(var solve) = form,
        solve.drifting == nil, Method.named(solve.settings.method)?.needsSeparableSystem == true
      {
        solve.drifting = try drifting(of: solve, origin: node.origin)
        form = .solve(solve)
      }
      region.nodes[position].form = form
    }
    return region
  }

  /// Per component, whether it drifts. Of each group of components that hang together the first one does.
  static func drifting(of solve: Solve, origin: Origin?) throws(IRError) -> [Bool] {
    let dependences = Dependence.components(of: solve.rhs)
    let n = dependences.count
    // Neighbours either way.
    var neighbours = dependences
    for (i, others) in dependences.enumerated() {
      for j in others where j < n { neighbours[j].append(i) }
    }
    var drifts = [Bool?](repeating: nil, count: n)
    for first in 0..<n where drifts[first] == nil {
      drifts[first] = true
      var queue = [first]
      while let i = queue.popLast() {
        for j in neighbours[i] where drifts[j] == nil {
          drifts[j] = drifts[i] == false
          queue.append(j)
        }
      }
    }
    for (i, others) in dependences.enumerated() {
      for j in others where drifts[i] == drifts[j] {
        throw IRError(
          "\(solve.settings.method): the derivative of component \(i) depends on component \(j)",
          refusal: Refusal(.notSeparable(component: i, dependsOn: j), origin: origin))
      }
    }
    return drifts.map { $0 ?? true }
  }
}
