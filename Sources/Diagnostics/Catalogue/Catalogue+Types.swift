extension Catalogue {
  /// E03xx: types and shapes; E04xx: units.
  package static let types: [CatalogueRow] = [
    CatalogueRow(
      .typeMismatch, "a value has another type than is needed",
      "The place fixes a type, and the value has another.",
      bad: "const name: String = 3",
      mended: "const name: String = \"three\""),
    CatalogueRow(
      .shapeMismatch, "shapes don't fit together",
      "Elementwise operators take operands of one shape, or scalars. Nothing else is "
        + "repeated silently, so that a wrong axis shows at once.",
      bad: "print [1, 2] + [1, 2, 3]",
      mended: "print [1, 2, 0] + [1, 2, 3]"),
    CatalogueRow(
      .ambiguousRank, "two readings of an argument's rank",
      "A parameter without a type takes the least rank at which the body needs no mapping. "
        + "This body reduces its argument, and checks at two ranks with different results; a "
        + "type says which is meant.",
      bad: """
        fn total(x) = sum(x)
        print total([[1, 2], [3, 4]])
        """,
      mended: """
        fn total(x: Real[n]) = sum(x)
        print total([[1, 2], [3, 4]])
        """),
    CatalogueRow(
      .conditionNotBool, "a condition is not true or false",
      "Numbers are not conditions: compare them.",
      bad: """
        fn f(x) = if x then 1 else 2
        print f(3)
        """,
      mended: """
        fn f(x) = if x > 0 then 1 else 2
        print f(3)
        """),
    CatalogueRow(
      .indexOutOfRange, "an index lies outside its axis",
      "Indices begin at 0; negative ones count from the end, `x[-1]` being the last.",
      bad: """
        let a = [1, 2]
        print a[2]
        """,
      mended: """
        let a = [1, 2]
        print a[1]
        """),
    CatalogueRow(
      .notIndexable, "this can't be indexed",
      "Arrays, data sets and tuples have elements.",
      bad: """
        let a = 3.5
        print a[0]
        """,
      mended: """
        let a = [3.5]
        print a[0]
        """),
    CatalogueRow(
      .matrixProduct, "a matrix product does not exist",
      "`a @ b` sums over the last axis of `a` and the first of `b`, which have one length.",
      bad: "print [[1, 2], [3, 4]] @ [1, 2, 3]",
      mended: "print [[1, 2], [3, 4]] @ [1, 2]"),
    CatalogueRow(
      .raggedBracket, "the parts of a bracket don't fit",
      "A bracket of brackets is a matrix: its rows have one length. Parts that are joined "
        + "agree in all axes but the first.",
      bad: "print [[1, 2], [3]]",
      mended: "print [[1, 2], [3, 4]]"),
    CatalogueRow(
      .notConstant, "a value is needed at compile time",
      "A `const`, a length, a loop's bounds and a solver's settings are known before "
        + "anything runs, so they can't depend on what is learned or computed.",
      bad: """
        param k = 1
        const c = 2*k
        """,
      mended: """
        const k = 1
        const c = 2*k
        """),
    CatalogueRow(
      .unboundSize, "a length is not known",
      "In the type of a parameter a new name stands for a length that each call fixes. "
        + "Elsewhere a length is a constant.",
      bad: """
        param w: Real[n] = 0
        print w
        """,
      mended: """
        const n = 3
        param w: Real[n] = 0
        print w
        """),
    CatalogueRow(
      .leadingAxesDisagree, "a call is mapped over axes of different lengths",
      "An argument with more axes than its parameter declares is mapped over the further "
        + "ones; all such arguments of one call have the same.",
      bad: """
        fn f(a: Real, b: Real) = a + b
        print f([1, 2], [1, 2, 3])
        """,
      mended: """
        fn f(a: Real, b: Real) = a + b
        print f([1, 2, 0], [1, 2, 3])
        """),
    CatalogueRow(
      .integerExpected, "an integer is needed",
      "Lengths, counts and indices are integers. `Real` never becomes `Int` by itself.",
      bad: """
        let a = [1, 2]
        print a[1.0]
        """,
      mended: """
        let a = [1, 2]
        print a[1]
        """),
    CatalogueRow(
      .branchesDiffer, "the branches of an `if` differ in type",
      "Which branch is taken is known only at run time, so both have one type.",
      bad: """
        let s = sum([1.0, 2.0])
        print if s > 2 then s else true
        """,
      mended: """
        let s = sum([1.0, 2.0])
        print if s > 2 then s else 0
        """),
    CatalogueRow(
      .missingRecordField, "a record lacks a field",
      "The type asks for a field that the record does not have.",
      bad: """
        fn f(p: {x: Real, y: Real}) = p.x + p.y
        print f({x: 1})
        """,
      mended: """
        fn f(p: {x: Real, y: Real}) = p.x + p.y
        print f({x: 1, y: 2})
        """),
    CatalogueRow(
      .rangeExpected, "a range is needed",
      "`over:` takes an interval of time, `for` a range of integers: `a..b`.",
      bad: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        print solve(f, over: 10).final
        """,
      mended: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        print solve(f, over: 0..10).final
        """),
    CatalogueRow(
      .runTimeLoop, "a loop over values known only at run time",
      "`for` is unrolled when the program is checked. Loops over values are `fold`, `scan` "
        + "and `map`.",
      bad: """
        param n = 3
        fn f(x) {
          var s = x
          for i in 1..n { s = s + i }
          s
        }
        print f(1.0)
        """,
      mended: """
        const n = 3
        fn f(x) {
          var s = x
          for i in 1..n { s = s + i }
          s
        }
        print f(1.0)
        """),
    CatalogueRow(
      .unknownType, "a type does not exist",
      "Types are `Real`, `Int`, `Bool`, `String`, arrays of them, records, tuples, "
        + "functions, `Solution`, `Dataset`.",
      bad: """
        fn f(x: Float) = x
        print f(1)
        """,
      mended: """
        fn f(x: Real) = x
        print f(1)
        """),
    CatalogueRow(
      .operandType, "an operator does not apply to this",
      "Arithmetic is of numbers, `&&`, `||` and `!` are of truth values.",
      bad: "print true + 1",
      mended: "print (if true then 1 else 0) + 1"),
    CatalogueRow(
      .argumentType, "an argument has the wrong type",
      "The function is defined for other arguments.",
      bad: "print mean(3.0)",
      mended: "print mean([3.0, 4.0])"),
    CatalogueRow(
      .rankMismatch, "there are more indices than axes",
      "Each index or range in the bracket takes one axis, from the left.",
      bad: """
        let a = [1, 2]
        print a[0, 1]
        """,
      mended: """
        let a = [[1, 2], [3, 4]]
        print a[0, 1]
        """),
    CatalogueRow(
      .windowTooLarge, "a window is larger than what it goes over",
      "The kernel of a convolution and the window of a pool lie whole within the array. `pad:` puts zeros "
        + "around it; `dilation:` stretches a window.",
      bad: "print max_pool(zeros(1, 4, 4), 5)",
      mended: "print max_pool(zeros(1, 4, 4), 2)"),
    CatalogueRow(
      .groupsDontDivide, "channels can't be parted into so many groups",
      "`group_norm(groups)` and `groups:` of a convolution part the channels, the first axis of an image, into groups "
        + "of one size.",
      bad: """
        layer net(x: Real[4, 8, 8]) = x |> group_norm(3)
        print net(ones(4, 8, 8))
        """,
      mended: """
        layer net(x: Real[4, 8, 8]) = x |> group_norm(2)
        print net(ones(4, 8, 8))
        """),
    CatalogueRow(
      .unitMismatch, "units don't measure the same thing",
      "Only like can be added to, compared with or put in the place of like. Units of one "
        + "dimension are converted; a bare number adopts a unit only where a value is bound (an "
        + "initial value, a tolerance), not in arithmetic.",
      bad: "const a = 1<m> + 1<s>",
      mended: "const a = 1<m> + 1<cm>"),
    CatalogueRow(
      .unknownUnit, "a unit does not exist",
      "Units are written by their symbols, with SI prefixes where they take them.",
      bad: "const a = 3<metre>",
      mended: "const a = 3<m>"),
    CatalogueRow(
      .dimensionlessExpected, "a plain number is needed",
      "`sin`, `exp`, `log` and an exponent are defined for plain numbers. Divide by a "
        + "quantity of the same unit first.",
      bad: "const a = exp(3<m>)",
      mended: "const a = exp(3<m>/1<m>)"),
    CatalogueRow(
      .unitPower, "a quantity is raised to something that is no constant",
      "The unit of `x^k` must be known when the program is checked, so `k` is a rational "
        + "constant unless `x` is a plain number.",
      bad: """
        param k = 2
        print (3<m>)^k
        """,
      mended: """
        const k = 2
        print (3<m>)^k
        """),
    CatalogueRow(
      .lossHasUnit, "a loss has a unit",
      "What is minimised is a plain number. `mse`, `mae` and `log_prob` give one.",
      bad: """
        ode f { state x: Real<m> = 1; param k = 1; x' = -k*x }
        loss l(_) = solve(f, over: 0..1).final.x^2
        train l { optimize: adam(), steps: 5 }
        """,
      mended: """
        ode f { state x: Real<m> = 1; param k = 1; x' = -k*x }
        loss l(_) = mse(solve(f, over: 0..1).final.x, 0)
        train l { optimize: adam(), steps: 5 }
        """),
    CatalogueRow(
      .offsetUnit, "a temperature with an offset inside another unit",
      "`degC` counts from the freezing point of water. Alone, it is kept in kelvin; in a "
        + "product or quotient only the size of a degree can be meant, which is `K`.",
      bad: "const c = 4.2<J/degC>",
      mended: "const c = 4.2<J/K>"),
    CatalogueRow(
      .sizeNearConstant, "a new size variable looks like a constant",
      "In the type of a parameter a name that is no constant is a new size variable. This "
        + "one is nearly the name of a constant.",
      bad: """
        const width = 3
        fn f(x: Real[widht]) = sum(x)
        print f([1, 2, 3])
        """,
      mended: """
        const width = 3
        fn f(x: Real[width]) = sum(x)
        print f([1, 2, 3])
        """),
    CatalogueRow(
      .ambiguousTimeUnit, "a time without a unit, for an ode that counts in several",
      "The time of an ode is counted in the longest unit of time that its text names, and a bare "
        + "time is taken in it. Where the text names several, the unit is worth writing.",
      bad: """
        ode drip {
          state a: Real<mg> = 0
          param rate: Real<mg/min> = 2, k: Real<1/h> = 0.3
          a' = rate - k*a
        }
        print solve(drip, over: 0..10).final
        """,
      mended: """
        ode drip {
          state a: Real<mg> = 0
          param rate: Real<mg/min> = 2, k: Real<1/h> = 0.3
          a' = rate - k*a
        }
        print solve(drip, over: 0..10<h>).final
        """),
  ]
}
