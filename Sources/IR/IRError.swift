/// IR that breaks a rule. It is never the user's mistake: the checker has accepted the program, so a pass is wrong.
/// Sessions report it as an internal error, with the pass that made it.
package struct IRError: Error, Sendable, CustomStringConvertible {
  package var message: String
  package var pass: String?
  package init(_ message: String, pass: String? = nil) {
    self.message = message
    self.pass = pass
  }
  package var description: String {
    pass.map { "after pass \($0): \(message)" } ?? message
  }
}
