extension Sequence where Element: Hashable {
  /// The different elements in the order in which they first come, each with the places where it stands.
  package var placesByElement: [(element: Element, places: [Int])] {
    var found: [(element: Element, places: [Int])] = []
    var known: [Element: Int] = [:]
    for (place, element) in enumerated() {
      if let index = known[element] {
        found[index].places.append(place)
      } else {
        known[element] = found.count
        found.append((element, [place]))
      }
    }
    return found
  }
}
