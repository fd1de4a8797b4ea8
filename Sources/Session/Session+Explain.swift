import NodalIR
import NodalData
import NodalTraining
import NodalBasics
import NodalChecking
import NodalDiagnostics
import NodalExecution
import NodalReporting
import NodalTypes

/// What a term of an equation adds along a trajectory.
struct TermContribution {
  /// `x'`
  var equation: String
  var term: OdeInstance.Term
  var values: [Double]
  var meanSquare: Double
  /// Of the squares of all that its equation has.
  var share = 0.0
}

extension Session {
  /// `explain ode along s`: what each term of each equation adds along a trajectory: a table, and a plot over time.
  func explain(_ instance: ExplainInstance) throws {
    guard let ode = program.odes[instance.ode] else { return }
    guard case .solution(let solution) = try evaluate(instance.trajectory) else {
      throw SessionFailure(.notADataset, "`explain` goes along a solution", at: instance.span)
    }
    let found = try contributions(of: ode, along: solution, at: instance.span)
    try report(ode, found.times, found.rows, instance)
  }

  /// What the terms add, equation by equation.
  func contributions(
    of ode: OdeInstance, along solution: SolutionValue, at span: Span?
  ) throws -> (times: [Double], rows: [TermContribution]) {
    let times = solution.times
    var state = [[Double]](repeating: [], count: times.count)
    for part in ode.states {
      guard let tensor = solution.fields.first(where: { $0.name == part.name })?.value.tensor else {
        throw SessionFailure(
          .unknownState, "the solution has no `\(part.name)`: is it one of `\(ode.name)`?", at: span
        )
      }
      let width = tensor.count / max(1, times.count)
      let numbers = tensor.numbers
      for i in times.indices { state[i] += numbers[(i * width)..<((i + 1) * width)] }
    }
    let lowered = try Lowering.lowerContributions(
      of: ode, sampleCount: times.count, program, lengths: lengths)
    let types = lowered.region.parameterTypes
    let width = state.first?.count ?? 0
    let flat = Tensor(types[1].element, shape: [times.count, width], state.flatMap { $0 })
    let runner = try compile(lowered)
    let inputs = [Tensor(times), flat] + (try bind(lowered))
    let results: [Tensor] = try perform(lowered) { () throws(ExecutionError) in
      try runner.run(inputs).results
    }
    var rows = [[TermContribution]](repeating: [], count: ode.states.count)
    var place = 0
    for term in ode.terms {
      for contribution in term.contributions {
        let values = results[place].numbers
        place += 1
        rows[contribution.state].append(
          TermContribution(
            equation: ode.states[contribution.state].name + "'", term: term, values: values,
            meanSquare: values.reduce(0) { $0 + $1 * $1 } / Double(max(1, values.count))))
      }
    }
    for state in rows.indices {
      let total = rows[state].reduce(0) { $0 + $1.meanSquare }
      for k in rows[state].indices where total > 0 {
        rows[state][k].share = rows[state][k].meanSquare / total
      }
    }
    return (times, rows.flatMap { $0 })
  }

  private func report(
    _ ode: OdeInstance, _ times: [Double], _ rows: [TermContribution], _ instance: ExplainInstance
  ) throws {
    var table = TextTable(columns: [
      .init("equation"), .init("term"), .init("kind"), .init("rms", .right), .init("share", .right),
      .init("greatest", .right), .init("at t", .right),
    ])
    var json: [JSONValue] = []
    var series: [Plot.Series] = []
    for row in rows {
      let width = row.values.count / max(1, times.count)
      let peak = row.values.indices.max { abs(row.values[$0]) < abs(row.values[$1]) }
      table.rows.append([
        row.equation, row.term.label, row.term.kind.rawValue,
        NumberFormat.significant(row.meanSquare.squareRoot(), 4),
        NumberFormat.significant(100 * row.share, 3) + " %",
        peak.map { NumberFormat.significant(row.values[$0], 4) } ?? "",
        peak.map { NumberFormat.significant(times[$0 / max(1, width)], 4) } ?? "",
      ])
      json.append(
        .object([
          .init("equation", .string(row.equation)), .init("term", .string(row.term.label)),
          .init("kind", .string(row.term.kind.rawValue)),
          .init("rms", .number(row.meanSquare.squareRoot())), .init("share", .number(row.share)),
        ]))
      if width == 1 {
        series.append(.init("\(row.equation): \(row.term.label)", .line(x: times, y: row.values)))
      }
    }
    sink(.printed(label: "explain \(ode.name)", text: table.text, value: .array(json)))
    if series.isEmpty { return }
    var plot = Plot(series: series)
    plot.x.label = "t"
    plot.title = "what each term of \(ode.name) adds"
    try draw(Figure(plot), to: instance.file, instance.span)
  }
}
