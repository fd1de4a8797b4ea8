package import NodalDiagnostics

/// A type as written: `Real<m/s>[3]`, `{a: Int, b: Real}`, `(Real) -> Real`.
package struct TypeExpression: Sendable {
  package let kind: Kind
  package let span: Span

  package init(_ kind: Kind, span: Span) {
    self.kind = kind
    self.span = span
  }

  package indirect enum Kind: Sendable {
    /// `Real<kg>[n, 3]`, `Int`, `Fn`, `Dataset`
    case named(NamedType)
    /// `{a: T, b: U}`
    case record([TypeField])
    /// `(T, U)`: two elements or more
    case tuple([TypeExpression])
    /// `(T, U) -> V`
    case function(parameters: [TypeExpression], result: TypeExpression)
    case invalid
  }
}

/// A type that has a name, with unit and sizes.
package struct NamedType: Sendable {
  package let name: Name
  /// Only after `Real`.
  package let unit: UnitExpression?
  /// Sizes in order of the axes; empty for a scalar.
  package let sizes: [Expression]

  package init(name: Name, unit: UnitExpression? = nil, sizes: [Expression]) {
    self.name = name
    self.unit = unit
    self.sizes = sizes
  }
}

/// One `name: T` of a record type.
package struct TypeField: Sendable {
  package let name: Name
  package let type: TypeExpression
  package let span: Span

  package init(name: Name, type: TypeExpression, span: Span) {
    self.name = name
    self.type = type
    self.span = span
  }
}
