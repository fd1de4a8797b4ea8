package import NodalBasics

/// Folders on a disk that a manual is made of, and into which it is written.
package enum ManualFolder {
  /// The folder of the texts: the one that is named, `docs` here, or that of the checkout (or the installation) in which the running
  /// program lies; nil where there is none.
  package static func texts(from named: String?, _ host: Host) throws(ManualError) -> String? {
    func index(_ folder: String) -> String { Path.join(folder, "README.md") }
    if let named {
      guard host.files.kind(index(named)) == .file else { throw .noTexts(folder: named) }
      return named
    }
    var candidates = ["docs"]
    var folder = executable(host).map { Path.directory($0) }
    for _ in 0..<5 {
      guard let here = folder, here != "/" else { break }
      candidates += [Path.join(here, "docs"), Path.join(here, "share/nodal/docs")]
      folder = Path.directory(here)
    }
    // A folder `docs` may be anybody's.
    return candidates.first { folder in
      guard host.files.kind(index(folder)) == .file, let text = try? host.files.text(index(folder))
      else { return false }
      return text.hasPrefix("# The manual of Nodal")
    }
  }

  /// Where the running program is, links followed.
  private static func executable(_ host: Host) -> String? {
    host.files.linkTarget("/proc/self/exe")
      ?? CommandLine.arguments.first.flatMap { $0.contains("/") ? $0 : nil }
  }

  /// Writes all files of a site. The folder has to be missing, empty, or a manual that was written before; what that had under other
  /// names stays.
  package static func write(
    _ site: ManualSite, to folder: String, _ host: Host
  ) throws(ManualError) {
    if host.files.exists(folder) {
      guard let names = try? host.files.list(folder),
        names.isEmpty || names.contains(ManualSite.mark)
      else { throw .foreignFolder(folder) }
    }
    do {
      for (place, bytes) in site.files.sorted(by: { $0.key < $1.key }) {
        let path = Path.join(folder, place)
        try host.files.createDirectory(Path.directory(path))
        try host.files.write(path, bytes)
      }
    } catch {
      throw .file(error.message)
    }
  }
}
