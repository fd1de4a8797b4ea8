import NodalChecking
import NodalDiagnostics
import TestSupport
import Testing

/// Nothing is lost without a word: a program of which something is missing has an error that says why.
@Suite struct AccountTests {
  /// Programs of the catalogue, and some that use much, with each of their numbers replaced by some that seldom fit; by all of these in the long
  /// suite.
  static let programs: [String] = pages.compactMap(\.example?.mended) + large

  private static let pages: [CatalogueRow] =
    Catalogue.names + Catalogue.types + Catalogue.odes + Catalogue.commands

  private static let large: [String] = [
    """
    ode f(y: Real[2]) { y' = -y }
    let s = solve(f, from: [1, 2], over: 0..1, every: 0.25, start: 0.5, solver: tsit5(rtol: 1e-6, atol: 1e-9, max_steps: 50, first_step: 0.1))
    print s.final, s(0.5), s.y[1, 0], length(s.t)
    print solve(f, from: [1, 2], over: 0..1, solver: rk4(dt: 0.1)).final, solve(f, from: [1, 2], over: 0..1, solver: rk4(steps: 4)).final
    """,
    """
    print linspace(0, 1, 3), identity(2), zeros(2, 3), reshape([1, 2, 3, 4], [2, 2]), shift([1, 2], 1)
    print sum([[1, 2], [3, 4]], axis: 0), fill(2, [3]), fill_like([1, 2], 3), grid(0..1, 0..1, 3), div(7, 2), mod(7, 2)
    print max([1, 2]), argmax([1, 2]), one(3), [1, 2, 3][0..1], [1, 2, 3][2], learnt
    fn one(x) = jvp_of(x, 1)
    fn jvp_of(x, v) = jvp(x^2, wrt: x, tangent: v)
    param learnt = 1 in (0, 2) ~ normal(1, 0.5)
    """,
  ]
  static let odd = [
    "-1", "0", "nan", "inf", "2.5", "1e400", "99", "[]", "true", "\"x\"", "3<kg>", "(1, 2)",
  ]

  @Test(arguments: programs) func nothingIsLost(_ program: String) {
    var places: [Range<String.Index>] = []
    var index = program.startIndex
    while index < program.endIndex {
      let isNumber = program[index].isASCII && program[index].isNumber
      let before = index > program.startIndex ? program[program.index(before: index)] : " "
      if isNumber, !before.isLetter, !before.isNumber, before != ".", before != "_" {
        var end = index
        while end < program.endIndex, program[end].isNumber { end = program.index(after: end) }
        places.append(index..<end)
        index = end
      } else {
        index = program.index(after: index)
      }
    }
    for (i, place) in places.enumerated() {
      for (k, number) in Self.odd.enumerated() where Effort.isLong || (i + k) % 3 == 0 {
        // The harness expects that nothing goes missing without an error.
        _ = Harness.check(program.replacingCharacters(in: place, with: number) + "\n")
      }
    }
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}
