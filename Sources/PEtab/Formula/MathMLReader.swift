import NodalDiagnostics

/// Reads the MathML that SBML uses: one operator with its operands, nested.
struct MathMLReader {
  /// The one formula of a `math` element.
  static func read(_ math: XMLElement) throws(ImportFailure) -> Formula {
    guard math.children.count == 1 else {
      throw ImportFailure(.mathML(.operandCount("math", found: math.children.count)), at: math.span)
    }
    return try formula(math.children[0])
  }

  private static func formula(_ element: XMLElement) throws(ImportFailure) -> Formula {
    switch element.name {
    case "cn": return .number(try number(element))
    case "ci": return .name(trimmed(element.text))
    case "csymbol": return try symbol(element)
    case "true": return .truth(true)
    case "false": return .truth(false)
    case "pi": return .number(.pi)
    case "exponentiale": return .call(.exp, [.one])
    case "infinity": return .number(.infinity)
    case "notanumber": return .number(.nan)
    case "semantics":
      guard let first = element.children.first else {
        throw ImportFailure(.mathML(.operandCount("semantics", found: 0)), at: element.span)
      }
      return try formula(first)
    case "piecewise": return try piecewise(element)
    case "apply": return try apply(element)
    default: throw ImportFailure(.mathML(.unknownElement(element.name)), at: element.span)
    }
  }

  /// The parameters and the body of a `lambda`.
  static func lambda(_ math: XMLElement) throws(ImportFailure) -> ([String], Formula) {
    var lambda = math.children.first
    if lambda?.name == "semantics" { lambda = lambda?.children.first }
    guard let lambda, lambda.name == "lambda", let body = lambda.children.last else {
      throw ImportFailure(.mathML(.operandCount("lambda", found: 0)), at: math.span)
    }
    let names = lambda.children.dropLast().map { bound in
      trimmed(bound.child("ci")?.text ?? bound.text)
    }
    return (names, try formula(body))
  }

  private static func trimmed(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static func number(_ element: XMLElement) throws(ImportFailure) -> Double {
    // The two parts of `e-notation` and `rational` stand around a `sep`; the element's text joins them.
    let words = element.text.split(whereSeparator: \.isWhitespace).map(String.init)
    let bad = ImportFailure(.badNumber(words.joined(separator: " ")), at: element.span)
    guard let first = words.first, let value = Double(first) else { throw bad }
    let result: Double
    switch element.attributes["type"] ?? "real" {
    case "e-notation":
      guard words.count == 2, let power = Int(words[1]) else { throw bad }
      guard let both = Double("\(first)e\(power)") else { throw bad }
      result = both
    case "rational":
      guard words.count == 2, let below = Double(words[1]) else { throw bad }
      result = value / below
    default:
      guard words.count == 1 else { throw bad }
      result = value
    }
    guard result.isFinite else { throw bad }
    return result
  }

  private static func symbol(_ element: XMLElement) throws(ImportFailure) -> Formula {
    let url = element.attributes["definitionURL"] ?? ""
    if url.hasSuffix("/time") { return .time }
    if url.hasSuffix("/avogadro") { return .number(6.02214076e23) }
    let name = url.split(separator: "/").last.map(String.init) ?? trimmed(element.text)
    throw ImportFailure(.unsupported(.function(name)), at: element.span)
  }

  private static func piecewise(_ element: XMLElement) throws(ImportFailure) -> Formula {
    var choices: [Formula.Choice] = []
    var otherwise: Formula?
    for part in element.children {
      switch part.name {
      case "piece":
        guard part.children.count == 2 else {
          throw ImportFailure(
            .mathML(.operandCount("piece", found: part.children.count)), at: part.span)
        }
        choices.append(
          .init(
            condition: try formula(part.children[1]), value: try formula(part.children[0])))
      case "otherwise":
        guard part.children.count == 1 else {
          throw ImportFailure(
            .mathML(.operandCount("otherwise", found: part.children.count)), at: part.span)
        }
        otherwise = try formula(part.children[0])
      default: throw ImportFailure(.mathML(.unknownElement(part.name)), at: part.span)
      }
    }
    // What is not defined is no number, as MathML has it.
    let rest = otherwise ?? .number(.nan)
    return choices.isEmpty ? rest : .choice(choices, otherwise: rest)
  }

  private static func apply(_ element: XMLElement) throws(ImportFailure) -> Formula {
    guard let head = element.children.first else {
      throw ImportFailure(.mathML(.operandCount("apply", found: 0)), at: element.span)
    }
    var operands: [Formula] = []
    var base: Formula?
    for operand in element.children.dropFirst() {
      switch operand.name {
      case "degree", "logbase":
        guard let inner = operand.children.first, base == nil else {
          throw ImportFailure(.mathML(.operandCount(operand.name, found: 0)), at: operand.span)
        }
        base = try formula(inner)
      default: operands.append(try formula(operand))
      }
    }
    func require(_ count: ClosedRange<Int>) throws(ImportFailure) {
      guard count.contains(operands.count) else {
        throw ImportFailure(
          .mathML(.operandCount(head.name, found: operands.count)), at: element.span)
      }
    }
    switch head.name {
    case "plus": return operands.count == 1 ? operands[0] : .sum(operands)
    case "times": return operands.count == 1 ? operands[0] : .product(operands)
    case "minus":
      try require(1...2)
      return operands.count == 1 ? .negative(operands[0]) : .difference(operands[0], operands[1])
    case "divide":
      try require(2...2)
      return .quotient(operands[0], operands[1])
    case "power":
      try require(2...2)
      return .power(operands[0], operands[1])
    case "root":
      try require(1...1)
      guard let base, base != .number(2) else { return .call(.sqrt, operands) }
      return .power(operands[0], .quotient(.one, base))
    case "log":
      try require(1...1)
      guard let base, base != .number(10) else { return .call(.log10, operands) }
      return .quotient(.call(.log, operands), .call(.log, [base]))
    case "and": return .all(operands)
    case "or": return .any(operands)
    case "not":
      try require(1...1)
      return .not(operands[0])
    case "xor":
      try require(2...2)
      return .any([
        .all([operands[0], .not(operands[1])]), .all([.not(operands[0]), operands[1]]),
      ])
    case "eq", "neq", "lt", "leq", "gt", "geq":
      try require(2...max(2, operands.count))
      let pairs = zip(operands, operands.dropFirst()).map { a, b in
        Formula.comparison(comparisons[head.name] ?? .equal, a, b)
      }
      return pairs.count == 1 ? pairs[0] : .all(pairs)
    case "quotient", "rem", "implies":
      throw ImportFailure(.unsupported(.function(head.name)), at: head.span)
    case "ci": return .definedCall(trimmed(head.text), operands)
    case "csymbol":
      let url = head.attributes["definitionURL"] ?? ""
      let name = url.split(separator: "/").last.map(String.init) ?? trimmed(head.text)
      throw ImportFailure(.unsupported(.function(name)), at: head.span)
    default:
      // In MathML `log` has the base 10, handled above; `ln` is the natural one.
      guard let function = FormulaFunction.named(head.name) else {
        throw ImportFailure(.mathML(.unknownElement(head.name)), at: head.span)
      }
      try require((function.arity ?? 1)...(function.arity ?? max(1, operands.count)))
      return .call(function, operands)
    }
  }

  private static let comparisons: [String: Formula.Comparison] = [
    "eq": .equal, "neq": .notEqual, "lt": .less, "leq": .lessOrEqual, "gt": .greater,
    "geq": .greaterOrEqual,
  ]
}
