import NodalDiagnostics
import NodalSyntax

/// Wording of mistakes with names.
extension Diagnostic {
  static func unknownName(_ name: String, at span: Span, near: [String]) -> Diagnostic {
    if let foreign = ForeignNames.values[name] {
      return Diagnostic(
        .unknownName, "`\(name)` is not defined here", at: Label(span, "unknown name"),
        help: [foreign])
    }
    let best = Suggestions.nearest(to: name, in: near)
    return Diagnostic(
      .unknownName, "`\(name)` is not defined here", at: Label(span, "unknown name"),
      help: best.map { ["did you mean `\($0)`?"] } ?? [])
  }

  static func unknownField(
    _ name: String, of what: String, at span: Span, fields: [String]
  ) -> Diagnostic {
    var help: [String] = []
    if let best = Suggestions.nearest(to: name, in: fields) {
      help.append("did you mean `\(best)`?")
    }
    if !fields.isEmpty {
      help.append("it has " + Suggestions.list(fields))
    }
    return Diagnostic(.unknownField, "\(what) has no field `\(name)`", at: Label(span), help: help)
  }

  static func unknownColumn(
    _ name: String, of data: String, at span: Span, columns: [String], time: String? = nil
  ) -> Diagnostic {
    var help: [String] = []
    if let time, ["t", "time"].contains(name.lowercased()) {
      help.append("its times are `\(time)`")
    } else if let best = Suggestions.nearest(to: name, in: columns) {
      help.append("did you mean `\(best)`?")
    }
    help.append("its columns are " + Suggestions.list(columns))
    return Diagnostic(
      .unknownColumn, "data `\(data)` has no column `\(name)`", at: Label(span), help: help)
  }

  static func unknownLabel(
    _ label: String, of callee: String, at span: Span, labels: [String]
  ) -> Diagnostic {
    var help: [String] = []
    let foreign = callee == "solve" ? ForeignNames.solveLabels[label] : nil
    if foreign == "solver" {
      help.append("methods and their settings are a solver: `solver: tsit5(rtol: 1e-8)`")
    } else if let best = foreign ?? Suggestions.nearest(to: label, in: labels) {
      help.append("did you mean `\(best):`?")
    } else if !labels.isEmpty {
      help.append("it takes " + Suggestions.list(labels))
    }
    return Diagnostic(
      .unknownLabel, "`\(callee)` takes no argument `\(label):`", at: Label(span), help: help)
  }

  static func missingArgument(_ name: String, of callee: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .missingArgument, "`\(callee)` needs an argument `\(name)`", at: Label(span, "not given here")
    )
  }

  static func tooManyArguments(
    _ callee: String, takes count: Int, at span: Span
  ) -> Diagnostic {
    Diagnostic(
      .tooManyArguments,
      "`\(callee)` takes \(count == 0 ? "no arguments" : count == 1 ? "one argument" : "\(count) arguments")",
      at: Label(span, "one too many"))
  }

  static func notCallable(_ what: String, at span: Span, help: [String] = []) -> Diagnostic {
    Diagnostic(.notCallable, "\(what) can't be called", at: Label(span), help: help)
  }

  static func duplicateName(_ name: String, at span: Span, first: Span) -> Diagnostic {
    Diagnostic(
      .duplicateName, "`\(name)` is declared twice", at: Label(span, "declared again"),
      also: first.source == span.source ? [Label(first, "first declared here")] : [])
  }

  static func cyclicDefinition(_ name: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .cyclicDefinition, "the definition of `\(name)` needs `\(name)` itself", at: Label(span))
  }

  static func recursiveFunction(_ name: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .recursiveFunction, "`\(name)` calls itself", at: Label(span, "a recursive call"),
      help: ["a loop is written with `fold`, `scan` or a compile-time `for`"])
  }

  static func declarationReadsLet(_ name: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .declarationReadsLet, "a declaration may not read `\(name)`, which is a top-level `let`",
      at: Label(span),
      help: ["make `\(name)` a `const` or a `param`, or hand it in as an argument"])
  }

  static func assignmentToConstant(_ name: String, at span: Span, declared: Span) -> Diagnostic {
    Diagnostic(
      .assignmentToConstant, "`\(name)` can't be given a new value", at: Label(span),
      also: [Label(declared, "it is not a `var`")],
      help: ["declare it with `var \(name) = …` to change it"])
  }

  static func wrongKind(
    _ name: String, is kind: String, wanted: String, at span: Span
  ) -> Diagnostic {
    Diagnostic(
      .wrongKindOfName, "`\(name)` is \(kind), and \(wanted) is needed here", at: Label(span))
  }

  static func unusableValue(_ kind: String, at span: Span, help: [String] = []) -> Diagnostic {
    Diagnostic(
      .wrongKindOfName, "\(kind) can't stand here: a value is needed", at: Label(span), help: help)
  }

  static func nestingTooDeep(at span: Span) -> Diagnostic {
    Diagnostic(.nestingTooDeep, "calls and expressions nest too deeply here", at: Label(span))
  }

  static func unknownGroup(_ name: String, at span: Span, columns: [String]) -> Diagnostic {
    var help: [String] = []
    if let best = Suggestions.nearest(to: name, in: columns.map { $0.lowercased() }) {
      help.append("did you mean `per \(best)`?")
    }
    help.append(
      "declare them: `data trials = csv(\"file.csv\", time: \"t\", experiment: \"\(name)\")`, or name a data set, each example of which has a value of its own"
    )
    return Diagnostic(
      .unknownGroup, "no data have a column `\(name)` that tells experiments apart",
      at: Label(span), help: help)
  }

  static func groupOfUnknownSize(_ name: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .unknownGroup,
      "how many examples `\(name)` has is not known before it is made, or it is a single one",
      at: Label(span), help: ["a single experiment's parameter is a `param` without `per`"])
  }

  static func notSupportedYet(_ what: String, at span: Span, help: [String] = []) -> Diagnostic {
    Diagnostic(
      .notSupportedYet, "\(what) is not supported yet",
      at: Label(span, "comes with a later version"),
      help: help)
  }
}

/// Names that hide others. Most of that is meant: parameters are called as what is handed in, members of an ode as
/// constants of the file. Warned of is what hardly ever is.
extension Checker {
  /// A `let` with the name of a `var` around it: it was to change the `var`.
  mutating func warnOfHiddenVariable(_ name: Name) {
    guard let old = frame.names[name.spelling], old.isVariable, old.span != name.span,
      !name.isWildcard
    else { return }
    report(
      Diagnostic(
        .shadowedName, "this `\(name.spelling)` is a new name, and hides the variable",
        at: Label(name.span), also: [Label(old.span, "the variable")],
        help: ["`\(name.spelling) = …` gives the variable a new value"]))
  }

  /// Inside an ode `t` is the time.
  mutating func warnOfHiddenTime(_ name: Name) {
    guard name.spelling == "t" else { return }
    report(
      Diagnostic(
        .shadowedName, "this `t` hides the time", at: Label(name.span),
        help: ["inside an ode `t` is the time; give this another name"]))
  }
}

/// Near misses of names.
enum Suggestions {
  /// The candidate at the least edit distance, if it is near enough to be a slip of the pen.
  static func nearest(to name: String, in candidates: [String]) -> String? {
    Inquiry.current?.hear(candidates, insteadOf: name)
    // Another case is nearer than another letter.
    let folded = name.lowercased()
    if let same = candidates.sorted().first(where: { $0 != name && $0.lowercased() == folded }) {
      return same
    }
    let name = Array(name)
    // Names of one or two letters are near to everything.
    let limit = name.count < 2 ? 0 : name.count <= 3 ? 1 : min(3, name.count / 2)
    var best: (String, Int)?
    for candidate in Set(candidates).sorted() where candidate.count > 1 {
      let distance = editDistance(name, Array(candidate))
      if distance <= limit, distance > 0, distance < (best?.1 ?? Int.max) {
        best = (candidate, distance)
      }
    }
    return best?.0
  }

  static func list(_ names: [String]) -> String {
    let shown = names.prefix(12).map { "`\($0)`" }.joined(separator: ", ")
    return names.count > 12 ? shown + ", …" : shown
  }

  /// Levenshtein's distance, a swap of neighbours and a change of case counting one.
  private static func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    if a.count > 64 || b.count > 64 { return Int.max }
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        let same = a[i] == b[j]
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (same ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
