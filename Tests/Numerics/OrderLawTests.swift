import Foundation
import NodalIR
import NodalMethods
import TestSupport
import Testing

/// The order that a method shows through the stepping engine, at the ends of steps and in its dense output.
///
/// The span is that of errors from 1e-3 to 1e-11. Methods of order 1 and 2 would need more steps than anybody waits for: they
/// go as far as 131,072 steps, and four million in the long suite, which comes down to what `reach` states; Euler's slope is
/// taken from 1e-2 on.
@Suite("Observed order")
struct OrderLawTests {
  static let methods = MethodEntry.all.compactMap { entry -> Method? in
    if case .available(let method) = entry.standing { method } else { nil }
  }

  private static func span(_ order: Int) -> ClosedRange<Double> {
    1e-11...(order == 1 ? 1e-2 : 1e-3)
  }

  /// The error that the smallest steps must come down to.
  private static func reach(_ order: Int) -> Double {
    switch order {
    case 1: Effort.isLong ? 5e-5 : 1e-3
    case 2: Effort.isLong ? 1e-10 : 1e-7
    default: 1e-11
    }
  }

  @Test(
    "slope of the method and of its dense output", arguments: methods.filter { !$0.choosesOrder })
  func slopes(_ method: Method) throws {
    let span = Self.span(method.order)
    for problem in KnownProblem.all(for: method) {
      var (main, inside) = (LogLine(), LogLine())
      var least = Double.infinity
      var steps = 2.0
      // Low orders need many steps to come below 1e-3, and few points to show a slope.
      let ratio = method.order <= 2 ? 2.0 : method.order < 7 && !Effort.isLong ? 1.5 : 1.25
      let most = method.order <= 2 && !Effort.isLong ? 131_072.0 : 4_194_304
      while steps <= most {
        let grain = steps > 8 ? 4.0 : 2.0
        let count = Int((steps / grain).rounded(.up) * grain)
        let errors = try problem.errors(method, steps: count)
        let h = (problem.end - problem.start) / Double(count)
        if span.contains(errors.main) { main.add(h, errors.main) }
        if span.contains(errors.inside) { inside.add(h, errors.inside) }
        least = max(errors.main, errors.inside)
        if least < span.lowerBound { break }
        steps = max(steps * ratio, Double(count + 1))
      }
      let observed = (
        main: try #require(main.slope), inside: try #require(inside.slope)
      )
      print(
        method.name.padding(toLength: 9, withPad: " ", startingAt: 0),
        String(
          format: "order %d observed %.2f (%.0e to %.0e), dense %d observed %.2f (%.0e to %.0e)",
          method.order, observed.main, main.reach.greatest, main.reach.least, method.denseOrder,
          observed.inside, inside.reach.greatest, inside.reach.least), problem)
      #expect(observed.main >= Double(method.order) - 0.3, "\(problem)")
      #expect(observed.inside >= Double(method.denseOrder) - 0.3, "\(problem)")
      #expect(least <= Self.reach(method.order), "\(problem)")
    }
  }

  /// Steps of the method's own choice: the error falls about as the tolerance does, and with work by the method's order.
  ///
  /// Tolerances go from 1e-3 to 1e-11 in decades; for order 2, of which the last decades cost millions of steps, to 1e-8, and to
  /// 1e-10 in the long suite, which goes in half decades.
  @Test("work and precision", arguments: methods.filter(\.isAdaptive))
  func workPrecision(_ method: Method) throws {
    let last = method.order > 2 ? 22 : Effort.count(16, long: 20)
    for problem in KnownProblem.all(for: method) {
      var (byTolerance, byWork) = (LogLine(), LogLine())
      for half in stride(from: 6, through: last, by: Effort.isLong ? 1 : 2) {
        let tolerance = pow(10, -Double(half) / 2)
        var settings = SolverSettings.adaptive(method.name, tolerance)
        settings.maxSteps = 4_000_000
        let inside = (0..<50).map {
          problem.start + (problem.end - problem.start) * (Double($0) + 0.37) / 50
        }
        let errors = try problem.errors(settings, inside: inside)
        byTolerance.add(tolerance, max(errors.main, errors.inside))
        // Save points lie inside of steps, but for the end: elsewhere the dense output may be what is least exact.
        let end =
          method.denseOrder + 1 < method.order
          ? try problem.errors(settings, parts: 1, inside: []).main : errors.main
        // What is left at tight tolerances, of an estimate of a lower order, is rounding.
        if end >= 1e-12 { byWork.add(Double(errors.evaluations), end) }
      }
      let observed = (
        tolerance: try #require(byTolerance.slope), work: try #require(byWork.slope)
      )
      print(
        method.name.padding(toLength: 9, withPad: " ", startingAt: 0),
        String(
          format: "errors %.0e to %.0e as tolerance^%.2f, as work^%.2f",
          byTolerance.reach.greatest, byTolerance.reach.least, observed.tolerance, observed.work),
        problem)
      // A Taylor method measures its last term, which orders chosen by tolerance leave farther and farther behind where series
      // converge well.
      let steepest = method.needsSeries ? 1.4 : 1.2
      // An estimate of the method's own order holds the error of a step, h^(p + 1), where the whole has h^p.
      let p = Double(method.order)
      let flattest = method.estimateOrder == method.order ? p / (p + 1) - 0.1 : 0.7
      #expect((flattest...steepest).contains(observed.tolerance), "\(problem)")
      #expect(observed.work <= -0.9 * Double(method.order), "\(problem)")
    }
  }
}
