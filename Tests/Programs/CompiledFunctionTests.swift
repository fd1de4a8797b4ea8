import Nodal
import Testing

/// Expressions that are compiled once.
@Suite struct CompiledFunctionTests {
  static func interpreter() -> Interpreter {
    let recorder = Recorder(files: [:])
    #expect(
      recorder.run("ode f { state x = 1; param k = 0.5 in (0, inf); x' = -k*x }\nconst c = 2")
        == .finished)
    return recorder.interpreter
  }

  @Test func givesWhatTheExpressionGives() throws {
    let interpreter = Self.interpreter()
    let end = try interpreter.function(
      "solve(f, over: 0..1, from: {x: a}).final.x*c", of: .init("a"))
    for a in [0.5, 1, 3] {
      let expected = try interpreter.evaluate("solve(f, over: 0..1, from: {x: \(a)}).final.x*c")
      #expect(try end(a).number == expected.number)
    }
    // It follows the weights, and not the constants.
    try interpreter.setWeight("f.k", to: [1])
    #expect(interpreter.enter("const c = 5") == .ran(.finished))
    let halved = try #require(end(1).number) / 2
    #expect(abs(halved - 0.36787944) < 1e-5)
  }

  @Test func takesArraysAndGivesAnyValue() throws {
    let interpreter = Self.interpreter()
    let sum = try interpreter.function(
      "{total: sum(v) + b, rows: m*2}", of: .init("v", shape: [3]), .init("b"),
      .init("m", shape: [2, 2]))
    let value = try sum([[1, 2, 3], [10], [1, 2, 3, 4]])
    #expect(value["total"]?.number == 16)
    #expect(value["rows"]?.numbers == [2, 4, 6, 8])
    #expect(value["rows"]?.shape == [2, 2])
    #expect(throws: ProgramFailure.self) { try sum([[1, 2], [10], [1, 2, 3, 4]]) }
    #expect(throws: ProgramFailure.self) { try sum(1, 2) }
    let none = try interpreter.function("1 + c")
    #expect(try none([]).number == 3)
  }

  @Test func mistakesAreTold() throws {
    let interpreter = Self.interpreter()
    for wrong in ["nope + a", "(a", "let b = a", "f", "a[0]"] {
      #expect(throws: ProgramFailure.self, "\(wrong)") {
        try interpreter.function(wrong, of: .init("a"))
      }
    }
    // What fails while it runs, too, and it can be called again.
    let end = try interpreter.function(
      "solve(f, over: 0..a, solver: tsit5(max_steps: 10)).final.x", of: .init("a"))
    #expect(throws: ProgramFailure.self) { try end(1e6) }
    #expect(abs(try #require(end(1).number) - 0.60653066) < 1e-4)
  }
}
