package import NodalIR

extension Solve {
  /// Asks for gradients of a kind, and for the steps that it wants: those that are undone one by one, and those between which an adjoint equation
  /// meets events, end at the save times.
  package mutating func takeGradients(_ mode: GradientMode) {
    settings.gradient = mode
    let method = Method.named(settings.method)
    let isUndone =
      method?.isSymmetric == true && (mode == .reversible || (method?.companions ?? 0) > 0)
    let isCut =
      !events.isEmpty && delays == nil && (mode == .adjoint || mode == .interpolated)
    settings.meetsSaves = isUndone || isCut
  }

  /// What `auto` turns to where it is stiff.
  package var stiffMethod: String { Method.nameForStiff(looksBack: delays != nil) }

  /// Two methods may take turns. Where steps are recorded, or read later, all have to be of one kind; so they have where trajectories share them.
  package var canHandOver: Bool {
    trace == nil && delays == nil && !settings.joint && mass == nil && noise == nil
      && companions == 0
  }

  /// By one method all the way: that for stiff equations where two took turns.
  package var byOneMethod: Solve {
    guard let partner = settings.partner else { return self }
    var result = self
    result.settings.method = partner
    result.settings.partner = nil
    return result
  }
}

extension Method {
  /// What stiff equations are solved by where nobody says, or with earlier states in them.
  package static func nameForStiff(looksBack: Bool) -> String {
    looksBack ? DiagonallyImplicitTableau.kvaerno5.name : RosenbrockTableau.rodas5p.name
  }
}
