import NodalChecking
import NodalData
import NodalExecution

/// Solutions in a batch, which may have steps of their own: arrays [members, longest], with NaN behind the ends of shorter ones.
extension SolutionValue {
  /// How many samples each member has; of one solution its own.
  var lengths: [Int] {
    guard let tensor = timeTensor, let longest = tensor.shape.last else { return [] }
    let times = tensor.numbers
    return (0..<laneShape.reduce(1, *)).map { lane in
      var length = longest
      while length > 0, times[lane * longest + length - 1].isNaN { length -= 1 }
      return length
    }
  }

  /// Fields that have no axis of samples.
  static let unsampled: Set = ["final", "stats", "events"]

  /// `t`, states and outputs: what has an axis of samples.
  var sampled: [SessionValue.Named] {
    fields.filter { !SolutionValue.unsampled.contains($0.name) }
  }

  /// Blanks what lies behind the members' own lengths.
  mutating func blank(behind lengths: [Int]) {
    let axes = laneShape.count
    for k in fields.indices where !SolutionValue.unsampled.contains(fields[k].name) {
      guard var tensor = fields[k].value.tensor, tensor.shape.count > axes else { continue }
      let row = tensor.shape.dropFirst(axes + 1).reduce(1, *)
      let longest = tensor.shape[axes]
      for (lane, length) in lengths.enumerated() {
        for i in (lane * longest + length) * row..<(lane + 1) * longest * row { tensor[i] = .nan }
      }
      fields[k].value = .array(tensor)
    }
  }

  /// The samples as data: an experiment for each member.
  var dataset: Dataset {
    guard let time = timeTensor, let longest = time.shape.last else {
      return Dataset(lengths: [], time: "t", fields: [])
    }
    let lengths = lengths
    return Dataset(
      lengths: lengths, time: "t",
      fields: sampled.compactMap { column in
        guard let tensor = column.value.tensor,
          Array(tensor.shape.prefix(time.shape.count)) == time.shape
        else { return nil }
        let row = tensor.shape.dropFirst(time.shape.count).reduce(1, *)
        let numbers = tensor.numbers
        let values = lengths.enumerated().flatMap { lane, length in
          numbers[lane * longest * row..<(lane * longest + length) * row]
        }
        return DataField(
          column.name, on: .time, shape: Array(tensor.shape.dropFirst(time.shape.count)),
          values: values)
      })
  }
}

extension SessionValue {
  /// A data set, or the samples of a solution as one.
  var dataset: Dataset? {
    switch self {
    case .dataset(let data): data
    case .solution(let solution): solution.dataset
    case .array, .text, .tuple, .record, .run, .nothing: nil
    }
  }

  /// Number `index` of `count` along the leading axes, which all arrays have. Samples behind an end are left out.
  func lane(_ index: Int, of count: Int, axes: Int) -> SessionValue {
    switch self {
    case .array(let tensor):
      let row = count > 0 ? tensor.count / count : 0
      return .array(
        Tensor(
          tensor.element, shape: Array(tensor.shape.dropFirst(axes)),
          Array(tensor.numbers[(index * row)..<((index + 1) * row)])))
    case .tuple(let parts): return .tuple(parts.map { $0.lane(index, of: count, axes: axes) })
    case .record(let fields):
      return .record(fields.map { .init($0.name, $0.value.lane(index, of: count, axes: axes)) })
    case .solution(var solution):
      solution.fields = solution.fields.map {
        .init($0.name, $0.value.lane(index, of: count, axes: axes))
      }
      solution.trim()
      solution.definition = nil
      return .solution(solution)
    case .text, .dataset, .run, .nothing: return self
    }
  }

  /// Values of one structure under new leading axes. nil where their arrays have different shapes, but for the samples of
  /// solutions, which are padded.
  static func stacked(_ values: [SessionValue], shape: [Int]) -> SessionValue? {
    guard let first = values.first else { return nil }
    switch first {
    case .array(let tensor):
      let tensors = values.compactMap(\.tensor)
      guard tensors.count == values.count, tensors.allSatisfy({ $0.shape == tensor.shape }) else {
        return nil
      }
      return .array(
        Tensor(tensor.element, shape: shape + tensor.shape, tensors.flatMap(\.numbers)))
    case .tuple(let parts):
      let columns = parts.indices.map { k in
        stacked(values.compactMap { $0[["\(k)"][...]] }, shape: shape)
      }
      let whole = columns.compactMap { $0 }
      return whole.count == parts.count ? .tuple(whole) : nil
    case .record(let fields): return stacked(fields, values, shape).map { .record($0) }
    case .solution(var solution):
      let solutions = values.compactMap { value -> SolutionValue? in
        if case .solution(let one) = value { one } else { nil }
      }
      // Only single solutions are padded.
      let longest = solutions.map { $0.times.count }.max() ?? 0
      let lengths = solutions.flatMap(\.lengths)
      let padded = solutions.map { SessionValue.solution($0.padded(to: longest)) }
      guard solution.laneShape.isEmpty || solutions.allSatisfy({ $0.times.count == longest }),
        let fields = stacked(solution.fields, padded, shape)
      else { return nil }
      solution.fields = fields
      solution.definition = nil
      solution.blank(behind: lengths)
      return .solution(solution)
    case .text, .dataset, .run, .nothing: return first
    }
  }

  private static func stacked(
    _ fields: [Named], _ values: [SessionValue], _ shape: [Int]
  ) -> [Named]? {
    let columns = fields.compactMap { field in
      stacked(values.compactMap { $0[[field.name][...]] }, shape: shape).map {
        Named(field.name, $0)
      }
    }
    return columns.count == fields.count ? columns : nil
  }
}

extension SolutionValue {
  /// Without the padding of a batch, for one solution.
  fileprivate mutating func trim() {
    guard laneShape.isEmpty, let length = lengths.first else { return }
    resize(to: length)
  }

  /// One solution with more samples: what is added is anything.
  fileprivate func padded(to length: Int) -> SolutionValue {
    guard laneShape.isEmpty, times.count < length else { return self }
    var copy = self
    copy.resize(to: length)
    return copy
  }

  private mutating func resize(to length: Int) {
    for k in fields.indices where !SolutionValue.unsampled.contains(fields[k].name) {
      guard let tensor = fields[k].value.tensor, let old = tensor.shape.first, old != length else {
        continue
      }
      let rest = Array(tensor.shape.dropFirst())
      let row = rest.reduce(1, *)
      var numbers = Array(tensor.numbers.prefix(length * row))
      while numbers.count < length * row { numbers.append(.nan) }
      fields[k].value = .array(Tensor(tensor.element, shape: [length] + rest, numbers))
    }
  }
}
