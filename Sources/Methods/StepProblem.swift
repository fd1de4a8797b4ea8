package import NodalIR

/// What a method makes its steps for: a right-hand side with the tolerances of its error norm.
package struct StepProblem: Sendable {
  /// (t: f64, y: [d], p…) → [d], or all with a leading axis of lanes but shared parameters, and t where lanes share a clock.
  package var rhs: Region
  package var rtol: Double
  /// One entry, or one for each controlled component.
  package var atol: [Double]
  /// How many leading components of the state the error norm sees.
  package var controlled: Int
  /// Steps tell their error, where the method can; without, they are of a length given beforehand.
  package var wantsError = true
  /// (t, y, weight: f64, p…) → terms.
  package var quadrature: Region?
  /// For methods on separable systems: per component, whether it drifts (its derivative is a
  /// function of the components that don't, and of t); the others are kicked (theirs is a function
  /// of those that do).
  package var drifting: [Bool]?

  /// (t, y, p…) → (∂f/∂y, ∂f/∂t), for methods that want it.
  package var jacobian: Region?
  /// Its form; see `Solve.pattern`.
  package var pattern: MatrixPattern?

  /// For stochastic methods.
  package var noise: Noise?
  package var path = Noise.Path.steps

  /// For methods that take them, see `Method.takesDelays`.
  package var delays: Delays?

  /// Place among the parameters of the phase, see `Corners`.
  package var phase: Int?

  /// (t, y, p…) → M of M y' = f, for methods that take it.
  package var mass: Region?

  package init(
    rhs: Region, rtol: Double, atol: [Double], controlled: Int, quadrature: Region? = nil,
    drifting: [Bool]? = nil
  ) {
    self.rhs = rhs
    self.rtol = rtol
    self.atol = atol
    self.controlled = controlled
    self.quadrature = quadrature
    self.drifting = drifting
  }

  /// The problem of a lowered solve, or of one without trajectories.
  package init(_ solve: Solve) {
    var (rtol, atol, wantsError) = (0.0, [1.0], false)
    switch solve.settings.stepping {
    case .adaptive(let relative, let absolute):
      (rtol, atol, wantsError) = (relative, absolute, true)
    case .step, .count:
      break
    }
    self.init(
      rhs: solve.rhs, rtol: rtol, atol: atol, controlled: solve.controlled,
      quadrature: solve.quadrature, drifting: solve.drifting)
    self.wantsError = wantsError
    jacobian = solve.jacobian
    pattern = solve.pattern
    mass = solve.mass
    noise = solve.noise
    path = solve.settings.path
    delays = solve.delays
    phase = solve.corners?.phase
  }
}

extension StepProblem {
  /// The types in use, once the right-hand side is known to be one.
  struct Types {
    var state: ValueType
    /// f64, or f64[lanes] where each lane has its own: of times, step sizes, and places inside of a step.
    var clock: ValueType
    var parameters: [ValueType]
    /// The number of components.
    var size: Int

    /// The axis of components.
    var axis: Int { state.rank - 1 }
    var isBatched: Bool { state.isBatched }
    /// f64, or f64[lanes]: of errors.
    var scalar: ValueType { ValueType(.f64, Array(state.extents.dropLast())) }

    func record(stages: Int) -> ValueType {
      ValueType(state.element, Array(state.extents.dropLast()) + [.fixed(stages * size)])
    }
    /// The record of one trajectory.
    func ownRecord(stages: Int) -> ValueType {
      ValueType(state.element, shape: [stages * size])
    }
    /// A state's axis of lanes, if any, then `extents`.
    func perLane(_ extents: [Int]) -> [Extent] {
      Array(state.extents.dropLast()) + extents.map(Extent.fixed)
    }
  }

  func types() throws(IRError) -> Types {
    let parameters = rhs.parameterTypes
    guard parameters.count >= 2, rhs.resultTypes == [parameters[1]] else {
      throw IRError("a right-hand side takes t, y, … and gives y', not \(rhs.resultTypes)")
    }
    let (clock, state) = (parameters[0], parameters[1])
    guard let last = state.extents.last, let size = last.fixedLength, state.element.isFloating,
      state.rank == (state.isBatched ? 2 : 1), clock.element == .f64,
      clock == .time || clock.extents == Array(state.extents.dropLast())
    else { throw IRError("a right-hand side takes t: \(clock) and y: \(state)") }
    guard (0...size).contains(controlled), atol.count == 1 || atol.count == controlled else {
      throw IRError("\(atol.count) tolerances for \(controlled) of \(size) components")
    }
    return Types(
      state: state, clock: clock, parameters: Array(parameters.dropFirst(2)), size: size)
  }
}
