import NodalIR
import NodalMethods
import NodalOperations

/// Sees that the noise of a solve is of the kind that its method takes, by the graph of the diffusion, and gives the methods that want
/// it the derivative that goes with it.
///
/// Runs behind batching and calculus.
enum NoisePreparation {
  static func run(_ region: Region) throws(IRError) -> Region {
    var region = region
    for position in region.nodes.indices {
      let node = region.nodes[position]
      var form = try node.form.mapRegions { (inner) throws(IRError) in try run(inner) }
      if case .solve(var solve) = form, let noise = solve.noise {
        guard let scheme = Method.named(solve.settings.method)?.scheme else {
          throw IRError("\(solve.settings.method) takes no noise")
        }
        solve.noise = try prepared(noise, scheme, origin: node.origin)
        form = .solve(solve)
      }
      region.nodes[position].form = form
    }
    return region
  }

  private static func prepared(
    _ noise: Noise, _ scheme: StochasticScheme, origin: Origin?
  ) throws(IRError) -> Noise {
    let influences = Dependence.components(of: noise.diffusion)
    func refuse(_ kind: Refusal.Kind) -> IRError {
      IRError("\(scheme.rawValue): \(kind)", refusal: Refusal(kind, origin: origin))
    }
    if scheme.wantsAdditive {
      for (i, others) in influences.enumerated() where !others.isEmpty {
        throw refuse(.noiseNotAdditive(component: noise.component(i)))
      }
    }
    guard scheme.wantsDerivative, noise.diffusion.results.count == 1 else { return noise }
    guard let components = noise.components else {
      throw refuse(.noiseNotDiagonal(component: 0, dependsOn: nil))
    }
    for (component, others) in zip(components, influences) {
      if let other = others.first(where: { $0 != component && components.contains($0) }) {
        throw refuse(.noiseNotDiagonal(component: component, dependsOn: other))
      }
    }
    var prepared = noise
    prepared.diffusion = try withDerivative(noise.diffusion, components)
    return prepared
  }

  /// (t, y, p…) → (G, G ∂G/∂y). Of what is driven each number depends on its own component alone, so one direction serves all.
  private static func withDerivative(
    _ diffusion: Region, _ components: [Int]
  ) throws(IRError) -> Region {
    let tangent = try ForwardMode.differentiate(diffusion, wrt: [1])
    var b = RegionBuilder(parameters: diffusion.parameterTypes)
    let given = b.parameters
    let state = b.type(given[1])
    let size = state.extents.last?.fixedLength ?? 0
    let ones = (0..<size).map { components.contains($0) ? 1.0 : 0 }
    let direction = b.broadcast(
      b.constant(ones, ValueType(state.element, shape: [size])), to: state.extents,
      axes: [state.rank - 1])
    let results = b.inline(tangent, given + [direction])
    return try Simplify.run(try b.finish([results[0], b.mul(results[0], results[1])]))
  }
}

extension Noise {
  /// The component that the number of the diffusion at a place, row by row, belongs to.
  fileprivate func component(_ place: Int) -> Int {
    components.map { $0[place] } ?? place / Swift.max(1, count)
  }
}
