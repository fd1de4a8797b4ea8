/// Derivatives that a program takes.
enum CalculusOperator: String, Sendable {
  case grad, jacobian, divergence, hessian, jvp, vjp
}

extension Intrinsic {
  /// How a call is elaborated. Each kind is closed, so that a new function is missed by the compiler where it is
  /// elaborated.
  enum Kind: Sendable {
    /// The arguments are read in a way of their own.
    case special(Special)
    /// The arguments are those of the signature.
    case ordinary(Ordinary)
  }

  enum Special: Sendable {
    case solve, steady, cycle, boundary, linearize, lyapunov, learn, stack, zip, openWidth,
      transitions
    /// Known to `csv` alone.
    case rate
    /// What a later version brings, by what it is called in messages.
    case later(String)
  }

  enum Ordinary: Sendable {
    case elementwise, integerDivision, reduction, extremum
    case array(ArrayFunction)
    case windows(WindowFunction)
    case cells(CellFunction)
    case calculus(CalculusOperator)
    case loop, mapping, sampling, isFunction, kl
    /// Of `cross_entropy`, which declares what it takes.
    case logit
    case spectral(Spectral)
  }

  enum ArrayFunction: Sendable {
    case zeros, ones, fill, fillLike, linspace, identity, transpose, reshape, reverse, shift
    case length, grid, plain, hasGaps, rank
  }

  /// Of arrays whose first axis is one of channels.
  enum WindowFunction: Sendable { case patches, convolve, grouped }

  /// What takes missing cells.
  enum CellFunction: Sendable { case present, replaced, first }

  var kind: Kind {
    switch self {
    case .solve: .special(.solve)
    case .steady: .special(.steady)
    case .cycle: .special(.cycle)
    case .boundary: .special(.boundary)
    case .linearize: .special(.linearize)
    case .lyapunov: .special(.lyapunov)
    case .eigenvalues: .ordinary(.spectral(.eigenvalues))
    case .stability: .ordinary(.spectral(.stability))
    case .learn: .special(.learn)
    case .stack: .special(.stack)
    case .zip: .special(.zip)
    case .open_width: .special(.openWidth)
    case .rate: .special(.rate)
    case .discover: .special(.later("reading a formula off a learned term, `discover`,"))
    case .transition_nll: .special(.transitions)
    case .batch_norm, .attention: .special(.later("the layer `\(rawValue)`"))
    case .abs, .sign, .floor, .ceil, .round, .sqrt, .exp, .expm1, .log, .log1p, .sin, .cos, .tan,
      .asin, .acos, .atan, .atan2, .sinh, .cosh, .tanh, .erf, .lgamma, .mod:
      .ordinary(.elementwise)
    case .div: .ordinary(.integerDivision)
    case .sum, .mean, .argmax, .argmin, .product, .any, .all: .ordinary(.reduction)
    case .max, .min: .ordinary(.extremum)
    case .zeros: .ordinary(.array(.zeros))
    case .ones: .ordinary(.array(.ones))
    case .fill: .ordinary(.array(.fill))
    case .fill_like: .ordinary(.array(.fillLike))
    case .linspace: .ordinary(.array(.linspace))
    case .identity: .ordinary(.array(.identity))
    case .transpose: .ordinary(.array(.transpose))
    case .reshape, .flatten: .ordinary(.array(.reshape))
    case .reverse: .ordinary(.array(.reverse))
    case .shift: .ordinary(.array(.shift))
    case .length: .ordinary(.array(.length))
    case .grid: .ordinary(.array(.grid))
    case .plain: .ordinary(.array(.plain))
    case .has_gaps: .ordinary(.array(.hasGaps))
    case .rank: .ordinary(.array(.rank))
    case .patches: .ordinary(.windows(.patches))
    case .convolve: .ordinary(.windows(.convolve))
    case .grouped: .ordinary(.windows(.grouped))
    case .logit_of: .ordinary(.logit)
    case .present: .ordinary(.cells(.present))
    case .default: .ordinary(.cells(.replaced))
    case .first_present: .ordinary(.cells(.first))
    case .grad: .ordinary(.calculus(.grad))
    case .jacobian: .ordinary(.calculus(.jacobian))
    case .divergence: .ordinary(.calculus(.divergence))
    case .hessian: .ordinary(.calculus(.hessian))
    case .jvp: .ordinary(.calculus(.jvp))
    case .vjp: .ordinary(.calculus(.vjp))
    case .fold, .scan: .ordinary(.loop)
    case .map: .ordinary(.mapping)
    case .generate: .ordinary(.sampling)
    case .is_function: .ordinary(.isFunction)
    case .kl: .ordinary(.kl)
    }
  }
}
