extension Catalogue {
  /// E05xx: odes and their equations; E06xx: what is learned.
  package static let odes: [CatalogueRow] = [
    CatalogueRow(
      .missingEquation, "a state has no equation",
      "Every state has an equation for a derivative. What does not change is a `param` or a "
        + "`const`.",
      bad: "ode f { state x = 1, y = 2; x' = -x }",
      mended: "ode f { state x = 1, y = 2; x' = -x; y' = x }"),
    CatalogueRow(
      .unknownState, "an equation for a state that is not there",
      "The left side of an equation is the derivative of a declared state.",
      bad: "ode f { state x = 1; x' = -x; y' = x }",
      mended: "ode f { state x = 1, y = 0; x' = -x; y' = x }"),
    CatalogueRow(
      .derivativeOrder, "the orders of a state and its equation differ",
      "An equation of order two, `x'' = …`, has the states `x` and `x'`; one of order one "
        + "has `x` alone.",
      bad: "ode f { state x = 1, x' = 0; x' = -x }",
      mended: "ode f { state x = 1, x' = 0; x'' = -x }"),
    CatalogueRow(
      .duplicateEquation, "a state has two equations",
      "One equation defines a derivative; `+=` adds to it, and in a child of `extends`, "
        + "`override` replaces the parent's.",
      bad: "ode f { state x = 1; x' = -x; x' = 1 }",
      mended: "ode f { state x = 1; x' = -x; x' += 1 }"),
    CatalogueRow(
      .additionWithoutBase, "something is added to an equation that is not there",
      "`+=` adds to the equation given with `=`, here or by a parent.",
      bad: "ode f { state x = 1; x' += -x }",
      mended: "ode f { state x = 1; x' = -x }"),
    CatalogueRow(
      .overrideWithoutBase, "there is nothing to override",
      "`override` replaces the equation of a parent.",
      bad: """
        ode f {
          state x = 1
          override x' = -x
        }
        """,
      mended: """
        ode f {
          state x = 1
          x' = -x
        }
        """),
    CatalogueRow(
      .cyclicDerivative, "a derivative is defined by itself",
      "A derivative may be read on a right-hand side, but not in its own definition, "
        + "directly or through others.",
      bad: "ode f { state x = 1, y = 1; x' = y'; y' = x' }",
      mended: "ode f { state x = 1, y = 1; x' = y'; y' = -x }"),
    CatalogueRow(
      .missingInitialValue, "a state has no initial value",
      "A solve starts somewhere: in the ode, `state x = 1`, or in the call, `from: {x: 1}`.",
      bad: """
        ode f { state x; x' = -x }
        print solve(f, over: 0..1).final
        """,
      mended: """
        ode f { state x; x' = -x }
        print solve(f, from: {x: 1}, over: 0..1).final
        """),
    CatalogueRow(
      .unknownParent, "there is no ode to extend",
      "`extends` names an ode of this file, of an imported one, or of the standard library "
        + "(`import physics`).",
      bad: "ode swing extends pendulum { θ'' += -0.1<1/s>*θ' }",
      mended: """
        import physics
        ode swing extends pendulum { θ'' += -0.1<1/s>*θ' }
        """),
    CatalogueRow(
      .equationShape, "the sides of an equation have different shapes",
      "The right side has the shape of the state, or is a scalar that is meant for each "
        + "component.",
      bad: "ode f { state x: Real[2] = [1, 0]; x' = [1.0, 2.0, 3.0] }",
      mended: "ode f { state x: Real[2] = [1, 0]; x' = [1.0, 2.0] }"),
    CatalogueRow(
      .unknownPart, "there is no such part",
      "A part is another ode by its name, `part a = pendulum`; its states are `a.θ`.",
      bad: "ode two { part a = pendulum }",
      mended: """
        import physics
        ode two { part a = pendulum }
        """),
    CatalogueRow(
      .timeOutsideOde, "`t` is read outside an ode",
      "Inside an ode `t` is the time. A solution's or a data set's time is a field.",
      bad: """
        fn f(x) = x*t
        print f(1)
        """,
      mended: """
        fn f(x, t) = x*t
        print f(1, 2)
        """),
    CatalogueRow(
      .primeOutsideOde, "a derivative is read outside an ode",
      "`x'` is the time derivative of a state. In a solution it is a field, `s.x'`; the "
        + "transpose of a matrix is `transpose(a)`.",
      bad: """
        let a = [[1, 2], [3, 4]]
        print a'
        """,
      mended: """
        let a = [[1, 2], [3, 4]]
        print transpose(a)
        """),
    CatalogueRow(
      .unknownInitialState, "an initial value for a state that is not there",
      "The record behind `from:` has the names of states.",
      bad: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        print solve(f, from: {y: 2}, over: 0..1).final
        """,
      mended: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        print solve(f, from: {x: 2}, over: 0..1).final
        """),
    CatalogueRow(
      .eventCondition, "what an event waits for is no condition",
      "An event happens where two values meet, `event hit: h == 0`, with `rising` or `falling` "
        + "behind it if only one direction counts; or at times that are known before the solve, "
        + "`event dose: t in times`.",
      bad: "ode f { state h = 1; h' = -1; event hit: h < 0 { h = 1 } }",
      mended: "ode f { state h = 1; h' = -1; event hit: h == 0 falling { h = 1 } }"),
    CatalogueRow(
      .eventTarget, "an event assigns to something that is no state",
      "Between events only states change, by their equations; so only states can an event change. "
        + "What changes by events alone is a state whose equation is `x' = 0`.",
      bad: "ode f { state h = 1; const g = 1; h' = -g; event hit: h == 0 { g = 2 } }",
      mended: "ode f { state h = 1, g = 1; h' = -g; g' = 0; event hit: h == 0 { g = 2 } }"),
    CatalogueRow(
      .eventWithoutEffect, "an event at given times changes nothing",
      "An event with a condition may have an empty body: its times are read from `s.events`. "
        + "Times that are given are known already.",
      bad: "ode f { state x = 1; x' = -x; event dose: t in [1, 2] { } }",
      mended: "ode f { state x = 1; x' = -x; event dose: t in [1, 2] { x += 1 } }"),
    CatalogueRow(
      .pointNeedsTime, "an ode that changes with time, looked at without one",
      "`steady` and `linearize` look at equations at one point, and what these say there depends on the time. With `time:` they are taken "
        + "as they are then, as if time stood still.",
      bad: """
        ode f { state x = 1; x' = -x + sin(t) }
        print steady(f)
        """,
      mended: """
        ode f { state x = 1; x' = -x + sin(t) }
        print steady(f, time: 0)
        """),
    CatalogueRow(
      .eigenvaluesInProgram, "eigenvalues where there are none",
      "Eigenvalues are found by an iteration between programs: they have no derivative, and can't be part of a loss, of what is "
        + "differentiated, or of a loop. Traces and determinants have derivatives, and an array of matrices can be handed over as a whole.",
      bad: """
        param k = 1.0
        ode f { state x = 1, y = 0; x' = y; y' = -k*x - y }
        loss slow(_) = mse(eigenvalues(linearize(f, at: {x: 0, y: 0}).jacobian).re[0], -1)
        train slow { optimize: adam(lr: 0.1), steps: 5 }
        """,
      mended: """
        param k = 1.0
        ode f { state x = 1, y = 0; x' = y; y' = -k*x - y }
        fn determinant(a: Real[2, 2]) = a[0, 0]*a[1, 1] - a[0, 1]*a[1, 0]
        loss stiff(_) = mse(determinant(linearize(f, at: {x: 0, y: 0}).jacobian), 2)
        train stiff { optimize: adam(lr: 0.1), steps: 5 }
        """),
    CatalogueRow(
      .portraitOfTwoStates, "a portrait of an ode that has none",
      "`plot ode as phase` draws the plane of an ode of two numbers: where things go, where each of the two stands still, and the points at "
        + "which both do. Of larger systems draw solutions.",
      bad: """
        import physics
        plot lorenz as phase { x: 0..1; y: 0..1 }
        """,
      mended: """
        import physics
        let s = solve(lorenz, over: 0..20)
        plot [s.x, s.z] as phase
        """),
    CatalogueRow(
      .missingInput, "a solve that doesn't say what an input is",
      "An input is a function of time that comes from outside of the equations: `input: {u: rig.u}` of a solve, or the default "
        + "of the declaration.",
      bad: """
        ode f { state x = 0; input u; x' = u }
        print solve(f, over: 0..1).final
        """,
      mended: """
        ode f { state x = 0; input u; x' = u }
        print solve(f, over: 0..1, input: {u: (t) -> sin(t)}).final
        """),
    CatalogueRow(
      .unknownInput, "an input that the ode doesn't have",
      "`input:` takes inputs by their names; those of a part by a path, `{a.u: …}`.",
      bad: """
        ode f { state x = 0; input u = 0; x' = u }
        print solve(f, over: 0..1, input: {v: 2}).final
        """,
      mended: """
        ode f { state x = 0; input u = 0; x' = u }
        print solve(f, over: 0..1, input: {u: 2}).final
        """),
    CatalogueRow(
      .equationOfInput, "an equation for an input",
      "What an input is, and so its derivative, follows from what a solve gives. What the equations determine is a state.",
      bad: "ode f { state x = 0; input u = 0; x' = u; u' = 1 }",
      mended: "ode f { state x = 0, u = 0; x' = u; u' = 1 }"),
    CatalogueRow(
      .inputWithoutTimes, "samples without their times",
      "A column of data has times beside it. Other arrays are given with theirs, and with how the input goes on between them: "
        + "`hold(times, samples)`, `linear`, `hermite`, `akima`, `bandlimited`.",
      bad: """
        ode f { state x = 0; input u = 0; x' = u }
        print solve(f, over: 0..1, input: {u: [1, 2, 3]}).final
        """,
      mended: """
        ode f { state x = 0; input u = 0; x' = u }
        print solve(f, over: 0..1, input: {u: linear([0, 0.5, 1], [1, 2, 3])}).final
        """),
    CatalogueRow(
      .noiseTarget, "noise of something that it can't drive",
      "Noise is added to the derivative that an equation gives: of a state of second order that is the derivative of its derivative, so the noise is "
        + "that of `x'`.",
      bad: "ode f { state x = 1, x' = 0; x'' = -x; noise x = 0.1 }",
      mended: "ode f { state x = 1, x' = 0; x'' = -x; noise x' = 0.1 }"),
    CatalogueRow(
      .noiseMethod, "noise and how it is solved",
      "An ode with noise is a stochastic differential equation (of Itô's kind). It wants a method for such, and is followed forwards in time.",
      bad: """
        ode f { state x = 1; x' = -x; noise x = 0.1 }
        let s = solve(f, over: 0..1)
        """,
      mended: """
        ode f { state x = 1; x' = -x; noise x = 0.1 }
        let s = solve(f, over: 0..1, solver: euler_maruyama(dt: 0.01))
        """),
    CatalogueRow(
      .rateOfHeldInput, "the derivative of an input that jumps",
      "An input that is held from sample to sample jumps at each, and equations that read its derivative would see nothing of that.",
      bad: """
        ode f { state x = 0; input u; x' = u' }
        print solve(f, over: 0..1, input: {u: hold([0, 1], [1, 2])}).final
        """,
      mended: """
        ode f { state x = 0; input u; x' = u' }
        print solve(f, over: 0..1, input: {u: linear([0, 1], [1, 2])}).final
        """),
    CatalogueRow(
      .templateOutsideOwner, "weights without an owner",
      "A template such as `dense` makes fresh weights at each place where it is called, and "
        + "they need an owner that outlives the call: a `layer`, an `ode`, a `learned` term. A "
        + "function or a loss is called anew each time.",
      bad: """
        fn f(x: Real[2]) = x |> dense(3)
        print f([1, 2])
        """,
      mended: """
        layer f(x: Real[2]) = x |> dense(3)
        print f([1, 2])
        """),
    CatalogueRow(
      .distributionAsValue, "a distribution where a number is needed",
      "`~` gives a parameter a prior; `sample` draws a number. A distribution itself is "
        + "neither.",
      bad: """
        param x = normal(0, 1)
        print x
        """,
      mended: """
        param x = 0 ~ normal(0, 1)
        print x
        """),
    CatalogueRow(
      .unknownWeight, "nothing learned has this name",
      "Weights are found at paths such as `net.dense_1.weight` or `model.k`.",
      bad: """
        param k = 1
        loss l(_) = (k - 2)^2
        const c = 1
        train l { optimize: adam(), steps: 5; freeze: c }
        """,
      mended: """
        param k = 1
        param c = 1
        loss l(_) = (k - 2*c)^2
        train l { optimize: adam(), steps: 5; freeze: c }
        """),
    CatalogueRow(
      .outsideDomain, "a parameter starts outside its domain",
      "The domain is an open interval; the parameter is kept inside by a change of "
        + "variable, and must start inside.",
      bad: """
        param k = 0 in (0, inf)
        print k
        """,
      mended: """
        param k = 0.1 in (0, inf)
        print k
        """),
    CatalogueRow(
      .unknownStructure, "a learned term can't be given this property",
      "Properties that hold by construction are named behind `where`.",
      bad: "ode f { state x = 1; learned g = mlp(4)(x) where oddd(x); x' = g }",
      mended: "ode f { state x = 1; learned g = mlp(4)(x) where odd(x); x' = g }"),
    CatalogueRow(
      .unkeptStructure, "a learned term can't keep what is promised of it",
      "What stands behind `where` holds for all weights, by the way in which the term is built. Some properties exclude "
        + "each other, and some don't get through what the term computes: a network is monotone where its activations are.",
      bad: "ode f { state x = 1; learned g = mlp(4, act: sin)(x) where monotone(x); x' = g }",
      mended: "ode f { state x = 1; learned g = mlp(4, act: tanh)(x) where monotone(x); x' = g }"),
    CatalogueRow(
      .malformedDomain, "a domain is not an interval",
      "A domain is a pair of constants, the lower first; either may be infinite.",
      bad: """
        param k = 1 in (2, 0)
        print k
        """,
      mended: """
        param k = 1 in (0, 2)
        print k
        """),
    CatalogueRow(
      .priorNotDistribution, "a prior is no distribution",
      "Behind `~` stands a distribution such as `normal(1, 0.5)`.",
      bad: """
        param k = 1 ~ 0.5
        print k
        """,
      mended: """
        param k = 1 ~ normal(1, 0.5)
        print k
        """),
    CatalogueRow(
      .paramOutsideOwner, "a learned value without an owner",
      "`learn` and `param` make something that is trained and saved; it needs a place with "
        + "a name: the file, an `ode`, a `layer`.",
      bad: """
        fn f(x) = learn(0.5)*x
        print f(1)
        """,
      mended: """
        param k = 0.5
        fn f(x) = k*x
        print f(1)
        """),
    CatalogueRow(
      .unknownGroup, "a parameter of each of a group that no data know",
      "`param k per subject` has a value for each experiment that a column `Subject` of the data tells apart: "
        + "`csv(…, experiment: \"Subject\")`. Small and great letters are the same here. The name of a data set "
        + "stands for its examples.",
      bad: """
        data points = generate(two_moons(), count: 4)
        param k per patient = 1
        print k
        """,
      mended: """
        data points = generate(two_moons(), count: 4)
        param k per points = 1
        print k
        """),
    CatalogueRow(
      .memberUnknown, "one value of many is read, and nothing says which",
      "A parameter `per subject` is one number in equations and losses: that of the example's own subject. "
        + "Elsewhere nothing says which subject is meant: `with: {k: f.k[0]}` says it, and `with: {k: f.k}` "
        + "solves for all of them.",
      bad: """
        data points = generate(two_moons(), count: 4)
        ode f { state x = 1; param k per points = 1; x' = -k*x }
        print solve(f, over: 0..1).final.x
        """,
      mended: """
        data points = generate(two_moons(), count: 4)
        ode f { state x = 1; param k per points = 1; x' = -k*x }
        print solve(f, over: 0..1, with: {k: f.k}).final.x
        """),
    CatalogueRow(
      .nonlinearLeftSide, "a left side that is not linear in derivatives",
      "The left side of an equation is a derivative. What a function, a power or a "
        + "product does with derivatives has to be solved for them first.",
      bad: "ode f { state x = 1; (x')^2 = x }",
      mended: "ode f { state x = 1; x' = sqrt(x) }"),
    CatalogueRow(
      .equationCount, "more or fewer equations than states",
      "Equations that are not solved for a derivative (`0 = …`, `C*(u' - v') = …`) stand for the states that have no equation of "
        + "their own: there must be as many of these as of those.",
      bad: "ode f { state x = 1, z = 1; x' = -z; 0 = x - z; 0 = x + z }",
      mended: "ode f { state x = 1, z = 1; x' = -z; 0 = x - z }"),
    CatalogueRow(
      .equationLeftSide, "a bracket of an equation holds something else than states",
      "`[x, y]' = …` gives the derivatives of several states at once: names alone stand "
        + "in the bracket.",
      bad: "ode f { state x = 1, y = 0; [x, 2*y]' = [y, -x] }",
      mended: "ode f { state x = 1, y = 0; [x, y]' = [y, -x/2] }"),
    CatalogueRow(
      .stateRedeclared, "a state of the parent is declared as something else",
      "A child of `extends` keeps the states of its parent: it may give them another "
        + "start, or another equation. What is no state any more needs an ode of its own.",
      bad: """
        ode decay { state x = 1; x' = -x }
        ode still extends decay { param x = 1 }
        """,
      mended: """
        ode decay { state x = 1; x' = -x }
        ode still extends decay { state x = 2; override x' = -2*x }
        """),
    CatalogueRow(
      .delayedState, "a state at an earlier time is not written so",
      "Equations read a state as it was some time ago by `x(t - τ)`, with a delay τ that is "
        + "positive and the same all along a solution: a number, a parameter, or made of them.",
      bad: "ode f { state x = 1; x' = -x(t/2) }",
      mended: "ode f { state x = 1; param τ = 0.5; x' = -x(t - τ) }"),
    CatalogueRow(
      .delayMethod, "a solve that equations with delays don't have",
      "Equations with delays go forwards from where their history ends, by explicit "
        + "Runge-Kutta methods, `kvaerno3`, `kvaerno5`, `radau5` or `bdf`. Rosenbrock methods want to know how all that "
        + "is read changes with time, and others can't tell before a step at which times they look back.",
      bad: """
        ode f { state x = 1; x' = -x(t - 1) }
        print solve(f, over: 0..3, solver: rodas5p()).final
        """,
      mended: """
        ode f { state x = 1; x' = -x(t - 1) }
        print solve(f, over: 0..3, solver: kvaerno5()).final
        """),
    CatalogueRow(
      .historyUnused, "a history that nothing reads",
      "`history:` says what states were before a solve begins, for equations that read "
        + "earlier states. Where a solve begins is `from:`.",
      bad: """
        ode f { state x = 1; x' = -x }
        print solve(f, over: 0..3, history: (t) -> {x: 2}).final
        """,
      mended: """
        ode f { state x = 1; x' = -x(t - 1) }
        print solve(f, over: 0..3, history: (t) -> {x: 2}).final
        """),
    CatalogueRow(
      .jumpInEquation, "an equation that jumps, without an event",
      "Where a right-hand side jumps, steps across the place have large errors: solvers find it by "
        + "trial, and a gradient through the steps doesn't see that the place moves. An event "
        + "makes steps end there, and gradients know about it.",
      bad: """
        ode slide { state x = 0, v = 1; x' = v; v' = -0.5*sign(v) - x }
        print solve(slide, over: 0..5).final
        """,
      mended: """
        ode slide {
          state x = 0, v = 1, side = 1
          x' = v
          v' = -0.5*side - x
          side' = 0
          event turn: v == 0 { side = -side }
        }
        print solve(slide, over: 0..5).final
        """),
    CatalogueRow(
      .unreadMember, "a part of an ode that nothing reads",
      "A parameter, an input, a term or a layer that no equation, output or event of an ode reads "
        + "changes no result, and a fit can't move it; nor does a state that stays as it is and "
        + "nobody reads. Mostly an equation has been forgotten, or has another name in it.",
      bad: """
        ode spring { state x = 1, v = 0; param k = 2, c = 0.3; x' = v; v' = -k*x }
        print solve(spring, over: 0..5).final
        """,
      mended: """
        ode spring { state x = 1, v = 0; param k = 2, c = 0.3; x' = v; v' = -k*x - c*v }
        print solve(spring, over: 0..5).final
        """),
    CatalogueRow(
      .defaultOverColumn, "a default where the data have a column",
      "`input: \"u\"` of a data set drives odes that are solved at its times, where an input of this name has no default. "
        + "With one, the input stays at its default unless the solve says otherwise.",
      bad: """
        data obs = csv("pendulum.csv", time: "t", input: "h")
        ode f { state x = 0; input h = 0; x' = h - x }
        print solve(f, at: obs.t).final
        """,
      mended: """
        data obs = csv("pendulum.csv", time: "t", input: "h")
        ode f { state x = 0; input h; x' = h - x }
        print solve(f, at: obs.t).final
        """),
    CatalogueRow(
      .widthUnknown, "the width of a layer is not determined",
      "Weights have shapes that are known before anything runs. A window of data has a "
        + "length that is chosen only then, and a layer over it has none.",
      bad: """
        data obs = csv("pendulum.csv", time: "t")
        layer net(x: Real[n]) = x |> dense(1)
        loss fit(w) = net(w.x)[0]^2
        train fit on obs { batch: windows(length: 5); optimize: adam(), steps: 5 }
        """,
      mended: """
        data obs = csv("pendulum.csv", time: "t")
        layer net(x: Real) = x |> dense(8) |> tanh |> dense()
        loss fit(w) = mean(net(w.x)^2)
        train fit on obs { batch: windows(length: 5); optimize: adam(), steps: 5 }
        """),
  ]
}
