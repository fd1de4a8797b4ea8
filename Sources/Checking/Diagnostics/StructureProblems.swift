import NodalDiagnostics

extension Diagnostic {
  static func unknownStructure(_ name: String, at span: Span) -> Diagnostic {
    let known = LearnedStructure.built.map(\.rawValue)
    let best = Suggestions.nearest(to: name, in: known)
    return Diagnostic(
      .unknownStructure, "there is no structure `\(name)` for a learned term", at: Label(span),
      help: [best.map { "did you mean `\($0)`?" } ?? "there are " + Suggestions.list(known)])
  }

  static func structures(
    _ first: WrittenStructure, _ second: WrittenStructure, _ conflict: StructureConflict
  ) -> Diagnostic {
    let names = "`\(first.property.rawValue)` and `\(second.property.rawValue)`"
    let message: String
    var help: [String] = []
    switch conflict {
    case .twoRanges:
      message = "a learned term can't be built to be \(names)"
      help = ["one of them decides its values; `bounded(0, …)` is positive too"]
    case .oddOfOneSign:
      message = "\(names) leave no term but zero: what is odd has both signs"
      help = ["`even` goes with a sign; `bounded(-1, 1)` goes with `odd`"]
    case .monotoneDrag:
      message = "\(names) can't be promised together: a drag's coefficient may rise and fall"
      help = ["`odd(v), monotone(-v)` falls with v through zero, and so takes energy too"]
    case .signs:
      message = "\(names) leave no term but zero in these states"
      help = ["leave one of them out"]
    case .oddOfBounds:
      message = "a term that is odd is bounded on both sides alike"
      help = ["write bounds that are numbers, such as `bounded(-1, 1)`"]
    case .monotoneOfBounds:
      message = "a monotone term has bounds of which it is known that the lower one is below"
      help = ["write bounds that are numbers, such as `bounded(0, 1)`"]
    case .drag:
      message =
        "\(names) exclude each other: the term has its sign from that of -v, and the rest of it is positive"
      help = [
        "where v changes its sign the term does: `odd(v), dissipative(v)`; where v keeps it, `even(x), dissipative(v)`"
      ]
    case .unseenDrag:
      message =
        "what `dissipative` names must keep or change its sign as a whole with what `\(other(first, second))` names"
      help = ["`odd(v), dissipative(v)` does, and `even(x), dissipative(v)`"]
    }
    return Diagnostic(
      .unkeptStructure, message, at: Label(second.span), also: [Label(first.span, "the other")],
      help: help)
  }

  private static func other(_ a: WrittenStructure, _ b: WrittenStructure) -> String {
    (a.property == .dissipative ? b : a).property.rawValue
  }

  /// A term that can't be monotone by construction.
  /// - Parameter place: where the obstacle stands, if it is in the program's own text.
  static func notMonotone(
    _ term: String, _ obstacle: MonotoneObstacle.Kind, at span: Span, place: Span?
  ) -> Diagnostic {
    let reason: String
    let help: [String]
    switch obstacle {
    case .op(let name):
      reason = "`\(name)` is not monotone"
      help = [
        "activations that rise keep it: `act: tanh`, `sigmoid`, `softplus`, `relu`, `leaky_relu`, `elu`, `softsign`"
      ]
    case .product:
      reason = "it holds a product of two values that both depend on what is named"
      help = [
        "`gelu`, `silu` and `rbf` are such products, and so are layers with gates; `tanh` and `softplus` are not"
      ]
    case .sign:
      reason = "it is multiplied by something of either sign"
      help = [
        "a factor that is learned keeps its sign with a domain: `param k = 1 in (0, inf)`, or `learn(1.0, in: (0, inf))`"
      ]
    case .mixed:
      reason = "one part of it rises where another falls"
      help = [
        "`odd(x), monotone(x)` go together, and `even(v), monotone(x)` of two states"
      ]
    case .falls:
      reason = "it falls with what is named"
      help = ["`monotone(-x)` falls with x"]
    case .opaque:
      reason = "nothing is known of how this goes with what is named"
      help = ["dense layers with activations that rise, sums, and factors of one sign keep it"]
    }
    return Diagnostic(
      .unkeptStructure, "\(reason), so `\(term)` can't be monotone by construction",
      at: Label(span), also: place.map { [Label($0, "here")] } ?? [], help: help)
  }

  static func monotoneInNoName(_ text: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .wrongKindOfName, "`monotone` takes names of what a term reads, and `\(text)` is none",
      at: Label(span),
      help: ["`let r = \(text)` names it; then the term takes r, and is `monotone(r)`"])
  }

  static func unreadByTerm(_ variable: String, _ term: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .unkeptStructure, "`\(term)` does not read `\(variable)`", at: Label(span),
      help: ["name what the term is a function of"])
  }

  static func bothWays(_ variable: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .unkeptStructure,
      "`\(variable)` is named with both signs, which leaves no term but a constant",
      at: Label(span), help: ["`monotone(x)` rises with x, `monotone(-x)` falls"])
  }

  static func changingBound(_ bound: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .notConstant, "`\(bound)` changes along a solution, and bounds of a learned term don't",
      at: Label(span, "this is no constant"),
      help: ["a number, a `const`, or a `param` can stand here"])
  }

  static func malformedBounds(areFinite: Bool, at span: Span) -> Diagnostic {
    Diagnostic(
      .malformedDomain,
      areFinite ? "the lower bound is not below the upper one" : "both bounds must be finite",
      at: Label(span),
      help: [
        areFinite
          ? "write `bounded(lo, hi)` with lo < hi"
          : "`positive` and `negative` leave one side open"
      ])
  }
}
