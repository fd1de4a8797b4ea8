package import NodalDiagnostics

/// `let run = …` at top level.
package struct LetStatement: Sendable {
  package let bindings: [LetBinding]
  package let documentation: Documentation?
  package let span: Span

  package init(bindings: [LetBinding], documentation: Documentation? = nil, span: Span) {
    self.bindings = bindings
    self.documentation = documentation
    self.span = span
  }
}

/// One name of a top-level `let`.
package struct LetBinding: Sendable {
  package enum Value: Sendable {
    case expression(Expression)
    /// `train …`, `infer …`, `uncertainty …`, `residuals …`, as the whole right side
    case study(Study)
  }

  package let name: Name
  package let type: TypeExpression?
  package let value: Value
  package let span: Span

  package init(name: Name, type: TypeExpression? = nil, value: Value, span: Span) {
    self.name = name
    self.type = type
    self.value = value
    self.span = span
  }
}

/// A command that has a result: it may stand alone, or be the right side of a `let`.
package struct Study: Sendable {
  package enum Kind: Sendable {
    /// `train fit on obs`; `on` may be left out
    case train(loss: Expression, data: Expression?)
    /// `infer posterior on pelts`
    case infer(loss: Expression, data: Expression?)
    /// `uncertainty of run`
    case uncertainty(of: Expression)
    /// `residuals of run`
    case residuals(of: Expression)
  }

  package let kind: Kind
  package let options: [Option]
  /// The braces; `nil` where there are none.
  package let optionsSpan: Span?
  package let span: Span

  package init(kind: Kind, options: [Option], optionsSpan: Span? = nil, span: Span) {
    self.kind = kind
    self.options = options
    self.optionsSpan = optionsSpan
    self.span = span
  }
}

/// One line of a command's options: `optimize: adam(lr: 1e-2), steps: 500`.
package struct Option: Sendable {
  package let key: Name
  package let value: Expression
  /// `test: error_rate on held`
  package let data: Expression?
  /// What commas tie to the key, in order.
  package let subOptions: [SubOption]
  package let span: Span

  package init(
    key: Name, value: Expression, data: Expression? = nil, subOptions: [SubOption], span: Span
  ) {
    self.key = key
    self.value = value
    self.data = data
    self.subOptions = subOptions
    self.span = span
  }

  /// The value of a sub-option; the first where there are several.
  package func subOption(_ key: String) -> SubOption? {
    subOptions.first { $0.key.text == key }
  }
}

/// `steps: 500` behind a key's value.
package struct SubOption: Sendable {
  package let key: Name
  package let value: Expression
  package let span: Span

  package init(key: Name, value: Expression, span: Span) {
    self.key = key
    self.value = value
    self.span = span
  }
}

/// `explain swing along s to "swing.svg"`.
package struct ExplainCommand: Sendable {
  package let model: Expression
  package let trajectory: Expression
  package let destination: Expression?
  package let span: Span

  package init(
    model: Expression, trajectory: Expression, destination: Expression? = nil, span: Span
  ) {
    self.model = model
    self.trajectory = trajectory
    self.destination = destination
    self.span = span
  }
}

/// `check gradients of fit on obs`.
package struct CheckCommand: Sendable {
  package let loss: Expression
  package let data: Expression?
  package let options: [Option]
  package let span: Span

  package init(loss: Expression, data: Expression? = nil, options: [Option], span: Span) {
    self.loss = loss
    self.data = data
    self.options = options
    self.span = span
  }
}

/// `plot s.θ, obs.θ against t log x as points to "swing.svg" { title: "…" }`.
package struct PlotCommand: Sendable {
  package enum Axis: String, Sendable, Hashable, CaseIterable { case x, y }

  package let series: [Expression]
  package let against: Expression?
  package let logAxes: [Axis]
  /// `phase`, `points`, `histogram`, `heat`, `arrows`, `pairs`, `waterfall`: not looked up here.
  package let kind: Name?
  package let destination: Expression?
  package let options: [Option]
  package let span: Span

  package init(
    series: [Expression], against: Expression? = nil, logAxes: [Axis], kind: Name? = nil,
    destination: Expression? = nil, options: [Option], span: Span
  ) {
    self.series = series
    self.against = against
    self.logAxes = logAxes
    self.kind = kind
    self.destination = destination
    self.options = options
    self.span = span
  }
}

/// `print run.loss, swing.L`.
package struct PrintCommand: Sendable {
  package let values: [Expression]
  package let span: Span

  package init(values: [Expression], span: Span) {
    self.values = values
    self.span = span
  }
}

/// `write s to "swing.csv"`, `save swing to "swing.safetensors"`, `load swing from "swing.safetensors"`.
package struct TransferCommand: Sendable {
  package enum Kind: String, Sendable, Hashable, CaseIterable { case write, save, load }

  package let kind: Kind
  package let subject: Expression
  /// The file, read or written.
  package let file: Expression
  package let span: Span

  package init(kind: Kind, subject: Expression, file: Expression, span: Span) {
    self.kind = kind
    self.subject = subject
    self.file = file
    self.span = span
  }
}

/// `assert run.loss < 1e-3`.
package struct AssertCommand: Sendable {
  package let condition: Expression
  package let span: Span

  package init(condition: Expression, span: Span) {
    self.condition = condition
    self.span = span
  }
}
