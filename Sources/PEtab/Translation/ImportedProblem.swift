import NodalBasics
import NodalDiagnostics

/// What becomes of a problem: a program, its table, and what there is to know.
package struct ImportedProblem: Sendable, Equatable {
  /// Of both files, without their endings.
  package let name: String
  package let program: String
  package let table: String
  /// What the problem says and the program doesn't, a sentence each without a stop.
  package let notes: [String]
  /// What it is made of, for a line on the terminal.
  package let summary: String

  package init(_ problem: PEtabProblem, file: String) throws(ImportFailure) {
    var names = ProgramNames()
    let experiments = Experiments(problem)
    let quantities = try Quantities(problem, experiments)
    for id in quantities.order { names.add(id) }
    for parameter in problem.parameters {
      if let learned = parameter.learnedName { names.add(learned) }
    }
    var model = try ModelTranslation(quantities, &names)
    var loss = try LossTranslation(problem, quantities, &model, &names)
    let lines = try loss.lines()
    let writer = ProgramWriter(
      problem: problem, quantities: quantities, model: model, loss: loss, lossLines: lines,
      names: names,
      file: file)
    name = problem.name
    let (program, notes) = try writer.write()
    self.program = program
    table = loss.columns.text(experiments.labels)
    self.notes = problem.notes + notes
    summary = writer.summary
  }
}
