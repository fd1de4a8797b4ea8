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
  /// Where they stand in the data that were grouped.
  var places: [Int]

  var count: Int { places.count }

  static func groups(_ data: Dataset?) -> [ExampleGroup] {
    guard let data else { return [ExampleGroup(length: nil, data: nil, places: [0])] }
    guard let lengths = data.lengths, !data.isUniform else {
      return [
        ExampleGroup(
          length: data.lengths?.first, data: data, places: Array(0..<data.exampleCount))
      ]
    }
    var order: [Int] = []
    var members: [Int: [Int]] = [:]
    for (i, length) in lengths.enumerated() {
      if members[length] == nil { order.append(length) }
      members[length, default: []].append(i)
    }
    return order.map { length in
      let places = members[length] ?? []
      return ExampleGroup(length: length, data: data.gather(places.map(data.whole)), places: places)
    }
  }

  /// All lengths known, with that of the time axis for which the loss was elaborated.
  func lengths(
    of loss: LossInstance, _ type: DatasetType?, _ session: Session
  ) -> [SizeVariable: Int] {
    var lengths = session.lengths
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
