package import NodalDiagnostics
package import NodalIR
package import NodalTypes

/// A first-order system: what is left of an `ode` when parents, parts, additions and second order are
/// resolved. States, time and `bindings` are locals; parameters are weights.
package struct OdeInstance: Sendable {
  package struct State: Sendable {
    /// `θ`, `θ'`, `a.θ`.
    package var name: String
    package var local: LocalID
    package var type: Type
    /// The value that a solve starts from when `from` leaves it out.
    package var initial: TypedExpression?
    /// d/dt, in terms of states, time, bindings.
    package var derivative: TypedExpression
    /// Its derivative where implicit equations read it.
    package var rate: LocalID?
    /// It has no equation of its own, but is one of those that implicit equations determine; then `derivative` is nothing.
    package var isFree = false
    package var span: Span
    /// Where its equation stands, for messages while it runs.
    package var equationSpan: Span
  }

  /// An equation that is not solved for a derivative.
  package struct Implicit: Sendable {
    /// Right side less left side, which is linear in the derivatives of free states.
    package var value: TypedExpression
    /// It has no derivative in it, and so is true at every time.
    package var isAlgebraic: Bool
    package var span: Span
  }

  package struct Output: Sendable {
    package var name: String
    package var value: TypedExpression
  }

  /// Something that happens at an instant.
  package struct Event: Sendable {
    package enum Trigger: Sendable {
      /// Where the value passes zero.
      case crossing(TypedExpression, SolveEvent.Direction)
      /// At these times, which don't depend on states.
      case times(TypedExpression)
    }
    /// `bounce`, `a.bounce`.
    package var name: String
    package var trigger: Trigger
    /// Which of the given times it is.
    package var occurrence: LocalID
    /// What is given with the times, an entry for each; a solve may put others in their place.
    package var columns: [Column] = []
    /// What trigger and assignments have in common.
    package var bindings: [Bound]
    /// The states that change, by their place in `states`, in terms of those before.
    package var assignments: [(state: Int, value: TypedExpression)]
    package var stops: Bool

    /// An array with an entry for each given time, `d.amount`.
    package struct Column: Sendable {
      package var name: String
      package var local: LocalID
      package var value: TypedExpression
      /// These are the times.
      package var isTime: Bool
    }
    package var documentation: String?
    package var span: Span

    /// All expressions in it.
    package var values: [TypedExpression] {
      let trigger =
        switch trigger {
        case .crossing(let value, _), .times(let value): value
        }
      return [trigger] + bindings.map(\.value) + columns.map(\.value)
        + assignments.map(\.value)
    }
  }

  /// A function of time that a solve gives.
  package struct Input: Sendable {
    /// `u`, `a.u`.
    package var name: String
    /// Its value at the time, and its time derivative.
    package var local, rate: LocalID
    package var type: Type
    /// What it is where a solve gives nothing.
    package var value: TypedExpression?
    /// Whether the derivative is read.
    package var isDifferentiated: Bool
    /// Around the equations: the times of its samples, and the polynomials from each of them on.
    package var times, pieces: LocalID
    package var span: Span
  }

  /// What drives states beside their equations: independent Brownian motions.
  package struct Noise: Sendable {
    /// By their place in `states`.
    package var states: [Int]
    /// Diagonal: of the state's shape, a motion for each component. Otherwise a matrix: a row for each component of the states, a column for
    /// each motion.
    package var value: TypedExpression
    package var isDiagonal: Bool
    package var span: Span
  }

  /// How long ago the states were that equations read: the same all along a solution, in the ode's unit of time.
  package struct Delay: Sendable {
    package var value: TypedExpression
    package var span: Span
  }

  /// A state at an earlier time, as a local of the equations.
  package struct EarlierState: Sendable {
    /// `State.local`.
    package var state: LocalID
    /// Its place among `delays`.
    package var delay: Int
    package var local: LocalID
  }

  /// A summand of a right-hand side: what `explain` and `strength` measure.
  package struct Term: Sendable {
    package enum Kind: String, Sendable, Hashable { case known, learned }
    /// The name given by `known` or `learned`, or the text of the summand: then it is learned if a network is in it.
    package var label: String
    /// The summand as its equation has it, on one line.
    package var text: String
    /// `drag = -c*θ'`, where the term has a name.
    package var definition: String?
    package var kind: Kind
    /// What it adds to the derivative of which state (an index into `states`).
    package var contributions: [(state: Int, value: TypedExpression)]
    package var span: Span
  }

  /// A learned term's input that is standardised: `(x − centre) / scale`, both buffers of the input's
  /// shape, 0 and 1 until training starts.
  package struct StandardizedInput: Sendable {
    package var term: String
    /// Before standardisation, in terms of states, time, bindings.
    package var value: TypedExpression
    package var center: WeightID
    package var scale: WeightID
    /// Under `odd` and `even` the centre stays 0.
    package var scaleOnly: Bool
  }

  package var id: OdeID
  package var name: String
  package var time: LocalID
  package var timeUnit: Unit
  /// The different units of time that its text names, the longest first: `timeUnit` is the first of them.
  package var namedTimes: [Unit] = []
  package var states: [State]
  package var bindings: [Bound]
  /// As many numbers as there are in the free states.
  package var implicit: [Implicit] = []
  package var outputs: [Output]
  package var events: [Event] = []
  package var inputs: [Input] = []
  package var noise: [Noise] = []
  package var delays: [Delay] = []
  /// Those that outputs look back by.
  package var delaysOfOutputs: Set<Int> = []
  package var delayed: [EarlierState] = []
  package var terms: [Term]
  package var standardized: [StandardizedInput]
  /// All that the equations, outputs and learned initial values read.
  package var weights: [WeightID]
  package var documentation: String?
  package var span: Span
}
