import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// Where names are declared, for the recorder of symbols.
extension Checker {
  /// What is known of a declaration beyond what its name means where it is read.
  func declared(_ id: DeclarationID, _ known: Inquiry.Candidate) -> Inquiry.Candidate {
    guard environment.declarations.indices.contains(id.rawValue) else { return known }
    let declaration = environment.declarations[id.rawValue]
    var known = known
    switch declaration.kind {
    case .const: known.kind = .constant
    case .param: known.kind = .parameter
    case .function, .layer: known.detail = signature(of: declaration)
    case .data: known.kind = .data
    case .ode, .solver, .loss, .value: break
    }
    known.documentation = declaration.documentation ?? known.documentation
    return known
  }

  /// Where a name is declared that can be seen here, in the order in which it is looked up.
  func definition(of name: Name) -> (span: Span?, declaration: DeclarationID?) {
    if let local = frame.names[name.spelling] { return (local.span, nil) }
    if let scope = frame.odeScope, let span = memberSpan(name, in: scope) { return (span, nil) }
    if name.primes == 0, let id = declaration(named: name.spelling) {
      return (environment.declarations[id.rawValue].span, id)
    }
    return (nil, nil)
  }

  /// Where a state or another member of an ode's scope is declared, without primes.
  func memberSpan(_ name: Name, in scope: Int) -> Span? {
    if let index = stateIndex(name.text, in: scope) {
      return nameSpan(odeBuilders[odeScopes[scope].builder].states[index])
    }
    return (odeScopes[scope].members[name.spelling] ?? odeScopes[scope].members[name.text])?.span
  }

  private func nameSpan(_ state: OdeBuilder.State) -> Span {
    // A state that is declared by its derivative alone has the primes in its span.
    let first = state.initial.values.first { $0.name.span == state.span }
    return Span(
      source: state.span.source, start: state.span.start,
      end: max(state.span.start, state.span.end - (first?.name.primes ?? 0)))
  }

  /// Where a field is declared, as a member of an ode or of a part.
  func definition(ofField name: Name, of base: Meaning) -> Span? {
    switch base {
    case .part(let scope): return memberSpan(name, in: scope)
    case .ode(let id):
      return recorder?.member(name.text, of: environment.declarations[id.rawValue].name)
    case .expression(let value):
      switch resolve(value.type) {
      case .solution(let solution): return recorder?.member(name.text, of: solution.ode)
      case .record:
        // The state at the end of a solution.
        if case .field(let whole, "final") = value.kind,
          case .solution(let solution) = resolve(whole.type)
        {
          return recorder?.member(name.text, of: solution.ode)
        }
        return nil
      case .error, .dataset, .run, .tensor, .string, .tuple, .interval, .nothing: return nil
      }
    case .function, .closure, .template, .instance, .intrinsic, .family, .distribution, .loss,
      .method, .solver, .range, .record, .tuple, .openWidth, .term, .invalid:
      return nil
    }
  }

  /// Notes the states, parameters or inputs of an ode that a record names: `from: {θ: 1}`.
  func noteMembers(in argument: CallArgument?, of ode: String, states: [OdeInstance.State] = []) {
    guard let recorder, let argument, case .record(let fields)? = argument.syntax?.kind else {
      return
    }
    for field in fields {
      guard let span = recorder.member(field.name.text, of: ode) else { continue }
      let state = states.first { $0.name == field.name.spelling }
      let value: Meaning =
        state.map { .expression(TypedExpression(.number(0), $0.type, field.name.span)) }
        ?? .invalid
      recorder.note(field.name, value, definition: span)
    }
  }

  /// Notes what the text itself declares, read or not.
  mutating func noteDeclarations(of module: Int) {
    guard let recorder else { return }
    frame = Frame(kind: .top, module: module)
    for declaration in environment.declarations
    where declaration.span.source == recorder.source {
      recorder.note(
        Name.spelled(declaration.name, at: declaration.span),
        value(of: declaration.id, declaration.span),
        definition: declaration.span, declaration: declaration.id)
    }
  }
}
