import NodalBasics
import NodalChecking
import NodalDiagnostics
import NodalStandardLibrary
import NodalSyntax

/// What may stand in a string: files, where a path is wanted, and columns of a file.
extension Session {
  /// - Parameter written: what stands in the string up to the place asked about.
  func completionsInString(
    _ place: CompletionPlace, _ token: Int, written: String
  ) -> [CompletionItem] {
    let tokens = place.tokens
    guard token > 0 else { return [] }
    let before = tokens[token - 1]
    switch before.word {
    case "import":
      return files(below: [directory], written).filter {
        $0.kind == .folder || $0.text.hasSuffix(".node")
      }
    case "from": return files(below: [outputDirectory, directory], written)
    case "to": return files(below: [outputDirectory], written)
    case _: break
    }
    guard let (function, opener) = dataCall(around: token, tokens) else { return [] }
    if before.symbol == .colon {
      return columns(of: function, opener, tokens)
    }
    guard before.symbol == .leftParenthesis || before.symbol == .comma else { return [] }
    return files(below: dataBases, written)
  }

  /// The innermost `csv(` or the like that is open at a token.
  private func dataCall(
    around token: Int, _ tokens: [Token]
  ) -> (function: DataCall.Function, opener: Int)? {
    var depth = 0
    var index = token - 1
    while index > 0 {
      if let symbol = tokens[index].symbol {
        if symbol.isCloser { depth += 1 }
        if symbol.closer != nil {
          depth -= 1
          if depth < 0, symbol == .leftParenthesis, let word = tokens[index - 1].word {
            return DataCall.Function(rawValue: word).map { ($0, index) }
          }
        }
      }
      index -= 1
    }
    return nil
  }

  /// Of the first file that a call names.
  private func columns(
    of function: DataCall.Function, _ opener: Int, _ tokens: [Token]
  ) -> [CompletionItem] {
    guard case .string(let file) = tokens[opener + 1].kind else { return [] }
    let span = tokens[opener + 1].span
    let call = DataCall(
      function: function,
      arguments: [.init(label: nil, value: .text(file), span: span)], span: span)
    guard case .schema(let schema) = checkerHost().schema(call) else { return [] }
    return schema.columns.map { CompletionItem($0.name, .column, "a column of \(file)") }
  }

  /// Names in a folder that may be read, which the written part of a path leads to.
  private func files(below bases: [String], _ written: String) -> [CompletionItem] {
    let slash = written.lastIndex(of: "/")
    let folder = slash.map { String(written[...$0]) } ?? "."
    let wantsHidden =
      slash.map { written[written.index(after: $0)...] }?.hasPrefix(".")
      ?? written.hasPrefix(".")
    var items: [CompletionItem] = []
    for base in bases {
      guard let path = try? policy.pathForReading(folder, from: base, files: host.files),
        let names = try? host.files.list(path)
      else { continue }
      for name in names.prefix(2_000) where wantsHidden || !name.hasPrefix(".") {
        // What a string can't hold as it is.
        guard !name.unicodeScalars.contains(where: { $0 == "\"" || $0 == "\\" || $0.value < 32 })
        else { continue }
        switch host.files.kind(Path.join(path, name)) {
        case .directory: items.append(CompletionItem(name + "/", .folder))
        case .file: items.append(CompletionItem(name, .file))
        case .other, nil: break
        }
      }
    }
    return items
  }

  /// What `import` brings in by name.
  var importableModules: [CompletionItem] {
    StandardLibrary.moduleNames.filter { $0 != "prelude" }.map {
      CompletionItem($0, .module, "a module of the standard library")
    }
  }
}
