import NodalBasics

/// Formulas in the language of programs, with as few brackets as it needs.
struct FormulaText {
  /// What a name is called in the program.
  let spelling: (String) -> String

  func text(_ formula: Formula) -> String { text(formula, .lowest) }

  /// How tightly an operator holds its operands.
  private enum Binding: Int, Comparable {
    case lowest, or, and, comparison, sum, product, sign, power, atom
    static func < (a: Binding, b: Binding) -> Bool { a.rawValue < b.rawValue }
  }

  private func text(_ formula: Formula, _ least: Binding) -> String {
    let (text, binding) = bound(formula)
    return binding < least ? "(\(text))" : text
  }

  private func bound(_ formula: Formula) -> (String, Binding) {
    switch formula {
    case .number(let x): return (number(x), x < 0 || x.sign == .minus ? .sign : .atom)
    case .name(let name): return (spelling(name), .atom)
    case .time: return ("t", .atom)
    case .truth(let value): return (value ? "true" : "false", .atom)
    case .negative(let a):
      let (inner, binding) = bound(a)
      if binding == .product { return ("-" + inner, .product) }
      return ("-" + text(a, .power), .sign)
    case .sum(let terms): return (sum(terms), .sum)
    case .product(let factors): return (product(factors), .product)
    case .quotient(let a, let b): return (text(a, .product) + "/" + text(b, .power), .product)
    case .power(let a, let b): return (text(a, .atom) + "^" + exponent(b), .power)
    case .call(let function, let arguments): return call(function, arguments)
    case .definedCall(let name, let arguments): return (name + list(arguments), .atom)
    case .comparison(let sign, let a, let b):
      return ("\(text(a, .sum)) \(sign.rawValue) \(text(b, .sum))", .comparison)
    case .all(let terms): return (joined(terms, "&&", .comparison, empty: "true"), .and)
    case .any(let terms): return (joined(terms, "||", .and, empty: "false"), .or)
    case .not(let a): return ("!" + text(a, .atom), .sign)
    case .choice(let choices, let otherwise):
      let cases = choices.map { "if \(text($0.condition, .or)) then \(text($0.value, .or)) else " }
      return (cases.joined() + text(otherwise, .lowest), .lowest)
    }
  }

  private func number(_ x: Double) -> String { Self.number(x) }

  /// The shortest text of a number: `1e5`, not `100000`.
  static func number(_ x: Double) -> String {
    let plain = NumberFormat.shortest(x)
    let scientific = NumberFormat.scientific(x, 1)
    return plain.count > scientific.count + 1 && Double(scientific) == x ? scientific : plain
  }

  private func exponent(_ formula: Formula) -> String {
    if case .number(let x) = formula, x < 0 { return "(\(number(x)))" }
    return text(formula, .atom)
  }

  private func sum(_ terms: [Formula]) -> String {
    var result = ""
    for (index, term) in terms.enumerated() {
      var term = term
      var sign = " + "
      if index > 0 {
        if case .negative(let inner) = term { (term, sign) = (inner, " - ") }
        if case .number(let x) = term, x < 0 { (term, sign) = (.number(-x), " - ") }
        if case .product(let factors) = term, case .number(let x) = factors.first, x < 0 {
          sign = " - "
          term =
            x == -1 && factors.count > 1
            ? .product(Array(factors.dropFirst())) : .product([.number(-x)] + factors.dropFirst())
        }
      }
      result += (index == 0 ? "" : sign) + text(term, .product)
    }
    return terms.isEmpty ? "0" : result
  }

  private func product(_ factors: [Formula]) -> String {
    var result = ""
    for (index, factor) in factors.enumerated() {
      // a*(b/c) rounds otherwise than a*b/c, but a quotient reads better without brackets at the end.
      let least: Binding = index == 0 ? .product : .sign
      if case .quotient = factor, index > 0 {
        result += "*" + text(factor, .product)
      } else if case .number(let x) = factor, x < 0, index > 0 {
        result += "*(\(number(x)))"
      } else if case .negative = factor, index > 0 {
        result += "*(\(text(factor, .lowest)))"
      } else {
        result += (index == 0 ? "" : "*") + text(factor, least)
      }
    }
    return factors.isEmpty ? "1" : result
  }

  private func joined(
    _ terms: [Formula], _ sign: String, _ least: Binding, empty: String
  ) -> String {
    terms.isEmpty ? empty : terms.map { text($0, least) }.joined(separator: " \(sign) ")
  }

  private func list(_ arguments: [Formula]) -> String {
    "(" + arguments.map { text($0, .lowest) }.joined(separator: ", ") + ")"
  }

  /// A function as the language has it, or made of others.
  private func call(_ function: FormulaFunction, _ arguments: [Formula]) -> (String, Binding) {
    let x = arguments.first ?? .zero
    func square(_ x: Formula) -> Formula { .power(x, .number(2)) }
    func over(_ function: FormulaFunction) -> (String, Binding) {
      bound(.quotient(.one, .call(function, [x])))
    }
    func named(_ name: String, _ argument: Formula) -> (String, Binding) {
      ("\(name)(\(text(argument, .lowest)))", .atom)
    }
    switch function {
    case .abs, .exp, .log, .sqrt, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh,
      .floor, .ceil, .sign:
      return named(function.rawValue, x)
    case .log2: return bound(.quotient(.call(.log, [x]), .call(.log, [.number(2)])))
    case .log10: return bound(.quotient(.call(.log, [x]), .call(.log, [.number(10)])))
    case .sec: return over(.cos)
    case .csc: return over(.sin)
    case .cot: return over(.tan)
    case .sech: return over(.cosh)
    case .csch: return over(.sinh)
    case .coth: return over(.tanh)
    case .asinh:
      return named("log", .sum([x, .call(.sqrt, [.sum([square(x), .one])])]))
    case .acosh:
      return named("log", .sum([x, .call(.sqrt, [.difference(square(x), .one)])]))
    case .atanh:
      return bound(
        .product([.number(0.5), .call(.log, [.quotient(.sum([.one, x]), .difference(.one, x))])]))
    case .factorial:
      return named("exp", .definedCall("lgamma", [.sum([x, .one])]))
    case .min, .max:
      let result = arguments.dropFirst().reduce(text(x, .lowest)) {
        "\(function.rawValue)(\($0), \(text($1, .lowest)))"
      }
      return arguments.count == 1 ? bound(x) : (result, .atom)
    }
  }
}

extension Formula {
  /// In the language of programs, by its own names.
  package var text: String { FormulaText { $0 }.text(self) }
}
