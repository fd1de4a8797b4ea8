package import NodalDiagnostics
package import NodalSyntax
import NodalTypes

/// The elaborator: an abstract interpreter over types. It walks the syntax tree as if it ran the
/// program, with types and constants for values; a call is walked anew for its arguments, so that units
/// are polymorphic, calls are lifted, and weights find their owners, place by place.
///
/// It never throws: what is wrong becomes a diagnostic and a value of type `.error`, which agrees with
/// everything, and so no mistake is told twice.
struct Checker: Sendable {
  var environment: Environment
  let host: CheckerHost
  private(set) var diagnostics: [Diagnostic] = []
  /// Places where something was found wrong; there is an error that says why, or this is one of the checker's.
  var unexplained: [Span] = []
  var reported: Set<ReportKey> = []
  /// Where we are.
  var frame: Frame
  var owners: [Owner] = []
  /// Values bound since the innermost block began, innermost block last.
  var pending: [[Bound]] = [[]]
  /// What each local bound by a `let` stands for: derivatives look through it.
  var definitions: [LocalID: TypedExpression] = [:]
  var localTypes: [LocalID: Type] = [:]
  var unreadMembers = UnreadMembers()
  /// Declarations being elaborated, outermost first.
  var stack: [DeclarationID] = []
  var depth = 0
  /// Calls that were lifted so far: a trial of ranks watches it.
  var lifts = 0
  /// Reductions over all axes of something with two axes or more so far.
  var reductions = 0
  /// `sample`s so far.
  var samples = 0
  /// Stand-ins for arguments of which it is asked whether the body reduces them, and how often it did.
  var rankProbes: Set<LocalID> = []
  var probedReductions = 0
  var odeScopes: [OdeScope] = []
  var odeBuilders: [OdeBuilder] = []
  /// The log-density terms of the loss being elaborated; nil outside.
  var observations: [TypedExpression]?
  /// Whether solutions that hold their accepted steps are refused here, and why.
  var inLoss = false
  /// Whether a weight that has a value for each experiment is read as that of the example's own, as losses, equations and what they call do;
  /// elsewhere it is the array of them all.
  var readsOneOfEach = false
  /// Children of `extends` and parts, with the path that their weights start from.
  var inheritance: [(child: String, parent: String)] = []
  /// Parameters of losses, with the data set that they are examples of.
  var exampleParameters: [LocalID: DatasetType] = [:]
  /// Layers declared in an ode, with its scope.
  var odeOfLayer: [DeclarationID: Int] = [:]
  /// The number of accepted steps of a solution, by what it is called.
  var stepSizes: [String: Size] = [:]
  var sources: [SourceID: SourceFile] = [:]
  var failedData: Set<DeclarationID> = []
  /// Names that statements which could not be read may have declared.
  var damagedNames: Set<String> = []
  /// Names of `--set` that found their constant.
  var appliedSettings: Set<String> = []
  /// Sources of the standard library, and the calls that lead to where we are.
  var librarySources: Set<SourceID> = []
  var callSites: [(name: String, span: Span)] = []
  /// Modules being read, outermost first.
  var importing: [String] = []
  /// Names given by `let` at top level in this check, and declarations made in it.
  var lets: Set<String> = []
  var declaredNow: Set<DeclarationID> = []

  struct ReportKey: Hashable, Sendable {
    let code: DiagnosticCode
    let span: Span?
  }

  /// How deep elaboration may nest: calls, blocks and operators together.
  static let depthLimit = 2_000

  init(environment: Environment, host: CheckerHost) {
    self.environment = environment
    self.host = host
    frame = Frame(kind: .top, module: max(0, environment.modules.count - 1))
  }

  /// Where finishing found what got no diagnostic.
  let leftovers = Leftovers()

  /// Whether a body is looked through that nothing calls: its parameters' lengths are names, which a call would give numbers.
  var isAlone = false

  /// Takes down what names mean, where somebody asks for it.
  var recorder: SymbolRecorder?

  /// Calls elaborated so far: shared by trials, which take everything else back.
  let budget = CallBudget()

  // MARK: reporting

  /// Records a diagnostic, once for each code and place: a function is walked at each of its calls.
  ///
  /// What goes wrong inside the standard library is told where the user's own text calls it.
  mutating func report(_ found: Diagnostic) {
    var diagnostic = found
    if let span = found.primary?.span, librarySources.contains(span.source),
      let site = callSites.last(where: { !librarySources.contains($0.span.source) })
    {
      diagnostic = Diagnostic(
        found.code, severity: found.severity, "in `\(site.name)`: " + found.message,
        at: Label(site.span, "in this call"),
        also: found.secondary.filter { !librarySources.contains($0.span.source) }, help: found.help)
    }
    let key = ReportKey(code: diagnostic.code, span: diagnostic.primary?.span)
    guard reported.insert(key).inserted else { return }
    diagnostics.append(diagnostic)
    if diagnostic.isError { errorCount += 1 }
  }

  /// Reports that something must be known at compile time, unless only a call is missing.
  mutating func reportNotConstant(_ what: String, at span: Span) {
    if !isAlone { report(.notConstant(what, at: span)) }
  }

  /// Reports, and gives the value that stands for a mistake.
  mutating func fail(_ diagnostic: Diagnostic) -> Meaning {
    report(diagnostic)
    return .invalid
  }

  mutating func failed(_ diagnostic: Diagnostic, _ span: Span) -> TypedExpression {
    report(diagnostic)
    return .invalid(span)
  }

  private(set) var errorCount = 0

  /// Notes where a value or a statement was lost. What is lost without a word is a mistake of the checker: see `unexplained`.
  mutating func account(for value: Meaning, at span: Span) {
    if case .invalid = value { lost(at: span) }
  }

  mutating func lost(at span: Span) { unexplained.append(span) }

  /// What was made since is forgotten (weights, odes' types): only what has been said stays.
  mutating func keepOnlyDiagnostics(since before: Checker) {
    let now = self
    recorder?.settle(in: now)
    self = before
    diagnostics = now.diagnostics
    errorCount = now.errorCount
    reported = now.reported
    unexplained = now.unexplained
  }

  // MARK: scopes

  mutating func within<T>(_ inner: Frame, _ body: (inout Checker) -> T) -> T {
    let saved = (frame, readsOneOfEach)
    (frame, readsOneOfEach) = (inner, inner.kind.readsOneOfEach ?? readsOneOfEach)
    defer { (frame, readsOneOfEach) = saved }
    return body(&self)
  }

  mutating func freshLocal(_ type: Type) -> LocalID {
    let id = LocalID(environment.nextLocal)
    environment.nextLocal += 1
    localTypes[id] = type
    return id
  }

  mutating func freshPlace() -> PlaceID {
    environment.nextPlace += 1
    return PlaceID(environment.nextPlace)
  }

  mutating func freshUnit() -> Unit { environment.substitution.freshUnit() }

  mutating func newOwner(_ path: String) -> Int {
    owners.append(Owner(path: path))
    return owners.count - 1
  }

  /// Gives a value a local, so that it is computed once; leaves go as they are.
  mutating func bind(_ value: TypedExpression, name: String = "") -> TypedExpression {
    switch value.kind {
    case .number, .integer, .boolean, .text, .size, .local, .session, .weight, .weights, .invalid:
      return value
    case .array, .elementwise, .select, .toReal, .scaled, .relabelled, .broadcast, .reduce,
      .matmul, .windows, .convolve, .pick, .concatenate, .stack, .reshape, .transpose, .reverse,
      .slice, .index, .gather,
      .shift, .linspace, .iota, .tuple, .element, .record, .field, .bindings, .conditional, .fold,
      .scan, .map, .calculus, .draw, .solve, .point, .spectral, .interpolate, .example, .part:
      break
    }
    let id = freshLocal(value.type)
    definitions[id] = value
    pending[pending.count - 1].append(Bound(id, value, name: name))
    return TypedExpression(.local(id), value.type, value.span)
  }

  /// Gives a real value a local, whatever it is: something is differentiated with respect to it.
  mutating func named(_ value: TypedExpression, _ name: String) -> TypedExpression {
    guard tensor(value) != nil else { return bind(value, name: name) }
    if case .local = value.kind { return value }
    let real = toReal(value)
    let id = freshLocal(real.type)
    definitions[id] = real
    pending[pending.count - 1].append(Bound(id, real, name: name))
    return TypedExpression(.local(id), real.type, value.span)
  }

  /// Runs a body whose bindings belong to its own result.
  mutating func collectingBindings(
    _ body: (inout Checker) -> TypedExpression
  ) -> TypedExpression {
    pending.append([])
    let value = body(&self)
    let bound = pending.removeLast()
    if bound.isEmpty || value.type.isError { return value }
    return TypedExpression(.bindings(bound, value), value.type, value.span)
  }

  // MARK: types

  func resolve(_ type: Type) -> Type { environment.substitution.resolve(type) }
  func resolve(_ shape: Shape) -> Shape { environment.substitution.resolve(shape) }
  func resolve(_ size: Size) -> Size { environment.substitution.resolve(size) }
  func resolve(_ unit: Unit) -> Unit { environment.substitution.resolve(unit) }
  func resolve(_ label: UnitLabel) -> UnitLabel { environment.substitution.resolve(label) }
  func text(_ type: Type) -> String { environment.substitution.text(type) }
  func text(_ unit: Unit) -> String { environment.substitution.text(unit) }
  func text(_ size: Size) -> String { environment.substitution.text(size) }
  func text(_ shape: Shape) -> String {
    let text = environment.substitution.text(shape)
    return text.isEmpty ? "a scalar" : text
  }

  /// The array type of a value, resolved; nil for what is no array.
  func tensor(_ value: TypedExpression) -> TensorType? { resolve(value.type).tensor }

  /// The text of a place, on one line.
  func sourceText(_ span: Span, negative: Bool = false) -> String {
    guard let source = sources[span.source] else { return "" }
    return (negative ? "-" : "") + source.line(of: span)
  }

  /// The number of steps that a solution holds: the same for each field of one solution.
  mutating func stepsSize(of value: TypedExpression) -> Size {
    var key = "at \(value.span)"
    if case .session(let name) = value.kind { key = "let " + name }
    if case .local(let id) = value.kind { key = "local \(id.rawValue)" }
    if let known = stepSizes[key] { return known }
    let size = environment.substitution.freshSize(named: "steps", rigid: true)
    stepSizes[key] = size
    return size
  }

  /// What a meaning is, for messages: a value by its type.
  func found(_ meaning: Meaning) -> String {
    if case .expression(let value) = meaning { return text(value.type) }
    return meaning.kindText
  }

  // MARK: depth

  /// Runs `body` one level deeper, or reports that the program nests too deeply.
  mutating func deeper(_ span: Span, _ body: (inout Checker) -> Meaning) -> Meaning {
    if depth >= Checker.depthLimit { return fail(.nestingTooDeep(at: span)) }
    depth += 1
    defer { depth -= 1 }
    return body(&self)
  }
}

/// How many calls may be elaborated. A reference, used by one check alone, so that a trial that is taken back
/// still counts.
final class CallBudget: @unchecked Sendable {
  static let limit = 100_000
  var calls = 0
}

/// Places of mistakes that are left in a finished program. A reference, used by one check alone.
final class Leftovers: @unchecked Sendable {
  var spans: [Span] = []
}

/// What the checker asks of the world around it.
package struct CheckerHost: Sendable {
  /// The text of a module: `import physics` by name, `import "file.node"` by path relative to the importing source.
  package var module: @Sendable (ImportStatement.Module, _ from: SourceID) -> ModuleResult
  package var schema: SchemaProvider
  /// `--set name=value`, by the name: `g`, `pendulum.g`.
  package var settings: [String: String]

  package enum ModuleResult: Sendable {
    /// The key says when two imports mean the same text.
    case source(SourceFile, key: String)
    case failure(Diagnostic)
  }

  package init(
    module: @escaping @Sendable (ImportStatement.Module, SourceID) -> ModuleResult,
    schema: @escaping SchemaProvider, settings: [String: String] = [:]
  ) {
    self.module = module
    self.schema = schema
    self.settings = settings
  }
}
