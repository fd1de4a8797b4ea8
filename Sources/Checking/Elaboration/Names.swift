import NodalDiagnostics
import NodalMethods
import NodalSyntax
import NodalTypes

extension Checker {
  /// What a name means: a local, a member of the ode around, a declaration, something built in.
  mutating func lookUp(_ name: Name) -> Meaning {
    guard let recorder else { return meaning(of: name) }
    let (span, id) = definition(of: name)
    let value = meaning(of: name)
    recorder.note(name, value, definition: span, declaration: id)
    return value
  }

  private mutating func meaning(of name: Name) -> Meaning {
    let spelling = name.spelling
    if let local = frame.names[spelling] { return local.value }
    if let scope = frame.odeScope, let member = odeMember(name, in: scope, span: name.span) {
      return member
    }
    if name.primes == 0 {
      if let size = frame.sizes[spelling] { return .expression(sizeValue(size, name.span)) }
      if let id = declaration(named: spelling) { return value(of: id, name.span) }
      if let built = builtIn(spelling) { return built }
    }
    if frame.kind == .ode, name.primes == 0, spelling == "t", let scope = frame.odeScope {
      return .expression(odeTime(scope, name.span))
    }
    if damagedNames.contains(name.text) { return .invalid }
    return fail(unknown(name))
  }

  /// A declaration that the current module sees.
  func declaration(named name: String) -> DeclarationID? {
    if let id = environment.modules[frame.module].names[name] { return id }
    if frame.module != 0, let id = environment.modules.first?.names[name] { return id }
    return nil
  }

  /// What the language itself names.
  func builtIn(_ name: String) -> Meaning? {
    if let intrinsic = Intrinsic(rawValue: name) { return .intrinsic(intrinsic) }
    if let family = DistributionFamily.rows[name] { return .family(family) }
    if let entry = MethodEntry.named(name) { return .method(entry) }
    return nil
  }

  private func unknown(_ name: Name) -> Diagnostic {
    if name.primes > 0 {
      if frame.odeScope == nil {
        return Diagnostic(
          .primeOutsideOde, "`\(name.spelling)` is a time derivative, and there is no ode here",
          at: Label(name.span),
          help: [
            "a solution's derivative is a field: `s.\(name.spelling)`; transposition is `transpose(x)`"
          ])
      }
      return Diagnostic(
        .unknownState, "there is no state `\(name.text)` to take the derivative of",
        at: Label(name.span), help: suggestion(name.text))
    }
    if name.text == "t" {
      return Diagnostic(
        .timeOutsideOde, "`t` is the time inside an ode, and this is outside",
        at: Label(name.span), help: ["a solution's or a data set's time is a field: `s.t`"])
    }
    tellScope(of: name)
    return .unknownName(name.spelling, at: name.span, near: visibleNames)
  }

  private func suggestion(_ name: String) -> [String] {
    Suggestions.nearest(to: name, in: visibleNames).map { ["did you mean `\($0)`?"] } ?? []
  }

  /// Every name that could have been meant.
  var visibleNames: [String] {
    var names = Array(frame.names.keys) + Array(frame.sizes.keys)
    if let scope = frame.odeScope { names += odeMemberNames(scope) }
    names += environment.modules[frame.module].names.keys
    names += environment.modules.first?.names.keys.map { $0 } ?? []
    names += Intrinsic.allCases.map(\.rawValue).filter { !$0.hasPrefix("_") }
    names += DistributionFamily.rows.keys
    names += MethodEntry.names
    return names.filter { !$0.hasPrefix("_") }
  }

  /// The value of a declaration where it is read.
  mutating func value(of id: DeclarationID, _ span: Span) -> Meaning {
    let declaration = environment.declarations[id.rawValue]
    if let reader = stack.last { environment.caches.reads[reader, default: []].insert(id) }
    environment.caches.used.insert(id)
    switch declaration.kind {
    case .const(let binding): return constant(id, binding, span)
    case .param(let binding): return .expression(param(id, binding, span))
    case .function: return .function(id)
    case .layer(let layer):
      switch layer.parameterLists.count {
      case 2: return .template(id)
      case 1:
        return .instance(
          LayerInstance(declaration: id, hyperparameters: [:], path: layer.name.text, span: span))
      default: return declaredInstance(id, layer, span)
      }
    case .ode: return .ode(id)
    case .solver(let solver): return solverValue(id, solver, span)
    case .data: return dataValue(id, span)
    case .loss: return .loss(id)
    case .value(let type, let held):
      if frame.kind != .top {
        return fail(.declarationReadsLet(declaration.name, at: span))
      }
      switch held {
      case .session:
        return .expression(TypedExpression(.session(declaration.name), type, span))
      case .fixed(let value): return value
      }
    }
  }

  /// Runs the elaboration of a declaration; a declaration that needs itself is reported.
  mutating func declaring<T>(
    _ id: DeclarationID, _ span: Span, recursive: T, _ body: (inout Checker) -> T
  ) -> T {
    let declaration = environment.declarations[id.rawValue]
    if stack.contains(id) {
      switch declaration.kind {
      case .function, .layer: report(.recursiveFunction(declaration.name, at: span))
      case .const, .param, .ode, .solver, .data, .loss, .value:
        report(.cyclicDefinition(declaration.name, at: span))
      }
      return recursive
    }
    stack.append(id)
    callSites.append((declaration.name, span))
    defer {
      stack.removeLast()
      callSites.removeLast()
    }
    return body(&self)
  }

  // MARK: constants and parameters

  private mutating func constant(_ id: DeclarationID, _ binding: Binding, _ span: Span) -> Meaning {
    if let known = environment.caches.constants[id] { return known }
    let module = environment.declarations[id.rawValue].module
    let value = declaring(id, span, recursive: Meaning.invalid) { checker in
      checker.within(Frame(kind: .constant, module: module)) { checker in
        checker.pending.append([])
        defer { checker.pending.removeLast() }
        return checker.constantValue(binding, setting: binding.name.spelling)
      }
    }
    account(for: value, at: span)
    environment.caches.constants[id] = value
    return value
  }

  /// The value of a `const`, or what `--set` puts in its place.
  mutating func constantValue(_ binding: Binding, setting: String) -> Meaning {
    var value = evaluate(binding.value)
    if let annotation = binding.type, case .expression(let typed) = value {
      value = .expression(annotated(typed, annotation, what: "`\(binding.name.spelling)`"))
    }
    if case .expression(let typed) = value {
      if typed.isInvalid { return .invalid }
      let whole = closed(typed)
      guard whole.isConstant else {
        return fail(.notConstant("`const \(binding.name.spelling)`", at: binding.value.span))
      }
      value = .expression(whole)
      if let set = host.settings[setting] {
        appliedSettings.insert(setting)
        return self.setting(set, for: whole, name: setting, binding.name.span)
      }
    }
    return value
  }

  /// An expression with the bindings of the innermost block put into it.
  mutating func closed(_ value: TypedExpression) -> TypedExpression {
    let bound = pending.removeLast()
    pending.append([])
    if bound.isEmpty { return value }
    return TypedExpression(.bindings(bound, value), value.type, value.span)
  }

  /// `--set name=text` for a constant of known type.
  private mutating func setting(
    _ text: String, for old: TypedExpression, name: String, _ span: Span
  ) -> Meaning {
    var number = text
    var written: Unit?
    if text.hasSuffix(">"), let open = text.firstIndex(of: "<") {
      number = String(text[..<open])
      written = Unit(text: String(text[text.index(after: open)...].dropLast()))
    }
    let plain = number.filter { $0 != "_" }
    switch resolve(old.type) {
    case .tensor(let type) where !type.shape.isScalar && type.element == .real:
      if let array = SettingArray(text) {
        let fresh = TypedExpression(
          .array(array.numbers), .real(Shape(array.shape.map { Size($0) })), old.span)
        return .expression(adopted(fresh, unit: type.unit, what: "`--set \(name)`"))
      }
    case .string: return .expression(TypedExpression(.text(text), .string, old.span))
    case .tensor(let type) where type.shape.isScalar:
      switch type.element {
      case .boolean:
        if text == "true" || text == "false" {
          return .expression(boolean(text == "true", old.span))
        }
      case .integer:
        if let value = Int(plain) { return .expression(integer(value, old.span)) }
        if let value = Double(plain), value.isFinite {
          return .expression(self.number(value, old.span))
        }
      case .real:
        // A number beyond the greatest reads as infinity, which has a word of its own.
        if let value = Double(plain), value.isFinite || !plain.contains(where: \.isNumber) {
          let fresh = self.number(
            value + (written?.offset ?? 0), unit: written ?? .one, old.span)
          return .expression(adopted(fresh, unit: type.unit, what: "`--set \(name)`"))
        }
      }
    case .error, .tensor, .tuple, .record, .solution, .dataset, .run, .interval, .nothing: break
    }
    return fail(
      .typeMismatch(
        expected: self.text(old.type), found: "`\(text)`", at: span, what: "`--set \(name)`"))
  }
}
