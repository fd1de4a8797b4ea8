import Foundation
import Nodal

/// What is put into a text: completion, other names, the canonical form.
extension LanguageServer {
  // MARK: Completion

  func completion(_ parameters: DocumentPositionParameters) -> CompletionResult {
    guard let document = documents[parameters.textDocument.uri] else {
      return CompletionResult(items: [])
    }
    let offset = document.lines.offset(of: parameters.position, encoding)
    let list = interpreter(for: document).completions(
      in: document.text, at: offset, isEntry: false, path: document.path)
    let range = document.lines.range(of: list.range, encoding)
    // What lies far from the place was not looked at for this answer; but it was for the diagnostics.
    var types: [String: String] = [:]
    for mention in (document.analysis ?? document.lastKnown)?.mentions ?? []
    where mention.isDefinition {
      types[mention.name] = mention.detail
    }
    let items = list.candidates.prefix(1_000).enumerated().map { index, candidate in
      let order = String(index)
      let isUnknown =
        candidate.detail.isEmpty && (candidate.kind == .value || candidate.kind == .data)
      let detail = isUnknown ? types[candidate.text] ?? "" : candidate.detail
      return CompletionItem(
        label: candidate.text, kind: candidate.kind.itemKind,
        detail: detail.isEmpty ? nil : detail,
        documentation: candidate.documentation.map { MarkupContent(value: $0) },
        sortText: String(repeating: "0", count: max(0, 4 - order.count)) + order,
        // A symbol is found by its name, which stands in the text.
        filterText: candidate.kind == .symbol ? candidate.detail : candidate.text,
        textEdit: TextEdit(range: range, newText: candidate.text))
    }
    return CompletionResult(items: items)
  }

  // MARK: Rename

  func prepareRename(
    _ parameters: DocumentPositionParameters
  ) throws(ResponseError) -> PrepareRenameResult {
    let (document, mention) = try renamed(parameters)
    return PrepareRenameResult(
      range: document.lines.range(of: mention.range, encoding),
      placeholder: String(mention.name.prefix { $0 != "'" }))
  }

  /// What may be given another name: what this text declares.
  private func renamed(
    _ parameters: DocumentPositionParameters
  ) throws(ResponseError) -> (Document, Mention) {
    guard let (document, mention) = mention(at: parameters) else {
      throw ResponseError(.requestFailed, "there is no name here that could be changed")
    }
    guard let definition = mention.definition else {
      throw ResponseError(
        .requestFailed,
        "`\(mention.name)` belongs to the language, its library or to data, and keeps its name")
    }
    if let path = definition.path {
      throw ResponseError(
        .requestFailed, "`\(mention.name)` is declared in \(path): change its name there")
    }
    return (document, mention)
  }

  func rename(_ parameters: RenameParameters) throws(ResponseError) -> WorkspaceEdit {
    let (document, mention) = try renamed(
      DocumentPositionParameters(
        textDocument: parameters.textDocument, position: parameters.position))
    let name = parameters.newName
    guard Program.isName(name) else {
      throw ResponseError(
        .requestFailed,
        "`\(name)` can't be a name: it is a word of the language, or holds what no name may")
    }
    let before = analysis(of: document)
    let places = before.mentions(ofSameAs: mention).map(\.range)
    var bytes = Array(document.text.utf8)
    for range in places.reversed() { bytes.replaceSubrange(range, with: Array(name.utf8)) }
    // The proof of it: the text means what it did. A name that clashes, hides another, or stands where it was not seen
    // makes a mistake more, or other names of the same thing.
    let text = String(decoding: bytes, as: UTF8.self)
    let after = interpreter(for: document).analyse(text, path: document.path)
    let errors = before.diagnostics.count { $0.isError }
    if let clash = after.diagnostics.first(where: \.isError),
      after.diagnostics.count(where: { $0.isError }) > errors
    {
      throw ResponseError(
        .requestFailed, "with the name `\(name)` the program is wrong: \(clash.message)")
    }
    guard Self.structure(of: before) == Self.structure(of: after) else {
      throw ResponseError(
        .requestFailed, "`\(name)` is the name of something else that is seen from here")
    }
    let edits = places.map {
      TextEdit(range: document.lines.range(of: $0, encoding), newText: name)
    }
    return WorkspaceEdit(changes: [document.uri: edits])
  }

  /// Which names of a text mean the same, by their place in the order of all names.
  private static func structure(of analysis: Analysis) -> [Int] {
    var places: [Int: Int] = [:]
    for (index, mention) in analysis.mentions.enumerated() where mention.isDefinition {
      places[mention.range.lowerBound] = index
    }
    return analysis.mentions.map { mention in
      guard let definition = mention.definition, definition.path == nil else { return -1 }
      return places[definition.range.lowerBound] ?? -2
    }
  }

  // MARK: Formatting

  /// No edits where there is nothing to change, or where the text can't be read: the diagnostics say so already.
  func formatting(_ parameters: DocumentParameters) -> [TextEdit] {
    guard let document = documents[parameters.textDocument.uri],
      let formatted = try? document.program.formatted(), formatted != document.text
    else { return [] }
    return [
      TextEdit(
        range: document.lines.range(of: 0..<document.lines.end, encoding), newText: formatted)
    ]
  }
}

extension Completion.Kind {
  /// The protocol's number for what is offered.
  fileprivate var itemKind: Int {
    switch self {
    case .value, .parameter, .data: 6  // variable
    case .constant: 21
    case .function, .layer, .distribution: 3
    case .ode: 7  // class
    case .loss: 3
    case .solver: 4  // constructor
    case .field, .column: 5
    case .argument, .option: 10  // property
    case .word: 12  // value
    case .keyword: 14
    case .unit: 11
    case .file: 17
    case .folder: 19
    case .module: 9
    case .symbol: 1  // text
    }
  }
}
