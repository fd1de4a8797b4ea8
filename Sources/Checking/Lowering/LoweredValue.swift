import NodalIR
import NodalTypes

/// What an expression of the language is in IR: arrays, and structure around them that exists only while lowering.
indirect enum LoweredValue {
  case array(Value)
  case tuple([LoweredValue])
  case record([LoweredField])
  case solution(LoweredSolution)
  case text(String)
  case nothing

  /// The arrays inside, in order.
  var leaves: [Value] {
    switch self {
    case .array(let value): [value]
    case .tuple(let parts): parts.flatMap(\.leaves)
    case .record(let fields): fields.flatMap(\.value.leaves)
    case .solution(let solution): solution.fields.flatMap(\.value.leaves)
    case .text, .nothing: []
    }
  }

  /// The same structure with other arrays.
  func mapLeaves(_ transform: (Value) throws(IRError) -> Value) throws(IRError) -> LoweredValue {
    switch self {
    case .array(let value): return .array(try transform(value))
    case .tuple(let parts):
      return .tuple(try parts.map { (part) throws(IRError) in try part.mapLeaves(transform) })
    case .record(let fields):
      return .record(
        try fields.map { (field) throws(IRError) in
          LoweredField(field.name, try field.value.mapLeaves(transform))
        })
    case .solution(let solution):
      return .solution(
        LoweredSolution(
          fields: try solution.fields.map { (field) throws(IRError) in
            LoweredField(field.name, try field.value.mapLeaves(transform))
          }))
    case .text, .nothing: return self
    }
  }

  /// The same structure with arrays from a list, in the order of `leaves`.
  func rebuilt(from values: [Value]) throws(IRError) -> LoweredValue {
    var rest = values[...]
    return try mapLeaves { (_) throws(IRError) in
      guard let value = rest.popFirst() else { throw IRError("fewer arrays than \(self) has") }
      return value
    }
  }
}

struct LoweredField {
  var name: String
  var value: LoweredValue
  init(_ name: String, _ value: LoweredValue) {
    self.name = name
    self.value = value
  }
}

/// A solution: `t`, states, outputs, `final` (a record), `stats` (a record).
struct LoweredSolution {
  var fields: [LoweredField]

  func field(_ name: String) -> LoweredValue? { fields.first { $0.name == name }?.value }
}
