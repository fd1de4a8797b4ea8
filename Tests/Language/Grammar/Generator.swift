/// Small, fast, seeded: tests need the same programs every time.
struct Lehmer: RandomNumberGenerator {
  var state: UInt64
  init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }
}

/// Writes random programs of a grammar, and programs that use a given production. Takes the shortest way out
/// once a program has become deep.
struct Generator {
  let grammar: Grammar
  var random: Lehmer
  /// How often each production has been used.
  private(set) var uses: [String: Int] = [:]
  private let depths: [String: Int]
  private var tokens: [(text: String, attaches: Bool)] = []

  init(_ grammar: Grammar, seed: Int) {
    self.grammar = grammar
    self.random = Lehmer(seed: seed)
    self.depths = Self.leastDepths(grammar)
  }

  mutating func program(depth: Int) -> String {
    tokens = []
    expand(.symbol("file"), depth: depth)
    return text
  }

  /// The tokens with blanks between them.
  private var text: String {
    var text = ""
    for (index, token) in tokens.enumerated() {
      if index > 0, !token.attaches, token.text != "\n", text.last != "\n" { text += " " }
      text += token.text == "\n" && vanishes(after: index) ? ";" : token.text
    }
    return text
  }

  /// Rule 1: before `else` and `|>` the end of a line is none; what ends there ends with `;`.
  private func vanishes(after index: Int) -> Bool {
    let next = tokens[(index + 1)...].first { $0.text != "\n" }?.text
    return next == "else" || next == "|>"
  }

  /// The least height of a tree for each production: a fixed point.
  private static func leastDepths(_ grammar: Grammar) -> [String: Int] {
    var depths: [String: Int] = [:]
    func depth(_ rule: Grammar.Rule) -> Int {
      switch rule {
      case .literal, .characters, .optional, .many: 0
      case .symbol(let name): (depths[name] ?? 1000) + 1
      case .sequence(let parts): parts.map(depth).max() ?? 0
      case .choice(let choices): choices.map(depth).min() ?? 0
      case .some(let inner): depth(inner)
      }
    }
    for _ in 0..<60 {
      for (name, rule) in grammar.rules { depths[name] = depth(rule) }
    }
    return depths
  }

  private func least(_ rule: Grammar.Rule) -> Int {
    switch rule {
    case .literal, .characters, .optional, .many: 0
    case .symbol(let name): (depths[name] ?? 1000) + 1
    case .sequence(let parts): parts.map(least).max() ?? 0
    case .choice(let choices): choices.map(least).min() ?? 0
    case .some(let inner): least(inner)
    }
  }

  private mutating func expand(_ rule: Grammar.Rule, depth: Int) {
    switch rule {
    case .literal(let text): tokens.append((text, false))
    case .characters: break
    case .symbol(let name):
      uses[name, default: 0] += 1
      if Grammar.isToken(name) {
        var text = ""
        repeat {
          text = ""
          spell(.symbol(name), into: &text)
        } while name == "NAME" && Self.reserved.contains(text)
        tokens.append((text, name == "UNIT" || name == "PRIMES"))
      } else if let rule = grammar.rules[name] {
        // A long program takes the shortest way out.
        expand(rule, depth: tokens.count > 250 ? 0 : depth - 1)
      }
    case .sequence(let parts): for part in parts { expand(part, depth: depth) }
    case .choice(let choices):
      let fitting = choices.filter { least($0) <= depth }
      let pool = fitting.isEmpty ? [choices.min { least($0) < least($1) } ?? choices[0]] : fitting
      if let choice = pool.randomElement(using: &random) {
        expand(choice, depth: depth)
      }
    case .optional(let inner):
      if least(inner) <= depth, Bool.random(using: &random) {
        expand(inner, depth: depth)
      }
    case .many(let inner):
      var count = 0
      while count < 3, least(inner) <= depth,
        Int.random(in: 0..<3, using: &random) == 0
      {
        expand(inner, depth: depth)
        count += 1
      }
    case .some(let inner):
      expand(inner, depth: depth)
      if least(inner) <= depth, Int.random(in: 0..<4, using: &random) == 0 {
        expand(inner, depth: depth)
      }
    }
  }

  // MARK: Towards one production

  /// A program that uses a production: the shortest way to it, and around it whatever is least.
  mutating func program(using target: String, depth: Int) -> String {
    var distances = [target: 0]
    for _ in 0..<40 {
      for (name, rule) in grammar.rules where name != target {
        distances[name] = Self.distance(rule, distances).map { $0 + 1 }
      }
    }
    tokens = []
    expand(.symbol("file"), towards: target, distances, depth: depth)
    return text
  }

  /// How many productions lie between a rule and the target; `nil` where it doesn't lead there.
  private static func distance(_ rule: Grammar.Rule, _ distances: [String: Int]) -> Int? {
    switch rule {
    case .literal, .characters: nil
    case .symbol(let name): distances[name]
    case .sequence(let parts), .choice(let parts):
      parts.compactMap { distance($0, distances) }.min()
    case .optional(let inner), .many(let inner), .some(let inner): distance(inner, distances)
    }
  }

  private mutating func expand(
    _ rule: Grammar.Rule, towards target: String, _ distances: [String: Int], depth: Int
  ) {
    func far(_ rule: Grammar.Rule) -> Int { Self.distance(rule, distances) ?? Int.max }
    switch rule {
    case .literal, .characters: expand(rule, depth: 0)
    case .symbol(let name):
      if name == target || Grammar.isToken(name) {
        expand(rule, depth: depth)
      } else if let inner = grammar.rules[name] {
        uses[name, default: 0] += 1
        expand(inner, towards: target, distances, depth: depth)
      }
    case .sequence(let parts):
      let way = parts.indices.min { far(parts[$0]) < far(parts[$1]) }
      for index in parts.indices {
        if index == way {
          expand(parts[index], towards: target, distances, depth: depth)
        } else {
          expand(parts[index], depth: 0)
        }
      }
    case .choice(let choices):
      if let way = choices.min(by: { far($0) < far($1) }) {
        expand(way, towards: target, distances, depth: depth)
      }
    case .optional(let inner), .many(let inner), .some(let inner):
      expand(inner, towards: target, distances, depth: depth)
    }
  }

  /// The characters of a token. Names are taken now and then from the words of the language that are names
  /// elsewhere: they are what a parser confuses.
  private mutating func spell(_ rule: Grammar.Rule, into text: inout String) {
    switch rule {
    case .literal(let literal): text += literal
    case .characters(let ranges):
      guard let range = ranges.randomElement(using: &random),
        let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random))
      else { return }
      text.unicodeScalars.append(scalar)
    case .symbol(let name):
      uses[name, default: 0] += 1
      if name == "NAME", Int.random(in: 0..<4, using: &random) == 0 {
        text += Self.contextual.randomElement(using: &random) ?? "x"
      } else if let rule = grammar.rules[name] {
        spell(rule, into: &text)
      }
    case .sequence(let parts): for part in parts { spell(part, into: &text) }
    case .choice(let choices):
      if let choice = choices.randomElement(using: &random) { spell(choice, into: &text) }
    case .optional(let inner):
      if Int.random(in: 0..<3, using: &random) == 0 { spell(inner, into: &text) }
    case .many(let inner):
      while Int.random(in: 0..<3, using: &random) == 0 { spell(inner, into: &text) }
    case .some(let inner):
      spell(inner, into: &text)
      while Int.random(in: 0..<3, using: &random) == 0 { spell(inner, into: &text) }
    }
  }

  static let reserved: Set<String> = [
    "let", "var", "if", "then", "else", "for", "in", "fold", "scan", "map", "sample", "true",
    "false",
    "inf", "nan", "pi",
  ]
  static let contextual = [
    "on", "to", "as", "log", "t", "state", "ode", "train", "plot", "data", "loss", "where", "per",
    "raw",
    "rising", "stop", "noise", "override", "test", "layer", "param", "const", "input", "of", "seed",
  ]
}
