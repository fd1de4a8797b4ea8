/// What drives a solve beside its right-hand side: dy = f dt + G dW, in the sense of Itô, with independent Brownian motions W.
package struct Noise: Sendable, Hashable {
  /// Where the increments of W come from, see `SolverSettings.path`. Either way they are a pure function of the key: a step taken again, in
  /// a gradient, meets the same ones.
  package enum Path: String, Sendable, Hashable, CaseIterable {
    /// Each step draws its own, by the time at which it begins: one pair of numbers for each motion.
    case steps
    /// One path, whatever the steps (see `BrownianPath`): dozens of pairs of numbers.
    case bridge
  }

  /// (t, y, p…) → G: the entries [n] that drive the `components`, or a matrix [d, n]. With the axis of lanes of the results of `rhs`.
  /// For methods that want it there follow the n numbers Gᵢ ∂Gᵢ/∂yᵢ (see the pass `noise`).
  package var diffusion: Region
  /// Diagonal noise: the component that each motion drives, ascending. nil where motions drive several.
  package var components: [Int]?
  /// Places among the parameters p…: of the key's two words, f64[2], and of where paths begin and how long they are, f64[2].
  package var key: Int
  package var span: Int

  package init(diffusion: Region, components: [Int]?, key: Int, span: Int) {
    self.diffusion = diffusion
    self.components = components
    self.key = key
    self.span = span
  }

  /// The number of motions.
  package var count: Int { diffusion.resultTypes.first?.extents.last?.fixedLength ?? 0 }

  /// Its text form's attribute.
  var text: String {
    let places = components.map { "[" + $0.map(String.init).joined(separator: ", ") + "]" }
    return "motions(\(key), \(span)\(places.map { ", " + $0 } ?? ""))"
  }

  /// - Parameter arguments: of the right-hand side.
  func check(_ arguments: [ValueType]) throws(IRError) {
    try expectParameters(diffusion, arguments, "noise")
    let state = arguments[1]
    let outer = Array(state.extents.dropLast())
    guard let first = diffusion.resultTypes.first, first.element == state.element else {
      throw IRError("noise gives \(diffusion.resultTypes)")
    }
    if let components {
      try expect(
        first.extents == outer + [.fixed(components.count)]
          && diffusion.resultTypes.allSatisfy { $0 == first }
          && components.allSatisfy { $0 >= 0 && $0 < state.extents.last?.fixedLength ?? 0 },
        "noise \(first) for components \(components) of \(state)")
    } else {
      try expect(
        first.extents.dropLast() == state.extents[...] && diffusion.resultTypes.count == 1,
        "noise \(diffusion.resultTypes) for \(state)")
    }
    for place in [key, span] {
      try expect(
        arguments.indices.contains(2 + place) && arguments[2 + place].extents.last == .fixed(2)
          && arguments[2 + place].element == .f64, "noise: no key or span at \(place)")
    }
  }
}
