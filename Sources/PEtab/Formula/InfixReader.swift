package import NodalDiagnostics

/// Reads formulas as PEtab's tables have them: `scale*(A + B)^2`, `log10(x)`, `piecewise(a, t < 1, b)`. `^` and `**` are powers, from the right.
package struct InfixReader {
  private let bytes: [UInt8]
  private let span: Span
  private var at = 0
  private var depth = 0

  /// - Parameter span: where the text stands in its file.
  package static func read(_ text: String, span: Span) throws(ImportFailure) -> Formula {
    var reader = InfixReader(bytes: Array(text.utf8), span: span)
    let formula = try reader.alternatives()
    reader.skipBlanks()
    guard reader.at == reader.bytes.count else { throw reader.unexpected() }
    return formula
  }

  private init(bytes: [UInt8], span: Span) {
    self.bytes = bytes
    self.span = span
  }

  private func failure(_ error: ImportError, from start: Int, to end: Int) -> ImportFailure {
    // A quoted cell may hold marks that its text has not; the place is then the cell.
    guard span.length == bytes.count else { return ImportFailure(error, at: span) }
    return ImportFailure(
      error,
      at: Span(source: span.source, start: span.start + start, end: span.start + max(end, start)))
  }

  private func unexpected() -> ImportFailure {
    let rest = String(decoding: bytes[at..<min(bytes.count, at + 12)], as: UTF8.self)
    return failure(
      .formula(.unexpected(rest.isEmpty ? nil : rest)), from: at, to: min(bytes.count, at + 1))
  }

  private mutating func skipBlanks() {
    while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
  }

  private mutating func take(_ mark: StaticString) -> Bool {
    skipBlanks()
    guard mark.withUTF8Buffer({ bytes[at...].starts(with: $0) }) else { return false }
    at += mark.utf8CodeUnitCount
    return true
  }

  private mutating func nested(
    _ body: (inout InfixReader) throws(ImportFailure) -> Formula
  ) throws(ImportFailure) -> Formula {
    guard depth < XMLReader.deepest else {
      throw failure(.tooDeep(limit: XMLReader.deepest), from: at, to: at + 1)
    }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  private mutating func alternatives() throws(ImportFailure) -> Formula {
    var terms = [try conditions()]
    while take("||") { terms.append(try conditions()) }
    return terms.count == 1 ? terms[0] : .any(terms)
  }

  private mutating func conditions() throws(ImportFailure) -> Formula {
    var terms = [try comparison()]
    while take("&&") { terms.append(try comparison()) }
    return terms.count == 1 ? terms[0] : .all(terms)
  }

  private mutating func comparison() throws(ImportFailure) -> Formula {
    let left = try sum()
    let sign: Formula.Comparison
    if take("<=") {
      sign = .lessOrEqual
    } else if take(">=") {
      sign = .greaterOrEqual
    } else if take("==") {
      sign = .equal
    } else if take("!=") {
      sign = .notEqual
    } else if take("<") {
      sign = .less
    } else if take(">") {
      sign = .greater
    } else {
      return left
    }
    return .comparison(sign, left, try sum())
  }

  private mutating func sum() throws(ImportFailure) -> Formula {
    var terms = [try product()]
    while true {
      if take("+") {
        terms.append(try product())
      } else if take("-") {
        terms.append(.negative(try product()))
      } else {
        return terms.count == 1 ? terms[0] : .sum(terms)
      }
    }
  }

  private mutating func product() throws(ImportFailure) -> Formula {
    var factors = [try signed()]
    while true {
      skipBlanks()
      if bytes[at...].starts(with: "**".utf8) { throw unexpected() }
      if take("*") {
        factors.append(try signed())
      } else if take("/") {
        let above = factors.count == 1 ? factors[0] : Formula.product(factors)
        factors = [.quotient(above, try signed())]
      } else {
        return factors.count == 1 ? factors[0] : .product(factors)
      }
    }
  }

  private mutating func signed() throws(ImportFailure) -> Formula {
    if take("-") {
      return .negative(try nested { (reader) throws(ImportFailure) in try reader.signed() })
    }
    if take("+") { return try nested { (reader) throws(ImportFailure) in try reader.signed() } }
    if take("!") {
      return .not(try nested { (reader) throws(ImportFailure) in try reader.signed() })
    }
    let base = try operand()
    if take("^") || take("**") {
      return .power(base, try nested { (reader) throws(ImportFailure) in try reader.signed() })
    }
    return base
  }

  private mutating func operand() throws(ImportFailure) -> Formula {
    if take("(") {
      let inner = try nested { (reader) throws(ImportFailure) in try reader.alternatives() }
      guard take(")") else { throw unexpected() }
      return inner
    }
    skipBlanks()
    guard at < bytes.count else { throw unexpected() }
    if bytes[at] == UInt8(ascii: ".") || Self.isDigit(bytes[at]) { return try number() }
    let start = at
    while at < bytes.count, Self.isDigit(bytes[at]) || Self.isLetter(bytes[at]) { at += 1 }
    guard at > start else { throw unexpected() }
    let name = String(decoding: bytes[start..<at], as: UTF8.self)
    guard take("(") else { return Self.symbol(name) }
    var arguments: [Formula] = []
    if !take(")") {
      repeat {
        arguments.append(
          try nested { (reader) throws(ImportFailure) in try reader.alternatives() })
      } while take(",")
      guard take(")") else { throw unexpected() }
    }
    return try call(name, arguments, start)
  }

  private static func symbol(_ name: String) -> Formula {
    switch name {
    case "time": .time
    case "pi": .number(.pi)
    case "inf": .number(.infinity)
    case "true", "True": .truth(true)
    case "false", "False": .truth(false)
    default: .name(name)
    }
  }

  private func call(
    _ name: String, _ arguments: [Formula], _ start: Int
  ) throws(ImportFailure) -> Formula {
    func wrong(_ expected: String) -> ImportFailure {
      failure(
        .formula(.argumentCount(name, expected: expected, found: arguments.count)), from: start,
        to: at)
    }
    switch name {
    case "pow", "power":
      guard arguments.count == 2 else { throw wrong("2") }
      return .power(arguments[0], arguments[1])
    case "log" where arguments.count == 2:
      return .quotient(.call(.log, [arguments[0]]), .call(.log, [arguments[1]]))
    case "root" where arguments.count == 2:
      return .power(arguments[1], .quotient(.one, arguments[0]))
    case "piecewise":
      guard arguments.count >= 3, arguments.count % 2 == 1 else { throw wrong("3, 5, 7, …") }
      let choices = stride(from: 0, to: arguments.count - 1, by: 2).map {
        Formula.Choice(condition: arguments[$0 + 1], value: arguments[$0])
      }
      return .choice(choices, otherwise: arguments[arguments.count - 1])
    default:
      guard let function = FormulaFunction.named(name) else {
        throw failure(.formula(.unknownFunction(name)), from: start, to: start + name.utf8.count)
      }
      let expected = function.arity ?? max(1, arguments.count)
      guard arguments.count == expected else { throw wrong(String(expected)) }
      return .call(function, arguments)
    }
  }

  private mutating func number() throws(ImportFailure) -> Formula {
    let start = at
    while at < bytes.count, Self.isDigit(bytes[at]) || bytes[at] == UInt8(ascii: ".") { at += 1 }
    if at < bytes.count, bytes[at] == UInt8(ascii: "e") || bytes[at] == UInt8(ascii: "E") {
      var end = at + 1
      if end < bytes.count, bytes[end] == UInt8(ascii: "-") || bytes[end] == UInt8(ascii: "+") {
        end += 1
      }
      if end < bytes.count, Self.isDigit(bytes[end]) {
        at = end
        while at < bytes.count, Self.isDigit(bytes[at]) { at += 1 }
      }
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    guard let value = Double(text), value.isFinite else {
      throw failure(.badNumber(text), from: start, to: at)
    }
    return .number(value)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
      || byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") || byte == UInt8(ascii: "_")
  }
}
