/// The language's own modules, as text inside the binary: `import physics` finds them here; `prelude` is always
/// in scope.
package enum StandardLibrary {
  /// The text of a module, or nil when there is none of this name.
  package static func text(ofModule name: String) -> String? {
    modules[name].map { String(decoding: $0, as: UTF8.self) }
  }

  /// Names of all modules, sorted.
  package static var moduleNames: [String] { modules.keys.sorted() }

  private static var modules: [String: [UInt8]] {
    ["physics": PackageResources.physics_node, "prelude": PackageResources.prelude_node]
  }
}
