import NodalBasics
import NodalChecking
import NodalDiagnostics
import NodalExecution
import NodalReporting
import NodalTypes

/// The plane of an ode of two numbers: field, nullclines, points at rest, trajectories.
extension Session {
  /// Cells along each axis for the nullclines, and arrows.
  private static let cells = 120
  private static let arrows = 21

  func portrait(_ instance: PortraitInstance) throws {
    let field = PhaseField(instance)
    func end(_ expression: TypedExpression) throws -> Double {
      guard let value = try evaluate(expression).tensor?.scalar, value.isFinite else {
        throw SessionFailure(
          .plotFailed, "the range of a portrait is not finite", at: expression.span)
      }
      return value
    }
    let across = (try end(instance.horizontal.from), try end(instance.horizontal.to))
    let up = (try end(instance.vertical.from), try end(instance.vertical.to))
    guard across.0 < across.1, up.0 < up.1 else {
      throw SessionFailure(
        .plotFailed, "the ranges of a portrait go from a lower to a higher value",
        at: instance.plot.span)
    }

    // Half a cell wider than what is shown: what lies on its rim is crossed.
    let n = Self.cells
    func places(_ range: (Double, Double)) -> [Double] {
      let cell = (range.1 - range.0) / Double(n - 1)
      return (0...n).map { range.0 + (Double($0) - 0.5) * cell }
    }
    let (x, y) = (places(across), places(up))
    let slopes = try answers(.slope, field, at: y.flatMap { b in x.map { (x: $0, y: b) } })
    let components = (0..<2).map { k in
      stride(from: k, to: slopes.count, by: 2).map { slopes[$0] }
    }

    var plot = Plot()
    plot.series.append(try arrows(field, across, up))
    for (k, z) in components.enumerated() {
      let line = Contour.zero(x: x, y: y, z: z)
      plot.series.append(
        .init("\(field.names[k])' = 0", .line(x: line.x, y: line.y), color: k))
    }
    plot.series += try trajectories(instance, field)
    let resting = try pointsAtRest(field, x: x, y: y, components)
    let kinds = resting.map(\.kind).reduce(into: [String]()) { known, kind in
      if !known.contains(kind) { known.append(kind) }
    }
    for (k, kind) in kinds.enumerated() {
      let own = resting.filter { $0.kind == kind }
      plot.series.append(
        .init(kind, .points(x: own.map(\.x), y: own.map(\.y)), color: 3 + k))
    }
    plot.x = Plot.Axis(
      instance.plot.text("xlabel") ?? field.names[0],
      unit: ValueText.unit(field.types[0]), range: margin(across))
    plot.y = Plot.Axis(
      instance.plot.text("ylabel") ?? field.names[1],
      unit: ValueText.unit(field.types[1]), range: margin(up))
    plot.title = instance.plot.text("title")
    plot.hasLegend = instance.plot.boolean("legend") ?? true
    for panel in try self.figure(instance.plot).panels.flatMap({ $0 }).compactMap({ $0 }) {
      plot.series += panel.series
    }
    var figure = Figure(plot)
    figure.width = instance.plot.integer("width")
    figure.height = instance.plot.integer("height")
    for point in resting {
      let place = [point.x, point.y].map { NumberFormat.significant($0, 6) }
      sink(
        .note(
          "\(field.names[0]) = \(place[0]), \(field.names[1]) = \(place[1]): \(point.kind)"))
    }
    try draw(figure, to: instance.plot.file, instance.plot.span)
  }

  private func margin(_ range: (Double, Double)) -> ClosedRange<Double> {
    let rim = 0.02 * (range.1 - range.0)
    return (range.0 - rim)...(range.1 + rim)
  }

  /// Slopes or Jacobians at points, one behind the other.
  private func answers(
    _ question: OdePoint.Question, _ field: PhaseField, at points: [(x: Double, y: Double)]
  ) throws -> [Double] {
    guard !points.isEmpty else { return [] }
    temporaries += 1
    let expression = field.asking(question, at: points, local: -2 * temporaries)
    return try evaluate(expression).tensor?.numbers ?? []
  }

  /// Where things go, with lengths that tell fast from slow without hiding the slow.
  private func arrows(
    _ field: PhaseField, _ across: (Double, Double), _ up: (Double, Double)
  ) throws -> Plot.Series {
    let n = Self.arrows
    let (width, height) = (across.1 - across.0, up.1 - up.0)
    let points = (0..<n).flatMap { i in
      (0..<n).map { j in
        (
          x: across.0 + width * Double(j) / Double(n - 1),
          y: up.0 + height * Double(i) / Double(n - 1)
        )
      }
    }
    let slopes = try answers(.slope, field, at: points)
    var ends: (dx: [Double], dy: [Double]) = ([], [])
    for k in points.indices {
      let (u, v) = (slopes[2 * k], slopes[2 * k + 1])
      let speed = ((u / width) * (u / width) + (v / height) * (v / height)).squareRoot()
      let length = speed > 0 ? Logarithm.inverse(-0.7 * Logarithm.of(speed)) : 0
      ends.dx.append(u * length)
      ends.dy.append(v * length)
    }
    var series = Plot.Series(
      "", .arrows(x: points.map(\.x), y: points.map(\.y), dx: ends.dx, dy: ends.dy))
    series.isMuted = true
    return series
  }

  private func trajectories(
    _ instance: PortraitInstance, _ field: PhaseField
  ) throws -> [Plot.Series] {
    guard let expression = instance.trajectories,
      case .solution(let solution) = try evaluate(expression)
    else { return [] }
    func numbers(_ name: String) -> Tensor? {
      solution.fields.first { $0.name == name }?.value.tensor
    }
    guard let x = numbers(field.names[0]), let y = numbers(field.names[1]), x.count == y.count
    else { return [] }
    let length = max(1, x.shape.last ?? 1)
    var line: (x: [Double], y: [Double]) = ([], [])
    for start in stride(from: 0, to: x.count, by: length) {
      line.x += x.numbers[start..<(start + length)] + [.nan]
      line.y += y.numbers[start..<(start + length)] + [.nan]
    }
    return [.init("trajectories", .line(x: line.x, y: line.y), color: 2)]
  }

  // MARK: Points at rest

  private struct PointAtRest {
    var x: Double
    var y: Double
    var kind: String
  }

  /// Newton's method from each cell in which both derivatives change their sign.
  private func pointsAtRest(
    _ field: PhaseField, x: [Double], y: [Double], _ components: [[Double]]
  ) throws -> [PointAtRest] {
    var points: [(x: Double, y: Double)] = []
    let width = x.count
    for i in 0..<(y.count - 1) {
      for j in 0..<(x.count - 1) {
        let changes = components.allSatisfy { z in
          let corners = [
            z[i * width + j], z[i * width + j + 1], z[(i + 1) * width + j],
            z[(i + 1) * width + j + 1],
          ]
          return corners.allSatisfy(\.isFinite) && (corners.min() ?? 1) <= 0
            && (corners.max() ?? -1) >= 0
        }
        if changes { points.append(((x[j] + x[j + 1]) / 2, (y[i] + y[i + 1]) / 2)) }
      }
    }
    // Where a derivative is zero everywhere, every cell is one.
    guard points.count <= 4 * Self.cells else { return [] }
    var steps = points.map { _ in Double.infinity }
    let (cellX, cellY) = (x[1] - x[0], y[1] - y[0])
    for _ in 0..<20 {
      let f = try answers(.slope, field, at: points)
      let j = try answers(.jacobian, field, at: points)
      for k in points.indices {
        let (a, b, c, d) = (j[4 * k], j[4 * k + 1], j[4 * k + 2], j[4 * k + 3])
        let determinant = a * d - b * c
        let dx = -(d * f[2 * k] - b * f[2 * k + 1]) / determinant
        let dy = -(a * f[2 * k + 1] - c * f[2 * k]) / determinant
        guard dx.isFinite, dy.isFinite else { continue }
        points[k] = (points[k].x + dx, points[k].y + dy)
        steps[k] = max(abs(dx) / cellX, abs(dy) / cellY)
      }
    }
    var found: [(x: Double, y: Double)] = []
    for (k, point) in points.enumerated() where steps[k] < 1e-6 {
      let isInside =
        point.x >= x[0] && point.x <= x[x.count - 1] && point.y >= y[0]
        && point.y <= y[y.count - 1]
      let isNew = !found.contains {
        abs($0.x - point.x) < 1e-3 * cellX && abs($0.y - point.y) < 1e-3 * cellY
      }
      if isInside, isNew { found.append(point) }
    }
    let matrices = try answers(.jacobian, field, at: found)
    return found.enumerated().map { k, point in
      let own = Eigenvalues(Array(matrices[(4 * k)..<(4 * k + 4)]), n: 2)
      return PointAtRest(
        x: point.x, y: point.y, kind: own?.stability ?? "not decided by the linear part")
    }
  }
}

/// The equations of an ode of two numbers, asked at many points at once.
private struct PhaseField {
  let instance: PortraitInstance
  let names: [String]
  let types: [Type]

  init(_ instance: PortraitInstance) {
    self.instance = instance
    names = instance.names
    types = instance.field.state.map(\.type)
  }

  /// - Parameter local: this number and the next are free for locals.
  func asking(
    _ question: OdePoint.Question, at points: [(x: Double, y: Double)], local: Int
  ) -> TypedExpression {
    let span = instance.plot.span
    let count = Size(points.count)
    let columns = [points.map(\.x), points.map(\.y)]
    var states: [TypedExpression] = []
    var arguments: [Mapped.Argument] = []
    for (k, column) in columns.enumerated() {
      let id = LocalID(local - k)
      states.append(TypedExpression(.local(id), types[k], span))
      arguments.append(
        Mapped.Argument(
          local: id, type: types[k],
          value: TypedExpression(.array(column), types[k].lifted(by: [count]), span)))
    }
    let shape =
      switch question {
      case .jacobian: Shape([2, 2])
      case .slope, .steady, .lyapunov, .cycle, .boundary: Shape([2])
      }
    var point = instance.field
    point.question = question
    point.state = states
    let body = TypedExpression(.point(point), .real(shape), span)
    return TypedExpression(
      .map(Mapped(extents: [count], arguments: arguments, body: body)),
      .real(Shape([count] + shape.sizes)), span)
  }
}
