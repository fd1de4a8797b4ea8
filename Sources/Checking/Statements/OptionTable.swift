/// The keys of commands, with the sub-keys that a comma ties to them. One table: a key in the wrong place
/// is found by looking in the others.
struct OptionRow: Sendable {
  enum Kind: Sendable {
    case optimizer, batch, penalty, rate, slice, schedule, integer, number, text, weights, any,
      report
    case boolean, gradient, stop, horizon, shooting, uncertainty
  }
  let key: String
  let kind: Kind
  let subKeys: [String: Kind]
  /// The command may hold it more than once.
  let repeats: Bool
  /// Refused until a later version.
  let isLater: Bool

  init(
    _ key: String, _ kind: Kind, _ subKeys: [String: Kind] = [:], repeats: Bool = false,
    later: Bool = false
  ) {
    self.key = key
    self.kind = kind
    self.subKeys = subKeys
    self.repeats = repeats
    isLater = later
  }

  private static let stage: [String: Kind] = [
    "steps": .integer, "epochs": .integer, "batch": .batch, "freeze": .weights, "free": .weights,
    "rate": .rate,
  ]

  static let train: [OptionRow] = [
    .init("batch", .batch),
    .init("optimize", .optimizer, stage),
    .init("then", .optimizer, stage, repeats: true),
    .init("penalty", .penalty, repeats: true),
    .init("validate", .slice, ["every": .integer]),
    .init("test", .slice, ["every": .integer]),
    .init("horizon", .horizon),
    .init("shooting", .shooting),
    .init("collocation", .optimizer, ["steps": .integer]),
    .init("starts", .integer),
    .init("folds", .integer),
    .init("clip", .number),
    .init("rate", .rate, repeats: true),
    .init("stop", .stop),
    .init("report", .report, ["every": .integer], repeats: true),
    .init("log", .text, ["every": .integer]),
    .init("checkpoint", .text, ["every": .integer]),
    .init("seed", .integer),
    .init("loose", .boolean),
    .init("freeze", .weights),
    .init("free", .weights),
  ]

  static let uncertainty: [OptionRow] = [
    .init("method", .uncertainty), .init("level", .number), .init("predict", .any),
    .init("draws", .integer), .init("seed", .integer),
  ]

  static let check: [OptionRow] = [
    .init("batch", .batch, later: true), .init("seed", .integer, later: true),
    .init("examples", .integer, later: true), .init("step", .number, later: true),
  ]

  static let bench: [OptionRow] = [
    .init("repeats", .integer), .init("warmup", .integer), .init("seconds", .number),
    .init("reference", .any), .init("tolerance", .number),
  ]

  static let gradient: [OptionRow] = [.init("gradient", .gradient)]

  static let plot: [OptionRow] = [
    .init("title", .text), .init("xlabel", .text), .init("ylabel", .text),
    .init("width", .integer), .init("height", .integer), .init("legend", .boolean),
    .init("panels", .boolean),
    .init("bins", .integer),
  ]
}

/// Optimisers, schedules and batches by name, with their labelled settings.
struct SettingCall: Sendable {
  let name: String
  /// Positional parameters, in order; all may be given by label.
  let parameters: [String]
  let required: Int
  /// An optimiser that compares values: it takes all the data, unless its own stage fixes a batch.
  let takesAll: Bool
  let isLater: Bool

  init(
    _ name: String, _ parameters: [String], required: Int = 0, takesAll: Bool = false,
    later: Bool = false
  ) {
    self.name = name
    self.parameters = parameters
    self.required = required
    self.takesAll = takesAll
    isLater = later
  }

  /// The settings are the names in `Training`'s rows.
  static let optimizers: [SettingCall] = [
    .init("sgd", ["lr", "momentum", "nesterov", "weight_decay"]),
    .init("rmsprop", ["lr", "alpha", "eps", "momentum", "weight_decay"]),
    .init("adam", ["lr", "beta1", "beta2", "eps", "weight_decay"]),
    .init("adamw", ["lr", "beta1", "beta2", "eps", "weight_decay"]),
    .init("lbfgs", ["lr", "history", "tolerance", "change", "evaluations"], takesAll: true),
    .init("lm", ["lr", "damping", "tolerance", "change", "trials"], takesAll: true),
  ]
  static let batches: [SettingCall] = [
    .init("windows", ["length", "count"], required: 1),
    .init("shuffled", ["count"], required: 1),
    .init("all", []),
  ]
  static let stops: [SettingCall] = [
    .init("patience", ["looks", "improvement"], required: 1),
    .init("below", ["value"], required: 1),
  ]
  static let horizons: [SettingCall] = [.init("grow", ["from", "to", "stages"], required: 1)]
  static let shootings: [SettingCall] = [
    .init("multiple", ["length", "continuity", "stages", "join"], required: 1)
  ]
  /// `profile` takes parameters, as many as one likes.
  static let uncertainties: [SettingCall] = [.init("laplace", []), .init("profile", [])]
  static let schedules: [SettingCall] = [
    .init("steps", ["from", "at", "factor"], required: 1),
    .init("cosine", ["from", "to", "over"], required: 1),
    .init("exponential", ["from", "factor"], required: 1),
    .init("warmup", ["to", "over"], required: 1),
  ]
}
