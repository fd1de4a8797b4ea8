import NodalIR
import NodalTypes

/// Inputs made of pieces, in a solve that is being lowered: where the pieces meet, and what its regions tell them apart by.
struct InputCorners {
  /// The operand in whose place regions find the phase.
  let phase: Value
  private let bends, jumps: [Value]

  /// - Parameters times: from when on each piece counts, of each input, with whether the equations see one that jumps there.
  init?(_ times: [(times: Value, jumps: Bool)], _ builder: inout RegionBuilder) {
    guard !times.isEmpty else { return nil }
    // Nobody reads the operand itself.
    phase = builder.constant(0, .time)
    bends = times.filter { !$0.jumps }.map(\.times)
    jumps = times.filter(\.jumps).map(\.times)
  }

  var captured: [Value] { [phase] + bends + jumps }

  /// - Parameter shared: the parameters of the regions.
  func finish(_ shared: [Value]) throws(IRError) -> Corners {
    func place(_ value: Value) throws(IRError) -> Int {
      guard let place = shared.firstIndex(of: value) else {
        throw IRError("corners that are no parameters")
      }
      return place
    }
    return Corners(
      phase: try place(phase), bends: try bends.map(place), jumps: try jumps.map(place))
  }
}

extension Lowering {
  /// Corners of the inputs that a solve gives by samples; nil where it gives none.
  mutating func inputCorners(
    _ ode: OdeInstance, _ registers: EventRegisters
  ) throws(IRError) -> InputCorners? {
    var times: [(times: Value, jumps: Bool)] = []
    for input in ode.inputs where !registers.held.contains(where: { $0.input == input.local }) {
      guard case .samples(let kind, _, _)? = solveInput(input.local)?.source else { continue }
      guard case .array(let own) = try read(input.times) else {
        throw IRError("no samples of \(input.name)")
      }
      times.append((own, kind.jumps(asRate: input.isDifferentiated)))
    }
    return InputCorners(times, &scope.builder)
  }
}

extension Interpolant {
  /// Whether what equations read of it jumps from piece to piece.
  fileprivate func jumps(asRate: Bool) -> Bool {
    switch self {
    case .hold: true
    case .linear: asRate
    // Slopes go on where pieces meet.
    case .hermite, .akima, .bandlimited: false
    }
  }
}
