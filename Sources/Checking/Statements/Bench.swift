import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// `bench "lorenz", repeats: 50 { … }`.
extension Checker {
  mutating func bench(_ node: BenchDeclaration) -> TypedStatement? {
    // Options see what is around the block, not what is bound in it.
    let options = self.options(node.options, table: OptionRow.bench, command: "bench", data: nil)
    return block { checker in
      let statements = checker.statements(in: node.statements, of: "a bench")
      guard let (work, span) = checker.work(node.work), let options,
        checker.belong(options, to: work)
      else { return nil }
      var whole = statements
      checker.announceAll(into: &whole)
      return .bench(
        BenchInstance(
          title: node.title, options: options, statements: whole, work: work, workSpan: span,
          span: node.span))
    }
  }

  private mutating func work(_ node: BenchDeclaration.Work) -> (BenchInstance.Work, Span)? {
    switch node {
    case .invalid: return nil
    case .expression(let expression):
      pending = [[]]
      let value = collectingBindings { $0.elaborate(expression) }
      if value.isInvalid { return nil }
      guard value.type.isNumeric(resolve) else {
        report(
          .typeMismatch(
            expected: "numbers", found: text(value.type), at: expression.span,
            what: "what a `bench` times"))
        return nil
      }
      return (.expression(closed(value)), expression.span)
    case .study(let study):
      guard case .train(let command)? = train(study, name: nil) else { return nil }
      return (.train(command), study.span)
    case .gradient(let node):
      pending = [[]]
      guard let (id, data) = lossAndData(node.loss, node.data) else { return nil }
      let checked = self.options(
        node.options, table: OptionRow.gradient, command: "gradient", data: data)
      guard let loss = lossInstance(id, on: data, node.loss.span), let checked else { return nil }
      return (.gradient(loss: loss, data: data, options: checked), node.span)
    }
  }

  /// A gradient has no reference of its own: it is compared with what the same program gives at a tighter tolerance.
  private mutating func belong(_ options: [OptionValue], to work: BenchInstance.Work) -> Bool {
    guard let reference = options.first(where: { $0.key == "reference" }) else { return true }
    switch work {
    case .expression:
      guard let other = options.first(where: { $0.key == "tolerance" }) else { return true }
      report(
        Diagnostic(
          .optionValue, "an error is against `reference:` or against `tolerance:`, not both",
          at: Label(other.span), also: [Label(reference.span, "the reference")]))
    case .train, .gradient:
      report(
        Diagnostic(
          .optionValue, "a gradient has no `reference:`", at: Label(reference.span),
          help: [
            "it is compared with the gradient of the same program at `tolerance:`, 1e-12 if none is given"
          ]))
    }
    return false
  }
}

extension Type {
  /// An array of numbers, or records and tuples of them.
  fileprivate func isNumeric(_ resolve: (Type) -> Type) -> Bool {
    switch resolve(self) {
    case .tensor(let tensor): tensor.element != .boolean
    case .record(let fields): fields.allSatisfy { $0.type.isNumeric(resolve) }
    case .tuple(let parts): parts.allSatisfy { $0.isNumeric(resolve) }
    case .error, .string, .solution, .dataset, .run, .interval, .nothing: false
    }
  }
}
