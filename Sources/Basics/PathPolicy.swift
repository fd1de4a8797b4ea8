/// Which files a script may touch: it reads below some folders and writes below others. Links and
/// `..` are resolved first, so neither leads out.
package struct PathPolicy: Sendable, Equatable {
  /// Folders below which reading is allowed (the script's own, `--data`, `--allow-read`).
  package var readable: [String]
  /// Folders below which writing is allowed (`--out`, `--allow-write`).
  package var writable: [String]

  package init(readable: [String], writable: [String]) {
    self.readable = readable
    self.writable = writable
  }

  /// A policy that refuses nothing.
  package static let unrestricted = PathPolicy(readable: ["/"], writable: ["/"])

  /// The resolved absolute path of a file to read.
  /// - Parameter base: the folder that a relative path starts from.
  package func pathForReading(
    _ path: String, from base: String, files: HostFiles
  ) throws(PathRefusal) -> String {
    try resolve(path, base: base, use: .reading, roots: readable, files: files)
  }

  /// The resolved absolute path of a file to read, looked for from each of `bases` in turn, and a
  /// bare name also in the folders that lie in the later ones (data are kept a folder a set).
  /// Where it is nowhere, its path from the first, so that the message names what was asked for.
  /// - Parameter bases: the script's own folder, then those of `--data`.
  package func pathForReading(
    _ path: String, fromAny bases: [String], files: HostFiles
  ) throws(PathRefusal) -> String {
    for (index, base) in bases.enumerated() {
      var places = [base]
      if index > 0, !path.contains("/") {
        let names = (try? files.list(base)) ?? []
        places += names.map { Path.join(base, $0) }.filter { files.kind($0) == .directory }
      }
      for place in places where files.kind(Path.join(place, path)) == .file {
        return try pathForReading(path, from: place, files: files)
      }
    }
    return try pathForReading(path, from: bases.first ?? ".", files: files)
  }

  /// The resolved absolute path of a file to write; it need not exist, nor its folders.
  package func pathForWriting(
    _ path: String, from base: String, files: HostFiles
  ) throws(PathRefusal) -> String {
    try resolve(path, base: base, use: .writing, roots: writable, files: files)
  }

  private func resolve(
    _ path: String, base: String, use: PathRefusal.Use, roots: [String], files: HostFiles
  ) throws(PathRefusal) -> String {
    // A path with a NUL would be cut short by the system, after it was checked whole.
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw PathRefusal(path: path, resolved: path, use: use, reason: .malformed)
    }
    guard let full = Self.resolved(Path.join(base, path), files: files) else {
      throw PathRefusal(path: path, resolved: path, use: use, reason: .tooManyLinks)
    }
    for root in roots {
      if let root = Self.resolved(root, files: files), Path.contains(root, full) { return full }
    }
    throw PathRefusal(path: path, resolved: full, use: use, reason: .outside(roots: roots))
  }

  /// The absolute path with every link followed and every `..` taken; parts that do not exist
  /// are kept as they are. Nil after 40 links (a loop).
  package static func resolved(_ path: String, files: HostFiles) -> String? {
    var pending = Path.components(Path.join(files.currentDirectory(), path)).reversed() as [String]
    var current = "/"
    var links = 0
    while let part = pending.popLast() {
      if part == ".." {
        current = Path.directory(current)
        continue
      }
      let next = Path.join(current, part)
      guard let target = files.linkTarget(next) else {
        current = next
        continue
      }
      links += 1
      if links > 40 { return nil }
      if Path.isAbsolute(target) { current = "/" }
      pending.append(contentsOf: Path.components(target).reversed())
    }
    return current
  }
}

/// A path that the policy does not allow.
package struct PathRefusal: Error, Sendable, Equatable {
  package enum Use: Sendable, Equatable {
    case reading
    case writing
  }
  package enum Reason: Sendable, Equatable {
    case outside(roots: [String])
    case tooManyLinks
    case malformed
  }
  /// As it was written.
  package let path: String
  /// As it was understood.
  package let resolved: String
  package let use: Use
  package let reason: Reason

  /// The command's option that would allow it.
  package var flag: String {
    switch use {
    case .reading: return "--allow-read"
    case .writing: return "--allow-write"
    }
  }

  /// One sentence, without a full stop.
  package var message: String {
    let verb =
      switch use {
      case .reading: "read"
      case .writing: "write"
      }
    switch reason {
    case .outside:
      let shown = path == resolved ? "`\(path)`" : "`\(path)` (which is `\(resolved)`)"
      return "this script may not \(verb) \(shown)"
    case .tooManyLinks:
      return "`\(path)` leads through too many links"
    case .malformed:
      return path.isEmpty ? "the path is empty" : "the path contains a NUL character"
    }
  }

  /// What to try.
  package var help: String {
    switch reason {
    case .outside(let roots):
      let places = roots.map { "`\($0)`" }.joined(separator: ", ")
      let what =
        switch use {
        case .reading: "files are read"
        case .writing: "files are written"
        }
      return "\(what) below \(places) only; to allow it: \(flag) \(Path.directory(resolved))"
    case .tooManyLinks:
      return "look for a link that leads back to itself"
    case .malformed:
      return "give the name of a file"
    }
  }
}
