extension Catalogue {
  /// E0208, E0209 and E07xx: files and data, as a run finds them.
  package static let data: [CatalogueRow] = [
    CatalogueRow(
      .unknownModule, "there is no such module",
      "`import physics` takes a module of the standard library, `import \"lib.node\"` a "
        + "file beside the program.",
      bad: "import phisics",
      mended: "import physics"),
    CatalogueRow(
      .cyclicImport, "an import leads back to itself",
      "Files import each other in one direction. What both need goes into a third.",
      bad: """
        import "a.node"

        // a.node:
        // import "b.node"
        // const x = 1

        // b.node:
        // import "a.node"
        // const y = 1
        """,
      mended: """
        import "a.node"

        // a.node:
        // import "b.node"
        // const x = 1

        // b.node:
        // const y = 1
        """),
    CatalogueRow(
      .fileNotFound, "there is no such file",
      "Paths start from the folder of the program, then from the folders of `--data` and "
        + "of the variable `NODAL_DATA`.",
      bad: """
        data obs = csv("obs_1.csv", time: "t")
        print obs.x

        // obs.csv:
        // t,x
        // 0,1
        // 1,0.4
        // 2,0.2
        """,
      mended: """
        data obs = csv("obs.csv", time: "t")
        print obs.x

        // obs.csv:
        // t,x
        // 0,1
        // 1,0.4
        // 2,0.2
        """),
    CatalogueRow(
      .malformedRow, "a row of a file can't be read",
      "Each row has as many cells as the header has names, and a quote that is opened is "
        + "closed. An empty cell or `NA` is a missing value.",
      bad: """
        data obs = csv("obs.csv", time: "t")
        print obs.x

        // obs.csv:
        // t,x
        // 0,1
        // 1
        """,
      mended: """
        data obs = csv("obs.csv", time: "t")
        print default(obs.x, 0)

        // obs.csv:
        // t,x
        // 0,1
        // 1,
        """),
    CatalogueRow(
      .malformedCell, "a cell is not a number",
      "A column of numbers holds a word. A missing value is an empty cell or `NA`; "
        + "decimal points are points.",
      bad: """
        data obs = csv("obs.csv", time: "t")
        print obs.x

        // obs.csv:
        // t,x
        // 0,1
        // 1,high
        // 2,0.2
        // 3,0.1
        """,
      mended: """
        data obs = csv("obs.csv", time: "t")
        print default(obs.x, 0)

        // obs.csv:
        // t,x
        // 0,1
        // 1,NA
        // 2,0.2
        // 3,0.1
        """),
    CatalogueRow(
      .emptyData, "a file without data",
      "The file holds a header and no rows, or nothing but comments.",
      bad: """
        data obs = csv("obs.csv", time: "t")
        print obs.x

        // obs.csv:
        // t,x
        """,
      mended: """
        data obs = csv("obs.csv", time: "t")
        print obs.x

        // obs.csv:
        // t,x
        // 0,1
        // 1,0.4
        // 2,0.2
        """),
    CatalogueRow(
      .timesNotIncreasing, "the times of a file go back",
      "Samples of an experiment stand in the order of time. Several experiments in one "
        + "file have a column that names them: `experiment: \"subject\"`.",
      bad: """
        data obs = csv("obs.csv", time: "t")
        print obs.x

        // obs.csv:
        // t,x
        // 0,1
        // 2,0.2
        // 1,0.4
        """,
      mended: """
        data obs = csv("obs.csv", time: "t")
        print obs.x

        // obs.csv:
        // t,x
        // 0,1
        // 1,0.4
        // 2,0.2
        """),
    CatalogueRow(
      .unknownGenerator, "there is no such generator",
      "`generate` takes a generator from a fixed list: `two_moons`, `circles`, `uniform` "
        + "and others.",
      bad: """
        data moons = generate(two_mons(noise: 0.1), count: 10)
        print moons[0].x
        """,
      mended: """
        data moons = generate(two_moons(noise: 0.1), count: 10)
        print moons[0].x
        """),
    CatalogueRow(
      .readDenied, "a file outside of the program's folders",
      "A program reads below its own folder and the folders of `--data`, so that running "
        + "somebody's program can't look at anything else. `--allow-read` permits a folder.",
      bad: """
        data obs = csv("/home/me/obs.csv", time: "t")
        print obs.x
        """,
      mended: """
        data obs = csv("obs.csv", time: "t")
        print obs.x

        // obs.csv:
        // t,x
        // 0,1
        // 1,0.4
        // 2,0.2
        """),
    CatalogueRow(
      .unreadableFile, "a file is not what it should be",
      "A folder, a compressed file, a table of a spreadsheet: save it as CSV in UTF-8. Of a file of arrays: it is damaged, it holds "
        + "what are no numbers, or its arrays don't belong together.",
      bad: """
        data obs = csv("obs", time: "t")
        print obs.x

        // obs/part.csv:
        // t,x
        // 0,1
        """,
      mended: """
        data obs = csv("obs/part.csv", time: "t")
        print obs.x

        // obs/part.csv:
        // t,x
        // 0,1
        """),
    CatalogueRow(
      .malformedImages, "a file is not the array of images or labels that it should be",
      "`idx(images, labels)` reads files in the format of the MNIST data, compressed by gzip or not: two zero bytes, the "
        + "type of the numbers, the number of axes, their lengths, then the numbers. Images have two axes or more, labels "
        + "one, and there are as many of these as of those.",
      bad: """
        data digits = idx("obs.csv")
        print digits[0].image

        // obs.csv:
        // t,x
        // 0,1
        """,
      mended: """
        data obs = csv("obs.csv", time: "t")
        print obs.x

        // obs.csv:
        // t,x
        // 0,1
        """),
    CatalogueRow(
      .malformedProblem, "a problem of parameter estimation can't be imported",
      "`nodal import petab` reads a problem's YAML file, its model in SBML and its tables. Something in one of them is not written as its format has it, or "
        + "says what no program can mean; the message shows the place. What is in the format and not translated is E0901."
    ),
  ]
}
