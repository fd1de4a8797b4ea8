extension Formula {
  /// What it is made of, one level down.
  package var parts: [Formula] {
    switch self {
    case .number, .name, .time, .truth: []
    case .negative(let a), .not(let a): [a]
    case .sum(let terms), .product(let terms), .all(let terms), .any(let terms): terms
    case .quotient(let a, let b), .power(let a, let b), .comparison(_, let a, let b): [a, b]
    case .call(_, let arguments), .definedCall(_, let arguments): arguments
    case .choice(let choices, let otherwise):
      choices.flatMap { [$0.condition, $0.value] } + [otherwise]
    }
  }

  /// The same with each part replaced, one level down.
  func mapParts<E: Error>(_ change: (Formula) throws(E) -> Formula) throws(E) -> Formula {
    func each(_ parts: [Formula]) throws(E) -> [Formula] {
      var result: [Formula] = []
      for part in parts { result.append(try change(part)) }
      return result
    }
    switch self {
    case .number, .name, .time, .truth: return self
    case .negative(let a): return .negative(try change(a))
    case .not(let a): return .not(try change(a))
    case .sum(let terms): return .sum(try each(terms))
    case .product(let terms): return .product(try each(terms))
    case .all(let terms): return .all(try each(terms))
    case .any(let terms): return .any(try each(terms))
    case .quotient(let a, let b): return .quotient(try change(a), try change(b))
    case .power(let a, let b): return .power(try change(a), try change(b))
    case .comparison(let sign, let a, let b): return .comparison(sign, try change(a), try change(b))
    case .call(let function, let arguments): return .call(function, try each(arguments))
    case .definedCall(let name, let arguments): return .definedCall(name, try each(arguments))
    case .choice(let choices, let otherwise):
      var changed: [Choice] = []
      for choice in choices {
        changed.append(
          Choice(condition: try change(choice.condition), value: try change(choice.value)))
      }
      return .choice(changed, otherwise: try change(otherwise))
    }
  }

  /// The names that it reads.
  package var names: Set<String> {
    var found: Set<String> = []
    collectNames(&found)
    return found
  }

  private func collectNames(_ found: inout Set<String>) {
    if case .name(let name) = self { found.insert(name) }
    for part in parts { part.collectNames(&found) }
  }

  /// Whether it reads the time itself.
  package var readsTime: Bool { self == .time || parts.contains { $0.readsTime } }

  /// How many nodes it has, counted up to a limit.
  func size(upTo limit: Int) -> Int {
    var count = 1
    for part in parts {
      if count > limit { return count }
      count += part.size(upTo: limit - count)
    }
    return count
  }

  /// With formulas in the place of names.
  package func replacing(_ names: [String: Formula]) -> Formula {
    if names.isEmpty { return self }
    if case .name(let name) = self { return names[name] ?? self }
    return mapParts { $0.replacing(names) }
  }

  /// Without factors 1, and with sums and products in one level.
  package var simplified: Formula {
    let formula = mapParts { $0.simplified }
    switch formula {
    case .product(let factors):
      var kept: [Formula] = []
      for factor in factors {
        if factor == .one { continue }
        if case .product(let inner) = factor { kept += inner } else { kept.append(factor) }
      }
      if kept.count > 1, kept[0] == .number(-1) {
        return .negative(kept.count == 2 ? kept[1] : .product(Array(kept.dropFirst())))
      }
      return kept.isEmpty ? .one : kept.count == 1 ? kept[0] : .product(kept)
    case .sum(let terms):
      var kept: [Formula] = []
      for term in terms {
        if case .sum(let inner) = term { kept += inner } else { kept.append(term) }
      }
      return kept.isEmpty ? .zero : kept.count == 1 ? kept[0] : .sum(kept)
    case .quotient(let a, .one): return a
    case .negative(.number(let x)): return .number(-x)
    case .negative(.negative(let a)): return a
    case .number, .name, .time, .truth, .negative, .quotient, .power, .call, .definedCall,
      .comparison, .all, .any, .not, .choice:
      return formula
    }
  }
}
