import NodalIR
import NodalTraining
import NodalBasics
import NodalChecking
package import NodalData
import NodalDiagnostics
import NodalExecution
import NodalTypes

extension Session {
  /// Evaluates a `data` declaration, and learns from it the lengths that the checker left open.
  func makeData(_ instance: DataInstance) throws {
    let data: Dataset
    switch instance.source {
    case .call(let call): data = try read(call)
    case .simulate(let expression): data = try simulate(expression, instance)
    }
    values[instance.name] = .dataset(data)
    learn(instance.type, data)
  }

  /// The data set that a command names, or the samples of a solution as one, with its type; nothing where it names none.
  func dataset(
    _ expression: TypedExpression?, else complaint: String
  ) throws -> (data: Dataset?, type: DatasetType?) {
    guard let expression else { return (nil, nil) }
    guard let data = try evaluate(expression).dataset,
      case .dataset(let type) = expression.type.asDataset
    else {
      throw SessionFailure(.notADataset, complaint, at: expression.span)
    }
    return (data, type)
  }

  func learn(_ type: DatasetType, _ data: Dataset) {
    if let size = type.length, data.isUniform, let length = data.lengths?.first {
      learn(size, length)
    }
    if let size = type.count { learn(size, data.exampleCount) }
  }

  /// From `n + c = length` follows n.
  func learn(_ size: Size, _ length: Int) {
    guard size.terms.count == 1, let (variable, factor) = size.terms.first, factor == 1 else {
      return
    }
    lengths[variable] = length - size.constant
  }

  /// Arrays that `given(name)` reads from now on; what was made of older ones is made anew where it is needed.
  package func give(_ arrays: [NamedArray], as name: String) {
    given[name] = arrays
    environment.renewData { call in
      if call.function == .given, case .text(let own)? = call.positional(0)?.value {
        return own == name
      }
      return false
    }
  }

  private func read(_ call: DataCall) throws -> Dataset {
    let reader = self.reader
    switch call.function {
    case .csv: return try alone { try reader.csv(call) }
    case .generate:
      let found = try reader.generator(call, function: function)
      let seed = seed
      return try alone {
        do throws(GeneratorError) {
          return try found.generator.make(found.values, seed: seed)
        } catch {
          throw DataProblem(.generator(error), file: found.generator.name, request: call.span)
        }
      }
    case .idx: return try alone { try reader.images(call).dataset }
    case .npz, .npy, .given: return try alone { try reader.arrays(call) }
    }
  }

  private func function(_ argument: DataCall.Argument) -> GeneratorValue? {
    guard case .function(let local, let body) = argument else { return nil }
    return try? function(local, body)
  }

  /// A function of one number, compiled; it is called often.
  private func function(_ local: LocalID, _ body: TypedExpression) throws -> GeneratorValue {
    let lowered = try Lowering.lower(body, parameters: [(local, Type.real)], of: program)
    let inputs = try bind(lowered)
    let runner = try compile(lowered)
    return .function { x in
      (try? runner.run([Tensor(x)] + inputs).results.first?.scalar) ?? .nan
    }
  }

  /// `simulate(…)`: the checker has made a record of columns of it.
  private func simulate(_ expression: TypedExpression, _ instance: DataInstance) throws -> Dataset {
    guard case .record(let columns) = try evaluate(expression) else {
      throw SessionFailure(
        .internalInconsistency, "a simulation that is no record", at: instance.span)
    }
    let isSingle = instance.type.count == nil
    var lengths: [Int] = []
    var fields: [DataField] = []
    for column in columns {
      guard let tensor = column.value.tensor else { continue }
      let axes = isSingle ? 1 : 2
      let (count, length) = isSingle ? (1, tensor.shape[0]) : (tensor.shape[0], tensor.shape[1])
      lengths = Array(repeating: length, count: count)
      fields.append(
        DataField(
          column.name, on: .time, shape: Array(tensor.shape.dropFirst(axes)),
          values: tensor.numbers))
    }
    return Dataset(lengths: lengths, time: instance.type.timeColumn, fields: fields)
  }
}
