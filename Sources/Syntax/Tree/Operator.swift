package import NodalDiagnostics

/// An operator in front of its operand, with its place.
package struct PrefixOperator: Sendable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case negate = "-"
    case not = "!"
    /// `sample d`: a draw from a distribution
    case sample
  }

  package let kind: Kind
  package let span: Span

  package init(kind: Kind, span: Span) {
    self.kind = kind
    self.span = span
  }
}

/// An operator between its operands, with its place.
package struct BinaryOperator: Sendable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case or = "||"
    case and = "&&"
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    /// `@`: the matrix product
    case matrixProduct = "@"
    /// `^`, which associates to the right
    case power = "^"
  }

  package let kind: Kind
  package let span: Span

  package init(kind: Kind, span: Span) {
    self.kind = kind
    self.span = span
  }
}
