import NodalParsing
import NodalSyntax

/// Earley's recogniser over the grammar file: decides whether tokens are a program, without the parser.
struct Recogniser {
  /// Plain productions: a symbol and what it consists of. Symbols ≥ 0 are productions, < 0 terminals.
  private var bodies: [[[Int]]] = []
  private var numbers: [String: Int] = [:]
  private var terminals: [String: Int] = [:]
  private var nullable: [Bool] = []
  private let start: Int

  init(_ grammar: Grammar) {
    start = 0
    for name in grammar.order where !Grammar.isToken(name) {
      numbers[name] = bodies.count
      bodies.append([])
    }
    for name in grammar.order {
      guard let number = numbers[name], let rule = grammar.rules[name] else { continue }
      bodies[number] = alternatives(rule)
    }
    nullable = Array(repeating: false, count: bodies.count)
    var changed = true
    while changed {
      changed = false
      for symbol in bodies.indices where !nullable[symbol] {
        if bodies[symbol].contains(where: { $0.allSatisfy { $0 >= 0 && nullable[$0] } }) {
          nullable[symbol] = true
          changed = true
        }
      }
    }
  }

  private mutating func alternatives(_ rule: Grammar.Rule) -> [[Int]] {
    if case .choice(let choices) = rule { return choices.flatMap { [flat($0)] } }
    return [flat(rule)]
  }

  private mutating func flat(_ rule: Grammar.Rule) -> [Int] {
    switch rule {
    case .literal(let text): return [terminal("'" + text)]
    case .symbol(let name): return [numbers[name] ?? terminal(name)]
    case .characters: return []
    case .sequence(let parts): return parts.flatMap { flat($0) }
    case .choice: return [fresh(alternatives(rule))]
    case .optional(let inner): return [fresh([[]] + alternatives(inner))]
    case .many(let inner): return [loop(flat(inner), atLeastOne: false)]
    case .some(let inner): return [loop(flat(inner), atLeastOne: true)]
    }
  }

  private mutating func fresh(_ alternatives: [[Int]]) -> Int {
    bodies.append(alternatives)
    return bodies.count - 1
  }

  private mutating func loop(_ body: [Int], atLeastOne: Bool) -> Int {
    let symbol = fresh([])
    bodies[symbol] = [atLeastOne ? body : [], [symbol] + body]
    return symbol
  }

  private mutating func terminal(_ name: String) -> Int {
    if let number = terminals[name] { return number }
    terminals[name] = -terminals.count - 1
    return -terminals.count
  }

  /// The terminals that a token is: a name is NAME and the word that it spells.
  private func classes(of token: Token) -> [Int] {
    let names: [String] =
      switch token.kind {
      case .name(let text, primes: 0): ["NAME", "'" + text]
      case .name: ["PRIMED"]
      case .keyword(let keyword): ["'" + keyword.rawValue]
      case .integer: ["INTEGER"]
      case .real: ["REAL"]
      case .string: ["STRING"]
      case .unit: ["UNIT"]
      case .primes: ["PRIMES"]
      case .symbol(let symbol): ["'" + symbol.rawValue]
      case .newline: ["NEWLINE"]
      case .end, .invalid: []
      }
    return names.compactMap { terminals[$0] }
  }

  private struct Item: Hashable {
    let symbol: Int32
    let body: Int32
    let dot: Int32
    let origin: Int32
  }

  func accepts(_ tokens: [Token]) -> Bool {
    let input = tokens.filter { !$0.isEnd }.map(classes)
    var sets: [[Item]] = Array(repeating: [], count: input.count + 1)
    var seen: [Set<Item>] = Array(repeating: [], count: input.count + 1)
    /// For each set and symbol, the items that wait for the symbol there.
    var waiting: [[Int: [Item]]] = Array(repeating: [:], count: input.count + 1)
    func add(_ item: Item, _ index: Int) {
      if seen[index].insert(item).inserted { sets[index].append(item) }
    }
    func predict(_ symbol: Int, _ index: Int) {
      for body in bodies[symbol].indices {
        add(Item(symbol: Int32(symbol), body: Int32(body), dot: 0, origin: Int32(index)), index)
      }
    }
    func advanced(_ item: Item) -> Item {
      Item(symbol: item.symbol, body: item.body, dot: item.dot + 1, origin: item.origin)
    }
    predict(start, 0)
    for index in sets.indices {
      var next = 0
      while next < sets[index].count {
        let item = sets[index][next]
        next += 1
        let body = bodies[Int(item.symbol)][Int(item.body)]
        if Int(item.dot) == body.count {
          for waiter in waiting[Int(item.origin)][Int(item.symbol)] ?? [] {
            add(advanced(waiter), index)
          }
          continue
        }
        let wanted = body[Int(item.dot)]
        if wanted >= 0 {
          if waiting[index][wanted] == nil { predict(wanted, index) }
          waiting[index][wanted, default: []].append(item)
          // What may be empty is stepped over at once (Aycock and Horspool 2002).
          if nullable[wanted] { add(advanced(item), index) }
        } else if index < input.count, input[index].contains(wanted) {
          add(advanced(item), index + 1)
        }
      }
      if index < input.count, sets[index + 1].isEmpty { return false }
    }
    return sets[input.count].contains {
      Int($0.symbol) == start && $0.origin == 0
        && Int($0.dot) == bodies[start][Int($0.body)].count
    }
  }
}
