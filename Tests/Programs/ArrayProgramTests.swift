import Nodal
import NodalBasics
import NodalData
import Testing

/// Programs over files of arrays, and what is said of arrays that don't fit.
@Suite struct ArrayProgramTests {
  static func array(_ name: String, _ shape: [Int], _ numbers: [Double]) -> OutputArray {
    OutputArray(
      name: name, shape: shape, .f64(numbers), axes: shape.indices.map { "\(name)_\($0)" },
      description: name)
  }

  static func recorder(_ arrays: [OutputArray], world: MemoryWorld = MemoryWorld()) -> Recorder {
    world.addFile("trial.npz", bytes: NumPyArchive.bytes(arrays, world.host))
    for array in arrays { world.addFile(array.name + ".npy", bytes: NumPyArray.bytes(array)) }
    var configuration = Configuration(threads: 1, directory: "/project")
    configuration.host = world.host
    return Recorder(configuration)
  }

  static let times = [0, 0.5, 1, 1.5]
  static let single = [
    array("t", [4], times), array("x", [4, 2], [1, 0, 0.8, 0.1, 0.6, .nan, 0.5, 0.3]),
    array("mass", [], [2]),
    OutputArray(name: "k", shape: [4], .i64([3, 1, 4, 1]), axes: ["k_0"], description: "k"),
  ]

  @Test func oneExperiment() throws {
    let recorder = Self.recorder(Self.single)
    #expect(
      recorder.run(
        """
        data d = npz("trial.npz", time: "t"<s>, columns: {u: "x[0]"<mV>, k: "k"<A>})
        ode f { state v: Real<V> = 1; param r: Real<1/s> = 0.5; v' = -r*v }
        loss fit(w) = mse(solve(f, at: w.t).v, w.u) + w.mass - 2
        print d.u[1], d.mass + 1, d.k[2]
        check gradients of fit on d
        """) == .finished, "\(recorder.errors.map(\.text).joined())")
    #expect(recorder.printed.prefix(3) == ["d.u[1] = 0.8 mV", "d.mass + 1 = 3", "d.k[2] = 4 A"])
  }

  /// What is constant in the one experiment that there is, is a number, and no array of one.
  @Test func aConstantOfOneExperiment() {
    let recorder = Recorder(files: ["one.csv": "id,t,x,w\n1,0,1,5\n1,1,2,5\n"])
    #expect(
      recorder.run("data d = csv(\"one.csv\", time: \"t\", experiment: \"id\")\nprint d.w + 1")
        == .finished)
    #expect(recorder.printed == ["d.w + 1 = 6"])
  }

  @Test func rowsAndFiles() throws {
    let recorder = Self.recorder(Self.single)
    #expect(
      recorder.run(
        """
        data rows = npz("trial.npz")
        data side = npy("t.npy", "x.npy", time: "t")
        data sampled = npy("k.npy", time: rate(2))
        print rows[2].k + 1, rows[3].mass, rows[0].x
        print side.x[1], sampled.t[3], sampled.k[3]
        """) == .finished, "\(recorder.errors.map(\.text).joined())")
    #expect(
      recorder.printed == [
        "rows[2].k + 1 = 5", "rows[3].mass = 2", "rows[0].x = [1, 0]", "side.x[1] = [0.8, 0.1]",
        "sampled.t[3] = 1.5", "sampled.k[3] = 1",
      ])
  }

  @Test func manyExperiments() throws {
    let world = MemoryWorld()
    let recorder = Self.recorder(
      [
        Self.array("t", [2, 3], [0, 1, 2, 0, 1, .nan]),
        Self.array("x", [2, 3], [1, 2, 3, 4, 5, .nan]), Self.array("dose", [2], [10, 20]),
        OutputArray(name: "id", shape: [2], .words(["a", "b"]), axes: ["id_0"], description: ""),
      ], world: world)
    let shared = [
      Self.array("t", [3], [0, 1, 2]), Self.array("x", [2, 3], [1, 2, 3, 4, 5, 6]),
      Self.array("u", [3], [7, 8, 9]),
    ]
    world.addFile("shared.npz", bytes: NumPyArchive.bytes(shared, world.host))
    let long = [
      Self.array("t", [5], [0, 1, 2, 0, 1]), Self.array("x", [5], [1, 2, 3, 4, 5]),
      Self.array("dose", [5], [10, 10, 10, 20, 20]), Self.array("id", [5], [7, 7, 7, 9, 9]),
    ]
    world.addFile("long.npz", bytes: NumPyArchive.bytes(long, world.host))
    #expect(
      recorder.run(
        """
        data grid = npz("trial.npz", time: "t", experiment: "id")
        data all = npz("shared.npz", time: "t", experiment: true)
        data long = npz("long.npz", time: "t", experiment: "id")
        print grid[1].t, grid[1].x, grid[1].dose
        print all[1].x, all[0].u
        print long[1].x, long[0].dose, long[1].id
        """) == .finished, "\(recorder.errors.map(\.text).joined())")
    #expect(
      recorder.printed == [
        "grid[1].t = [0, 1]", "grid[1].x = [4, 5]", "grid[1].dose = 20", "all[1].x = [4, 5, 6]",
        "all[0].u = [7, 8, 9]", "long[1].x = [4, 5]", "long[0].dose = 10", "long[1].id = 9",
      ])
  }

  @Test(arguments: [
    ("npz(\"trial.npz\", time: \"tt\")", "E0704", "did you mean `t`?"),
    ("npz(\"trial.npz\", columns: {y: \"mas\"})", "E0703", "did you mean `mass`?"),
    ("npz(\"trial.npz\", columns: {y: \"x[2]\"})", "E0703", "the columns are"),
    ("npz(\"trial.npz\", time: \"x\")", "E0707", "goes back"),
    ("npz(\"trial.npz\", tim: \"t\")", "E0204", "`experiment`"),
    ("npz(\"trial.npz\", time: \"t\", experiment: \"x\")", "E0712", "one label"),
    ("npz(\"trial.npz\", \"t.npy\")", "E0206", "`npy` takes several"),
    ("npz(\"t.npy\")", "E0712", "zip file"), ("npy(\"trial.npz\")", "E0712", "npy"),
    ("npz(\"none.npz\")", "E0701", "none.npz"), ("npz(3)", "E0319", "name of a file"),
    ("csv(\"trial.npz\")", "E0712", "npz(\"trial.npz\")"),
    ("npz(\"odd.npz\", time: \"t\")", "E0712", "experiment: true"),
    ("npz(\"odd.npz\", time: rate(-1))", "E0705", "rate"),
    ("npz(\"scalars.npz\")", "E0706", "examples"),
  ])
  func mistakesAreNamed(call: String, code: String, words: String) {
    let world = MemoryWorld()
    let recorder = Self.recorder(Self.single, world: world)
    let odd = [Self.array("t", [3], [0, 1, 2]), Self.array("x", [2, 3], [1, 2, 3, 4, 5, 6])]
    world.addFile("odd.npz", bytes: NumPyArchive.bytes(odd, world.host))
    world.addFile("scalars.npz", bytes: NumPyArchive.bytes([Self.single[2]], world.host))
    #expect(recorder.run("data d = \(call)\nprint d") == .wrong)
    #expect(recorder.errors.count == 1)
    let error = recorder.errors.first
    #expect(error?.code == code)
    #expect(error?.text.contains(words) == true, "\(error?.text ?? "")")
  }

  /// With `columns:` arrays that don't fit are left out.
  @Test func othersAreLeftOut() {
    let world = MemoryWorld()
    let recorder = Self.recorder(
      Self.single + [Self.array("w", [7], [1, 2, 3, 4, 5, 6, 7])], world: world)
    #expect(recorder.run("data d = npz(\"trial.npz\", time: \"t\")\nprint d") == .wrong)
    #expect(
      recorder.run("data e = npz(\"trial.npz\", time: \"t\", columns: {y: \"x\"})\nprint e.y[0]")
        == .finished)
    #expect(recorder.printed == ["e.y[0] = [1, 0]"])
  }

  @Test func writtenArraysAreRead() throws {
    let world = MemoryWorld()
    let recorder = Self.recorder(Self.single, world: world)
    let text = """
      ode decay { state x: Real<m> = 1, y: Real[2]; param k: Real<1/s> = 1 in (0, inf)
        x' = -k*x; y' = -y/1<s>; output twice = 2*x }
      let s = solve(decay, from: {y: [1, 2]}, over: 0..1, every: 0.25)
      let many = solve(decay, from: {y: [1, 2]}, over: 0..1, with: {k: [0.1, 3]})
      write s to "s.npz"; write many to "many.npz"; write s to "s.nc"; write many to "many.nc"
      write {a: 1, b: [1<m>, 2<m>]} to "r.npz"; write [1.5, 2] to "v.npy"; write s.x to "v.nc"
      """
    #expect(recorder.run(text) == .finished, "\(recorder.errors.map(\.text).joined())")
    for name in ["s", "many"] {
      world.addFile("\(name).npz", bytes: try #require(world.bytes("runs/\(name).npz")))
    }
    #expect(
      recorder.run(
        """
        data one = npz("s.npz", time: "t"<s>, columns: {x: "x"<m>})
        data both = npz("many.npz", time: "t")
        assert max(abs(one.x - s.x)) == 0<m>
        assert one.y[4, 1] == s.y[4, 1]
        assert length(both[0].t) < length(both[1].t)
        assert both[1].x[3] == many[1].x[3]/1<m>
        """) == .finished, "\(recorder.errors.map(\.text).joined())")
    let file = String(decoding: try #require(world.bytes("runs/s.nc")), as: UTF8.self)
    for word in ["units", "x of decay", "title", "test.node", "Nodal "] {
      #expect(file.contains(word))
    }
  }

  @Test func anEndingIsKnownBeforeTheRun() {
    let recorder = Self.recorder([])
    #expect(recorder.run("print 1\nwrite [1, 2] to \"a.xlsx\"") == .wrong)
    #expect(recorder.printed.isEmpty)
    #expect(recorder.errors.first?.code == "E0814")
    #expect(recorder.errors.first?.text.contains(".csv, .npy, .npz, .nc") == true)
    #expect(recorder.run("write {a: 1} to \"a.npy\"") == .failed)
  }
}
