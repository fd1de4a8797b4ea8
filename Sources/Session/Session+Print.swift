import NodalIR
import NodalData
import NodalTraining
import NodalExecution
import NodalBasics
import NodalChecking
import NodalDiagnostics
import NodalReporting
import NodalTypes

extension Session {
  /// - Parameter isLook: it was asked for by itself, at a prompt: of a parameter, what it was declared with is told too.
  func print(_ item: PrintItem, isLook: Bool = false) throws {
    switch item {
    case .value(let label, let expression):
      let value = try evaluate(expression)
      let text = ValueText.text(value, expression.type)
      sink(
        .printed(
          label: label,
          text: (label.isEmpty || label == text ? text : "\(label) = \(text)")
            + (isLook ? terms(of: expression) : ""),
          value: ValueText.json(value.shown(as: expression.type))))
    case .declaration(let name, let kind, let ode, let ids):
      let (text, json) = declaration(name, kind, ode.flatMap { program.odes[$0] }, ids)
      sink(.printed(label: name, text: text, value: json))
    }
  }

  /// ` in (0, inf) ~ lognormal(0, 1)`: what a parameter was declared with, behind its value.
  private func terms(of expression: TypedExpression) -> String {
    guard case .weight(let id) = expression.kind, let weight = program.weights[id],
      weight.kind == .parameter
    else { return "" }
    let offset = weight.type.tensor?.shownOffset ?? 0
    return (weight.domain.isRealLine ? "" : " in " + weight.domain.shifted(by: -offset).text)
      + (weight.prior.map { " ~ \($0.description)" } ?? "")
  }

  /// A declared thing by its equations and parameters; the weights of networks in brief.
  private func declaration(
    _ name: String, _ kind: String, _ ode: OdeInstance?, _ ids: [WeightID]
  ) -> (String, JSONValue) {
    var table = TextTable(columns: [
      .init("parameter"), .init("value", .right), .init("unit"), .init("domain"), .init("prior"),
    ])
    var members: [JSONValue.Member] = []
    var networks: [(path: String, count: Int)] = []
    for weight in ids.compactMap({ program.weights[$0] }) {
      guard let entry = weights[weight.path] else { continue }
      members.append(.init(weight.path, .numbers(entry.values)))
      switch weight.kind {
      case .parameter:
        let offset = weight.type.tensor?.shownOffset ?? 0
        let value: String
        if let group = weight.group {
          value = "per \(group.name), see below"
        } else if entry.values.count <= 8 {
          value = entry.values.map { NumberFormat.significant($0 - offset) }.joined(separator: ", ")
        } else {
          value = "\(entry.values.count) numbers"
        }
        table.rows.append([
          weight.path, value, ValueText.unit(weight.type) ?? "",
          weight.domain.isRealLine ? "" : weight.domain.shifted(by: -offset).text,
          weight.prior?.description ?? "",
        ])
      case .network: networks.append((weight.path, entry.values.count))
      case .buffer: break
      }
    }
    var text = "\(kind) \(name)"
    if let ode { text += "\n" + equations(of: ode).text }
    if !table.rows.isEmpty { text += "\n" + table.text }
    for table in memberTables(ids) { text += "\n" + table.text }
    if !networks.isEmpty {
      let total = networks.reduce(0) { $0 + $1.count }
      text +=
        "\n\(NumberFormat.grouped(total)) weights in \(networks.count) arrays: "
        + networks.prefix(6).map { "\($0.path) (\($0.count))" }.joined(separator: ", ")
        + (networks.count > 6 ? ", …" : "")
    }
    if table.rows.isEmpty && networks.isEmpty {
      text += ode == nil ? ": nothing in it is learned" : "nothing in it is learned"
    }
    return (text, .object(members))
  }

  /// Weights that have a value for each member of a group: a table for each group, of a row a member.
  private func memberTables(_ ids: [WeightID]) -> [TextTable] {
    let own = ids.compactMap { program.weights[$0] }.filter { $0.group != nil }
    var groups: [WeightGroup] = []
    for case let group? in own.map(\.group) where !groups.contains(group) { groups.append(group) }
    return groups.map { group in
      let weights = own.filter { $0.group == group }
      var table = TextTable(
        columns: [.init(group.name)] + weights.map { .init($0.path, .right) })
      for (k, label) in group.labels.enumerated() {
        let cells = weights.map { weight -> String in
          guard let entry = self.weights[weight.path], !entry.values.isEmpty else { return "" }
          let width = entry.values.count / group.count
          let offset = weight.type.tensor?.shownOffset ?? 0
          return entry.values[k * width..<(k + 1) * width]
            .map { NumberFormat.significant($0 - offset) }.joined(separator: ", ")
        }
        table.rows.append([label] + cells)
      }
      return table
    }
  }

  func assert(
    _ condition: TypedExpression, _ sides: [(text: String, value: TypedExpression)], _ text: String,
    _ span: Span
  ) throws {
    guard let tensor = try evaluate(condition).tensor else {
      throw SessionFailure(.assertionFailed, "`\(text)` is no truth value", at: span)
    }
    if tensor.numbers.allSatisfy({ $0 != 0 }) { return }
    var help: [String] = []
    for side in sides {
      let value = try evaluate(side.value)
      let shown = ValueText.text(value, side.value.type)
      if shown != side.text { help.append("`\(side.text)` is \(shown)") }
    }
    throw SessionFailure(
      .assertionFailed, "the assertion does not hold: \(text)", at: span, help: help)
  }
}
