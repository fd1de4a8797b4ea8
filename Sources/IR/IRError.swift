/// IR that breaks a rule. But for a `refusal` it is never the user's mistake: the checker has accepted the program, so a pass is
/// wrong. Sessions report it as an internal error, with the pass that made it.
package struct IRError: Error, Sendable, CustomStringConvertible {
  package var message: String
  package var pass: String?
  /// What the user is to be told instead.
  package var refusal: Refusal?

  package init(_ message: String, pass: String? = nil, refusal: Refusal? = nil) {
    self.message = message
    self.pass = pass
    self.refusal = refusal
  }

  /// The same error, and the pass that it came from.
  package func after(_ pass: String?) -> IRError {
    IRError(message, pass: pass, refusal: refusal)
  }

  package var description: String {
    pass.map { "after pass \($0): \(message)" } ?? message
  }
}
