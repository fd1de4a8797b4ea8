import NodalTraining
import NodalBasics
package import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalTransforms
import NodalTypes

extension Session {
  /// The value of a top-level expression.
  ///
  /// What only a session can do (a solve that keeps its accepted steps, a solution between its samples, a part of a data set) is done
  /// first, innermost first; the rest is lowered to one program and run.
  package func evaluate(
    _ expression: TypedExpression, named name: String? = nil
  ) throws -> SessionValue {
    let kept = liveTemporaries.count
    defer {
      for name in liveTemporaries[kept...] { values[name] = nil }
      liveTemporaries.removeSubrange(kept...)
    }
    let prepared = try hoist(try unbind(expression))
    if case .session(let name) = prepared.kind { return try session(name, prepared.span) }
    if case .text(let text) = prepared.kind { return .text(text) }
    if case .solve? = prepared.errand { return try solution(prepared) }
    if case .map(let mapped) = prepared.kind, mapped.body.isSolve { return try solution(prepared) }
    if let value = try perform(prepared) { return value }
    if let (name, path) = prepared.sessionPath {
      guard let value = try session(name, prepared.span)[path[...]] else {
        throw SessionFailure(nothing(at: path, in: name, prepared.span))
      }
      return value
    }
    return try compute(prepared)
  }

  private func session(_ name: String, _ span: Span) throws -> SessionValue {
    guard let value = values[name] else {
      throw SessionFailure(.resultUndefined, "`\(name)` has no value yet", at: span)
    }
    return value
  }

  /// Words for a field that a value might have, and doesn't.
  func nothing(at path: [String], in name: String, _ span: Span?) -> Diagnostic {
    let field = path.joined(separator: ".")
    if case .run? = values[name], let first = path.first.flatMap(RunField.init),
      let (key, example) = first.option
    {
      return Diagnostic(
        .resultUndefined, "`\(name)` was trained without `\(key):`, and has no `\(first.rawValue)`",
        at: span.map { Label($0) }, help: ["\(key): \(example)"])
    }
    return Diagnostic(
      .resultUndefined, "`\(name)` has no `\(field)`", at: span.map { Label($0) })
  }

  // MARK: What only a session does

  /// Bindings around something that only a session does become session values, one by one.
  private func unbind(_ expression: TypedExpression) throws -> TypedExpression {
    guard case .bindings(let bounds, let body) = expression.kind, expression.hasErrand else {
      return expression
    }
    var replaced: [LocalID: TypedExpression] = [:]
    for bound in bounds {
      let value = try evaluate(bound.value.substituting(replaced))
      replaced[bound.local] = temporary(value, bound.value.type, bound.value.span)
    }
    return try unbind(body.substituting(replaced))
  }

  /// A session value that lives as long as the statement.
  func temporary(_ value: SessionValue, _ type: Type, _ span: Span) -> TypedExpression {
    temporaries += 1
    let name = "%\(temporaries)"
    values[name] = value
    liveTemporaries.append(name)
    learn(type, value)
    return TypedExpression(.session(name), type, span)
  }

  /// Replaces what can't be lowered by session values.
  private func hoist(_ given: TypedExpression) throws -> TypedExpression {
    if case .map(let mapped) = given.kind, mapped.needsLanes, given.isClosed {
      return temporary(try eachLane(of: mapped, given), given.type, given.span)
    }
    var failure: (any Error)?
    let expression = try readingBeforehand(given)
    let inner = expression.mapChildren { child in
      guard failure == nil else { return child }
      do {
        return try hoist(child, isInner: true)
      } catch {
        failure = error
        return child
      }
    }
    if let failure { throw failure }
    return inner
  }

  private func hoist(_ expression: TypedExpression, isInner: Bool) throws -> TypedExpression {
    let inner = try hoist(expression)
    if case .solve(let solve)? = inner.errand, solve.saves.isSteps || inner.hasEvents,
      inner.readLocals.isEmpty
    {
      return temporary(try solution(inner), inner.type, inner.span)
    }
    guard let value = try perform(inner) else { return inner }
    return temporary(value, inner.type, inner.span)
  }

  /// A map in which a solution is read at times that depend on its elements: all are read at once, before it.
  private func readingBeforehand(_ expression: TypedExpression) throws -> TypedExpression {
    guard case .map(var mapped) = expression.kind else { return expression }
    var bound: [LocalID: TypedExpression] = [:]
    var reads: [(solution: TypedExpression, at: TypedExpression, type: Type)] = []
    mapped.body.walk { part in
      switch part.kind {
      case .bindings(let values, _): for value in values { bound[value.local] = value.value }
      case .interpolate(let solution, let at) where at.type.tensor?.shape.isScalar == true:
        reads.append((solution, at, part.type))
      default: break
      }
    }
    let elements = Set(mapped.arguments.map(\.local))
    for read in reads {
      var at = read.at
      while at.readLocals.contains(where: { bound[$0] != nil }) { at = at.substituting(bound) }
      guard read.solution.readLocals.isEmpty, !at.readLocals.isEmpty,
        at.readLocals.isSubset(of: elements)
      else { continue }
      let times = TypedExpression(
        .map(Mapped(extents: mapped.extents, arguments: mapped.arguments, body: at)),
        at.type.lifted(by: mapped.extents), at.span)
      let instants = temporary(try evaluate(times), times.type, at.span)
      let type = read.type.lifted(by: mapped.extents)
      let values = try evaluate(
        TypedExpression(.interpolate(read.solution, at: instants), type, expression.span))
      temporaries += 1
      let local = LocalID(-temporaries)
      mapped.arguments.append(
        Mapped.Argument(
          local: local, type: read.type, value: temporary(values, type, expression.span)))
      mapped.body = mapped.body.replacingReads(
        of: read.solution, at: read.at, by: TypedExpression(.local(local), read.type, read.at.span))
    }
    return TypedExpression(.map(mapped), expression.type, expression.span)
  }

  /// What only a session can do with an expression whose parts are prepared; nil where a program can do it.
  private func perform(_ expression: TypedExpression) throws -> SessionValue? {
    switch expression.errand {
    case .interpolate(let solution, let at): try interpolate(solution, at, expression)
    case .part(let data, let part): try slice(data, part, expression.span)
    case .example(let data, let at): try example(data, at)
    // In a loop it is the loop's program that refuses it.
    case .spectral(let kind, let matrix):
      expression.isClosed ? try spectral(kind, matrix, expression.span) : nil
    case .solve, nil: nil
    }
  }

  // MARK: Solutions

  /// A solve whose value is kept. One that holds its accepted steps is solved twice: to find them, and to read it there.
  func solution(_ expression: TypedExpression) throws -> SessionValue {
    if case .map(let mapped) = expression.kind { return try batch(mapped, expression) }
    guard case .solve(var solve) = expression.kind, case .solution(var type) = expression.type
    else {
      return try compute(expression)
    }
    var definite = expression
    if solve.saves.isSteps || expression.hasEvents {
      let (times, counts) = try trace(of: expression)
      for (event, count) in zip(type.events, counts) { learn(event.size, count) }
      guard solve.saves.isSteps else { return try kept(definite, as: expression) }
      type.samples = .saved(Size(times.count))
      solve.saves = .at(
        TypedExpression(
          .array(times), .real(Shape([times.count])), expression.span))
      definite = TypedExpression(.solve(solve), .solution(type), expression.span)
    }
    return try kept(definite, as: expression)
  }

  /// The value of a solve, with all that it takes to solve it again as it was written.
  func kept(_ definite: TypedExpression, as expression: TypedExpression) throws -> SessionValue {
    guard case .solution(var value) = try compute(definite) else {
      throw SessionFailure(
        .internalInconsistency, "a solve that is no solution", at: expression.span)
    }
    value.ode = expression.solveAndType.flatMap { program.odes[$0.0.ode]?.name } ?? ""
    value.definition = .init(expression: expression, weights: weights, values: values)
    return .solution(value)
  }

  /// The accepted steps of a solve, and how often each event has happened.
  private func trace(of expression: TypedExpression) throws -> ([Double], [Int]) {
    let (program, known) = (program, try lengths(in: expression))
    let lowered = try lower(expression) {
      try Lowering.lowerStepTimes(expression.keepingSteps, of: program, lengths: known)
    }
    let results = try run(lowered)
    func times(_ index: Int) -> [Double] {
      Array(results[index].numbers.prefix(Int(results[index + 1].scalar) + 1))
    }
    if expression.hasEvents {
      // A jump is recorded as a step of length zero.
      return (times(0).withoutRepetitions, results.dropFirst(2).map { Int($0.scalar) })
    }
    // Backwards from a start inside of the span, then forwards from it.
    return (results.count > 2 ? times(2).reversed() + times(0).dropFirst() : times(0), [])
  }

  /// A solution at other times: solved again as it was, with the same steps, and read there. Of a batch each member.
  private func interpolate(
    _ solution: TypedExpression, _ at: TypedExpression, _ whole: TypedExpression
  ) throws -> SessionValue {
    guard case .solution(let value) = try evaluate(solution), let definition = value.definition,
      let asked = definition.expression.solveAndType
    else {
      throw SessionFailure(
        .resultUndefined, "only a solution made by `solve` can be read between its samples",
        at: whole.span)
    }
    var (solve, type) = asked
    guard let tensor = try evaluate(at).tensor else {
      throw SessionFailure(.resultUndefined, "a time that is no number", at: at.span)
    }
    let times = tensor.numbers
    if let range = value.timeRange, let outside = times.first(where: { !range.contains($0) }) {
      throw SessionFailure(
        .timesOutsideSpan,
        "the solution runs from \(range.lowerBound) to \(range.upperBound), and is asked for at \(outside)",
        at: at.span)
    }
    let own = value.times.filter(\.isFinite)
    let forward = (own.last ?? 0) >= (own.first ?? 0)
    let order = times.indices.sorted { forward ? times[$0] < times[$1] : times[$0] > times[$1] }
    let sorted = order.map { times[$0] }
    // The span stays the old one, so that the steps are the same.
    if solve.over == nil, case .at(let saved) = solve.saves {
      func end(_ index: Int) -> TypedExpression {
        let place = TypedExpression(.integer(index), .integer, whole.span)
        return TypedExpression(.index(saved, axis: 0, at: place), .real, whole.span)
      }
      solve.over = (end(0), end(-1))
    }
    type.samples = .saved(Size(sorted.count))
    solve.saves = .at(
      TypedExpression(.array(sorted), .real(Shape([sorted.count])), whole.span))
    let (savedWeights, savedValues) = (weights, values)
    weights = definition.weights
    values.merge(definition.values) { _, old in old }
    defer { (weights, values) = (savedWeights, savedValues) }
    guard
      case .solution(let read) = try compute(definition.expression.solving(solve, type))
    else {
      throw SessionFailure(.internalInconsistency, "a solve that is no solution", at: whole.span)
    }
    // Back in the order in which the times were asked for; a single time has no axis.
    var place = [Int](repeating: 0, count: order.count)
    for (new, old) in order.enumerated() { place[old] = new }
    let lanes = read.laneShape
    let fields = read.fields.dropLast(2).map { field -> SessionValue.Named in
      guard let tensor = field.value.tensor else { return field }
      let row = tensor.shape.dropFirst(lanes.count + 1).reduce(1, *)
      let numbers = tensor.numbers
      let picked = (0..<lanes.reduce(1, *)).flatMap { lane in
        place.flatMap { k -> ArraySlice<Double> in
          let start = (lane * sorted.count + k) * row
          return numbers[start..<(start + row)]
        }
      }
      let shape = lanes + times.shape(ofReading: tensor, behind: lanes.count, at: at)
      return .init(field.name, .array(Tensor(tensor.element, shape: shape, picked)))
    }
    return .record(Array(fields))
  }

  // MARK: Programs

  /// Lowers, compiles, runs.
  func compute(_ expression: TypedExpression) throws -> SessionValue {
    let (program, known) = (program, try lengths(in: expression))
    let lowered = try lower(expression) {
      try Lowering.lower(expression, of: program, lengths: known)
    }
    return SessionValue(lowered.layout, try run(lowered))
  }

  /// Of a program that is run once, as it is: ensembles in it are shared among threads, a data set's examples are not.
  var runOptions: RunOptions {
    RunOptions(
      cancel: cancel, threads: options.threads, cutsLanes: false, memoryLimit: memoryLimit)
  }

  /// Of a program for many examples, which is cut into pieces that threads share.
  var batchOptions: RunOptions {
    RunOptions(cancel: cancel, threads: options.threads, memoryLimit: memoryLimit)
  }

  /// What records of steps may take; the rest is for all else.
  var memoryLimit: Int { host.memory() / 4 * 3 / sharers }

  func run(_ lowered: LoweredProgram) throws -> [Tensor] {
    let inputs = try bind(lowered)
    let runner = try compile(lowered)
    do {
      let (results, report) = try runner.run(inputs, runOptions)
      tell(report, lowered)
      return results
    } catch {
      throw SessionFailure(describe(error, lowered))
    }
  }

  func compile(_ lowered: LoweredProgram, runsOnce: Bool = true) throws -> Runner {
    do {
      return try compile(lowered.region, .evaluation, runsOnce: runsOnce)
    } catch {
      throw told(error, lowered.origins, at: nil)
    }
  }

  /// Tensors for the inputs of a program, behind its declared parameters.
  func bind(_ lowered: LoweredProgram, step: Int = 0, example: Int = 0) throws -> [Tensor] {
    let types = lowered.region.parameterTypes.dropFirst(lowered.declaredCount)
    return try zip(lowered.inputs, types).map { input, type in
      try bind(input, type, step: step, example: example)
    }
  }

  func bind(
    _ input: ProgramInput, _ type: ValueType, step: Int = 0, example: Int = 0
  ) throws -> Tensor {
    switch input {
    case .weight(let id):
      guard let weight = program.weights[id], let entry = weights[weight.path] else {
        throw SessionFailure(.internalInconsistency, "a weight without value", at: nil)
      }
      return Tensor(type.element, shape: entry.shape, entry.values)
    case .session(let name, let path):
      guard let value = values[name] else {
        throw SessionFailure(.resultUndefined, "`\(name)` has no value yet", at: nil)
      }
      guard let tensor = value[path[...]]?.tensor else {
        throw SessionFailure(nothing(at: path, in: name, nil))
      }
      return Tensor(type.element, shape: tensor.shape, tensor.numbers)
    case .randomKey:
      let (a, b) = RandomKeys.pack(seed: seed, step: step, example: example)
      return Tensor(integers: [Int(a), Int(b)], shape: [2])
    case .member(let group):
      throw SessionFailure(
        .memberUnknown,
        "a parameter per \(group.name) is read here, and nothing says whose is meant", at: nil,
        help: ["a loss knows it of its examples; elsewhere `with:` says it"])
    case .window, .windowEnd, .windowStates:
      throw SessionFailure(.internalInconsistency, "a window that nothing is known of", at: nil)
    }
  }

  /// All lengths known, with those that the session values read in an expression give.
  func lengths(in expression: TypedExpression) throws -> [SizeVariable: Int] {
    for (name, size) in environment.stepsOfLets {
      if case .solution(let solution)? = values[name] { learn(size, solution.times.count) }
    }
    expression.walk { part in
      guard let (name, path) = part.sessionPath, let value = values[name]?[path[...]] else {
        return
      }
      learn(part.type, value)
    }
    return lengths
  }

  func learn(_ type: Type, _ value: SessionValue) {
    switch type {
    case .tensor(let tensor):
      guard case .array(let array) = value else { return }
      for (size, length) in zip(tensor.shape.sizes, array.shape) { learn(size, length) }
    case .dataset(let type):
      if case .dataset(let data) = value { learn(type, data) }
    case .record(let fields):
      guard case .record(let parts) = value else { return }
      for field in fields {
        if let part = parts.first(where: { $0.name == field.name }) {
          learn(field.type, part.value)
        }
      }
    case .solution(let type):
      guard case .solution(let solution) = value else { return }
      for (size, length) in zip(type.leading, solution.laneShape) { learn(size, length) }
      if case .saved(let size) = type.samples, let count = solution.timeTensor?.shape.last {
        learn(size, count)
      }
      if let events = solution.fields.first(where: { $0.name == "events" })?.value {
        for event in type.events {
          if let count = events[[event.name][...]]?.tensor?.shape.last { learn(event.size, count) }
        }
      }
    case .tuple(let types):
      guard case .tuple(let parts) = value else { return }
      for (type, part) in zip(types, parts) { learn(type, part) }
    case .error, .string, .run, .interval, .nothing: break
    }
  }
}

extension SessionValue {
  /// Arrays put together as a layout says.
  init(_ layout: ValueLayout, _ tensors: [Tensor]) {
    var rest = tensors[...]
    self.init(layout, &rest)
  }

  private init(_ layout: ValueLayout, _ tensors: inout ArraySlice<Tensor>) {
    switch layout {
    case .array: self = tensors.popFirst().map(SessionValue.array) ?? .nothing
    case .tuple(let parts): self = .tuple(parts.map { SessionValue($0, &tensors) })
    case .record(let fields):
      self = .record(fields.map { .init($0.name, SessionValue($0.layout, &tensors)) })
    case .solution(let fields):
      self = .solution(
        SolutionValue(
          ode: "", fields: fields.map { .init($0.name, SessionValue($0.layout, &tensors)) }))
    case .text(let text): self = .text(text)
    case .nothing: self = .nothing
    }
  }
}

extension RunField {
  /// The option that it is there for, with a value as one would write it; nil for what all runs have.
  fileprivate var option: (key: String, example: String)? {
    switch self {
    case .validation: ("validate", "obs.last(0.2)")
    case .test: ("test", "obs.last(0.2)")
    case .folds: ("folds", "5")
    case .loss, .penalty, .steps, .epochs, .parameters, .evaluations, .seconds, .history, .optima,
      .peakMemory:
      nil
    }
  }
}

extension SolutionValue {
  var timeTensor: Tensor? { fields.first { $0.name == "t" }?.value.tensor }

  /// The samples' times; of a batch those of all members, one after another, with NaN behind the ends of shorter ones.
  var times: [Double] { timeTensor?.numbers ?? [] }

  /// The axes of a batch; none for one solution.
  var laneShape: [Int] { timeTensor?.shape.dropLast() ?? [] }

  var timeRange: ClosedRange<Double>? {
    let finite = times.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return nil }
    return low...high
  }
}

extension SolveExpression.Saves {
  var isSteps: Bool {
    switch self {
    case .steps: true
    case .end, .at, .every: false
    }
  }
}

extension TypedExpression {
  /// With what a solution is at a time, told by where both stand, replaced.
  fileprivate func replacingReads(
    of solution: TypedExpression, at: TypedExpression, by replacement: TypedExpression
  ) -> TypedExpression {
    if case .interpolate(let own, let time) = kind, own.span == solution.span, time.span == at.span
    {
      return replacement
    }
    return mapChildren { $0.replacingReads(of: solution, at: at, by: replacement) }
  }
}

extension [Double] {
  /// The shape of a quantity read at these times: without an axis if one time was asked for as a number.
  fileprivate func shape(
    ofReading tensor: Tensor, behind lanes: Int, at: TypedExpression
  ) -> [Int] {
    let inner = Array<Int>(tensor.shape.dropFirst(lanes + 1))
    guard let rank = at.type.tensor?.shape.rank, rank > 0 else { return inner }
    return [count] + inner
  }
}
