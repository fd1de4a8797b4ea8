import NodalDiagnostics
import NodalSyntax

/// A property that `where` gives a learned term by construction: it holds for all weights, at all states.
enum LearnedStructure: String, Sendable, Hashable, CaseIterable {
  /// Inputs as they are, not standardised.
  case raw
  /// f(-x) = -f(x) in the named states together: ½(f(x) - f(-x)).
  case odd
  /// f(-x) = f(x): ½(f(x) + f(-x)).
  case even
  /// softplus(f).
  case positive
  /// -softplus(-f), which rises where f does.
  case negative
  /// lo + (hi - lo) sigmoid(f).
  case bounded
  /// -softplus(f) v: f v ≤ 0 for each component, so what moves with velocity v is never fed. The drag of a dissipation function that is quadratic in v
  /// (Rayleigh 1873), with a coefficient that may depend on everything.
  case dissipative
  /// Weights on the way from the named variables enter by their absolute values (`MonotoneTerms`).
  case monotone
  case convex
  case conservative

  /// Those that terms can be given.
  static let built = allCases.filter(\.isBuilt)

  var isBuilt: Bool {
    switch self {
    case .raw, .odd, .even, .positive, .negative, .bounded, .dissipative, .monotone: true
    case .convex, .conservative: false
    }
  }

  /// Whether it says how a term changes with signs of states.
  var isParity: Bool { self == .odd || self == .even }

  /// Whether it decides what values the term takes: of these there is one at most.
  var isRange: Bool {
    switch self {
    case .positive, .negative, .bounded, .dissipative: true
    case .raw, .odd, .even, .monotone, .convex, .conservative: false
    }
  }

  /// Why a term has no place for both, whatever the arguments; nil where it may have.
  func conflict(with other: LearnedStructure) -> StructureConflict? {
    if isRange, other.isRange { return .twoRanges }
    switch (self, other) {
    case (.odd, .positive), (.odd, .negative), (.positive, .odd), (.negative, .odd):
      return .oddOfOneSign
    case (.dissipative, .monotone), (.monotone, .dissipative): return .monotoneDrag
    case (.raw, _), (.odd, _), (.even, _), (.positive, _), (.negative, _), (.bounded, _),
      (.dissipative, _), (.monotone, _), (.convex, _), (.conservative, _):
      return nil
    }
  }
}

/// Why two properties can't be promised together.
enum StructureConflict: Sendable, Hashable {
  case twoRanges
  case oddOfOneSign
  case monotoneDrag
  /// Signs that leave nothing but zero.
  case signs
  /// An odd term whose bounds don't lie around zero.
  case oddOfBounds
  /// Bounds of which the lower may turn out to be the upper.
  case monotoneOfBounds
  /// The sign of the drag follows from that of v, and the coefficient would have to be odd.
  case drag
  /// What v does when the named states change sign can't be seen.
  case unseenDrag
}

/// A property as it is written, and which it is.
struct WrittenStructure: Sendable {
  let property: LearnedStructure
  let node: Structure
  var span: Span { node.span }
}

extension Checker {
  /// What `where` names; what there is not, or what excludes another, is reported. Nil where that leaves nothing to build.
  mutating func writtenStructures(_ term: LearnedTerm) -> [WrittenStructure]? {
    var found: [WrittenStructure] = []
    for node in term.structures {
      guard let property = LearnedStructure(rawValue: node.name.text) else {
        report(.unknownStructure(node.name.text, at: node.name.span))
        continue
      }
      guard property.isBuilt else {
        report(.notSupportedYet("the structure `\(node.name.text)`", at: node.span))
        continue
      }
      let written = WrittenStructure(property: property, node: node)
      for earlier in found {
        guard let conflict = earlier.property.conflict(with: property) else { continue }
        report(.structures(earlier, written, conflict))
        return nil
      }
      found.append(written)
    }
    return found
  }
}
