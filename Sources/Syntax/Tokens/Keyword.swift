/// The words that are never names. All other words of the language (`ode`, `train`, `plot`, …) are words only
/// where a statement begins.
package enum Keyword: String, Sendable, Hashable, CaseIterable {
  case `let`, `var`, `if`, then, `else`, `for`, `in`
  case fold, scan, map, sample
  case `true`, `false`, inf, nan, pi
}
