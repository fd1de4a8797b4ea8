package import NodalIR

/// What equations hold that C code can't be made of.
package struct CExportError: Error, Sendable, Equatable {
  package enum What: Sendable, Equatable {
    case random
    /// A solve inside of equations.
    case solution
    case linearEquations
    /// Loops whose length only a solve tells.
    case countedLoop
    /// What passes should have taken away.
    case form(String)
    /// A method whose last stage isn't the next step's first.
    case method(String)
  }
  package var what: What
  /// Where it is in the program, by the region's origins.
  package var origin: Origin?

  package init(what: What, origin: Origin? = nil) {
    self.what = what
    self.origin = origin
  }
}
