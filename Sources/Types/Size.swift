/// An unknown length, until unification or the data give it.
package struct SizeVariable: Hashable, Sendable, Comparable {
  package let id: Int
  package init(id: Int) { self.id = id }
  package static func < (a: SizeVariable, b: SizeVariable) -> Bool { a.id < b.id }
}

/// A length: an integer, or an affine expression `c + Σ kᵢ nᵢ` of unknown lengths.
package struct Size: Hashable, Sendable {
  package private(set) var constant: Int
  /// No coefficient is zero.
  package private(set) var terms: [SizeVariable: Int]

  package init(_ constant: Int) {
    self.constant = constant
    terms = [:]
  }

  package init(_ variable: SizeVariable) {
    constant = 0
    terms = [variable: 1]
  }

  /// The length where it is known at compile time.
  package var value: Int? { terms.isEmpty ? constant : nil }

  package static func + (a: Size, b: Size) -> Size {
    var result = a
    result.constant = a.constant.addingReportingOverflow(b.constant).partialValue
    for (variable, factor) in b.terms {
      let sum = (result.terms[variable] ?? 0).addingReportingOverflow(factor).partialValue
      result.terms[variable] = sum == 0 ? nil : sum
    }
    return result
  }

  package static func - (a: Size, b: Size) -> Size { a + b.scaled(by: -1) }

  package func scaled(by factor: Int) -> Size {
    var result = Size(constant.multipliedReportingOverflow(by: factor).partialValue)
    if factor == 0 { return result }
    result.terms = terms.mapValues { $0.multipliedReportingOverflow(by: factor).partialValue }
    return result
  }

  /// The length with numbers (or other expressions) for some unknowns.
  package func substituting(_ find: (SizeVariable) -> Size?) -> Size {
    if terms.isEmpty { return self }
    var result = Size(constant)
    for (variable, factor) in terms {
      result = result + (find(variable) ?? Size(variable)).scaled(by: factor)
    }
    return result
  }

  /// The number that this is for given lengths, or nil where one is missing.
  package func evaluate(_ lengths: [SizeVariable: Int]) -> Int? {
    substituting { lengths[$0].map { Size($0) } }.value
  }
}

extension Size: CustomStringConvertible {
  package var description: String { text { "?\($0.id)" } }

  /// With names for the unknowns.
  package func text(_ name: (SizeVariable) -> String) -> String {
    var result = ""
    for (variable, factor) in terms.sorted(by: { $0.key < $1.key }) {
      let size = factor.magnitude == 1 ? name(variable) : "\(factor.magnitude)*" + name(variable)
      result +=
        result.isEmpty ? (factor < 0 ? "-" : "") + size : (factor < 0 ? " - " : " + ") + size
    }
    if result.isEmpty { return "\(constant)" }
    if constant == 0 { return result }
    return result + (constant < 0 ? " - \(constant.magnitude)" : " + \(constant)")
  }
}
