/// A word of the language that `:help` explains: how it is written, and what it does.
struct HelpTopic {
  let word: String
  /// A program that parses.
  let usage: String
  let text: String

  static func named(_ word: String) -> HelpTopic? { all.first { $0.word == word } }

  static let all: [HelpTopic] = [
    .init(
      word: "ode",
      usage: "ode swing {\n  param L = 1<m> in (0, inf)\n  θ'' = -9.81<m/s^2>/L*sin(θ)\n}",
      text:
        "a model: states, and equations for how they change. `ode b extends a { … }` adds to one."),
    .init(
      word: "learned", usage: "ode b extends a { learned drag = mlp(8)(θ')\n θ'' += -drag }",
      text: "a term of an equation that a network is, with `where odd(θ')` and other structures."),
    .init(
      word: "param", usage: "param k = 0.5 in (0, inf) ~ lognormal(0, 1)",
      text: "a number that training may change, with its domain and its prior."),
    .init(word: "const", usage: "const g = 9.81<m/s^2>", text: "a number that stays as it is."),
    .init(word: "let", usage: "let s = solve(swing, over: 0..10)", text: "a name for a value."),
    .init(word: "fn", usage: "fn energy(v) = 0.5*v^2", text: "a function."),
    .init(
      word: "layer", usage: "layer net = mlp(16, depth: 2)",
      text: "something with weights that is called like a function."),
    .init(
      word: "solve", usage: "let s = solve(swing, over: 0..10, every: 0.1, with: {L: 1.2})",
      text:
        "a solution: `s.t`, `s.θ`, `s.final`, `s.stats`. `at: times` in place of `over:`; `from:` gives first values, `solver:` the method."
    ),
    .init(
      word: "data", usage: "data obs = csv(\"swing.csv\", time: \"t\")",
      text: "a table of measurements; or `simulate(swing, over: 0..10, every: 0.1)`, `npz(…)`."),
    .init(
      word: "loss", usage: "loss fit(w) = mse(solve(swing, at: w.t).θ, w.θ)",
      text: "a number for an example `w` of the data, that training makes small."),
    .init(
      word: "train", usage: "train fit on obs { optimize: adam(lr: 1e-2), steps: 500 }",
      text:
        "changes parameters and weights; `let run = train …` gives a name to how it went. Ctrl-C keeps the best so far."
    ),
    .init(
      word: "uncertainty", usage: "let u = uncertainty of run { method: laplace() }",
      text: "intervals of the parameters of a run; `predict:` gives bands."),
    .init(
      word: "residuals", usage: "let r = residuals of run",
      text: "what a run leaves of the data, with tests of it."),
    .init(
      word: "plot", usage: "plot s.θ against t to \"swing.svg\"",
      text: "draws: at a terminal without `to`."),
    .init(
      word: "print", usage: "print s.final.θ", text: "shows values; so does a value by itself."),
    .init(
      word: "explain", usage: "explain swing along s",
      text: "what each term of each equation adds along a solution."),
    .init(
      word: "check", usage: "check gradients of fit on obs",
      text: "compares ways of taking the gradient with each other and with differences."),
    .init(
      word: "save", usage: "save swing to \"swing.safetensors\"",
      text: "parameters and weights into a file. `:save FILE` saves the whole session."),
    .init(
      word: "load", usage: "load swing from \"swing.safetensors\"",
      text: "parameters and weights from a file. `:load FILE` runs a program."),
    .init(
      word: "write", usage: "write s to \"swing.csv\"", text: "a solution, a table or an array."),
    .init(
      word: "import", usage: "import physics",
      text: "models that come with Nodal, or another file: `import \"models.node\"`."),
  ]
}
