import NodalDiagnostics
import NodalTypes

/// Wording of mistakes with types, shapes and units.
extension Diagnostic {
  static func typeMismatch(
    expected: String, found: String, at span: Span, what: String = "", help: [String] = []
  ) -> Diagnostic {
    Diagnostic(
      .typeMismatch,
      (what.isEmpty ? "" : "\(what): ") + "expected \(expected), found \(found)",
      at: Label(span, "this is \(found)"), help: help)
  }

  static func operandType(
    _ op: String, found: String, at span: Span, help: [String] = []
  ) -> Diagnostic {
    Diagnostic(
      .operandType, "`\(op)` does not apply to \(found)", at: Label(span, "this is \(found)"),
      help: help)
  }

  static func argumentType(
    _ name: String, of callee: String, expected: String, found: String, at span: Span,
    help: [String] = []
  ) -> Diagnostic {
    Diagnostic(
      .argumentType, "argument `\(name)` of `\(callee)` takes \(expected), found \(found)",
      at: Label(span, "this is \(found)"), help: help)
  }

  static func shapeMismatch(
    _ left: String, _ right: String, of op: String, at span: Span, leftSpan: Span, rightSpan: Span
  ) -> Diagnostic {
    Diagnostic(
      .shapeMismatch, "the operands of `\(op)` have different shapes: \(left) and \(right)",
      at: Label(span), also: [Label(leftSpan, left), Label(rightSpan, right)],
      help: [
        "only a scalar is repeated to fit; `transpose`, `reshape` and `stack` change axes, `a @ b` is the matrix product"
      ])
  }

  static func shapeExpected(
    _ expected: String, found: String, what: String, at span: Span, help: [String] = []
  ) -> Diagnostic {
    let scalar = "a scalar"
    return Diagnostic(
      .shapeMismatch,
      expected == scalar
        ? "\(what) is a scalar, found an array \(found)"
        : "\(what) has shape \(expected), found \(found)",
      at: Label(span, found == scalar ? "this is a scalar" : "this has shape \(found)"), help: help)
  }

  static func windowTooLarge(
    _ axis: WindowAxis, along length: Int, at span: Span
  ) -> Diagnostic {
    let reach = axis.dilation == 1 ? "" : ", which stretch over \(axis.reach),"
    let padding = axis.pad == 0 ? "" : " with \(axis.pad) zeros on either side"
    return Diagnostic(
      .windowTooLarge,
      "a window of \(axis.size) elements\(reach) doesn't fit an axis of \(length)\(padding)",
      at: Label(span), help: ["a smaller window, or `pad:`, which puts zeros around"])
  }

  static func groupsDontDivide(
    _ groups: Int, _ channels: Int, at span: Span
  ) -> Diagnostic {
    Diagnostic(
      .groupsDontDivide, "\(channels) channels don't make \(groups) groups of one size",
      at: Label(span), help: ["the number of groups divides the number of channels"])
  }

  static func kernelChannels(
    _ channels: Int, kernel: Int, groups: Int, of callee: String, at span: Span
  ) -> Diagnostic {
    let each = groups == 1 ? "" : " in \(groups) groups"
    return Diagnostic(
      .shapeMismatch,
      "`\(callee)`: the array has \(channels) channels\(each), and the kernel is for \(kernel)\(groups == 1 ? "" : " in each")",
      at: Label(span), help: ["a kernel has the shape [out, in, …], an array [in, …]"])
  }

  static func leadingAxesDisagree(
    _ first: String, _ second: String, callee: String, at span: Span
  ) -> Diagnostic {
    Diagnostic(
      .leadingAxesDisagree,
      "the call of `\(callee)` is mapped over leading axes, and they disagree: \(first) and \(second)",
      at: Label(span))
  }

  static func ambiguousRank(_ parameter: String, of callee: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .ambiguousRank,
      "`\(callee)` could take `\(parameter)` whole, or be mapped over it: its body checks both ways",
      at: Label(span),
      help: ["say which by a type: `\(parameter): Real[n]` or `\(parameter): Real[n, m]`"])
  }

  static func unfixedRank(_ parameter: String, of callee: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .ambiguousRank,
      "nothing in `\(callee)` says how many axes `\(parameter)` has: its body reduces all that it is given",
      at: Label(span),
      help: ["say it by a type: `\(parameter): Real[n]` or `\(parameter): Real[n, m]`"])
  }

  static func matrixProduct(_ left: String, _ right: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .matrixProduct,
      "the matrix product of \(left) and \(right) does not exist: inner lengths differ",
      at: Label(span), help: ["`transpose(a)` exchanges the axes of a matrix"])
  }

  static func notConstant(_ what: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .notConstant, "\(what) must be known at compile time", at: Label(span, "this is not"))
  }

  static func integerExpected(_ what: String, found: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .integerExpected, "\(what) must be an integer, found \(found)", at: Label(span))
  }

  static func conditionNotBool(found: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .conditionNotBool, "a condition is true or false, found \(found)",
      at: Label(span, "this is \(found)"))
  }

  static func branchesDiffer(_ a: String, _ b: String, at span: Span, aSpan: Span, bSpan: Span)
    -> Diagnostic
  {
    Diagnostic(
      .branchesDiffer, "the branches of this `if` have different types: \(a) and \(b)",
      at: Label(span), also: [Label(aSpan, a), Label(bSpan, b)])
  }

  static func indexOutOfRange(_ index: Int, length: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .indexOutOfRange, "index \(index) lies outside an axis of length \(length)",
      at: Label(span),
      help: ["indices begin at 0; `x[-1]` is the last"])
  }

  static func notIndexable(_ what: String, at span: Span) -> Diagnostic {
    Diagnostic(.notIndexable, "\(what) can't be indexed here", at: Label(span))
  }

  static func raggedBracket(_ a: String, _ b: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .raggedBracket, "the parts of this bracket don't fit together: \(a) and \(b)", at: Label(span)
    )
  }

  static func unitMismatch(
    _ left: String, _ right: String, what: String, at span: Span, leftSpan: Span? = nil,
    rightSpan: Span? = nil, help: [String] = []
  ) -> Diagnostic {
    var also: [Label] = []
    if let leftSpan { also.append(Label(leftSpan, "\(unitName(left, "in "))")) }
    if let rightSpan { also.append(Label(rightSpan, "\(unitName(right, "in "))")) }
    if what == "the operands of `=`" {
      return Diagnostic(
        .unitMismatch,
        "the left side of this equation is \(unitName(left, "in ")), the right side \(unitName(right, "in "))",
        at: Label(span), also: also, help: help)
    }
    return Diagnostic(
      .unitMismatch,
      "\(what): \(unitName(left)) and \(unitName(right)) don't measure the same thing",
      at: Label(span), also: also, help: help)
  }

  static func unitName(_ unit: String, _ preposition: String = "") -> String {
    unit == "1" ? "a plain number" : preposition + "`\(unit)`"
  }

  static func dimensionlessExpected(_ op: String, found: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .dimensionlessExpected, "`\(op)` takes a plain number, found a value in `\(found)`",
      at: Label(span, "in `\(found)`"),
      help: ["divide by a quantity of the same unit first"])
  }

  static func unitPower(at span: Span, unit: String) -> Diagnostic {
    Diagnostic(
      .unitPower, "a value in `\(unit)` can only be raised to a rational constant", at: Label(span))
  }

  static func unknownUnit(_ symbol: String, at span: Span, near: [String]) -> Diagnostic {
    let named = UnitTable.rows.first { $0.name == symbol || $0.name + "s" == symbol }?.symbol
    let best = named ?? Suggestions.nearest(to: symbol, in: near)
    return Diagnostic(
      .unknownUnit, "there is no unit `\(symbol)`", at: Label(span),
      help: best.map { ["did you mean `\($0)`?"] } ?? [])
  }

  static func columnMisplaced(at span: Span) -> Diagnostic {
    Diagnostic(
      .wrongKindOfName, "a column with its unit can't stand here", at: Label(span),
      help: ["columns get their units where data are read: `csv(…, columns: {y: \"V2\"<V>})`"])
  }

  static func unitOfWords(_ column: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .argumentType, "column `\(column)` is given a unit, and holds words", at: Label(span))
  }

  static func zeroOfOffsetUnit(at span: Span) -> Diagnostic {
    Diagnostic(
      .offsetUnit, "this 0 could mean 0 °C or 0 K", at: Label(span),
      help: ["write `0<degC>` or `0<K>`"])
  }

  static func unknownType(_ name: String, at span: Span) -> Diagnostic {
    let known = NamedTypes.all
    let best = Suggestions.nearest(to: name, in: known)
    return Diagnostic(
      .unknownType, "there is no type `\(name)`", at: Label(span),
      help: [best.map { "did you mean `\($0)`?" } ?? "types are " + Suggestions.list(known)])
  }

  static func mixedUnits(_ units: String, op: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .unitMismatch, "`\(op)` needs one unit, and the components here have \(units)",
      at: Label(span),
      help: ["`plain(x)` drops the units"])
  }

  static func gapsUsed(_ op: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .missingCellUsed, "`\(op)` does not know what to do with missing cells",
      at: Label(span, "this column has missing cells"),
      help: [
        "losses skip them; elsewhere `default(x, 0)` or `first_present(x)` says what is meant"
      ])
  }
}

/// The names of types.
package enum NamedTypes {
  package static let all = ["Real", "Int", "Bool", "String", "Any", "Fn", "Dataset", "Solution"]
}
