import NodalDiagnostics
import NodalIR
import NodalTraining
import NodalExecution
import NodalChecking
import NodalData
import NodalTypes

extension Session {
  /// Sets centre and scale of a learned term's input by the columns of the data that are called like what it reads. A component
  /// that the data don't hold keeps 0 and 1.
  func standardize(_ input: OdeInstance.StandardizedInput, _ ode: OdeInstance, _ data: Dataset) {
    guard let center = program.weights[input.center], let scale = program.weights[input.scale],
      var centers = weights[center.path]?.values, var scales = weights[scale.path]?.values
    else { return }
    for (i, name) in components(of: input.value, ode).enumerated() where i < scales.count {
      guard let name, let field = data[name] else { continue }
      let present = field.values.filter(\.isFinite)
      guard present.count > 1 else { continue }
      let mean = present.reduce(0, +) / Double(present.count)
      let about = input.scaleOnly ? 0 : mean
      let variance = present.reduce(0) { $0 + ($1 - about) * ($1 - about) } / Double(present.count)
      // A column that doesn't vary has no scale to offer.
      guard variance > 0 else { continue }
      if !input.scaleOnly { centers[i] = mean }
      scales[i] = variance.squareRoot()
    }
    weights.setValues(center.path, centers)
    weights.setValues(scale.path, scales)
  }

  /// The state that each component of an input is, where it is one.
  private func components(of value: TypedExpression, _ ode: OdeInstance) -> [String?] {
    switch value.kind {
    case .local(let local):
      guard let state = ode.states.first(where: { $0.local == local }) else { return [nil] }
      return Array(repeating: state.name, count: state.type.tensor?.shape.values?.reduce(1, *) ?? 1)
    case .concatenate(let parts), .stack(let parts):
      return parts.flatMap { components(of: $0, ode) }
    case .relabelled(let inner), .reshape(let inner), .broadcast(let inner):
      return components(of: inner, ode)
    case .number, .integer, .boolean, .text, .array, .size, .session, .weight, .elementwise,
      .select, .toReal, .scaled, .reduce, .matmul, .transpose, .reverse, .slice, .index, .gather,
      .shift, .linspace, .iota, .tuple, .element, .record, .field, .bindings, .conditional, .fold,
      .scan, .map, .calculus, .draw, .solve, .interpolate, .example, .part, .invalid:
      return Array(repeating: nil, count: value.type.tensor?.shape.values?.reduce(1, *) ?? 1)
    }
  }
}
