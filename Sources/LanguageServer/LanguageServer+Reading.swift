import Foundation
import Nodal

/// What is asked about a place in a text.
extension LanguageServer {
  /// Nil for a text that is not open.
  private func asked(
    _ uri: String, _ position: Position
  ) -> (document: Document, offset: Int)? {
    documents[uri].map { ($0, $0.lines.offset(of: position, encoding)) }
  }

  func mention(
    at parameters: DocumentPositionParameters
  ) -> (document: Document, mention: Mention)? {
    guard let (document, offset) = asked(parameters.textDocument.uri, parameters.position),
      let mention = analysis(of: document).mention(at: offset)
    else { return nil }
    return (document, mention)
  }

  // MARK: Hover

  func hover(_ parameters: DocumentPositionParameters) -> HoverResult? {
    guard let (document, mention) = mention(at: parameters) else { return nil }
    var text = "```node\n\(mention.title)\n```\n\(mention.kind.inWords)"
    if let definition = mention.definition, !mention.isDefinition {
      text +=
        definition.path.map { ", declared in `\($0)`" }
        ?? ", declared in line \(definition.place.line)"
    }
    if let documentation = mention.documentation { text += "\n\n\(documentation)" }
    return HoverResult(
      contents: MarkupContent(value: text), range: document.lines.range(of: mention.range, encoding)
    )
  }

  // MARK: Where it is declared and read

  func definition(_ parameters: DocumentPositionParameters) -> Location? {
    guard let (document, mention) = mention(at: parameters) else { return nil }
    return mention.definition.flatMap { location(of: $0, in: document) }
  }

  func references(_ parameters: ReferenceParameters) -> [Location] {
    let place = DocumentPositionParameters(
      textDocument: parameters.textDocument, position: parameters.position)
    guard let (document, mention) = mention(at: place) else { return [] }
    let withDeclaration = parameters.context?.includeDeclaration ?? true
    return analysis(of: document).mentions(ofSameAs: mention)
      .filter { withDeclaration || !$0.isDefinition }
      .map { Location(uri: document.uri, range: document.lines.range(of: $0.range, encoding)) }
  }

  private func location(of definition: Mention.Definition, in document: Document) -> Location? {
    guard let path = definition.path else {
      return Location(
        uri: document.uri, range: document.lines.range(of: definition.range, encoding))
    }
    guard let text = text(ofFile: path) else { return nil }
    return Location(
      uri: uri(ofFile: path), range: LineIndex(text).range(of: definition.range, encoding))
  }

  private func uri(ofFile path: String) -> String {
    documents.values.first { $0.path == path }?.uri ?? DocumentAddress.uri(ofPath: path)
  }

  /// As the editor shows it, or as it is on the disk; nil where it is neither.
  private func text(ofFile path: String) -> String? {
    documents.values.first { $0.path == path }?.text ?? (try? Program(contentsOf: path).text)
  }

  // MARK: Diagnostics

  func item(_ diagnostic: Diagnostic, in document: Document) -> DiagnosticItem {
    let start = Position(line: 0, character: 0)
    var range = TextRange(start: start, end: start)
    var message = diagnostic.message
    if let place = diagnostic.place {
      if place.file == document.path {
        range = document.lines.range(of: place.range, encoding)
      } else {
        message += " (\(place.file):\(place.line))"
      }
      if !place.label.isEmpty { message += "\n\(place.label)" }
    }
    for line in diagnostic.help { message += "\nhelp: \(line)" }
    message += "\n`nodal explain-error \(diagnostic.code)` tells more"
    let related = diagnostic.related.compactMap { place -> DiagnosticItem.Related? in
      let uri: String
      let range: TextRange
      if place.file == document.path {
        (uri, range) = (document.uri, document.lines.range(of: place.range, encoding))
      } else {
        guard let text = text(ofFile: place.file) else { return nil }
        uri = self.uri(ofFile: place.file)
        range = LineIndex(text).range(of: place.range, encoding)
      }
      return .init(location: Location(uri: uri, range: range), message: place.label)
    }
    let severity =
      switch diagnostic.severity {
      case .error: 1
      case .warning: 2
      case .note: 3
      }
    return DiagnosticItem(
      range: range, severity: severity, code: diagnostic.code, message: message,
      relatedInformation: related.isEmpty ? nil : related)
  }

  // MARK: Outline

  func documentSymbols(_ parameters: DocumentParameters) -> [DocumentSymbol] {
    guard let document = documents[parameters.textDocument.uri] else { return [] }
    func symbol(_ item: OutlineItem) -> DocumentSymbol {
      DocumentSymbol(
        name: item.name, detail: item.word, kind: item.symbolKind,
        range: document.lines.range(of: item.range, encoding),
        selectionRange: document.lines.range(of: item.nameRange, encoding),
        children: item.children.map(symbol))
    }
    return analysis(of: document).outline.map(symbol)
  }
}

extension OutlineItem {
  /// The protocol's number for what is declared.
  fileprivate var symbolKind: Int {
    switch word {
    case "ode", "part": 5  // class
    case "fn", "loss": 12  // function
    case "layer", "learned": 6  // method
    case "const": 14  // constant
    case "state": 8  // field
    case "param": 7  // property
    case "event": 24  // event
    case "data": 18  // array
    case "test", "bench": 2  // module
    case _: 13  // variable
    }
  }
}

extension Mention {
  /// `θ: Real<rad>`, `fn kinetic(m, v)`.
  fileprivate var title: String {
    switch kind {
    case .function, .layer, .distribution: detail.isEmpty ? name : detail
    case .value, .constant, .parameter, .data, .ode, .loss, .solver, .field, .argument, .option,
      .word, .keyword, .unit, .column, .file, .folder, .module, .symbol:
      detail.isEmpty ? name : "\(name): \(detail)"
    }
  }
}

extension Completion.Kind {
  fileprivate var inWords: String {
    switch self {
    case .value: "a value"
    case .constant: "a constant"
    case .parameter: "a parameter, which is learned"
    case .data: "a data set"
    case .function: "a function"
    case .layer: "a layer"
    case .distribution: "a distribution"
    case .ode: "an ode"
    case .loss: "a loss"
    case .solver: "a solver"
    case .field: "a field"
    case .argument, .word: "an argument"
    case .option: "an option"
    case .keyword, .unit, .column, .file, .folder, .module, .symbol: rawValue
    }
  }
}
