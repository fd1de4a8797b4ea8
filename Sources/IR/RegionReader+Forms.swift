/// What stands in braces behind a form's operands, and the regions under it.
struct RegionAttributes {
  var items: [String: RegionItem] = [:]
  var regions: [String: Region] = [:]
  /// Where the form's name is: what is wrong with an attribute is told there.
  let place: Int

  init(place: Int) { self.place = place }

  /// The form of that name. Each attribute must be one that the form has.
  func form(
    named name: String, results: [ValueType], _ parser: RegionParser
  ) throws(RegionTextError) -> Form {
    var reader = AttributeReader(attributes: self, parser: parser)
    guard let form = try reader.form(name, results) else {
      guard let schema = parser.schemas(name) else {
        throw parser.scanner.error("no form or op is named \(name)", at: place)
      }
      try reader.finish()
      return .elementwise(schema)
    }
    try reader.finish()
    return form
  }
}

/// Takes attributes one by one, with their types.
struct AttributeReader {
  var attributes: RegionAttributes
  let parser: RegionParser

  init(attributes: RegionAttributes, parser: RegionParser) {
    self.attributes = attributes
    self.parser = parser
  }

  func error(_ message: String) -> RegionTextError {
    parser.scanner.error(message, at: attributes.place)
  }

  func finish() throws(RegionTextError) {
    if let key = (Array(attributes.items.keys) + attributes.regions.keys).min() {
      throw error("\(key) is nothing that this form has")
    }
  }

  // MARK: Forms

  mutating func form(_ name: String, _ results: [ValueType]) throws(RegionTextError) -> Form? {
    if name.hasPrefix("reduce_") {
      guard let kind = Reduction.Kind(rawValue: String(name.dropFirst(7))) else { return nil }
      return .reduce(Reduction(kind, axes: try naturals("axes")))
    }
    if name.hasPrefix("random_") {
      guard let kind = RandomDraw.Kind(rawValue: String(name.dropFirst(7))) else { return nil }
      return .random(RandomDraw(kind, place: try integer("place"), type: try type("draw")))
    }
    switch name {
    case "select": return .select
    case "convert": return .convert(try type("to").element)
    case "contract":
      return .contract(
        Contraction(batch: try pairs("batch"), contracted: try pairs("contracted")))
    case "gather":
      return .gather(
        Gather(batchAxes: try natural("batch", usual: 0), isChecked: try flag("checked")))
    case "scatter":
      return .scatter(
        Scatter(batchAxes: try natural("batch", usual: 0), extent: try needed("extent")))
    case "factorize": return .factorize(try pattern())
    case "linear_solve":
      return .linearSolve(LinearSolve(isTransposed: try flag("transposed"), pattern: try pattern()))
    case "branch":
      return .branch(
        Branch(
          lanes: try extent("lanes"), batched: try flags("batched"), isLowered: try flag("lowered"),
          whenTrue: try region("then"), whenFalse: try region("else")))
    case "scan": return .scan(try scan())
    case "map":
      return .map(
        Map(
          extent: try needed("extent"), mapped: try flags("mapped"), isLowered: try flag("lowered"),
          body: try region("body")))
    case "jvp", "vjp":
      return .derivative(
        Derivative(
          name == "jvp" ? .forward : .reverse, wrt: try naturals("wrt"), body: try region("body")))
    case "solve": return .solve(try solve())
    case "interpolate":
      return .interpolate(
        Interpolate(trajectories: try extent("trajectories"), dense: try region("dense")))
    default: return try layout(name, results).map(Form.layout)
    }
  }

  private mutating func layout(
    _ name: String, _ results: [ValueType]
  ) throws(RegionTextError) -> Layout? {
    switch name {
    case "broadcast":
      return .broadcast(to: results.first?.extents ?? [], axes: try naturals("axes"))
    case "transpose": return .transpose(try naturals("axes"))
    case "reshape": return .reshape(results.first?.extents ?? [])
    case "slice":
      return .slice(
        axis: try natural("axis"), start: try natural("start"), limit: try natural("limit"),
        stride: try natural("stride", usual: 1))
    case "pad":
      return .pad(
        axis: try natural("axis"), before: try natural("before", usual: 0),
        after: try natural("after", usual: 0), interior: try natural("interior", usual: 0))
    case "concatenate": return .concatenate(axis: try natural("axis"))
    case "reverse": return .reverse(axis: try natural("axis"))
    case "window":
      return .window(
        axis: try natural("axis"), size: try natural("size"),
        stride: try natural("stride", usual: 1), dilation: try natural("dilation", usual: 1))
    default: return nil
    }
  }

  private mutating func scan() throws(RegionTextError) -> Scan {
    guard case .call(let kind, let items)? = attributes.items.removeValue(forKey: "length") else {
      throw error("a scan wants its length: fixed(…) or counted(…)")
    }
    let length: Scan.Length
    switch kind {
    case "fixed":
      guard items.count == 1, case .fixed(let n) = try extent(items[0]) else {
        throw error("fixed(length) wanted")
      }
      length = .fixed(n)
    case "counted":
      let trace: Int?
      switch items.first {
      case .integer(let n)? where n >= 0 && n <= RegionReader.longestExtent: trace = n
      case .word("free")?: trace = nil
      case .integer, .word, .number, .string, .extent, .type, .pair, .list, .call, nil:
        throw error("counted(trace, trajectories) wanted")
      }
      guard items.count <= 2 else { throw error("counted(trace, trajectories) wanted") }
      length = .counted(trace: trace, trajectories: try items.dropFirst().first.map(extent))
    default: throw error("no length is \(kind)")
    }
    var scan = Scan(
      length: length, reverse: try flag("reverse"), carries: try natural("carries", usual: 0),
      stacked: try natural("stacked", usual: 0), outputs: try natural("outputs", usual: 0),
      batched: try flags("batched"), body: try region("body"))
    scan.evaluations = try natural("evaluations", usual: 0)
    return scan
  }

  private mutating func solve() throws(RegionTextError) -> Solve {
    guard let mode = GradientMode(rawValue: try word("gradient")) else {
      throw error("no gradient mode has that name")
    }
    var settings = SolverSettings(
      method: try string("method"), stepping: try stepping(), controller: try string("controller"),
      maxSteps: try integer("max_steps"), gradient: mode, joint: try flag("joint"))
    if attributes.items["path"] != nil {
      guard let path = Noise.Path(rawValue: try word("path")) else {
        throw error("no path has that name")
      }
      settings.path = path
    }
    if attributes.items["partner"] != nil { settings.partner = try string("partner") }
    settings.meetsSaves = try flag("meets_saves")
    if let item = attributes.items.removeValue(forKey: "first_step") {
      settings.firstStep = try number(item)
    }
    let quadrature = attributes.regions.removeValue(forKey: "quadrature")
    var solve = Solve(
      settings: settings, trajectories: try extent("trajectories"), batched: try flags("batched"),
      rhs: try region("rhs"), isLowered: try flag("lowered"), controlled: try natural("controlled"),
      quadrature: quadrature)
    solve.sharesClock = try flag("shared_clock")
    solve.clockStarts = try naturals("clock_starts")
    if attributes.items["trace"] != nil { solve.trace = try natural("trace") }
    if attributes.items["record"] != nil { solve.record = try type("record") }
    if attributes.items["drifting"] != nil { solve.drifting = try flags("drifting") }
    if attributes.items["counted_span"] != nil {
      solve.countedSpan = try natural("counted_span")
    }
    if attributes.items["expected"] != nil { solve.expected = try natural("expected") }
    solve.companions = try natural("companions", usual: 0)
    solve.events = try events()
    solve.isBackward = try flag("backward")
    solve.isTrial = try flag("trial")
    solve.mass = attributes.regions.removeValue(forKey: "mass")
    solve.pattern = try pattern()
    solve.jacobian = attributes.regions.removeValue(forKey: "jacobian")
    solve.noise = try noise()
    solve.delays = try delays()
    solve.corners = try corners()
    return solve
  }

  func places(_ list: [RegionItem], of what: String) throws(RegionTextError) -> [Int] {
    try list.map { (item) throws(RegionTextError) in
      guard case .integer(let n) = item, n >= 0 else { throw error("\(what) wanted") }
      return n
    }
  }

  private mutating func delays() throws(RegionTextError) -> Delays? {
    guard let item = attributes.items.removeValue(forKey: "delays") else { return nil }
    guard case .call("past", let items) = item, (4...5).contains(items.count),
      case .integer(let lags) = items[0], case .integer(let past) = items[1], lags >= 0, past >= 0,
      case .word(let rates) = items[2], let hasRates = Bool(rates),
      case .word(let continuous) = items[3], let isContinuous = Bool(continuous)
    else { throw error("delays want past(lags, past, has rates, is continuous)") }
    var delays = Delays(
      history: try region("history"), lags: lags, past: past, hasRates: hasRates,
      isContinuous: isContinuous)
    if items.count == 5 {
      guard case .integer(let depth) = items[4], depth >= 0 else { throw error("a depth wanted") }
      delays.depth = depth
    }
    delays.kick = attributes.regions.removeValue(forKey: "kick")
    return delays
  }

  private mutating func corners() throws(RegionTextError) -> Corners? {
    guard let item = attributes.items.removeValue(forKey: "corners") else { return nil }
    guard case .call("corners", let items) = item, items.count == 3,
      case .integer(let phase) = items[0], phase >= 0, case .list(let bends) = items[1],
      case .list(let jumps) = items[2]
    else { throw error("corners(phase, [bends], [jumps]) wanted") }
    return Corners(
      phase: phase, bends: try places(bends, of: "a parameter"),
      jumps: try places(jumps, of: "a parameter"))
  }

  private mutating func noise() throws(RegionTextError) -> Noise? {
    guard let item = attributes.items.removeValue(forKey: "noise") else { return nil }
    guard case .call("motions", let items) = item, (2...3).contains(items.count),
      case .integer(let key) = items[0],
      case .integer(let span) = items[1], key >= 0, span >= 0
    else { throw error("noise wants motions(key, span, [components])") }
    var components: [Int]?
    if items.count == 3 {
      guard case .list(let list) = items[2] else { throw error("a list of components wanted") }
      components = try places(list, of: "a component")
    }
    return Noise(
      diffusion: try region("noise"), components: components, key: key, span: span)
  }

  private mutating func events() throws(RegionTextError) -> [SolveEvent] {
    var events: [SolveEvent] = []
    for (k, item) in try list("events").enumerated() {
      guard case .call(let kind, let items) = item, items.count == 3 else {
        throw error("event(direction, stops, holds motion) or times(parameter, …) wanted")
      }
      let trigger: SolveEvent.Trigger
      switch (kind, items[0]) {
      case ("event", .word(let word)):
        guard let direction = SolveEvent.Direction(rawValue: word) else {
          throw error("no direction is \(word)")
        }
        trigger = .crossing(direction)
      case ("times", .integer(let parameter)): trigger = .times(parameter: parameter)
      default: throw error("no event is \(kind)")
      }
      let labels = SolveEvent.labels(k)
      events.append(
        SolveEvent(
          trigger: trigger, root: try region(labels[0]), jump: try region(labels[1]),
          stops: try truth(items[1]), holdsMotion: try truth(items[2])))
    }
    return events
  }

  private mutating func stepping() throws(RegionTextError) -> SolverSettings.Stepping {
    guard case .call(let name, let items)? = attributes.items.removeValue(forKey: "stepping"),
      let first = items.first
    else { throw error("a solve wants its stepping") }
    switch (name, items.count) {
    case ("adaptive", 2):
      guard case .list(let atol) = items[1] else { throw error("a list of tolerances wanted") }
      return .adaptive(rtol: try number(first), atol: try numbers(atol))
    case ("step", 1): return .step(try number(first))
    case ("count", 1):
      guard case .integer(let n) = first else { throw error("a number of steps wanted") }
      return .count(n)
    default: throw error("no stepping is \(name) of \(items.count)")
    }
  }

  // MARK: Items

  private mutating func integer(_ key: String, usual: Int? = nil) throws(RegionTextError) -> Int {
    let item = attributes.items.removeValue(forKey: key) ?? usual.map(RegionItem.integer)
    guard case .integer(let n)? = item else { throw error("\(key) wants a whole number") }
    return n
  }

  private mutating func natural(_ key: String, usual: Int? = nil) throws(RegionTextError) -> Int {
    let n = try integer(key, usual: usual)
    guard n >= 0, n <= RegionReader.longestExtent else { throw error("\(key) is out of range") }
    return n
  }

  private mutating func list(_ key: String) throws(RegionTextError) -> [RegionItem] {
    let item = attributes.items.removeValue(forKey: key) ?? .list([])
    guard case .list(let items) = item else { throw error("\(key) wants a list") }
    return items
  }

  private mutating func naturals(_ key: String) throws(RegionTextError) -> [Int] {
    var numbers: [Int] = []
    for item in try list(key) {
      guard case .integer(let n) = item, n >= 0, n <= RegionReader.longestExtent else {
        throw error("\(key) wants whole numbers")
      }
      numbers.append(n)
    }
    return numbers
  }

  private mutating func pairs(_ key: String) throws(RegionTextError) -> [Contraction.Pair] {
    var pairs: [Contraction.Pair] = []
    for item in try list(key) {
      guard case .pair(let a, let b) = item else { throw error("\(key) wants pairs of axes") }
      pairs.append(.init(a, b))
    }
    return pairs
  }

  private func truth(_ item: RegionItem?) throws(RegionTextError) -> Bool {
    guard let item else { return false }
    guard case .word(let word) = item, let truth = Bool(word) else {
      throw error("true or false wanted")
    }
    return truth
  }

  private mutating func flag(_ key: String) throws(RegionTextError) -> Bool {
    try truth(attributes.items.removeValue(forKey: key))
  }

  private mutating func flags(_ key: String) throws(RegionTextError) -> [Bool] {
    var flags: [Bool] = []
    for item in try list(key) { flags.append(try truth(item)) }
    return flags
  }

  private func extent(_ item: RegionItem) throws(RegionTextError) -> Extent {
    if case .extent(let extent) = item { return extent }
    guard case .integer(let n) = item, n >= 0, n <= RegionReader.longestExtent else {
      throw error("an extent wanted")
    }
    return .fixed(n)
  }

  private mutating func extent(_ key: String) throws(RegionTextError) -> Extent? {
    try attributes.items.removeValue(forKey: key).map(extent)
  }

  private mutating func needed(_ key: String) throws(RegionTextError) -> Extent {
    guard let extent = try extent(key) else { throw error("\(key) is missing") }
    return extent
  }

  private mutating func type(_ key: String) throws(RegionTextError) -> ValueType {
    guard case .type(let type)? = attributes.items.removeValue(forKey: key) else {
      throw error("\(key) wants a type")
    }
    return type
  }

  private mutating func word(_ key: String) throws(RegionTextError) -> String {
    guard case .word(let word)? = attributes.items.removeValue(forKey: key) else {
      throw error("\(key) wants a word")
    }
    return word
  }

  private mutating func string(_ key: String) throws(RegionTextError) -> String {
    guard case .string(let text)? = attributes.items.removeValue(forKey: key) else {
      throw error("\(key) wants a text in quotes")
    }
    return text
  }

  private func number(_ item: RegionItem) throws(RegionTextError) -> Double {
    if case .number(let x) = item { return x }
    guard case .integer(let n) = item else { throw error("a number wanted") }
    return Double(n)
  }

  /// Numbers; a run of whole ones is a list of its own.
  private func numbers(_ items: [RegionItem]) throws(RegionTextError) -> [Double] {
    var numbers: [Double] = []
    for item in items {
      if case .list(let run) = item {
        numbers += try self.numbers(run)
      } else {
        numbers.append(try number(item))
      }
    }
    return numbers
  }

  private mutating func region(_ label: String) throws(RegionTextError) -> Region {
    guard let region = attributes.regions.removeValue(forKey: label) else {
      throw error("the region \(label) is missing")
    }
    return region
  }
}
