package import NodalBasics

/// Points of the unit cube whose coordinates are spread evenly along each axis: of n points each n-th of an axis has one, at a random place within it.
///
/// McKay, Beckman and Conover, A comparison of three methods for selecting values of input variables, Technometrics 21 (1979).
package struct LatinHypercube: Sendable {
  private let count: Int
  private let key: RandomKey

  /// - Parameter key: decides all of it; equal keys give equal points.
  package init(count: Int, key: RandomKey) {
    self.count = count
    self.key = key
  }

  /// The coordinates of all points along one axis, inside of (0, 1). Axes know nothing of each other.
  package func coordinates(axis: Int) -> [Double] {
    let own = key.at(step: axis)
    let places = own.permutation(count)
    return places.enumerated().map { k, place in
      (Double(place) + own.uniform(count + k)) / Double(count)
    }
  }
}
