/// Reads the text form of a region (see `RegionPrinter`). What it gives keeps all rules of the IR; what it can't read, it says
/// where. No text makes it trap, or take memory out of proportion.
package enum RegionReader {
  /// `schemas` knows the elementwise ops by name.
  package static func read(
    _ text: String, schemas: (String) -> OpSchema?
  ) throws(RegionTextError) -> Region {
    try withoutActuallyEscaping(schemas) { (schemas) throws(RegionTextError) in
      var parser = RegionParser(scanner: try RegionScanner(text), schemas: schemas)
      let region = try parser.region()
      guard parser.scanner.token == .end else {
        throw parser.scanner.error("\(parser.scanner.token.text) behind the region")
      }
      return region
    }
  }

  /// Limits that no program of ours comes near.
  static let deepest = 64
  static let longestExtent = 1 << 31
  /// Whole numbers of settings.
  static let greatestInteger = 1 << 53
  static let mostElements = 1 << 40
  /// Elements that one text may write as runs.
  static let longestRuns = 1 << 24
}

/// What stands behind a key, or in a list.
indirect enum RegionItem {
  case integer(Int)
  case number(Double)
  case word(String)
  case string(String)
  case extent(Extent)
  case type(ValueType)
  case pair(Int, Int)
  case list([RegionItem])
  case call(String, [RegionItem])
}

struct RegionParser {
  var scanner: RegionScanner
  let schemas: (String) -> OpSchema?
  private var depth = 0
  private var runs = 0

  init(scanner: RegionScanner, schemas: @escaping (String) -> OpSchema?) {
    self.scanner = scanner
    self.schemas = schemas
  }

  // MARK: Words

  private func found(_ wanted: String) -> RegionTextError {
    scanner.error("\(wanted) wanted, not \(scanner.token.text)")
  }

  private func isNext(_ sign: Unicode.Scalar) -> Bool { scanner.token == .sign(sign) }

  private mutating func accept(_ sign: Unicode.Scalar) throws(RegionTextError) -> Bool {
    guard isNext(sign) else { return false }
    try scanner.advance()
    return true
  }

  private mutating func expect(_ sign: Unicode.Scalar) throws(RegionTextError) {
    guard try accept(sign) else { throw found(String(sign)) }
  }

  private mutating func word() throws(RegionTextError) -> String {
    guard case .word(let text) = scanner.token else { throw found("a word") }
    try scanner.advance()
    return text
  }

  private mutating func integer() throws(RegionTextError) -> Int {
    let isNegative = try accept("-")
    guard case .number(let text) = scanner.token, let n = Int(text),
      n <= RegionReader.longestExtent
    else { throw found("a whole number") }
    try scanner.advance()
    return isNegative ? -n : n
  }

  private mutating func double() throws(RegionTextError) -> Double {
    let isNegative = try accept("-")
    let x: Double
    switch scanner.token {
    case .number(let text):
      guard let number = Double(text) else { throw found("a number") }
      x = number
    case .word("inf"): x = .infinity
    case .word("nan"): x = .nan
    case .word("bits"):
      try scanner.advance()
      try expect("(")
      guard case .string(let text) = scanner.token, let bits = UInt64(text, radix: 16) else {
        throw found("bits in base 16")
      }
      try scanner.advance()
      guard isNext(")") else { throw found(")") }
      x = Double(bitPattern: bits)
    case .word, .string, .sign, .end: throw found("a number")
    }
    try scanner.advance()
    return isNegative ? -x : x
  }

  // MARK: Types

  private mutating func extent() throws(RegionTextError) -> Extent {
    switch scanner.token {
    case .word("lanes"):
      try scanner.advance()
      return .lane
    case .word("steps"):
      try scanner.advance()
      try expect("#")
      return .steps(trace: try natural())
    case .word, .number, .string, .sign, .end:
      let n = try natural()
      guard try accept("*") else { return .fixed(n) }
      guard try word() == "lanes" else { throw found("lanes") }
      return .lanes(times: n)
    }
  }

  private mutating func natural() throws(RegionTextError) -> Int {
    let place = scanner.start
    let n = try integer()
    guard n >= 0 else { throw scanner.error("a negative number", at: place) }
    return n
  }

  mutating func type() throws(RegionTextError) -> ValueType {
    let place = scanner.start
    guard let element = ElementType(rawValue: try word()) else {
      throw scanner.error("no element type has that name", at: place)
    }
    var extents: [Extent] = []
    if try accept("[") {
      repeat { extents.append(try extent()) } while try accept(",")
      try expect("]")
    }
    var count = 1
    for extent in extents {
      let factor: Int
      switch extent {
      case .fixed(let n): factor = n
      case .lanes(let times): factor = times
      case .steps: factor = 1
      }
      let (product, overflows) = count.multipliedReportingOverflow(by: max(1, factor))
      guard !overflows, product <= RegionReader.mostElements else {
        throw scanner.error("a type with too many elements", at: place)
      }
      count = product
    }
    for case .lanes in extents.dropFirst() {
      throw scanner.error("lanes are the first axis, or none", at: place)
    }
    return ValueType(element, extents)
  }

  // MARK: Regions

  mutating func region() throws(RegionTextError) -> Region {
    depth += 1
    defer { depth -= 1 }
    guard depth <= RegionReader.deepest else { throw scanner.error("regions too deep") }
    guard case .word("region") = scanner.token else { throw found("region") }
    try scanner.advance()
    var region = Region()
    try expect("(")
    while !isNext(")") {
      try define(&region)
      try expect(":")
      region.types.append(try type())
      region.parameterCount += 1
      guard try accept(",") else { break }
    }
    try expect(")")
    try expect("{")
    while !isNext("}") {
      if case .word("return") = scanner.token { break }
      try node(&region)
    }
    guard case .word("return") = scanner.token else { throw found("return") }
    try scanner.advance()
    if isNext("%") { region.results = try operands(region) }
    try expect("}")
    return region
  }

  /// The next value's number, where it is defined.
  private mutating func define(_ region: inout Region, ahead: Int = 0) throws(RegionTextError) {
    let place = scanner.start
    try expect("%")
    guard try integer() == region.types.count + ahead else {
      throw scanner.error("the next value is %\(region.types.count + ahead)", at: place)
    }
  }

  private mutating func operands(_ region: Region) throws(RegionTextError) -> [Value] {
    var values: [Value] = []
    repeat {
      let place = scanner.start
      try expect("%")
      let index = try integer()
      guard region.types.indices.contains(index) else {
        throw scanner.error("%\(index) is not defined yet", at: place)
      }
      values.append(Value(index))
    } while try accept(",")
    return values
  }

  private mutating func node(_ region: inout Region) throws(RegionTextError) {
    let place = scanner.start
    var count = 0
    if try accept("(") {
      try expect(")")
    } else {
      repeat {
        try define(&region, ahead: count)
        count += 1
      } while try accept(",")
    }
    try expect("=")
    let namePlace = scanner.start
    let name = try word()
    var literal: RegionItem?
    if name == "constant" {
      literal = try numbers()
    }
    let operands = isNext("%") ? try operands(region) : []
    var attributes = RegionAttributes(place: namePlace)
    if try accept("{") {
      while !isNext("}") {
        let place = scanner.start
        let key = try word()
        try expect(":")
        guard attributes.items.updateValue(try item(), forKey: key) == nil else {
          throw scanner.error("\(key) twice", at: place)
        }
        guard try accept(",") else { break }
      }
      try expect("}")
    }
    var types: [ValueType] = []
    if try accept(":") {
      repeat { types.append(try type()) } while try accept(",")
    }
    let origin = try accept("@") ? Origin(try natural()) : nil
    var inner: [String: Region] = [:]
    while case .word(let label) = scanner.token, label != "return" {
      let place = scanner.start
      try scanner.advance()
      try expect("=")
      guard inner.updateValue(try self.region(), forKey: label) == nil else {
        throw scanner.error("\(label) twice", at: place)
      }
    }
    attributes.regions = inner
    guard types.count == count else {
      throw scanner.error("\(count) results with \(types.count) types", at: place)
    }
    let form: Form
    if let literal {
      form = .constant(try constant(literal, types, at: namePlace))
    } else {
      form = try attributes.form(named: name, results: types, self)
    }
    try check(form, operands.map { region[$0] }, types, at: namePlace)
    let first = region.types.count
    region.types += types
    region.nodes.append(Node(form, operands, results: first..<region.types.count, origin: origin))
  }

  private func check(
    _ form: Form, _ operands: [ValueType], _ types: [ValueType], at place: Int
  ) throws(RegionTextError) {
    let inferred: [ValueType]
    do throws(IRError) {
      inferred = try form.resultTypes(operands)
    } catch {
      throw scanner.error("\(form.name): \(error.message)", at: place)
    }
    guard inferred == types else {
      throw scanner.error("\(form.name) gives \(inferred), not \(types)", at: place)
    }
  }

  // MARK: Constants

  private mutating func numbers() throws(RegionTextError) -> RegionItem {
    guard try accept("[") else { return .number(try double()) }
    var numbers: [RegionItem] = []
    while !isNext("]") {
      let x = try double()
      var count = 1
      if try accept("*") {
        let place = scanner.start
        count = try natural()
        runs += count
        guard runs <= RegionReader.longestRuns else {
          throw scanner.error("a constant with too many numbers", at: place)
        }
      }
      numbers += repeatElement(.number(x), count: count)
      guard try accept(",") else { break }
    }
    try expect("]")
    return .list(numbers)
  }

  private func constant(
    _ literal: RegionItem, _ types: [ValueType], at place: Int
  ) throws(RegionTextError) -> Constant {
    guard types.count == 1 else { throw scanner.error("a constant is one value", at: place) }
    guard case .list(let items) = literal else {
      guard case .number(let x) = literal else {
        throw scanner.error("a constant without a number", at: place)
      }
      return Constant(types[0], .splat(x))
    }
    return Constant(
      types[0],
      .array(items.compactMap { if case .number(let x) = $0 { x } else { nil } }))
  }

  // MARK: Items

  private mutating func item() throws(RegionTextError) -> RegionItem {
    depth += 1
    defer { depth -= 1 }
    guard depth <= RegionReader.deepest else { throw scanner.error("lists too deep") }
    switch scanner.token {
    case .string(let text):
      try scanner.advance()
      return .string(text)
    case .sign(UInt8(ascii: "[")):
      return .list(try items("[", "]"))
    case .word(let text):
      if text == "inf" || text == "nan" || text == "bits" { return .number(try double()) }
      if ElementType(rawValue: text) != nil { return .type(try type()) }
      if text == "lanes" || text == "steps" { return .extent(try extent()) }
      try scanner.advance()
      return isNext("(") ? .call(text, try items("(", ")")) : .word(text)
    case .sign, .number, .end:
      return try numberItem()
    }
  }

  private mutating func items(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar
  ) throws(RegionTextError) -> [RegionItem] {
    var items: [RegionItem] = []
    try expect(open)
    while !isNext(close) {
      let value = try item()
      items.append(value)
      if case .number(let x) = value, try accept("*") {
        try repeatLast(x, &items)
      }
      guard try accept(",") else { break }
    }
    try expect(close)
    return items
  }

  private mutating func repeatLast(
    _ x: Double, _ items: inout [RegionItem]
  ) throws(RegionTextError) {
    let place = scanner.start
    let count = try natural()
    runs += count
    guard runs <= RegionReader.longestRuns else {
      throw scanner.error("a list with too many numbers", at: place)
    }
    items.removeLast()
    items += repeatElement(.number(x), count: count)
  }

  /// 3, -1.5, 0:1, 2*lanes, 1*20 (a run).
  private mutating func numberItem() throws(RegionTextError) -> RegionItem {
    let isNegative = try accept("-")
    guard case .number(let text) = scanner.token, let n = Int(text),
      n <= RegionReader.greatestInteger
    else {
      let x = try double()
      return .number(isNegative ? -x : x)
    }
    try scanner.advance()
    if isNegative { return .integer(-n) }
    if try accept(":") { return .pair(n, try natural()) }
    guard try accept("*") else { return .integer(n) }
    if case .word("lanes") = scanner.token {
      try scanner.advance()
      guard n <= RegionReader.longestExtent else { throw scanner.error("a number too large") }
      return .extent(.lanes(times: n))
    }
    var items = [RegionItem.integer(n)]
    try repeatLast(Double(n), &items)
    return .list(items)
  }
}
