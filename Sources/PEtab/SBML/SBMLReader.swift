package import NodalDiagnostics

/// Reads the core of SBML, levels 2 and 3.
package struct SBMLReader {
  /// Formulas larger than this, once functions are put in, are refused: definitions that call each other twice double at each.
  static let largestFormula = 200_000

  var model: SBMLModel
  var functions: [String: (parameters: [String], body: Formula)] = [:]
  private var known: [String: Span] = [:]
  /// Stoichiometries that formulas read by name.
  var stoichiometries: [String: Formula] = [:]

  package static func read(_ source: SourceFile) throws(ImportFailure) -> SBMLModel {
    let root = try XMLReader.read(source, leavingOut: ["notes", "annotation"])
    guard root.name == "sbml" else {
      throw ImportFailure(.sbml(.notSBML(root: root.name)), at: root.span)
    }
    let level = Int(root.attributes["level"] ?? "") ?? 0
    guard level == 2 || level == 3 else {
      throw ImportFailure(.unsupported(.level(level)), at: root.span)
    }
    try refusePackages(root)
    guard let element = root.child("model") else {
      throw ImportFailure(.sbml(.noModel), at: root.span)
    }
    var reader = SBMLReader(
      model: SBMLModel(id: element.attributes["id"] ?? element.attributes["name"] ?? "model"))
    if let factor = element.attributes["conversionFactor"] {
      throw ImportFailure(.unsupported(.conversionFactor(factor)), at: element.span)
    }
    try reader.read(element)
    return reader.model
  }

  private init(model: SBMLModel) { self.model = model }

  /// Packages that change what a model means say so.
  private static func refusePackages(_ root: XMLElement) throws(ImportFailure) {
    guard root.attributes["required"] == "true" else { return }
    let names = root.attributes.keys.filter { $0.hasPrefix("xmlns:") }.map { $0.dropFirst(6) }
    throw ImportFailure(
      .unsupported(.package(names.sorted().joined(separator: ", "))), at: root.span)
  }

  private mutating func read(_ element: XMLElement) throws(ImportFailure) {
    for item in element.items("listOfFunctionDefinitions", "functionDefinition") {
      let id = try newID(item)
      functions[id] = try MathMLReader.lambda(try Self.math(item))
    }
    for item in element.items("listOfCompartments", "compartment") {
      model.compartments.append(
        .init(id: try newID(item), size: try Self.number(item, "size"), span: item.span))
    }
    for item in element.items("listOfSpecies", "species") { try readSpecies(item) }
    for item in element.items("listOfParameters", "parameter") {
      model.parameters.append(
        .init(id: try newID(item), value: try Self.number(item, "value"), span: item.span))
    }
    for item in element.items("listOfReactions", "reaction") { try readReaction(item) }
    for item in element.items("listOfInitialAssignments", "initialAssignment") {
      let symbol = try Self.attribute(item, "symbol")
      model.initialAssignments[symbol] = .init(
        formula: try formula(item, of: symbol), span: item.span)
    }
    for rule in element.child("listOfRules")?.children ?? [] { try readRule(rule) }
    for item in element.items("listOfEvents", "event") { try readEvent(item) }
    try putInFunctions()
  }

  private mutating func readSpecies(_ item: XMLElement) throws(ImportFailure) {
    if let factor = item.attributes["conversionFactor"] {
      throw ImportFailure(.unsupported(.conversionFactor(factor)), at: item.span)
    }
    let initial: SBMLModel.Species.Initial? =
      if let amount = try Self.number(item, "initialAmount") {
        .amount(amount)
      } else {
        try Self.number(item, "initialConcentration").map { .concentration($0) }
      }
    let isConstant = try Self.flag(item, "constant", unless: false)
    let isBoundary = try Self.flag(item, "boundaryCondition", unless: false)
    model.species.append(
      .init(
        id: try newID(item), compartment: try Self.attribute(item, "compartment"), initial: initial,
        isAmount: try Self.flag(item, "hasOnlySubstanceUnits", unless: false),
        isFixed: isConstant || isBoundary, span: item.span))
  }

  private mutating func readReaction(_ item: XMLElement) throws(ImportFailure) {
    let id = try newID(item)
    if try Self.flag(item, "fast", unless: false) {
      throw ImportFailure(.unsupported(.fastReaction(id)), at: item.span)
    }
    var changes: [SBMLModel.Change] = []
    for (list, sign) in [("listOfReactants", -1.0), ("listOfProducts", 1.0)] {
      for reference in item.items(list, "speciesReference") {
        changes.append(try change(reference, sign))
      }
    }
    guard let law = item.child("kineticLaw") else {
      throw ImportFailure(.sbml(.missingMath(element: id)), at: item.span)
    }
    var own: [String: Formula] = [:]
    let lists = [("listOfParameters", "parameter"), ("listOfLocalParameters", "localParameter")]
    for (list, name) in lists {
      for parameter in law.items(list, name) {
        let local = try Self.attribute(parameter, "id")
        let full = unused("\(id)_\(local)")
        known[full] = parameter.span
        model.parameters.append(
          .init(id: full, value: try Self.number(parameter, "value"), span: parameter.span))
        own[local] = .name(full)
      }
    }
    let rate = try MathMLReader.read(try Self.math(law)).replacing(own)
    model.reactions.append(.init(id: id, changes: changes, rate: rate, span: item.span))
  }

  private func unused(_ name: String) -> String {
    var name = name
    while known[name] != nil { name += "_" }
    return name
  }

  private mutating func change(
    _ item: XMLElement, _ sign: Double
  ) throws(ImportFailure) -> SBMLModel.Change {
    let species = try Self.attribute(item, "species")
    var amount: Formula = .number(try Self.number(item, "stoichiometry") ?? 1)
    if let math = item.child("stoichiometryMath")?.child("math") {
      amount = try MathMLReader.read(math)
    }
    if let id = item.attributes["id"] {
      stoichiometries[id] = amount
      known[id] = item.span
    }
    let signed: Formula =
      if case .number(let x) = amount { .number(sign * x) } else {
        sign < 0 ? .negative(amount) : amount
      }
    return .init(species: species, amount: signed, span: item.span)
  }

  private mutating func readRule(_ rule: XMLElement) throws(ImportFailure) {
    switch rule.name {
    case "algebraicRule": throw ImportFailure(.unsupported(.algebraicRule), at: rule.span)
    case "assignmentRule", "rateRule":
      let variable = try Self.attribute(rule, "variable")
      guard model.assignmentRules[variable] == nil, model.rateRules[variable] == nil else {
        throw ImportFailure(.sbml(.twoRules(variable)), at: rule.span)
      }
      let definition = SBMLModel.Definition(
        formula: try formula(rule, of: variable), span: rule.span)
      if rule.name == "rateRule" {
        model.rateRules[variable] = definition
      } else {
        model.assignmentRules[variable] = definition
      }
    case _: break
    }
  }

  private mutating func readEvent(_ item: XMLElement) throws(ImportFailure) {
    let id = item.attributes["id"] ?? unused("event_\(model.events.count + 1)")
    guard known.updateValue(item.span, forKey: id) == nil else {
      throw ImportFailure(.sbml(.duplicateID(id)), at: item.span)
    }
    if let delay = item.child("delay")?.child("math"), try MathMLReader.read(delay) != .zero {
      throw ImportFailure(.unsupported(.eventDelay(id)), at: item.span)
    }
    if let priority = item.child("priority") {
      throw ImportFailure(.unsupported(.eventPriority(id)), at: priority.span)
    }
    guard let trigger = item.child("trigger") else {
      throw ImportFailure(.sbml(.missingMath(element: id)), at: item.span)
    }
    var assignments: [(variable: String, definition: SBMLModel.Definition)] = []
    for assignment in item.items("listOfEventAssignments", "eventAssignment") {
      let variable = try Self.attribute(assignment, "variable")
      assignments.append(
        (
          variable,
          .init(formula: try formula(assignment, of: variable), span: assignment.span)
        ))
    }
    model.events.append(
      .init(
        id: id, trigger: try MathMLReader.read(try Self.math(trigger)),
        initiallyTrue: try Self.flag(trigger, "initialValue", unless: true),
        assignments: assignments, span: item.span))
  }

  private func formula(_ element: XMLElement, of name: String) throws(ImportFailure) -> Formula {
    guard element.child("math") != nil else {
      throw ImportFailure(.sbml(.missingMath(element: name)), at: element.span)
    }
    return try MathMLReader.read(try Self.math(element))
  }

  // MARK: Attributes

  private mutating func newID(_ element: XMLElement) throws(ImportFailure) -> String {
    let id = try Self.attribute(element, "id")
    if known.updateValue(element.span, forKey: id) != nil {
      throw ImportFailure(.sbml(.duplicateID(id)), at: element.span)
    }
    return id
  }

  private static func attribute(
    _ element: XMLElement, _ name: String
  ) throws(ImportFailure) -> String {
    guard let value = element.attributes[name] else {
      throw ImportFailure(
        .sbml(.missingAttribute(name, element: element.name)), at: element.span)
    }
    guard SBMLName.isOne(value) else {
      throw ImportFailure(.sbml(.unknownWord(value, attribute: name)), at: element.span)
    }
    return value
  }

  private static func number(
    _ element: XMLElement, _ name: String
  ) throws(ImportFailure) -> Double? {
    guard let text = element.attributes[name] else { return nil }
    let bare = text.filter { !$0.isWhitespace }
    if ["NaN", "nan"].contains(bare) { return nil }
    if bare == "INF" { return .infinity }
    if bare == "-INF" { return -.infinity }
    guard let value = Double(bare), value.isFinite else {
      throw ImportFailure(.badNumber(text), at: element.span)
    }
    return value
  }

  private static func flag(
    _ element: XMLElement, _ name: String, unless standard: Bool
  ) throws(ImportFailure) -> Bool {
    switch element.attributes[name] {
    case nil: return standard
    case "true", "1": return true
    case "false", "0": return false
    case let text?:
      throw ImportFailure(.sbml(.unknownWord(text, attribute: name)), at: element.span)
    }
  }

  private static func math(_ element: XMLElement) throws(ImportFailure) -> XMLElement {
    guard let math = element.child("math") else {
      throw ImportFailure(
        .sbml(.missingMath(element: element.attributes["id"] ?? element.name)), at: element.span)
    }
    return math
  }
}

/// Names of SBML and PEtab: a letter or `_`, then letters, digits and `_`.
enum SBMLName {
  static func isOne(_ text: String) -> Bool {
    guard let first = text.utf8.first, !isDigit(first), text.utf8.count <= 256 else { return false }
    return text.utf8.allSatisfy { isDigit($0) || isLetter($0) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
      || byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") || byte == UInt8(ascii: "_")
  }
}
