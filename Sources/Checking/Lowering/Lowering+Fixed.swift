import NodalIR

extension Lowering {
  /// Whether a value is made of constants, data and what a session knows, and of nothing that a program may differentiate by: weights, and what
  /// regions inside are given.
  func isFixed(_ value: Value) -> Bool {
    struct Place: Hashable {
      var scope: ObjectIdentifier
      var value: Value
    }
    var seen: Set<Place> = []
    var waiting = [(scope, value)]
    while let (scope, value) = waiting.popLast() {
      guard seen.insert(Place(scope: ObjectIdentifier(scope), value: value)).inserted else {
        continue
      }
      if let capture = scope.captures.first(where: { $0.inner == value }) {
        if let parent = scope.parent {
          waiting.append((parent, capture.outer))
        } else if case .weight = inputs[capture.outer.index] {
          return false
        }
      } else if let node = scope.builder.definition(of: value) {
        waiting += node.operands.map { (scope, $0) }
      } else if scope.parent != nil {
        return false
      }
    }
    return true
  }
}
