import NodalChecking
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalTypes

/// Batches of what only a session does: solves that keep their accepted steps, of which each member has its own.
extension Session {
  /// A solve for each member of a batch.
  func batch(_ mapped: Mapped, _ expression: TypedExpression) throws -> SessionValue {
    guard case .solve(var solve) = mapped.body.kind, case .solution(var type) = mapped.body.type
    else { return try compute(expression) }
    var definite = expression
    var lengths: [Int]?
    if solve.saves.isSteps || mapped.body.hasEvents {
      // The members' steps are found one by one; then all are solved as one, saved at their own steps.
      let arguments = try mapped.arguments.map { argument -> TypedExpression in
        temporary(
          try evaluate(argument.value), argument.value.type, argument.value.span)
      }
      let traces = try stepTimes(of: mapped, arguments, expression)
      let times = traces.map(\.times)
      for (k, event) in type.events.enumerated() {
        learn(event.size, traces.map { $0.events[k] }.max() ?? 0)
      }
      var whole = mapped
      for (i, argument) in arguments.enumerated() { whole.arguments[i].value = argument }
      guard solve.saves.isSteps else {
        return try kept(
          TypedExpression(.map(whole), expression.type, expression.span), as: expression)
      }
      let longest = times.map(\.count).max() ?? 0
      lengths = times.map(\.count)
      let shape = try leading(mapped, arguments)
      // A save time may be asked for again: what stands behind a member's end is blanked below.
      let all = times.flatMap { own in
        own + Array(repeating: own.last ?? 0, count: longest - own.count)
      }
      type.samples = .saved(Size(longest))
      let row = Type.real(Shape([longest]))
      temporaries += 1
      let local = LocalID(Int.max - temporaries)
      solve.saves = .at(TypedExpression(.local(local), row, expression.span))
      whole.arguments.append(
        Mapped.Argument(
          local: local, type: row,
          value: temporary(
            .array(Tensor(.f64, shape: shape + [longest], all)),
            row.lifted(by: mapped.extents), expression.span)))
      whole.body = TypedExpression(.solve(solve), .solution(type), mapped.body.span)
      definite = TypedExpression(
        .map(whole), Type.solution(type).lifted(by: mapped.extents), expression.span)
    }
    guard case .solution(var value) = try compute(definite) else {
      throw SessionFailure(
        .internalInconsistency, "a solve that is no solution", at: expression.span)
    }
    if let lengths { value.blank(behind: lengths) }
    value.ode = program.odes[solve.ode]?.name ?? ""
    value.definition = .init(expression: expression, weights: weights, values: values)
    return .solution(value)
  }

  private func leading(_ mapped: Mapped, _ arguments: [TypedExpression]) throws -> [Int] {
    guard let (name, _) = arguments.first?.sessionPath, let first = values[name]?.tensor else {
      throw SessionFailure(.internalInconsistency, "a batch without arrays", at: nil)
    }
    return Array(first.shape.prefix(mapped.extents.count))
  }

  /// The accepted steps of each member.
  private func stepTimes(
    of mapped: Mapped, _ arguments: [TypedExpression], _ expression: TypedExpression
  ) throws -> [(times: [Double], events: [Int])] {
    let lowered = try Lowering.lowerStepTimes(
      mapped.body.keepingSteps, parameters: mapped.arguments.map { ($0.local, $0.type) },
      of: program,
      lengths: try self.lengths(in: expression))
    let inputs = try bind(lowered)
    let runner = try compile(lowered)
    let count = try leading(mapped, arguments).reduce(1, *)
    let given = arguments.compactMap { $0.sessionPath.flatMap { values[$0.name]?.tensor } }
    return try (0..<count).map { lane in
      let own = zip(given, lowered.region.parameterTypes).map { tensor, type in
        Tensor(
          type.element, shape: Array(tensor.shape.dropFirst(mapped.extents.count)),
          Array(tensor.numbers[(lane * tensor.count / count)..<((lane + 1) * tensor.count / count)])
        )
      }
      do throws(ExecutionError) {
        let (results, report) = try runner.run(
          own + inputs, RunOptions(cancel: cancel, memoryLimit: memoryLimit))
        tell(report, lowered)
        let times = Array(results[0].numbers.prefix(Int(results[1].scalar) + 1))
        return mapped.body.hasEvents
          ? (times.withoutRepetitions, results.dropFirst(2).map { Int($0.scalar) }) : (times, [])
      } catch .solve(var failure) {
        failure.trajectory = lane
        failure.followsLanes = true
        throw SessionFailure(describe(.solve(failure), lowered))
      } catch {
        throw SessionFailure(describe(error, lowered))
      }
    }
  }

  /// A map whose body only a session can evaluate: member by member.
  func eachLane(of mapped: Mapped, _ expression: TypedExpression) throws -> SessionValue {
    if mapped.body.isSolve { return try batch(mapped, expression) }
    let arguments = try mapped.arguments.map { try evaluate($0.value) }
    let axes = mapped.extents.count
    let shape = mapped.extents.compactMap { $0.evaluate(lengths) }
    for (argument, value) in zip(mapped.arguments, arguments) { learn(argument.value.type, value) }
    let known = shape.count == axes ? shape : mapped.extents.compactMap { $0.evaluate(lengths) }
    guard known.count == axes else {
      throw SessionFailure(
        .internalInconsistency, "a batch of unknown size", at: expression.span)
    }
    let count = known.reduce(1, *)
    let members = try (0..<count).map { lane in
      var replaced: [LocalID: TypedExpression] = [:]
      for (argument, value) in zip(mapped.arguments, arguments) {
        replaced[argument.local] = temporary(
          value.lane(lane, of: count, axes: axes), argument.type, expression.span)
      }
      return try evaluate(mapped.body.substituting(replaced))
    }
    guard let whole = SessionValue.stacked(members, shape: known) else {
      throw SessionFailure(
        .resultUndefined,
        "the members of this batch have arrays of unequal length: each solve holds the steps that it happens to take",
        at: expression.span,
        help: ["say when: `solve(…, every: 0.1)` or `at: times`"])
    }
    return whole
  }

  /// One member of a batch of solutions, with all that it needs to be read between its samples.
  func lane(_ index: Int, of count: Int, in batch: SolutionValue) throws -> SolutionValue {
    guard case .solution(var one) = SessionValue.solution(batch).lane(index, of: count, axes: 1)
    else { return batch }
    guard let definition = batch.definition, case .map(var mapped) = definition.expression.kind
    else { return one }
    let (savedWeights, savedValues) = (weights, values)
    weights = definition.weights
    values.merge(definition.values) { _, old in old }
    defer { (weights, values) = (savedWeights, savedValues) }
    var replaced: [LocalID: TypedExpression] = [:]
    let inner = mapped.extents.count - 1
    for k in mapped.arguments.indices {
      let argument = mapped.arguments[k]
      let value = try evaluate(argument.value).lane(index, of: count, axes: 1)
      guard let tensor = value.tensor, case .tensor(let type) = argument.type else { return one }
      let shape = Shape(mapped.extents.dropFirst() + type.shape.sizes)
      let constant = TypedExpression(
        tensor.shape.isEmpty ? .number(tensor.scalar) : .array(tensor.numbers),
        .tensor(
          TensorType(type.element, shape, unit: type.unit)), argument.value.span)
      if inner == 0 { replaced[argument.local] = constant }
      mapped.arguments[k].value = constant
    }
    mapped.extents.removeFirst()
    let expression: TypedExpression
    if inner == 0 {
      expression = mapped.body.substituting(replaced)
    } else {
      expression = TypedExpression(
        .map(mapped), mapped.body.type.lifted(by: mapped.extents), definition.expression.span)
    }
    one.definition = .init(
      expression: expression, weights: definition.weights, values: definition.values)
    return one
  }
}

extension Mapped {
  /// Something in the body is done by sessions alone, and differs from member to member. The ends of a solve have the
  /// same shape for all members, whatever steps they take: a program reads them for all at once.
  var needsLanes: Bool {
    var found = false
    var solves: Set<LocalID> = []
    // Readings of solves, those of their ends taken off again.
    var whole = 0
    body.walk { part in
      if case .bindings(let values, _) = part.kind {
        for value in values where value.value.keepsOwnSteps {
          solves.insert(value.local)
          whole -= 1
        }
      }
      if case .field(let solution, let name) = part.kind, name == "final" || name == "stats",
        solution.isRead(of: solves)
      {
        whole -= 1
      }
      if part.isOfAMember, !part.readLocals.isEmpty { found = true }
      if part.isRead(of: solves) { whole += 1 }
    }
    return found || whole > 0
  }
}

extension TypedExpression {
  /// What a session does, and what is of another length for each member of a batch; solves apart.
  fileprivate var isOfAMember: Bool {
    if case .interpolate = kind { return true }
    if case .example(let data, _) = kind, case .dataset(let type) = data.type {
      return type.isRagged
    }
    return false
  }

  /// A solve that reads something of the member and keeps the steps that it takes.
  fileprivate var keepsOwnSteps: Bool {
    if case .solve(let solve) = kind { solve.saves.isSteps && !readLocals.isEmpty } else { false }
  }

  /// Such a solve itself, or a local that one is bound to.
  fileprivate func isRead(of solves: Set<LocalID>) -> Bool {
    if case .local(let local) = kind { return solves.contains(local) }
    return keepsOwnSteps
  }

  /// A solve of an ode with events, whose number only a run tells.
  var hasEvents: Bool { solveAndType.map { !$0.1.events.isEmpty } ?? false }

  /// A solve as one that keeps its accepted steps, where its span is known otherwise.
  var keepingSteps: TypedExpression {
    guard case .solve(var solve) = kind, solve.over != nil else { return self }
    solve.saves = .steps
    return TypedExpression(.solve(solve), type, span)
  }

  var isSolve: Bool {
    if case .solve = kind { true } else { false }
  }

  /// No local of outside is read in it.
  var isClosed: Bool { readLocals.subtracting(boundLocals).isEmpty }

  /// A solve, or that of each member of a batch, with its type.
  var solveAndType: (SolveExpression, SolutionType)? {
    if case .map(let mapped) = kind { return mapped.body.solveAndType }
    guard case .solve(let solve) = kind, case .solution(let type) = type else { return nil }
    return (solve, type)
  }

  /// The same with another solve.
  func solving(_ solve: SolveExpression, _ type: SolutionType) -> TypedExpression {
    guard case .map(var mapped) = kind else {
      return TypedExpression(.solve(solve), .solution(type), span)
    }
    mapped.body = mapped.body.solving(solve, type)
    return TypedExpression(
      .map(mapped), mapped.body.type.lifted(by: mapped.extents), span)
  }

  /// The locals that something in it binds.
  private var boundLocals: Set<LocalID> {
    var found: Set<LocalID> = []
    walk { part in
      if case .bindings(let bounds, _) = part.kind { found.formUnion(bounds.map(\.local)) }
      if case .map(let mapped) = part.kind { found.formUnion(mapped.arguments.map(\.local)) }
      if case .fold(let fold) = part.kind { found.formUnion([fold.state, fold.element]) }
      if case .scan(let fold) = part.kind { found.formUnion([fold.state, fold.element]) }
      if case .calculus(let calculus) = part.kind { found.insert(calculus.variable) }
    }
    return found
  }
}

extension [Double] {
  /// Each number once where it stands several times in a row.
  var withoutRepetitions: [Double] {
    var result: [Double] = []
    for number in self where result.last != number { result.append(number) }
    return result
  }
}
