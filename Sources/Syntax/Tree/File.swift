package import NodalDiagnostics

/// The syntax tree of one `.node` file.
///
/// # How to walk it
/// - The tree says what was *written*, nothing else: no name is resolved, no call is known to be a
///   template, `(0, inf)` after `in` is a tuple, `x |> f(a)` is a `.pipe`. Parentheses leave no node;
///   the span of what they hold includes them.
/// - `File.statements` come in source order. Declarations see each other in the whole file: collect
///   their names first (`Statement.declaredNames`), then walk. Commands run in order.
/// - Switch over the enums without `default`, so that the compiler names what a new form needs.
/// - Every node has a `span`, also a `Name`; underline the smallest node that is wrong.
/// - A name carries its primes: `θ''` is `Name(text: "θ", primes: 2)`, also as a field (`s.θ'`) or as
///   a record key. `x[i]'`, `[x, y]'` and other primed brackets are `.derivative(of:order:)`.
///   `Name.spelling` is what the user wrote.
/// - Names are NFC, with the micro, ohm and angstrom signs folded: compare `text` as it is.
/// - What could not be parsed is `.invalid`, and a diagnostic has already been given: stay silent
///   about it and about whatever depends on it.
/// - Depth is bounded (`SyntaxLimits.depth`), so plain recursion is safe.
package struct File: Sendable {
  package let source: SourceID
  package let statements: [Statement]
  package let span: Span

  package init(source: SourceID, statements: [Statement], span: Span) {
    self.source = source
    self.statements = statements
    self.span = span
  }
}

/// Bounds that the parser guarantees for every tree, so that walkers may recurse.
package enum SyntaxLimits {
  /// The greatest depth of nested nodes, chains of operators (`a + b + …`) included.
  package static let depth = 400
  /// The greatest depth of nested brackets and prefix operators.
  package static let nesting = 100
}

/// The `///` lines directly above a declaration, without their slashes.
package struct Documentation: Sendable, Hashable {
  package let text: String
  package let span: Span

  package init(text: String, span: Span) {
    self.text = text
    self.span = span
  }
}
