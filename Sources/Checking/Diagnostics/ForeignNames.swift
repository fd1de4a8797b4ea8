/// What names of other languages are called here.
enum ForeignNames {
  static let values: [String: String] = [
    "len": "the length of an array is `length(x)`",
    "numel": "the length of an array is `length(x)`",
    "shape": "the length of an array's first axis is `length(x)`",
    "size": "the length of an array is `length(x)`",
    "eye": "the unit matrix is `identity(n)`",
    "arange": "equal steps are `linspace(0, 1, 11)`, integers the range `0..<n`",
    "range": "integers are a range: `0..<n`",
    "array": "an array is a bracket: `[1, 2, 3]`",
    "randn": "a draw is `sample normal(0, 1)`",
    "rand": "a draw is `sample uniform(0, 1)`",
    "ln": "the natural logarithm is `log(x)`",
    "pow": "a power is `x^2`",
    "power": "a power is `x^2`",
    "arctan": "it is called `atan`",
    "arcsin": "it is called `asin`",
    "arccos": "it is called `acos`",
    "println": "a value is shown by `print x`",
    "printf": "a value is shown by `print x`",
    "disp": "a value is shown by `print x`",
    "where": "a choice is `if c then a else b`",
    "ifelse": "a choice is `if c then a else b`",
    "matmul": "the matrix product is `a @ b`",
    "append": "`[a, b]` joins arrays",
    "concat": "`[a, b]` joins arrays",
    "concatenate": "`[a, b]` joins arrays",
    "vcat": "`[a, b]` joins arrays",
    "hcat": "`[a, b]` joins arrays",
    "Chain": "layers are joined by pipes: `x |> dense(50) |> tanh |> dense(2)`",
    "Sequential": "layers are joined by pipes: `x |> dense(50) |> tanh |> dense(2)`",
    "Linear": "a layer of a width is `dense(50)`: its input's width is taken from its use",
    "MLP": "a network is `mlp(50)`, or `x |> dense(50) |> tanh |> dense(2)`",
    "odeint": "an ode is declared by `ode f { … }`, and solved by `solve(f, over: 0..10)`",
    "solve_ivp": "an ode is declared by `ode f { … }`, and solved by `solve(f, over: 0..10)`",
    "ODEProblem": "an ode is declared by `ode f { … }`, and solved by `solve(f, over: 0..10)`",
    "ode45": "an ode is declared by `ode f { … }`, and solved by `solve(f, over: 0..10)`",
    "np": "functions have no module before them: `sin(x)`, `linspace(0, 1, 11)`",
    "math": "functions have no module before them: `sin(x)`",
    "torch": "functions have no module before them: `tanh(x)`",
    "jnp": "functions have no module before them: `sin(x)`",
    "im": "there are no complex numbers: write real and imaginary parts as two values",
  ]

  static let fields: [String: String] = [
    "T": "the transpose is `transpose(x)`",
    "shape": "the length of the first axis is `length(x)`",
    "size": "the length is `length(x)`",
    "length": "the length is `length(x)`",
    "sum": "it is a function: `sum(x)`",
    "mean": "it is a function: `mean(x)`",
  ]

  /// Arguments of `solve`.
  static let solveLabels: [String: String] = [
    "tspan": "over", "t_span": "over", "span": "over", "saveat": "at", "t_eval": "at",
    "times": "at", "t": "at", "method": "solver", "alg": "solver", "y0": "from", "u0": "from",
    "x0": "from", "initial": "from", "params": "with", "p": "with", "args": "with", "dt": "solver",
    "rtol": "solver", "atol": "solver", "reltol": "solver", "abstol": "solver",
    "gradient": "solver", "max_steps": "solver",
  ]
}
