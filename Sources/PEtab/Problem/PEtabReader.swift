package import NodalBasics
package import NodalDiagnostics

/// Reads a problem: its file in YAML, the model, the tables. All of them lie below the folder of the first.
package struct PEtabReader {
  /// Larger files are refused.
  static let largestFile = 1 << 28

  /// What has been read, for messages.
  package private(set) var sources = SourceMap()
  private let files: HostFiles
  private var folder = "."
  private var policy = PathPolicy(readable: [], writable: [])

  package init(files: HostFiles) { self.files = files }

  package mutating func read(_ path: String) throws(ImportFailure) -> PEtabProblem {
    folder = Path.directory(path)
    policy = PathPolicy(readable: [folder], writable: [])
    let source = try load(Path.name(path), asked: nil)
    let root = try YAMLReader.read(source)
    if let version = root["format_version"], let text = version.text,
      text.split(separator: ".").first.map(String.init) != "1"
    {
      throw ImportFailure(.problem(.version(text)), at: version.span)
    }
    guard let problems = root["problems"]?.items, let problem = problems.first else {
      throw ImportFailure(.problem(.missingKey("problems")), at: root.span)
    }
    guard problems.count == 1 else {
      throw ImportFailure(.problem(.several("problems", problems.count)), at: problems[1].span)
    }
    let models = try paths(problem, ["sbml_files", "sbml_file"])
    guard models.count == 1 else {
      throw ImportFailure(.problem(.several("models", models.count)), at: models[1].span)
    }
    let model = try SBMLReader.read(try load(models[0].text, asked: models[0].span))
    var result = PEtabProblem(name: Self.identifier(Path.stem(path)), model: model)
    if let extensions = root["extensions"], case .map(let entries, _) = extensions,
      let first = entries.first
    {
      throw ImportFailure(.unsupported(.extensions(first.key)), at: extensions.span)
    }
    for file in try paths(root, ["parameter_file", "parameter_files"]) {
      try readParameters(try table(file), &result)
    }
    for file in try paths(problem, ["condition_files", "condition_file"]) {
      try readConditions(try table(file), &result)
    }
    for file in try paths(problem, ["observable_files", "observable_file"]) {
      try readObservables(try table(file), &result)
    }
    for file in try paths(problem, ["measurement_files", "measurement_file"]) {
      try readMeasurements(try table(file), &result)
    }
    guard !result.measurements.isEmpty else {
      throw ImportFailure(.problem(.noMeasurements), at: problem.span)
    }
    return result
  }

  /// Of a name of a file: what may be the name of a program.
  private static func identifier(_ text: String) -> String {
    let kept = text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "_" }
    return kept.isEmpty ? "problem" : String(kept)
  }

  private func paths(
    _ map: YAMLValue, _ keys: [String]
  ) throws(ImportFailure) -> [(text: String, span: Span)] {
    for key in keys {
      guard let value = map[key] else { continue }
      var result: [(text: String, span: Span)] = []
      for item in value.items {
        guard let text = item.text, !text.isEmpty, !text.contains("://") else {
          throw ImportFailure(.problem(.notAPath(key)), at: item.span)
        }
        result.append((text, item.span))
      }
      if !result.isEmpty { return result }
    }
    throw ImportFailure(.problem(.missingKey(keys[0])), at: map.span)
  }

  private mutating func table(
    _ file: (text: String, span: Span)
  ) throws(ImportFailure) -> PEtabTable {
    try PEtabTable(try load(file.text, asked: file.span))
  }

  private mutating func load(_ name: String, asked: Span?) throws(ImportFailure) -> SourceFile {
    let bytes: [UInt8]
    do {
      bytes = try files.readRegular(try policy.pathForReading(name, from: folder, files: files))
    } catch let error as HostError {
      throw ImportFailure(.file(error), at: asked)
    } catch let error as PathRefusal {
      throw ImportFailure(.refused(error), at: asked)
    } catch {
      throw ImportFailure(.notText(path: name), at: asked)
    }
    guard bytes.count <= Self.largestFile else {
      throw ImportFailure(.tooLarge(path: name, limit: Self.largestFile), at: asked)
    }
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
      throw ImportFailure(.notText(path: name), at: asked)
    }
    let source = SourceFile(
      id: sources.nextID, path: Path.join(folder == "." ? "" : folder, name), text: text)
    sources.add(source)
    return source
  }

  // MARK: Tables

  private func readParameters(
    _ table: PEtabTable, _ problem: inout PEtabProblem
  ) throws(ImportFailure) {
    try table.require(columns: ["parameterId", "parameterScale", "estimate"])
    for row in table.rows {
      let id = try newIdentifier(row, "parameterId", besides: problem.parameters.map(\.id))
      let isEstimated = try row.number("estimate") ?? 0 != 0
      var parameter = PEtabProblem.Parameter(
        id: id.text, scale: try row.word("parameterScale", standard: .linear),
        lower: try row.number("lowerBound") ?? -.infinity,
        upper: try row.number("upperBound") ?? .infinity, nominal: try row.number("nominalValue"),
        isEstimated: isEstimated, span: row.span)
      if isEstimated {
        parameter.prior = try prior(row)
        guard parameter.lower < parameter.upper else {
          throw ImportFailure(
            .problem(.bounds(id.text, lower: parameter.lower, upper: parameter.upper)), at: row.span
          )
        }
        if parameter.scale != .linear, parameter.lower <= 0 {
          // On a logarithmic scale there is nothing at and below zero.
          guard parameter.upper > 0 else {
            throw ImportFailure(.problem(.logOfBound(id.text)), at: row.span)
          }
          parameter.lower = 0
        }
        if row["initializationPriorType"] != nil {
          let note = "starts are spread over the bounds: initialization priors are left out"
          if !problem.notes.contains(note) { problem.notes.append(note) }
        }
      } else if parameter.nominal == nil {
        throw ImportFailure(.problem(.noValue(id.text)), at: row.span)
      }
      problem.parameters.append(parameter)
    }
  }

  private func prior(_ row: PEtabTable.Row) throws(ImportFailure) -> PEtabProblem.Prior? {
    guard let cell = row["objectivePriorType"] else { return nil }
    let kind = try row.word("objectivePriorType", standard: PEtabProblem.Prior.Kind.uniform)
    let text = row["objectivePriorParameters"]?.text ?? ""
    let numbers = text.split(separator: ";").map {
      PEtabTable.number(String($0).filter { !$0.isWhitespace })
    }
    guard numbers.count == 2, let first = numbers[0], let second = numbers[1], first.isFinite,
      second.isFinite
    else {
      // A uniform prior without numbers is that of the bounds.
      if kind == .parameterScaleUniform || kind == .uniform, text.isEmpty { return nil }
      throw ImportFailure(.problem(.badPrior(kind.rawValue, text: text)), at: cell.span)
    }
    let isRight =
      switch kind {
      case .uniform, .parameterScaleUniform: first < second
      case .normal, .laplace, .logNormal, .logLaplace, .parameterScaleNormal,
        .parameterScaleLaplace:
        second > 0
      }
    guard isRight else {
      throw ImportFailure(.problem(.badPrior(kind.rawValue, text: text)), at: cell.span)
    }
    return .init(kind: kind, first: first, second: second)
  }

  private func readConditions(
    _ table: PEtabTable, _ problem: inout PEtabProblem
  ) throws(ImportFailure) {
    try table.require(columns: ["conditionId"])
    for row in table.rows {
      let id = try newIdentifier(row, "conditionId", besides: problem.conditions.map(\.id))
      var values: [String: Formula] = [:]
      for column in table.columns where column != "conditionId" && column != "conditionName" {
        if let cell = row[column] { values[column] = try value(cell) }
      }
      problem.conditions.append(.init(id: id.text, values: values, span: row.span))
    }
  }

  private func readObservables(
    _ table: PEtabTable, _ problem: inout PEtabProblem
  ) throws(ImportFailure) {
    try table.require(columns: ["observableId", "observableFormula", "noiseFormula"])
    for row in table.rows {
      let id = try newIdentifier(row, "observableId", besides: problem.observables.map(\.id))
      let formula = try row.require("observableFormula")
      let noise = try row.require("noiseFormula")
      problem.observables.append(
        .init(
          id: id.text, formula: try InfixReader.read(formula.text, span: formula.span),
          noise: try InfixReader.read(noise.text, span: noise.span),
          transformation: try row.word("observableTransformation", standard: .linear),
          distribution: try row.word("noiseDistribution", standard: .normal), span: row.span))
    }
  }

  private func readMeasurements(
    _ table: PEtabTable, _ problem: inout PEtabProblem
  ) throws(ImportFailure) {
    try table.require(columns: ["observableId", "simulationConditionId", "measurement", "time"])
    let observables = Dictionary(problem.observables.map { ($0.id, $0) }) { first, _ in first }
    let conditions = Set(problem.conditions.map(\.id))
    var left = 0
    for row in table.rows {
      let observable = try row.require("observableId")
      guard let measured = observables[observable.text] else {
        throw ImportFailure(.problem(.unknownObservable(observable.text)), at: observable.span)
      }
      let condition = try row.require("simulationConditionId")
      let before = row["preequilibrationConditionId"]
      for cell in [condition, before].compactMap({ $0 }) where !conditions.contains(cell.text) {
        throw ImportFailure(.problem(.unknownCondition(cell.text)), at: cell.span)
      }
      guard let value = try row.number("measurement"), value.isFinite else {
        left += 1
        continue
      }
      guard let time = try row.number("time"), time >= 0 else {
        throw ImportFailure(
          .table(.notANumber(row["time"]?.text ?? "", column: "time")),
          at: row["time"]?.span ?? row.span)
      }
      if measured.transformation != .linear, value <= 0 {
        throw ImportFailure(
          .problem(.transformedNotPositive(measured.id)), at: row["measurement"]?.span ?? row.span)
      }
      problem.measurements.append(
        .init(
          observable: observable.text, condition: condition.text, preequilibration: before?.text,
          time: time, value: value, observableParameters: try values(row["observableParameters"]),
          noiseParameters: try values(row["noiseParameters"]), span: row.span))
    }
    if left > 0 { problem.notes.append("\(left) measurements without a number are left out") }
  }

  private func newIdentifier(
    _ row: PEtabTable.Row, _ column: String, besides known: [String]
  ) throws(ImportFailure) -> PEtabTable.Cell {
    let id = try identifier(row, column)
    guard !known.contains(id.text) else {
      throw ImportFailure(.problem(.duplicateID(id.text)), at: id.span)
    }
    return id
  }

  private func identifier(
    _ row: PEtabTable.Row, _ column: String
  ) throws(ImportFailure) -> PEtabTable.Cell {
    let cell = try row.require(column)
    guard SBMLName.isOne(cell.text) else {
      throw ImportFailure(.problem(.notAnIdentifier(cell.text)), at: cell.span)
    }
    return cell
  }

  /// `0.5;scale_1`.
  private func values(_ cell: PEtabTable.Cell?) throws(ImportFailure) -> [Formula] {
    guard let cell else { return [] }
    var result: [Formula] = []
    for part in cell.text.split(separator: ";", omittingEmptySubsequences: false) {
      let text = String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      result.append(try value(.init(text: text, span: cell.span)))
    }
    return result
  }

  /// A number, or the name of a parameter.
  private func value(_ cell: PEtabTable.Cell) throws(ImportFailure) -> Formula {
    if let number = PEtabTable.number(cell.text) { return .number(number) }
    guard SBMLName.isOne(cell.text) else {
      throw ImportFailure(.problem(.notAnIdentifier(cell.text)), at: cell.span)
    }
    return .name(cell.text)
  }
}
