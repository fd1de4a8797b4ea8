package import NodalDiagnostics
package import NodalIR

/// What is asked of an ode at a point, and not along a solution.
package struct OdePoint: Sendable {
  package enum Question: Sendable {
    /// The state at which nothing changes, found from the point: a record of states and outputs.
    case steady
    /// ∂f/∂y there, row by equation, column by state: a matrix over the flat state.
    case jacobian
    /// f there: a vector like the flat state.
    case slope
    /// How fast neighbours of the solution from there part from it, on average: a vector like the flat state.
    case lyapunov(Course)
    /// A closed solution near the point: a record of a point on it, its period, and what a turn makes of neighbours.
    case cycle(Turn)
    /// What the solution begins with that ends as it is asked to: a record of states and outputs.
    case boundary(Ends)
  }

  /// What is known at the ends of a span.
  package struct Ends: Sendable {
    package var over: (from: TypedExpression, to: TypedExpression)
    /// Places of the states that are looked for at the beginning.
    package var unknown: [Int]
    /// Places of states that are given at the end, and what they are there.
    package var wanted: [(state: Int, value: TypedExpression)]
    package var settings: SolverSettings
  }

  /// Once around, roughly.
  package struct Turn: Sendable {
    package var period: TypedExpression
    package var settings: SolverSettings
  }

  /// A span that is gone through in pieces of equal length.
  package struct Course: Sendable {
    package var over: (from: TypedExpression, to: TypedExpression)
    package var pieces: Int
    package var settings: SolverSettings
  }

  package var question: Question
  package var ode: OdeID
  /// One for each state, in order.
  package var state: [TypedExpression]
  /// In the ode's unit of time; nil where its equations don't read the time.
  package var time: TypedExpression?
  /// Weights that have another value here.
  package var overrides: [(weight: WeightID, value: TypedExpression)]
  package var span: Span

  func mapped(_ f: (TypedExpression) -> TypedExpression) -> OdePoint {
    var result = self
    result.state = state.map(f)
    result.time = time.map(f)
    result.overrides = overrides.map { ($0.weight, f($0.value)) }
    if case .lyapunov(var course) = question {
      course.over = (f(course.over.from), f(course.over.to))
      result.question = .lyapunov(course)
    }
    if case .cycle(var turn) = question {
      turn.period = f(turn.period)
      result.question = .cycle(turn)
    }
    if case .boundary(var ends) = question {
      ends.over = (f(ends.over.from), f(ends.over.to))
      ends.wanted = ends.wanted.map { ($0.state, f($0.value)) }
      result.question = .boundary(ends)
    }
    return result
  }
}

/// What is found of a matrix that has no derivative here: only a session does it.
package enum Spectral: String, Sendable, Hashable {
  /// A record of real and imaginary parts.
  case eigenvalues
  /// What they say of a point at rest, in words.
  case stability
}
