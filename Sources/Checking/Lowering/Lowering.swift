import NodalDiagnostics
package import NodalIR
import NodalMethods
import NodalOperations
package import NodalTypes

/// Typed program → IR, for one example, with numbers for all lengths.
///
/// Lowering is cheap and may be done again for other lengths. What it can't lower is the checker's mistake, never
/// the user's, and is thrown as an `IRError`.
package struct Lowering {
  package enum Parametrisation: Sendable {
    /// Weights come as they are.
    case constrained
    /// Weights come as unconstrained numbers, and go through the bijection of their domain.
    case unconstrained
  }

  let program: TypedProgram
  var lengths: [SizeVariable: Int]
  /// How many times of events the program reads, where no session has counted them.
  var eventReads: [SizeVariable: Int] = [:]
  let parametrisation: Parametrisation
  /// The file's precision.
  let precision: ElementType
  /// What reals are lowered to just now: f64 while times are.
  var element: ElementType
  var scope: RegionScope
  var inputs: [ProgramInput] = []
  /// What the inputs of the ode are that is being solved.
  var solveInputs: [SolveInput] = []
  var origins: [LoweredOrigin] = []
  /// Terms whose strength along solutions is asked for, and what has been found.
  var terms: [TermReference] = []
  var strengths: [TermReference: [Value]] = [:]
  /// While a side of an elementwise `if` is lowered: the elements that it is taken for, and where that was found out.
  var taken: (mask: Value, scope: RegionScope)?
  /// Set for a loss whose solves are looked at, or whose examples are windows.
  var shooting: ShootingMode?
  private var declaredCount = 0

  init(
    _ program: TypedProgram, lengths: [SizeVariable: Int], parametrisation: Parametrisation,
    parameters: [ValueType]
  ) {
    self.program = program
    self.lengths = lengths
    self.parametrisation = parametrisation
    precision = program.precision == .f32 ? .f32 : .f64
    element = precision
    scope = RegionScope(.root, parent: nil, parameters: parameters)
  }

  /// An expression without parameters.
  package static func lower(
    _ expression: TypedExpression, of program: TypedProgram, lengths: [SizeVariable: Int] = [:],
    parametrisation: Parametrisation = .constrained
  ) throws(LoweringFailure) -> LoweredProgram {
    try lower(
      expression, parameters: [], of: program, lengths: lengths, parametrisation: parametrisation)
  }

  /// A function body: each parameter's arrays are declared parameters of the region, in the order of its type.
  package static func lower(
    _ body: TypedExpression, parameters: [(local: LocalID, type: Type)], of program: TypedProgram,
    lengths: [SizeVariable: Int] = [:], parametrisation: Parametrisation = .constrained
  ) throws(LoweringFailure) -> LoweredProgram {
    var lowering = try begin(
      parameters: parameters, of: program, lengths: lengths, parametrisation: parametrisation)
    return try lowering.placing { (lowering) throws(IRError) in
      lowering.noteEventReads(body)
      let result: LoweredValue
      do throws(IRError) {
        result = try lowering.lower(body)
      } catch {
        throw lowering.placed(error, at: body)
      }
      var shapes = result.leaves.map { lowering.scope.builder.type($0) }[...]
      var lowered = try lowering.finish(result.leaves)
      lowered.layout = Lowering.layout(of: result, &shapes)
      return lowered
    }
  }

  /// A root region with the arrays of these parameters declared.
  static func begin(
    parameters: [(local: LocalID, type: Type)], of program: TypedProgram,
    lengths: [SizeVariable: Int], parametrisation: Parametrisation
  ) throws(LoweringFailure) -> Lowering {
    var types = Lowering(
      program, lengths: lengths, parametrisation: parametrisation, parameters: [])
    let declared = try types.placing { (types) throws(IRError) in
      var declared: [ValueType] = []
      for parameter in parameters { declared += try types.leafTypes(parameter.type) }
      return declared
    }
    var lowering = Lowering(
      program, lengths: lengths, parametrisation: parametrisation, parameters: declared)
    lowering.declaredCount = declared.count
    var rest = lowering.scope.parameters[...]
    return try lowering.placing { (lowering) throws(IRError) in
      for parameter in parameters {
        lowering.scope.locals[parameter.local] = try lowering.structure(
          parameter.type, taking: &rest)
      }
      return lowering
    }
  }

  /// The program of a root region with these results.
  func finish(_ results: [Value], declared: Int? = nil) throws(IRError) -> LoweredProgram {
    LoweredProgram(
      region: try scope.finish(results), declaredCount: declared ?? declaredCount, inputs: inputs,
      layout: .tuple(results.map { .array(scope.builder.type($0)) }), origins: origins)
  }

  private static func layout(
    of value: LoweredValue, _ types: inout ArraySlice<ValueType>
  ) -> ValueLayout {
    switch value {
    case .array: return .array(types.popFirst() ?? .time)
    case .tuple(let parts): return .tuple(parts.map { layout(of: $0, &types) })
    case .record(let fields):
      return .record(fields.map { .init($0.name, layout(of: $0.value, &types)) })
    case .solution(let solution):
      return .solution(solution.fields.map { .init($0.name, layout(of: $0.value, &types)) })
    case .text(let text): return .text(text)
    case .nothing: return .nothing
    }
  }

  // MARK: Types

  func length(_ size: Size) throws(IRError) -> Int {
    guard let n = size.evaluate(lengths) else { throw IRError("the length \(size) is not known") }
    guard n >= 0 else { throw IRError("the length \(size) is \(n)") }
    return n
  }

  func extents(_ shape: Shape) throws(IRError) -> [Extent] {
    guard shape.tail == nil else { throw IRError("the shape \(shape) is open") }
    var extents: [Extent] = []
    var count = 1.0
    for size in shape.sizes {
      let n = try length(size)
      count *= Double(n)
      extents.append(.fixed(n))
    }
    guard count <= Lowering.largestArray else {
      throw IRError(
        "an array of \(count) numbers", refusal: Refusal(.tooLarge(count: count), origin: nil))
    }
    return extents
  }

  /// Elements of one array: 2 GiB of f64.
  static let largestArray = 268_435_456.0

  func valueType(_ tensor: TensorType) throws(IRError) -> ValueType {
    ValueType(elementType(tensor.element), try extents(tensor.shape))
  }

  func elementType(_ element: Element) -> ElementType {
    switch element {
    case .real: self.element
    case .integer: .i64
    case .boolean: .bool
    }
  }

  /// Types of the arrays of a value. Times among the fields of data are f64 in every program.
  func leafTypes(_ type: Type) throws(IRError) -> [ValueType] {
    switch type {
    case .tensor(let tensor): return [try valueType(tensor)]
    case .tuple(let parts):
      var types: [ValueType] = []
      for part in parts { types += try leafTypes(part) }
      return types
    case .record(let fields):
      var types: [ValueType] = []
      for field in fields { types += try leafTypes(field.type) }
      return types
    case .error, .string, .solution, .dataset, .run, .interval, .nothing:
      throw IRError("a value of type \(type) has no arrays of its own")
    }
  }

  private func structure(
    _ type: Type, taking values: inout ArraySlice<Value>
  ) throws(IRError) -> LoweredValue {
    switch type {
    case .tensor:
      guard let value = values.popFirst() else { throw IRError("too few parameters") }
      return .array(value)
    case .tuple(let parts):
      var result: [LoweredValue] = []
      for part in parts { result.append(try structure(part, taking: &values)) }
      return .tuple(result)
    case .record(let fields):
      var result: [LoweredField] = []
      for field in fields {
        result.append(LoweredField(field.name, try structure(field.type, taking: &values)))
      }
      return .record(result)
    case .error, .string, .solution, .dataset, .run, .interval, .nothing:
      throw IRError("a value of type \(type) can't be a parameter")
    }
  }

  // MARK: Reading names

  /// What a scope knows by a key: known there, captured from around it, or made at the root.
  private mutating func reach<Key: Hashable>(
    _ known: ReferenceWritableKeyPath<RegionScope, [Key: LoweredValue]>, _ key: Key,
    in scope: RegionScope,
    make: (inout Lowering, RegionScope) throws(IRError) -> LoweredValue
  ) throws(IRError) -> LoweredValue {
    if let value = scope[keyPath: known][key] { return value }
    let value: LoweredValue
    if let parent = scope.parent {
      value = try scope.capture(reach(known, key, in: parent, make: make))
    } else {
      value = try make(&self, scope)
    }
    scope[keyPath: known][key] = value
    return value
  }

  mutating func read(_ local: LocalID) throws(IRError) -> LoweredValue {
    try reach(\.locals, local, in: scope) { (_, _) throws(IRError) in
      throw IRError("local \(local) is not bound")
    }
  }

  /// A weight; of one that has a value for each member of a group, that of the example's own.
  mutating func read(_ weight: WeightID) throws(IRError) -> LoweredValue {
    try reach(\.weights, weight, in: scope) { (lowering, root) throws(IRError) in
      let all = try lowering.readAll(weight, in: root)
      guard let group = lowering.program.weights[weight]?.group else { return all }
      // Only a loss knows it.
      let place = lowering.input(.member(group), ValueType(.i64), in: root)
      return try all.mapLeaves { (all) throws(IRError) in
        root.builder.value(.gather(Gather()), [all, place])
      }
    }
  }

  /// An input of the program that several places read.
  mutating func input(_ input: ProgramInput, _ type: ValueType, in root: RegionScope) -> Value {
    if let known = root.shared[input] { return known }
    let value = root.input(inputs.count, type)
    inputs.append(input)
    root.shared[input] = value
    return value
  }

  /// The values of a weight for all members of its group; of one without a group, its value.
  mutating func readAll(_ weight: WeightID) throws(IRError) -> LoweredValue {
    try readAll(weight, in: scope)
  }

  private mutating func readAll(
    _ weight: WeightID, in scope: RegionScope
  ) throws(IRError) -> LoweredValue {
    try reach(\.wholeWeights, weight, in: scope) { (lowering, root) throws(IRError) in
      guard let row = lowering.program.weights[weight], let tensor = row.wholeType.tensor else {
        throw IRError("weight \(weight.rawValue) is not in the program")
      }
      var type = try lowering.valueType(tensor)
      if type.element.isFloating { type.element = lowering.precision }
      let given = root.input(lowering.inputs.count, type)
      lowering.inputs.append(.weight(weight))
      let isFree = row.kind != .buffer
      return .array(
        lowering.parametrisation == .unconstrained && isFree
          ? row.domain.constrained(given, &root.builder) : given)
    }
  }

  /// A session value, or what a way of fields leads to in it: its arrays are inputs of the program.
  mutating func readSession(
    _ name: String, path: [String], _ type: Type
  ) throws(IRError) -> LoweredValue {
    let key = ([name] + path).joined(separator: "\u{0}")
    return try reach(\.sessions, key, in: scope) { (lowering, _) throws(IRError) in
      try lowering.sessionStructure(name, type, path: path)
    }
  }

  private mutating func sessionStructure(
    _ name: String, _ type: Type, path: [String]
  ) throws(IRError) -> LoweredValue {
    switch type {
    case .tensor(let tensor):
      var root = scope
      while let parent = root.parent { root = parent }
      let value = root.input(inputs.count, try valueType(tensor))
      inputs.append(.session(name, path: path))
      return .array(value)
    case .tuple(let parts):
      var result: [LoweredValue] = []
      for (i, part) in parts.enumerated() {
        result.append(try sessionStructure(name, part, path: path + ["\(i)"]))
      }
      return .tuple(result)
    case .record(let fields):
      return .record(try sessionFields(name, fields, path: path))
    case .dataset(let dataset):
      let leading = dataset.count.map { [$0] } ?? []
      let fields = dataset.example.map { Field($0.name, $0.type.lifted(by: leading)) }
      return .record(try sessionFields(name, fields, path: path))
    case .solution(let solution):
      return .solution(
        LoweredSolution(
          fields: try sessionFields(name, solution.sampledFields, path: path)))
    case .string, .error, .run, .interval, .nothing:
      throw IRError("\(name) has no numbers to compute with")
    }
  }

  private mutating func sessionFields(
    _ name: String, _ fields: [Field], path: [String]
  ) throws(IRError) -> [LoweredField] {
    var result: [LoweredField] = []
    for field in fields {
      result.append(
        LoweredField(
          field.name, try sessionStructure(name, field.type, path: path + [field.name])))
    }
    return result
  }

  // MARK: Places

  mutating func at(_ origin: LoweredOrigin) {
    scope.builder.origin = Origin(origins.count)
    origins.append(origin)
  }
}

extension SolutionType {
  /// Fields with the sample axis, then `final`: what a solution holds.
  package var sampledFields: [Field] {
    let samples: [Size] =
      switch self.samples {
      case .saved(let n): [n]
      // A length that only the run gives: such a solution is read by the session, not by a program.
      case .steps: []
      }
    let sampled = fields.map { Field($0.name, $0.type.lifted(by: leading + samples)) }
    let final = Type.record(fields.map { Field($0.name, $0.type.lifted(by: leading)) })
    let stats = Type.record(
      Solve.Statistic.language.map { Field($0, Type.integer.lifted(by: leading)) })
    return sampled + [Field("final", final), Field("stats", stats)]
      + (events.isEmpty ? [] : [Field("events", eventTimes)])
  }
}

extension SolutionType {
  /// `events`: the times of each event.
  package var eventTimes: Type {
    guard let time = fields.first?.type else { return .error }
    return .record(events.map { Field($0.name, time.lifted(by: leading + [$0.size])) })
  }
}

extension Solve.Statistic {
  /// Fields of `s.stats`, in order.
  package static let language = ["evaluations", "accepted", "rejected", "switches"]
}

extension Domain {
  /// From the real line to the domain: exp for a half line, the logistic function for an interval.
  func constrained(_ u: Value, _ builder: inout RegionBuilder) -> Value {
    switch (lower.isFinite, upper.isFinite) {
    case (false, false): return u
    case (true, false): return builder.add(builder.exp(u), lower)
    case (false, true): return builder.sub(builder.constant(upper, builder.type(u)), builder.exp(u))
    case (true, true):
      let share = builder.apply("logistic", u)
      return builder.add(builder.mul(share, upper - lower), lower)
    }
  }
}

extension Lowering {
  /// A solve that keeps its accepted steps: (times of the steps and of the end [steps], how many steps).
  /// What it reads of a batch's member are its parameters.
  package static func lowerStepTimes(
    _ expression: TypedExpression, parameters: [(local: LocalID, type: Type)] = [],
    of program: TypedProgram, lengths: [SizeVariable: Int]
  ) throws(LoweringFailure) -> LoweredProgram {
    var lowering = try begin(
      parameters: parameters, of: program, lengths: lengths, parametrisation: .constrained)
    return try lowering.placing { (lowering) throws(IRError) in
      guard case .solve(let solve) = expression.kind else { throw IRError("not a solve") }
      // On a line of its own: `finish` takes the lowering as it is when its arguments begin.
      let trace = try lowering.lowerTrace(solve)
      return try lowering.finish(trace)
    }
  }
}
