import NodalIR
import NodalTypes
import NodalTraining
import NodalExecution
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics

/// Reads the data sets that a program names: their columns for the checker, their numbers for the session.
struct SchemaReader: Sendable {
  let host: Host
  let policy: PathPolicy
  let bases: [String]
  /// What `given(name)` reads.
  let given: [String: [NamedArray]]
  let texts: SourceRegistry

  func schema(of call: DataCall) -> SchemaResult {
    do {
      switch call.function {
      case .csv: return .schema(Self.schema(of: try csv(call)))
      case .generate: return .schema(try generatorSchema(call))
      case .idx: return .schema(Self.schema(of: try images(call)))
      case .npz, .npy, .given: return .schema(Self.schema(of: try arrays(call)))
      }
    } catch let problem as DataProblem {
      return .failure(problem.diagnostic)
    } catch let failure as SessionFailure {
      return .failure(failure.diagnostic)
    } catch {
      return .failure(Diagnostic(.unreadableFile, "\(error)", at: Label(call.span)))
    }
  }

  /// What a function's arguments are called, but for the files that stand first.
  static func labels(of function: DataCall.Function) -> [String] {
    switch function {
    case .csv: ["time", "experiment", "input", "columns", "separator", "decimal", "header"]
    case .npz, .npy, .given: ["time", "experiment", "input", "columns"]
    case .idx: ["images", "labels"]
    case .generate: ["count"]
    }
  }

  // MARK: Files

  /// `csv(file, time:, experiment:, columns:)`.
  func csv(_ call: DataCall) throws -> Dataset {
    guard case .text(let file)? = (call.argument("file") ?? call.positional(0))?.value else {
      throw SessionFailure(
        .argumentType, "`csv` wants the name of a file", at: call.span,
        help: ["csv(\"data.csv\", time: \"t\")"])
    }
    let known = ["file"] + Self.labels(of: .csv)
    for argument in call.arguments {
      if let label = argument.label, !known.contains(label) {
        throw SessionFailure(
          .unknownLabel, "`csv` has no argument `\(label)`", at: argument.span,
          help: ["its arguments are " + known.dropFirst().map { "`\($0)`" }.joined(separator: ", ")]
        )
      }
    }
    func problem(_ cause: DataProblem.Cause, _ source: SourceFile? = nil) -> DataProblem {
      DataProblem(cause, file: file, source: source?.id, request: call.span)
    }
    let (path, bytes) = try contents(of: file, call)
    let reader = try csvReader(call)
    let schema = try tableSchema(call)
    do {
      return try reader.read(bytes).dataset(schema)
    } catch let error as CSVError {
      throw problem(
        .csv(error), texts.add(path: path, text: String(decoding: bytes, as: UTF8.self)))
    } catch let error as TableError {
      throw problem(
        .table(error), texts.add(path: path, text: String(decoding: bytes, as: UTF8.self)))
    }
  }

  /// The path of a file that a program names, and its bytes.
  func contents(of file: String, _ call: DataCall) throws -> (path: String, bytes: [UInt8]) {
    do {
      let path = try policy.pathForReading(file, fromAny: bases, files: host.files)
      return (path, try host.files.readRegular(path))
    } catch let refusal as PathRefusal {
      throw DataProblem(.refused(refusal), file: file, request: call.span)
    } catch let error as HostError {
      throw DataProblem(.host(error), file: file, request: call.span)
    }
  }

  /// How the file is written, as far as the program says it.
  private func csvReader(_ call: DataCall) throws -> CSVReader {
    var reader = CSVReader()
    if let argument = call.argument("header") {
      guard case .boolean(let flag) = argument.value else {
        throw SessionFailure(
          .argumentType, "`header:` is true or false, not \(argument.value.kindText)",
          at: argument.span)
      }
      reader.header = flag
    }
    if let argument = call.argument("separator") {
      guard case .text(let text) = argument.value,
        let separator = CSVSeparator.allCases.first(where: { $0.spelling == text })
      else {
        throw SessionFailure(
          .argumentType, "`separator:` is what stands between the cells", at: argument.span,
          help: [
            "it is one of "
              + CSVSeparator.allCases.map { "\"\($0.spelling)\"" }.joined(separator: ", ")
          ])
      }
      reader.separator = separator
    }
    if let argument = call.argument("decimal") {
      guard case .text(let text) = argument.value, text == "." || text == "," else {
        throw SessionFailure(
          .argumentType, "`decimal:` is \".\" or \",\"", at: argument.span)
      }
      reader.decimal = text == "," ? UInt8(ascii: ",") : UInt8(ascii: ".")
      guard reader.decimal != reader.separator?.byte else {
        throw SessionFailure(
          .argumentType, "a comma can't stand between cells and in numbers at once",
          at: argument.span)
      }
    }
    return reader
  }

  func tableSchema(_ call: DataCall) throws -> TableSchema {
    var schema = TableSchema()
    switch call.argument("time")?.value {
    case .text(let name): schema.time = .column(name)
    case .column(let name, let unit):
      schema.time = .column(name)
      schema.timeUnit = "\(unit)"
    case .call("rate", let arguments):
      guard case .number(let rate)? = arguments.first?.value.asNumber else {
        throw SessionFailure(.argumentType, "`rate` wants a number", at: call.span)
      }
      schema.time = .rate(rate)
    case nil: break
    case let other?:
      throw SessionFailure(
        .argumentType, "`time:` is the name of a column, or `rate(…)`, not \(other.kindText)",
        at: call.argument("time")?.span)
    }
    switch call.argument("experiment")?.value {
    case .text(let name): schema.experiment = name
    case nil: break
    case .some:
      throw SessionFailure(
        .argumentType, "`experiment:` is the name of a column",
        at: call.argument("experiment")?.span)
    }
    schema.inputs = try inputs(call)
    if let columns = call.argument("columns") {
      guard case .record(let fields) = columns.value else {
        throw SessionFailure(
          .argumentType, "`columns:` is a record: {y: \"V2\", x: \"V1\"<V>}", at: columns.span)
      }
      for field in fields {
        switch field.value {
        case .text(let name): schema.selections.append(.init(field: field.name, columns: [name]))
        case .column(let name, let unit):
          schema.selections.append(
            .init(field: field.name, columns: [name], unit: "\(unit)", offset: unit.offset))
        case .number, .integer, .boolean, .texts, .interval, .array, .record, .call, .function:
          throw SessionFailure(
            .argumentType, "`\(field.name)` is the name of a column, in quotes", at: columns.span)
        }
      }
    }
    return schema
  }

  /// The columns that `input:` names.
  private func inputs(_ call: DataCall) throws -> [String] {
    guard let argument = call.argument("input") else { return [] }
    switch argument.value {
    case .text(let name): return [name]
    case .texts(let names): return names
    case .column(let name, let unit):
      throw SessionFailure(
        .argumentType, "`input:` names a column, and its unit is given by `columns:`",
        at: argument.span, help: ["columns: {u: \"\(name)\"<\(unit)>}, input: \"u\""])
    case .number, .integer, .boolean, .interval, .array, .record, .call, .function:
      throw SessionFailure(
        .argumentType,
        "`input:` is the name of a column, or a list of them, not \(argument.value.kindText)",
        at: argument.span, help: ["input: \"V1\", or input: [\"V1\", \"V2\"]"])
    }
  }

  static func schema(of data: Dataset) -> DataSchema {
    DataSchema(
      columns: data.fields.map { field in
        DataSchema.Column(
          name: field.name, shape: field.shape, element: field.isInteger ? .integer : .real,
          hasGaps: field.missing.contains(true), alongTime: field.axis == .time,
          isText: !field.categories.isEmpty)
      }, timeColumn: data.timeName,
      length: data.isUniform ? data.lengths?.first : nil,
      count: data.isSingleExperiment ? nil : data.exampleCount, isRagged: !data.isUniform,
      experiments: data.experimentNames, inputs: data.inputNames)
  }

  // MARK: Generators

  /// `generate(two_moons(noise: 0.1), count: 2000)`: the generator, and its arguments with those of `generate` joined in.
  func generator(
    _ call: DataCall, function: (DataCall.Argument) -> GeneratorValue? = { _ in nil }
  ) throws -> (generator: Generator, values: [String: GeneratorValue]) {
    guard case .call(let name, let inner)? = call.positional(0)?.value else {
      throw SessionFailure(
        .argumentType, "`generate` wants a generator", at: call.span,
        help: ["generate(two_moons(noise: 0.1), count: 2000)"])
    }
    guard let generator = Generator.named(name) else {
      throw SessionFailure(
        .unknownGenerator, "there is no generator `\(name)`", at: call.span,
        help: [
          "the generators are "
            + Generator.all.map { "`\($0.name)`" }.joined(separator: ", ")
        ])
    }
    var values: [String: GeneratorValue] = [:]
    func add(_ label: String, _ argument: DataCall.LabelledArgument) throws {
      guard let value = argument.value.generatorValue ?? function(argument.value) else {
        throw SessionFailure(
          .argumentType, "`\(label)` of `\(name)` can't be \(argument.value.kindText)",
          at: argument.span)
      }
      values[label] = value
    }
    var place = 0
    for argument in inner {
      if let label = argument.label {
        try add(label, argument)
      } else if place < generator.parameters.count {
        try add(generator.parameters[place].name, argument)
        place += 1
      }
    }
    for argument in call.arguments.dropFirst() {
      if let label = argument.label { try add(label, argument) }
    }
    return (generator, values)
  }

  private static func standIn(_ argument: DataCall.Argument) -> GeneratorValue? {
    guard case .function = argument else { return nil }
    return GeneratorValue.function { _ in 0 }
  }

  private func generatorSchema(_ call: DataCall) throws -> DataSchema {
    // Functions play no part in names and shapes.
    let found = try generator(call, function: Self.standIn)
    let fields = try self.fields(of: found.generator, found.values, call)
    let alongTime = fields.contains { $0.axis == .time }
    var count: Int?
    if case .number(let n)? = found.values["count"] { count = Int(exactly: n) }
    let columns = fields.map { field in
      DataSchema.Column(
        name: field.name, shape: field.shape, element: field.isInteger ? .integer : .real,
        alongTime: field.axis == .time)
    }
    return DataSchema(
      columns: columns, timeColumn: alongTime ? "t" : nil, length: nil, count: count,
      isRagged: found.generator.name == "irregular_sines")
  }

  private func fields(
    of generator: Generator, _ values: [String: GeneratorValue], _ call: DataCall
  ) throws -> [Generator.FieldSchema] {
    do {
      return try generator.fields(values)
    } catch {
      throw DataProblem(.generator(error), file: generator.name, request: call.span)
    }
  }
}

extension DataCall {
  /// The arguments without label, in order.
  func positional(_ index: Int) -> LabelledArgument? {
    let plain = arguments.filter { $0.label == nil }
    return plain.indices.contains(index) ? plain[index] : nil
  }
}

extension DataCall.Argument {
  fileprivate var asNumber: DataCall.Argument? {
    switch self {
    case .number: self
    case .integer(let n): .number(Double(n))
    case .boolean, .text, .texts, .interval, .array, .record, .call, .column, .function: nil
    }
  }

  var generatorValue: GeneratorValue? {
    switch self {
    case .number(let x): .number(x)
    case .integer(let n): .number(Double(n))
    case .interval(let a, let b): .interval(a, b)
    case .array(let xs, _): .numbers(xs)
    case .boolean(let flag): .number(flag ? 1 : 0)
    case .text, .texts, .record, .call, .column, .function: nil
    }
  }

  var kindText: String {
    switch self {
    case .number, .integer: "a number"
    case .boolean: "true or false"
    case .text: "a text"
    case .texts: "a list of texts"
    case .interval: "an interval"
    case .array: "an array"
    case .record: "a record"
    case .call(let name, _): "`\(name)(…)`"
    case .column: "a column"
    case .function: "a function"
    }
  }
}
