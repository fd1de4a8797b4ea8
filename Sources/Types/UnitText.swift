extension Unit {
  /// Reads a unit from text: `m/s^2`, `kg*m^2/(s^2*A)`, `1/s`, `m^(1/2)`, `kg m`.
  ///
  /// - Returns: nil where the text is no unit expression or names an unknown unit.
  package init?(text: String) {
    var reader = UnitReader(characters: Array(text))
    guard let unit = reader.product(depth: 0), reader.atEnd else { return nil }
    self = unit
  }
}

/// A reader by recursive descent over `product := power (('*' | '/' | space) power)*`.
private struct UnitReader {
  let characters: [Character]
  var position = 0

  init(characters: [Character]) { self.characters = characters }

  var atEnd: Bool {
    mutating get {
      skipSpace()
      return position == characters.count
    }
  }

  mutating func skipSpace() {
    while position < characters.count, characters[position] == " " { position += 1 }
  }

  func peek() -> Character? { position < characters.count ? characters[position] : nil }

  mutating func product(depth: Int) -> Unit? {
    guard depth < 16, var unit = power(depth: depth) else { return nil }
    while true {
      skipSpace()
      guard let next = peek() else { return unit }
      if next == "*" || next == "·" || next == "⋅" || next == "/" {
        position += 1
        guard let other = power(depth: depth) else { return nil }
        unit = next == "/" ? unit / other : unit * other
      } else if next.isLetter || next == "%" {
        guard let other = power(depth: depth) else { return nil }
        unit = unit * other
      } else {
        return unit
      }
    }
  }

  mutating func power(depth: Int) -> Unit? {
    skipSpace()
    guard let base = atom(depth: depth) else { return nil }
    skipSpace()
    guard peek() == "^" else { return base }
    position += 1
    guard let exponent = exponent() else { return nil }
    return base.raised(to: exponent)
  }

  mutating func atom(depth: Int) -> Unit? {
    guard let first = peek() else { return nil }
    if first == "(" {
      position += 1
      guard let unit = product(depth: depth + 1) else { return nil }
      skipSpace()
      guard peek() == ")" else { return nil }
      position += 1
      return unit
    }
    if first == "1" {
      position += 1
      return .one
    }
    var symbol = ""
    while let next = peek(), next.isLetter || next == "%" || next == "_" {
      symbol.append(next)
      position += 1
    }
    return symbol.isEmpty ? nil : Unit(symbol: symbol)
  }

  mutating func exponent() -> Rational? {
    skipSpace()
    if peek() == "(" {
      position += 1
      guard let top = integer() else { return nil }
      var bottom = 1
      skipSpace()
      if peek() == "/" {
        position += 1
        guard let read = integer(), read != 0 else { return nil }
        bottom = read
      }
      skipSpace()
      guard peek() == ")" else { return nil }
      position += 1
      return Rational(top, bottom)
    }
    return integer().map { Rational($0) }
  }

  mutating func integer() -> Int? {
    skipSpace()
    var sign = 1
    if peek() == "-" {
      sign = -1
      position += 1
    }
    var value = 0
    var any = false
    while let digit = peek()?.wholeNumberValue, peek()?.isASCII == true {
      value = value * 10 + digit
      guard value <= 1000 else { return nil }
      any = true
      position += 1
    }
    return any ? sign * value : nil
  }
}
