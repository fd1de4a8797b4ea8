import NodalChecking
import NodalData
import NodalDiagnostics

/// `folds: n`, read, and refused where nothing sensible would come of it.
extension TrainingPlan {
  func readFolds(_ command: TrainCommand, _ session: Session) throws -> Int? {
    guard let option = command.option("folds") else { return nil }
    let count = try Self.integer(option, session)
    func refused(_ words: String, _ help: String) -> SessionFailure {
      SessionFailure(.optionValue, words, at: option.span, help: [help])
    }
    for (key, why) in [
      ("starts", "makes several fits, and so does `folds:`: one of them at a time"),
      ("checkpoint", "is for one fit, and `folds:` makes several"),
      ("log", "is for one fit, and `folds:` makes several"),
    ] {
      guard let other = command.option(key) else { continue }
      throw SessionFailure(
        Diagnostic(
          .optionValue, "`\(key):` \(why)", at: Label(other.span),
          also: [Label(option.span, "here")],
          help: ["a `train` of its own, without `folds:`, may have `\(key):`"]))
    }
    if minimal != nil {
      throw refused(
        "`folds:` makes several fits, and so does `minimal(…)`: one of them at a time",
        "find the weight by `minimal(…)` first, and write it as a number")
    }
    guard let data else {
      throw refused(
        "`folds:` holds out parts of the data, and `\(command.loss.name)` reads none",
        "leave `folds:` out")
    }
    guard !data.isSingleExperiment, data.exampleCount > 1 else {
      throw refused(
        "`folds:` holds out whole experiments, and the data are one",
        "`validate: \(command.loss.dataset ?? "obs").last(0.2)` holds out a part of it; a column that tells experiments apart is named by `experiment:`"
      )
    }
    guard count > 1, count <= data.exampleCount else {
      throw refused(
        "`folds:` is from 2 to the number of examples, here \(data.exampleCount), and not \(count)",
        "`folds: \(data.exampleCount)` holds out one at a time")
    }
    if let own = command.loss.weights.compactMap({ session.program.weights[$0] })
      .first(where: { $0.group != nil }), let group = own.group
    {
      throw SessionFailure(
        Diagnostic(
          .optionValue,
          "`\(own.path)` has a value per \(group.name), and one that is held out would have none that was fitted",
          at: Label(option.span), also: [Label(own.span, "declared here")],
          help: ["leave `folds:` out, or fit one value for all"]))
    }
    return count
  }
}
