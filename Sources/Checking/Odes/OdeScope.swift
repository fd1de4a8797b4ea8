import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// The names inside an `ode`, or inside one of its parts.
struct OdeScope: Sendable {
  var builder: Int
  /// Before the names of its states: empty, or `a.`.
  var prefix: String
  /// Owner of its weights: `two.a`.
  var path: String
  var members: [String: OdeMember] = [:]
  var order: [String] = []
  /// Indices into the builder's states.
  var states: [Int] = []
  var declaration: OdeDeclaration
}

/// Something named inside an `ode`, elaborated when it is first read.
struct OdeMember: Sendable {
  enum Kind: Sendable {
    case param(ParameterBinding)
    case const(Binding)
    case `let`(Binding)
    case known(Binding)
    case learned(LearnedTerm)
    case layer(LayerDeclaration)
    case part(Int)
    case output(Binding)
    case input(Parameter)
  }
  enum Status: Sendable { case pending, active, done(Meaning) }
  var kind: Kind
  /// The module whose names its text sees.
  var module: Int
  var span: Span
  var documentation: String?
  /// From a parent: its weights start from the parent's.
  var isInherited: Bool
  var status = Status.pending
}

/// An ode in the making.
struct OdeBuilder: Sendable {
  struct State: Sendable {
    /// `θ` or `a.θ`, without primes.
    var base: String
    var scope: Int
    /// The order of its equation; the number of first-order states it becomes.
    var order = 1
    var module: Int
    var annotation: TypeExpression?
    /// Declared initial values by order of the derivative.
    var initial: [Int: ParameterBinding] = [:]
    /// A `Parameter` of the list has no binding.
    var isParameter = false
    var type: Type = .error
    var locals: [LocalID] = []
    var equation: OdeEquation?
    var additions: [OdeEquation] = []
    /// Elements given one by one: by index.
    var elements: [Int: OdeEquation] = [:]
    var status = Status.pending
    var span: Span
    var isInherited = false
    /// It has no equation of its own: implicit ones stand for its derivative.
    var isFree = false
    /// Its last derivative where those read it.
    var rate: LocalID?
    /// An unannotated parameter whose rank has to be tried.
    var rank = 0
  }
  enum Status: Sendable { case pending, active, done(TypedExpression) }

  var name: String
  var path: String
  var time: LocalID
  var timeUnit: Unit
  var states: [State] = []
  var bindings: [Bound] = []
  var terms: [OdeInstance.Term] = []
  var standardized: [OdeInstance.StandardizedInput] = []
  var currentTerm: String?
  var currentTermIsSymmetric = false
  var params: [String: WeightID] = [:]
  var constants: [String: Meaning] = [:]
  var layers: [String: LayerInstance] = [:]
  var termNames: Set<String> = []
  var outputs: [(name: String, scope: Int)] = []
  var events: [OdeEvent] = []
  var inputs: [OdeInstance.Input] = []
  var noise: [OdeNoise] = []
  var delays: [OdeInstance.Delay] = []
  var delayed: [OdeInstance.EarlierState] = []
  /// Values of shared right-hand sides (`[x, y]' = …`), by the place of the equation.
  var shared: [Span: TypedExpression] = [:]
  var size: [String: Size] = [:]
  /// Equations that are not solved for a derivative.
  var implicitEquations: [OdeEquation] = []
  /// One of them is being read.
  var isInImplicit = false
  /// Its parent is not known: nothing else is said about it.
  var isBroken = false
  /// An item or an equation of it got its diagnostic: a missing equation may be that one.
  var hasInvalid = false
  /// Whether an item could not be read: what it declared is not known.
  var isDamaged = false
  var rawTerms: [RawTerm] = []
  /// How often each template was used in the equations so far.
  var placeCounters: [String: Int] = [:]

  /// A summand of a right-hand side, by states before their reduction to first order.
  struct RawTerm: Sendable {
    var label: String
    var text: String
    var definition: String?
    var kind: OdeInstance.Term.Kind
    var values: [(Int, TypedExpression)]
    var span: Span
  }
}

/// An equation with the names that a `for` around it binds.
struct OdeEquation: Sendable {
  var equation: Equation
  var scope: Int
  var module: Int
  var names: [String: LocalName]
  /// For `[x, y]' = …`: which states it gives, in order.
  var bracket: [Int] = []
  var isInherited: Bool
}
