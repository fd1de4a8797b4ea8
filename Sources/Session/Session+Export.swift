import NodalBasics
package import NodalCExport
import NodalChecking
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalTransforms
import NodalTypes

/// An ode as C code, with the weights that it has now.
extension Session {
  package func exportC(_ name: String) throws -> CSource {
    guard let ode = ode(named: name) else { throw noOde(name) }
    try refuse(ode)
    // Exported numbers have 64 bits, whatever the program computes with.
    var exact = program
    exact.precision = .f64
    let lowered: LoweredEquations
    do {
      lowered = try Lowering.lowerEquations(ode, of: exact, lengths: lengths)
    } catch {
      throw told(error, [], at: ode.span)
    }
    let parameters = ode.weights.compactMap { program.weights[$0] }.filter { $0.kind == .parameter }
    var places: [WeightID: Int] = [:]
    var entries: [CSystem.Entry] = []
    for weight in parameters {
      guard let now = weights[weight.path] else { continue }
      places[weight.id] = entries.reduce(0) { $0 + $1.count }
      let own =
        weight.path.hasPrefix(name + ".")
        ? String(weight.path.dropFirst(name.count + 1)) : weight.path
      entries.append(
        CSystem.Entry(own, shape: now.shape, unit: ValueText.unit(weight.type), values: now.values))
    }
    let inputs = try lowered.inputs.map { try entry($0.name, $0.type) }
    func function(_ program: LoweredProgram) throws -> CSystem.Function {
      try self.function(program, inputs, places, ode)
    }
    let system = CSystem(
      name: name, program: sourceMap[ode.span.source].map { Path.name($0.path) } ?? "",
      timeUnit: ode.timeUnit.isOne ? nil : "\(ode.timeUnit)", documentation: ode.documentation,
      states: try ode.states.map { try entry($0.name, $0.type) }, parameters: entries,
      inputs: inputs, outputs: try ode.outputs.map { try entry($0.name, $0.value.type) },
      slopes: try function(lowered.slopes), observed: try lowered.outputs.map(function),
      initial: try function(lowered.initial))
    do {
      return try system.source()
    } catch {
      throw SessionFailure(
        .notSupportedYet, "`\(name)` can't be exported as C: \(Self.words(error.what))",
        at: ode.span)
    }
  }

  /// The weights of an ode that are a network's, and were never trained, loaded or set.
  package func untrainedNetworks(of name: String) -> [String] {
    guard let ode = ode(named: name) else { return [] }
    return ode.weights.compactMap { program.weights[$0] }.filter {
      $0.kind == .network && weights[$0.path]?.isChanged == false
    }.map(\.path)
  }

  /// Of those that were declared under one name the last.
  private func ode(named name: String) -> OdeInstance? {
    program.odes.values.filter { $0.name == name }.max { $0.id < $1.id }
  }

  private func noOde(_ name: String) -> SessionFailure {
    let known = Set(program.odes.values.map(\.name)).sorted()
    var help: [String] = []
    if let near = EditDistance.nearest(to: name, among: known) {
      help.append("did you mean `\(near)`?")
    }
    help.append(
      known.isEmpty
        ? "the program has none"
        : "the odes are " + known.map { "`\($0)`" }.joined(separator: ", ")
          + "; one of a module is among them once the program uses it")
    return SessionFailure(.notAnOde, "there is no ode `\(name)`", at: nil, help: help)
  }

  private func entry(_ name: String, _ type: Type) throws -> CSystem.Entry {
    let shape = try type.tensor?.shape.sizes.map { size -> Int in
      guard let length = size.evaluate(lengths) else {
        throw SessionFailure(.internalInconsistency, "the shape of `\(name)` is not known", at: nil)
      }
      return length
    }
    return CSystem.Entry(name, shape: shape ?? [], unit: ValueText.unit(type))
  }

  /// What has no place in C code yet, by name.
  private func refuse(_ ode: OdeInstance) throws {
    func refusal(_ what: String, _ span: Span, _ help: [String] = []) -> SessionFailure {
      SessionFailure(
        .notSupportedYet, "`\(ode.name)` can't be exported as C: \(what)", at: span, help: help)
    }
    if let delay = ode.delays.first {
      throw refusal("its equations read states at earlier times", delay.span)
    }
    if let noise = ode.noise.first { throw refusal("noise drives it", noise.span) }
    if let event = ode.events.first {
      throw refusal(
        "it has the event `\(event.name)`", event.span,
        ["export the equations without it, and let the program around them make the jumps"])
    }
    if let equation = ode.implicit.first {
      throw refusal(
        "an equation is not solved for its derivative", equation.span,
        ["write it as x' = …, where that can be done"])
    }
    for weight in ode.weights.compactMap({ program.weights[$0] }) {
      if let group = weight.group {
        throw refusal(
          "`\(weight.path)` has a value for each \(group.name)", weight.span,
          ["declare it without `per`, and set the value of one"])
      }
    }
  }

  private func function(
    _ lowered: LoweredProgram, _ inputs: [CSystem.Entry], _ places: [WeightID: Int],
    _ ode: OdeInstance
  ) throws -> CSystem.Function {
    var bindings: [CSystem.Binding] = []
    if lowered.declaredCount > 0 {
      bindings = [.time, .state]
      var start = 0
      for input in inputs {
        bindings.append(.inputs(start))
        start += input.count
      }
    }
    let types = lowered.region.parameterTypes.dropFirst(lowered.declaredCount)
    for (input, type) in zip(lowered.inputs, types) {
      switch input {
      case .weight(let id):
        if let place = places[id] {
          bindings.append(.parameters(place))
          continue
        }
      case .session: break
      case .randomKey, .member:
        throw SessionFailure(
          .notSupportedYet, "`\(ode.name)` can't be exported as C: it draws random numbers",
          at: ode.span)
      case .window, .windowEnd, .windowStates:
        throw SessionFailure(
          .internalInconsistency, "`\(ode.name)` reads a window of data", at: ode.span)
      }
      bindings.append(.constant(try bind(input, type).numbers))
    }
    do {
      return CSystem.Function(try Pipeline.evaluation.run(lowered.region), bindings)
    } catch {
      throw told(error, lowered.origins, at: ode.span)
    }
  }

  private static func words(_ what: CExportError.What) -> String {
    switch what {
    case .random: "its equations draw random numbers"
    case .solution: "there is a solve inside of its equations"
    case .linearEquations: "its equations solve linear equations"
    case .countedLoop: "its equations hold a loop of unknown length"
    case .form(let name): "its equations hold `\(name)`"
    case .method(let name): "the method \(name) has no place there"
    }
  }
}
