import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics

extension SchemaReader {
  /// `npz(file, time:, experiment:, columns:)`, `npy(file, …)` with an array in each file, or `given(name, …)`.
  func arrays(_ call: DataCall) throws -> Dataset {
    let name = call.function.rawValue
    let known = Self.labels(of: call.function)
    for argument in call.arguments {
      if let label = argument.label, !known.contains(label), label != "file" {
        throw SessionFailure(
          .unknownLabel, "`\(name)` has no argument `\(label)`", at: argument.span,
          help: ["its arguments are " + known.map { "`\($0)`" }.joined(separator: ", ")])
      }
    }
    let files = try call.arguments.filter { $0.label == nil || $0.label == "file" }.map {
      argument in
      guard case .text(let file) = argument.value else {
        throw SessionFailure(
          .argumentType, "`\(name)` wants \(call.function.wanted), not \(argument.value.kindText)",
          at: argument.span)
      }
      return file
    }
    guard let first = files.first else {
      throw SessionFailure(
        .missingArgument, "`\(name)` wants \(call.function.wanted)", at: call.span,
        help: ["\(name)(\"\(call.function.example)\", time: \"t\")"])
    }
    if call.function != .npy, files.count > 1 {
      throw SessionFailure(
        .tooManyArguments, "`\(name)` takes one name", at: call.span,
        help: ["the arrays of a file belong together; `npy` takes several files, an array each"])
    }
    let schema = try arraySchema(call)
    let arrays =
      switch call.function {
      case .given: try givenArrays(first, call)
      case .npz: try archive(first, call)
      case .npy, .csv, .idx, .generate: try single(files, call)
      }
    do {
      return try ArrayTable(arrays).dataset(schema)
    } catch {
      throw DataProblem(.arrays(error), file: first, request: call.span)
    }
  }

  private func givenArrays(_ name: String, _ call: DataCall) throws -> [NamedArray] {
    if let arrays = given[name] { return arrays }
    let names = given.keys.sorted().map { "`\($0)`" }.joined(separator: ", ")
    throw SessionFailure(
      .unreadableFile, "nothing is given as `\(name)`", at: call.span,
      help: [
        "`given` reads arrays of a program that embeds this one"
          + (names.isEmpty ? "" : "; it gave \(names)")
      ])
  }

  private func archive(_ file: String, _ call: DataCall) throws -> [NamedArray] {
    let (_, bytes) = try contents(of: file, call)
    do {
      return try NumPyArchive.read(bytes, host)
    } catch {
      throw DataProblem(.zip(error), file: file, request: call.span)
    }
  }

  /// Arrays are called as their files, without folder and ending.
  private func single(_ files: [String], _ call: DataCall) throws -> [NamedArray] {
    var arrays: [NamedArray] = []
    for file in files {
      let (_, bytes) = try contents(of: file, call)
      let last = Path.name(file)
      let name = last.hasSuffix(".npy") ? String(last.dropLast(4)) : last
      guard !arrays.contains(where: { $0.name == name }) else {
        throw SessionFailure(
          .duplicateName, "two files are called `\(last)`, and so would be two fields",
          at: call.span)
      }
      do {
        arrays.append(try NumPyArray(bytes, name: name).array())
      } catch {
        throw DataProblem(.array(error), file: file, request: call.span)
      }
    }
    return arrays
  }

  /// As of a table; `experiment: true` is said of the first axis.
  private func arraySchema(_ call: DataCall) throws -> TableSchema {
    guard case .boolean(let flag)? = call.argument("experiment")?.value else {
      return try tableSchema(call)
    }
    var plain = call
    plain.arguments.removeAll { $0.label == "experiment" }
    var schema = try tableSchema(plain)
    schema.hasExperimentAxis = flag
    return schema
  }
}

extension DataCall.Function {
  /// What stands first.
  fileprivate var wanted: String {
    switch self {
    case .given: "the name of what is given"
    case .csv, .idx, .npz, .npy, .generate: "the name of a file"
    }
  }

  fileprivate var example: String {
    switch self {
    case .given: "obs"
    case .csv, .idx, .npz, .npy, .generate: "trial.\(rawValue)"
    }
  }
}
