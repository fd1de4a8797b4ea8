import NodalIR
import NodalOperations
package import NodalTypes

/// A learned (or known) term of an ode, whose strength a penalty weighs.
package struct TermReference: Sendable, Hashable {
  package var ode: OdeID
  package var term: String
  package init(_ ode: OdeID, _ term: String) {
    self.ode = ode
    self.term = term
  }
}

/// A loss as a program for one example: its declared parameters are the example's arrays.
package struct LoweredLoss: Sendable {
  /// Results: the loss (of a loss with `~`, the negative log-likelihood), then a strength for each term asked for; of one whose examples are windows, at last
  /// the gap to the next one.
  package var program: LoweredProgram
  /// Values are averaged over examples, likelihoods summed.
  package var isLikelihood: Bool
  /// Terms asked for that no solve of the loss has run through.
  package var missingTerms: [TermReference]
}

extension Lowering {
  /// A loss for one example, by unconstrained weights.
  /// - Parameter shooting: How the windows that examples are hang together; nil: they are no windows that do.
  package static func lower(
    _ loss: LossInstance, terms: [TermReference] = [], shooting: Shooting? = nil,
    of program: TypedProgram, lengths: [SizeVariable: Int],
    parametrisation: Parametrisation = .unconstrained
  ) throws(LoweringFailure) -> LoweredLoss {
    let isLikelihood = if case .logDensity = loss.body { true } else { false }
    var lowering = try begin(loss, of: program, lengths: lengths, parametrisation)
    lowering.terms = terms
    lowering.shooting = shooting.map { .windows($0, gaps: []) }
    return try lowering.placing { (lowering) throws(IRError) in
      var value = try lowering.array(of: loss)
      if isLikelihood { value = lowering.scope.builder.neg(value) }
      let (strengths, missing) = lowering.meanStrengths(of: terms)
      let results = [value] + strengths + lowering.gap()
      let program = try lowering.finish(results)
      return LoweredLoss(program: program, isLikelihood: isLikelihood, missingTerms: missing)
    }
  }

  static func begin(
    _ loss: LossInstance, of program: TypedProgram, lengths: [SizeVariable: Int],
    _ parametrisation: Parametrisation
  ) throws(LoweringFailure) -> Lowering {
    try begin(
      parameters: loss.parameterType == .nothing ? [] : [(loss.parameter, loss.parameterType)],
      of: program, lengths: lengths, parametrisation: parametrisation)
  }

  mutating func array(of loss: LossInstance) throws(IRError) -> Value {
    noteEventReads(loss.expression)
    return try array(loss.expression)
  }

  /// The strength of each term over all solves that ran through it; 0 for one that none did.
  private mutating func meanStrengths(
    of terms: [TermReference]
  ) -> (strengths: [Value], missing: [TermReference]) {
    var means: [Value] = []
    var missing: [TermReference] = []
    for term in terms {
      if let found = strengths[term], !found.isEmpty {
        var sum = found[0]
        for other in found.dropFirst() { sum = scope.builder.add(sum, other) }
        means.append(scope.builder.div(sum, Double(found.count)))
      } else {
        missing.append(term)
        means.append(constant(0, ValueType(precision)))
      }
    }
    return (means, missing)
  }

  /// The log-density of all priors of some weights: a scalar. nil where none has one.
  package static func lowerPriors(
    _ weights: [WeightID], of program: TypedProgram, lengths: [SizeVariable: Int],
    parametrisation: Parametrisation = .unconstrained
  ) throws(LoweringFailure) -> LoweredProgram? {
    var lowering = try Lowering.begin(
      parameters: [], of: program, lengths: lengths, parametrisation: parametrisation)
    return try lowering.placing { (lowering) throws(IRError) in
      var sum: Value?
      for id in weights {
        guard let prior = program.weights[id]?.prior else { continue }
        lowering.scope.locals[prior.value] = try lowering.readAll(id)
        let density = try lowering.array(prior.logDensity)
        sum = sum.map { lowering.scope.builder.add($0, density) } ?? density
      }
      guard let sum else { return nil }
      return try lowering.finish([sum])
    }
  }

  /// How strong a term is along a solution: the mean square of what it adds over that of the derivatives that it adds to.
  mutating func recordStrengths(
    of ode: OdeInstance, t: Value, saved: Value, past: Value?
  ) throws(IRError) {
    let wanted = terms.filter { $0.ode == ode.id }
    guard !wanted.isEmpty, scope.parent == nil,
      let n = scope.builder.type(t).extents.first?.fixedLength, n > 0
    else { return }
    for reference in wanted {
      guard let term = ode.terms.first(where: { $0.label == reference.term }) else { continue }
      let (results, _) = try mapRegion(
        n, over: [t, saved] + [past].compactMap { $0 }, kind: .plain
      ) { (lowering, slices) throws(IRError) in
        try lowering.bindEquations(
          ode, t: slices[0], y: slices[1], past: slices.count > 2 ? slices[2] : nil)
        var parts: [Value] = []
        var wholes: [Value] = []
        for contribution in term.contributions {
          parts.append(lowering.squareSum(try lowering.array(contribution.value)))
          wholes.append(
            lowering.squareSum(try lowering.array(ode.states[contribution.state].derivative)))
        }
        return .tuple([
          .array(lowering.total(parts)), .array(lowering.total(wholes)),
        ])
      }
      let part = scope.builder.reduce(.sum, results[0], axes: [0])
      let whole = scope.builder.reduce(.sum, results[1], axes: [0])
      strengths[reference, default: []].append(scope.builder.div(part, whole))
    }
  }

  private mutating func squareSum(_ x: Value) -> Value {
    let square = scope.builder.square(x)
    return scope.builder.reduce(.sum, square, axes: Array(0..<scope.builder.type(x).rank))
  }

  private mutating func total(_ values: [Value]) -> Value {
    guard var sum = values.first else { return constant(0, ValueType(precision)) }
    for value in values.dropFirst() { sum = scope.builder.add(sum, value) }
    return sum
  }
}
