import NodalBasics
import NodalTraining

extension RunValue {
  var json: JSONValue {
    .object(
      [
        .init("loss", .number(loss)), .init("steps", .number(Double(result.losses.count))),
        .init("evaluations", .integer(evaluations)), .init("seconds", .number(result.elapsed)),
        .init("parameters", .number(Double(parameterCount))),
      ] + (folds.map { [.init("folds", .numbers($0))] } ?? []))
  }
}
