import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution

/// Parts of data sets, and their examples.
extension Session {
  func slice(
    _ data: TypedExpression, _ part: DatasetPart, _ span: Span
  ) throws -> SessionValue {
    guard let dataset = try evaluate(data).dataset else {
      throw SessionFailure(.notADataset, "a part of something that is no data set", at: span)
    }
    let sliced: Dataset?
    switch part {
    case .first(let share): sliced = dataset.first(.fraction(share))
    case .last(let share): sliced = dataset.last(.fraction(share))
    case .range(let from, let to): sliced = from <= to ? dataset.slice(from..<to) : nil
    }
    guard let sliced else {
      throw SessionFailure(
        .sliceOutOfRange,
        "the data set has \(dataset.sliceCount) entries; the slice asks for others",
        at: span)
    }
    return .dataset(sliced)
  }

  /// One example as a record; nil where the data set is an array of examples inside a program.
  func example(_ data: TypedExpression, _ at: TypedExpression) throws -> SessionValue? {
    let whole = try evaluate(data)
    guard let index = try? evaluate(at).tensor else { return nil }
    let asked = Int(exactly: index.scalar) ?? .max
    func place(of count: Int) throws -> Int {
      let i = asked < 0 ? asked + count : asked
      guard (0..<count).contains(i) else {
        throw SessionFailure(
          .indexOutOfRange, "index \(asked) is out of range: there are \(count)", at: at.span)
      }
      return i
    }
    if case .solution(let batch) = whole {
      let count = batch.laneShape.first ?? 0
      return .solution(try lane(try place(of: count), of: count, in: batch))
    }
    guard case .dataset(let dataset) = whole else { return nil }
    return dataset.example(try place(of: dataset.exampleCount))
  }
}

extension Dataset {
  /// One example as a record of its fields; nil where there is none.
  func example(_ i: Int) -> SessionValue? {
    guard (0..<exampleCount).contains(i) else { return nil }
    return .record(
      fields.compactMap { field in
        value(of: field.name, example: i).map { .init(field.name, .array(Tensor($0))) }
      })
  }
}
