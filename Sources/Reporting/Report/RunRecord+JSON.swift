import Foundation

/// Why a text is no record of a run.
package enum RunRecordProblem: Error, Sendable, Equatable {
  case notJSON
  case missing(key: String)
  /// Another kind of value than is wanted.
  case wrongKind(key: String)
  case otherForm(Int)
  /// Numbers that belong together are not as many.
  case lengths(key: String)
  /// A picture that would lie elsewhere than in the folder.
  case pictureElsewhere(String)

  /// One sentence without a final stop.
  package var message: String {
    switch self {
    case .notJSON: "it is no JSON"
    case .missing(let key): "it has no `\(key)`"
    case .wrongKind(let key): "its `\(key)` is another kind of value"
    case .otherForm(let form):
      "it is of the form \(form), and this version reads \(RunRecord.form) only"
    case .lengths(let key): "the numbers of `\(key)` are not as many as belong together"
    case .pictureElsewhere(let name):
      "it names the picture `\(name)`, which is no picture of the folder"
    }
  }
}

extension RunRecord {
  private static let words = (infinity: "inf", negative: "-inf", nan: "nan")

  /// On one line.
  package func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: Self.words.infinity, negativeInfinity: Self.words.negative,
      nan: Self.words.nan)
    return Array(try encoder.encode(self))
  }

  /// Reads one. It may be anybody's: what is in it is checked, keys that aren't known are skipped.
  package init(json bytes: [UInt8]) throws(RunRecordProblem) {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: Self.words.infinity, negativeInfinity: Self.words.negative,
      nan: Self.words.nan)
    do {
      self = try decoder.decode(RunRecord.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw RunRecordProblem(error)
    } catch {
      throw .notJSON
    }
    try check()
  }

  private func check() throws(RunRecordProblem) {
    guard form == Self.form else { throw .otherForm(form) }
    for training in trainings {
      let curves = [
        ("history", training.history), ("validations", training.validations),
        ("tests", training.tests),
      ]
      for (key, curve) in curves where curve.steps.count != curve.values.count {
        throw .lengths(key: key)
      }
      for experiment in training.fields.flatMap(\.experiments) {
        let count = experiment.observed.count
        guard experiment.fitted.count == count, experiment.residuals.count == count,
          experiment.times.isEmpty || experiment.times.count == count
        else { throw .lengths(key: "fields") }
      }
    }
    for name in plots where !RunFolder.isPicture(name) { throw .pictureElsewhere(name) }
  }
}

extension RunRecordProblem {
  fileprivate init(_ error: DecodingError) {
    func path(_ keys: [any CodingKey]) -> String {
      keys.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined()
        .trimmingPrefix(".").description
    }
    switch error {
    case .keyNotFound(let key, let context): self = .missing(key: path(context.codingPath + [key]))
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      self = context.codingPath.isEmpty ? .notJSON : .wrongKind(key: path(context.codingPath))
    case .dataCorrupted(let context):
      self = context.codingPath.isEmpty ? .notJSON : .wrongKind(key: path(context.codingPath))
    @unknown default: self = .notJSON
    }
  }
}
