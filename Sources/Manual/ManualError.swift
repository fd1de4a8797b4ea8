/// Why a manual can't be made.
package enum ManualError: Error, Sendable {
  /// `cmark-gfm` isn't there, or has failed.
  case noMarkdown(String)
  /// A file of the manual can't be read, or one of the site can't be written.
  case file(String)
  /// The folder that was named has no texts.
  case noTexts(folder: String)
  /// The folder to be written has something else in it.
  case foreignFolder(String)

  package var message: String {
    switch self {
    case .noMarkdown(let reason):
      "pages are made by the program cmark-gfm (Debian: apt-get install cmark-gfm; Homebrew: brew install cmark-gfm): \(reason)"
    case .file(let reason): reason
    case .noTexts(let folder): "there is no README.md in `\(folder)`"
    case .foreignFolder(let folder):
      "`\(folder)` holds other things than a manual; give --to another folder"
    }
  }

  /// Whether the command was called wrongly.
  package var isUsage: Bool {
    switch self {
    case .noMarkdown, .file: false
    case .noTexts, .foreignFolder: true
    }
  }
}
