import Nodal
import NodalBasics
import TestSupport
import Testing

/// `nodal export c`: odes as C code, which is compiled, run, and compared with what Nodal gives.
@Suite struct ExportTests {
  static let program = """
    import physics
    const n = 5
    param σ: Real = 0.3 in (0, inf)
    layer net(y: Real[2]) = y^3 |> dense(20) |> tanh |> dense(2)
    ode spiral(y: Real[2]) { y' = net(y) }
    ode swing extends pendulum {
      learned drag = mlp(8)([θ, θ']) where odd(θ')
      θ'' += drag
    }
    /// Heat in a rod. */ /*
    ode rod {
      state T: Real<K>[n] = [1, 2, 3, 4, 5], ŵ: Real<m>[2, 2] = [[1, 0], [0, 1]]
      param k: Real<1/s> = 0.5 in (0, inf), A: Real[2, 2] = [[0, 1], [-1, -0.1]]
      T' = k*(shift(T, 1) + shift(T, -1) - 2*T)
      ŵ' = (A @ ŵ)/1<s>
      output total = sum(T)
      output row = ŵ[0]
    }
    ode driven {
      input u: Real<V> = 0<V>
      state i: Real<A> = 0, q: Real<A*s> = 0
      param R: Real<ohm> = 2, L: Real<H> = 0.5
      i' = (u - R*i)/L
      q' = i + 0.1*u'/1<ohm/s>
      output loss = R*i^2
    }
    ode mixed {
      param m = 3, x0 = 0.25
      state x = 2*x0, z = 1
      x' = if x > -0.2 then -x*softplus(z) else lgamma(m + x^2)
      z' = -z^1.5 + fold(1..4, init: 0) { (s, k) -> s + sin(k*x) } / 4 + grad(sin(x*z), wrt: x) + sum(map([1, 2, 3]) { (c) -> c*x })*σ
    }
    solver tight = tsit5(rtol: 1e-12, atol: 1e-13)
    data truth = generate(uniform([-1, -1], [1, 1]), count: 4)
    loss small(e) = mean(net(e.x)^2)
    train small on truth { optimize: adam(lr: 1e-2), steps: 3 }
    let s0 = solve(spiral, from: [2, 0], over: 0..1, every: 0.125, solver: tight)
    let s1 = solve(swing, from: {θ: 1, θ': 0}, over: 0..1, every: 0.125, solver: tight)
    let s2 = solve(rod, over: 0..1, every: 0.125, solver: tight)
    let s3 = solve(driven, over: 0..1, every: 0.125, input: {u: (t) -> 3*sin(2*t/1<s>)*1<V>}, solver: tight)
    let s4 = solve(mixed, over: 0..1, every: 0.125, solver: tight)
    let back = solve(rod, over: 1..0, every: 0.125, solver: tight)
    """

  /// A trained network, physics with a learned term, arrays of states, an input with its rate, and choices, loops and derivatives.
  @Test(.enabled(if: CompiledC.isAvailable, "there is no C compiler"))
  func trajectoriesAgree() throws {
    let recorder = Recorder(files: [:], threads: 1)
    try #require(
      recorder.run(Self.program) == .finished, "\(recorder.errors.map(\.text).joined())")
    let cases: [(ode: String, fields: [String], start: String, outputs: [String])] = [
      ("spiral", ["s0.y"], "y[0] = 2; y[1] = 0;", []),
      ("swing", ["s1.θ", "s1.θ'"], "y[swing_y_theta] = 1; y[swing_y_theta_dot] = 0;", []),
      ("rod", ["s2.T", "s2.ŵ"], "", ["s2.total", "s2.row"]),
      ("driven", ["s3.i", "s3.q"], "", ["s3.loss"]), ("mixed", ["s4.x", "s4.z"], "", []),
      ("rod", ["back.T", "back.ŵ"], "", []),
    ]
    var files: [(name: String, text: String)] = []
    var main = "#include <math.h>\n#include <stdio.h>\n"
    var body = ""
    var right: [Double] = []
    for (place, (ode, fields, start, outputs)) in cases.enumerated() {
      let code = try recorder.interpreter.exportC(ode)
      if !files.contains(where: { $0.name == ode + ".h" }) {
        files += [(ode + ".h", code.header), (ode + ".c", code.source)]
        main += "#include \"\(ode).h\"\n"
      }
      let isDriven = ode == "driven"
      let times = (0..<9).map { Double(place == 5 ? 8 - $0 : $0) / 8 }
      body += """
          {
            const double times[9] = {\(times.map { "\($0)" }.joined(separator: ", "))};
            double y[\(ode)_states], p[\(ode)_parameters_count + 1], work[\(ode)_work], states[9 * \(ode)_states];
            \(ode)_options options = \(ode)_defaults;
            int status;
            options.rtol = 1e-12;
            options.atol = 1e-13;
            \(ode)_parameters(p);
            \(ode)_initial(p, y);
            \(start)
            status = \(ode)_solve(times, 9, y, p,\(isDriven ? " drive, NULL," : "") &options, work, states);
            if (status != \(ode)_ok) puts(\(ode)_message(status));
            for (int i = 0; i < 9 * \(ode)_states; i++) printf("%.17g ", states[i]);

        """
      let all = try fields.map { try #require(recorder.interpreter.evaluate($0).numbers) }
      for i in 0..<9 {
        for numbers in all {
          right += numbers[(i * numbers.count / 9)..<((i + 1) * numbers.count / 9)]
        }
      }
      if !outputs.isEmpty {
        body += """
              for (int i = 0; i < 9; i++) {
                double out[\(ode)_outputs_count];
                \(isDriven ? "double u[2]; drive(times[i], u, NULL);" : "")
                \(ode)_outputs(times[i], states + i * \(ode)_states, p,\(isDriven ? " u," : "") out);
                for (int k = 0; k < \(ode)_outputs_count; k++) printf("%.17g ", out[k]);
              }

          """
        let seen = try outputs.map { try #require(recorder.interpreter.evaluate($0).numbers) }
        for i in 0..<9 {
          for numbers in seen {
            right += numbers[(i * numbers.count / 9)..<((i + 1) * numbers.count / 9)]
          }
        }
      }
      body += "  }\n"
    }
    main += """
      static void drive(double t, double *u, void *context) {
        (void)context;
        u[driven_u_u] = 3 * sin(2 * t);
        u[driven_u_u_dot] = 6 * cos(2 * t);
      }

      int main(void) {
      \(body)  return 0;
      }

      """
    files.append(("main.c", main))
    let found = try CompiledC.numbers(files, optimized: Effort.isLong)
    try #require(found.count == right.count)
    let worst = zip(found, right).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? .nan
    #expect(worst < 1e-9, "\(worst)")
  }

  /// What a caller may do wrong has a status.
  @Test(.enabled(if: CompiledC.isAvailable, "there is no C compiler"))
  func endsThatAreNone() throws {
    let recorder = Recorder(files: [:], threads: 1)
    try #require(
      recorder.run(
        """
        ode blast { state x = 1; x' = x^2 }
        ode gone { state x: Real; x' = log(-1 - x^2) }
        """) == .finished)
    var files: [(name: String, text: String)] = []
    for ode in ["blast", "gone"] {
      let code = try recorder.interpreter.exportC(ode)
      files += [(ode + ".h", code.header), (ode + ".c", code.source)]
    }
    files.append(
      (
        "main.c",
        """
        #include <math.h>
        #include <stdio.h>
        #include "blast.h"
        #include "gone.h"
        int main(void) {
          const double times[3] = {0, 0.5, 2}, wrong[3] = {0, 1, 0.5};
          double y[1], p[1], work[10], states[3];
          blast_options options = blast_defaults;
          blast_parameters(p);
          blast_initial(p, y);
          printf("%d ", blast_solve(times, 2, y, p, NULL, work, states));
          printf("%.17g ", states[1]);
          printf("%d ", blast_solve(times, 3, y, p, NULL, work, states) != blast_ok);
          printf("%d ", states[1] == states[1] && states[2] != states[2]);
          printf("%d ", blast_solve(wrong, 3, y, p, NULL, work, states));
          options.rtol = NAN;
          printf("%d ", blast_solve(times, 2, y, p, &options, work, states));
          options = blast_defaults;
          options.most_steps = 2;
          printf("%d ", blast_solve(times, 2, y, p, &options, work, states));
          printf("%d ", blast_solve(times, 1, y, p, NULL, work, states));
          gone_initial(p, y);
          printf("%d ", y[0] != y[0]);
          printf("%d ", gone_solve(times, 2, y, p, NULL, work, states));
          y[0] = 1;
          printf("%d ", gone_solve(times, 2, y, p, NULL, work, states));
          return 0;
        }
        """
      ))
    let found = try CompiledC.numbers(files)
    try #require(found.count == 11)
    #expect(abs(found[1] - 2) < 1e-5)
    #expect(found[0] == 0 && Array(found[2...]) == [1, 1, 4, 4, 3, 0, 1, 1, 1])
  }

  @Test func theHeaderTellsWhatIsWhere() throws {
    let recorder = Recorder(files: [:], threads: 1)
    _ = try #require(try? recorder.interpreter.declare(Program(text: Self.program, path: "m.node")))
    let header = try recorder.interpreter.exportC("rod").header
    for text in [
      "Heat in a rod. * / / *", "0 to 4  T  [5]     K", "5 to 8  ŵ  [2, 2]  m",
      "k          1/s  0.5",
      "rod_y_w_hat = 5", "rod_p_A = 1", "rod_outputs_count = 3", "The time t is in s.",
    ] { #expect(header.contains(text), "\(text)\n\(header)") }
    let driven = try recorder.interpreter.exportC("driven").header
    #expect(driven.contains("driven_u_u_dot = 1"))
  }

  @Test(arguments: [
    ("state x = 1; x' = -x; event hit: x == 0.5 falling { x = 1 }", "the event `hit`"),
    ("state x = 1; x' = -x; noise x = 0.1", "noise"),
    ("state x = 1; x' = -x(t - 1)", "earlier times"),
    ("state x = 1, y = 1; x' = -x; 0 = x - y", "not solved for its derivative"),
    (
      "state y: Real[2] = [1, 1]; y' = if divergence(y^3, wrt: y, estimator: hutchinson) > 0 then -y else y",
      "random"
    ),
  ])
  func whatHasNoPlaceIsRefusedByName(ode: String, words: String) {
    let recorder = Recorder(files: [:], threads: 1)
    #expect {
      try recorder.interpreter.declare(Program(text: "ode f { \(ode) }", path: "m.node"))
      _ = try recorder.interpreter.exportC("f")
    } throws: { error in
      guard let failure = error as? ProgramFailure else { return false }
      let found = failure.diagnostics.first { $0.isError }
      return found?.code == "E0901" && found?.text.contains(words) == true
        && found?.text.contains("`f`") == true
    }
  }

  @Test func anUnknownOdeIsNamed() {
    let recorder = Recorder(files: [:], threads: 1)
    recorder.run("ode swing { state x = 1; x' = -x }")
    #expect {
      _ = try recorder.interpreter.exportC("swign")
    } throws: { error in
      let found = (error as? ProgramFailure)?.diagnostics.first
      return found?.code == "E0813" && found?.text.contains("did you mean `swing`?") == true
    }
  }

  @Test func savedWeightsAreTaken() throws {
    let world = MemoryWorld()
    var configuration = Configuration(threads: 1, directory: "/project")
    configuration.host = world.host
    let program = """
      layer net(y: Real[2]) = y |> dense(2)
      ode f(y: Real[2]) { param k = 2; y' = k*net(y) }
      """
    let first = Recorder(configuration)
    #expect(
      first.run(
        "seed 3\n" + program + "\nsave f to \"f.safetensors\"\nsave net to \"net.safetensors\"")
        == .finished)
    let wanted = try first.interpreter.exportC("f")
    let second = Recorder(configuration)
    try second.interpreter.declare(Program(text: program, path: "test.node"))
    #expect(try second.interpreter.exportC("f").source != wanted.source)
    #expect(second.interpreter.untrainedNetworks(of: "f").isEmpty == false)
    let taken = try second.interpreter.loadWeights(fromSafetensors: "/project/runs/f.safetensors")
    #expect(taken == ["f.k"])
    // What is declared outside of the ode is saved on its own.
    #expect(second.interpreter.untrainedNetworks(of: "f").count == 2)
    _ = try second.interpreter.loadWeights(fromSafetensors: "/project/runs/net.safetensors")
    #expect(second.interpreter.untrainedNetworks(of: "f").isEmpty)
    #expect(try second.interpreter.exportC("f").source == wanted.source)
    #expect(throws: ProgramFailure.self) {
      try second.interpreter.loadWeights(fromSafetensors: "/project/none.safetensors")
    }
    #expect(throws: ProgramFailure.self) {
      let other = Recorder(configuration)
      try other.interpreter.declare(Program(text: "param q = 1", path: "q.node"))
      _ = try other.interpreter.loadWeights(fromSafetensors: "/project/runs/f.safetensors")
    }
  }
}
