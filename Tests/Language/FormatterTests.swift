import NodalDiagnostics
import NodalParsing
import NodalSyntax
import Testing

@Suite struct FormatterTests {
  @Test(
    "formatting keeps the tree, and formatting twice changes nothing",
    .enabled(if: !SharedPrograms.all.isEmpty, "shared programs not found"),
    arguments: SharedPrograms.all)
  func keepsTree(program: SharedPrograms.Program) throws {
    let once = try Formatter.format(program.source)
    #expect(try Formatter.format(source(once)) == once)
    #expect(
      treeText(Parser.parse(source(once)).tree.statements)
        == treeText(Parser.parse(program.source).tree.statements))
    #expect(comments(in: once) == comments(in: program.text))
  }

  private func comments(in text: String) -> Int { text.split(separator: "//").count }

  @Test("canonical text")
  func canonical() throws {
    let untidy = """
      seed   4
      ode  two{

      state x=1 ,y = 2   // states
         param  k=0.5 in(0,inf)~ lognormal( log(0.5),1 )  // learned
      [x,y]' = [ -k*x,k * y ]



      // said
      }
      let s=solve( two,from:{x:1,y:-2},over:0 .. 10 )
      fn f(x)=
      if x>0 then x
      else -x
      print -s.x [ 0 ], - 1
      data d=csv( "f.csv",time:"t"<ms>,columns:{y:"V2"<V/m>} )
      train fit on obs{optimize:adam(),steps:5;batch:all}
      """
    let tidy = """
      seed 4
      ode two {
        state x = 1, y = 2                                  // states
        param k = 0.5 in (0, inf) ~ lognormal(log(0.5), 1)  // learned
        [x, y]' = [-k*x, k * y]

        // said
      }
      let s = solve(two, from: {x: 1, y: -2}, over: 0..10)
      fn f(x) =
        if x > 0 then x
        else -x
      print -s.x[0], -1
      data d = csv("f.csv", time: "t"<ms>, columns: {y: "V2"<V/m>})
      train fit on obs { optimize: adam(), steps: 5; batch: all }

      """
    #expect(try Formatter.format(source(untidy)) == tidy)
  }

  @Test("what does not parse is not touched")
  func refuses() {
    #expect(throws: Formatter.Failure.self) { try Formatter.format(source("ode {")) }
  }
}
