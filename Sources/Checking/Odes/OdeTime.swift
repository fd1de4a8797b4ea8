import NodalDiagnostics
import NodalTypes

/// The unit that an ode's time is counted in. Equations fix its dimension, but `km` over `m/s` is no unit that anybody
/// counts time in; so it is the longest unit of time that the ode's text names (`1/h`, `m/s^2`), and the second where
/// it names none (`N/kg`). The order of terms and equations plays no part.
extension Checker {
  /// The unit that an ode's time should have had; nil where time is a plain number or nothing has decided it.
  func timeUnit(of ode: ElaboratedOde) -> Unit? {
    guard let instance = environment.odes[ode.id] else { return nil }
    let found = resolve(instance.timeUnit)
    guard found.isKnown, found.dimension == .time else { return nil }
    return instance.namedTimes.first ?? .second
  }

  /// The units of time in what the text gives: states' units, numbers, parameters; not in what follows from them.
  func namedTimes(_ builder: Int, _ instance: OdeInstance) -> [Unit] {
    var found: [Unit] = []
    func note(_ type: Type) {
      guard case .tensor(let tensor) = type else { return }
      switch tensor.unit {
      case .uniform(let unit): found += unit.namedTimes
      case .mixed(let units, _): found += units.flatMap(\.namedTimes)
      }
    }
    for state in odeBuilders[builder].states { note(state.type) }
    for value in Checker.parts(of: instance) {
      value.walk { node in
        switch node.kind {
        case .number(let number) where number != 0: note(node.type)
        case .weight(let id), .weights(let id):
          if let weight = environment.weights[id] { note(weight.type) }
        case .session: note(node.type)
        case .number, .integer, .boolean, .text, .array, .size, .local, .elementwise, .select,
          .toReal, .scaled, .relabelled, .broadcast, .reduce, .matmul, .windows, .convolve, .pick,
          .concatenate, .stack,
          .reshape, .transpose, .reverse, .slice, .index, .gather, .shift, .linspace, .iota, .tuple,
          .element, .record, .field, .bindings, .conditional, .fold, .scan, .map, .calculus, .draw,
          .solve, .point, .spectral, .interpolate, .example, .part, .invalid:
          break
        }
      }
    }
    var distinct: [Unit] = []
    for unit in found.sorted(by: { $0.scale > $1.scale }) where !distinct.contains(unit) {
      distinct.append(unit)
    }
    return distinct
  }

  /// Times without a unit, given to an ode whose text counts in several: said once for each solve.
  mutating func warnOfBareTimes(_ times: [TypedExpression], _ ode: OdeInstance) {
    guard ode.namedTimes.count > 1,
      let bare = times.first(where: { hasNoUnit($0) && !$0.isLiteralZero })
    else { return }
    let names = ode.namedTimes.map { text($0) }
    report(
      Diagnostic(
        .ambiguousTimeUnit,
        "this time has no unit: it is taken in `\(names[0])`, the longest that `\(ode.name)` names",
        at: Label(bare.span),
        help: [
          "`\(ode.name)` names \(Suggestions.list(names)); write the unit, `10<\(names[0])>`"
        ]))
  }

  /// Whether a value will adopt the unit of where it is bound: a bare number, or data of which no unit is known.
  private func hasNoUnit(_ value: TypedExpression) -> Bool {
    if isBare(value) { return true }
    guard case .uniform(let unit)? = tensor(value)?.unit else { return false }
    return !unit.isKnown && unit.atoms.isEmpty
  }
}
