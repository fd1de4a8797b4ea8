import Foundation
import TestSupport
import Testing

/// `nodal lsp`, as an editor has it: real sessions over its streams.
@Suite(.enabled(if: Command.path != nil, "the command is not built"), .timeLimit(.minutes(5)))
struct LanguageServerTests {
  static let uri = "file:///project/swing.node"
  static let swing = """
    /// gravity
    const g = 9.81<m/s^2>
    ode swing {
      state θ: Real<rad> = 1.2, θ' = 0
      param L: Real<m> = 2
      θ'' = -g/L*sin(θ)
      output energy = 0.5*θ'^2
    }
    fn double(x) = 2*x
    let s = solve(swing, over: 0..1, every: 0.5, from: {θ: 1})
    print s.θ, s.energy, double(x: 3)
    """

  private func session() throws -> EditorSession {
    let editor = try EditorSession()
    #expect(try editor.open(Self.uri, Self.swing).isEmpty)
    return editor
  }

  private func place(_ range: Any?) -> [Int] {
    guard let range = range as? [String: [String: Int]], let start = range["start"],
      let end = range["end"]
    else { return [] }
    return [start["line"], start["character"], end["line"], end["character"]].compactMap { $0 }
  }

  private func hover(_ editor: EditorSession, _ line: Int, _ character: Int) throws -> String {
    let answer = try editor.request("textDocument/hover", editor.at(Self.uri, line, character))
    let contents = (answer["result"] as? [String: Any])?["contents"] as? [String: Any]
    return contents?["value"] as? String ?? ""
  }

  // MARK: Life

  @Test func beginsAndEnds() throws {
    let editor = try EditorSession(initializes: false)
    let early = try editor.request("textDocument/hover", editor.at(Self.uri, 0, 0))
    #expect((early["error"] as? [String: Any])?["code"] as? Int == -32002)
    let began = try editor.request("initialize", ["capabilities": [:]])
    let capabilities = (began["result"] as? [String: Any])?["capabilities"] as? [String: Any]
    #expect(capabilities?["positionEncoding"] as? String == "utf-16")
    let again = try editor.request("initialize", ["capabilities": [:]])
    #expect((again["error"] as? [String: Any])?["code"] as? Int == -32600)
    #expect(try editor.end() == 0)
  }

  @Test func anEditorThatIsGoneEndsIt() throws {
    #expect(try EditorSession().hangUp() == 1)
    let editor = try EditorSession()
    try editor.notify("exit", [:])
    #expect(try editor.hangUp() == 1)
  }

  // MARK: Diagnostics

  @Test func diagnosticsFollowTheText() throws {
    let editor = try EditorSession()
    let found = try editor.open(Self.uri, "const θθ🙂 = 1\nprint \"🙂\", gian\n")
    let codes = found.compactMap { $0["code"] as? String }
    #expect(codes.contains("E0201"))
    let unknown = found.first { $0["code"] as? String == "E0201" }
    // In units of UTF-16 the face counts two.
    #expect(place(unknown?["range"]) == [1, 12, 1, 16])
    #expect((unknown?["message"] as? String)?.contains("nodal explain-error E0201") == true)
    // Two changes, the second about what the first has left; a change of nothing; the whole text.
    let mended = try editor.change(
      Self.uri,
      [
        ["range": range(0, 0, 0, 14), "text": "const gain = 1"],
        ["range": range(1, 12, 1, 16), "text": "gain"],
      ])
    #expect(mended.isEmpty)
    #expect(try editor.change(Self.uri, []).isEmpty)
    #expect(try editor.change(Self.uri, [["text": "print 1 +"]]).count == 1)
    try editor.notify("textDocument/didClose", ["textDocument": ["uri": Self.uri]])
    #expect(try editor.request("textDocument/hover", editor.at(Self.uri, 0, 0))["result"] is NSNull)
    #expect(editor.diagnostics[Self.uri]?.isEmpty == true)
    #expect(try editor.end() == 0)
  }

  private func range(_ a: Int, _ b: Int, _ c: Int, _ d: Int) -> [String: Any] {
    ["start": ["line": a, "character": b], "end": ["line": c, "character": d]]
  }

  /// What is told is what `nodal check` tells.
  @Test func tellsRelatedPlaces() throws {
    let editor = try EditorSession()
    let found = try editor.open(Self.uri, "const a = 1\nconst a = 2\n")
    let related = found.first?["relatedInformation"] as? [[String: Any]]
    let location = related?.first?["location"] as? [String: Any]
    #expect(place(location?["range"]) == [0, 6, 0, 7])
  }

  @Test func anImportReadsWhatTheEditorShows() throws {
    let folder = try Repository.temporaryFolder()
    let part = folder.appending(path: "part.node")
    try "const depth = 2\n".write(to: part, atomically: true, encoding: .utf8)
    let editor = try EditorSession()
    let main = folder.appending(path: "main.node").absoluteString
    #expect(try editor.open(main, "import \"part.node\"\nprint depth\n").isEmpty)
    let answer = try editor.request("textDocument/definition", editor.at(main, 1, 7))
    let target = answer["result"] as? [String: Any]
    #expect((target?["uri"] as? String)?.hasSuffix("/part.node") == true)
    #expect(place(target?["range"]) == [0, 6, 0, 11])
    // The other text is opened and changed, and this one is looked at again.
    try editor.open(part.absoluteString, "const height = 2\n")
    while editor.diagnostics[main]?.isEmpty != false { _ = try editor.receive() }
    #expect(editor.diagnostics[main]?.first?["code"] as? String == "E0201")
    #expect(try editor.open(Self.uri, "import \"nowhere.node\"\n").isEmpty == false)
    #expect(try editor.end() == 0)
  }

  // MARK: Hover, definition, references

  @Test func hoverTellsTypesAndUnits() throws {
    let editor = try session()
    #expect(try hover(editor, 5, 9).contains("g: Real<m/s^2>"))
    #expect(try hover(editor, 5, 9).contains("gravity"))
    #expect(try hover(editor, 5, 11).contains("L: Real<m>"))
    #expect(try hover(editor, 6, 23).contains("θ': Real<1/s>"))
    #expect(try hover(editor, 9, 4).contains("Solution of `swing`"))
    #expect(try hover(editor, 10, 8).contains("θ: Real[3]"))
    #expect(try hover(editor, 10, 13).contains("energy: Real<1/s^2>[3]"))
    #expect(try hover(editor, 10, 22).contains("double(x)"))
    #expect(try hover(editor, 9, 10).contains("solve"))
    #expect(try hover(editor, 0, 2) == "")
    #expect(try hover(editor, 99, 99) == "")
    #expect(try hover(editor, -5, -5) == "")
    #expect(try editor.end() == 0)
  }

  @Test func definitionsAndReferences() throws {
    let editor = try session()
    func definition(_ line: Int, _ character: Int) throws -> [Int] {
      let answer = try editor.request(
        "textDocument/definition", editor.at(Self.uri, line, character))
      return place((answer["result"] as? [String: Any])?["range"])
    }
    #expect(try definition(5, 9) == [1, 6, 1, 7])
    #expect(try definition(5, 2) == [3, 8, 3, 9])
    #expect(try definition(9, 15) == [2, 4, 2, 9])
    #expect(try definition(10, 8) == [3, 8, 3, 9])
    #expect(try definition(10, 14) == [6, 9, 6, 15])
    #expect(try definition(9, 52) == [3, 8, 3, 9])
    #expect(try definition(10, 28) == [8, 10, 8, 11])
    // What the library brings has no file.
    #expect(try definition(9, 10) == [])
    let answer = try editor.request(
      "textDocument/references",
      editor.at(Self.uri, 3, 8).merging(["context": ["includeDeclaration": true]]) { $1 })
    let lines = (answer["result"] as? [[String: Any]])?.map { place($0["range"])[0] }
    #expect(lines == [3, 3, 5, 5, 6, 9, 10])
    #expect(try editor.end() == 0)
  }

  // MARK: Completion

  @Test func completes() throws {
    let editor = try session()
    try editor.change(
      Self.uri, [["range": range(10, 33, 10, 33), "text": "\nprint s.en"]])
    let answer = try editor.request("textDocument/completion", editor.at(Self.uri, 11, 10))
    let items = (answer["result"] as? [String: Any])?["items"] as? [[String: Any]]
    #expect(items?.compactMap { $0["label"] as? String } == ["energy"])
    #expect(items?.first?["detail"] as? String == "Real<1/s^2>[3]")
    let edit = items?.first?["textEdit"] as? [String: Any]
    #expect(place(edit?["range"]) == [11, 8, 11, 10])
    #expect(try editor.end() == 0)
  }

  // MARK: Rename

  private func rename(
    _ editor: EditorSession, _ line: Int, _ character: Int, _ name: String
  ) throws -> (edits: [[Int]], error: String) {
    let answer = try editor.request(
      "textDocument/rename",
      editor.at(Self.uri, line, character).merging(["newName": name]) { $1 })
    let changes = (answer["result"] as? [String: Any])?["changes"] as? [String: [[String: Any]]]
    let edits = (changes?[Self.uri] ?? []).map { place($0["range"]) }
    return (edits, (answer["error"] as? [String: Any])?["message"] as? String ?? "")
  }

  @Test func renames() throws {
    let editor = try session()
    let prepared = try editor.request("textDocument/prepareRename", editor.at(Self.uri, 5, 2))
    #expect((prepared["result"] as? [String: Any])?["placeholder"] as? String == "θ")
    #expect(
      try rename(editor, 5, 2, "φ").edits == [
        [3, 8, 3, 9], [3, 28, 3, 29], [5, 2, 5, 3], [5, 17, 5, 18], [6, 22, 6, 23], [9, 52, 9, 53],
        [10, 8, 10, 9],
      ])
    // A label goes with the parameter that it names.
    #expect(try rename(editor, 8, 10, "value").edits.count == 3)
    #expect(try rename(editor, 9, 4, "trajectory").edits.count == 3)
    #expect(try rename(editor, 1, 6, "G").edits == [[1, 6, 1, 7], [5, 9, 5, 10]])
    #expect(try editor.end() == 0)
  }

  @Test func refusesNamesThatChangeTheMeaning() throws {
    let editor = try session()
    #expect(try rename(editor, 1, 6, "let").error.contains("word of the language"))
    #expect(try rename(editor, 1, 6, "a b").error.contains("can't be a name"))
    #expect(try rename(editor, 1, 6, "").error.contains("can't be a name"))
    #expect(try rename(editor, 1, 6, "L").error != "")
    #expect(try rename(editor, 1, 6, "swing").error.contains("declared twice"))
    #expect(try rename(editor, 9, 10, "run").error.contains("keeps its name"))
    #expect(try rename(editor, 0, 1, "x").error.contains("no name here"))
    let none = try editor.request("textDocument/prepareRename", editor.at(Self.uri, 9, 10))
    #expect((none["error"] as? [String: Any])?["code"] as? Int == -32803)
    #expect(try editor.end() == 0)
  }

  // MARK: Formatting and outline

  @Test func formatsAndOutlines() throws {
    let editor = try session()
    let uri = "untitled:Untitled-1"
    try editor.open(uri, "let   a=1\nprint   a")
    let answer = try editor.request(
      "textDocument/formatting", ["textDocument": ["uri": uri], "options": ["tabSize": 2]])
    let edits = answer["result"] as? [[String: Any]]
    #expect(edits?.first?["newText"] as? String == "let a = 1\nprint a\n")
    #expect(place(edits?.first?["range"]) == [0, 0, 1, 9])
    try editor.change(uri, [["text": "let a = ("]])
    let broken = try editor.request("textDocument/formatting", ["textDocument": ["uri": uri]])
    #expect((broken["result"] as? [Any])?.isEmpty == true)
    let symbols = try editor.request(
      "textDocument/documentSymbol", ["textDocument": ["uri": Self.uri]])
    let outline = symbols["result"] as? [[String: Any]]
    #expect(outline?.compactMap { $0["name"] as? String } == ["g", "swing", "double", "s"])
    let inner = outline?[1]["children"] as? [[String: Any]]
    #expect(inner?.compactMap { $0["name"] as? String } == ["θ", "θ'", "L", "energy"])
    #expect(try editor.end() == 0)
  }

  // MARK: Anything that comes in

  @Test func malformedMessagesAreAnsweredAndSurvived() throws {
    let editor = try session()
    func stray() throws -> Int? {
      let count = editor.strays.count
      while editor.strays.count == count { _ = try editor.receive() }
      return (editor.strays.last?["error"] as? [String: Any])?["code"] as? Int
    }
    func framed(_ text: String) -> Data {
      Data("Content-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8)
    }
    try editor.send(raw: framed("{\"jsonrpc\": "))
    #expect(try stray() == -32700)
    try editor.send(raw: framed("[1, 2]"))
    #expect(try stray() == -32600)
    try editor.send(raw: framed("{}"))
    #expect(try stray() == -32600)
    try editor.send(raw: framed("{\"method\": 3, \"id\": 1}"))
    #expect(try stray() == -32600)
    try editor.send(raw: Data("Content-Length: minus\r\n\r\n".utf8))
    #expect(try stray() == -32700)
    try editor.send(raw: Data("Nonsense: 1\n\n{}".utf8))
    #expect(try stray() == -32700)
    try editor.send(raw: Data("Content-Length: 99999999999999999999\r\n\r\n".utf8))
    #expect(try stray() == -32700)
    let unknown = try editor.request("textDocument/nothing", [:])
    #expect((unknown["error"] as? [String: Any])?["code"] as? Int == -32601)
    let wrong = try editor.request("textDocument/hover", ["position": "here"])
    #expect((wrong["error"] as? [String: Any])?["code"] as? Int == -32602)
    let closed = try editor.request("textDocument/completion", editor.at("file:///none.node", 0, 0))
    #expect((closed["result"] as? [String: Any])?["items"] as? [Any] != nil)
    // Notifications have no answers, whatever they are.
    try editor.notify("textDocument/didChange", ["textDocument": 3])
    try editor.notify("$/nothing", [:])
    #expect(try hover(editor, 5, 9).contains("Real<m/s^2>"))
    #expect(try editor.end() == 0)
  }

  @Test func aRequestThatIsCalledOffIsNotWorkedOn() throws {
    let editor = try session()
    var bytes = Data()
    for text in [
      "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"textDocument/documentSymbol\",\"params\":{\"textDocument\":{\"uri\":\"\(Self.uri)\"}}}",
      "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":\"a\"}}",
    ] {
      bytes += Data("Content-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8)
    }
    try editor.send(raw: bytes)
    var answer: [String: Any] = [:]
    while answer["id"] as? String != "a" { answer = try editor.receive() }
    #expect((answer["error"] as? [String: Any])?["code"] as? Int == -32800)
    #expect(try editor.end() == 0)
  }

  @Test func bytesAtRandomNeitherCrashNorHangIt() throws {
    var state: UInt64 = 17
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let message =
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"textDocument/hover\",\"params\":{\"textDocument\":{\"uri\":\"\(Self.uri)\"},\"position\":{\"line\":5,\"character\":9}}}"
    for _ in 0..<Effort.count(1, long: 20) {
      let editor = try session()
      var bytes = Data()
      // All of it, and the answers to it, find room in pipes that nobody reads.
      for _ in 0..<100 {
        var mutant = Array("Content-Length: \(message.utf8.count)\r\n\r\n\(message)".utf8)
        for _ in 0..<(1 + random(4)) {
          let place = random(mutant.count)
          switch random(3) {
          case 0: mutant[place] = UInt8(random(256))
          case 1: mutant.remove(at: place)
          default: mutant.insert(UInt8(random(256)), at: place)
          }
        }
        bytes += Data(mutant)
      }
      try editor.send(raw: bytes)
      #expect(try editor.hangUp() == 1)
    }
  }
}
