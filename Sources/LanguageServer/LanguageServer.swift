package import Foundation
package import Nodal
import NodalBasics
import Synchronization

/// The Language Server Protocol over messages: what comes in, and what is answered. It neither reads nor writes itself.
///
/// Messages are dealt with in order. Texts that have changed are looked at when no further message is waiting (`rest`), so
/// fast typing costs one look, not one for each letter. All that it knows of programs it asks `Nodal`.
package final class LanguageServer {
  /// How a session ended; what the process is to exit with.
  package enum End: Int32, Sendable {
    case orderly = 0
    /// `exit` came without `shutdown`, or the editor is gone.
    case abrupt = 1
  }

  enum Phase { case fresh, running, shutDown }

  private let configuration: (String) -> Configuration
  private let version: String
  private var phase = Phase.fresh
  var encoding = PositionEncoding.utf16
  var documents: [String: Document] = [:]
  /// Texts that have changed since they were looked at, in the order in which they did.
  private var changed: [String] = []
  private var cancelled: Set<RequestID> = []
  private var interpreters: [String: Interpreter] = [:]
  /// Open texts by their paths: an import reads what the editor shows.
  private let overlay = Overlay()
  private var output: [Data] = []
  package private(set) var end: End?

  /// - Parameter configuration: with what the texts in a folder are looked at.
  package init(version: String, configuration: @escaping (_ folder: String) -> Configuration) {
    self.configuration = configuration
    self.version = version
  }

  // MARK: Messages

  /// Takes messages that have come together, and gives the answers to them, without headers.
  package func receive(_ items: [MessageReader.Item]) -> [Data] {
    output = []
    noteCancellations(items)
    for item in items where end == nil {
      switch item {
      case .badHeader(let what): refuse(.null, ResponseError(.parseError, what))
      case .message(let content): receive(content)
      }
    }
    cancelled = []
    if end == nil { rest() }
    defer { output = [] }
    return output
  }

  /// A request that is called off before its turn has come is not worked on.
  private func noteCancellations(_ items: [MessageReader.Item]) {
    guard items.count > 1 else { return }
    for case .message(let content) in items {
      guard let envelope = try? JSONDecoder().decode(Envelope.self, from: content),
        envelope.method == "$/cancelRequest",
        let wanted = try? JSONDecoder().decode(
          WithParameters<CancelParameters>.self, from: content)
      else { continue }
      cancelled.insert(wanted.params.id)
    }
  }

  private func receive(_ content: Data) {
    let envelope: Envelope
    do {
      envelope = try JSONDecoder().decode(Envelope.self, from: content)
    } catch {
      let isJSON =
        (try? JSONSerialization.jsonObject(with: content, options: .fragmentsAllowed)) != nil
      return refuse(
        .null,
        isJSON
          ? ResponseError(.invalidRequest, "this is no request, and no notification")
          : ResponseError(.parseError, "this is no JSON"))
    }
    guard let method = envelope.method else {
      // An answer to a question that was never asked, or nothing at all.
      if envelope.id == nil {
        refuse(.null, ResponseError(.invalidRequest, "a message without `method`"))
      }
      return
    }
    guard let id = envelope.id else { return notified(method, content) }
    if cancelled.contains(id) {
      return refuse(id, ResponseError(.requestCancelled, "called off"))
    }
    do throws(ResponseError) {
      try requested(method, id, content)
    } catch {
      refuse(id, error)
    }
  }

  private func requested(
    _ method: String, _ id: RequestID, _ content: Data
  ) throws(ResponseError) {
    switch (phase, method) {
    case (.fresh, "initialize"): return answer(id, try initialize(content))
    case (.fresh, _): throw ResponseError(.notInitialized, "`initialize` comes first")
    case (.running, "initialize"):
      throw ResponseError(.invalidRequest, "`initialize` comes once")
    case (.shutDown, _): throw ResponseError(.invalidRequest, "the server has shut down")
    case (.running, _): break
    }
    switch method {
    case "shutdown":
      phase = .shutDown
      answer(id, Nothing())
    case "textDocument/hover": answer(id, hover(try parameters(content)))
    case "textDocument/definition": answer(id, definition(try parameters(content)))
    case "textDocument/references": answer(id, references(try parameters(content)))
    case "textDocument/completion": answer(id, completion(try parameters(content)))
    case "textDocument/prepareRename": answer(id, try prepareRename(try parameters(content)))
    case "textDocument/rename": answer(id, try rename(try parameters(content)))
    case "textDocument/formatting": answer(id, formatting(try parameters(content)))
    case "textDocument/documentSymbol": answer(id, documentSymbols(try parameters(content)))
    default: throw ResponseError(.methodNotFound, "there is no method `\(method)`")
    }
  }

  private func notified(_ method: String, _ content: Data) {
    if method == "exit" {
      end = phase == .shutDown ? .orderly : .abrupt
      return
    }
    guard phase == .running else { return }
    // A notification has no answer, so one that can't be read is passed over.
    switch method {
    case "textDocument/didOpen":
      guard let opened: DidOpenParameters = try? parameters(content) else { return }
      open(opened.textDocument)
    case "textDocument/didChange":
      guard let change: DidChangeParameters = try? parameters(content) else { return }
      let uri = change.textDocument.uri
      documents[uri]?.apply(
        change.contentChanges, version: change.textDocument.version, encoding)
      noteChange(uri)
    case "textDocument/didSave":
      guard let saved: DocumentParameters = try? parameters(content) else { return }
      // Data beside it may have changed since.
      documents[saved.textDocument.uri]?.analysis = nil
      noteChange(saved.textDocument.uri)
    case "textDocument/didClose":
      guard let closed: DocumentParameters = try? parameters(content) else { return }
      close(closed.textDocument.uri)
    default: break
    }
  }

  private func parameters<P: Decodable>(_ content: Data) throws(ResponseError) -> P {
    do {
      return try JSONDecoder().decode(WithParameters<P>.self, from: content).params
    } catch {
      throw ResponseError(.invalidParameters, "the parameters of this method can't be read")
    }
  }

  private func initialize(_ content: Data) throws(ResponseError) -> InitializeResult {
    let wanted: InitializeParameters = try parameters(content)
    let offered = wanted.capabilities?.general?.positionEncodings ?? []
    if offered.contains(PositionEncoding.utf8.rawValue) { encoding = .utf8 }
    phase = .running
    return InitializeResult(
      capabilities: .init(positionEncoding: encoding.rawValue),
      serverInfo: .init(version: version))
  }

  // MARK: Documents

  private func open(_ item: DidOpenParameters.Item) {
    let path = DocumentAddress.path(of: item.uri)
    documents[item.uri] = Document(
      uri: item.uri, path: path, text: item.text, version: item.version)
    noteChange(item.uri)
  }

  private func close(_ uri: String) {
    guard let document = documents.removeValue(forKey: uri) else { return }
    overlay.set(document.path, nil)
    changed.removeAll { $0 == uri }
    publish([], of: document)
    noteImporters(except: uri)
  }

  private func noteChange(_ uri: String) {
    guard let document = documents[uri] else { return }
    overlay.set(document.path, document.text)
    if !changed.contains(uri) { changed.append(uri) }
    noteImporters(except: uri)
  }

  /// Texts that import files may import this one.
  private func noteImporters(except uri: String) {
    for other in documents.keys.sorted() where other != uri && documents[other]?.readsFiles == true
    {
      documents[other]?.analysis = nil
      if !changed.contains(other) { changed.append(other) }
    }
  }

  /// Looks at what has changed, and tells what is wrong with it.
  private func rest() {
    for uri in changed {
      guard let document = documents[uri] else { continue }
      publish(analysis(of: document).diagnostics, of: document)
    }
    changed = []
  }

  func analysis(of document: Document) -> Analysis {
    if let known = documents[document.uri]?.analysis { return known }
    let made = interpreter(for: document).analyse(document.text, path: document.path)
    documents[document.uri]?.analysis = made
    return made
  }

  /// One for each folder, as that is where paths in a text start from.
  func interpreter(for document: Document) -> Interpreter {
    let folder = Path.directory(document.path)
    if let known = interpreters[folder] { return known }
    var own = configuration(folder)
    own.backend = .reference
    own.host.files = overlay.over(own.host.files)
    let made = Interpreter(own)
    made.prepareForTexts()
    interpreters[folder] = made
    return made
  }

  // MARK: Answers

  private func publish(_ diagnostics: [Diagnostic], of document: Document) {
    send(
      Notification(
        method: "textDocument/publishDiagnostics",
        params: PublishDiagnosticsParameters(
          uri: document.uri, version: document.version,
          diagnostics: diagnostics.map { item($0, in: document) })))
  }

  private func answer(_ id: RequestID, _ result: some Encodable) {
    send(Response(id: id, result: result))
  }

  private func refuse(_ id: RequestID, _ error: ResponseError) {
    send(ErrorResponse(id: id, error: error))
  }

  private func send(_ message: some Encodable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // What is written is made of texts and whole numbers: there is nothing in it that JSON lacks.
    if let data = try? encoder.encode(message) { output.append(data) }
  }
}

/// What the editor shows of files goes before what is on the disk.
private final class Overlay: Sendable {
  private let texts = Mutex<[String: String]>([:])

  func set(_ path: String, _ text: String?) { texts.withLock { $0[path] = text } }

  func over(_ files: HostFiles) -> HostFiles {
    var result = files
    let (read, kind) = (files.read, files.kind)
    result.read = { [self] (path) throws(HostError) in
      if let text = texts.withLock({ $0[path] }) { return Array(text.utf8) }
      return try read(path)
    }
    result.kind = { [self] path in
      kind(path) ?? (texts.withLock { $0[path] } == nil ? nil : .file)
    }
    return result
  }
}
