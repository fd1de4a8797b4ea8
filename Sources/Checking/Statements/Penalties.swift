import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// `penalty:` of `train`: sums of strengths times constants, or one `minimal`.
extension Checker {
  mutating func penalty(_ expression: Expression) -> OptionValue.Value? {
    guard let found = penalties(expression, factor: nil) else { return nil }
    return .penalties(found)
  }

  /// - Parameter factor: what the whole is multiplied by; nil where nothing is written.
  private mutating func penalties(_ expression: Expression, factor: Double?) -> [Penalty]? {
    if let (name, call) = expression.penaltyCall {
      return penaltyTerm(name, call, expression.span, factor).map { [$0] }
    }
    guard case .binary(let op, let a, let b) = expression.kind else {
      report(notAPenalty(expression))
      return nil
    }
    switch op.kind {
    case .add:
      let left = penalties(a, factor: factor)
      let right = penalties(b, factor: factor)
      guard let left, let right else { return nil }
      return left + right
    case .multiply where b.holdsPenalty && !a.holdsPenalty:
      guard let number = positiveConstant(a, what: Self.weightOfPenalty) else { return nil }
      return penalties(b, factor: (factor ?? 1) * number)
    case .multiply where a.holdsPenalty && !b.holdsPenalty:
      guard let number = positiveConstant(b, what: Self.weightOfPenalty) else { return nil }
      return penalties(a, factor: (factor ?? 1) * number)
    case .divide where a.holdsPenalty && !b.holdsPenalty:
      guard let number = positiveConstant(b, what: Self.weightOfPenalty) else { return nil }
      return penalties(a, factor: (factor ?? 1) / number)
    case .or, .and, .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .subtract,
      .multiply, .divide, .matrixProduct, .power:
      report(notAPenalty(expression))
      return nil
    }
  }

  private static let weightOfPenalty = "the weight of a penalty"

  /// A plain number above 0 that is known before the run.
  mutating func positiveConstant(_ expression: Expression, what: String) -> Double? {
    let value = elaborate(expression)
    if value.isInvalid { return nil }
    guard let number = value.literal, tensor(value)?.element != .boolean else {
      report(.notConstant(what, at: expression.span))
      return nil
    }
    guard isBare(value), number > 0, number.isFinite else {
      report(
        Diagnostic(
          .optionValue, "\(what) is a plain number above 0", at: Label(expression.span)))
      return nil
    }
    return number
  }

  private mutating func penaltyTerm(
    _ name: String, _ call: Call, _ span: Span, _ factor: Double?
  ) -> Penalty? {
    guard let argument = call.arguments.first else {
      report(.missingArgument("term", of: name, at: span))
      return nil
    }
    if call.arguments.count > 1 {
      report(.tooManyArguments(name, takes: 1, at: call.arguments[1].span))
      return nil
    }
    let subject = evaluate(argument.value)
    guard case .term(let ode, let label) = subject else {
      if case .invalid = subject { return nil }
      report(
        .argumentType(
          "term", of: name, expected: "a learned or known term, `model.term`",
          found: found(subject), at: argument.span))
      return nil
    }
    let term = TermReference(ode, label)
    guard name == "minimal" else {
      return Penalty(term: term, weight: .fixed(factor ?? 1), span: span)
    }
    if factor != nil {
      report(
        Diagnostic(
          .optionValue, "`minimal` finds its weight itself: it can't be given one",
          at: Label(span),
          help: ["`c * strength(\(sourceText(argument.value.span)))` has the weight c"]))
      return nil
    }
    return Penalty(term: term, weight: .largest, span: span)
  }

  private func notAPenalty(_ expression: Expression) -> Diagnostic {
    var help = ["penalty: 1e-3 * strength(model.term) + 1e-4 * strength(model.other)"]
    let near = expression.names.sorted().compactMap {
      Suggestions.nearest(to: $0, in: ["strength", "minimal"])
    }
    if let near = near.first { help = ["did you mean `\(near)`?"] }
    return Diagnostic(
      .optionValue,
      "a penalty is a sum of strengths times constants, or `minimal` of one term",
      at: Label(expression.span), help: help)
  }

  /// What the penalties of a command say together: at most one weight is looked for, and each term is
  /// one that the loss runs through; false after a report.
  mutating func penaltiesFit(_ options: [OptionValue], _ loss: LossInstance) -> Bool {
    var searched: Span?
    for option in options {
      guard case .penalties(let penalties) = option.value else { continue }
      for penalty in penalties {
        guard loss.odes.contains(penalty.term.ode) else {
          let ode = environment.odes[penalty.term.ode]?.name ?? ""
          report(
            Diagnostic(
              .optionValue, "loss `\(loss.name)` does not solve `\(ode)`, and nothing is measured",
              at: Label(penalty.span)))
          return false
        }
        guard penalty.weight == .largest else { continue }
        if let first = searched {
          report(
            Diagnostic(
              .duplicateOption, "only one weight can be looked for", at: Label(penalty.span),
              also: [Label(first, "the first `minimal`")]))
          return false
        }
        searched = penalty.span
      }
    }
    return true
  }
}

extension Expression {
  /// `strength(…)` or `minimal(…)`.
  fileprivate var penaltyCall: (name: String, call: Call)? {
    guard case .call(let call) = kind, case .name(let name) = call.callee.kind,
      name.spelling == "strength" || name.spelling == "minimal"
    else { return nil }
    return (name.spelling, call)
  }

  fileprivate var holdsPenalty: Bool {
    let names = self.names
    return names.contains("strength") || names.contains("minimal")
  }
}
