import Nodal
import NodalBasics
import NodalReporting

/// Benchmarks for people, a line each.
enum BenchmarkTable {
  static func text(_ benchmarks: [Benchmark]) -> String {
    var table = TextTable(columns: [
      .init("bench"), .init("median", .right), .init("minimum", .right), .init("repeats", .right),
      .init("evaluations", .right), .init("steps", .right), .init("error", .right),
      .init("compile", .right),
    ])
    for benchmark in benchmarks {
      table.rows.append([
        benchmark.title, duration(benchmark.median), duration(benchmark.minimum),
        NumberFormat.grouped(benchmark.times.count), NumberFormat.grouped(benchmark.evaluations),
        NumberFormat.grouped(benchmark.steps),
        benchmark.error.map { NumberFormat.scientific($0, 3) } ?? "",
        duration(benchmark.compile),
      ])
    }
    return table.text
  }

  /// Three figures, whatever the unit: ratios are read off them.
  private static func duration(_ seconds: Double) -> String {
    let units: [(below: Double, name: String, scale: Double)] = [
      (1e-3, "µs", 1e6), (1, "ms", 1e3), (.infinity, "s", 1),
    ]
    guard let unit = units.first(where: { seconds < $0.below }) else { return "-" }
    return "\(NumberFormat.significant(seconds * unit.scale, 3)) \(unit.name)"
  }
}
