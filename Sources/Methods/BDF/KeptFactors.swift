import NodalIR
import NodalOperations

/// The Jacobian J and the factors of c M - J that steps of a larger system hand on to those behind, as memory of the method; c is α/h.
///
/// As in CVODE (Hindmarsh et al. 2005, SUNDIALS, 2.1; Cohen and Hindmarsh 1996): J is found anew after so many steps, the matrix is
/// factorized where c has changed by more than 30 %, and a step that Newton's method doesn't solve with what was kept is solved once more
/// with both of its own, before it is taken to be too long.
struct KeptFactors {
  let problem: StepProblem
  let types: StepProblem.Types
  private let jacobian: ValueType
  private let factors: ValueType

  /// A smaller matrix is factorized in the time that choosing takes, and steps of up to a dozen components are straight lines in registers.
  private static let smallest = 32
  private static let oldest = 50.0
  private static let largestChange = 0.3

  /// nil where each step makes its own.
  init?(_ problem: StepProblem, _ types: StepProblem.Types) throws(IRError) {
    guard types.size >= Self.smallest, let jacobian = problem.jacobian?.resultTypes[0],
      jacobian.isBatched == types.isBatched
    else { return nil }
    (self.problem, self.types, self.jacobian) = (problem, types, jacobian)
    guard
      let factors = try Form.factorize(problem.pattern).resultTypes([jacobian]).first
    else { return nil }
    self.factors = factors
  }

  /// J, the factors, the c of these, and how many steps ago J was found.
  var memory: [ValueType] { [jacobian, factors, types.scalar, types.scalar] }

  /// What a first step begins with: nothing is of any use where c is 0.
  func start(_ a: inout StepArithmetic) -> [Value] { memory.map { a.builder.constant(0, $0) } }

  /// A step's equation solved with what was kept, or with what is found anew.
  func solved(
    _ equation: BDFEquation, memory old: [Value], _ a: inout StepArithmetic
  ) throws(IRError) -> (solution: BDFEquation.Solution, memory: [Value]) {
    let (c, age) = (old[2], old[3])
    let change = a.builder.abs(a.builder.sub(equation.factor, c))
    let isFar = a.builder.greater(change, a.builder.mul(a.builder.abs(c), Self.largestChange))
    let isOld = a.builder.or(
      a.builder.equal(c, a.builder.constant(0, types.scalar)),
      a.builder.lessOrEqual(a.builder.constant(Self.oldest, types.scalar), age))
    let first = try attempt(
      equation, old, findsJacobian: isOld, factorizes: a.builder.or(isFar, isOld), &a)
    let fails = a.builder.and(a.builder.not(first.solution.isSolved), a.builder.not(isOld))
    let results = try equation.choice(
      fails, first.memory + [first.solution.difference, first.solution.isSolved], &a
    ) { (equation, given, a) throws(IRError) in
      let always = a.builder.equal(equation.factor, equation.factor)
      let again = try attempt(
        equation, Array(given[..<4]), findsJacobian: always, factorizes: always, &a)
      return again.memory + [again.solution.difference, again.solution.isSolved]
    }
    return (
      BDFEquation.Solution(difference: results[4], isSolved: results[5]), Array(results[..<4])
    )
  }

  /// Newton's method once. Both attempts choose what they find in the same regions, so that these are compiled once.
  private func attempt(
    _ equation: BDFEquation, _ old: [Value], findsJacobian: Value, factorizes: Value,
    _ a: inout StepArithmetic
  ) throws(IRError) -> (solution: BDFEquation.Solution, memory: [Value]) {
    let (c, age) = (old[2], old[3])
    let jacobian = try equation.choice(findsJacobian, [old[0]], &a) {
      (equation, _, a) throws(IRError) in [try equation.jacobian(&a)]
    }[0]
    let factors = try equation.choice(factorizes, [old[1]], with: [jacobian], &a) {
      (equation, given, a) throws(IRError) in [equation.factorized(given[1], &a).factors]
    }[0]
    let factor = a.builder.select(factorizes, equation.factor, c)
    let one = a.builder.constant(1, types.scalar)
    let following = a.builder.select(findsJacobian, one, a.builder.add(age, one))
    // The matrix is there for derivatives by it, which nobody wants of these steps: J has its type.
    let solution = try equation.solved(
      matrix: jacobian, factors: factors, made: factor, isOwn: findsJacobian, &a)
    return (solution, [jacobian, factors, factor, following])
  }
}
