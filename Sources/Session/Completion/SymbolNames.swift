/// LaTeX's names of characters that the language takes, and of operators, by what it writes for them.
package enum SymbolNames {
  package static let rows: [(name: String, text: String)] = [
    ("alpha", "α"), ("beta", "β"), ("gamma", "γ"), ("delta", "δ"), ("epsilon", "ε"),
    ("varepsilon", "ε"), ("zeta", "ζ"), ("eta", "η"), ("theta", "θ"), ("vartheta", "ϑ"),
    ("iota", "ι"), ("kappa", "κ"), ("lambda", "λ"), ("mu", "μ"), ("nu", "ν"), ("xi", "ξ"),
    ("omicron", "ο"), ("pi", "pi"), ("rho", "ρ"), ("varrho", "ϱ"), ("sigma", "σ"),
    ("varsigma", "ς"), ("tau", "τ"), ("upsilon", "υ"), ("phi", "φ"), ("varphi", "ϕ"),
    ("chi", "χ"), ("psi", "ψ"), ("omega", "ω"),
    ("Gamma", "Γ"), ("Delta", "Δ"), ("Theta", "Θ"), ("Lambda", "Λ"), ("Xi", "Ξ"), ("Pi", "Π"),
    ("Sigma", "Σ"), ("Upsilon", "Υ"), ("Phi", "Φ"), ("Psi", "Ψ"), ("Omega", "Ω"),
    ("ell", "ℓ"), ("hbar", "ħ"), ("aleph", "ℵ"),
    ("infty", "inf"), ("prime", "'"), ("cdot", "*"), ("times", "*"), ("le", "<="), ("leq", "<="),
    ("ge", ">="), ("geq", ">="), ("ne", "!="), ("neq", "!="), ("sim", "~"), ("to", "->"),
    ("land", "&&"), ("lor", "||"), ("lnot", "!"),
    // Behind a letter.
    ("hat", "\u{302}"), ("bar", "\u{304}"), ("tilde", "\u{303}"), ("dot", "'"), ("ddot", "''"),
    ("vec", "\u{20D7}"),
    ("_0", "₀"), ("_1", "₁"), ("_2", "₂"), ("_3", "₃"), ("_4", "₄"), ("_5", "₅"), ("_6", "₆"),
    ("_7", "₇"), ("_8", "₈"), ("_9", "₉"),
  ]

  /// Those whose names begin so; an exact name alone, unless others begin with it.
  static func beginning(_ name: String) -> [CompletionItem] {
    let exact = rows.filter { $0.name == name }
    let rest = rows.filter { $0.name != name && $0.name.hasPrefix(name) }
    return (exact + (exact.isEmpty ? rest : [])).map {
      CompletionItem($0.text, .symbol, "\\" + $0.name)
    }
  }
}
