import NodalOperations

/// What the reference says of a function that the language itself provides.
package struct IntrinsicEntry: Sendable {
  package enum Chapter: String, Sendable, CaseIterable {
    case elementwise = "Elementwise"
    case reductions = "One number of many"
    case arrays = "Arrays"
    case windows = "Windows, for layers of images"
    case cells = "Units and missing cells"
    case loops = "Loops"
    case calculus = "Calculus"
    case odes = "Odes"
    case chance = "Distributions and data"
    case learning = "Learning"
  }

  package let chapter: Chapter
  package let name: String
  /// A call with its arguments.
  package let usage: String
  package let text: String

  /// All of them, in order of their chapters.
  package static let all: [IntrinsicEntry] = {
    let entries = Intrinsic.allCases.compactMap(\.reference)
    return Chapter.allCases.flatMap { chapter in entries.filter { $0.chapter == chapter } }
  }()
}

/// A distribution, for the reference.
package struct DistributionEntry: Sendable {
  package let name: String
  package let parameters: [String]
  /// Whether `sample` draws from it.
  package let draws: Bool

  /// By name.
  package static let all: [DistributionEntry] = DistributionFamily.rows.values
    .sorted { $0.name < $1.name }
    .map { DistributionEntry(name: $0.name, parameters: $0.parameters, draws: $0.noise != nil) }
}

extension Intrinsic {
  /// nil of those that only the prelude uses, and of those that are refused as yet.
  fileprivate var reference: IntrinsicEntry? {
    func entry(_ chapter: IntrinsicEntry.Chapter, _ usage: String, _ text: String) -> IntrinsicEntry
    {
      IntrinsicEntry(chapter: chapter, name: rawValue, usage: usage, text: text)
    }
    switch self {
    case .abs, .sign, .floor, .ceil, .round, .sqrt, .exp, .expm1, .log, .log1p, .sin, .cos, .tan,
      .asin, .acos, .atan, .atan2, .sinh, .cosh, .tanh, .erf, .lgamma:
      return entry(
        .elementwise, "\(rawValue)(\(signature.names.joined(separator: ", ")))",
        Operations.row(named: rawValue)?.doc ?? "")
    case .mod:
      return entry(.elementwise, "mod(a, b)", "What is left of a over b, with the sign of b.")
    case .div: return entry(.elementwise, "div(a, b)", "a over b, rounded down.")
    case .max, .min:
      let extreme = self == .max ? "greatest" : "least"
      return entry(
        .reductions, "\(rawValue)(x, axis:)  \(rawValue)(x, y)",
        "The \(extreme) element, of all or along an axis; of two arguments, the \(extreme) of each pair."
      )
    case .sum: return entry(.reductions, "sum(x, axis:, axes:)", "The sum, of all or along axes.")
    case .mean:
      return entry(.reductions, "mean(x, axis:, axes:)", "The mean, of all or along axes.")
    case .product:
      return entry(.reductions, "product(x, axis:, axes:)", "The product, of all or along axes.")
    case .argmax, .argmin:
      return entry(
        .reductions, "\(rawValue)(x, axis:)",
        "The index of the \(self == .argmax ? "greatest" : "least") element; of several the first.")
    case .any: return entry(.reductions, "any(x)", "Whether one of them is true.")
    case .all: return entry(.reductions, "all(x)", "Whether all of them are true.")
    case .zeros, .ones:
      return entry(.arrays, "\(rawValue)(n, m, …)", "An array of this shape, full of \(rawValue).")
    case .fill:
      return entry(.arrays, "fill(value, n, …)", "An array of this shape, full of a value.")
    case .fill_like:
      return entry(.arrays, "fill_like(x, value)", "An array of the shape of x, full of a value.")
    case .linspace:
      return entry(
        .arrays, "linspace(from, to, count)", "Numbers at equal distances, both ends included.")
    case .identity: return entry(.arrays, "identity(n)", "The identity matrix.")
    case .stack:
      return entry(.arrays, "stack(a, b, …)", "Arrays of one shape along a new first axis.")
    case .transpose:
      return entry(.arrays, "transpose(x)", "A matrix with rows and columns exchanged.")
    case .reshape:
      return entry(.arrays, "reshape(x, [n, m])", "The same elements in order, in another shape.")
    case .flatten: return entry(.arrays, "flatten(x)", "All elements in order, as a vector.")
    case .reverse: return entry(.arrays, "reverse(x, axis: 0)", "Back to front along an axis.")
    case .shift:
      return entry(
        .arrays, "shift(x, by, fill: 0, axis: 0)",
        "Elements moved along an axis, as a difference on a grid wants them: element i is element i - by, and `fill` where there is none."
      )
    case .length: return entry(.arrays, "length(x)", "The length of the first axis.")
    case .zip: return entry(.arrays, "zip(a, b, …)", "Pairs, to be gone through by a loop.")
    case .grid:
      return entry(
        .arrays, "grid(a..b, c..d, n)", "Points of a plane on a grid of n by n: `Real[n, n, 2]`.")
    case .patches:
      return entry(
        .windows, "patches(x, size, stride: 1, dilation: 1, pad: 0)",
        "The windows of `Real[c, n, …]` as `Real[c, size, …, windows, …]`.")
    case .convolve:
      return entry(
        .windows, "convolve(x, kernel, stride: 1, dilation: 1, pad: 0, groups: 1)",
        "A convolution with a kernel `Real[out, c/groups, size, …]`, along any number of axes; the kernel isn't turned around."
      )
    case .grouped:
      return entry(.windows, "grouped(x, groups)", "`Real[groups, c/groups, …]` of `Real[c, …]`.")
    case .plain: return entry(.cells, "plain(x)", "The number without its unit.")
    case .present:
      return entry(.cells, "present(x)", "1 where there is a value, 0 where it is missing.")
    case .default: return entry(.cells, "default(x, value)", "x, and a value where x is missing.")
    case .first_present:
      return entry(.cells, "first_present(x)", "The first value that isn't missing.")
    case .fold:
      return entry(
        .loops, "fold(xs, init: s) { (s, x) -> … }", "The last state of a loop over xs.")
    case .scan:
      return entry(
        .loops, "scan(xs, init: s) { (s, x) -> (s, y) }",
        "What each turn of a loop gave as its second part.")
    case .map: return entry(.loops, "map(xs) { (x) -> … }", "A function's value for each element.")
    case .grad: return entry(.calculus, "grad(e, wrt: x)", "The gradient of a number.")
    case .jacobian:
      return entry(.calculus, "jacobian(e, wrt: x)", "The matrix of derivatives of a vector.")
    case .divergence:
      return entry(
        .calculus, "divergence(e, wrt: x, estimator: hutchinson)",
        "The trace of the Jacobian, exactly, or estimated by one random direction.")
    case .hessian:
      return entry(.calculus, "hessian(e, wrt: x)", "The matrix of second derivatives.")
    case .jvp:
      return entry(.calculus, "jvp(e, wrt: x, tangent: v)", "The derivative in a direction.")
    case .vjp:
      return entry(
        .calculus, "vjp(e, wrt: x, cotangent: w)", "The gradient of the product of w and e.")
    case .solve:
      return entry(
        .odes,
        "solve(ode, from:, over:, at:, every:, start:, with:, input:, events:, history:, solver:)",
        "A solution: [solving](../language.md#solving).")
    case .steady:
      return entry(
        .odes, "steady(ode, from:, with:, time:)",
        "A state at which nothing changes: [steady states](../dynamics.md#steady-states).")
    case .cycle:
      return entry(
        .odes, "cycle(ode, period:, from:, with:, solver:)",
        "A solution that closes: [closed solutions](../dynamics.md#closed-solutions).")
    case .boundary:
      return entry(
        .odes, "boundary(ode, over:, from:, to:, near:, with:, solver:)",
        "The beginning that leads to a given end: [boundary values](../dynamics.md#boundary-values)."
      )
    case .linearize:
      return entry(
        .odes, "linearize(ode, at:, with:, time:)",
        "The linear part at a point: [linear parts](../dynamics.md#linear-parts-eigenvalues-stability)."
      )
    case .lyapunov:
      return entry(
        .odes, "lyapunov(ode, over:, from:, every:, with:, solver:)",
        "How fast neighbours part: [Lyapunov exponents](../dynamics.md#lyapunov-exponents).")
    case .eigenvalues:
      return entry(
        .odes, "eigenvalues(a)", "Of a square matrix: `{re, im}`, the largest real part first.")
    case .stability:
      return entry(.odes, "stability(a)", "What eigenvalues say of a point at rest, in words.")
    case .kl:
      return entry(
        .chance, "kl(p, q)", "Kullback and Leibler's divergence of two distributions of a kind.")
    case .generate:
      return entry(
        .chance, "generate(generator, count:)",
        "A data set that is made up: [data sets](../data.md#made-up).")
    case .transition_nll:
      return entry(
        .chance, "transition_nll(ode, x, t)",
        "Minus the log-likelihood of observations of an equation with noise, from each to the next: [noise](../language.md#noise)."
      )
    case .learn:
      return entry(
        .learning, "learn(0.5, in:, shape:)",
        "A `param` without a name of its own: a number to begin with, or a distribution to draw it from."
      )
    case .logit_of, .has_gaps, .rank, .is_function, .open_width, .discover, .batch_norm, .attention,
      .rate:
      return nil
    }
  }
}
