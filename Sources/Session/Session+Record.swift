import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
package import NodalReporting
import NodalTypes

/// What `--record` leaves of a run, from what the session holds at its end.
extension Session {
  /// Puts in what the session knows: seed, settings, data, trainings, what terms add.
  package func complete(_ record: inout RunRecord) {
    record.settings = options.settings.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }
    record.trainings = recorder?.trainings ?? []
    record.data = program.statements.compactMap(dataSet)
    if cancel.isSet {
      record.omissions.append("the run was stopped: nothing was computed of it afterwards")
      return
    }
    let odes = program.statements.flatMap(losses).flatMap(\.odes)
    var seen: Set<OdeID> = []
    lookBack {
      for id in odes where seen.insert(id).inserted {
        if let ode = program.odes[id], let found = contributions(of: ode) {
          record.contributions.append(found)
        }
      }
    }
  }

  /// All weights of the programs so far, as `save` writes them.
  package var savedWeights: [UInt8] {
    let entries = weights.paths.compactMap { path in
      weights[path].map {
        Safetensors.Entry(path, NumberArray(shape: $0.shape, .f64($0.values)))
      }
    }
    return Safetensors(entries: entries, metadata: ["nodal": "run"]).bytes
  }

  /// The folder that a run is recorded in.
  package func pathForRecord(_ name: String) throws -> String {
    try policy.pathForWriting(name, from: outputDirectory, files: host.files)
  }

  private func dataSet(_ statement: TypedStatement) -> RunRecord.DataSet? {
    guard case .data(let instance) = statement, case .dataset(let data)? = values[instance.name]
    else { return nil }
    var source = "simulate"
    var file: String?
    if case .call(let call) = instance.source {
      source = call.function.rawValue
      for case .text(let name) in call.arguments.map(\.value) where file == nil { file = name }
    }
    return .init(
      name: instance.name, source: source, file: file, examples: data.exampleCount,
      rows: data.lengths == nil ? data.exampleCount : data.timeCount, fields: data.fieldNames,
      hash: data.fingerprint)
  }

  private func losses(_ statement: TypedStatement) -> [LossInstance] {
    switch statement {
    case .train(let command): [command.loss]
    case .group(let statements): statements.flatMap(losses)
    case .data, .let, .uncertainty, .residuals, .print, .show, .plot, .portrait, .explain,
      .checkGradients,
      .write, .save, .load, .assert, .test, .bench:
      []
    }
  }

  /// What terms add along a solution of the ode that a `let` holds, where one was made with the weights as they are now; the last one.
  private func contributions(of ode: OdeInstance) -> RunRecord.Contributions? {
    for case .let(let name, _) in program.statements.reversed() {
      guard case .solution(let solution)? = values[name], solution.ode == ode.name,
        solution.laneShape.isEmpty, let definition = solution.definition,
        definition.weights.entries.allSatisfy({ weights[$0.key]?.values == $0.value.values }),
        let found = try? contributions(of: ode, along: solution, at: nil), !found.rows.isEmpty
      else { continue }
      return .init(
        ode: ode.name, along: name,
        terms: found.rows.map { row in
          .init(
            equation: row.equation, term: row.term.label, kind: row.term.kind.rawValue,
            rms: row.meanSquare.squareRoot(), share: row.share)
        })
    }
    return nil
  }
}
