package import NodalDiagnostics

/// What stands between `<` and `>`: `m/s^2`, `1/s`, `kg*m^(1/2)`. Symbols are not looked up here.
package struct UnitExpression: Sendable {
  package let kind: Kind
  package let span: Span

  package init(_ kind: Kind, span: Span) {
    self.kind = kind
    self.span = span
  }

  package indirect enum Kind: Sendable {
    /// `1`
    case one
    /// `m`, `μm`, `kPa`
    case symbol(String)
    case product(UnitExpression, UnitExpression)
    case quotient(UnitExpression, UnitExpression)
    case power(UnitExpression, UnitExponent)
  }
}

/// A rational exponent, as written: `2`, `-1`, `(1/2)`. The denominator is at least 1.
package struct UnitExponent: Sendable, Hashable {
  package let numerator: Int
  package let denominator: Int

  package init(numerator: Int, denominator: Int) {
    self.numerator = numerator
    self.denominator = denominator
  }
}
