extension Catalogue {
  /// E07xx to E09xx: data as the checker knows it, commands, what is still to come.
  package static let commands: [CatalogueRow] = [
    CatalogueRow(
      .unknownColumn, "a data set has no such column",
      "The columns of a file are known before anything runs.",
      bad: """
        data obs = csv("pendulum.csv", time: "t")
        print obs.thata
        """,
      mended: """
        data obs = csv("pendulum.csv", time: "t")
        print obs.theta
        """),
    CatalogueRow(
      .missingTimeColumn, "there is no time to cut along",
      "Windows are stretches of time, and this data set has no time column: its examples "
        + "are rows.",
      bad: """
        data rows = csv("rows.csv")
        param k = 1
        loss l(e) = (e.a - k)^2
        train l on rows { batch: windows(length: 5); optimize: adam(), steps: 5 }
        """,
      mended: """
        data rows = csv("rows.csv")
        param k = 1
        loss l(e) = (e.a - k)^2
        train l on rows { batch: shuffled(5); optimize: adam(), steps: 5 }
        """),
    CatalogueRow(
      .missingCellUsed, "missing cells are computed with",
      "Losses and `~` skip missing cells. Elsewhere it must be said what they are: "
        + "`default(x, 0)`, `first_present(x)`.",
      bad: """
        data obs = csv("gaps.csv", time: "t")
        print mean(obs.x)
        """,
      mended: """
        data obs = csv("gaps.csv", time: "t")
        print mean(default(obs.x, 0))
        """),
    CatalogueRow(
      .sliceOutOfRange, "a part of the data that is not there",
      "A share lies between 0 and 1; a window is no longer than what it is cut from.",
      bad: """
        data obs = csv("pendulum.csv", time: "t")
        print obs.last(2).x
        """,
      mended: """
        data obs = csv("pendulum.csv", time: "t")
        print obs.last(0.2).x
        """),
    CatalogueRow(
      .unknownOption, "a command has no such option",
      "The keys of a command are a fixed list.",
      bad: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        data obs = csv("pendulum.csv", time: "t")
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        train fit on obs { optimise: adam(), steps: 5 }
        """,
      mended: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        data obs = csv("pendulum.csv", time: "t")
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        train fit on obs { optimize: adam(), steps: 5 }
        """),
    CatalogueRow(
      .misplacedOption, "an option in the wrong place",
      "A comma ties a setting to the key before it; a new line begins the next key.",
      bad: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        data obs = csv("pendulum.csv", time: "t")
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        train fit on obs {
          optimize: adam()
          steps: 5
        }
        """,
      mended: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        data obs = csv("pendulum.csv", time: "t")
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        train fit on obs {
          optimize: adam(), steps: 5
        }
        """),
    CatalogueRow(
      .duplicateOption, "an option is given twice",
      "Each key stands once, but for `then`, `penalty` and `report`.",
      bad: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        data obs = csv("pendulum.csv", time: "t")
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        train fit on obs { optimize: adam(), steps: 5; seed: 1; seed: 2 }
        """,
      mended: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        data obs = csv("pendulum.csv", time: "t")
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        train fit on obs { optimize: adam(), steps: 5; seed: 1 }
        """),
    CatalogueRow(
      .optionValue, "an option has a value that it can't take",
      "Optimisers, batches and words such as `adjoint` come from fixed lists; counts are "
        + "positive integers.",
      bad: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        data obs = csv("pendulum.csv", time: "t")
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        train fit on obs { optimize: adan(), steps: 5 }
        """,
      mended: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        data obs = csv("pendulum.csv", time: "t")
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        train fit on obs { optimize: adam(), steps: 5 }
        """),
    CatalogueRow(
      .missingOption, "an option is missing",
      "`train` must be told how to optimise, and for how long.",
      bad: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        data obs = csv("pendulum.csv", time: "t")
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        train fit on obs { batch: all }
        """,
      mended: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        data obs = csv("pendulum.csv", time: "t")
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        train fit on obs { batch: all; optimize: adam(), steps: 5 }
        """),
    CatalogueRow(
      .mixedLossKinds, "a loss is both a value and a likelihood",
      "Values are averaged over examples, log-likelihood terms are summed; a loss is one or "
        + "the other.",
      bad: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        data obs = csv("pendulum.csv", time: "t")
        loss fit(w) {
          let s = solve(f, at: w.t)
          w.x ~ normal(s.x, 0.1)
          mse(s.x, w.x)
        }
        train fit on obs { optimize: adam(), steps: 5 }
        """,
      mended: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        data obs = csv("pendulum.csv", time: "t")
        loss fit(w) {
          let s = solve(f, at: w.t)
          w.x ~ normal(s.x, 0.1)
        }
        train fit on obs { optimize: adam(), steps: 5 }
        """),
    CatalogueRow(
      .unknownPlotKind, "there is no such kind of plot",
      "Behind `as` stands `line`, `phase`, `points`, `histogram`, `heat` or `arrows`.",
      bad: "plot [1, 2, 3] as bars",
      mended: "plot [1, 2, 3] as points"),
    CatalogueRow(
      .notADataset, "this is no data set",
      "Data come from `csv`, `generate` or `simulate`, by a `data` declaration.",
      bad: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        const obs = 3
        train fit on obs { optimize: adam(), steps: 5 }
        """,
      mended: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        data obs = csv("pendulum.csv", time: "t")
        train fit on obs { optimize: adam(), steps: 5 }
        """),
    CatalogueRow(
      .notALoss, "this is no loss",
      "`train` minimises a `loss`.",
      bad: """
        param k = 1
        fn l(x) = (k - x)^2
        train l { optimize: adam(), steps: 5 }
        """,
      mended: """
        param k = 1
        loss l(_) = (k - 2)^2
        train l { optimize: adam(), steps: 5 }
        """),
    CatalogueRow(
      .notASolver, "this is no solver",
      "A solver is a method with its settings, `tsit5(rtol: 1e-8)`.",
      bad: "solver tight = 1e-8",
      mended: "solver tight = tsit5(rtol: 1e-8)"),
    CatalogueRow(
      .unknownOverride, "a solve changes a parameter that is not there",
      "`with:` gives parameters of the ode other values for one solve. A `const` is changed "
        + "with `--set`.",
      bad: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        print solve(f, over: 0..1, with: {kk: 2}).final
        """,
      mended: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        print solve(f, over: 0..1, with: {k: 2}).final
        """),
    CatalogueRow(
      .notAnOde, "this is no ode",
      "`solve`, `explain` and `nfe` take an ode by its name.",
      bad: """
        fn f(x) = -x
        print solve(f, over: 0..1)
        """,
      mended: """
        ode f { state x = 1; x' = -x }
        print solve(f, over: 0..1).final
        """),
    CatalogueRow(
      .unsavable, "there are no weights to save",
      "`save` and `load` are of weights: an ode's, a layer's, a parameter. Values are "
        + "written with `write`.",
      bad: """
        let a = sum([1.0, 2.0])
        save a to "a.safetensors"
        """,
      mended: """
        let a = sum([1.0, 2.0])
        write a to "a.csv"
        """),
    CatalogueRow(
      .notSupportedYet, "not supported yet",
      "The language has this, and this version does not run it yet.",
      bad: "ode f { state x = 1; x' = -x'(t - 1) }",
      mended: "ode f { state x = 1; x' = -x(t - 1) }"),
    CatalogueRow(
      .unusedOption, "an option that nothing reads",
      "An optimiser that compares values of the loss, as `lbfgs` does, takes all the data "
        + "at each step: a batch for all stages is for the others.",
      bad: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        data obs = csv("pendulum.csv", time: "t")
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        train fit on obs { batch: windows(length: 5); optimize: lbfgs(), steps: 5 }
        """,
      mended: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        data obs = csv("pendulum.csv", time: "t")
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        train fit on obs { batch: windows(length: 5); optimize: adam(), steps: 5 }
        """),
  ]
}
