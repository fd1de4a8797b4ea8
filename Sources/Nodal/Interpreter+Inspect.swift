import NodalBasics
import NodalChecking
import NodalSession

/// A declared name.
public struct Declaration: Sendable, Hashable {
  /// The name.
  public let name: String
  /// The word that declares it: `ode`, `const`, `let`.
  public let kind: String
  /// Its type as text, where it has one by itself.
  public let type: String?
  /// The text of its `///` comments.
  public let documentation: String?

  /// One JSON object without line break: `name`, `kind`, `type` and `documentation`, null where there is none.
  public var json: String {
    func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    return JSONValue.object([
      .init("name", .string(name)), .init("kind", .string(kind)), .init("type", text(type)),
      .init("documentation", text(documentation)),
    ]).text
  }

  init(_ declared: DeclaredName) {
    name = declared.name
    kind = declared.kind
    type = declared.type
    documentation = declared.documentation
  }
}

extension Interpreter {
  /// What the programs so far have declared, in order; imported names are not listed.
  public var declarations: [Declaration] { session.environment.inventory.map { Declaration($0) } }

  /// A declared name, from the programs, their imports or the prelude.
  public func declaration(of name: String) -> Declaration? {
    session.environment.declared(name).map { Declaration($0) }
  }

  /// All names that a program may use: declared, imported, the prelude's.
  public var visibleNames: [String] { session.environment.visibleNames }
}
