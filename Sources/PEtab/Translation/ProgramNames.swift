import NodalSyntax

/// What the names of a problem are called in the program: as they are, but for those that mean something there, which get a `_` behind them.
struct ProgramNames {
  private var spellings: [String: String] = [:]
  private var taken: Set<String> = ProgramNames.reserved

  /// Words that the program has uses of its own for.
  static let reserved: Set<String> = Set(Keyword.allCases.map(\.rawValue)).union([
    // Functions and distributions that translated formulas call.
    "abs", "exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
    "tanh",
    "floor", "ceil", "sign", "min", "max", "lgamma", "default", "solve", "steady", "auto",
    "rodas5p",
    "normal", "lognormal", "laplace", "uniform", "csv", "adam", "lbfgs",
    // What a solution and a row of data have.
    "t", "final", "stats", "events", "time", "condition",
    // Words that begin a line.
    "precision", "seed", "import", "const", "param", "fn", "layer", "ode", "data", "loss", "test",
    "bench", "print", "plot", "explain", "write", "save", "load", "assert", "check", "train",
    "state", "input", "known", "learned", "output", "event", "noise", "part", "override", "stop",
    "infer", "uncertainty", "discover", "learn", "record", "return",
    // Names of the program itself.
    "measurements", "model", "likelihood", "run", "fits", "w", "s", "before", "rest", "log_where",
    "present",
  ])

  /// Names that had to be changed, in order.
  private(set) var changed: [(from: String, to: String)] = []

  /// The name for this one, the same each time.
  mutating func add(_ name: String) {
    guard spellings[name] == nil else { return }
    let spelling = unused(name)
    spellings[name] = spelling
    if spelling != name { changed.append((name, spelling)) }
  }

  /// A name that nothing has yet, for something that the problem has no name for.
  mutating func unused(_ wish: String) -> String {
    var name = wish
    while !taken.insert(name).inserted { name += "_" }
    return name
  }

  func spelling(_ name: String) -> String { spellings[name] ?? name }
}
