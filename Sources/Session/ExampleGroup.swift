import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalTypes

/// Examples of one length: they run as one batch.
struct ExampleGroup {
  /// How many times each has; nil without times.
  var length: Int?
  /// Nil for a loss that reads no data.
  var data: Dataset?
  let count: Int
  /// Nil: they are all that there are.
  private let chosen: [Int]?

  /// Where they stand in the data that were grouped.
  var places: [Int] { chosen ?? Array(0..<count) }

  static func groups(_ data: Dataset?) -> [ExampleGroup] {
    guard let data else { return [ExampleGroup(length: nil, data: nil, count: 1, chosen: nil)] }
    guard let lengths = data.lengths, !data.isUniform else {
      return [
        ExampleGroup(
          length: data.lengths?.first, data: data, count: data.exampleCount, chosen: nil)
      ]
    }
    return lengths.placesByElement.map { length, places in
      ExampleGroup(
        length: length, data: data.gather(places.map(data.whole)), count: places.count,
        chosen: places)
    }
  }

  /// All lengths known, with those of other data that the loss reads, and that of the time axis for which it was elaborated.
  func lengths(
    of loss: LossInstance, _ type: DatasetType?, _ session: Session
  ) throws -> [SizeVariable: Int] {
    var lengths = try session.lengths(in: loss.expression)
    if let time = type?.timeColumn, case .record(let fields) = loss.parameterType,
      let size = fields.first(where: { $0.name == time })?.type.tensor?.shape.sizes.first,
      let length, size.terms.count == 1, let (variable, factor) = size.terms.first, factor == 1
    {
      lengths[variable] = length - size.constant
    }
    return lengths
  }

  /// The arrays of the fields that a loss reads, [examples, …].
  func arrays(of loss: LossInstance) throws -> [Tensor] {
    guard let data, case .record(let fields) = loss.parameterType else { return [] }
    return try fields.map { field in
      guard let array = data.batchArray(of: field.name) else {
        throw SessionFailure(
          .internalInconsistency, "the data have no field `\(field.name)`", at: loss.span)
      }
      return Tensor(array)
    }
  }
}
