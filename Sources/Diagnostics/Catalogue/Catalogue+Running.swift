extension Catalogue {
  /// E10xx and W10xx: while a program runs. Those of training stand in `training`.
  package static let running: [CatalogueRow] = [
    CatalogueRow(
      .stepTooSmall, "the step size fell to nothing",
      "To stay within the tolerances the solver had to take ever smaller steps: the "
        + "solution grows without bound near that time, or jumps.",
      bad: """
        ode blow { state x = 1; x' = x^2 }
        print solve(blow, over: 0..2).final.x
        """,
      mended: """
        ode blow { state x = 1; x' = x^2 }
        print solve(blow, over: 0..0.9).final.x
        """),
    CatalogueRow(
      .nonFiniteState, "a state is not a finite number any more",
      "A right-hand side gave no finite number (a division by zero, the logarithm of "
        + "something negative), or steps of fixed size were too long for the system.",
      bad: """
        ode f { state x = 1; x' = log(x - 2) }
        print solve(f, over: 0..1, solver: euler(dt: 0.1)).final.x
        """,
      mended: """
        ode f { state x = 1; x' = log(x + 2) }
        print solve(f, over: 0..1, solver: euler(dt: 0.1)).final.x
        """),
    CatalogueRow(
      .stepBudget, "the solver used up its steps",
      "`max_steps` bounds the steps of one solve. Many tiny steps are a sign of a stiff "
        + "system, or of one that blows up.",
      bad: """
        ode f { state x = 1; x' = -x }
        print solve(f, over: 0..50, solver: tsit5(max_steps: 5)).final.x
        """,
      mended: """
        ode f { state x = 1; x' = -x }
        print solve(f, over: 0..50, solver: tsit5(max_steps: 500)).final.x
        """),
    CatalogueRow(
      .assertionFailed, "an assertion does not hold",
      "`assert` stops the program where its condition is false, and shows the two sides "
        + "of a comparison.",
      bad: "assert 2*2 == 5",
      mended: "assert 2*2 == 4"),
    CatalogueRow(
      .writeFailed, "a file can't be written",
      "The disk is full, a folder is not writable, or a part of the path is a file.",
      bad: """
        let x = [1, 2]
        write x to "x.csv"
        write x to "x.csv/x.csv"
        """,
      mended: """
        let x = [1, 2]
        write x to "x.csv"
        write x to "more/x.csv"
        """),
    CatalogueRow(
      .writeDenied, "a file outside of the folder for outputs",
      "A program writes below `--out` (`runs` beside the program) and nowhere else. "
        + "`--allow-write` permits a folder.",
      bad: """
        let x = [1, 2]
        write x to "/home/me/x.csv"
        """,
      mended: """
        let x = [1, 2]
        write x to "x.csv"
        """),
    CatalogueRow(
      .cancelled, "stopped by hand",
      "Ctrl-C ends the command that runs. A training run keeps the best parameters it has "
        + "found."),
    CatalogueRow(
      .incompatibleWeights, "a file of weights belongs to something else",
      "The names and shapes in the file are those of the model that was saved.",
      bad: """
        layer a(x: Real[2]) = x |> dense(3)
        layer b(x: Real[2]) = x |> dense(3)
        print a([1, 2]), b([1, 2])
        save a to "a.safetensors"
        load b from "a.safetensors"
        """,
      mended: """
        layer a(x: Real[2]) = x |> dense(3)
        print a([1, 2])
        save a to "a.safetensors"
        load a from "a.safetensors"
        """),
    CatalogueRow(
      .timesOutsideSpan, "a solution is asked for where it is not",
      "A solution can be read between its beginning and its end, and save times lie "
        + "within the span, in order.",
      bad: """
        ode f { state x = 1; x' = -x }
        let s = solve(f, over: 0..1)
        print s(2).x
        """,
      mended: """
        ode f { state x = 1; x' = -x }
        let s = solve(f, over: 0..2)
        print s(2).x
        """),
    CatalogueRow(
      .plotFailed, "a plot can't be drawn",
      "There is nothing to draw, a logarithmic axis has nothing above 0, or gnuplot, "
        + "which draws files, is not there or failed.",
      bad: "plot [-1, -2] log y to \"a.svg\"",
      mended: "plot [1, 2] log y to \"a.svg\""),
    CatalogueRow(
      .notSeparable, "a system that `leapfrog` can't take",
      "Splitting methods move positions by momenta and momenta by positions, in turns: "
        + "neither may depend on itself. Other methods take any system.",
      bad: """
        ode f { state q = 1, p = 0; q' = p; p' = -q - 0.1*p }
        print solve(f, over: 0..1, solver: leapfrog(dt: 0.1)).final
        """,
      mended: """
        ode f { state q = 1, p = 0; q' = p; p' = -q }
        print solve(f, over: 0..1, solver: leapfrog(dt: 0.1)).final
        """),
    CatalogueRow(
      .noiseNotDiagonal, "noise that `milstein` can't take",
      "Milstein's method wants each motion to drive one component, and its strength to depend on no other component that noise drives: "
        + "otherwise areas between motions enter, which are not known. `euler_maruyama` takes any noise.",
      bad: """
        ode f { state x = 1, y = 1; x' = -x; y' = -y; noise x = 0.1*y; noise y = 0.1 }
        print solve(f, over: 0..1, solver: milstein(dt: 0.01)).final
        """,
      mended: """
        ode f { state x = 1, y = 1; x' = -x; y' = -y; noise x = 0.1*y; noise y = 0.1 }
        print solve(f, over: 0..1, solver: euler_maruyama(dt: 0.01)).final
        """),
    CatalogueRow(
      .noiseNotAdditive, "noise that `srk` can't take",
      "The method is for noise that doesn't depend on the state. Where it does, `milstein` is the more exact one of the others.",
      bad: """
        ode f { state x = 1; x' = -x; noise x = 0.1*x }
        print solve(f, over: 0..1, solver: srk()).final
        """,
      mended: """
        ode f { state x = 1; x' = -x; noise x = 0.1*x }
        print solve(f, over: 0..1, solver: milstein(dt: 0.01)).final
        """),
    CatalogueRow(
      .noTangentOfNoise, "a derivative forwards through noise",
      "Derivatives inside of a program (`jvp`, `jacobian`) go forwards, and there is no such rule for a solve with noise. Gradients "
        + "of losses go backwards through its steps.",
      bad: """
        ode f { state x = 1; x' = -x; noise x = 0.1 }
        fn end(a) = solve(f, from: a, over: 0..1, solver: euler_maruyama(steps: 10)).final.x
        fn slope(a) = jvp(end(a), wrt: a, tangent: 1.0)
        print slope(1.0)
        """,
      mended: """
        ode f { state x = 1; x' = -x; noise x = 0.1 }
        fn end(a) = solve(f, from: a, over: 0..1, solver: euler_maruyama(steps: 10)).final.x
        fn slope(a) = grad(end(a), wrt: a)
        print slope(1.0)
        """),
    CatalogueRow(
      .resultUndefined, "a value that only a run gives",
      "A solution without `at:` or `every:` holds the steps that the solver happens to "
        + "take: how many, is not known before it runs, and changes with the parameters. In a "
        + "loss it says when.",
      bad: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        loss l(_) = mean(solve(f, over: 0..1).x)
        train l { optimize: adam(), steps: 1 }
        """,
      mended: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        loss l(_) = mean(solve(f, over: 0..1, every: 0.1).x)
        train l { optimize: adam(), steps: 1 }
        """),
    CatalogueRow(
      .noSeries, "a system that `taylor` can't take",
      "Taylor methods expand the right-hand side in powers of time, op by op. Arithmetic, powers, "
        + "elementary functions, sums and products of matrices have a rule for it; `lgamma` and its "
        + "derivatives, loops and solutions inside of the equations have none. Other methods take "
        + "any system.",
      bad: """
        ode f { state x = 1; x' = -lgamma(x + 2) }
        print solve(f, over: 0..1, solver: taylor()).final
        """,
      mended: """
        ode f { state x = 1; x' = -lgamma(x + 2) }
        print solve(f, over: 0..1, solver: dop853(rtol: 1e-9)).final
        """),
    CatalogueRow(
      .differentTimes, "trajectories solved together that end at different times",
      "With `batching: joint` all trajectories of a batch take the same steps, so they have to be as long as each other, and be "
        + "saved at the same times from their beginnings. They may begin at times of their own.",
      bad: """
        ode f { state x = 1; x' = -x }
        print map([1.0, 2.0]) { (T) -> solve(f, over: 0..T, solver: dopri5(batching: joint)).final.x }
        """,
      mended: """
        ode f { state x = 1; x' = -x }
        print map([1.0, 2.0]) { (T) -> solve(f, over: 0..T, solver: dopri5(batching: own)).final.x }
        """),
    CatalogueRow(
      .recordTooLarge, "more steps than there is memory to record",
      "`gradient: direct` and `gradient: interpolated` go back through a record of all steps, with the stages of each: as much memory as "
        + "states, times stages, times steps. `adjoint` and `forward` need none. Looser tolerances and smaller batches take less of it."
    ),
    CatalogueRow(
      .algebraicEquations, "equations that this method can't take",
      "Explicit methods step along derivatives, and a state that algebraic equations determine (`0 = …`) has no equation for its own. "
        + "Rosenbrock methods solve for it in each step.",
      bad: """
        ode f { state x = 1, z = 1; x' = -z; 0 = x - z }
        print solve(f, over: 0..1, solver: tsit5()).final.x
        """,
      mended: """
        ode f { state x = 1, z = 1; x' = -z; 0 = x - z }
        print solve(f, over: 0..1, solver: rodas5p()).final.x
        """),
    CatalogueRow(
      .undeterminedState, "equations that don't determine a state",
      "However the equations are shared out among the states, one is left without. An algebraic equation must hold a state that has no "
        + "derivative, and each of those must stand in one (index 1).",
      bad: """
        ode f { state x = 1, z = 1; x' = -z; 0 = x - 1 }
        print solve(f, over: 0..1).final.x
        """,
      mended: """
        ode f { state x = 1, z = 1; x' = -z; 0 = x - z }
        print solve(f, over: 0..1).final.x
        """),
    CatalogueRow(
      .inputTimesNotIncreasing, "samples of an input out of order",
      "Between which samples a time lies is looked up in their times, which have to increase. What is held may have two at one time: the "
        + "later counts.",
      bad: """
        ode f { state x = 0; input u; x' = u }
        print solve(f, over: 0..2, input: {u: linear([0, 2, 1], [1, 2, 3])}).final.x
        """,
      mended: """
        ode f { state x = 0; input u; x' = u }
        print solve(f, over: 0..2, input: {u: linear([0, 1, 2], [1, 3, 2])}).final.x
        """),
    CatalogueRow(
      .inputTimesUneven, "samples of a band-limited input that are not equally spaced",
      "What a signal was between its samples can be told from all of them where they are equally spaced and it has no frequencies beyond "
        + "half their rate: `bandlimited` does that. Steps may differ by a hundredth.",
      bad: """
        ode f { state x = 0; input u; x' = u }
        print solve(f, over: 0..3, input: {u: bandlimited([0, 1, 3], [1, 2, 3])}).final.x
        """,
      mended: """
        ode f { state x = 0; input u; x' = u }
        print solve(f, over: 0..3, input: {u: akima([0, 1, 3], [1, 2, 3])}).final.x
        """),
    CatalogueRow(
      .delayNotPositive, "a delay that is not positive",
      "An equation can read what was, not what is to come: a delay is more than zero, and "
        + "a solve with delays goes forwards in time. A delay that is learned is kept "
        + "positive by its bounds.",
      bad: """
        ode f { state x = 1; param τ = 1; x' = -x(t - τ) }
        print solve(f, over: 0..3, with: {τ: -1}).final
        """,
      mended: """
        ode f { state x = 1; param τ = 1; x' = -x(t - τ) }
        print solve(f, over: 0..3, with: {τ: 0.1}).final
        """),
    CatalogueRow(
      .noDerivativeOfDelay, "a derivative of a solve with delays that there is none of",
      "Solutions of equations with delays have first derivatives by all that they are made "
        + "of, but not by the times of the solve. Second derivatives there are by what is no delay, "
        + "where the solution doesn't jump.",
      bad: """
        ode f { state x = 1; param τ = 1; x' = -x(t - τ) }
        fn end(T) = solve(f, over: 0..T).final.x
        let T = 3.0
        print grad(end(T), wrt: T)
        """,
      mended: """
        ode f { state x = 1; param τ = 1; x' = -x(t - τ) }
        fn end(τ) = solve(f, over: 0..3, with: {τ: τ}).final.x
        let τ = 1.0
        print grad(end(τ), wrt: τ)
        """),
    CatalogueRow(
      .noSteadyState, "no steady state is found",
      "Neither Newton's method from the start, nor the flow from there, leads to a state at which all derivatives are zero. There may be none, "
        + "or the start is too far from it.",
      bad: """
        ode f { state x = 0.5; param a = 1.0; x' = x^2 + a }
        print steady(f)
        """,
      mended: """
        ode f { state x = 0.5; param a = 1.0; x' = x^2 - a }
        print steady(f)
        """),
    CatalogueRow(
      .steadyNotIsolated, "a steady state among others",
      "Where something is conserved, as the sum of two substances that turn into each other, every share of it has a steady state of its own, "
        + "and equations alone can't tell which. The conservation law in the place of one equation does. At a bifurcation, where two steady "
        + "states meet, nothing tells them apart either.",
      bad: """
        ode f { state x = 1, y = 0; x' = y - 2*x; y' = 2*x - y }
        print steady(f)
        """,
      mended: """
        ode f { state x = 1, y = 0; x' = y - 2*x; 0 = x + y - 1 }
        print steady(f)
        """),
    CatalogueRow(
      .directionsCollapsed, "Lyapunov exponents that are looked at too seldom",
      "Neighbours of a solution are followed in as many directions as the state has numbers. All of them turn towards the one that grows "
        + "fastest, so they are set upright again each `every:`. Where one of them has shrunk to no more than its errors by then, its exponent is lost.",
      bad: """
        ode f { state x = 1, y = 1; x' = x; y' = -50*y }
        print lyapunov(f, over: 0..10, every: 1)
        """,
      mended: """
        ode f { state x = 1, y = 1; x' = x; y' = -50*y }
        print lyapunov(f, over: 0..10, every: 0.1)
        """),
    CatalogueRow(
      .noCycle, "no closed solution is found",
      "Newton's method looks for a point, and a time after which the solution is back there. There may be none, or the start and the period "
        + "are too far from it.",
      bad: """
        ode f { state x = 1, y = 0; x' = x + y; y' = x - y + 1 }
        print cycle(f, period: 1)
        """,
      mended: """
        ode f { state x = 1, y = 0; x' = y; y' = (1 - x^2)*y - x }
        print cycle(f, from: {x: 2, y: 0}, period: 6.6).period
        """),
    CatalogueRow(
      .cycleNotIsolated, "a closed solution among others",
      "A point at rest is back where it was after any time, so it has no period; and where something is conserved, closed solutions lie side "
        + "by side, one for each of its values.",
      bad: """
        ode f { state x = 0, y = 0; x' = y; y' = (1 - x^2)*y - x }
        print cycle(f, period: 6.6)
        """,
      mended: """
        ode f { state x = 2, y = 0; x' = y; y' = (1 - x^2)*y - x }
        print cycle(f, period: 6.6).period
        """),
    CatalogueRow(
      .noBoundary, "no solution that ends so is found",
      "Newton's method looks for what a solution begins with, so that it ends as asked. There may be none, or the search begins too far from it.",
      bad: """
        ode f { state x = 0; x' = x^2 + 1 }
        print boundary(f, over: 0..4, to: {x: 2})
        """,
      mended: """
        ode f { state x = 0; x' = x^2 + 1 }
        print boundary(f, over: 0..1, to: {x: 2})
        """),
    CatalogueRow(
      .boundaryNotIsolated, "a solution that ends so, among others",
      "What a solution begins with is told by what it ends with only if the end depends on it. A position that no speed changes "
        + "tells none.",
      bad: """
        ode f { state x = 1, v = 0; x' = 0*v; v' = -x }
        print boundary(f, over: 0..1, from: {x: 1}, to: {x: 1})
        """,
      mended: """
        ode f { state x = 1, v = 0; x' = v; v' = -x }
        print boundary(f, over: 0..1, from: {x: 1}, to: {x: 1})
        """),
    CatalogueRow(
      .eventsWithoutEnd, "infinitely many events before some time",
      "A ball that keeps half of its speed at each bounce bounces infinitely often before it lies still. Events that follow each "
        + "other more and more closely can't be followed to their end. Give the model a second way of moving, lying "
        + "still, for when the motion is too small to matter; or end the solve before.",
      bad: """
        ode ball {
          state h = 1, v = 0
          h' = v
          v' = -9.81
          event bounce: h == 0 falling { v = -0.5*v }
        }
        print solve(ball, over: 0..10).final
        """,
      mended: """
        ode ball {
          state h = 1, v = 0, moves = 1
          h' = moves*v
          v' = -9.81*moves
          moves' = 0
          event bounce: h == 0 falling { v = -0.5*v; moves = if v < -0.01 then 1 else 0 }
        }
        print solve(ball, over: 0..10).final
        """),
    CatalogueRow(
      .internalInconsistency, "a mistake of Nodal itself",
      "The compiler made something that breaks its own rules. The program may be right: "
        + "please report it, with the message."),
    CatalogueRow(
      .looksStiff, "a system looks stiff",
      "Stability, not accuracy, limits the steps of an explicit method: the result is "
        + "right, and slow. It has fast components that have long died out. `auto` takes a stiff method for it; naming "
        + "one saves the look.",
      bad: """
        ode f { state x = 0; x' = -1000*(x - cos(t)) }
        print solve(f, over: 0..10).final.x
        """,
      mended: """
        ode f { state x = 0; x' = -1000*(x - cos(t)) }
        print solve(f, over: 0..10, solver: rodas5p()).final.x
        """),
    CatalogueRow(
      .unstableSteps, "given steps don't resolve what grows",
      "A component grew a hundredfold where the steps are too long for the method to be stable: it grows because of the steps, not "
        + "because the equations say so. Shorter steps, or a method that chooses its own, tell.",
      bad: """
        ode f { state x = 0; x' = -60*(x - cos(t)) }
        print solve(f, over: 0..0.4, solver: rk4(dt: 0.1)).final.x
        """,
      mended: """
        ode f { state x = 0; x' = -60*(x - cos(t)) }
        print solve(f, over: 0..0.4, solver: rk4(dt: 0.01)).final.x
        """),
    CatalogueRow(
      .companionAstray, "a reversible method where something is damped",
      "`reversible_heun` and `asynchronous_leapfrog` remember a companion of the state, which lets their steps be undone. What the equation damps the companion makes "
        + "grow, with a sign that alternates, until it is what the state is made of.",
      bad: """
        ode f { state x = 1; x' = -2*x }
        print solve(f, over: 0..10, solver: asynchronous_leapfrog(dt: 0.01)).final.x
        """,
      mended: """
        ode f { state x = 1; x' = -2*x }
        print solve(f, over: 0..10, solver: rk4(dt: 0.01)).final.x
        """),
  ]
}
