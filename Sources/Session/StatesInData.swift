import NodalBasics
import NodalChecking
import NodalData
import NodalExecution
import NodalIR
import NodalTraining
import NodalTypes

/// The states of an ode, and its inputs, that the training data hold.
struct StatesInData {
  /// A number of a state, or of an input.
  struct Component {
    /// Of the state.
    var name: String
    var isState: Bool
    /// Nothing is known of it but what it is the derivative of: that component's place.
    var isSlopeOf: Int?
  }

  var times: [Double]
  /// By sample, each component of the flat state, then of the inputs; NaN where the data say nothing of it.
  var rows: [[Double]]
  /// What the rows are of.
  private(set) var components: [Component]
  /// The samples of each experiment, by time.
  let experiments: [[Int]]

  /// States are what the loss begins its solves in, were its examples to begin in each of many places, as far as that follows the data and no weights;
  /// else what columns of their names hold. A state `x'` without either is how `x` changes.
  /// - Parameter samples: Data are looked at in at most about so many places; of a loss that can't be had of parts of its examples only at their beginnings.
  init?(_ evaluator: LossEvaluator, _ ode: OdeInstance, _ data: Dataset, samples: Int) {
    let lengths = evaluator.session.lengths
    let fields =
      ode.states.map { ($0.name, $0.type, true) }
      + ode.inputs.map { ($0.name, $0.type, false) }
    var components: [Component] = []
    var places: [(name: String, range: Range<Int>)] = []
    for (name, type, isState) in fields {
      let width = type.tensor?.shape.sizes.reduce(1) { $0 * ($1.evaluate(lengths) ?? 1) } ?? 1
      places.append((name, components.count..<(components.count + width)))
      components += Array(repeating: Component(name: name, isState: isState), count: width)
    }
    guard let (examples, begun) = Self.begin(evaluator, ode, data, samples) else { return nil }
    let size = components.count { $0.isState }
    times = begun.map(\.time)
    rows = begun.map { row in
      let known = row.state.count == size ? row.state : []
      return known + Array(repeating: .nan, count: components.count - known.count)
    }
    experiments = Dictionary(grouping: begun.indices) { [begun[$0].solve, begun[$0].experiment] }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    self.components = components
    for (name, range) in places where isUnknown(range) {
      guard let field = examples[name], field.width == range.count else { continue }
      for (i, row) in begun.enumerated() {
        let entries = examples.range(ofExample: row.example, on: field.axis)
        let values = field.slice(entries.prefix(1)).values
        if values.count == range.count { rows[i].replaceSubrange(range, with: values) }
      }
    }
    differentiate(places)
  }

  /// Nothing is known of any of these components.
  func isUnknown(_ range: Range<Int>) -> Bool {
    rows.allSatisfy { row in range.allSatisfy { row[$0].isNaN } }
  }

  private struct Begun {
    var solve, example, experiment: Int
    var time: Double
    var state: [Double]
  }

  /// Where the loss begins the ode, in samples of the data.
  private static func begin(
    _ evaluator: LossEvaluator, _ ode: OdeInstance, _ data: Dataset, _ samples: Int
  ) -> (Dataset, [Begun])? {
    let nudged = evaluator.parameters.values.map { $0 + 0.01 * (1 + abs($0)) }
    func look(_ examples: Dataset) -> [Begun]? {
      guard let here = try? evaluator.beginnings(of: ode, examples, evaluator.parameters.values),
        let there = try? evaluator.beginnings(of: ode, examples, nudged)
      else { return nil }
      return here.indices.flatMap { solve in
        let first = here[solve].first?.state ?? []
        let follows = first.indices.map { k in
          here[solve].contains { $0.state[k] != first[k] }
            && zip(here[solve], there[solve]).allSatisfy { $0.state[k] == $1.state[k] }
        }
        return here[solve].enumerated().map { example, begun in
          Begun(
            solve: solve, example: example, experiment: examples.experiments[example],
            time: begun.time, state: zip(begun.state, follows).map { $1 ? $0 : .nan })
        }
      }
    }
    guard data.lengths != nil else {
      let step = max(1, data.exampleCount / samples)
      let some = data.gather(stride(from: 0, to: data.exampleCount, by: step).map(data.whole))
      return look(some).map { (some, $0) }
    }
    // A loss may read more of an example than its first time.
    var length = 1
    while let parts = data.pairs(ofLength: length, count: samples / 2) {
      if let found = look(parts) { return (parts, found) }
      if length >= data.longest { break }
      length *= 4
    }
    return nil
  }

  /// States `x'` that nothing is known of, by differences of `x` from one time to the next.
  private mutating func differentiate(_ places: [(name: String, range: Range<Int>)]) {
    for (name, range) in places where name.hasSuffix("'") && isUnknown(range) {
      guard let base = places.first(where: { $0.name == name.dropLast() })?.range,
        base.count == range.count, !isUnknown(base)
      else { continue }
      for (here, from) in zip(range, base) {
        components[here].isSlopeOf = from
        for own in experiments {
          // Samples come in pairs of neighbours; what lies between pairs may be many periods.
          for k in stride(from: 1, to: own.count, by: 2) {
            let (i, next) = (own[k - 1], own[k])
            let slope = (rows[next][from] - rows[i][from]) / (times[next] - times[i])
            if slope.isFinite { (rows[i][here], rows[next][here]) = (slope, slope) }
          }
        }
      }
    }
  }
}

extension LossEvaluator {
  /// By solve of the ode, for each example its first time and the state that it begins in.
  fileprivate func beginnings(
    of ode: OdeInstance, _ data: Dataset, _ vector: [Double]
  ) throws -> [[(time: Double, state: [Double])]] {
    let (results, odes) = try shots(data, vector, others: true)
    return odes.indices.filter { odes[$0] == ode.id }.map { solve in
      results.map { tensors in
        (tensors[2 * solve].numbers.first ?? .nan, tensors[2 * solve + 1].numbers)
      }
    }
  }
}
