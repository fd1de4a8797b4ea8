import NodalDiagnostics
import NodalParsing
import NodalSyntax
import NodalTypes

extension Checker {
  // MARK: modules

  /// The prelude is module 0, seen by every other.
  mutating func loadPrelude(from source: SourceID) {
    guard environment.modules.isEmpty else { return }
    environment.modules.append(Module(path: "prelude"))
    let name = NamePath(
      components: [Name("prelude", span: .none)], span: .none)
    switch host.module(.library(name), source) {
    case .failure(let diagnostic): report(diagnostic)
    case .source(let file, _):
      environment.librarySources.insert(file.id)
      librarySources.insert(file.id)
      parseModule(file, into: 0)
    }
  }

  mutating func parseModule(_ source: SourceFile, into module: Int) {
    sources[source.id] = source
    let (tree, found) = Parser.parse(source)
    for diagnostic in found { report(diagnostic) }
    _ = declareAll(tree.statements, module: module, isUser: false)
  }

  mutating func load(_ statement: ImportStatement, into module: Int) {
    switch host.module(statement.module, statement.moduleSpan.source) {
    case .failure(let diagnostic): report(diagnostic.placed(at: statement.moduleSpan))
    case .source(let file, let key):
      let index: Int
      if importing.contains(key) {
        report(
          Diagnostic(
            .cyclicImport, "this import leads back to where it came from",
            at: Label(statement.moduleSpan)))
        return
      }
      if let known = environment.loaded[key] {
        index = known
      } else {
        environment.modules.append(Module(path: file.path))
        index = environment.modules.count - 1
        environment.loaded[key] = index
        importing.append(key)
        if case .library = statement.module {
          environment.librarySources.insert(file.id)
          librarySources.insert(file.id)
        }
        parseModule(file, into: index)
        importing.removeLast()
      }
      for (name, id) in environment.modules[index].names {
        if environment.modules[module].names[name] == nil {
          environment.modules[module].names[name] = id
        }
      }
    }
  }

  // MARK: declarations

  /// Brings the names of all declarations into the module before any of them is looked at.
  mutating func declareAll(
    _ statements: [Statement], module: Int, isUser: Bool
  ) -> [Redefinition] {
    let hasDeclared = environment.modules[module].names.values.contains {
      environment.declarations[$0.rawValue].module == module
    }
    for statement in statements {
      if case .import(let node) = statement { load(node, into: module) }
      if isUser {
        if case .precision(let node) = statement {
          // At a prompt: what has been declared is made for the precision that was.
          if hasDeclared {
            report(
              Diagnostic(
                .misplacedHeading, "`precision` comes before all declarations",
                at: Label(node.span), help: ["`:reset` begins anew"]))
            continue
          }
          environment.precision = node.width == .f32 ? .f32 : .f64
        }
        if case .seed(let node) = statement { environment.seed = node.value }
      }
    }
    var own: [String: Span] = [:]
    var redefined: [Redefinition] = []
    func add(_ name: Name, _ kind: Declaration.Kind, _ documentation: Documentation?) {
      if name.isWildcard { return }
      if let first = own[name.spelling] {
        report(.duplicateName(name.spelling, at: name.span, first: first))
        return
      }
      own[name.spelling] = name.span
      if let redefinition = redeclare(
        name.spelling, kind, module: module, documentation: documentation?.text, span: name.span)
      {
        redefined.append(redefinition)
      }
    }
    for statement in statements {
      switch statement {
      case .const(let node):
        for binding in node.bindings { add(binding.name, .const(binding), node.documentation) }
      case .param(let node):
        for binding in node.bindings { add(binding.name, .param(binding), node.documentation) }
      case .function(let node): add(node.name, .function(node), node.documentation)
      case .layer(let node): add(node.name, .layer(node), node.documentation)
      case .ode(let node): add(node.name, .ode(node), node.documentation)
      case .solver(let node): add(node.name, .solver(node), node.documentation)
      case .data(let node): add(node.name, .data(node), node.documentation)
      case .loss(let node): add(node.name, .loss(node), node.documentation)
      case .let, .study, .explain, .check, .plot, .print, .transfer, .assert, .expression, .test,
        .bench, .import, .precision, .seed, .invalid:
        break
      }
    }
    return redefined
  }

  /// Declares a name; an older meaning is shadowed, and what was elaborated with it is forgotten.
  @discardableResult
  mutating func redeclare(
    _ name: String, _ kind: Declaration.Kind, module: Int, documentation: String?, span: Span
  ) -> Redefinition? {
    let old = environment.modules[module].names[name]
    let id = DeclarationID(rawValue: environment.declarations.count)
    environment.declarations.append(
      Declaration(
        id: id, name: name, module: module, kind: kind, documentation: documentation, span: span))
    environment.modules[module].names[name] = id
    if case .value = kind {} else { declaredNow.insert(id) }
    guard let old, environment.declarations[old.rawValue].module == module else { return nil }
    return environment.renew(old)
  }
}

extension Environment {
  /// Forgets what a declaration and everything that read it, directly or not, was elaborated to: it is done anew at the next use.
  mutating func renew(_ id: DeclarationID) -> Redefinition {
    var stale: Set<DeclarationID> = [id]
    var grew = true
    while grew {
      grew = false
      for (reader, read) in caches.reads
      where !stale.contains(reader) && !read.isDisjoint(with: stale) {
        stale.insert(reader)
        grew = true
      }
    }
    for declaration in stale { forget(declaration) }
    let dependants = stale.subtracting([id]).map { declarations[$0.rawValue].name }
    return Redefinition(name: declarations[id.rawValue].name, dependants: Set(dependants).sorted())
  }

  /// The same for a name that the user can see; nil where there is none. For a constant that is given another value from outside.
  package mutating func renew(_ name: String) -> Redefinition? {
    guard let module = userModule, let id = modules[module].names[name] else { return nil }
    return renew(id)
  }

  /// The same for the data sets whose calls are such.
  package mutating func renewData(where isMeant: (DataCall) -> Bool) {
    for (id, instance) in caches.data {
      if case .call(let call) = instance.source, isMeant(call) { _ = renew(id) }
    }
  }

  private mutating func forget(_ id: DeclarationID) {
    caches.constants[id] = nil
    caches.params[id] = nil
    caches.solvers[id] = nil
    caches.data[id] = nil
    caches.odes[id] = nil
    caches.announced.remove(id)
    caches.reads[id] = nil
    let name = declarations[id.rawValue].name
    // Paths are free again: a weight made anew is matched with the old by path and shape.
    for path in weightsByPath.keys where path == name || path.hasPrefix(name + ".") {
      weightsByPath[path] = nil
    }
  }
}

extension Diagnostic {
  /// At this place, if it has none of its own.
  fileprivate func placed(at span: Span) -> Diagnostic {
    primary == nil
      ? Diagnostic(code, message, at: Label(span), also: secondary, help: help) : self
  }
}
