import NodalBasics
import NodalDiagnostics

extension ProgramWriter {
  func odeLines() throws(ImportFailure) -> (lines: [String], read: Set<String>) {
    let formulas = model.roots + loss.outputs.map(\.value)
    let definitions = try model.definitions(readBy: formulas + loss.read.sorted().map { .name($0) })
    let all = formulas + definitions.map(\.value)
    let readInOde = all.reduce(into: Set<String>()) { $0.formUnion($1.names) }
    let states = model.states
    let initials = states.map(\.initial)
    let read = initials.reduce(into: readInOde) { $0.formUnion($1.names) }
    var lines = ["ode model {"]
    var parameters: [String] = []
    for id in quantities.order where read.contains(id) {
      if case .overridden(let standard) = quantities.kinds[id] {
        let value: Double = if case .number(let x) = standard { x } else { 1 }
        parameters.append("\(names.spelling(id)) = \(FormulaText.number(value))")
      }
    }
    if !parameters.isEmpty {
      lines.append("  // Of each condition its own.")
      lines += Self.wrapped(parameters, "  param ")
    }
    lines += Self.wrapped(
      states.filter { !$0.isSwitch }.map { "\(names.spelling($0.name)) = \(text($0.initial))" },
      "  state ")
    let switches = states.filter(\.isSwitch)
    if !switches.isEmpty {
      lines.append("  // 1 from a time on, 0 before it: steps end where it turns.")
      lines += Self.wrapped(switches.map { "\($0.name) = \(text($0.initial))" }, "  state ")
    }
    for definition in definitions {
      let word = loss.read.contains(definition.name) ? "output" : "let"
      lines.append("  \(word) \(names.spelling(definition.name)) = \(text(definition.value))")
    }
    for state in states {
      lines.append("  \(names.spelling(state.name))' = \(text(state.rate))")
    }
    for event in model.events { lines += eventLines(event) }
    for output in loss.outputs {
      lines.append("  output \(output.name) = \(text(output.value))")
    }
    return (lines + ["}"], read)
  }

  func eventLines(_ event: ModelTranslation.Event) -> [String] {
    let body = event.assignments.map { "\(names.spelling($0.name)) = \(text($0.value))" }
      .joined(separator: "; ")
    let when: String
    if let condition = event.condition {
      when =
        "\(text(condition.left)) == \(text(condition.right)) \(condition.isRising ? "rising" : "falling")"
    } else {
      when = "t in [\(event.time.map(text) ?? "0")]"
    }
    return ["  event \(names.spelling(event.name)): \(when) { \(body) }"]
  }
}
