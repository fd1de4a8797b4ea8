extension Substitution {
  /// A type in the language's own notation: `Real<m/s>[3, n]`.
  package func text(_ type: Type) -> String {
    switch resolve(type) {
    case .error: return "a value with an error"
    case .string: return "String"
    case .run: return "a training run"
    case .nothing: return "nothing"
    case .interval(let unit): return unit.isOne ? "an interval" : "an interval in \(text(unit))"
    case .tuple(let parts): return "(" + parts.map { text($0) }.joined(separator: ", ") + ")"
    case .record(let fields):
      return "{" + fields.map { "\($0.name): \(text($0.type))" }.joined(separator: ", ") + "}"
    case .solution(let solution): return "Solution of `\(solution.ode)`"
    case .dataset(let dataset):
      return dataset.name.isEmpty ? "Dataset" : "Dataset `\(dataset.name)`"
    case .tensor(let tensor):
      var result = tensor.element.rawValue
      switch tensor.unit {
      case .uniform(let unit): if !unit.isOne && unit.isKnown { result += "<\(unit)>" }
      case .mixed(let units, _):
        result += "<" + units.map { text($0) }.joined(separator: ", ") + ">"
      }
      return result + text(tensor.shape)
    }
  }

  /// A shape as in a type: nothing for a scalar, else `[3, n]`.
  package func text(_ shape: Shape) -> String {
    let shape = resolve(shape)
    if shape.isScalar { return "" }
    let sizes = shape.sizes.map { $0.text(name(of:)) } + (shape.tail == nil ? [] : ["…"])
    return "[" + sizes.joined(separator: ", ") + "]"
  }

  package func text(_ size: Size) -> String { resolve(size).text(name(of:)) }

  /// A unit, its unknowns as `?`.
  package func text(_ unit: Unit) -> String {
    let unit = resolve(unit)
    if unit.isKnown { return unit.description }
    var shown = unit
    shown.variables = [:]
    return shown.atoms.isEmpty ? "?" : "\(shown)*?"
  }
}
