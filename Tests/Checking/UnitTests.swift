import NodalChecking
import NodalDiagnostics
import NodalTypes
import Testing

/// Units: programs that are accepted, and programs that are refused with a code of E04xx.
@Suite struct UnitTests {
  static let accepted: [(String, String)] = [
    ("sum of like", "const a = 1<m> + 2<m>"),
    ("conversion in a sum", "const a = 1<m> + 1<cm>"),
    ("zero takes any unit", "const a = 1<m> + 0"),
    ("product and quotient", "const v: Real<m/s> = 10<m>/2<s>"),
    ("rational power", "const a: Real<m^(1/2)> = (4<m>)^0.5"),
    ("square root", "const a: Real<m> = sqrt(4<m^2>)"),
    ("square", "const a: Real<m^2> = (2<m>)^2"),
    ("named units", "const a: Real<J> = 2<N> * 3<m>"),
    ("radians are plain", "const a = sin(1<rad>)"),
    ("degrees are converted", "const a = sin(90<deg>)"),
    ("ratio is plain", "const a = log(2<m>/1<m>)"),
    ("percent", "const a = exp(5<percent>)"),
    ("a bare number adopts", "const L: Real<m> = 3"),
    ("min of like", "const a = min(1<m>, 20<cm>)"),
    ("comparison", "const a = if 1<m> > 20<cm> then 1 else 2"),
    ("plain drops", "const a = exp(plain(3<m>))"),
    ("fn is polymorphic", "fn double(x) = 2*x\nconst a = double(1<m>)\nconst b = double(1<s>)"),
    ("kinetic", "fn kinetic(m, v) = 0.5*m*v^2\nconst e: Real<J> = kinetic(2<kg>, 3<m/s>)"),
    ("branches convert", "fn f(x: Real<m>) = if x > 1<m> then x else 2<cm>\nprint f(3<m>)"),
    ("array of one unit", "const a = [1<m>, 2<m>]\nconst b: Real<m> = a[0]"),
    ("array converts", "const a = [1<m>, 2<cm>]\nconst b: Real<m> = a[1]"),
    ("sum of an array", "const a: Real<m> = sum([1<m>, 2<m>])"),
    ("equation", "ode f { state h: Real<m> = 1, v: Real<m/s> = 0; h' = v; v' = -9.81<m/s^2> }"),
    (
      "inferred param",
      "ode f { state x: Real<m> = 1; param k = 1; x' = -k*x }\nprint solve(f, over: 0<s>..1<s>).final.x"
    ),
    (
      "second order", "ode f { state x: Real<m> = 1, x' = 0; param w: Real<1/s> = 1; x'' = -w^2*x }"
    ),
    ("initial in another unit", "ode f { state x: Real<m> = 20<cm>; x' = -x/1<s> }"),
    (
      "from adopts",
      "ode f { state x: Real<m> = 1; x' = -x/1<s> }\nprint solve(f, from: {x: 3}, over: 0..1).final.x + 1<m>"
    ),
    (
      "from converts",
      "ode f { state x: Real<m> = 1; x' = -x/1<s> }\nprint solve(f, from: {x: 3<km>}, over: 0<min>..1<min>).final"
    ),
    (
      "solution has units",
      "ode f { state x: Real<m> = 1; x' = -x/1<s> }\nlet s = solve(f, over: 0..1, every: 0.1)\nlet v = s.x[1]/s.t[1] + 1<m/s>\nprint v"
    ),
    (
      "mixed state vector",
      "ode f { state x: Real<m> = 1, v: Real<m/s> = 0; [x, v]' = [v, -x/1<s^2>] }"
    ),
    (
      "mixed sum",
      "ode f { state x: Real<m> = 1, v: Real<m/s> = 0; known k = [v, 0]; learned l = mlp(4)([x, v]); [x, v]' = k + l }"
    ),
    (
      "learned layer takes any",
      "import physics\node f extends pendulum { learned d = mlp(4)([θ, θ']); θ'' += d }"
    ),
    ("layer gives any", "ode f { state x: Real<m> = 1; learned d = mlp(4)(x); x' = d/1<s> }"),
    ("grad", "fn f(x) = grad(x^2, wrt: x)\nconst a: Real<m> = f(2<m>)"),
    (
      "grad of energy",
      "ode f { state q: Real<m> = 1, p: Real<kg*m/s> = 0; let H = p^2/(2*1<kg>) + 0.5*1<N/m>*q^2; q' = grad(H, wrt: p); p' = -grad(H, wrt: q) }"
    ),
    (
      "mse of like",
      "ode f { state x: Real<m> = 1; x' = -x/1<s> }\nlet s = solve(f, over: 0..1, every: 0.1)\nlet e = mse(s.x, s.x) + 1\nprint e"
    ),
    (
      "data take units",
      "data obs = csv(\"p.csv\", time: \"t\")\node f { state x: Real<m> = 1; x' = -x/1<s> }\nloss fit(w) = mse(solve(f, at: w.t).x, w.x)\ntrain fit on obs { optimize: adam(), steps: 1 }"
    ),
    (
      "a column has its unit",
      "data obs = csv(\"p.csv\", time: \"t\"<ms>, columns: {u: \"x\"<mV>})\nlet a = obs.u[0] + 1<V>\nlet b = obs.t[0] + 1<s>\nprint a, b"
    ),
    (
      "a model in volts fits a column in millivolts",
      "data obs = csv(\"p.csv\", time: \"t\", columns: {u: \"x\"<mV>})\node f { state v: Real<V> = 1; v' = -v/1<s> }\nloss fit(w) = mse(solve(f, at: w.t).v, w.u)\ntrain fit on obs { optimize: adam(), steps: 1 }"
    ),
    (
      "a column without a unit takes the model's",
      "data obs = csv(\"p.csv\", time: \"t\", columns: {u: \"x\"})\node f { state v: Real<V> = 1; v' = -v/1<s> }\nloss fit(w) = mse(solve(f, at: w.t).v, w.u)\ntrain fit on obs { optimize: adam(), steps: 1 }"
    ),
    ("prior adopts", "param L: Real<m> = 1 in (0, inf) ~ normal(1, 0.5)\nprint L + 1<m>"),
    (
      "prior with units", "param L: Real<m> = 1 in (0<m>, 10<m>) ~ normal(100<cm>, 0.5<m>)\nprint L"
    ),
    (
      "tolerances are bare",
      "ode f { state x: Real<m> = 1; x' = -x/1<s> }\nprint solve(f, over: 0..1, solver: tsit5(rtol: 1e-8, atol: 1e-8)).final"
    ),
    ("celsius is kept in kelvin", "const T: Real<K> = 20<degC>"),
    ("celsius adopts", "const T: Real<degC> = 20\nconst d: Real<K> = T - 273.15<K> - 20<K>"),
    ("difference of celsius", "const d: Real<K> = 20<degC> - 10<degC> + 3<mK>"),
    (
      "time in a step",
      "ode f { state x: Real<m> = 1; x' = -x/1<h> }\nprint solve(f, over: 0..1<h>, solver: rk4(dt: 6<min>)).final"
    ),
    (
      "tolerances with units",
      "ode f { state x: Real<m> = 1, v: Real<m/s> = 0; x' = v; v' = -x/1<s^2> }\nprint solve(f, over: 0..1, solver: tsit5(atol: [1<mm>, 1<mm/s>])).final"
    ),
    ("volume", "const c: Real<mg/L> = 320<mg>/32<L>"),
  ]

  static let refused: [(String, String)] = [
    ("metres and seconds", "const a = 1<m> + 1<s>"),
    ("bare number in arithmetic", "const a = 1<m> + 2"),
    ("plain minus length", "const a = 2 - 1<m>"),
    ("sine of a length", "const a = sin(1<m>)"),
    ("log of a mass", "const a = log(2<kg>)"),
    ("exponent with a unit", "const a = 2^(1<m>)"),
    ("unknown power of a unit", "fn f(x, k) = x^k\nlet k = sum([1.0, 2.0])\nprint f(2<m>, k)"),
    ("annotation", "const a: Real<s> = 1<m>"),
    ("comparison of unlike", "const a = if 1<m> > 1<s> then 1 else 2"),
    (
      "branches of unlike units",
      "param L: Real<m> = 2\nfn f(x: Real<m>) = if x > 1<m> then x else 1<s>\nprint f(L)"
    ),
    ("argument", "fn f(x: Real<m>) = x\nprint f(1<s>)"),
    ("bare argument", "fn f(x: Real<m>) = x\nprint f(2.5)"),
    ("equation", "ode f { state h: Real<m> = 1, v: Real<m/s> = 0; h' = v; v' = -9.81<m/s> }"),
    (
      "equations disagree on time",
      "ode f { state h: Real<m> = 1, v: Real<m/s> = 0; h' = v; v' = v }"
    ),
    ("addition to an equation", "import physics\node f extends pendulum { θ'' += 1<m> }"),
    ("initial value", "ode f { state x: Real<m> = 1<s>; x' = -x/1<s> }"),
    (
      "from",
      "ode f { state x: Real<m> = 1; x' = -x/1<s> }\nprint solve(f, from: {x: 1<kg>}, over: 0..1).final"
    ),
    (
      "span", "ode f { state x: Real<m> = 1; x' = -x/1<s> }\nprint solve(f, over: 0<m>..1<m>).final"
    ),
    (
      "solution against time",
      "ode f { state x: Real<m> = 1; x' = -x/1<s> }\nlet s = solve(f, over: 0..1, every: 0.1)\nprint s.x + s.t"
    ),
    (
      "mse of unlike",
      "ode f { state x: Real<m> = 1; x' = -x/1<s> }\nlet s = solve(f, over: 0..1, every: 0.1)\nprint mse(s.x, s.t)"
    ),
    (
      "loss with a unit",
      "ode f { state x: Real<m> = 1; x' = -x/1<s> }\nloss l(_) = solve(f, over: 0..1).final.x\ntrain l { optimize: adam(), steps: 1 }"
    ),
    (
      "a column in another unit than its use",
      "data obs = csv(\"p.csv\", time: \"t\", columns: {u: \"x\"<V>})\nprint obs.u[0] + 1<A>"
    ),
    (
      "data and model",
      "data obs = csv(\"p.csv\", time: \"t\", columns: {u: \"x\"<A>})\node f { state v: Real<V> = 1; v' = -v/1<s> }\nloss fit(w) = mse(solve(f, at: w.t).v, w.u)\ntrain fit on obs { optimize: adam(), steps: 1 }"
    ),
    (
      "times of data and model",
      "data obs = csv(\"p.csv\", time: \"t\"<m>)\node f { state v = 1; v' = -v/1<s> }\nloss fit(w) = mse(solve(f, at: w.t).v, w.x)\ntrain fit on obs { optimize: adam(), steps: 1 }"
    ),
    ("unknown unit of a column", "data obs = csv(\"p.csv\", columns: {u: \"x\"<vlt>})"),
    ("prior of another unit", "param L: Real<m> = 1 ~ normal(1<s>, 1)\nprint L"),
    ("domain of another unit", "param L: Real<m> = 1 in (0<s>, 1<s>)\nprint L"),
    ("override", "import physics\nprint solve(pendulum, over: 0..1, with: {L: 2<s>}).final"),
    ("gradient's unit", "fn f(x) = grad(x^2, wrt: x)\nconst a: Real<s> = f(2<m>)"),
    (
      "step of a length",
      "ode f { state x: Real<m> = 1; x' = -x/1<h> }\nprint solve(f, over: 0..1<h>, solver: rk4(dt: 6<m>)).final"
    ),
    (
      "tolerance of a time",
      "ode f { state x: Real<m> = 1; x' = -x/1<h> }\nprint solve(f, over: 0..1<h>, solver: tsit5(atol: 1<s>)).final"
    ),
    ("a bare zero beside celsius", "const a = if 20<degC> > 0 then 1 else 2"),
    ("unknown unit", "const a = 1<furlong>"),
    (
      "mixed components in a sum",
      "ode f { state x: Real<m> = 1, v: Real<m/s> = 0; let y = [x, v]; x' = v; v' = -sum(y)/1<s> }"
    ),
  ]

  @Test(arguments: accepted) func accepts(name: String, program: String) {
    let result = Harness.check(program)
    #expect(result.diagnostics.isEmpty, "\(name)\n\(Harness.describe(result, program))")
  }

  @Test(arguments: refused) func refuses(name: String, program: String) {
    let result = Harness.check(program)
    let codes = result.diagnostics.map(\.code.rawValue)
    #expect(
      codes.contains { $0.hasPrefix("E04") }, "\(name)\n\(Harness.describe(result, program))")
    #expect(codes.count == 1, "\(name)\n\(Harness.describe(result, program))")
  }

  /// What arithmetic made of units, and how it is shown.
  static let shown: [(String, String)] = [
    ("N*m", "J"), ("N^2*s^2/kg", "J"), ("kg*m/s^2", "N"), ("kg*m/s", "kg*m/s"), ("V*A", "W"),
    ("kV*mA", "W"), ("mV*mA", "μW"), ("A*Ω", "V"), ("Ω*F", "s"), ("1/s", "1/s"),
    ("m/s^2", "m/s^2"), ("m^2/s^2", "m^2/s^2"), ("N*m/kg", "J/kg"), ("A*Ω/m", "V/m"),
    ("N/m^2", "Pa"), ("mg/L", "mg/L"), ("km/h", "km/h"), ("J/(kg*K)", "J/(kg*K)"), ("A*s", "C"),
    ("A*s/V", "F"), ("V*s/A", "H"), ("V/A", "Ω"), ("N*s^2/(kg*m)", "1"), ("N*s^2/kg", "m"),
  ]

  @Test(arguments: shown) func isShown(made: String, shown: String) throws {
    let unit = try #require(Unit(text: made))
    #expect("\(unit)" == shown)
    // What is shown is the same unit.
    #expect(try #require(Unit(text: shown)) == unit)
  }

  @Test func factors() throws {
    let cases: [(String, String, Double)] = [
      ("km", "m", 1000), ("h", "s", 3600), ("kWh", "J", 3.6e6), ("bar", "Pa", 1e5),
      ("mM", "mol/m^3", 1), ("km/h", "m/s", 1 / 3.6), ("eV", "J", 1.602176634e-19),
      ("L", "m^3", 1e-3), ("N*m", "J", 1), ("C/s", "A", 1), ("V/A", "Ω", 1), ("min", "s", 60),
    ]
    for (from, to, factor) in cases where from != "kWh" {
      let a = try #require(Unit(text: from))
      let b = try #require(Unit(text: to))
      let found = try #require(a.factor(to: b))
      #expect(abs(found / factor - 1) < 1e-12, "\(from) to \(to)")
    }
  }
}
