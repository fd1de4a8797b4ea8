import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution

/// A session that was written to a file.
package struct SavedSession: Sendable {
  package var path: String
  /// The file of weights beside it; nil where nothing was learned.
  package var weights: String?
  /// Statements that it could not hold, with the reason.
  package var leftOut: [(text: String, reason: String)]
}

extension Session {
  /// Writes what was entered as a program that runs, each name with its last meaning; and beside it the weights that were learned, which it
  /// loads instead of training again.
  ///
  /// What a file can't hold (a value of a name's older meaning) stands in it as a comment.
  /// - Parameter overwrites: a file that is there and isn't such a program is written over.
  /// - Throws: `SessionFailure`.
  package func save(to path: String, overwrites: Bool) throws -> SavedSession {
    let isThere = host.files.kind(path) != nil
    if isThere, !overwrites, (try? host.files.text(path))?.hasPrefix(SessionText.mark) != true {
      throw SessionFailure(
        .writeFailed, "\"\(path)\" is there already, and no saved session", at: nil,
        help: ["`:save! \(path)` writes over it"])
    }
    let folder = path.contains("/") ? Path.directory(path) : ""
    let weightsPath = Path.join(folder, Path.stem(path) + ".safetensors")
    let owners = changedOwners
    var text = SessionText(
      journal, settings: options.settings, seed: options.seed,
      loads: owners.map { "load \($0) from \"\(Path.name(weightsPath))\"" })
    do {
      if !owners.isEmpty {
        let paths = weights.paths.filter { owners.contains(Self.owner(of: $0)) }
        try host.files.write(weightsPath, weightsFile(paths, of: "session").bytes)
      }
      try prune(&text, folder: folder)
      try host.files.write(path, Array(text.text.utf8))
    } catch let error as HostError {
      throw SessionFailure(.writeFailed, "can't write \"\(path)\": \(error.message)", at: nil)
    }
    return SavedSession(
      path: path, weights: owners.isEmpty ? nil : weightsPath,
      leftOut: text.parts.compactMap { part in
        if case .wrong(let message)? = part.reason { (part.text, message) } else { nil }
      })
  }

  /// Declared things with a weight that was trained, loaded or set.
  private var changedOwners: [String] {
    var owners: [String] = []
    for path in weights.paths where weights[path]?.isChanged == true {
      let owner = Self.owner(of: path)
      if !owners.contains(owner) { owners.append(owner) }
    }
    // Of what has been declared anew since, old weights may be left.
    return owners.filter { environment.declared($0) != nil }
  }

  /// `f` of `f.net.weight`.
  private static func owner(of path: String) -> String { String(path.prefix { $0 != "." }) }

  /// Makes comments of statements that are wrong in a file, where a name means one thing throughout.
  private func prune(_ text: inout SessionText, folder: String) throws {
    for _ in 0...text.parts.count {
      var found: [Diagnostic] = []
      var options = options
      options.settings = [:]
      let fresh = Session(
        host: host, options: options, directory: folder.isEmpty ? "." : folder, cancel: cancel,
        executor: executor
      ) { event in
        if case .diagnostic(let diagnostic) = event, diagnostic.isError { found.append(diagnostic) }
      }
      let source = SourceFile(id: SourceID(900_000), path: "session", text: text.text)
      _ = try fresh.check(source)
      let reasons = found.compactMap { diagnostic -> (line: Int, reason: String)? in
        guard let span = diagnostic.primary?.span, span.source == source.id else { return nil }
        return (source.line(at: span.start), diagnostic.message)
      }
      if reasons.isEmpty || !text.leaveOut(reasons) { return }
    }
  }
}
