import Foundation
package import Testing

/// How much the tests do: the ordinary suite is for every change, the long one (`./test --long`) for the night.
package enum Effort {
  package static let isLong = ProcessInfo.processInfo.environment["NODAL_LONG"] == "1"

  /// A number of rounds, seeds or mutants; few in a debug build, whose numeric loops are many times slower.
  package static func count(_ usual: Int, long: Int, debug: Int? = nil) -> Int {
    if isLong { return long }
    #if DEBUG
      return debug ?? usual
    #else
      return usual
    #endif
  }
}

/// What is left out unless asked for. `./test` knows both reasons, and doesn't count such tests as skipped.
extension Trait where Self == ConditionTrait {
  /// Tests of minutes, which `./test --long` asks for.
  package static var long: Self { .enabled(if: Effort.isLong, "long suites") }
  /// Figures, not laws: run by name, with the condition taken away.
  package static var benchmark: Self { .disabled("benchmarks") }
}
