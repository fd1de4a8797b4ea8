import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import TestSupport
import Testing

/// Figures, not laws: run by name, with the condition taken away.
@Suite(.benchmark)
struct ExecutionBenchmarks {
  /// Nanoseconds of one run, the best of several.
  private func time(_ region: Region, _ inputs: [Tensor], lanes: Int) throws -> Double {
    let context = RunContext()
    let workspace = try ReferenceExecutor().compile(region).makeWorkspace(context)
    let table = PointerTable(count: inputs.count)
    for (i, input) in inputs.enumerated() { table[i] = input.withBytes { $0 } }
    let extents = ExtentValues(lanes: lanes)
    let clock = ContinuousClock()
    var best = Duration.seconds(1)
    for _ in 0..<20 {
      best = try min(
        best,
        clock.measure {
          for _ in 0..<500 { try workspace.run(table.pointer, extents) }
        })
    }
    return withExtendedLifetime(inputs) { Double(best.components.attoseconds) / 1e9 / 500 }
  }

  @Test func network() throws {
    for element in [ElementType.f64, .f32] {
      var b = RegionBuilder(parameters: [
        ValueType(element, [.lane, .fixed(2)]), ValueType(element, shape: [2, 50]),
        ValueType(element, shape: [50]), ValueType(element, shape: [50, 2]),
        ValueType(element, shape: [2]),
      ])
      let p = b.parameters
      let product = Contraction(contracted: [.init(1, 0)])
      let first = b.value(.contract(product), [p[0], p[1]])
      let hidden = b.tanh(b.add(first, b.broadcast(p[2], to: [.lane, .fixed(50)], axes: [1])))
      let second = b.value(.contract(product), [hidden, p[3]])
      let result = b.add(second, b.broadcast(p[4], to: [.lane, .fixed(2)], axes: [1]))
      var noise = Noise(1)
      let inputs = [[20, 2], [2, 50], [50], [50, 2], [2]].map { noise.tensor(element, $0) }
      print("2-50-2, 20 lanes, \(element): \(try time(b.finish([result]), inputs, lanes: 20)) ns")
    }
  }

  @Test func instruction() throws {
    var b = RegionBuilder(parameters: [ValueType(.f64), ValueType(.f64)])
    var x = b.parameters[0]
    for _ in 0..<100 { x = b.add(b.mul(x, b.parameters[1]), b.parameters[0]) }
    let nanoseconds = try time(b.finish([x]), [Tensor(0.5), Tensor(0.5)], lanes: 1)
    print("an instruction: \(nanoseconds / 200) ns")
  }

  @Test func lorenzSteps() throws {
    let lorenz = Problem(dimension: 3, parameters: 3) { b, _, y, p in
      [
        b.mul(p[0], b.sub(y[1], y[0])),
        b.sub(b.mul(y[0], b.sub(p[1], y[2])), y[1]),
        b.sub(b.mul(y[0], y[1]), b.mul(p[2], y[2])),
      ]
    }
    for count in [1, 20, 1000] {
      let y0 = Tensor(.f64, shape: [count, 3], (0..<(3 * count)).map { _ in 1 })
      let clock = ContinuousClock()
      var steps = 0
      var instructions = 0
      let duration = try clock.measure {
        let outcome = try lorenz.solve(
          .adaptive("tsit5", 1e-8), from: Tensor(0), to: Tensor(20), y0,
          Tensor([10, 28, 8.0 / 3]))
        instructions = outcome.report.instructions
        steps = outcome.statistic(.accepted) + outcome.statistic(.rejected)
      }
      print(
        "Lorenz over \(count): \(duration / steps) a step, \(instructions / steps) instructions")
    }
  }
}
