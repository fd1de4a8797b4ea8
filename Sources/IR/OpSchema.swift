/// What the IR needs to know of an elementwise op: its name, and how it types. All else is in
/// its row in `Operations`.
package struct OpSchema: Sendable, Hashable {
  package enum Typing: String, Sendable, Hashable {
    /// Numbers of one element type give a number of that type.
    case arithmetic
    /// Two numbers of one element type give a `bool`.
    case comparison
    /// Truth values give a truth value.
    case logical
  }

  package let name: String
  package let arity: Int
  package let typing: Typing

  package init(_ name: String, arity: Int, typing: Typing = .arithmetic) {
    self.name = name
    self.arity = arity
    self.typing = typing
  }
}
