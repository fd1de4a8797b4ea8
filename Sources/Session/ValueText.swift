import NodalDiagnostics
import NodalTraining
import NodalBasics
import NodalChecking
import NodalData
import NodalExecution
import NodalIR
import NodalReporting
import NodalTypes

/// Values as people read them, and as JSON.
enum ValueText {
  /// A short text: numbers with their unit, long arrays by their ends and their range.
  static func text(_ value: SessionValue, _ type: Type?) -> String {
    spread(value.shown(as: type), type, indent: "")
  }

  /// What is too long for a line has a line for each of its fields.
  private static func spread(_ value: SessionValue, _ type: Type?, indent: String) -> String {
    let text = plain(value, type)
    guard case .record(let fields) = value, text.count > 100 else { return text }
    let inner = indent + "  "
    return "{"
      + fields.map {
        "\n\(inner)\($0.name): \(spread($0.value, field($0.name, type), indent: inner))"
      }.joined() + "\n\(indent)}"
  }

  /// The same of numbers that are as they are shown.
  private static func plain(_ value: SessionValue, _ type: Type?) -> String {
    switch value {
    case .array(let tensor):
      let isPadded = type?.tensor?.isPadded ?? false
      let numbers = self.numbers(tensor, isPadded: isPadded)
      let unit = type.flatMap(Self.unit)
      return unit.map { "\(numbers) \($0)" } ?? numbers
    case .text(let text): return text
    case .tuple(let parts):
      let types: [Type?] = if case .tuple(let types)? = type { types } else { [] }
      return "("
        + parts.enumerated().map { i, part in plain(part, i < types.count ? types[i] : nil) }
        .joined(separator: ", ") + ")"
    case .record(let fields):
      return "{"
        + fields.map { "\($0.name): \(plain($0.value, field($0.name, type)))" }
        .joined(separator: ", ") + "}"
    case .solution(let solution): return self.solution(solution, type)
    case .dataset(let data): return dataset(data)
    case .run(let run):
      return "loss \(NumberFormat.significant(run.loss)) after \(run.result.losses.count) steps"
    case .nothing: return ""
    }
  }

  /// The unit to print behind a value; nil for none.
  static func unit(_ type: Type) -> String? {
    guard case .tensor(let tensor) = type else { return nil }
    switch tensor.unit {
    case .uniform(let unit): return unit.isOne || !unit.isKnown ? nil : "\(unit)"
    case .mixed: return nil
    }
  }

  private static func field(_ name: String, _ type: Type?) -> Type? {
    if case .record(let fields)? = type { return fields.first { $0.name == name }?.type }
    return nil
  }

  /// `isPadded`: rows of unequal length, padded with NaN that is nobody's number.
  private static func numbers(_ tensor: Tensor, isPadded: Bool = false) -> String {
    func one(_ x: Double) -> String {
      switch tensor.element {
      case .bool: x == 0 ? "false" : "true"
      case .i64: NumberFormat.shortest(x)
      case .f32, .f64: NumberFormat.significant(x, 6)
      }
    }
    if tensor.shape.isEmpty { return one(tensor.scalar) }
    if tensor.shape.count == 1, tensor.count <= 12 {
      return "[" + tensor.numbers.map(one).joined(separator: ", ") + "]"
    }
    if tensor.shape.count == 2, tensor.shape[0] <= 8, tensor.shape[1] <= 8 {
      let width = tensor.shape[1]
      let rows = (0..<tensor.shape[0]).map { i in
        var row = (0..<width).map { tensor[i * width + $0] }
        if isPadded { while row.last?.isNaN == true { row.removeLast() } }
        return "[" + row.map(one).joined(separator: ", ") + "]"
      }
      return "[" + rows.joined(separator: ",\n ") + "]"
    }
    let numbers = tensor.numbers
    let finite = numbers.filter(\.isFinite)
    let head = numbers.prefix(3).map(one).joined(separator: ", ")
    let size = tensor.shape.map(String.init).joined(separator: "×")
    var text = "[\(head), … ] (\(size)"
    if let low = finite.min(), let high = finite.max() {
      text += ", from \(one(low)) to \(one(high))"
    }
    if finite.count < numbers.count, !isPadded {
      text += ", \(numbers.count - finite.count) not finite"
    }
    return text + ")"
  }

  private static func solution(_ solution: SolutionValue, _ type: Type?) -> String {
    let ode = if case .solution(let type)? = type { type.ode } else { solution.ode }
    let lengths = solution.lengths
    var head = "solution of `\(ode)`"
    if !solution.laneShape.isEmpty {
      head = "\(NumberFormat.grouped(lengths.count)) solutions of `\(ode)`"
    }
    if let range = solution.timeRange, let least = lengths.min(), let most = lengths.max() {
      head += least == most ? ", \(most) samples" : ", \(least) to \(most) samples"
      if !solution.laneShape.isEmpty { head += " each" }
      head +=
        " from t = \(NumberFormat.significant(range.lowerBound)) to \(NumberFormat.significant(range.upperBound))"
    }
    var lines = [head]
    let fields: [Field] = if case .solution(let type)? = type { type.fields } else { [] }
    for field in solution.sampled where field.name != "t" {
      let type = fields.first { $0.name == field.name }?.type
        .lifted(by: Array(repeating: Size(1), count: solution.laneShape.count + 1)).padded
      var line = "  \(field.name): \(plain(field.value, type))"
      // What is long, and one number at each time, is drawn too.
      if let tensor = field.value.tensor, tensor.shape.count == 1, tensor.count > 12 {
        line += " " + Sparkline.text(tensor.numbers)
      }
      lines.append(line)
    }
    if case .record(let events)? = solution.fields.first(where: { $0.name == "events" })?.value {
      let time = fields.first { $0.name == "t" }?.type
        .lifted(by: Array(repeating: Size(1), count: solution.laneShape.count + 1)).padded
      for event in events {
        lines.append("  events.\(event.name): \(plain(event.value, time))")
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func dataset(_ data: Dataset) -> String {
    let hasUnits = data.fields.contains { $0.unit != nil }
    var table = TextTable(
      columns: [
        .init("column"), .init("least", .right), .init("greatest", .right),
        .init("missing", .right),
      ] + (hasUnits ? [.init("unit")] : []) + [.init("")])
    for field in data.fields {
      let present = field.values.filter(\.isFinite)
      table.rows.append(
        [
          field.name, present.min().map { NumberFormat.significant($0) } ?? "",
          present.max().map { NumberFormat.significant($0) } ?? "",
          "\(field.values.count - present.count)",
        ] + (hasUnits ? [field.unit ?? ""] : [])
          + [field.width == 1 ? Sparkline.text(field.values) : ""])
    }
    let driving = data.inputNames.map { "`\($0)`" }.joined(separator: ", ")
    let inputs =
      data.inputNames.isEmpty ? [] : ["input\(data.inputNames.count == 1 ? "" : "s") \(driving)"]
    return ([data.describedSize] + sampling(data) + inputs).joined(separator: ", ") + "\n"
      + table.text
  }

  /// How long experiments are, and how far their samples are apart, where there is a time.
  private static func sampling(_ data: Dataset) -> [String] {
    guard let name = data.timeName, let lengths = data.lengths, let shortest = lengths.min() else {
      return []
    }
    func range(_ low: Double, _ high: Double) -> String {
      let (a, b) = (NumberFormat.significant(low, 3), NumberFormat.significant(high, 3))
      return a == b ? a : "\(a) to \(b)"
    }
    var words: [String] = []
    if !data.isSingleExperiment {
      words.append("\(range(Double(shortest), Double(data.longest))) times each")
    }
    var (closest, widest) = (Double.infinity, 0.0)
    for i in 0..<data.exampleCount {
      guard let times = data.value(of: name, example: i)?.values else { continue }
      for (a, b) in zip(times, times.dropFirst()) where (b - a).isFinite {
        (closest, widest) = (min(closest, b - a), max(widest, b - a))
      }
    }
    if closest <= widest {
      let unit = data[name]?.unit.map { " " + $0 } ?? ""
      words.append("samples \(range(closest, widest))\(unit) apart")
    }
    return words
  }

  static func json(_ value: SessionValue) -> JSONValue {
    switch value {
    case .array(let tensor):
      func one(_ x: Double) -> JSONValue {
        tensor.element == .bool ? .bool(x != 0) : .number(x)
      }
      func nested(_ shape: ArraySlice<Int>, _ start: Int) -> JSONValue {
        guard let n = shape.first else { return one(tensor[start]) }
        let inner = shape.dropFirst().reduce(1, *)
        return .array((0..<n).map { nested(shape.dropFirst(), start + $0 * inner) })
      }
      return nested(tensor.shape[...], 0)
    case .text(let text): return .string(text)
    case .tuple(let parts): return .array(parts.map(json))
    case .record(let fields): return .object(fields.map { .init($0.name, json($0.value)) })
    case .solution(let solution):
      return .object(solution.fields.map { .init($0.name, json($0.value)) })
    case .dataset(let data):
      return .object(
        data.fields.map { .init($0.name, .array($0.values.map { JSONValue.number($0) })) })
    case .run(let run): return run.json
    case .nothing: return .null
    }
  }
}
