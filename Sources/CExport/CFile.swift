import NodalBasics

/// A C file under construction: functions, and what they have in common.
final class CFile {
  /// What all names of the file begin with.
  let prefix: String
  private(set) var constants: [(name: String, values: [Double])] = []
  private var known: [[Double]: String] = [:]
  private(set) var helpers: Set<CHelper> = []
  private var names = 0
  private var lines: [String] = []
  private var depth = 0

  init(prefix: String) { self.prefix = prefix }

  func line(_ text: String) {
    lines.append(text.isEmpty ? "" : String(repeating: "  ", count: depth) + text)
  }

  /// `head {`, what the closure writes, `}`.
  func block<E: Error>(_ head: String, _ body: () throws(E) -> Void) throws(E) {
    line(head.isEmpty ? "{" : head + " {")
    depth += 1
    defer {
      depth -= 1
      line("}")
    }
    try body()
  }

  /// What was written since the last time. Of a variable that is set and never read, as one whose empty part is looked at, C is told that
  /// this is meant.
  func take() -> String {
    defer { lines = [] }
    var reads: [Substring: Int] = [:]
    for line in lines {
      let names = Self.variables(line)
      // What a line begins with, or declares, is set by it.
      for name in names.dropFirst() { reads[name, default: 0] += 1 }
      if let first = names.first, !Self.sets(line, first) { reads[first, default: 0] += 1 }
    }
    var text = ""
    for line in lines {
      text += line + "\n"
      guard Self.declares(line), let name = Self.variables(line).first, reads[name] == nil else {
        continue
      }
      text += line.prefix { $0 == " " } + "(void)\(name);\n"
    }
    return text
  }

  private static let types = ["double ", "long long ", "int ", "const "]

  private static func declares(_ line: String) -> Bool {
    let rest = line.drop { $0 == " " }
    return types.contains { rest.hasPrefix($0) }
  }

  private static func sets(_ line: String, _ name: Substring) -> Bool {
    declares(line) || line.drop { $0 == " " }.hasPrefix(name) && line.contains("= ")
  }

  /// Names that `fresh` has given, in order.
  private static func variables(_ line: String) -> [Substring] {
    line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.filter { word in
      word.first.map { "vsek".contains($0) } == true && word.count > 1
        && word.dropFirst().allSatisfy(\.isNumber)
    }
  }

  func fresh(_ letter: String = "v") -> String {
    names += 1
    return "\(letter)\(names)"
  }

  /// A constant array by its numbers; equal ones are one.
  func constant(_ values: [Double]) -> String {
    if let name = known[values] { return name }
    let name = "\(prefix)_c\(constants.count + 1)"
    constants.append((name, values))
    known[values] = name
    return name
  }

  func helper(_ helper: CHelper) -> String {
    helpers.insert(helper)
    helpers.formUnion(helper.wants)
    return "\(prefix)_\(helper.rawValue)"
  }

  /// Loops over all indices of a shape.
  func nest<E: Error>(_ shape: [Int], _ body: ([String]) throws(E) -> Void) throws(E) {
    try nest(shape[...], [], body)
  }

  private func nest<E: Error>(
    _ rest: ArraySlice<Int>, _ indices: [String], _ body: ([String]) throws(E) -> Void
  ) throws(E) {
    guard let count = rest.first else { return try body(indices) }
    guard count != 1 else { return try nest(rest.dropFirst(), indices + ["0"], body) }
    let index = fresh("i")
    try block("for (int \(index) = 0; \(index) < \(count); \(index)++)") { () throws(E) in
      try nest(rest.dropFirst(), indices + [index], body)
    }
  }

  /// A number as C writes it: all of its digits.
  static func literal(_ x: Double) -> String {
    if x.isNaN { return "NAN" }
    if x.isInfinite { return x < 0 ? "(-INFINITY)" : "INFINITY" }
    let digits = NumberFormat.shortest(x.magnitude).filter { $0 != "_" }
    let text = digits.contains { ".e".contains($0) } ? digits : digits + ".0"
    return x.sign == .minus ? "(-\(text))" : text
  }
}
