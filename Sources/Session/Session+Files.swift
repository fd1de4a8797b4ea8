import NodalIR
import NodalTraining
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalTypes

/// `write`, `save`, `load`.
extension Session {
  func describeRefusal(_ error: any Error, _ file: String, _ span: Span) -> SessionFailure {
    if let refusal = error as? PathRefusal {
      return SessionFailure(DataProblem(.refused(refusal), file: file, request: span).diagnostic)
    }
    return SessionFailure(describe(error, at: span))
  }

  /// A solution, a data set or an array, as what the file's ending says.
  func write(_ expression: TypedExpression, _ file: String, _ span: Span) throws {
    let format = try outputFormat(file, span)
    let value = try evaluate(expression).shown(as: expression.type)
    let path = try pathForWriting(file, span)
    let encoder = try encoder(of: value, as: format, expression, span)
    let bytes = try alone { encoder() }
    do {
      try host.files.createDirectory(Path.directory(path))
      try host.files.write(path, bytes)
    } catch {
      throw SessionFailure(.writeFailed, "can't write \"\(file)\": \(error.message)", at: span)
    }
    sink(.wrote(path: path, what: format == .csv ? "table" : "arrays"))
  }

  func table(_ value: SessionValue, _ expression: TypedExpression) throws -> Table {
    var columns: [Table.Column] = []
    var count = 0
    func add(_ name: String, _ tensor: Tensor) {
      let n = tensor.shape.first ?? 1
      let width = n == 0 ? 0 : tensor.count / n
      let numbers = tensor.numbers
      count = max(count, n)
      for k in 0..<width {
        let suffix = width > 1 ? "[\(k)]" : ""
        let column: [Double] = (0..<n).map { (i: Int) -> Double in numbers[i * width + k] }
        columns.append(Table.Column(name: name + suffix, content: .numbers(column, missing: [])))
      }
    }
    switch value {
    case .solution(let solution) where !solution.laneShape.isEmpty:
      return solution.dataset.table
    case .solution(let solution):
      for field in solution.sampled {
        if let tensor = field.value.tensor { add(field.name, tensor) }
      }
    case .dataset(let data): return data.table
    case .record(let fields):
      for field in fields { if let tensor = field.value.tensor { add(field.name, tensor) } }
    case .array(let tensor): add("value", tensor)
    case .run(let run): add("loss", Tensor(run.result.losses))
    case .text, .tuple, .nothing:
      throw SessionFailure(.unsavable, "this is nothing that a table can hold", at: expression.span)
    }
    return Table(columns: columns, rowCount: count)
  }

  private func needWeights(_ owner: String, _ ids: [WeightID], _ span: Span) throws {
    guard ids.isEmpty else { return }
    throw SessionFailure(
      .unsavable, "`\(owner)` has no parameters and no weights", at: span,
      help: ["a layer that nothing uses has none: its sizes aren't known"])
  }

  /// Weights below a path, by their paths, as safetensors.
  func save(_ owner: String, _ ids: [WeightID], _ file: String, _ span: Span) throws {
    try needWeights(owner, ids, span)
    let path = try pathForWriting(file, span)
    let saved = weightsFile(ids.compactMap { program.weights[$0]?.path }, of: owner)
    do {
      try host.files.createDirectory(Path.directory(path))
      try host.files.write(path, saved.bytes)
    } catch {
      throw SessionFailure(.writeFailed, "can't write \"\(file)\": \(error.message)", at: span)
    }
    sink(.wrote(path: path, what: "weights"))
  }

  /// What weights at these paths hold, as a file of theirs.
  func weightsFile(_ paths: [String], of owner: String) -> Safetensors {
    let entries = paths.compactMap { path in
      weights[path].map {
        Safetensors.Entry(path, NumberArray(shape: $0.shape, .f64($0.values)))
      }
    }
    return Safetensors(entries: entries, metadata: ["nodal": owner])
  }

  /// Weights by their paths, of whatever has been declared, from a file that a person names (and no program, so it lies where it likes);
  /// gives the paths of those that were there.
  package func loadWeights(_ path: String) throws -> [String] {
    let saved: Safetensors
    do {
      saved = try Safetensors(try host.files.readRegular(path))
    } catch let error as HostError {
      throw SessionFailure(DataProblem(.host(error), file: path).diagnostic)
    } catch let error as ArrayFileError {
      throw SessionFailure(DataProblem(.array(error), file: path).diagnostic)
    }
    var taken: [String] = []
    for weight in program.weights.values.sorted(by: { $0.id < $1.id }) {
      guard let array = saved[weight.path], !taken.contains(weight.path) else { continue }
      try take(array, for: weight, from: path, nil)
      taken.append(weight.path)
    }
    guard !taken.isEmpty else {
      throw SessionFailure(
        .incompatibleWeights, "\"\(path)\" has no weight of this program", at: nil,
        help: [saved.contents])
    }
    return taken
  }

  /// Gives a weight the numbers of a file.
  private func take(
    _ array: NumberArray, for weight: Weight, from file: String, _ span: Span?
  ) throws {
    guard array.shape == weights[weight.path]?.shape else {
      throw SessionFailure(
        .incompatibleWeights,
        "`\(weight.path)` is \(array.shape) in \"\(file)\" and \(weights[weight.path]?.shape ?? []) here",
        at: span)
    }
    let values = array.doubles
    if let bad = values.first(where: { !weight.domain.contains($0) }) {
      throw SessionFailure(
        .outsideDomain,
        "`\(weight.path)` is \(bad) in \"\(file)\", outside of its domain \(weight.domain.text)",
        at: span)
    }
    weights.setValues(weight.path, values)
  }

  /// Outputs of this program come first, then the data folders.
  func load(_ owner: String, _ ids: [WeightID], _ file: String, _ span: Span) throws {
    try needWeights(owner, ids, span)
    let bytes: [UInt8]
    do {
      let path = try policy.pathForReading(
        file, fromAny: [outputDirectory] + dataBases, files: host.files)
      bytes = try host.files.readRegular(path)
    } catch let error as HostError {
      throw SessionFailure(DataProblem(.host(error), file: file, request: span).diagnostic)
    } catch {
      throw describeRefusal(error, file, span)
    }
    let saved: Safetensors
    do {
      saved = try Safetensors(bytes)
    } catch {
      throw SessionFailure(
        DataProblem(.array(error), file: file, request: span).diagnostic)
    }
    for weight in ids.compactMap({ program.weights[$0] }) {
      guard let array = saved[weight.path] else {
        throw SessionFailure(
          .incompatibleWeights, "\"\(file)\" has no `\(weight.path)`", at: span,
          help: [saved.contents])
      }
      try take(array, for: weight, from: file, span)
    }
    sink(.note("loaded \(ids.count) array\(ids.count == 1 ? "" : "s") of `\(owner)` from \(file)"))
  }
}

extension Safetensors {
  /// `it holds `f.k`, `f.c``
  fileprivate var contents: String {
    "it holds " + entries.prefix(8).map { "`\($0.name)`" }.joined(separator: ", ")
  }
}
