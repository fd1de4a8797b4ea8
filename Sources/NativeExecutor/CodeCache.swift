package import NodalBasics

/// Machine code of earlier runs, in files: a program that has been compiled once starts at once.
///
/// Nothing depends on it: a file that is missing, cut short, or not what it says is as if it weren't there, and what can't be
/// written is not kept. Files come whole or not at all, so processes may share the folder. Only the owner may write there:
/// what is loaded from it is run.
package struct CodeCache: Sendable {
  private let files: HostFiles
  private let folder: String
  /// Files that it holds at most; beyond, the older half goes.
  private let limit: Int

  package init(files: HostFiles, folder: String, limit: Int = 1000) {
    self.files = files
    self.folder = folder
    self.limit = limit
  }

  /// The folder for this user: `NODAL_CACHE`, or `nodal` in the user's folder of caches. nil where there is none, or `NODAL_CACHE`
  /// is empty.
  package static func standard(_ host: Host) -> CodeCache? {
    func variable(_ name: String) -> String? { host.environmentVariable(name) }
    let folder: String
    if let chosen = variable("NODAL_CACHE") {
      guard !chosen.isEmpty else { return nil }
      folder = Path.join(host.files.currentDirectory(), chosen)
    } else if let caches = variable("XDG_CACHE_HOME"), caches.hasPrefix("/") {
      folder = Path.join(caches, "nodal")
    } else if let home = variable("HOME"), home.hasPrefix("/") {
      folder = Path.join(home, ".cache/nodal")
    } else {
      return nil
    }
    return CodeCache(files: host.files, folder: folder)
  }

  private static let mark: [UInt8] = Array("nodal object 1\n".utf8)

  private func path(_ key: String) -> String { Path.join(folder, key + ".o") }

  /// The object file that was kept under a key.
  func load(_ key: String) -> [UInt8]? {
    guard files.isPrivate(folder), let bytes = try? files.read(path(key)) else { return nil }
    let sum = StableHash.length
    guard bytes.count > Self.mark.count + sum, bytes.starts(with: Self.mark) else { return nil }
    let object = bytes[(Self.mark.count + sum)...]
    var hash = StableHash()
    hash.add(object)
    hash.add(key.utf8)
    guard bytes[Self.mark.count..<(Self.mark.count + sum)].elementsEqual(hash.text.utf8) else {
      return nil
    }
    return Array(object)
  }

  func save(_ key: String, _ object: [UInt8]) {
    if files.kind(folder) == nil { try? files.createPrivateDirectory(folder) }
    guard files.isPrivate(folder) else { return }
    var hash = StableHash()
    hash.add(object)
    hash.add(key.utf8)
    guard (try? files.write(path(key), Self.mark + Array(hash.text.utf8) + object)) != nil else {
      return
    }
    // Now and then, by the key: listing the folder costs more than the file.
    if key.hasSuffix("0") { prune() }
  }

  private func prune() {
    guard let names = try? files.list(folder) else { return }
    let objects = names.filter { $0.hasSuffix(".o") }
    guard objects.count > limit else { return }
    let byAge = objects.sorted {
      (files.modified(Path.join(folder, $0)) ?? 0, $0)
        < (files.modified(Path.join(folder, $1)) ?? 0, $1)
    }
    for name in byAge.prefix(objects.count - limit / 2) {
      try? files.remove(Path.join(folder, name))
    }
  }
}
