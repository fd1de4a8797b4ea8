import NodalSyntax

extension Body {
  /// The names behind `wrt:` anywhere in it.
  var differentiatedNames: Set<String> {
    var found: Set<String> = []
    collect(into: &found)
    return found
  }

  fileprivate func collect(into found: inout Set<String>) {
    switch self {
    case .expression(let expression): expression.collectDifferentiated(into: &found)
    case .block(let block): block.collect(into: &found)
    }
  }
}

extension Block {
  fileprivate func collect(into found: inout Set<String>) {
    for statement in statements { statement.collect(into: &found) }
    value?.collectDifferentiated(into: &found)
  }
}

extension LocalStatement {
  fileprivate func collect(into found: inout Set<String>) {
    switch self {
    case .let(let bindings), .var(let bindings), .const(let bindings):
      for binding in bindings { binding.value.collectDifferentiated(into: &found) }
    case .param(let bindings):
      for binding in bindings { binding.value?.collectDifferentiated(into: &found) }
    case .assign(let assignment): assignment.value.collectDifferentiated(into: &found)
    case .for(let loop): for statement in loop.body { statement.collect(into: &found) }
    case .observe(let observation):
      observation.value.collectDifferentiated(into: &found)
      observation.distribution.collectDifferentiated(into: &found)
    case .invalid: break
    }
  }
}

extension Expression {
  fileprivate func collectDifferentiated(into found: inout Set<String>) {
    switch kind {
    case .number, .string, .column, .bool, .constant, .name, .invalid: break
    case .tuple(let parts), .bracket(let parts):
      for part in parts { part.collectDifferentiated(into: &found) }
    case .record(let fields):
      for field in fields { field.value.collectDifferentiated(into: &found) }
    case .prefix(_, let a): a.collectDifferentiated(into: &found)
    case .binary(_, let a, let b), .pipe(let a, into: let b):
      a.collectDifferentiated(into: &found)
      b.collectDifferentiated(into: &found)
    case .range(let range):
      range.lower.collectDifferentiated(into: &found)
      range.upper.collectDifferentiated(into: &found)
    case .call(let call):
      call.callee.collectDifferentiated(into: &found)
      let calculus: Set = ["grad", "jacobian", "divergence", "hessian", "jvp", "vjp"]
      var isCalculus = false
      if case .name(let callee) = call.callee.kind { isCalculus = calculus.contains(callee.text) }
      for (index, argument) in call.arguments.enumerated() {
        if isCalculus, argument.label?.text == "wrt" || (argument.label == nil && index == 1),
          case .name(let name) = argument.value.kind
        {
          found.insert(name.spelling)
        }
        argument.value.collectDifferentiated(into: &found)
      }
      call.trailingClosure?.body.collect(into: &found)
    case .index(let base, let subscripts):
      base.collectDifferentiated(into: &found)
      for case .at(let expression) in subscripts {
        expression.collectDifferentiated(into: &found)
      }
    case .field(let base, _), .element(let base, _), .derivative(of: let base, order: _):
      base.collectDifferentiated(into: &found)
    case .conditional(let node):
      node.condition.collectDifferentiated(into: &found)
      node.consequence.collectDifferentiated(into: &found)
      node.alternative.collectDifferentiated(into: &found)
    case .block(let block): block.collect(into: &found)
    case .closure(let closure): closure.body.collect(into: &found)
    }
  }
}
