/// Times at which a right-hand side, or a derivative of it by time, jumps: where an input goes from one of its samples' pieces to the next. Steps
/// end there, in both directions of time.
///
/// There a right-hand side has two values, one of each side. A step wants that of its own side, at both of its ends. So one of the
/// parameters, the *phase*, is a time that says which piece is meant, and is read for nothing else: within a step it is the step's middle, where one point is looked at
/// that point. Regions of steps put it there themselves, elsewhere whoever evaluates the right-hand side does; the operand in that place is only a place.
package struct Corners: Sendable, Hashable {
  /// Place among the parameters p… of the phase, which is of the type of times.
  package var phase: Int
  /// Places among the parameters of times, f64[n] each, ascending; NaN, at the end, is no time. At `bends` the right-hand side has one value, and pieces meet with
  /// other derivatives; but for the first and the last, outside of which nothing is said of it. At `jumps` it has two, and what a method remembers of it is of no use.
  package var bends: [Int]
  package var jumps: [Int]

  package init(phase: Int, bends: [Int], jumps: [Int]) {
    (self.phase, self.bends, self.jumps) = (phase, bends, jumps)
  }

  /// Places of all times.
  package var times: [Int] { bends + jumps }

  /// Those of a solution with its derivatives by parameters: where times themselves vary, what bends has derivatives that jump.
  package func ofDerivatives(by parameters: [Int]) -> Corners {
    Corners(
      phase: phase, bends: bends.filter { !parameters.contains($0) },
      jumps: jumps + bends.filter { parameters.contains($0) })
  }

  /// Its text form's attribute.
  var text: String { "corners(\(phase), \(bends), \(jumps))" }

  /// - Parameter arguments: of the right-hand side.
  func check(_ arguments: [ValueType]) throws(IRError) {
    let places = arguments.indices.dropFirst(2)
    try expect(
      places.contains(2 + phase) && times.allSatisfy { places.contains(2 + $0) },
      "corners: no parameters \(phase), \(times)")
    try expect(
      arguments[2 + phase] == arguments[0], "corners: a phase of type \(arguments[2 + phase])")
    for place in times {
      let type = arguments[2 + place]
      try expect(
        type.element == .f64 && type.rank == (type.isBatched ? 2 : 1)
          && type.extents.last?.fixedLength != nil, "corners: times of type \(type)")
    }
  }
}

extension Solve {
  /// The parameters p… of the right-hand side where one point is looked at.
  package func parameters(_ given: [Value], at time: Value) -> [Value] {
    guard let corners else { return given }
    var given = given
    given[corners.phase] = time
    return given
  }
}
