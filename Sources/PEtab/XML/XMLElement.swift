package import NodalDiagnostics

/// An element of an XML document, with what it holds. Namespaces are told apart by prefix alone, which is dropped: SBML and MathML
/// share no names that mean different things in one place.
package struct XMLElement: Sendable {
  /// Without its prefix: `apply` of `<math:apply>`.
  package let name: String
  package let prefix: String
  /// By local name; those that declare namespaces are kept as they are, `xmlns:fbc`.
  package let attributes: [String: String]
  package internal(set) var children: [XMLElement] = []
  /// The text between its tags, without that of its children.
  package internal(set) var text = ""
  /// Its first tag.
  package let span: Span

  package func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

  /// The children of a list in it: `items("listOfSpecies", "species")`.
  package func items(_ list: String, _ item: String) -> [XMLElement] {
    child(list)?.children.filter { $0.name == item } ?? []
  }
}
