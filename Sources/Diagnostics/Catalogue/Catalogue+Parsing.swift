extension Catalogue {
  /// E01xx: reading the text. `continuationAtPrompt` has no program: it is a mistake of the prompt only.
  package static let parsing: [CatalogueRow] = [
    CatalogueRow(
      .unexpectedToken, "something else was expected here",
      "The parser knows what may stand at this place, and found something else. Often a "
        + "comma, an operator or a bracket is missing just before it.",
      bad: "let a = f(1 2)",
      mended: "let a = f(1, 2)"),
    CatalogueRow(
      .unexpectedCharacter, "a character that is no part of the language",
      "Programs consist of letters of any alphabet, digits, and the operators of the "
        + "language. This character is none of them; it may have come with copied text.",
      bad: "let a = 1 $ 2",
      mended: "let a = 1 + 2"),
    CatalogueRow(
      .unclosedString, "a string is not closed",
      "A string begins and ends with a double quote on the same line. A line break inside a "
        + "string is written `\\n`.",
      bad: "data obs = csv(\"a.csv)",
      mended: "data obs = csv(\"a.csv\")"),
    CatalogueRow(
      .unclosedBracket, "a bracket is not closed",
      "Every `(`, `[` and `{` has its closing partner. The message points at the one that "
        + "was opened and never closed; inside it line breaks do not end statements, so what "
        + "follows could not be told apart.",
      bad: "let a = f(1, 2",
      mended: "let a = f(1, 2)"),
    CatalogueRow(
      .unmatchedCloser, "a bracket closes nothing",
      "A closing bracket stands here for which no opening one is waiting.",
      bad: "let a = f(1))",
      mended: "let a = f(1)"),
    CatalogueRow(
      .malformedNumber, "a number lacks digits at its point",
      "A number has digits on both sides of its decimal point, so that `0..10` is a range "
        + "and `o.0` a field without doubt.",
      bad: "let a = .5",
      mended: "let a = 0.5"),
    CatalogueRow(
      .numberOutOfRange, "a number is too large",
      "Integers have 64 bits, real numbers reach about 1.8e308.",
      bad: "let a = 99999999999999999999",
      mended: "let a = 1e20"),
    CatalogueRow(
      .malformedUnit, "a unit can't be read",
      "A unit stands between `<` and `>` directly behind a number, and is built from unit "
        + "names with `*`, `/` and `^`, for instance `<kg*m/s^2>`, `<1/s>` or `<m^(1/2)>`. Two "
        + "names side by side need a `*`.",
      bad: "const g = 9.81<m s>",
      mended: "const g = 9.81<m/s^2>"),
    CatalogueRow(
      .unknownEscape, "an unknown escape in a string",
      "After a backslash come `n`, `t`, `r`, a double quote, a backslash, or `u{...}` with "
        + "the number of a character.",
      bad: "data obs = csv(\"C:\\data\")",
      mended: "data obs = csv(\"C:\\\\data\")"),
    CatalogueRow(
      .strayPrime, "a prime belongs to nothing",
      "The apostrophe marks a time derivative and stands directly behind a name or a "
        + "closing square bracket, as in `x'` or `[x, y]'`. Derivatives of longer expressions "
        + "are written through the derivatives of their parts.",
      bad: "ode m {\n  state x = 1\n  (x)' = -x\n}",
      mended: "ode m {\n  state x = 1\n  x' = -x\n}"),
    CatalogueRow(
      .expectedExpression, "an expression is missing",
      "An operator, a bracket or a word must be followed by an expression, and none is "
        + "there.",
      bad: "let a = 1 +",
      mended: "let a = 1 + 2"),
    CatalogueRow(
      .expectedName, "a name is missing",
      "A declaration needs the name of what it declares; names begin with a letter or `_`.",
      bad: "const 1 = 2",
      mended: "const one = 2"),
    CatalogueRow(
      .reservedWord, "a word of the language is used as a name",
      "A few words, such as `let`, `if`, `in`, `fold` and `sample`, are never names of "
        + "values. They may be names of fields and labels.",
      bad: "const map = 2",
      mended: "const map_ = 2"),
    CatalogueRow(
      .unusedValue, "nothing uses this value",
      "A value stands on a line of its own, and is not the last of its block. Most often it "
        + "was meant to go on from the line above: a line goes on when it ends in an operator.",
      bad: "fn f(x, y) {\n  x\n  - y\n}",
      mended: "fn f(x, y) {\n  x -\n    y\n}"),
    CatalogueRow(
      .blockWithoutValue, "a block ends without a value",
      "The last line of a block is its value. Here the block is empty or ends with a "
        + "statement.",
      bad: "fn f(x) {\n  let a = x^2\n}",
      mended: "fn f(x) {\n  let a = x^2\n  a + 1\n}"),
    CatalogueRow(
      .chainedComparison, "comparisons don't chain",
      "`a < b < c` would compare the outcome of the first comparison with `c`. Two "
        + "comparisons are joined with `&&`.",
      bad: "fn f(x) = if 0 < x < 1 then x else 0",
      mended: "fn f(x) = if 0 < x && x < 1 then x else 0"),
    CatalogueRow(
      .foreignOperator, "an operator of another language",
      "This operator is written differently here: powers with `^`, inequality with `!=`, "
        + "remainders with `mod(a, b)`, `and` and `or` with `&&` and `||`.",
      bad: "fn f(x) = x**2",
      mended: "fn f(x) = x^2"),
    CatalogueRow(
      .foreignSyntax, "a form of another language",
      "This is how another language says it. The help line gives the form that is used "
        + "here.",
      bad: "def f(x) = x^2",
      mended: "fn f(x) = x^2"),
    CatalogueRow(
      .foreignConstant, "a constant of another language",
      "Truth values are `true` and `false`; there is no value that stands for nothing.",
      bad: "let a = True",
      mended: "let a = true"),
    CatalogueRow(
      .colonSlice, "a slice is not written with a colon",
      "Ranges are written `a..b` with both ends or `a..<b` without the last, in indices "
        + "too; `..` alone is a whole axis.",
      bad: "fn f(x) = x[1:3]",
      mended: "fn f(x) = x[1..<3]"),
    CatalogueRow(
      .fractionDerivative, "a derivative is not written as a fraction",
      "The time derivative of `x` is written `x'`, the second `x''`.",
      bad: "ode m {\n  state x = 1\n  dx/dt = -x\n}",
      mended: "ode m {\n  state x = 1\n  x' = -x\n}"),
    CatalogueRow(
      .misplacedStatement, "a statement stands at the wrong place",
      "Some statements belong into the body of an `ode` (`state`, `learned`, equations), "
        + "some to the top level of a file (`ode`, `data`, `loss`), and commands to the top "
        + "level or a `test`.",
      bad: "state x = 1",
      mended: "ode m {\n  state x = 1\n  x' = -x\n}"),
    CatalogueRow(
      .additionOutsideOde, "`+=` outside of an equation",
      "In an `ode`, `x' += e` adds a term to an equation. A `var` is given its new value "
        + "with `=`.",
      bad: "fn f(x) {\n  var s = 0\n  s += x\n  s\n}",
      mended: "fn f(x) {\n  var s = 0\n  s = s + x\n  s\n}"),
    CatalogueRow(
      .nestingTooDeep, "nested too deeply",
      "Brackets nest at most 100 deep, and an expression is at most 400 operators high, so "
        + "that every tool that walks a program can do so safely. Name the parts with `let`.",
      bad:
        "let a = (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))",
      mended: "let a = 1"),
    CatalogueRow(
      .implicitProduct, "a product needs its `*`",
      "Two values side by side are no product here, because `f(x)` is a call and `2x` would "
        + "be the only exception.",
      bad: "fn f(x) = 2x",
      mended: "fn f(x) = 2*x"),
    CatalogueRow(
      .pipelineStage, "what follows `|>` is a function or a call",
      "`|>` binds most loosely of all operators. A pipeline inside a larger expression "
        + "stands in parentheses.",
      bad: "fn f(x) = x |> tanh + 1",
      mended: "fn f(x) = (x |> tanh) + 1"),
    CatalogueRow(
      .unknownPrecision, "the precision is `f32` or `f64`",
      "Numbers have 32 or 64 bits; time and step sizes have 64 always.",
      bad: "precision f16",
      mended: "precision f32"),
    CatalogueRow(
      .missingElse, "an `if` needs its `else`",
      "`if` is an expression: it has a value in both cases.",
      bad: "fn f(x) = if x > 0 then x",
      mended: "fn f(x) = if x > 0 then x else 0"),
    CatalogueRow(
      .clauseOrder, "the parts of a plot have an order",
      "The order is `plot ... against ... log ... as ... to ...`.",
      bad: "plot s.x to \"a.svg\" against t",
      mended: "plot s.x against t to \"a.svg\""),
    CatalogueRow(
      .missingBody, "a declaration has no body",
      "Functions, layers, losses and odes have a body: `= expression` or `{ ... }`.",
      bad: "fn f(x)",
      mended: "fn f(x) = x"),
    CatalogueRow(
      .needsParentheses, "parentheses are needed",
      "An `if` or a closure reaches as far to the right as it can. Inside a larger "
        + "expression it stands in parentheses, so that its end is seen.",
      bad: "fn f(x) = 1 + if x > 0 then x else 0",
      mended: "fn f(x) = 1 + (if x > 0 then x else 0)"),
    CatalogueRow(
      .seedNotInteger, "a seed is a whole number",
      "All random numbers of a program follow from its seed, an integer.",
      bad: "seed 1.5",
      mended: "seed 1"),
    CatalogueRow(
      .misplacedHeading, "`precision` and `seed` head a file",
      "They hold for the whole file, and stand before its first declaration.",
      bad: "const a = 1\nseed 2",
      mended: "seed 2\nconst a = 1"),
    CatalogueRow(
      .detachedDocumentation, "a `///` comment documents nothing",
      "`///` documents the declaration directly below it, without an empty line between, "
        + "and shows in `:help`. At the beginning of a file it is about the file. Elsewhere "
        + "write `//`.",
      bad: """
        const g = 9.81
        /// the first fall

        let h = g/2
        print h
        """,
      mended: """
        const g = 9.81
        /// the first fall
        let h = g/2
        print h
        """),
    CatalogueRow(
      .continuationAtPrompt, "a line at the prompt goes on from nothing",
      "In a file a line that begins with `|>` or `else` belongs to the line before it. At "
        + "the prompt that line has been run already: end it with the operator, or open a "
        + "bracket."),
  ]
}
