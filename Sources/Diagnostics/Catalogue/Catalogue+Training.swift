extension Catalogue {
  /// E10xx and W10xx that training says.
  package static let training: [CatalogueRow] = [
    CatalogueRow(
      .nonFiniteLoss, "a loss is not a finite number",
      "In training the loss, its gradient or a parameter stopped being finite. A domain "
        + "keeps a parameter where the loss is defined; a smaller rate keeps steps short.",
      bad: """
        param k = -1
        loss l(_) = log(k)^2
        train l { optimize: adam(), steps: 3 }
        """,
      mended: """
        param k = 2 in (0, inf)
        loss l(_) = log(k)^2
        train l { optimize: adam(), steps: 3 }
        """),
    CatalogueRow(
      .noGradient, "a parameter that the loss does not feel",
      "Its gradient was exactly zero at every step: it does not enter the loss, or "
        + "something on the way (an activation that is 0 on all the data, a comparison) lets "
        + "no gradient through.",
      bad: """
        param k = 1
        param j = 1
        loss l(_) = (k - 2)^2 + 0*j
        train l { optimize: adam(), steps: 3 }
        """,
      mended: """
        param k = 1
        param j = 1
        loss l(_) = (k - 2)^2 + j^2
        train l { optimize: adam(), steps: 3 }
        """),
    CatalogueRow(
      .gradientDrift, "the gradient of an adjoint can't be trusted",
      "`gradient: adjoint` solves the state backwards. What decays forwards grows "
        + "backwards, and the reconstructed beginning is far from where the solve began.",
      bad: """
        ode f { state x = 1; param k = 12; x' = -k*x }
        loss l(_) = solve(f, over: 0..2, solver: tsit5(gradient: adjoint)).final.x
        train l { optimize: adam(), steps: 1 }
        """,
      mended: """
        ode f { state x = 1; param k = 12; x' = -k*x }
        loss l(_) = solve(f, over: 0..2, solver: tsit5(gradient: direct)).final.x
        train l { optimize: adam(), steps: 1 }
        """),
    CatalogueRow(
      .lineSearchStopped, "a line search ran into undefined values",
      "`lbfgs` tried points where the loss has no finite value, and found none that is "
        + "better: the parameters stand where the loss ends, and that need not be a minimum.",
      bad: """
        param k = 1
        loss l(_) = k + 1e-300*sqrt(k - 0.9999999999)
        train l { optimize: lbfgs(), steps: 5 }
        """,
      mended: """
        param k = 1
        loss l(_) = (k - 2)^2 + 1e-300*sqrt(k)
        train l { optimize: lbfgs(), steps: 5 }
        """),
    CatalogueRow(
      .roughLoss, "a search found no way down a slope",
      "`lbfgs` or `lm` tried points in the direction in which the loss falls, ever nearer ones, and none was better, though slope and curvature say that there is "
        + "something to gain. The loss has steps or ripples that its gradient knows nothing of: the errors of solves, where trajectories part fast, or functions as "
        + "`floor`. Tighter tolerances make the first smaller; `check gradients` tells which it is.",
      bad: """
        param k = 1.5
        loss l(_) = mse([k - 2, floor(1000*k)/1000], [0, 0])
        train l { optimize: lm(), steps: 50 }
        """,
      mended: """
        param k = 1.5
        loss l(_) = mse([k - 2, k], [0, 0])
        train l { optimize: lm(), steps: 50 }
        """),
    CatalogueRow(
      .lossOscillates, "the loss went up and down to the end",
      "All steps see the same data, and yet the loss of the last of them rises as often as it falls, far above the best one: the learning rate is too large for where the "
        + "fit has come to. The best parameters are kept. A rate that falls (`cosine`, `exponential`) comes to rest, and so do `lbfgs` and `lm`, which find the length of their steps.",
      bad: """
        param k = 0.3
        loss l(_) = (k^2 - 1)^2 + 1e-3
        train l { optimize: sgd(lr: 0.45), steps: 200 }
        """,
      mended: """
        param k = 0.3
        loss l(_) = (k^2 - 1)^2 + 1e-3
        train l { optimize: sgd(lr: 0.1), steps: 200 }
        """),
    CatalogueRow(
      .stepTakenBack, "steps of training were taken back",
      "A step led to parameters at which a solve fails or the loss isn't finite. It was taken back and made shorter until there was a value; the "
        + "rate grows back by itself. Many of them mean that the rate is too large, or that a domain is missing.",
      bad: """
        param k = 1
        loss l(_) = (sqrt(k) - 0.01)^2
        train l { optimize: sgd(lr: 1.5), steps: 5 }
        """,
      mended: """
        param k = 1 in (0, inf)
        loss l(_) = (sqrt(k) - 0.01)^2
        train l { optimize: sgd(lr: 1.5), steps: 5 }
        """),
    CatalogueRow(
      .fitStaysFlat, "a fit has hardly moved its loss",
      "Training from where nothing had been trained yet lowered the loss by less than a tenth. Where the data oscillate, a model that is a little out of "
        + "step is as bad as one that is far out: the loss is flat but for a narrow valley. A fit that begins with a short stretch, or at other places, finds it.",
      bad: """
        ode osc { state x = 1, v = 0; param ω = 2 in (0, inf); x' = v; v' = -ω^2*x }
        data truth = simulate(osc, with: {ω: 3}, at: linspace(0, 20, 200))
        loss fit(w) = mse(solve(osc, at: w.t).x, w.x)
        train fit on truth { optimize: adam(lr: 2e-2), steps: 60 }
        """,
      mended: """
        ode osc { state x = 1, v = 0; param ω = 2 in (0, inf); x' = v; v' = -ω^2*x }
        data truth = simulate(osc, with: {ω: 3}, at: linspace(0, 20, 200))
        loss fit(w) = mse(solve(osc, at: w.t).x, w.x)
        train fit on truth { horizon: grow(from: 1, stages: 5); optimize: adam(lr: 2e-2), steps: 60 }
        """),
    .init(
      .looseTolerance, "a loss solves with a loose tolerance",
      "A solver with `rtol` above 1e-4 makes errors that change in jumps as parameters move: the loss is rough, its gradient is that of the roughness, and line searches stop there. "
        + "Where that is meant, as in first steps of a long training, `loose: true` says so.",
      bad: """
        ode f { state x = 1; param k = 1 in (0, inf); x' = -k*x }
        data truth = simulate(f, with: {k: 2}, at: linspace(0, 2, 20))
        loss fit(w) = mse(solve(f, at: w.t, solver: tsit5(rtol: 1e-3, atol: 1e-6)).x, w.x)
        train fit on truth { optimize: adam(lr: 2e-2), steps: 5 }
        """,
      mended: """
        ode f { state x = 1; param k = 1 in (0, inf); x' = -k*x }
        data truth = simulate(f, with: {k: 2}, at: linspace(0, 2, 20))
        loss fit(w) = mse(solve(f, at: w.t, solver: tsit5(rtol: 1e-6, atol: 1e-9)).x, w.x)
        train fit on truth { optimize: adam(lr: 2e-2), steps: 5 }
        """),
  ]
}
