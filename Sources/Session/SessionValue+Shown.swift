import NodalChecking
import NodalData
import NodalExecution
import NodalTypes

/// Values as they are shown: kept in kelvin, a temperature that was declared in `degC` is printed, drawn and written in
/// `degC`.
extension SessionValue {
  func shown(as type: Type?) -> SessionValue {
    guard let type else { return self }
    switch (self, type) {
    case (.array(let tensor), .tensor(let own)):
      let offset = own.shownOffset
      return offset == 0
        ? self
        : .array(Tensor(tensor.element, shape: tensor.shape, tensor.numbers.map { $0 - offset }))
    case (.tuple(let parts), .tuple(let types)) where parts.count == types.count:
      return .tuple(zip(parts, types).map { $0.shown(as: $1) })
    case (.record(let parts), .record(let fields)): return .record(parts.shown(as: fields))
    case (.solution(var solution), .solution(let own)):
      let final = Field("final", .record(own.fields))
      solution.fields = solution.fields.shown(as: own.fields + [final])
      return .solution(solution)
    case (.dataset(let data), .dataset(let own)):
      var shifted = data
      for field in data.fields {
        let offset = own.example.first { $0.name == field.name }?.type.tensor?.shownOffset ?? 0
        guard offset != 0 else { continue }
        var moved = field
        moved.values = field.values.map { $0 - offset }
        shifted.set(moved)
      }
      return .dataset(shifted)
    case (.array, _), (.text, _), (.tuple, _), (.record, _), (.solution, _), (.dataset, _),
      (.run, _), (.nothing, _):
      return self
    }
  }
}

extension [SessionValue.Named] {
  fileprivate func shown(as fields: [Field]) -> [SessionValue.Named] {
    map { part in
      .init(part.name, part.value.shown(as: fields.first { $0.name == part.name }?.type))
    }
  }
}

extension TensorType {
  /// What is taken off a kept number to show it.
  var shownOffset: Double {
    switch unit {
    case .uniform(let unit): unit.offset
    case .mixed: 0
    }
  }
}
