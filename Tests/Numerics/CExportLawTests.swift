import NodalCExport
import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import TestSupport
import Testing

/// Regions as C give what the reference executor gives: for every op, and every form that equations may hold.
@Suite(.enabled(if: CompiledC.isAvailable, "there is no C compiler"))
struct CExportLawTests {
  /// A system whose slopes a region gives of the state: its result may be of any length.
  private static func source(_ region: Region, _ name: String) throws -> CSource {
    let states = region.parameterTypes[0].fixedCount ?? 0
    return try CSystem(
      name: name, program: "law.node", timeUnit: nil, documentation: nil,
      states: [CSystem.Entry("y", shape: [states])], parameters: [], inputs: [], outputs: [],
      slopes: CSystem.Function(region, [.state]), observed: nil,
      initial: CSystem.Function(region, [.state])
    ).source()
  }

  /// What the regions give at these states, one behind the other.
  private static func values(
    _ regions: [(region: Region, inputs: [[Double]])]
  ) throws -> [Double] {
    var files: [(name: String, text: String)] = []
    var main = "#include <stdio.h>\n"
    var body = ""
    for (i, (region, inputs)) in regions.enumerated() {
      let source = try source(region, "r\(i)")
      files.append((source.prefix + ".h", source.header))
      files.append((source.prefix + ".c", source.source))
      main += "#include \"\(source.prefix).h\"\n"
      let count = region.resultTypes[0].fixedCount ?? 0
      for input in inputs {
        let numbers = input.map { "\($0)" }.joined(separator: ", ")
        body += """
            {
              const double y[] = {\(numbers)};
              double dy[\(max(count, 1))];
              r\(i)_rhs(0.0, y, y, dy);
              for (int k = 0; k < \(count); k++) printf("%.17g ", dy[k]);
            }

          """
      }
    }
    files.append(("main.c", main + "int main(void) {\n\(body)  return 0;\n}\n"))
    return try CompiledC.numbers(files)
  }

  private static func isAlike(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
    a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance * max(1, abs(b))
  }

  @Test func rows() throws {
    var b = RegionBuilder(parameters: [ValueType(.f64, shape: [2])])
    let operands = (0..<2).map { k in
      b.reshape(b.slice(b.parameters[0], axis: 0, k..<(k + 1)), to: [])
    }
    let whole = operands.map { b.convert($0, to: .i64) }
    let truths = operands.map { b.convert($0, to: .bool) }
    var rows: [(row: OpRow, element: ElementType)] = []
    var parts: [Value] = []
    for row in Operations.rows where row.schema.arity <= 2 {
      for element in [ElementType.f64, .i64, .bool] {
        let probe = row.kernels.evaluate(element, [1, 1])
        guard probe != nil else { continue }
        let given = element == .f64 ? operands : element == .i64 ? whole : truths
        let value = b.value(.elementwise(row.schema), Array(given.prefix(row.schema.arity)))
        parts.append(b.reshape(b.convert(value, to: .f64), to: [.fixed(1)]))
        rows.append((row, element))
      }
    }
    let region = try b.finish([b.concatenate(parts, axis: 0)])
    let numbers: [Double] = [-2.5, -1, -0.3, 0, 0.4, 1, 3, 20]
    let points = numbers.flatMap { x in numbers.map { [x, $0] } }
    let found = try Self.values([(region, points)])
    try #require(found.count == points.count * rows.count)
    for (i, point) in points.enumerated() {
      for (k, (row, element)) in rows.enumerated() {
        let given = point.map {
          element == .i64 ? $0.rounded(.towardZero) : element == .bool ? ($0 == 0 ? 0 : 1) : $0
        }
        guard let right = row.kernels.evaluate(element, given) else { continue }
        #expect(
          Self.isAlike(found[i * rows.count + k], right, 1e-13),
          "\(row.name) of \(element) at \(given): \(found[i * rows.count + k]), not \(right)")
      }
    }
  }

  /// Forms in forms, made at random; derivatives among them, as equations have them behind the passes.
  @Test func randomRegions() throws {
    let kinds: [RandomRegion.Kind] = [
      .unary, .binary, .sum, .extreme, .contract, .layout, .gather, .scatter, .select, .branch,
      .scan,
      .map, .gradient, .tangent,
    ]
    var regions: [(region: Region, inputs: [[Double]])] = []
    var right: [Double] = []
    for seed in 0..<(Effort.isLong ? 200 : 14) {
      var random = RandomRegion(
        seed: UInt64(4000 + seed), parameters: [ValueType(.f64, shape: [6])], depth: 2,
        kinds: kinds)
      let made = try random.region(nodes: 14, result: ValueType(.f64, shape: [4]))
      let region = try Pipeline.evaluation.run(made)
      let inputs = (0..<3).map { k in (0..<6).map { Double(($0 * 7 + k * 5 + seed) % 11) / 6 - 0.9 }
      }
      regions.append((region, inputs))
      let runner = try Runner(ReferenceExecutor().compile(region))
      for input in inputs { right += try runner.run([Tensor(input)]).results[0].numbers }
    }
    let found = try Self.values(regions)
    try #require(found.count == right.count)
    for (i, (a, b)) in zip(found, right).enumerated() {
      #expect(Self.isAlike(a, b, 1e-9), "region \(i / 12), \(a) and not \(b)")
    }
  }

  @Test func whatHasNoPlaceIsRefused() throws {
    var b = RegionBuilder(parameters: [ValueType(.f64, shape: [2])])
    let key = b.constant([1, 2], ValueType(.i64, shape: [2]))
    let draw = b.value(
      .random(RandomDraw(.normal, place: 0, type: ValueType(.f64, shape: [2]))), [key])
    let region = try b.finish([b.add(draw, b.parameters[0])])
    #expect {
      try Self.source(region, "r")
    } throws: { error in
      (error as? CExportError)?.what == .random
    }
  }

  @Test(arguments: [
    ("θ", "theta"), ("θ''", "theta_ddot"), ("a.θ'", "a_theta_dot"), ("x̂", "x_hat"),
    ("ŵ₁", "w_hat1"),
    ("Ω", "Omega"), ("for", "for_"), ("3x", "_3x"), ("x y", "x_y"), ("é", "e_acute"),
    ("水", "u6c34"),
    ("", "_"),
  ])
  func names(name: String, plain: String) { #expect(CNames.plain(name) == plain) }

  @Test func namesAreUnique() {
    var names = CNames()
    #expect(
      ["θ", "theta", "θ", "a.b", "a_b"].map { names.take($0) } == [
        "theta", "theta_2", "theta_3", "a_b", "a_b_2",
      ])
  }
}
