import Foundation
package import NodalDiagnostics
package import NodalSyntax
package import NodalTypes

/// The outcome of checking a file, or a line at a prompt.
package struct CheckResult: Sendable {
  package var program: TypedProgram
  package var environment: Environment
  package var diagnostics: [Diagnostic]
  /// Where something is missing from the program although no error says why: a mistake of the checker, which must not be
  /// run. Empty where there are errors, and in an environment that had some.
  package var unexplained: [Span] = []
  /// What each name of the text stands for, in its order, where that was asked for.
  package var symbols: [SymbolMention] = []
  /// What the parameters of a function are in its body.
  package var parameters: [LocalID] = []
}

/// A name of an expression that stands for numbers which are given later.
package struct FunctionParameter: Sendable, Hashable {
  package var name: String
  package var shape: [Int]

  package init(_ name: String, shape: [Int] = []) {
    self.name = name
    self.shape = shape
  }

  /// Of plain numbers.
  package var type: Type { Type.real.lifted(by: shape.map { Size($0) }) }
}

/// The checker's front: a tree in an environment gives a typed program, a new environment, and everything
/// that is wrong, in one go.
package enum Check {
  /// Checks a file (or a line at the prompt: the same, with the environment of the lines before).
  ///
  /// The environment given is not changed; after errors the caller may keep the old one. Cost: a call of a
  /// function is elaborated anew, so time grows with the program unrolled.
  /// - Parameter parameters: names that expressions at top level may read.
  package static func check(
    _ file: File, source: SourceFile, in environment: Environment = Environment(),
    host: CheckerHost, parameters: [FunctionParameter] = [], recordsSymbols: Bool = false
  ) -> CheckResult {
    onThread {
      run(
        file, source: source, in: environment, host: host, parameters: parameters,
        recorder: recordsSymbols ? SymbolRecorder(source: source.id) : nil)
    }
      ?? CheckResult(
        program: TypedProgram(
          precision: .f64, seed: 0, statements: [], weights: [:], odes: [:], redefined: []),
        environment: Environment(), diagnostics: [])
  }

  /// Deep programs need more stack than a thread of a pool has. Never nil: the work always gives a value.
  static func onThread<T: Sendable>(_ work: @escaping @Sendable () -> T) -> T? {
    let box = ResultBox<T>()
    let thread = Thread { box.set(work()) }
    thread.stackSize = 1 << 29
    thread.start()
    return box.wait()
  }

  static func run(
    _ file: File, source: SourceFile, in environment: Environment, host: CheckerHost,
    parameters: [FunctionParameter] = [], recorder: SymbolRecorder? = nil
  ) -> CheckResult {
    var checker = prepared(for: file, source: source, in: environment, host: host)
    checker.recorder = recorder
    var locals: [LocalID] = []
    for parameter in parameters {
      let local = checker.freshLocal(parameter.type)
      locals.append(local)
      checker.frame.names[parameter.name] = LocalName(
        value: .expression(TypedExpression(.local(local), parameter.type, source.span)),
        isVariable: false, span: source.span)
    }
    let module = checker.frame.module
    let redefined = checker.declareAll(file.statements, module: module, isUser: true)
    let statements = checker.statements(file.statements)
    checker.checkUnused(module: module)
    checker.finishUnits()
    if environment.modules.isEmpty { checker.reportUnknownSettings() }
    checker.environment.sources = checker.sources
    checker.environment.stepSizes = checker.stepSizes
    var result = checker.result(statements, redefined)
    result.parameters = locals
    if let recorder {
      checker.noteDeclarations(of: module)
      result.symbols = recorder.mentions(in: checker)
    }
    return result
  }

  /// A checker that is about to begin with a file.
  static func prepared(
    for file: File, source: SourceFile, in environment: Environment, host: CheckerHost
  ) -> Checker {
    var checker = Checker(environment: environment, host: host)
    checker.sources = environment.sources
    checker.sources[source.id] = source
    checker.librarySources = environment.librarySources
    checker.loadPrelude(from: source.id)
    if checker.environment.modules.count < 2 || checker.environment.userModule == nil {
      checker.environment.modules.append(Module(path: source.path))
      checker.environment.userModule = checker.environment.modules.count - 1
    }
    let module = checker.environment.userModule ?? 0
    checker.frame = Frame(kind: .top, module: module)
    checker.stepSizes = environment.stepSizes
    checker.damagedNames = file.damagedNames(in: source)
    return checker
  }
}

/// Hands a result from one thread to another.
private final class ResultBox<T: Sendable>: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)
  private var result: T?
  func set(_ value: T) {
    result = value
    done.signal()
  }
  func wait() -> T? {
    done.wait()
    return result
  }
}

extension Checker {
  // MARK: statements

  mutating func statements(_ nodes: [Statement]) -> [TypedStatement] {
    var result: [TypedStatement] = []
    // Data are made once, before the first command, in the order of need.
    for node in nodes {
      guard case .data(let data) = node,
        let id = environment.modules[frame.module].names[data.name.spelling]
      else { continue }
      _ = value(of: id, data.name.span)
      announce(id, into: &result)
    }
    for node in nodes {
      guard let typed = statement(node) else {
        if node.isCommand { lost(at: node.span) }
        continue
      }
      announceAll(into: &result)
      result.append(typed)
    }
    announceAll(into: &result)
    return result
  }

  /// Data sets that were needed and not yet made, those they read first.
  mutating func announceAll(into result: inout [TypedStatement]) {
    for id in environment.caches.data.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
      announce(id, into: &result)
    }
  }

  mutating func announce(_ id: DeclarationID, into result: inout [TypedStatement]) {
    guard !environment.caches.announced.contains(id), let data = environment.caches.data[id] else {
      return
    }
    environment.caches.announced.insert(id)
    for read in (environment.caches.reads[id] ?? []).sorted(by: { $0.rawValue < $1.rawValue }) {
      announce(read, into: &result)
    }
    result.append(.data(data))
  }

  mutating func statement(_ node: Statement) -> TypedStatement? {
    pending = [[]]
    switch node {
    case .import, .precision, .seed, .const, .param, .function, .layer, .ode, .solver, .data, .loss,
      .invalid:
      return nil
    case .test(let test): return self.test(test)
    case .bench(let bench): return self.bench(bench)
    case .let(let node): return topLevelLet(node)
    case .study(let study): return train(study, name: nil)
    case .explain(let node): return explain(node)
    case .check(let node): return checkGradients(node)
    case .plot(let node): return plot(node)
    case .print(let node):
      let items = node.values.map { printItem($0) }
      let found = items.compactMap { $0 }
      return found.count == items.count ? .print(found, node.span) : nil
    case .transfer(let node): return transfer(node)
    case .assert(let node): return assertion(node)
    case .expression(let expression):
      return printItem(expression).map { .show($0, expression.span) }
    }
  }

  mutating func test(_ node: TestDeclaration) -> TypedStatement? {
    block { checker in
      .test(
        TestInstance(
          title: node.title, statements: checker.statements(in: node.statements, of: "a test"),
          span: node.span))
    }
  }

  /// Names of a block end with it.
  mutating func block(_ body: (inout Checker) -> TypedStatement?) -> TypedStatement? {
    let saved = environment.modules[frame.module].names
    let savedLets = lets
    lets = []
    defer {
      environment.modules[frame.module].names = saved
      lets = savedLets
    }
    return body(&self)
  }

  /// - Parameter owner: `a test`
  mutating func statements(in nodes: [Statement], of owner: String) -> [TypedStatement] {
    var statements: [TypedStatement] = []
    for inner in nodes {
      if inner.isDeclaration {
        report(
          Diagnostic(
            .misplacedStatement, "\(owner) holds only `let` and commands", at: Label(inner.span)))
        continue
      }
      guard let typed = statement(inner) else {
        if inner.isCommand { lost(at: inner.span) }
        continue
      }
      announceAll(into: &statements)
      statements.append(typed)
    }
    return statements
  }

  /// What a name is bound to, and its type.
  private mutating func study(_ study: Study, name: String) -> (TypedStatement?, Type) {
    let made: (statement: TypedStatement, type: Type)?
    switch study.kind {
    case .uncertainty(let run): made = uncertainty(study, of: run, name: name)
    case .residuals(let run): made = residuals(study, of: run, name: name)
    case .train, .infer:
      let typed = train(study, name: name)
      if case .train(let command)? = typed { environment.runs[name] = command }
      made = typed.map { ($0, .run) }
    }
    return (made?.statement, made?.type ?? .error)
  }

  mutating func topLevelLet(_ node: LetStatement) -> TypedStatement? {
    var made: [TypedStatement] = []
    for binding in node.bindings {
      let name = binding.name.spelling
      switch binding.value {
      case .study(let study):
        let (typed, type) = self.study(study, name: name)
        if let typed { made.append(typed) } else { lost(at: study.span) }
        redeclareLet(binding.name, typed == nil ? .error : type, .session)
      case .expression(let expression):
        pending = [[]]
        var value = evaluateNamed(expression, as: binding.name)
        account(for: value, at: expression.span)
        if case .range(let range) = value, let array = integerRangeIfKnown(range) {
          value = .expression(array)
        }
        switch value {
        case .expression(let first):
          var typed = first
          if let annotation = binding.type {
            typed = annotated(typed, annotation, what: "`\(name)`")
          }
          typed = typed.isInvalid ? typed : closed(typed)
          if typed.isInvalid {
            lost(at: expression.span)
            redeclareLet(binding.name, .error, .fixed(.invalid))
          } else if typed.literal != nil || typed.textLiteral != nil {
            redeclareLet(binding.name, typed.type, .fixed(.expression(typed)))
            made.append(.let(name: name, value: typed))
          } else {
            redeclareLet(binding.name, resolve(typed.type), .session)
            made.append(.let(name: name, value: typed))
          }
        case .invalid: redeclareLet(binding.name, .error, .fixed(.invalid))
        case .record, .tuple:
          let typed = closed(asExpression(value, expression.span))
          redeclareLet(binding.name, typed.type, .session)
          if typed.isInvalid {
            lost(at: expression.span)
          } else {
            made.append(.let(name: name, value: typed))
          }
        case .function, .closure, .template, .instance, .intrinsic, .family, .distribution, .ode,
          .part, .loss, .method, .solver, .range, .openWidth, .term:
          redeclareLet(binding.name, .nothing, .fixed(value))
        }
      }
    }
    if made.count > 1 { return .group(made) }
    return made.first
  }

  mutating func integerRangeIfKnown(_ range: RangeValue) -> TypedExpression? {
    guard range.lower.integerLiteral != nil, range.upper.integerLiteral != nil else { return nil }
    return integerRange(range)
  }

  mutating func redeclareLet(_ name: Name, _ type: Type, _ held: Declaration.Kind2) {
    if name.isWildcard { return }
    let old = environment.modules[frame.module].names[name.spelling]
    if let old, lets.contains(name.spelling) || declaredNow.contains(old) {
      let span = environment.declarations[old.rawValue].span
      report(.duplicateName(name.spelling, at: name.span, first: span))
      return
    }
    lets.insert(name.spelling)
    stepSizes["let " + name.spelling] = nil
    redeclare(
      name.spelling, .value(type, held), module: frame.module, documentation: nil, span: name.span)
  }

  // MARK: the end

  /// Units that nothing decided are plain numbers; open widths are none.
  mutating func finishUnits() {
    for weight in environment.weights.values {
      if case .tensor(let type) = resolve(weight.type) {
        environment.substitution.closeTail(of: type.shape)
        if weight.kind == .network || weight.kind == .buffer, errorCount == 0,
          type.shape.sizes.contains(where: { $0.value == nil }),
          environment.weightsByPath[weight.path] == weight.id
        {
          report(
            Diagnostic(
              .widthUnknown, "the width of `\(weight.path)` is not determined",
              at: Label(weight.span), help: ["give it: `dense(16)`"]))
        }
      }
    }
  }

  /// Everything with what unification found out put in.
  func result(_ statements: [TypedStatement], _ redefined: [Redefinition]) -> CheckResult {
    var final = self
    let zonk: (TypedExpression) -> TypedExpression = { self.finished($0) }
    let weights = environment.weights.mapValues { weight -> Weight in
      var result = weight
      result.type = finished(weight.type)
      if case .value(let value) = weight.initial { result.initial = .value(zonk(value)) }
      if let prior = weight.prior {
        result.prior = Prior(
          value: prior.value, logDensity: zonk(prior.logDensity), description: prior.description)
      }
      return result
    }
    let odes = environment.odes.mapValues { finished($0) }
    final.environment.weights = environment.weights
    let program = TypedProgram(
      precision: environment.precision, seed: environment.seed,
      statements: statements.map { finished($0) }, weights: weights, odes: odes,
      redefined: redefined)
    let isExplained = errorCount > 0 || environment.hasErrors
    final.environment.hasErrors = isExplained
    return CheckResult(
      program: program, environment: final.environment,
      diagnostics: diagnostics.sorted(by: Checker.inOrder),
      unexplained: isExplained ? [] : unexplained + leftovers.spans)
  }

  /// Diagnostics in the order of the text.
  static func inOrder(_ a: Diagnostic, _ b: Diagnostic) -> Bool {
    guard let x = a.primary?.span, let y = b.primary?.span else {
      return a.primary == nil && b.primary != nil
    }
    return (x.source, x.start, x.end) < (y.source, y.start, y.end)
  }
}

extension Statement {
  /// Whether it leaves a typed statement behind when it is right. A `let` may bind what exists at compile time alone, and
  /// accounts for itself.
  fileprivate var isCommand: Bool {
    switch self {
    case .study, .explain, .check, .plot, .print, .transfer, .assert, .expression, .test,
      .bench:
      true
    case .import, .precision, .seed, .const, .param, .function, .layer, .ode, .solver, .data,
      .loss, .let, .invalid:
      false
    }
  }
}
