import NodalIR
import NodalOperations

/// The equation of a step of the backward differentiation formulas, M (k + c (y - ŷ)) = f(t + h, y), as values of a region: ŷ is what the
/// differences predict, k what they say of the slope, and c = α/h.
struct BDFEquation {
  let problem: StepProblem
  let types: StepProblem.Types
  let end: Value
  let predicted: Value
  let known: Value
  let factor: Value
  let mass: Value?
  /// The parameters p… of the right-hand side, at the step's end.
  let parameters: [Value]

  static let newtonSteps = 3
  /// How small the rest of Newton's method must be, in units of the tolerance; as in CVODE (Cohen and Hindmarsh 1996).
  private static let tolerance = 0.1

  init(
    _ problem: StepProblem, _ types: StepProblem.Types, end: Value, predicted: Value, known: Value,
    factor: Value, mass: Value?, parameters: [Value]
  ) {
    (self.problem, self.types) = (problem, types)
    (self.end, self.predicted, self.known, self.factor) = (end, predicted, known, factor)
    (self.mass, self.parameters) = (mass, parameters)
  }

  /// Everything that the equation reads, to be handed to a region inside.
  var values: [Value] { [end, predicted, known, factor] + (mass.map { [$0] } ?? []) + parameters }

  /// The same equation inside of a region that was given its `values`.
  func inside(_ values: ArraySlice<Value>) -> BDFEquation {
    let v = Array(values)
    return BDFEquation(
      problem, types, end: v[0], predicted: v[1], known: v[2], factor: v[3],
      mass: mass == nil ? nil : v[4], parameters: Array(v[(mass == nil ? 4 : 5)...]))
  }

  /// ∂f/∂y where the step is predicted to end.
  func jacobian(_ a: inout StepArithmetic) throws(IRError) -> Value {
    guard let jacobian = problem.jacobian else {
      throw IRError("bdf: the right-hand side has not been linearized")
    }
    return a.builder.inline(jacobian, [end, predicted] + parameters)[0]
  }

  /// c M - J and its factors.
  func factorized(_ jacobian: Value, _ a: inout StepArithmetic) -> (matrix: Value, factors: Value) {
    let matrix = a.iterationMatrix(
      jacobian, pattern: problem.pattern, mass: mass, factor: factor)
    return (matrix, a.builder.value(.factorize(problem.pattern), [matrix]))
  }

  /// What Newton's method finds for y - ŷ, and whether it does.
  struct Solution {
    var difference: Value
    var isSolved: Value
  }

  /// Newton's method with the step's own matrix, c M - J.
  func solved(
    matrix: Value, factors: Value, _ a: inout StepArithmetic
  ) throws(IRError) -> Solution {
    var state = NewtonState()
    for _ in 0..<Self.newtonSteps {
      state = corrected(state, matrix: matrix, factors: factors, made: nil, &a)
    }
    guard let difference = state.difference else { throw IRError("bdf without a Newton step") }
    return Solution(
      difference: difference, isSolved: a.converged(state.norms, tolerance: Self.tolerance))
  }

  // MARK: With a matrix of another step

  private static let fewestSteps = 2
  private static let mostSteps = 4
  /// Where it is so small no more corrections are made. A matrix of before must come to it.
  private static let goal = 0.02

  /// Newton's method with the factors of c₀ M - J₀ of this step or one before, `made` being c₀, in as many corrections as it takes. Of J₀ we
  /// are told whether it `isOwn`.
  func solved(
    matrix: Value, factors: Value, made: Value, isOwn: Value, _ a: inout StepArithmetic
  ) throws(IRError) -> Solution {
    var state = NewtonState()
    for _ in 0..<Self.fewestSteps {
      state = corrected(state, matrix: matrix, factors: factors, made: made, &a)
    }
    var isThere = a.converged(state.norms, tolerance: Self.goal)
    for _ in Self.fewestSteps..<Self.mostSteps {
      guard let difference = state.difference else { break }
      let results = try choice(
        a.builder.not(isThere), [difference] + state.norms.suffix(2),
        with: [matrix, factors, made], &a
      ) { (equation, v, a) throws(IRError) in
        let next = equation.corrected(
          NewtonState(difference: v[0], norms: [v[1], v[2]]), matrix: v[3], factors: v[4],
          made: v[5], &a)
        return [next.difference ?? v[0]] + next.norms.suffix(2)
      }
      state = NewtonState(difference: results[0], norms: Array(results[1...]))
      isThere = a.converged(state.norms, tolerance: Self.goal)
    }
    guard let difference = state.difference else { throw IRError("bdf without a Newton step") }
    let isNear = a.converged(state.norms, tolerance: Self.tolerance)
    let isSolved = a.builder.and(isNear, a.builder.or(isThere, isOwn))
    return Solution(difference: difference, isSolved: isSolved)
  }

  /// What was found so far, none for zero, and the mean squares of corrections.
  private struct NewtonState {
    var difference: Value?
    var norms: [Value] = []
  }

  /// One correction. With c₀ another than c it is scaled by 2/(1 + c₀/c), which is best over all eigenvalues of J (Hindmarsh et al. 2005,
  /// SUNDIALS, 2.1).
  private func corrected(
    _ state: NewtonState, matrix: Value, factors: Value, made: Value?,
    _ a: inout StepArithmetic
  ) -> NewtonState {
    let rate = a.spread(factor)
    var moved = state.difference.map { a.builder.add(known, a.builder.mul($0, rate)) } ?? known
    if let mass { moved = a.product(mass, moved) }
    let point = state.difference.map { a.builder.add(predicted, $0) } ?? predicted
    let slope = a.builder.inline(problem.rhs, [end, point] + parameters)[0]
    var correction = a.builder.value(
      .linearSolve(LinearSolve(pattern: problem.pattern)),
      [matrix, factors, a.builder.sub(slope, moved)])
    if let made {
      let one = a.builder.constant(1, a.builder.type(made))
      let sum = a.builder.add(one, a.builder.div(made, factor))
      let share = a.builder.mul(a.builder.reciprocal(sum), 2)
      correction = a.builder.mul(correction, a.spread(share))
    }
    let scale = a.scale(problem, predicted, nil)
    return NewtonState(
      difference: state.difference.map { a.builder.add($0, correction) } ?? correction,
      norms: state.norms + [a.meanSquare(problem, correction, scale: scale)])
  }

  /// `values` as they are, or where the condition holds what a region makes of the equation, `values` and `more`; each lane by itself.
  func choice(
    _ condition: Value, _ values: [Value], with more: [Value] = [], _ a: inout StepArithmetic,
    whenTrue make: (BDFEquation, [Value], inout StepArithmetic) throws(IRError) -> [Value]
  ) throws(IRError) -> [Value] {
    let given = self.values
    let operands = given + values + more
    let operandTypes = operands.map { a.builder.type($0) }
    var inside = StepArithmetic(types, parameters: operandTypes)
    let p = inside.builder.parameters
    let made = try make(self.inside(p[..<given.count]), Array(p[given.count...]), &inside)
    var beside = RegionBuilder(parameters: operandTypes)
    let kept = Array(beside.parameters[given.count..<(given.count + values.count)])
    let branch = Branch(
      lanes: types.isBatched ? .lane : nil,
      batched: types.isBatched ? operandTypes.map(\.isBatched) : [], isLowered: types.isBatched,
      whenTrue: try inside.builder.finish(made), whenFalse: try beside.finish(kept))
    return a.builder.emit(.branch(branch), [condition] + operands)
  }
}
