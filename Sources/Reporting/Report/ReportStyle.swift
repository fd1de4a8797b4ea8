/// How a report looks: plain, light or dark as the reader has it, and on paper.
enum ReportStyle {
  /// On dark ground: lighter ones of the same hues.
  private static let dark = [
    "#56B4E9", "#FF9A4D", "#3CCB9B", "#E5A5C6", "#F2C14E", "#9AD4F5", "#BBBBBB", "#D9A066",
  ]

  static var css: String {
    let light = zip(0..., Palette.categories).map { color($0, $1) }.joined(separator: "\n")
    let night = zip(0..., dark).map { color($0, $1) }.joined(separator: "\n")
    return base + light + "\n@media screen and (prefers-color-scheme: dark) {\n" + darkPage + night
      + "\n}\n" + paper
  }

  private static func color(_ index: Int, _ value: String) -> String {
    ".curve.c\(index) { stroke: \(value) } .point.c\(index), .key.c\(index) { fill: \(value); color: \(value) }"
  }

  private static let base = """
    :root { --ink: #1c1c1c; --faint: #666; --ground: #fff; --rule: #ddd; --span: #0072B2; --warn: #9a4a00; }
    body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
    h1 { font-size: 1.7rem; margin-bottom: 0.2rem; } h2 { margin-top: 2.2rem; border-bottom: 1px solid var(--rule); } h3 { margin-bottom: 0.4rem; }
    p.faint, figcaption { color: var(--faint); font-size: 0.9rem; }
    table { border-collapse: collapse; font-size: 0.9rem; } th, td { text-align: left; padding: 0.2rem 0.9rem 0.2rem 0; border-bottom: 1px solid var(--rule); }
    th { font-weight: 600; } .number { text-align: right; font-variant-numeric: tabular-nums; }
    .wide { overflow-x: auto; } pre { overflow-x: auto; padding: 0.7rem; border: 1px solid var(--rule); font-size: 0.85rem; line-height: 1.4; }
    ul.warnings li { color: var(--warn); } li { overflow-wrap: anywhere; }
    figure { margin: 1rem 0; } img { max-width: 100%; height: auto; background: #fff; }
    .panels { display: flex; flex-wrap: wrap; gap: 0.5rem; } svg.chart { max-width: 100%; height: auto; display: block; } svg.bar { vertical-align: middle; }
    svg text { font: 11px system-ui, sans-serif; fill: var(--ink); } svg text.title { font-weight: 600; }
    .frame { fill: none; stroke: var(--faint); } .grid { stroke: var(--rule); } .zero { stroke: var(--faint); stroke-dasharray: 4 3; }
    .curve { fill: none; stroke-width: 1.6; } .span { fill: var(--span); } .key { font-size: 0.9rem; margin-right: 1rem; }

    """

  private static let darkPage = """
    :root { --ink: #e6e6e6; --faint: #a0a0a0; --ground: #16181a; --rule: #3a3d40; --span: #56B4E9; --warn: #f0a860; }

    """

  private static let paper = """
    @media print { body { max-width: none; margin: 0; font-size: 11px; } h2, h3 { break-after: avoid; } svg, figure, tr { break-inside: avoid; } pre { white-space: pre-wrap; } }

    """
}
