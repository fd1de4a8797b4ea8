/// An expression of a model or of an observable, whichever notation it was written in. Sums and products hold any number of
/// terms, so that long ones are not deep.
package indirect enum Formula: Hashable, Sendable {
  case number(Double)
  case name(String)
  case time
  case truth(Bool)
  case negative(Formula)
  case sum([Formula])
  case product([Formula])
  case quotient(Formula, Formula)
  case power(Formula, Formula)
  case call(FormulaFunction, [Formula])
  /// A function that the model defines; gone when the model has been read.
  case definedCall(String, [Formula])
  case comparison(Comparison, Formula, Formula)
  case all([Formula])
  case any([Formula])
  case not(Formula)
  /// The first value whose condition holds.
  case choice([Choice], otherwise: Formula)

  package struct Choice: Hashable, Sendable {
    package var condition: Formula
    package var value: Formula
  }

  package enum Comparison: String, Hashable, Sendable, CaseIterable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
  }
}

/// A function that formulas may call, by the name that PEtab and MathML have for it.
package enum FormulaFunction: String, Hashable, Sendable, CaseIterable {
  case abs, exp, log, log2, log10, sqrt
  case sin, cos, tan, sec, csc, cot
  case asin, acos, atan
  case sinh, cosh, tanh, sech, csch, coth
  case asinh, acosh, atanh
  case floor, ceil, sign, factorial
  case min, max

  /// How many arguments it has; nil for one or more.
  package var arity: Int? {
    switch self {
    case .abs, .exp, .log, .log2, .log10, .sqrt, .sin, .cos, .tan, .sec, .csc, .cot, .asin, .acos,
      .atan, .sinh, .cosh, .tanh, .sech, .csch, .coth, .asinh, .acosh, .atanh, .floor, .ceil,
      .sign, .factorial:
      1
    case .min, .max: nil
    }
  }

  /// Other names by which files call it.
  package static let otherNames: [String: FormulaFunction] = [
    "ln": .log, "ceiling": .ceil, "arcsin": .asin, "arccos": .acos, "arctan": .atan,
    "arcsinh": .asinh, "arccosh": .acosh, "arctanh": .atanh,
  ]

  package static func named(_ name: String) -> FormulaFunction? {
    FormulaFunction(rawValue: name) ?? otherNames[name]
  }
}

extension Formula {
  package static let zero = Formula.number(0)
  package static let one = Formula.number(1)

  static func difference(_ a: Formula, _ b: Formula) -> Formula { .sum([a, .negative(b)]) }
}
