/// `plot lotka as phase { x: 0..4; y: 0..3 }`: the plane of an ode of two numbers, with its field, nullclines and points at rest.
package struct PortraitInstance: Sendable {
  /// The question for slopes at zero: what is asked elsewhere differs by its state.
  package var field: OdePoint
  /// The two states, across and up.
  package var names: [String]
  package var horizontal: (from: TypedExpression, to: TypedExpression)
  package var vertical: (from: TypedExpression, to: TypedExpression)
  /// Solutions to be drawn into it: one, or a batch.
  package var trajectories: TypedExpression?
  /// Title, size and the like, and further series.
  package var plot: PlotInstance
}
