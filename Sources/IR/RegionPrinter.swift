/// The text form of a region, for reading, comparing and `nodal emit ir`. `RegionReader` reads it back.
///
///     region(%0: f64[2], %1: f64) {
///       %2 = constant 0.5 : f64[2]
///       %3 = mul %0, %2 : f64[2] @7
///       %4 = scan %3, %1 {length: fixed(3), carries: 1} : f64[2]
///         body = region(%0: f64[2], %1: f64) {
///           return %0
///         }
///       return %4
///     }
///
/// One node a line: results, form, operands, what the form says of itself, types, and the origin behind `@`; the regions
/// of a form follow it, indented. Flags that are false and lists that are empty are left out; everything else is there: the text
/// reads back to an equal region, numbers to the same bits.
package enum RegionPrinter {
  package static func text(_ region: Region) -> String {
    var printer = RegionText()
    printer.print(region, indent: 0)
    return printer.text + "\n"
  }

  /// A number that reads back to the same bits.
  static func number(_ x: Double) -> String {
    if x.isNaN {
      return x.bitPattern == Double.nan.bitPattern
        ? "nan" : "bits(\"" + String(x.bitPattern, radix: 16) + "\")"
    }
    let text = x.description
    return text.hasSuffix(".0") && !(x == 0 && x.sign == .minus) ? String(text.dropLast(2)) : text
  }

  /// Numbers in order; runs of one number as `number*count`.
  static func list(_ numbers: [Double]) -> String {
    var parts: [String] = []
    var i = 0
    while i < numbers.count {
      var end = i + 1
      while end < numbers.count, numbers[end].bitPattern == numbers[i].bitPattern { end += 1 }
      let text = number(numbers[i])
      if end - i >= 4 {
        parts.append("\(text)*\(end - i)")
      } else {
        parts += Array(repeating: text, count: end - i)
      }
      i = end
    }
    return "[" + parts.joined(separator: ", ") + "]"
  }

  static func string(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

/// Text under way.
private struct RegionText {
  var text = ""

  mutating func print(_ region: Region, indent: Int) {
    let parameters = region.parameters.map { "%\($0.index): \(region[$0])" }
    text += "region(" + parameters.joined(separator: ", ") + ") {\n"
    for node in region.nodes { print(node, region, indent: indent + 1) }
    line(indent + 1, "return" + Self.values(region.results.map(\.index)) + "\n")
    line(indent, "}")
  }

  private mutating func print(_ node: Node, _ region: Region, indent: Int) {
    let results = node.results.isEmpty ? "()" : Self.values(Array(node.results)).dropFirst()
    line(indent, results + " = " + node.form.name)
    if case .constant(let constant) = node.form {
      switch constant.values {
      case .splat(let x): text += " " + RegionPrinter.number(x)
      case .array(let xs): text += " " + RegionPrinter.list(xs)
      }
    }
    text += Self.values(node.operands.map(\.index))
    let attributes = node.form.attributes
    if !attributes.isEmpty {
      text += " {" + attributes.map { "\($0): \($1)" }.joined(separator: ", ") + "}"
    }
    if !node.results.isEmpty {
      text += " : " + region.types[node.results].map(\.description).joined(separator: ", ")
    }
    if let origin = node.origin { text += " @\(origin.id)" }
    text += "\n"
    for (label, inner) in zip(node.form.regionLabels, node.form.regions) {
      line(indent + 1, label + " = ")
      print(inner, indent: indent + 1)
      text += "\n"
    }
  }

  private mutating func line(_ indent: Int, _ rest: String) {
    text += String(repeating: "  ", count: indent) + rest
  }

  /// " %1, %2", or nothing.
  private static func values(_ indices: [Int]) -> String {
    indices.isEmpty ? "" : " " + indices.map { "%\($0)" }.joined(separator: ", ")
  }
}
