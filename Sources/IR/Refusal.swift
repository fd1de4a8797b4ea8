/// A program that is right, and that a pass can't serve: the user's to know, unlike any other `IRError`. Sessions make a
/// diagnostic of it.
package struct Refusal: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// A splitting method wants a state in two halves, each changing by the other alone. This component, by number, changes
    /// by one of its own half (itself, or one that other equations put there).
    case notSeparable(component: Int, dependsOn: Int)
    /// A Taylor method expands the right-hand side of a solve in powers of time, and this part of it has no series, by the name
    /// of its op or form.
    case noSeries(of: String)
    /// Equations with algebraic ones among them, or that are not solved for their derivatives, and a method that wants y' = f: this
    /// component, by number, has none.
    case algebraic(component: Int)
    /// No equation, however they are shared out, is left to determine this component.
    case undetermined(component: Int)
    /// A stochastic method wants each motion to drive one component, and its strength to depend on no other that is driven: this one's
    /// depends on that one, or drives several (nil).
    case noiseNotDiagonal(component: Int, dependsOn: Int?)
    /// A stochastic method for additive noise, and the noise of this component depends on the state.
    case noiseNotAdditive(component: Int)
    /// What noise drives has no derivative forwards.
    case noTangentOfNoise
    /// An array of more numbers than any machine that is meant can hold.
    case tooLarge(count: Double)
    /// Samples of a solution that holds the solver's own steps, where their number can't be found out before.
    case acceptedSteps
    /// What is found of a matrix by a session, between programs, by the name that the language has for it.
    case spectral(String)
    /// A derivative of a solve with delays that there is none of.
    case noDerivativeOfDelay(DelayDerivative)
  }

  package enum DelayDerivative: Sendable, Hashable {
    /// A second time: by a delay, or through jumps of the solution.
    case second
    /// By the times that a solve goes from, to, or saves at.
    case byTimes
  }

  /// The node that it is about.
  package var origin: Origin?
  package var kind: Kind

  package init(_ kind: Kind, origin: Origin?) {
    self.kind = kind
    self.origin = origin
  }
}
