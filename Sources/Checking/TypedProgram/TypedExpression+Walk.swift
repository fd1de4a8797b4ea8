package import NodalTypes

extension TypedExpression {
  /// The expression with every direct child replaced. Types of locals and weights are not children:
  /// see `mapTypes`.
  package func mapChildren(_ f: (TypedExpression) -> TypedExpression) -> TypedExpression {
    var result = self
    switch kind {
    case .number, .integer, .boolean, .text, .array, .size, .local, .session, .weight, .weights,
      .iota, .draw, .invalid:
      return self
    case .elementwise(let op, let operands): result.kind = .elementwise(op, operands.map(f))
    case .select(let c, let a, let b): result.kind = .select(f(c), f(a), f(b))
    case .toReal(let a): result.kind = .toReal(f(a))
    case .scaled(let a, let factor): result.kind = .scaled(f(a), by: factor)
    case .relabelled(let a): result.kind = .relabelled(f(a))
    case .broadcast(let a): result.kind = .broadcast(f(a))
    case .reduce(let kind, let a, let axes): result.kind = .reduce(kind, f(a), axes: axes)
    case .matmul(let a, let b): result.kind = .matmul(f(a), f(b))
    case .windows(let a, let axes): result.kind = .windows(f(a), axes)
    case .convolve(let a, let kernel, let axes, let groups):
      result.kind = .convolve(f(a), kernel: f(kernel), axes: axes, groups: groups)
    case .concatenate(let parts): result.kind = .concatenate(parts.map(f))
    case .stack(let parts): result.kind = .stack(parts.map(f))
    case .reshape(let a): result.kind = .reshape(f(a))
    case .transpose(let a, let axes): result.kind = .transpose(f(a), axes: axes)
    case .reverse(let a, let axis): result.kind = .reverse(f(a), axis: axis)
    case .slice(let a, let axis, let start): result.kind = .slice(f(a), axis: axis, start: start)
    case .index(let a, let axis, let at): result.kind = .index(f(a), axis: axis, at: f(at))
    case .pick(let a, let label): result.kind = .pick(f(a), label: f(label))
    case .gather(let a, let indices): result.kind = .gather(f(a), indices: f(indices))
    case .shift(let a, let axis, let by, let fill):
      result.kind = .shift(f(a), axis: axis, by: by, fill: f(fill))
    case .linspace(let a, let b): result.kind = .linspace(f(a), f(b))
    case .tuple(let parts): result.kind = .tuple(parts.map(f))
    case .element(let a, let index): result.kind = .element(f(a), index)
    case .record(let fields): result.kind = .record(fields.map(f))
    case .field(let a, let name): result.kind = .field(f(a), name)
    case .bindings(let bound, let body):
      result.kind = .bindings(bound.map { Bound($0.local, f($0.value), name: $0.name) }, f(body))
    case .conditional(let c, let a, let b): result.kind = .conditional(f(c), f(a), f(b))
    case .fold(let fold): result.kind = .fold(fold.mapped(f))
    case .scan(let fold): result.kind = .scan(fold.mapped(f))
    case .map(var mapped):
      for index in mapped.arguments.indices {
        mapped.arguments[index].value = f(mapped.arguments[index].value)
      }
      mapped.body = f(mapped.body)
      result.kind = .map(mapped)
    case .calculus(var calculus):
      calculus.at = f(calculus.at)
      calculus.body = f(calculus.body)
      switch calculus.kind {
      case .jvp(let tangent): calculus.kind = .jvp(tangent: f(tangent))
      case .vjp(let cotangent): calculus.kind = .vjp(cotangent: f(cotangent))
      case .gradient, .jacobian, .divergence, .hutchinson, .hessian: break
      }
      result.kind = .calculus(calculus)
    case .solve(var solve):
      solve.initial = solve.initial.map(f)
      solve.start = solve.start.map(f)
      if let over = solve.over { solve.over = (f(over.from), f(over.to)) }
      switch solve.saves {
      case .at(let times): solve.saves = .at(f(times))
      case .every(let step): solve.saves = .every(f(step))
      case .end, .steps: break
      }
      solve.overrides = solve.overrides.map { ($0.weight, f($0.value)) }
      solve.columns = solve.columns.map { ($0.local, f($0.value)) }
      solve.inputs = solve.inputs.map { $0.mapped(f) }
      solve.history = solve.history.map { $0.mapped(f) }
      result.kind = .solve(solve)
    case .point(let point): result.kind = .point(point.mapped(f))
    case .spectral(let kind, let a): result.kind = .spectral(kind, f(a))
    case .interpolate(let a, let at): result.kind = .interpolate(f(a), at: f(at))
    case .example(let a, let at): result.kind = .example(f(a), at: f(at))
    case .part(let a, let part): result.kind = .part(f(a), part)
    }
    return result
  }

  /// Direct children, in order of evaluation.
  package var children: [TypedExpression] {
    var found: [TypedExpression] = []
    _ = mapChildren {
      found.append($0)
      return $0
    }
    return found
  }

  /// Calls `visit` for this and everything below, parents first.
  package func walk(_ visit: (TypedExpression) -> Void) {
    visit(self)
    for child in children { child.walk(visit) }
  }

  /// The expression with locals replaced, below binders too (ids are unique, so nothing is captured).
  package func substituting(_ locals: [LocalID: TypedExpression]) -> TypedExpression {
    if case .local(let id) = kind, let replacement = locals[id] { return replacement }
    return mapChildren { $0.substituting(locals) }
  }

  /// The locals that are read anywhere in it (its own binders' included).
  package var readLocals: Set<LocalID> {
    var found: Set<LocalID> = []
    walk { if case .local(let id) = $0.kind { found.insert(id) } }
    return found
  }

  /// Every type in it replaced.
  package func mapTypes(
    _ f: (Type) -> Type, size: (Size) -> Size
  ) -> TypedExpression {
    var result = mapChildren { $0.mapTypes(f, size: size) }
    result.type = f(result.type)
    switch result.kind {
    case .size(let length): result.kind = .size(size(length))
    case .slice(let a, let axis, let start):
      result.kind = .slice(a, axis: axis, start: size(start))
    case .fold(var fold):
      fold.retype(f, size: size)
      result.kind = .fold(fold)
    case .scan(var fold):
      fold.retype(f, size: size)
      result.kind = .scan(fold)
    case .map(var mapped):
      mapped.extents = mapped.extents.map(size)
      for index in mapped.arguments.indices {
        mapped.arguments[index].type = f(mapped.arguments[index].type)
      }
      result.kind = .map(mapped)
    case .number, .integer, .boolean, .text, .array, .local, .session, .weight, .weights,
      .elementwise, .select, .toReal, .scaled, .relabelled, .broadcast, .reduce, .matmul, .windows,
      .convolve, .pick, .concatenate, .stack, .reshape, .transpose, .reverse, .index, .gather,
      .shift, .linspace, .iota, .tuple, .element, .record, .field, .bindings, .conditional,
      .calculus, .draw, .solve, .point, .spectral, .interpolate, .example, .part, .invalid:
      break
    }
    return result
  }
}

extension Fold {
  func mapped(_ f: (TypedExpression) -> TypedExpression) -> Fold {
    var result = self
    result.sequence = f(sequence)
    result.initial = f(initial)
    result.body = f(body)
    return result
  }

  mutating func retype(_ f: (Type) -> Type, size: (Size) -> Size) {
    stateType = f(stateType)
    elementType = f(elementType)
    length = size(length)
  }
}
