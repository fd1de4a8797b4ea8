import NodalDiagnostics
import NodalSession

/// Something that may stand at a place in a text.
public struct Completion: Sendable, Hashable {
  /// What a candidate stands for.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Names of values.
    case value, constant, parameter, data
    /// What is called.
    case function, layer, distribution
    /// What is solved, trained, and solved with.
    case ode, loss, solver
    /// A field of a record, a solution, a data set, an ode.
    case field
    /// The label of an argument, with its colon.
    case argument
    /// A command's option, with its colon.
    case option
    /// A word that has a meaning only where it stands: `adam` behind `optimize:`.
    case word
    /// A word of the language.
    case keyword
    /// A unit, in `<…>`.
    case unit
    /// A column of a file, in a string.
    case column
    /// A file, in a string; a folder, with its `/`.
    case file, folder
    /// What `import` brings in.
    case module
    /// A character for its LaTeX name, `θ` for `\theta`.
    case symbol
  }

  /// What is to stand there.
  public let text: String
  /// What it stands for.
  public let kind: Kind
  /// The type with its unit, how it is called, or what it is, in a few words; may be empty.
  public let detail: String
  /// What is said about it, where something is.
  public let documentation: String?

  init(_ item: CompletionItem) {
    text = item.text
    kind = Kind(item.kind)
    detail = item.detail
    documentation = item.documentation
  }
}

extension Completion.Kind {
  init(_ kind: CompletionItem.Kind) {
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
      case .argument: .argument
      case .option: .option
      case .word: .word
      case .keyword: .keyword
      case .unit: .unit
      case .column: .column
      case .file: .file
      case .folder: .folder
      case .module: .module
      case .symbol: .symbol
      }
  }
}

/// What may stand at a place in a text.
public struct CompletionList: Sendable {
  /// What the candidates replace: UTF-8 offsets in the text.
  public let range: Range<Int>
  /// The likeliest first; each begins with what `range` holds, but for the case of its letters, and but for symbols.
  public let candidates: [Completion]
}

extension Interpreter {
  /// What may stand at a place in a text that comes after what the interpreter already has. Nothing runs, and nothing is
  /// declared; files named in the text are looked at as `check` does.
  ///
  /// ```swift
  /// interpreter.completions(in: "print s.fi", at: 10).candidates.map(\.text)  // ["final"]
  /// ```
  /// - Parameters:
  ///   - text: may be unfinished, and wrong.
  ///   - offset: a UTF-8 offset; one outside of the text is brought back to its nearest end.
  ///   - isEntry: whether it is what is typed at a prompt, where bare values may stand; else it is a whole file.
  ///   - path: the text's own, where it is a file.
  public func completions(
    in text: String, at offset: Int, isEntry: Bool = true, path: String = "<prompt>"
  ) -> CompletionList {
    let answer = session.completions(
      in: source(Program.unread(text: text, path: path)), at: offset, isEntry: isEntry)
    return CompletionList(range: answer.range, candidates: answer.items.map { Completion($0) })
  }
}
