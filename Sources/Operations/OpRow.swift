package import NodalIR

/// All that is known of an elementwise op. Passes, executors, documentation and the generic tests
/// read rows; none of them names an op.
package struct OpRow: Sendable {
  /// Gives the derivative of the result by each operand, elementwise, of the operands' type. nil is
  /// zero everywhere. `result` is the op's own value, which often is part of the derivative.
  package typealias Partials =
    @Sendable (_ b: inout RegionBuilder, _ operands: [Value], _ result: Value) -> [Value?]

  package let schema: OpSchema
  package let doc: String
  /// The loops of the reference executor, independent of `scalar`.
  package let kernels: OpKernels
  /// What native back ends print.
  package let scalar: ScalarExpression
  package let domain: [OperandDomain]
  package let edges: [OpEdge]
  /// Takes constant operands of an arithmetic op to be without derivative, and may then give nil
  /// for them.
  package let partials: Partials
  /// How power series go through it.
  package let series: SeriesRule

  /// Has no derivative by decree, and not because it had none.
  package let isConstant: Bool

  package var name: String { schema.name }

  /// There are finite operands for which it has no finite value.
  package var hasPoles: Bool {
    edges.contains { $0.operands.allSatisfy(\.isFinite) && !$0.value.isFinite }
  }

  /// A value of an operand at which it is smooth; nil of one that isn't a real number.
  package func smoothPlace(ofOperand index: Int) -> Double? {
    guard case .intervals(let intervals) = domain[index], let first = intervals.first else {
      return nil
    }
    return 0.5 * (first.lowerBound + first.upperBound)
  }

  init(
    _ name: String, _ doc: String, typing: OpSchema.Typing = .arithmetic, _ kernels: OpKernels,
    _ scalar: ScalarExpression, _ domain: [OperandDomain], edges: [OpEdge] = [],
    series: SeriesRule = .partials, isConstant: Bool = false, partials: @escaping Partials
  ) {
    schema = OpSchema(name, arity: domain.count, typing: typing)
    self.doc = doc
    self.kernels = kernels
    self.scalar = scalar
    self.domain = domain
    self.edges = edges
    self.partials = partials
    self.series = series
    self.isConstant = isConstant
  }

  /// An op that is constant wherever it is smooth.
  static func flat(
    _ name: String, _ doc: String, typing: OpSchema.Typing = .arithmetic, _ kernels: OpKernels,
    _ scalar: ScalarExpression, _ domain: [OperandDomain], edges: [OpEdge] = []
  ) -> OpRow {
    OpRow(name, doc, typing: typing, kernels, scalar, domain, edges: edges, series: .flat) {
      _, operands, _ in operands.map { _ in nil }
    }
  }
}
