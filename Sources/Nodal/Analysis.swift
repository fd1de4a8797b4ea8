import NodalChecking
import NodalDiagnostics
import NodalSession

/// A name in a program, and what it stands for.
public struct Mention: Sendable, Hashable {
  /// Where something is declared.
  public struct Definition: Sendable, Hashable {
    /// The path of the file; nil: it is in the same text.
    public let path: String?
    /// The name: UTF-8 offsets in that text.
    public let range: Range<Int>
    /// Where that is, in lines and columns.
    public let place: Diagnostic.Place
  }

  /// Where the name stands, without primes: UTF-8 offsets.
  public let range: Range<Int>
  /// The name, with its primes.
  public let name: String
  /// What it stands for.
  public let kind: Completion.Kind
  /// The type with its shape and unit, or how it is called; empty where neither is known.
  public let detail: String
  /// What is said about it, where something is.
  public let documentation: String?
  /// Where it is declared; nil for what the language and its library bring, and for fields that no name declares.
  public let definition: Definition?
  /// Whether this is where it is declared.
  public let isDefinition: Bool
}

/// All that there is to know about a program without running it.
public struct Analysis: Sendable {
  /// Everything that is wrong, in the order of the text; warnings too.
  public let diagnostics: [Diagnostic]
  /// Its names, in their order; those in places that could not be read are missing.
  public let mentions: [Mention]
  /// What it declares.
  public let outline: [OutlineItem]

  /// The name at a place, or just before it.
  public func mention(at offset: Int) -> Mention? {
    mentions.first { $0.range.contains(offset) } ?? mentions.first { $0.range.upperBound == offset }
  }

  /// All places of the text where the same thing is named as at this place, the declaration among them.
  public func mentions(ofSameAs mention: Mention) -> [Mention] {
    guard let definition = mention.definition else { return [mention] }
    return mentions.filter { $0.definition == definition }
  }
}

extension Interpreter {
  /// Checks a program as `check` does, and says what its names stand for. What it declares does not enter the interpreter.
  /// - Parameter path: the text's own, from whose folder nothing starts that `Configuration.directory` doesn't say.
  public func analyse(_ text: String, path: String = "program.node") -> Analysis {
    let source = source(Program.unread(text: text, path: path))
    var symbols: [SymbolMention] = []
    var outline: [OutlineItem] = []
    let found = collecting {
      do {
        let read = try session.symbols(in: source)
        (symbols, outline) = (read.symbols, OutlineItem.items(of: read.tree))
      } catch {
        session.sink(.diagnostic(session.diagnostic(of: error)))
      }
    }
    let sources = session.sourceMap
    defer { session.forget(source) }
    return Analysis(
      diagnostics: found,
      mentions: symbols.map { symbol in
        var definition: Mention.Definition?
        if !symbol.isOfLibrary, let span = symbol.definition,
          let place = Diagnostic.Place(Label(span), in: sources)
        {
          definition = Mention.Definition(
            path: span.source == source.id ? nil : place.file, range: place.range, place: place)
        }
        return Mention(
          range: symbol.span.start..<symbol.span.end, name: symbol.name,
          kind: Completion.Kind(CompletionItem.Kind(symbol.kind)), detail: symbol.detail,
          documentation: symbol.documentation,
          definition: definition, isDefinition: symbol.isDefinition)
      }, outline: outline)
  }

  /// Reads the standard library, which `analyse` and `completions` of a new interpreter read each time.
  package func prepareForTexts() { session.readLibrary() }
}
