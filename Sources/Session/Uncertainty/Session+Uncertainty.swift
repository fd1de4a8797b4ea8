import Foundation
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalReporting
import NodalTraining
import NodalTypes

/// `uncertainty of run { method: laplace() }`: intervals for what was learned, bands for what follows from it, and what the data don't tell.
extension Session {
  func uncertainty(_ command: UncertaintyCommand) throws {
    guard case .run(let run)? = values[command.run] else {
      throw SessionFailure(.resultUndefined, "`\(command.run)` has no value yet", at: command.span)
    }
    do {
      try uncertainty(command, run)
    } catch let failure as SessionFailure where failure.diagnostic.primary == nil {
      var diagnostic = failure.diagnostic
      diagnostic = Diagnostic(
        diagnostic.code, diagnostic.message, at: Label(command.span), help: diagnostic.help)
      throw SessionFailure(diagnostic)
    }
  }

  private func uncertainty(_ command: UncertaintyCommand, _ run: RunValue) throws {
    let plan = try TrainingPlan(command.training, self)
    let evaluator = try LossEvaluator(self, command.training.loss, type: plan.type)
    let best = evaluator.best(of: run)
    let countsVolume = if case .laplace = command.method { true } else { false }
    let density = try LogDensity(
      evaluator, at: best.values, on: plan.data, countsVolume: countsVolume, span: command.span)
    guard !density.places.isEmpty else {
      throw SessionFailure(
        .optionValue, "`\(command.training.loss.name)` learns no `param`", at: command.span)
    }
    let level = try number("level", command) ?? 0.95
    guard level < 1 else {
      throw SessionFailure(
        .optionValue, "`level:` is a share below 1, as 0.95", at: command.span)
    }
    let laplace = try Laplace(density)
    let quantile = StudentT.quantile(0.5 + level / 2, freedom: density.freedom)
    var account = Account(level: level, density: density, command: command)
    var fields: [(path: String, parts: [SessionValue.Named])] = []
    for id in command.parameters(of: program.weights) {
      guard let weight = program.weights[id], let entry = weights[weight.path],
        let values = best[weight.path],
        let block = best.blocks.first(where: { $0.path == weight.path })
      else { continue }
      var (lower, upper) = ([Double](), [Double]())
      var curves: [Profile] = []
      for (k, place) in block.range.enumerated() {
        guard let component = density.places.firstIndex(of: place) else { continue }
        let center: Double
        var bounds: (Double, Double)
        switch command.method {
        case .laplace:
          let deviation = laplace.deviation(component)
          center = values[k]
          let middle = laplace.mode[component]
          bounds = (middle - quantile * deviation, middle + quantile * deviation)
          if deviation > Laplace.unknown * density.coordinates[component].scale {
            bounds = (-.infinity, .infinity)
          }
        case .profile:
          let profile = try Profile(
            of: component, in: density,
            best: (laplace.mode, try density.evaluate(laplace.mode).value),
            deviation: laplace.deviation(component), threshold: quantile * quantile)
          center = values[k]
          bounds = (profile.lower, profile.upper)
          curves.append(profile)
        }
        let ends = [bounds.0, bounds.1].map(weight.domain.constrained).sorted()
        lower.append(ends[0])
        upper.append(ends[1])
        account.add(
          density.coordinates[component].name, weight, weight.domain.constrained(center), ends)
      }
      var parts = [
        SessionValue.Named(
          "value", .array(Tensor(.f64, shape: entry.shape, values.map(weight.domain.constrained)))),
        .init("lower", .array(Tensor(.f64, shape: entry.shape, lower))),
        .init("upper", .array(Tensor(.f64, shape: entry.shape, upper))),
      ]
      if case .profile = command.method {
        let curve = curves.flatMap(\.curve)
        parts += [
          .init("at", .array(Tensor(curve.map { weight.domain.constrained($0.at) }))),
          .init("cost", .array(Tensor(curve.map(\.cost)))),
        ]
      }
      fields.append((weight.path, parts))
    }
    account.sentences += Identifiability.words(laplace)
    var record = SessionValue.tree(fields)
    if let prediction = command.prediction {
      let (value, failed) = try band(prediction, laplace, level, command)
      record.append(.init("prediction", value))
      if failed > 0 { account.sentences.append("\(failed) draws had no prediction") }
    }
    if let name = command.name { values[name] = .record(record) }
    sink(
      .printed(
        label: command.name ?? "uncertainty", text: account.text,
        value: ValueText.json(.record(record))))
  }

  private func number(_ key: String, _ command: UncertaintyCommand) throws -> Double? {
    guard case .expression(let expression)? = command.option(key)?.value else { return nil }
    return try evaluate(expression).tensor?.scalar
  }

  /// What an expression comes to for many draws: for each of its numbers the middle of them, and bounds that hold a share of them.
  private func band(
    _ expression: TypedExpression, _ laplace: Laplace, _ level: Double,
    _ command: UncertaintyCommand
  ) throws -> (SessionValue, failed: Int) {
    let count = try number("draws", command).map { Int($0) } ?? 200
    let seed = try number("seed", command).map { UInt64(bitPattern: Int64($0)) } ?? self.seed
    let saved = weights
    defer { weights = saved }
    var all: [Tensor] = []
    for k in 0..<count {
      if cancel.isSet { throw SessionFailure(.cancelled, "stopped", at: command.span) }
      let point = laplace.draw(RandomKey(seed: seed, place: "uncertainty").at(step: k))
      keep(laplace.density.vector(point), laplace.density.evaluator)
      guard let value = try? evaluate(expression).tensor, value.numbers.allSatisfy(\.isFinite)
      else { continue }
      all.append(value)
    }
    guard let first = all.first(where: { $0.count == all[0].count }), all.count >= max(2, count / 2)
    else {
      if cancel.isSet { throw SessionFailure(.cancelled, "stopped", at: command.span) }
      throw SessionFailure(
        .resultUndefined, "only \(all.count) of \(count) draws have a finite prediction",
        at: expression.span)
    }
    if all.allSatisfy({ $0.numbers == first.numbers }) {
      sink(
        .diagnostic(
          Diagnostic(
            .unusedOption,
            "`predict:` comes to the same for all draws: it reads nothing that was learned",
            at: Label(expression.span),
            help: ["write the `solve` in it: what a `let` holds was computed before"])))
    }
    var parts: [[Double]] = [[], [], []]
    for i in 0..<first.count {
      let sorted = all.map { $0.numbers[i] }.sorted()
      for (k, share) in [0.5 - level / 2, 0.5, 0.5 + level / 2].enumerated() {
        parts[k].append(sorted.quantile(share))
      }
    }
    let record = zip(["lower", "median", "upper"], parts).map {
      SessionValue.Named($0, .array(Tensor(.f64, shape: first.shape, $1)))
    }
    return (.record(record), count - all.count)
  }
}

/// What is told of intervals.
private struct Account {
  let level: Double
  let density: LogDensity
  let command: UncertaintyCommand
  var sentences: [String] = []
  private var table: TextTable

  init(level: Double, density: LogDensity, command: UncertaintyCommand) {
    self.level = level
    self.density = density
    self.command = command
    let share = NumberFormat.significant(100 * level, 3)
    table = TextTable(columns: [
      .init("parameter"), .init("value", .right), .init("\(share) % from", .right),
      .init("to", .right), .init("unit"),
    ])
  }

  mutating func add(_ name: String, _ weight: Weight, _ value: Double, _ ends: [Double]) {
    let offset = weight.type.tensor?.shownOffset ?? 0
    table.rows.append(
      [name] + ([value] + ends).map { NumberFormat.significant($0 - offset, 4) }
        + [ValueText.unit(weight.type) ?? ""])
    let isOpen = zip(ends, [weight.domain.lower, weight.domain.upper]).map(==)
    if case .profile = command.method, isOpen.contains(true) {
      let sides = isOpen[0] && isOpen[1] ? "on either side" : isOpen[0] ? "below" : "above"
      sentences.append("the data set no bound to `\(name)` \(sides)")
    }
  }

  var text: String {
    let method =
      switch command.method {
      case .laplace: "Laplace's approximation"
      case .profile: "profiles"
      }
    let of =
      switch density.kind {
      case .likelihood: "the likelihood and priors"
      case .leastSquares(let count, let spread):
        "least squares of \(count) residuals, whose spread is \(NumberFormat.significant(spread, 3))"
      }
    var lines = ["uncertainty of \(command.run): \(method), \(of)"]
    lines.append(table.text.trimmingCharacters(in: .newlines))
    lines += sentences
    if density.fixedCount > 0 {
      lines.append(
        "with the \(NumberFormat.grouped(density.fixedCount)) weights of networks as they are")
    }
    return lines.joined(separator: "\n")
  }
}

extension SessionValue {
  /// A record by the parts of paths.
  fileprivate static func tree(_ fields: [(path: String, parts: [Named])]) -> [Named] {
    var result: [Named] = []
    func insert(_ path: ArraySlice<Substring>, _ parts: [Named], in fields: inout [Named]) {
      guard let name = path.first.map(String.init) else { return }
      let place = fields.firstIndex { $0.name == name }
      var inner: [Named] = []
      if let place, case .record(let known) = fields[place].value { inner = known }
      if path.count == 1 {
        inner += parts
      } else {
        insert(path.dropFirst(), parts, in: &inner)
      }
      if let place {
        fields[place].value = .record(inner)
      } else {
        fields.append(Named(name, .record(inner)))
      }
    }
    for (path, parts) in fields { insert(path.split(separator: ".")[...], parts, in: &result) }
    return result
  }
}

extension [Double] {
  /// Of ascending numbers, between neighbours by share.
  fileprivate func quantile(_ share: Double) -> Double {
    let place = share * Double(count - 1)
    let below = Swift.min(Swift.max(Int(place), 0), count - 1)
    let above = Swift.min(below + 1, count - 1)
    return self[below] + (place - Double(below)) * (self[above] - self[below])
  }
}
