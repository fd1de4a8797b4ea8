/// Paths as text: joining, taking apart, and tidying without looking at any disk.
package enum Path {
  package static func isAbsolute(_ path: String) -> Bool { path.hasPrefix("/") }

  /// `relative` as seen from the folder `base`; an absolute path stays as it is.
  package static func join(_ base: String, _ relative: String) -> String {
    if isAbsolute(relative) || base.isEmpty { return relative }
    if relative.isEmpty { return base }
    return base.hasSuffix("/") ? base + relative : base + "/" + relative
  }

  /// The parts between slashes, empty ones and `.` left out.
  package static func components(_ path: String) -> [String] {
    path.split(separator: "/").map(String.init).filter { $0 != "." }
  }

  /// The path without `.`, doubled slashes and, by name alone, `..`. A link in the middle may
  /// mean something else: guards use `PathPolicy`, which looks.
  package static func normalized(_ path: String) -> String {
    var kept: [String] = []
    for part in components(path) {
      if part == ".." {
        if let last = kept.last, last != ".." {
          kept.removeLast()
        } else if !isAbsolute(path) {
          kept.append(part)
        }
      } else {
        kept.append(part)
      }
    }
    let joined = kept.joined(separator: "/")
    if isAbsolute(path) { return "/" + joined }
    return joined.isEmpty ? "." : joined
  }

  /// The folder that a path lies in: `.` for a bare name.
  package static func directory(_ path: String) -> String {
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }

  /// The last part: `c.csv` of `a/b/c.csv`.
  package static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The ending of the name in lower case, without the dot: `svg`; empty when there is none.
  package static func fileExtension(_ path: String) -> String {
    let name = name(path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    return name[name.index(after: dot)...].lowercased()
  }

  /// The name without its ending.
  package static func stem(_ path: String) -> String {
    let name = name(path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  /// Does `path` lie in the folder `root`, or is it that folder? Both must be resolved.
  package static func contains(_ root: String, _ path: String) -> Bool {
    root == "/" || path == root || path.hasPrefix(root.hasSuffix("/") ? root : root + "/")
  }
}
