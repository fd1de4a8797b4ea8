import NodalBasics

/// What a report says of a training.
extension ReportPage {
  func training(_ training: RunRecord.Training, _ page: inout HTML) {
    page.element("h2", "Training of \(training.loss)")
    page.element("p", training.header)
    page.element("p", training.summary)
    for field in training.fields { fit(field, &page) }
    if !training.fields.isEmpty { page.element("h3", "Residuals") }
    for field in training.fields { residuals(field, &page) }
    page.table(
      ["field", "observations", "mean", "spread", "neighbours", "sign changes", "normal"],
      training.fields.map { field in
        [.text(field.name), .number(Double(field.observations))]
          + [field.mean, field.spread, field.correlation, field.signChanges, field.normality].map {
            .number($0)
          }
      })
    parameters(training, &page)
    page.list(training.sentences)
    history(training, &page)
  }

  /// Points and a line for each field: over time, a panel for each experiment; without times what is observed over what is fitted.
  private func fit(_ field: RunRecord.Field, _ page: inout HTML) {
    page.element("h3", "\(field.name): data and fit")
    let experiments = field.experiments
    let isSmall = experiments.count > 1
    var charts: [ReportChart] = []
    for (index, own) in experiments.enumerated() {
      var chart: ReportChart
      if own.times.isEmpty {
        chart = ReportChart(
          xLabel: "fitted", yLabel: "observed", hasDiagonal: true,
          series: [.init(name: "data", mark: .points, x: own.fitted, y: own.observed, color: 1)])
      } else {
        chart = ReportChart(
          xLabel: "t", yLabel: field.name,
          series: [
            .init(name: "fit", mark: .line, x: own.times, y: own.fitted, color: 0),
            .init(name: "data", mark: .points, x: own.times, y: own.observed, color: 1),
          ])
      }
      if isSmall {
        chart.title = own.name ?? "experiment \(index + 1)"
        (chart.width, chart.height) = (300, 210)
      }
      charts.append(chart)
    }
    page.markup(
      "<p><span class=\"key c1\">● data</span>"
        + (experiments.contains { !$0.times.isEmpty } ? "<span class=\"key c0\">— fit</span>" : "")
        + "</p>")
    show(charts, &page)
    if field.experimentCount > experiments.count {
      page.element(
        "p", "The first \(experiments.count) of \(field.experimentCount) experiments.",
        class: "faint")
    }
  }

  private func residuals(_ field: RunRecord.Field, _ page: inout HTML) {
    let hasTimes = field.experiments.allSatisfy { !$0.times.isEmpty }
    var chart = ReportChart(
      title: field.name, xLabel: hasTimes ? "t" : "observation", yLabel: "residual", hasZero: true,
      series: [])
    var count = 0
    for (index, own) in field.experiments.enumerated() {
      let places =
        hasTimes ? own.times : (count..<count + own.residuals.count).map { Double($0 + 1) }
      count += own.residuals.count
      chart.series.append(
        .init(
          name: "", mark: .points, x: places, y: own.residuals,
          color: index % Palette.categories.count))
    }
    chart.height = 200
    show([chart], &page)
  }

  private func parameters(_ training: RunRecord.Training, _ page: inout HTML) {
    page.element("h3", "Parameters")
    let hasIntervals = training.parameters.contains { $0.lower != nil }
    var columns = ["parameter", "value"]
    if hasIntervals { columns += ["from", "to", "±100 % of the value"] }
    columns += ["unit", "domain", "prior"]
    page.table(
      columns,
      training.parameters.map { own in
        var row: [HTML.Cell] = [.text(own.name), .number(own.value)]
        if hasIntervals {
          if let lower = own.lower, let upper = own.upper {
            row += [
              .number(lower), .number(upper),
              .chart(ReportChart.interval(own.value, lower, upper)),
            ]
          } else {
            row += [.text(""), .text(""), .text("")]
          }
        }
        return row + [.text(own.unit ?? ""), .text(own.domain), .text(own.prior ?? "")]
      })
    page.element("p", training.uncertainty, class: "faint")
  }

  private func history(_ training: RunRecord.Training, _ page: inout HTML) {
    page.element("h3", "Loss by step")
    let curves = [
      ("loss", training.history, 0), ("validation", training.validations, 1),
      ("test", training.tests, 2),
    ].filter { !$0.1.steps.isEmpty }
    let series = curves.map { name, curve, color in
      ReportChart.Series(
        name: name, mark: .line, x: curve.steps.map(Double.init), y: curve.values, color: color)
    }
    if curves.count > 1 {
      page.markup(
        "<p>" + curves.map { "<span class=\"key c\($0.2)\">— \($0.0)</span>" }.joined() + "</p>")
    }
    // A loss below zero, as likelihoods have it, has no logarithm.
    let isPositive = series.allSatisfy { $0.y.allSatisfy { $0 > 0 || !$0.isFinite } }
    show(
      [ReportChart(xLabel: "step", yLabel: "loss", isLogarithmic: isPositive, series: series)],
      &page)
    page.table(
      ["stage", "steps", "ended"],
      training.stages.map { [.text($0.name), .text($0.extent), .text($0.end)] })
  }

  private func show(_ charts: [ReportChart], _ page: inout HTML) {
    page.markup("<div class=\"panels\">")
    for chart in charts {
      if chart.isEmpty {
        page.element("p", "\(chart.title) has nothing finite to draw", class: "faint")
      } else {
        page.markup(chart.svg)
      }
    }
    page.markup("</div>")
  }
}

extension HTML {
  /// To five digits, and infinities as people write them.
  static func number(_ x: Double) -> String {
    if x.isInfinite { return x < 0 ? "−∞" : "∞" }
    return NumberFormat.significant(x, 5)
  }
}
