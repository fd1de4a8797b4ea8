package import NodalDiagnostics

/// An expression with its place. See `Expression.Kind` for the forms.
package struct Expression: Sendable {
  package let kind: Kind
  package let span: Span

  package init(_ kind: Kind, span: Span) {
    self.kind = kind
    self.span = span
  }

  package indirect enum Kind: Sendable {
    /// `9.81<m/s^2>`, `3`, `1_000`
    case number(NumberLiteral)
    /// `"…"`, escapes resolved
    case string(String)
    /// `"V2"<V>`
    case column(ColumnLiteral)
    /// `true`, `false`
    case bool(Bool)
    /// `inf`, `nan`, `pi`
    case constant(NamedConstant)
    /// A name, perhaps primed: `x`, `θ''`
    case name(Name)
    /// `(a, b)`: two elements or more
    case tuple([Expression])
    /// `[a, b]`: joins along the first axis; a bracket of brackets is a matrix
    case bracket([Expression])
    /// `{θ: 1, θ': 0}`
    case record([RecordField])
    /// `-x`, `!x`, `sample d`
    case prefix(PrefixOperator, Expression)
    /// `a + b`; `|>`, `..` and `..<` have forms of their own
    case binary(BinaryOperator, Expression, Expression)
    /// `a..b`, `a..<b`
    case range(RangeExpression)
    /// `x |> stage`, where `stage` is a function or a call to which `x` is handed
    case pipe(Expression, into: Expression)
    /// `f(x, axis: 1) { (a) -> … }`, also `fold`, `scan`, `map`, and a delayed state `x(t - τ)`
    case call(Call)
    /// `x[i, 0..<4]`
    case index(Expression, [Subscript])
    /// `s.θ'`
    case field(Expression, Name)
    /// `o.0`
    case element(Expression, TupleIndex)
    /// `[x, y]'`, `x[i]''`: what is primed is not a plain name
    case derivative(of: Expression, order: Int)
    /// `if c then a else b`
    case conditional(Conditional)
    /// `{ let a = …; a^2 }`
    case block(Block)
    /// `(x) -> x^2`, `{ (s, x) -> … }`
    case closure(Closure)
    /// What could not be parsed; a diagnostic has been given
    case invalid
  }
}

/// A numeral, with its unit if one is attached.
package struct NumberLiteral: Sendable {
  package enum Value: Sendable, Hashable {
    /// Written without point or exponent.
    case integer(Int)
    case real(Double)
  }

  package let value: Value
  package let unit: UnitExpression?
  package let span: Span

  package init(value: Value, unit: UnitExpression? = nil, span: Span) {
    self.value = value
    self.unit = unit
    self.span = span
  }

  /// The value as a real number, in the literal's own unit.
  package var real: Double {
    switch value {
    case .integer(let integer): Double(integer)
    case .real(let real): real
    }
  }
}

/// A column of a file with the unit that its numbers are in: `"V2"<V>`.
package struct ColumnLiteral: Sendable {
  package let name: String
  package let unit: UnitExpression

  package init(name: String, unit: UnitExpression) {
    self.name = name
    self.unit = unit
  }
}

/// The numbers that have words.
package enum NamedConstant: String, Sendable, Hashable, CaseIterable {
  case inf, nan, pi
}

/// One `name: value` of a record.
package struct RecordField: Sendable {
  package let name: Name
  package let value: Expression
  package let span: Span

  package init(name: Name, value: Expression, span: Span) {
    self.name = name
    self.value = value
    self.span = span
  }
}

/// `a..b` (closed) or `a..<b` (half-open).
package struct RangeExpression: Sendable {
  package let lower: Expression
  package let upper: Expression
  package let isClosed: Bool
  package let operatorSpan: Span

  package init(lower: Expression, upper: Expression, isClosed: Bool, operatorSpan: Span) {
    self.lower = lower
    self.upper = upper
    self.isClosed = isClosed
    self.operatorSpan = operatorSpan
  }
}

/// A call with its arguments in the order in which they were written.
package struct Call: Sendable {
  package let callee: Expression
  package let arguments: [Argument]
  /// `{ (s, x) -> … }` behind the arguments
  package let trailingClosure: Closure?
  /// The parentheses with what they hold.
  package let argumentsSpan: Span

  package init(
    callee: Expression, arguments: [Argument], trailingClosure: Closure? = nil, argumentsSpan: Span
  ) {
    self.callee = callee
    self.arguments = arguments
    self.trailingClosure = trailingClosure
    self.argumentsSpan = argumentsSpan
  }
}

/// `value` or `label: value`.
package struct Argument: Sendable {
  package let label: Name?
  package let value: Expression
  package let span: Span

  package init(label: Name? = nil, value: Expression, span: Span) {
    self.label = label
    self.value = value
    self.span = span
  }
}

/// What stands between the brackets of an index.
package enum Subscript: Sendable {
  /// An index or a range.
  case at(Expression)
  /// `..` alone: the whole axis.
  case all(Span)

  package var span: Span {
    switch self {
    case .at(let expression): expression.span
    case .all(let span): span
    }
  }
}

/// The digit of `o.0`.
package struct TupleIndex: Sendable {
  package let value: Int
  package let span: Span

  package init(value: Int, span: Span) {
    self.value = value
    self.span = span
  }
}

/// `if condition then consequence else alternative`.
package struct Conditional: Sendable {
  package let condition: Expression
  package let consequence: Expression
  package let alternative: Expression

  package init(condition: Expression, consequence: Expression, alternative: Expression) {
    self.condition = condition
    self.consequence = consequence
    self.alternative = alternative
  }
}

/// A function without a name.
package struct Closure: Sendable {
  package let parameters: [Parameter]
  package let body: Body
  package let span: Span

  package init(parameters: [Parameter], body: Body, span: Span) {
    self.parameters = parameters
    self.body = body
    self.span = span
  }
}
