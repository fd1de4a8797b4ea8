import Foundation
import NodalBasics
import NodalData
import Testing

@Suite struct GeneratorTests {
  private func make(
    _ name: String, _ values: [String: GeneratorValue] = [:], seed: UInt64 = 1
  ) throws -> Dataset {
    try #require(Generator.named(name)).make(values, seed: seed)
  }

  private static let required: [String: [String: GeneratorValue]] = [
    "poisson_process": ["rate": .function { 2 + sin($0) }, "over": .interval(0, 10)]
  ]

  @Test(arguments: Generator.all.map(\.name))
  func everyGeneratorKeepsItsPromises(name: String) throws {
    let generator = try #require(Generator.named(name))
    var values = Self.required[name] ?? [:]
    values["count"] = .number(12)
    let data = try generator.make(values, seed: 3)
    #expect(data.exampleCount == 12)
    #expect(try generator.make(values, seed: 3) == data)
    #expect(try generator.make(values, seed: 4) != data)
    let schema = try generator.fields(values)
    #expect(schema.map(\.name) == data.fieldNames)
    for (promised, field) in zip(schema, data.fields) {
      #expect(promised.axis == field.axis)
      #expect(promised.shape == field.shape)
      #expect(promised.isInteger == field.isInteger)
      #expect(field.count == (field.axis == .time ? data.timeCount : 12))
      #expect(field.values.allSatisfy { $0.isFinite })
    }
    #expect(!generator.summary.isEmpty)
    // A larger set begins with the smaller one.
    values["count"] = .number(20)
    let more = try generator.make(values, seed: 3)
    #expect(more.slice(0..<12)?.fields == data.fields)
    #expect(throws: GeneratorError.self) { try generator.make(["no": .number(1)], seed: 0) }
    for bad in [-1, 0, 0.5, 1e300, .nan] {
      values["count"] = .number(bad)
      #expect(throws: GeneratorError.self) { try generator.make(values, seed: 0) }
    }
  }

  @Test func moonsLieOnTheirHalfCircles() throws {
    let data = try make("two_moons", ["noise": .number(0), "count": .number(500)])
    let x = try #require(data["x"]?.values)
    let label = try #require(data["label"]?.values)
    #expect(label.filter { $0 == 0 }.count == 250)
    for i in 0..<500 {
      let (u, v) = label[i] == 0 ? (x[2 * i], x[2 * i + 1]) : (1 - x[2 * i], 0.5 - x[2 * i + 1])
      #expect(abs(u * u + v * v - 1) < 1e-12)
      #expect(v >= -1e-12)
    }
  }

  @Test(arguments: [1, 2, 3, 10])
  func spheresAreFilledEvenly(dim: Int) throws {
    let data = try make(
      "nested_spheres", ["dim": .number(Double(dim)), "count": .number(30_000)])
    let x = try #require(data["x"]?.values)
    let label = try #require(data["label"]?.values)
    var inner: [Double] = []
    for i in 0..<30_000 {
      let radius = x[i * dim..<(i + 1) * dim].reduce(0) { $0 + $1 * $1 }.squareRoot()
      if label[i] < 0 {
        #expect(radius <= 0.5)
        inner.append(pow(radius / 0.5, Double(dim)))
      } else {
        #expect(radius >= 1 - 1e-12 && radius <= 1.5 + 1e-12)
      }
    }
    #expect(inner.count == 10_000)
    #expect(abs(inner.reduce(0, +) / 1e4 - 0.5) < 0.012)
  }

  @Test func thinningFollowsTheRate() throws {
    let rate: @Sendable (Double) -> Double = { 2 + 1.5 * sin($0) }
    let data = try make(
      "poisson_process",
      ["rate": .function(rate), "over": .interval(0, 50), "count": .number(400)])
    let counts = try #require(data.lengths).map(Double.init)
    let expected = 100 + 1.5 * (1 - cos(50.0))
    let mean = counts.reduce(0, +) / 400
    let variance = counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 399
    #expect(abs(mean - expected) < 4 * (expected / 400).squareRoot())
    #expect(abs(variance / expected - 1) < 0.3)
    let times = try #require(data.value(of: "t", example: 0)?.values)
    #expect(times == times.sorted())
    #expect(times.allSatisfy { $0 >= 0 && $0 <= 50 })
    for wild in [{ _ in .nan }, { _ in .infinity }, { _ in -1 }] as [@Sendable (Double) -> Double] {
      #expect(throws: GeneratorError.self) {
        try make("poisson_process", ["rate": .function(wild), "over": .interval(0, 1)])
      }
    }
  }

  @Test func spiralsAndSines() throws {
    let spirals = try make("spirals", ["noise": .number(0), "count": .number(200)])
    #expect(spirals.isUniform)
    #expect(spirals.longest == 100)
    let counter = spirals["label"]?.values.reduce(0, +) ?? 0
    #expect(counter > 60 && counter < 140)
    let sines = try make("irregular_sines", ["points": .interval(3, 7)])
    let lengths = try #require(sines.lengths)
    #expect(Set(lengths) == [3, 4, 5, 6, 7])
    let times = try #require(sines.value(of: "t", example: 5)?.values)
    #expect(times == times.sorted())
    let points = try make(
      "uniform", ["low": .numbers([-1.5, 0]), "high": .numbers([1.5, 1]), "count": .number(9)])
    #expect(points["x"]?.shape == [2])
  }

  @Test func argumentsAreChecked() {
    func message(_ name: String, _ values: [String: GeneratorValue]) -> String? {
      do {
        _ = try make(name, values)
        return nil
      } catch { return (error as? GeneratorError)?.message }
    }
    #expect(
      message("circles", ["noice": .number(1)])
        == "`circles` has no parameter `noice`; it has `noise`, `factor`, `count`")
    #expect(message("circles", ["noise": .number(-1)]) == "`noise` of `circles` must be 0 or more")
    #expect(message("poisson_process", [:]) == "`poisson_process` needs `rate`")
    let span = ("over", GeneratorValue.interval(0, 10))
    for (rate, words) in [(-1.0, "at least 0"), (.nan, "at least 0"), (1e9, "a million")] {
      let values = ["rate": GeneratorValue.function { _ in rate }, span.0: span.1]
      #expect(message("poisson_process", values)?.contains(words) == true)
    }
    #expect(message("spirals", ["sample": .number(400)])?.contains("less than half") == true)
    #expect(message("uniform", ["low": .numbers([1, 2])])?.contains("as long as `low`") == true)
    #expect(
      message("nested_spheres", ["dim": .number(1e6), "count": .number(1e6)])?
        .contains("too large") == true)
    #expect(message("two_moons", ["noise": .interval(0, 1)])?.contains("a finite number") == true)
  }
}
