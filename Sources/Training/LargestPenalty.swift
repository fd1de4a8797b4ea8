/// `minimal(term)`: the largest weight of a penalty whose fit still validates nearly as well as the
/// fit without it.
package struct LargestPenalty<Fit> {
  /// What a fit with some weight came to. A validation loss that isn't finite is worse than any.
  package struct Outcome {
    package var weight: Double
    package var validation: Double
    package var fit: Fit
  }

  package enum Bound: Sendable, Hashable {
    /// A larger weight was tried, and was too much.
    case bracketed
    /// The largest weight of the range still does.
    case rangeExhausted
    /// Every weight that was tried is too much: the outcome is the unpenalised fit.
    case nothingFits
  }

  /// The fit to keep.
  package var chosen: Outcome
  /// The validation loss of weight zero.
  package var unpenalised: Double
  /// The largest validation loss that was allowed.
  package var limit: Double
  package var bound: Bound
  /// Weights and validation losses in the order tried, weight zero first.
  package var trials: [(weight: Double, validation: Double)]

  /// Searches along weights by powers of ten, then halves the interval (in the logarithm) that
  /// holds the limit, until its ends are closer than a factor of `resolution` or all `fits` are
  /// spent.
  ///
  /// It takes for granted that the validation loss, where it leaves the limit, doesn't come back
  /// below it for larger weights; local ups and downs inside the limit do no harm.
  ///
  /// Cost: at most `fits` fits. With the defaults: six or seven where the edge is near `start`.
  ///
  /// - Parameters:
  ///   - within: the allowed validation loss, as a multiple of the unpenalised one. For a loss
  ///     below zero (a log-likelihood) the same part of its magnitude is added.
  ///   - start: the weight tried first.
  ///   - range: no weight outside is tried.
  ///   - fits: the most calls of `fit`, that of weight zero included; at least 2.
  ///   - fit: trains with the weight and gives the validation loss. What it throws ends the search.
  package static func search(
    within factor: Double = 1.1, start: Double = 1e-2, range: ClosedRange<Double> = 1e-6...1e4,
    resolution: Double = 1.5, fits: Int = 10,
    fit: (_ weight: Double) throws -> (validation: Double, fit: Fit)
  ) throws -> LargestPenalty {
    let plain = try fit(0)
    var result = LargestPenalty(
      chosen: Outcome(weight: 0, validation: plain.validation, fit: plain.fit),
      unpenalised: plain.validation,
      limit: plain.validation + (factor - 1) * plain.validation.magnitude,
      bound: .nothingFits, trials: [(0, plain.validation)])
    var tooMuch: Double?
    var left = max(2, fits) - 1
    var weight = min(max(start, range.lowerBound), range.upperBound)
    while left > 0 {
      left -= 1
      let found = try fit(weight)
      result.trials.append((weight, found.validation))
      if found.validation <= result.limit {
        result.chosen = Outcome(weight: weight, validation: found.validation, fit: found.fit)
      } else {
        tooMuch = weight
      }
      let fitting = result.chosen.weight
      guard let ceiling = tooMuch else {
        result.bound = .rangeExhausted
        if weight >= range.upperBound { return result }
        weight = min(weight * 10, range.upperBound)
        continue
      }
      result.bound = fitting > 0 ? .bracketed : .nothingFits
      if fitting > 0 {
        if ceiling / fitting <= resolution { return result }
        weight = (ceiling / fitting).squareRoot() * fitting
      } else {
        if weight <= range.lowerBound { return result }
        weight = max(weight / 10, range.lowerBound)
      }
    }
    return result
  }
}
