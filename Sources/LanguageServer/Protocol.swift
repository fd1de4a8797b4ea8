/// The structures of the Language Server Protocol (3.17) that the server reads and writes, by their names there.

struct Position: Codable, Hashable {
  var line: Int
  var character: Int
}

struct TextRange: Codable, Hashable {
  var start: Position
  var end: Position
}

struct Location: Codable, Hashable {
  var uri: String
  var range: TextRange
}

struct TextDocumentIdentifier: Codable { var uri: String }

struct VersionedTextDocumentIdentifier: Codable {
  var uri: String
  var version: Int?
}

// MARK: Life

struct InitializeParameters: Decodable {
  struct General: Decodable { var positionEncodings: [String]? }
  struct Capabilities: Decodable { var general: General? }
  var capabilities: Capabilities?
}

struct InitializeResult: Encodable {
  struct CompletionOptions: Encodable { var triggerCharacters = [".", "<", "\"", "/", "\\", "("] }
  struct RenameOptions: Encodable { var prepareProvider = true }
  struct SyncOptions: Encodable {
    var openClose = true
    /// Incremental.
    var change = 2
    var save = true
  }
  struct Capabilities: Encodable {
    var positionEncoding: String
    var textDocumentSync = SyncOptions()
    var hoverProvider = true
    var definitionProvider = true
    var referencesProvider = true
    var documentSymbolProvider = true
    var documentFormattingProvider = true
    var completionProvider = CompletionOptions()
    var renameProvider = RenameOptions()
  }
  struct Information: Encodable {
    var name = "nodal"
    var version: String
  }
  var capabilities: Capabilities
  var serverInfo: Information
}

// MARK: Documents

struct DidOpenParameters: Decodable {
  struct Item: Decodable {
    var uri: String
    var version: Int?
    var text: String
  }
  var textDocument: Item
}

struct DidChangeParameters: Decodable {
  struct Change: Decodable {
    /// Nil: the text is the whole.
    var range: TextRange?
    var text: String
  }
  var textDocument: VersionedTextDocumentIdentifier
  var contentChanges: [Change]
}

struct DocumentParameters: Decodable { var textDocument: TextDocumentIdentifier }

struct DocumentPositionParameters: Decodable {
  var textDocument: TextDocumentIdentifier
  var position: Position
}

struct PublishDiagnosticsParameters: Encodable {
  var uri: String
  var version: Int?
  var diagnostics: [DiagnosticItem]
}

struct DiagnosticItem: Encodable {
  struct Related: Encodable {
    var location: Location
    var message: String
  }
  var range: TextRange
  /// 1 an error, 2 a warning, 3 something to know.
  var severity: Int
  var code: String
  var source = "nodal"
  var message: String
  var relatedInformation: [Related]?
}

// MARK: Answers

struct MarkupContent: Encodable {
  var kind = "markdown"
  var value: String
}

struct HoverResult: Encodable {
  var contents: MarkupContent
  var range: TextRange
}

struct TextEdit: Encodable {
  var range: TextRange
  var newText: String
}

struct CompletionItem: Encodable {
  var label: String
  var kind: Int
  var detail: String?
  var documentation: MarkupContent?
  var sortText: String
  var filterText: String
  var textEdit: TextEdit
}

struct CompletionResult: Encodable {
  var isIncomplete = false
  var items: [CompletionItem]
}

struct ReferenceParameters: Decodable {
  struct Context: Decodable { var includeDeclaration: Bool? }
  var textDocument: TextDocumentIdentifier
  var position: Position
  var context: Context?
}

struct RenameParameters: Decodable {
  var textDocument: TextDocumentIdentifier
  var position: Position
  var newName: String
}

struct PrepareRenameResult: Encodable {
  var range: TextRange
  var placeholder: String
}

struct WorkspaceEdit: Encodable { var changes: [String: [TextEdit]] }

struct DocumentSymbol: Encodable {
  var name: String
  var detail: String?
  var kind: Int
  var range: TextRange
  var selectionRange: TextRange
  var children: [DocumentSymbol]
}

struct CancelParameters: Decodable { var id: RequestID }
