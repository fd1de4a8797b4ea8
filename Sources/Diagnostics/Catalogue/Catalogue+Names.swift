extension Catalogue {
  /// E02xx: names.
  package static let names: [CatalogueRow] = [
    CatalogueRow(
      .unknownName, "a name is not defined",
      "No declaration, parameter or built-in thing has this name where it is read. "
        + "Declarations of a file are visible in the whole file; what a block binds ends with "
        + "the block.",
      bad: """
        const a = 2
        print b
        """,
      mended: """
        const a = 2
        print a
        """),
    CatalogueRow(
      .duplicateName, "a name is declared twice",
      "One scope has one meaning for a name. At a prompt a new declaration replaces the old "
        + "one; in a file it is more likely a slip.",
      bad: """
        const a = 1
        const a = 2
        """,
      mended: """
        const a = 1
        const b = 2
        """),
    CatalogueRow(
      .unknownField, "a field does not exist",
      "The value is known at this place, and so are its fields. A solution has `t`, its "
        + "states and outputs, `final` and `stats`.",
      bad: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        print solve(f, over: 0..1).last
        """,
      mended: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        print solve(f, over: 0..1).final
        """),
    CatalogueRow(
      .unknownLabel, "a call has no argument of this name",
      "Arguments may be given by the names of the parameters; this one is not among them.",
      bad: """
        fn f(x, rate) = x*rate
        print f(1, speed: 2)
        """,
      mended: """
        fn f(x, rate) = x*rate
        print f(1, rate: 2)
        """),
    CatalogueRow(
      .missingArgument, "an argument is missing",
      "Every parameter without a default value must be given.",
      bad: """
        fn f(x, y) = x + y
        print f(1)
        """,
      mended: """
        fn f(x, y) = x + y
        print f(1, 2)
        """),
    CatalogueRow(
      .tooManyArguments, "there are more arguments than parameters",
      "The call hands over more values than the function takes.",
      bad: """
        fn f(x) = 2*x
        print f(1, 2)
        """,
      mended: """
        fn f(x) = 2*x
        print f(1)
        """),
    CatalogueRow(
      .notCallable, "this can't be called",
      "Only functions, layers, distributions, methods and solutions (at a time) are called. "
        + "A product needs `*`; an element of an array is `x[i]`; an ode is solved with "
        + "`solve`.",
      bad: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        print f(2)
        """,
      mended: """
        ode f { state x = 1; param k = 1; x' = -k*x }
        print solve(f, over: 0..2).final
        """),
    CatalogueRow(
      .cyclicDefinition, "a definition needs itself",
      "To know the value one would have to know it already.",
      bad: """
        const a = b + 1
        const b = a - 1
        """,
      mended: """
        const a = b + 1
        const b = 1
        """),
    CatalogueRow(
      .declarationReadsLet, "a declaration reads a top-level `let`",
      "Declarations are visible in the whole file and in files that import it, where the "
        + "commands don't run; a `let` is the result of a command. Make it a `const`, a "
        + "`param`, or an argument.",
      bad: """
        let rate = sum([1.0, 2.0])
        ode f { state x = 1; x' = -rate*x }
        print solve(f, over: 0..1).final
        """,
      mended: """
        const rate = 3.0
        ode f { state x = 1; x' = -rate*x }
        print solve(f, over: 0..1).final
        """),
    CatalogueRow(
      .assignmentToConstant, "a name can't be given a new value",
      "Only what is declared with `var` changes, inside its block.",
      bad: """
        fn f(x) {
          let y = x
          y = 2*y
          y
        }
        print f(1)
        """,
      mended: """
        fn f(x) {
          var y = x
          y = 2*y
          y
        }
        print f(1)
        """),
    CatalogueRow(
      .notAVariable, "an assignment to a name that is not there",
      "`name = value` gives a `var` of this block a new value. A new name is introduced by "
        + "`let` or `var`.",
      bad: """
        fn f(x) {
          y = 2*x
          y
        }
        print f(1)
        """,
      mended: """
        fn f(x) {
          let y = 2*x
          y
        }
        print f(1)
        """),
    CatalogueRow(
      .recursiveFunction, "a function calls itself",
      "Calls are expanded when the program is checked, so a function can't call itself, "
        + "directly or through others. Loops are `fold`, `scan`, `map`, and `for` over "
        + "compile-time ranges.",
      bad: """
        fn power(x, n) = if n == 0 then 1 else x*power(x, n - 1)
        print power(2.0, 3)
        """,
      mended: """
        fn power(x: Real, n: Int) = x^n
        print power(2.0, 3)
        """),
    CatalogueRow(
      .duplicateLabel, "an argument is given twice",
      "Each parameter takes one value.",
      bad: """
        fn f(x, y) = x + y
        print f(1, y: 2, y: 3)
        """,
      mended: """
        fn f(x, y) = x + y
        print f(1, y: 2)
        """),
    CatalogueRow(
      .wrongKindOfName, "a name means another kind of thing",
      "The name is known, but what it stands for can't be used here: a function where a "
        + "value is needed, a state outside its solution.",
      bad: "print sin + 1",
      mended: "print sin(1) + 1"),
    CatalogueRow(
      .shadowedName, "a name hides a variable, or the time",
      "A `let` in an inner block makes a new name, which ends with the block; what it was "
        + "to change stays as it was. Inside an ode `t` is the time.",
      bad: """
        layer net(x: Real[2]) {
          var h = x
          for _ in 1..3 { let h = h |> dense(8) |> tanh }
          h |> dense(2)
        }
        """,
      mended: """
        layer net(x: Real[2]) {
          var h = x
          for _ in 1..3 { h = h |> dense(8) |> tanh }
          h |> dense(2)
        }
        """),
  ]
}
