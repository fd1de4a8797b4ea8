package import NodalChecking

/// Something that may stand at a place in a text.
package struct CompletionItem: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case value, constant, parameter, function, layer, ode, loss, data, solver, distribution
    case field, argument, option
    /// A word that has a meaning only where it stands.
    case word
    case keyword, unit, column, file, folder, module
    /// A character for its LaTeX name.
    case symbol
  }

  package var text: String
  package var kind: Kind
  /// The type, how it is called, or what it is, in a few words; may be empty.
  package var detail: String
  package var documentation: String?

  init(_ text: String, _ kind: Kind, _ detail: String = "", documentation: String? = nil) {
    self.text = text
    self.kind = kind
    self.detail = detail
    self.documentation = documentation
  }

  init(_ candidate: Inquiry.Candidate) {
    text = candidate.name
    detail = candidate.detail
    documentation = candidate.documentation
    kind = Kind(candidate.kind)
  }
}

extension CompletionItem.Kind {
  package init(_ kind: Inquiry.Kind) {
    self =
      switch kind {
      case .value: .value
      case .constant: .constant
      case .parameter: .parameter
      case .function: .function
      case .layer: .layer
      case .ode: .ode
      case .loss: .loss
      case .data: .data
      case .solver: .solver
      case .distribution: .distribution
      case .field: .field
      case .label: .word
      }
  }
}

/// What may stand at a place.
package struct CompletionAnswer: Sendable {
  /// What the candidates replace: UTF-8 offsets.
  package var range: Range<Int>
  /// The likeliest first.
  package var items: [CompletionItem]
}
