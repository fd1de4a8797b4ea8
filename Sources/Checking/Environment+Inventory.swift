import NodalTypes

/// What a user declared, for lists and help.
package struct DeclaredName: Sendable {
  package var name: String
  /// The word that declares it: `ode`, `const`, `let`.
  package var kind: String
  /// The type as text, where it has one by itself.
  package var type: String?
  package var documentation: String?
}

extension Environment {
  /// The user's names in the order of declaration.
  package var inventory: [DeclaredName] {
    guard let module = userModule.map({ modules[$0] }) else { return [] }
    return module.names.values.sorted { $0.rawValue < $1.rawValue }.compactMap { id in
      let declaration = declarations[id.rawValue]
      // Names that an import brought stand in the module that declares them.
      guard declaration.module == userModule else { return nil }
      return DeclaredName(
        name: declaration.name, kind: declaration.kind.keyword,
        type: typeText(of: declaration.name),
        documentation: declaration.documentation)
    }
  }

  /// A name that can be seen from the user's text, imported ones and the prelude's too.
  package func declared(_ name: String) -> DeclaredName? {
    let places = [userModule, modules.isEmpty ? nil : 0].compactMap { $0 }
    guard let id = places.compactMap({ modules[$0].names[name] }).first else { return nil }
    let declaration = declarations[id.rawValue]
    return DeclaredName(
      name: name, kind: declaration.kind.keyword, type: typeText(of: name),
      documentation: declaration.documentation)
  }

  /// All names that can be seen from the user's text, for completion.
  package var visibleNames: [String] {
    let places = [userModule, modules.isEmpty ? nil : 0].compactMap { $0 }
    return Set(places.flatMap { modules[$0].names.keys }).sorted()
  }
}

extension Declaration.Kind {
  fileprivate var keyword: String {
    switch self {
    case .const: "const"
    case .param: "param"
    case .function: "fn"
    case .layer: "layer"
    case .ode: "ode"
    case .solver: "solver"
    case .data: "data"
    case .loss: "loss"
    case .value: "let"
    }
  }
}
