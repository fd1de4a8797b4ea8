import NodalChecking
import NodalDiagnostics
import NodalReporting

extension Session {
  /// The equations of an ode, a line for each summand, with what it is:
  ///
  /// ```
  /// θ'' =   -g/L*sin(θ)   known
  ///         + drag        learned: drag = mlp(8)(θ') where odd(θ')
  /// ```
  func equations(of ode: OdeInstance) -> TextTable {
    var table = TextTable(columns: [.init(""), .init(""), .init("")])
    for (index, state) in ode.states.enumerated() where !state.isFree {
      // `θ` of a second-order equation: its derivative is the next state.
      if case .local(let id) = state.derivative.kind,
        ode.states.contains(where: { $0.local == id && $0.name == state.name + "'" })
      {
        continue
      }
      let terms = ode.terms.filter { $0.contributions.contains { $0.state == index } }
      let left = "  \(state.name)' ="
      if terms.isEmpty { table.rows.append([left, text(of: state.equationSpan)]) }
      for (place, term) in terms.enumerated() {
        table.rows.append([
          place == 0 ? left : "", place == 0 ? term.text : Self.summand(term.text), Self.mark(term),
        ])
      }
    }
    for equation in ode.implicit { table.rows.append(["", text(of: equation.span)]) }
    for noise in ode.noise {
      let names = noise.states.map { ode.states[$0].name }.joined(separator: ", ")
      table.rows.append(["  noise of \(names)", text(of: noise.span)])
    }
    return table
  }

  private static func summand(_ text: String) -> String {
    text.hasPrefix("-") ? "- " + text.dropFirst() : "+ " + text
  }

  private static func mark(_ term: OdeInstance.Term) -> String {
    term.kind.rawValue + (term.definition.map { ": " + $0 } ?? "")
  }

  /// The text of a place, on one line.
  private func text(of span: Span) -> String {
    sourceMap[span.source]?.line(of: span) ?? ""
  }
}
