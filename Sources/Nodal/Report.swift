package import NodalBasics
import NodalReporting

/// A page about a run, of the folder that `Interpreter.run(_:recordedAs:by:)` leaves: one HTML file that needs no other.
public struct Report: Sendable {
  /// The page.
  public let html: String

  /// Reads a run folder. It may be anybody's: nothing in it is taken for more than text.
  /// - Throws: `FileFailure`.
  public init(ofRunAt folder: String) throws {
    try self.init(ofRunAt: folder, host: .system)
  }

  package init(ofRunAt folder: String, host: Host) throws {
    do {
      html = ReportPage(try RecordedRun(folder: folder, files: host.files)).html
    } catch {
      throw FileFailure(path: folder, message: error.message)
    }
  }
}
