extension Tableau {
  /// A tableau written as in the literature. In `stages` and `dense` a row begins with a head and a
  /// colon: the node cᵢ, or the number of the stage (from 1) whose polynomial follows, the
  /// coefficient of θ first. Zeros at the end of a row may be left out.
  ///
  /// The texts are literals of this package, so a mistake in one is a programmer's and stops the
  /// program at the first use; the tests construct every tableau.
  init(
    name: String, order: Int, stages: String, weights: String, estimate: EstimateText,
    denseOrder: Int, dense: String
  ) {
    let table = CoefficientRows(stages)
    let nodes = table.rows.map { CoefficientRows.number($0.head) }
    let b = CoefficientRows.numbers(weights)
    var polynomials = [[DoubleDouble]](repeating: [], count: nodes.count)
    for row in CoefficientRows(dense).rows {
      guard let stage = Int(row.head), polynomials.indices.contains(stage - 1) else {
        preconditionFailure("\(name): there is no stage \(row.head)")
      }
      polynomials[stage - 1] = row.values
    }
    self.init(
      name: name, order: order, nodes: nodes, rows: table.rows.map(\.values), weights: b,
      estimate: estimate.estimate(weights: b),
      dense: DenseOutput(order: denseOrder, polynomials: polynomials))
    precondition(faults.isEmpty, "\(name): \(faults.joined(separator: "; "))")
  }

  /// The form in which a file of coefficients states its error estimate.
  enum EstimateText {
    case none
    /// The embedded weights b̂ themselves.
    case embedded(weights: String, order: Int)
    /// The weights of the fifth-order difference, and the embedded weights of third order.
    case fifthAndThird(fifth: String, third: String)

    func estimate(weights: [DoubleDouble]) -> ErrorEstimate {
      func difference(_ text: String) -> [DoubleDouble] {
        let other = CoefficientRows.numbers(text)
        return (0..<max(weights.count, other.count)).map { j in
          (j < weights.count ? weights[j] : .zero) - (j < other.count ? other[j] : .zero)
        }
      }
      switch self {
      case .none: return .none
      case .embedded(let text, let order):
        return .embedded(difference: difference(text), order: order)
      case .fifthAndThird(let fifth, let third):
        return .fifthAndThird(
          fifth: CoefficientRows.numbers(fifth), third: difference(third))
      }
    }
  }
}

/// Rows of numbers, each with a head: `1/5: 1/5` and so on. A row may go over several lines.
private struct CoefficientRows {
  var rows: [(head: Substring, values: [DoubleDouble])] = []

  init(_ text: String) {
    for word in text.split(whereSeparator: \.isWhitespace) {
      if word.hasSuffix(":") {
        rows.append((word.dropLast(), []))
      } else if !rows.isEmpty {
        rows[rows.count - 1].values.append(Self.number(word))
      } else {
        preconditionFailure("a coefficient before the first row: \(word)")
      }
    }
  }

  static func numbers(_ text: String) -> [DoubleDouble] {
    text.split(whereSeparator: \.isWhitespace).map { number($0) }
  }

  static func number(_ text: Substring) -> DoubleDouble {
    guard let number = DoubleDouble(text) else { preconditionFailure("no number: \(text)") }
    return number
  }
}
