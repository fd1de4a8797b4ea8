import Nodal
import NodalDiagnostics
import NodalParsing
import NodalStandardLibrary
import NodalSyntax
import TestSupport
import Testing

/// The laws that the physics module states of its models fix every constant of theirs: none may be off by
/// 1 % without a test noticing.
@Suite struct PhysicsLawTests {
  static let models = LawfulModel.all(ofModule: "physics")

  @Test func everyModelHasALaw() throws {
    #expect(Self.models.count >= 20)
    for model in Self.models {
      #expect(model.testCount > 0, "\(model.name) has no test titled `\(model.name): …`")
      #expect(model.numerals.contains { $0.isDeclared }, "\(model.name) has no constants")
    }
  }

  @Test(arguments: models)
  func lawsNoticeEveryConstant(_ model: LawfulModel) {
    #expect(model.verdict(on: model.text) == .holds)
    for (i, numeral) in model.numerals.enumerated() {
      // The long suite takes both for each.
      for factor in Effort.isLong ? [0.99, 1.01] : [i % 2 == 0 ? 0.99 : 1.01] {
        let verdict = model.verdict(on: model.text(changing: numeral, by: factor))
        // Units may refuse an exponent; a declared constant is for a law to catch.
        let isCaught = verdict == .fails || (verdict == .refused && !numeral.isDeclared)
        #expect(isCaught, "\(model.name): \(numeral.place) times \(factor): \(verdict)")
      }
    }
  }
}

/// An `ode` of a module with what it extends and the tests titled by its name.
struct LawfulModel: Sendable, CustomTestStringConvertible {
  /// A number written in the model, other than 0.
  struct Numeral: Sendable {
    /// The declaration or equation that it stands in.
    let place: String
    /// Offsets into the text.
    let range: Range<Int>
    let value: Double
    /// Whether it gives the value of a `state`, `param` or `const`.
    let isDeclared: Bool
  }

  enum Verdict: Hashable { case holds, fails, refused }

  let name: String
  let testCount: Int
  let numerals: [Numeral]
  private let bytes: [UInt8]

  var testDescription: String { name }
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The models of a module of the standard library, in its order.
  static func all(ofModule module: String) -> [LawfulModel] {
    guard let text = StandardLibrary.text(ofModule: module) else { return [] }
    let source = SourceFile(id: SourceID(0), path: module + ".node", text: text)
    let tokens = Lexer.tokens(of: source).tokens
    var odes: [String: OdeDeclaration] = [:]
    var names: [String] = []
    var tests: [TestDeclaration] = []
    for statement in Parser.parse(source).tree.statements {
      if case .ode(let ode) = statement {
        odes[ode.name.text] = ode
        names.append(ode.name.text)
      } else if case .test(let test) = statement {
        tests.append(test)
      }
    }
    return names.compactMap { name in
      odes[name].map { LawfulModel($0, among: odes, tests: tests, tokens: tokens, in: source) }
    }
  }

  private init(
    _ ode: OdeDeclaration, among odes: [String: OdeDeclaration], tests: [TestDeclaration],
    tokens: [Token], in source: SourceFile
  ) {
    name = ode.name.text
    let title = ode.name.text + ":"
    let own = tests.filter { $0.title.hasPrefix(title) }
    testCount = own.count
    var spans = [ode.span] + own.map(\.span)
    var parent = ode.parent
    while let path = parent, let found = odes[path.spelling], spans.count <= odes.count {
      spans.append(found.span)
      parent = found.parent
    }
    // The model itself comes first, so that its offsets only shift.
    bytes = Array(spans.map { source.utf8[$0.start..<$0.end] }.joined(separator: [0x0a]))

    let declared = ode.items.flatMap(Self.declaredValues)
    numerals = tokens.compactMap { token in
      guard let value = Self.number(token), value != 0,
        ode.span.start <= token.span.start, token.span.end <= ode.span.end
      else { return nil }
      let line = source.utf8[..<token.span.start].reversed().prefix { $0 != 0x0a }.reversed()
      let rest = source.utf8[token.span.start...].prefix { $0 != 0x0a }
      return Numeral(
        place: "`\(String(decoding: Array(line) + rest, as: UTF8.self))` at \(line.count)",
        range: token.span.start - ode.span.start..<token.span.end - ode.span.start, value: value,
        isDeclared: declared.contains {
          $0.start <= token.span.start && token.span.end <= $0.end
        })
    }
  }

  private static func number(_ token: Token) -> Double? {
    if case .integer(let value) = token.kind { return Double(value) }
    if case .real(let value) = token.kind { return value }
    return nil
  }

  private static func declaredValues(_ item: OdeItem) -> [Span] {
    switch item {
    case .state(let declaration), .param(let declaration):
      declaration.bindings.compactMap { $0.value?.span }
    case .const(let declaration): declaration.bindings.map(\.value.span)
    case .let, .layer, .part, .known, .learned, .equation, .for, .input, .noise, .output, .event,
      .invalid:
      []
    }
  }

  func text(changing numeral: Numeral, by factor: Double) -> String {
    var changed = bytes
    changed.replaceSubrange(numeral.range, with: Array("\(numeral.value * factor)".utf8))
    return String(decoding: changed, as: UTF8.self)
  }

  /// What the model's tests say of a text of it.
  func verdict(on text: String) -> Verdict {
    let recorder = Recorder()
    let outcome = recorder.interpreter.test(Program(text: text, path: name + ".node"))
    guard outcome == .finished || outcome == .failed, recorder.errors.isEmpty else {
      return .refused
    }
    let failed = recorder.events.contains { if case .testFailed = $0 { true } else { false } }
    return failed ? .fails : .holds
  }
}
