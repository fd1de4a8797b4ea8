package import NodalBasics

/// Where a training run stands, as a line for people.
package struct Progress: Sendable, Equatable {
  package var step: Int
  /// Steps in all; nil when an optimiser stops by itself.
  package var total: Int?
  package var loss: Double
  /// The least validation loss (or loss) so far, nil before there is one.
  package var best: Double?
  /// The mean loss of the last steps, where the least one says nothing.
  package var mean: Double?
  /// Evaluations of right-hand sides so far.
  package var evaluations: Int?
  /// Seconds since the run began.
  package var elapsed: Double
  /// The optimiser or stage, for example `adam`.
  package var stage: String?

  package init(
    step: Int, total: Int? = nil, loss: Double, best: Double? = nil, mean: Double? = nil,
    evaluations: Int? = nil, elapsed: Double, stage: String? = nil
  ) {
    self.step = step
    self.total = total
    self.loss = loss
    self.best = best
    self.mean = mean
    self.evaluations = evaluations
    self.elapsed = elapsed
    self.stage = stage
  }

  package var stepsPerSecond: Double? { elapsed > 0 && step > 0 ? Double(step) / elapsed : nil }

  /// Seconds that the rest will take at the pace so far.
  package var remaining: Double? {
    guard let total, let pace = stepsPerSecond, total >= step else { return nil }
    return Double(total - step) / pace
  }

  /// `adam  120/500  loss 0.01234  best 0.0119  8_400 evals  61.2 steps/s  6.2 s left`, cut to the
  /// width: what is least needed goes first.
  package func line(width: Int? = nil) -> String {
    var parts: [(text: String, rank: Int)] = []
    if let stage { parts.append((stage, 3)) }
    let count = total.map { "\(padded(step, as: $0))/\($0)" } ?? "step \(step)"
    parts.append((count, 0))
    parts.append(("loss \(NumberFormat.significant(loss, 4))", 0))
    if let best { parts.append(("best \(NumberFormat.significant(best, 4))", 2)) }
    if let mean { parts.append(("mean \(NumberFormat.significant(mean, 4))", 2)) }
    if let evaluations { parts.append(("\(NumberFormat.grouped(evaluations)) evals", 4)) }
    if let pace = stepsPerSecond {
      parts.append(("\(NumberFormat.significant(pace, 3)) steps/s", 5))
    }
    if let remaining, let total, step < total {
      parts.append(("\(NumberFormat.duration(seconds: remaining)) left", 1))
    } else {
      parts.append((NumberFormat.duration(seconds: elapsed), 1))
    }
    func joined() -> String { parts.map(\.text).joined(separator: "  ") }
    guard let width else { return joined() }
    while TextWidth.of(joined()) > width {
      guard let worst = parts.map(\.rank).max(), worst > 0,
        let index = parts.lastIndex(where: { $0.rank == worst })
      else { break }
      parts.remove(at: index)
    }
    return TextWidth.cut(joined(), to: width)
  }

  /// For `--json`: the same as a record.
  package var record: JSONValue {
    var members: [JSONValue.Member] = [
      .init("kind", .string("step")), .init("step", .integer(step)),
      .init("loss", .number(loss)), .init("elapsed", .number(elapsed)),
    ]
    if let stage { members.append(.init("stage", .string(stage))) }
    if let total { members.append(.init("total", .integer(total))) }
    if let best { members.append(.init("best", .number(best))) }
    if let mean { members.append(.init("mean", .number(mean))) }
    if let evaluations { members.append(.init("evaluations", .integer(evaluations))) }
    return .object(members)
  }

  private func padded(_ step: Int, as total: Int) -> String {
    let text = String(step)
    return String(repeating: " ", count: max(0, String(total).count - text.count)) + text
  }
}
