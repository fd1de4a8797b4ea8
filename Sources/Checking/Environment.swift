package import NodalDiagnostics
import NodalSyntax
package import NodalTypes

/// A declared thing.
struct Declaration: Sendable {
  enum Kind: Sendable {
    case const(Binding)
    case param(ParameterBinding)
    case function(FunctionDeclaration)
    case layer(LayerDeclaration)
    case ode(OdeDeclaration)
    case solver(SolverDeclaration)
    case data(DataDeclaration)
    case loss(LossDeclaration)
    /// A top-level `let`: its type.
    case value(Type, Kind2)
  }
  /// What a `let` at top level holds.
  enum Kind2: Sendable {
    case session
    /// Known at compile time after all: a constant, a layer, a distribution.
    case fixed(Meaning)
  }

  var id: DeclarationID
  var name: String
  /// The module whose names its body sees.
  var module: Int
  var kind: Kind
  var documentation: String?
  var span: Span
}

/// The names of one file or library module.
struct Module: Sendable {
  var path: String
  var names: [String: DeclarationID] = [:]
}

/// What tells apart the lengths of a data set's examples.
struct ExampleLength: Sendable, Hashable {
  /// The length that stands for those of all of them: another one for each data set.
  var ofAll: Size
  var index: Int
}

/// All that has been declared: what a session carries from line to line.
package struct Environment: Sendable {
  var declarations: [Declaration] = []
  var modules: [Module] = []
  /// Modules by how they were imported.
  var loaded: [String: Int] = [:]
  var substitution = Substitution()
  var weights: [WeightID: Weight] = [:]
  var weightsByPath: [String: WeightID] = [:]
  var odes: [OdeID: OdeInstance] = [:]
  var nextLocal = 0
  var nextPlace = 0
  var precision = TypedProgram.Precision.f64
  var seed = 0
  var caches = Caches()
  /// The module of the file or the session itself.
  var userModule: Int?
  var sources: [SourceID: SourceFile] = [:]
  var stepSizes: [String: Size] = [:]
  /// How many times examples have that are named by a number.
  var exampleLengths: [ExampleLength: Size] = [:]
  /// How the runs that names hold are trained.
  var runs: [String: TrainCommand] = [:]
  var librarySources: Set<SourceID> = []
  /// A check before had errors: what it left behind may be wrong without a further word.
  var hasErrors = false

  /// What has been found out about declarations.
  struct Caches: Sendable {
    var constants: [DeclarationID: Meaning] = [:]
    var params: [DeclarationID: WeightID] = [:]
    var solvers: [DeclarationID: Meaning] = [:]
    var data: [DeclarationID: DataInstance] = [:]
    var odes: [DeclarationID: ElaboratedOde] = [:]
    /// Declarations that were elaborated at least once: the others are checked alone at the end.
    var used: Set<DeclarationID> = []
    /// Which declarations each read, for redefinition.
    var reads: [DeclarationID: Set<DeclarationID>] = [:]
    /// Data sets that have been made already.
    var announced: Set<DeclarationID> = []
  }

  package init() {}

  /// The type of a top-level name, for `:type` at a prompt.
  package func typeText(of name: String) -> String? {
    guard let module = userModule.map({ modules[$0] }), let id = module.names[name] else {
      return nil
    }
    switch declarations[id.rawValue].kind {
    case .value(let type, _): return substitution.text(type)
    case .data: return caches.data[id].map { substitution.text(.dataset($0.type)) }
    case .const, .param, .function, .layer, .ode, .solver, .loss: return nil
    }
  }

  /// A type as people read it, with what is known of its sizes and units by now.
  package func text(of type: Type) -> String { substitution.text(substitution.resolve(type)) }

  /// A text that declared nothing, so that nothing here has a place in it.
  package mutating func forgetText(_ id: SourceID) { sources[id] = nil }

  /// Top-level solutions that hold their accepted steps, with the number of them.
  package var stepsOfLets: [(name: String, size: Size)] {
    stepSizes.compactMap { key, size in
      key.hasPrefix("let ") ? (String(key.dropFirst(4)), size) : nil
    }
  }

  /// Modules that were read stay read; the user's text has not imported them.
  package var withoutImports: Environment {
    var result = self
    if let module = userModule { result.modules[module].names = [:] }
    return result
  }

  /// The weight that lives at a path now.
  package func weight(at path: String) -> WeightID? { weightsByPath[path] }

  /// The names that a user declared, with their documentation.
  package var declaredNames: [(name: String, documentation: String?)] {
    guard let module = userModule.map({ modules[$0] }) else { return [] }
    return module.names.map { ($0.key, declarations[$0.value.rawValue].documentation) }
      .sorted { $0.0 < $1.0 }
  }
}

/// An ode with what its users need to know about names.
struct ElaboratedOde: Sendable {
  var id: OdeID
  var name: String
  /// Parameters and learned initial values by their name inside the ode (`L`, `a.L`).
  var params: [String: WeightID]
  var constants: [String: Meaning]
  var layers: [String: LayerInstance]
  var terms: Set<String>
  var outputs: [String]
  var failed: Bool
}
