import NodalDiagnostics
package import NodalBasics
import NodalParsing

/// A `.node` text with the name it goes by. Making one reads it; nothing runs.
///
/// ```swift
/// let program = try Program(contentsOf: "pendulum.node")
/// let interpreter = Interpreter()
/// for diagnostic in interpreter.check(program) { print(diagnostic.text) }
/// ```
public struct Program: Sendable {
  /// The text.
  public let text: String
  /// The path that messages name, and from whose folder relative paths start.
  public let path: String
  /// What is wrong with its grammar. Names, shapes and units are `Interpreter.check`'s matter.
  public let syntaxDiagnostics: [Diagnostic]

  /// - Parameter path: need not exist.
  public init(text: String, path: String = "program.node") {
    self.text = text
    self.path = path
    let source = SourceFile(id: SourceID(0), path: path, text: text)
    let sources = SourceMap([source])
    syntaxDiagnostics = Parser.parse(source).diagnostics.map { Diagnostic($0, in: sources) }
  }

  private init(text: String, path: String, syntaxDiagnostics: [Diagnostic]) {
    self.text = text
    self.path = path
    self.syntaxDiagnostics = syntaxDiagnostics
  }

  /// A text that is read later, where it runs.
  static func unread(text: String, path: String) -> Program {
    Program(text: text, path: path, syntaxDiagnostics: [])
  }

  /// Reads a file. Bytes that are not UTF-8 become U+FFFD, which the grammar refuses.
  /// - Throws: `FileFailure`.
  public init(contentsOf path: String) throws {
    try self.init(contentsOf: path, host: .system)
  }

  package init(contentsOf path: String, host: Host) throws {
    let text: String
    do {
      text = try host.files.text(path)
    } catch {
      throw FileFailure(path: path, message: error.message)
    }
    self.init(text: text, path: path)
  }

  /// The canonical text, as `nodal fmt` writes it. Formatting twice changes nothing.
  /// - Throws: `ProgramFailure` when the text does not parse.
  public func formatted() throws -> String {
    do {
      return try Formatter.format(SourceFile(id: SourceID(0), path: path, text: text))
    } catch {
      throw ProgramFailure(diagnostics: syntaxDiagnostics)
    }
  }
}

/// A file that could not be read or written.
public struct FileFailure: Error, Sendable, CustomStringConvertible {
  /// The path as it was given.
  public let path: String
  /// One sentence without a final stop.
  public let message: String

  /// The message.
  public var description: String { message }
}
