import NodalDiagnostics
import NodalParsing
import NodalSyntax

/// A declaration of a program, and those in it.
public struct OutlineItem: Sendable, Hashable {
  /// The name, or the title of a test.
  public let name: String
  /// The word that declares it: `ode`, `state`.
  public let word: String
  /// The whole declaration: UTF-8 offsets.
  public let range: Range<Int>
  /// Its name.
  public let nameRange: Range<Int>
  /// What is declared in it.
  public let children: [OutlineItem]

  private init(
    _ name: String, _ word: String, _ span: Span, _ nameSpan: Span, _ children: [OutlineItem] = []
  ) {
    self.name = name
    self.word = word
    range = span.start..<span.end
    // A name lies within its declaration, also where that could not be read whole.
    let start = min(max(nameSpan.start, span.start), span.end)
    nameRange = start..<min(max(nameSpan.end, start), span.end)
    self.children = children
  }

  static func items(of tree: File) -> [OutlineItem] { tree.statements.flatMap { items(of: $0) } }

  private static func items(of statement: Statement) -> [OutlineItem] {
    func bindings(_ word: String, _ bindings: [Binding]) -> [OutlineItem] {
      bindings.map { .init($0.name.spelling, word, $0.span, $0.name.span) }
    }
    switch statement {
    case .const(let node): return bindings("const", node.bindings)
    case .param(let node): return parameters("param", node)
    case .function(let node): return [.init(node.name.spelling, "fn", node.span, node.name.span)]
    case .layer(let node): return [.init(node.name.spelling, "layer", node.span, node.name.span)]
    case .ode(let node):
      return [
        .init(
          node.name.spelling, "ode", node.span, node.name.span, node.items.flatMap { items(of: $0) }
        )
      ]
    case .solver(let node): return [.init(node.name.spelling, "solver", node.span, node.name.span)]
    case .data(let node): return [.init(node.name.spelling, "data", node.span, node.name.span)]
    case .loss(let node): return [.init(node.name.spelling, "loss", node.span, node.name.span)]
    case .test(let node): return [.init(node.title, "test", node.span, node.titleSpan)]
    case .bench(let node): return [.init(node.title, "bench", node.span, node.titleSpan)]
    case .let(let node):
      return node.bindings.map { .init($0.name.spelling, "let", $0.span, $0.name.span) }
    case .import, .precision, .seed, .study, .explain, .check, .plot, .print, .transfer, .assert,
      .expression, .invalid:
      return []
    }
  }

  private static func parameters(_ word: String, _ node: ParamDeclaration) -> [OutlineItem] {
    node.bindings.map { .init($0.name.spelling, word, $0.span, $0.name.span) }
  }

  private static func items(of item: OdeItem) -> [OutlineItem] {
    func bindings(_ word: String, _ node: ConstDeclaration) -> [OutlineItem] {
      node.bindings.map { .init($0.name.spelling, word, $0.span, $0.name.span) }
    }
    switch item {
    case .state(let node): return parameters("state", node)
    case .param(let node): return parameters("param", node)
    case .const(let node): return bindings("const", node)
    case .let(let node): return bindings("let", node)
    case .known(let node): return bindings("known", node)
    case .part(let node): return bindings("part", node)
    case .output(let node): return bindings("output", node)
    case .learned(let node):
      return [.init(node.name.spelling, "learned", node.span, node.name.span)]
    case .layer(let node): return [.init(node.name.spelling, "layer", node.span, node.name.span)]
    case .event(let node): return [.init(node.name.spelling, "event", node.span, node.name.span)]
    case .input(let node):
      return node.inputs.map { .init($0.name.spelling, "input", $0.span, $0.name.span) }
    case .equation, .for, .noise, .invalid: return []
    }
  }
}

extension Program {
  /// What the text declares, in its order; what could not be read is missing.
  public var outline: [OutlineItem] {
    let source = SourceFile(id: SourceID(0), path: path, text: text)
    return OutlineItem.items(of: Parser.parse(source).tree)
  }

  /// Whether a text is a name that a program may declare: no word of the language, and nothing but characters of names.
  public static func isName(_ text: String) -> Bool {
    let source = SourceFile(id: SourceID(0), path: "", text: text)
    let lexed = Lexer.tokens(of: source)
    guard !lexed.hasErrors, lexed.tokens.count == 2,
      case .name(let name, primes: 0) = lexed.tokens[0].kind
    else { return false }
    return name != "_" && lexed.tokens[0].span.length == source.utf8.count
  }
}
