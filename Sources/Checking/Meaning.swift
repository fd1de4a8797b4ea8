import NodalDiagnostics
import NodalMethods
import NodalSyntax
import NodalTypes

/// What an expression means while it is elaborated: a run-time value with a type, or something that
/// exists only at compile time.
indirect enum Meaning: Sendable {
  case expression(TypedExpression)
  /// A declared `fn`.
  case function(DeclarationID)
  case closure(ClosureValue)
  /// A layer with hyperparameters that have not been given yet.
  case template(DeclarationID)
  case instance(LayerInstance)
  case intrinsic(Intrinsic)
  /// `normal`, before its parameters.
  case family(DistributionFamily)
  case distribution(DistributionValue)
  case ode(DeclarationID)
  /// A part of an ode that is being elaborated, by the index of its scope.
  case part(Int)
  case loss(DeclarationID)
  /// `tsit5`, before its settings.
  case method(MethodEntry)
  case solver(SolverValue)
  case range(RangeValue)
  /// A record or tuple with compile-time things in it.
  case record([(name: String, value: Meaning)])
  case tuple([Meaning])
  /// A width that is taken from where the value is used.
  case openWidth(TailVariable)
  /// `swing.drag`: a term of an ode, for `strength`, `explain`, `discover`.
  case term(OdeID, String)
  case invalid
}

/// `a..b`, an interval or a range of integers, as its place decides.
struct RangeValue: Sendable {
  var lower: TypedExpression
  var upper: TypedExpression
  var isClosed: Bool
  var span: Span
}

struct ClosureValue: Sendable {
  var closure: Closure
  var frame: Frame
}

/// Something with weights of its own that can be called: a declared layer, or a template with its
/// hyperparameters.
struct LayerInstance: Sendable {
  var declaration: DeclarationID
  /// Hyperparameters by name.
  var hyperparameters: [String: Meaning]
  /// Where its weights live; nil until a name or a place is found for it.
  var path: String?
  var span: Span
}

struct DistributionValue: Sendable {
  var family: DistributionFamily
  /// In the order of the family's parameters.
  var parameters: [TypedExpression]
  /// A shape asked for with `shape:`.
  var shape: Shape?
  var span: Span
}

/// Identifies a declaration in the environment; a redefinition makes a new one.
struct DeclarationID: Hashable, Sendable {
  let rawValue: Int
}

/// What names mean at a place.
struct Frame: Sendable {
  enum Kind: Sendable {
    /// Commands at top level.
    case top
    /// Inside a declaration of the kind.
    case constant, function, layer, ode, loss, data, solver

    /// See `Checker.readsOneOfEach`; nil: as around.
    var readsOneOfEach: Bool? {
      switch self {
      case .loss: true
      // Made once, whoever reads them first.
      case .data: false
      case .top, .constant, .function, .layer, .ode, .solver: nil
      }
    }
  }
  var kind: Kind
  var module: Int
  var names: [String: LocalName] = [:]
  /// Size variables of the parameter lists around.
  var sizes: [String: Size] = [:]
  /// Index of the owner of weights made here; nil where none may be made.
  var owner: Int?
  /// Index of the ode scope whose members are visible.
  var odeScope: Int?
  /// Whether calls of layers standardise their inputs here (inside a `learned` term).
  var standardizes = false
  /// Names that a derivative is taken with respect to: they stay names, also where their value is a constant.
  var differentiated: Set<String> = []
}

struct LocalName: Sendable {
  var value: Meaning
  var isVariable: Bool
  var span: Span
}

/// A place that owns weights: where it is, and how often each template has been used there.
struct Owner: Sendable {
  var path: String
  var counters: [String: Int] = [:]

  mutating func place(of name: String) -> String {
    let count = (counters[name] ?? 0) + 1
    counters[name] = count
    let own = "\(name)_\(count)"
    return path.isEmpty ? own : path + "." + own
  }
  func path(named name: String) -> String { path.isEmpty ? name : path + "." + name }
}

extension Meaning {
  /// For messages: what kind of thing it is.
  var kindText: String {
    switch self {
    case .expression: "a value"
    case .function, .intrinsic: "a function"
    case .closure: "a function"
    case .template: "a layer template"
    case .instance: "a layer"
    case .family: "a distribution without its parameters"
    case .distribution: "a distribution"
    case .ode: "an ode"
    case .part: "a part of an ode"
    case .loss: "a loss"
    case .method, .solver: "a solver"
    case .range: "a range"
    case .record: "a record"
    case .tuple: "a tuple"
    case .openWidth: "a width"
    case .term: "a term of an ode"
    case .invalid: "a value with an error"
    }
  }

  /// Whether it is called with values alone: it has no weights, and is no distribution or solver.
  var isFunction: Bool {
    switch self {
    case .function, .closure, .intrinsic: true
    case .expression, .template, .instance, .family, .distribution, .ode, .part, .loss, .method,
      .solver, .range, .record, .tuple, .openWidth, .term, .invalid:
      false
    }
  }
}
