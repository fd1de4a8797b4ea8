import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalTraining
import NodalTypes

/// Values as arrays with names, axes and units: what `.npz` and `.nc` files hold.
struct Outputs {
  private(set) var arrays: [OutputArray] = []

  /// Nil where there is nothing of numbers in it.
  init?(_ value: SessionValue, _ type: Type?) {
    switch value {
    case .run(let run):
      arrays = [
        OutputArray(
          name: "loss", shape: [run.result.losses.count], .f64(run.result.losses), axes: ["step"],
          description: "the loss of each step")
      ]
    case .array(let tensor): add("value", tensor, type, axes: [])
    case .solution, .dataset, .record: add(value, type, prefix: "")
    case .text, .tuple, .nothing: return nil
    }
    if arrays.isEmpty { return nil }
  }

  private mutating func add(_ value: SessionValue, _ type: Type?, prefix: String) {
    switch value {
    case .array, .run, .text, .tuple, .nothing: return
    case .dataset(let data): add(data, type, prefix)
    case .solution(let solution): add(solution, type, prefix)
    case .record(let fields):
      var types: [Field] = []
      if case .record(let own)? = type { types = own }
      for field in fields {
        let type = types.first { $0.name == field.name }?.type
        if let tensor = field.value.tensor {
          add(prefix + field.name, tensor, type, axes: [])
        } else {
          add(field.value, type, prefix: prefix + field.name + ".")
        }
      }
    }
  }

  private mutating func add(_ solution: SolutionValue, _ type: Type?, _ prefix: String) {
    var types: [Field] = []
    if case .solution(let own)? = type { types = own.fields }
    let lanes = solution.laneShape.count
    let trajectories =
      lanes == 1 ? ["trajectory"] : (0..<lanes).map { "trajectory_\($0)" }
    for field in solution.sampled {
      guard let tensor = field.value.tensor else { continue }
      add(
        prefix + field.name, tensor, types.first { $0.name == field.name }?.type,
        axes: trajectories + [prefix + (lanes == 0 ? "t" : "sample")], of: solution.ode)
    }
  }

  private mutating func add(_ data: Dataset, _ type: Type?, _ prefix: String) {
    var types: [Field] = []
    if case .dataset(let own)? = type { types = own.example }
    let examples =
      data.isSingleExperiment ? [] : [prefix + (data.lengths == nil ? "row" : "experiment")]
    let times = prefix + (data.isSingleExperiment ? data.timeName ?? "sample" : "sample")
    for field in data.fields {
      guard let array = data.array(of: field.name) else { continue }
      let axes = examples + (field.axis == .time ? [times] : [])
      let tensor = Tensor(array)
      guard field.categories.isEmpty else {
        let words = tensor.numbers.map { code in
          Int(exactly: code).flatMap {
            field.categories.indices.contains($0) ? field.categories[$0] : nil
          } ?? ""
        }
        append(prefix + field.name, tensor.shape, .words(words), nil, axes)
        continue
      }
      let whole = field.isInteger ? tensor.numbers.compactMap { Int64(exactly: $0) } : []
      let isWhole = field.isInteger && whole.count == tensor.count
      let own = types.first { $0.name == field.name }?.type
      append(
        prefix + field.name, tensor.shape, isWhole ? .i64(whole) : .f64(tensor.numbers),
        own.flatMap(ValueText.unit) ?? field.unit, axes)
    }
  }

  private mutating func add(
    _ name: String, _ tensor: Tensor, _ type: Type?, axes: [String], of owner: String? = nil
  ) {
    let values: OutputArray.Values =
      switch tensor.element {
      case .f32: .f32(tensor.numbers.map { Float($0) })
      case .f64: .f64(tensor.numbers)
      case .i64: .i64(tensor.numbers.map { ElementAccess.saturated($0) })
      case .bool: .bool(tensor.numbers.map { $0 != 0 })
      }
    append(name, tensor.shape, values, type.flatMap(ValueText.unit), axes, of: owner)
  }

  /// Axes without a name of their own are called after the array and counted.
  private mutating func append(
    _ name: String, _ shape: [Int], _ values: OutputArray.Values, _ unit: String?,
    _ axes: [String], of owner: String? = nil
  ) {
    let named = axes.prefix(shape.count)
    let rest = (0..<shape.count - named.count).map { "\(name)_\($0)" }
    arrays.append(
      OutputArray(
        name: name, shape: shape, values, axes: named + rest, unit: unit,
        description: owner.map { "\(name) of \($0)" } ?? name))
  }
}

extension Session {
  /// What makes the bytes of a file of this format, without the session: it may take long.
  func encoder(
    of value: SessionValue, as format: OutputFormat, _ expression: TypedExpression, _ span: Span
  ) throws -> @Sendable () -> [UInt8] {
    switch format {
    case .csv:
      let table = try table(value, expression)
      return { Array(CSVWriter.text(table).utf8) }
    case .npy:
      guard case .array = value, let array = Outputs(value, expression.type)?.arrays.first else {
        throw SessionFailure(
          .unsavable, "only an array goes into an .npy file", at: expression.span,
          help: ["an .npz file holds several, by their names"])
      }
      return { NumPyArray.bytes(array) }
    case .npz:
      let arrays = try outputs(value, expression)
      let host = host
      return { NumPyArchive.bytes(arrays, host) }
    case .nc:
      let arrays = try outputs(value, expression).sharing(times: timeName(of: value))
      let program = sourceMap[span.source].map { Path.name($0.path) } ?? ""
      do {
        let writer = try NetCDFWriter(
          arrays,
          attributes: [
            ("Conventions", "CF-1.10"), ("title", program),
            ("source", "Nodal \(NodalVersion.text)"),
          ])
        return { writer.bytes }
      } catch {
        switch error {
        case .nothing(let array):
          throw SessionFailure(
            .unsavable, "`\(array)` holds nothing, and a netCDF file can't hold that",
            at: expression.span, help: ["an .npz file can"])
        }
      }
    }
  }

  private func outputs(
    _ value: SessionValue, _ expression: TypedExpression
  ) throws -> [OutputArray] {
    guard let outputs = Outputs(value, expression.type) else {
      throw SessionFailure(.unsavable, "there are no arrays in this", at: expression.span)
    }
    return outputs.arrays
  }

  private func timeName(of value: SessionValue) -> String {
    if case .dataset(let data) = value { return data.timeName ?? "t" }
    return "t"
  }

  /// What a file is written as, by its ending.
  func outputFormat(_ file: String, _ span: Span) throws -> OutputFormat {
    guard let format = OutputFormat(path: file) else {
      throw SessionFailure(
        .unsavable, "\"\(file)\" does not end in one of the known formats", at: span,
        help: [
          "the endings are "
            + OutputFormat.allCases.map { "." + $0.rawValue }.joined(separator: ", ")
        ])
    }
    return format
  }
}
