package import NodalIR

/// A pass: a name, and a function from region to region. After each the verifier runs.
package struct Pass: Sendable {
  package let name: String
  /// One line for `nodal emit ir --help`.
  package let summary: String
  let run: @Sendable (Region) throws(IRError) -> Region

  package init(
    _ name: String, _ summary: String, run: @escaping @Sendable (Region) throws(IRError) -> Region
  ) {
    self.name = name
    self.summary = summary
    self.run = run
  }
}

/// Passes in order.
package struct Pipeline: Sendable {
  package var passes: [Pass]
  /// The parameters that a gradient is taken by, if one is: with the names of the passes all that tells pipelines apart.
  package let wrt: [Int]

  package init(_ passes: [Pass], wrt: [Int] = []) {
    self.passes = passes
    self.wrt = wrt
  }

  /// Runs all passes, and verifies after each. `observe` sees the region after each pass, by name; `lowered` is what comes in.
  package func run(
    _ region: Region, observe: (String, Region) -> Void = { _, _ in }
  ) throws(IRError) -> Region {
    try Verifier.verify(region, pass: Pipeline.input)
    observe(Pipeline.input, region)
    var region = region
    for pass in passes {
      do throws(IRError) {
        region = try pass.run(region)
      } catch {
        throw error.after(pass.name)
      }
      try Verifier.verify(region, pass: pass.name)
      observe(pass.name, region)
    }
    return region
  }

  /// What `emit ir --after` calls the region before any pass.
  package static let input = "lower"

  package static let batch = Pass("batch", "expand maps, give batched solves their lanes") {
    (region) throws(IRError) in try Batching.expand(region)
  }
  /// - Parameter isDifferentiated: a gradient is taken behind it.
  package static func calculus(isDifferentiated: Bool) -> Pass {
    Pass("calculus", "expand grad, divergence, jvp and their kind") {
      (region) throws(IRError) in
      try Calculus.expand(region, isDifferentiated: isDifferentiated)
    }
  }
  package static let simplify = Pass("simplify", "fold, join equal nodes, drop dead ones") {
    (region) throws(IRError) in try Simplify.run(region)
  }
  package static let products = Pass(
    "products", "compute sums of products in the order that costs least"
  ) { (region) throws(IRError) in try SumsOfProducts.run(region) }
  package static let separate = Pass(
    "separate", "part the state of splitting methods into the halves that drift and are kicked"
  ) { (region) throws(IRError) in try Separability.run(region) }
  package static let implicit = Pass(
    "implicit", "solve equations for their derivatives where a method wants them so"
  ) { (region) throws(IRError) in try ImplicitEquations.run(region) }
  package static let linearize = Pass(
    "linearize", "give stiff methods the derivatives of their right-hand sides"
  ) { (region) throws(IRError) in try Linearization.run(region) }
  package static let series = Pass(
    "series", "see that the systems of Taylor methods have power series"
  ) { (region) throws(IRError) in
    try Series.check(region)
    return region
  }
  package static let noise = Pass(
    "noise",
    "see that the noise of solves is of the kind that their methods take, and differentiate it"
  ) { (region) throws(IRError) in try NoisePreparation.run(region) }
  package static func gradient(wrt: [Int]) -> Pass {
    Pass("gradient", "the value and its derivative by the weights") {
      (region) throws(IRError) in try ReverseMode.gradient(region, wrt: wrt)
    }
  }

  /// To run a region once, as it is.
  package static let evaluation = Pipeline([
    batch, calculus(isDifferentiated: false), simplify, products, implicit, separate, series,
    linearize, noise,
  ])

  /// To have the first result's gradient by the parameters `wrt`, behind all results.
  package static func training(wrt: [Int]) -> Pipeline {
    Pipeline(
      [
        batch, calculus(isDifferentiated: true), simplify, products, implicit, separate, series,
        linearize, noise, gradient(wrt: wrt), linearize, simplify,
      ], wrt: wrt)
  }
}
