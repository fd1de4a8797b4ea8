import NodalBasics
import NodalData
import NodalDiagnostics
import Testing

private func dataset(_ text: String, _ schema: TableSchema = TableSchema()) throws -> Dataset {
  try CSVReader().read(Array(text.utf8)).dataset(schema)
}

@Suite struct DatasetTests {
  let trials =
    "Subject,Wt,Time,conc,group\n1,79,0,1,a\n1,79,1,2,a\n2,60,0,3,b\n1,79,2,4,a\n2,60,1,NA,b\n"

  @Test func experimentsAreGrouped() throws {
    let data = try dataset(
      trials, TableSchema(time: .column("Time"), experiment: "Subject"))
    #expect(data.exampleCount == 2)
    #expect(data.lengths == [3, 2])
    #expect(data["Wt"]?.axis == .example)
    #expect(data["Wt"]?.values == [79, 60])
    #expect(data["Subject"]?.values == [1, 2])
    #expect(data["group"]?.categories == ["a", "b"])
    #expect(data["group"]?.axis == .example)
    #expect(data["conc"]?.axis == .time)
    #expect(data.value(of: "conc", example: 0)?.values == [1, 2, 4])
    #expect(data.value(of: "conc", example: 1)?.missing == [false, true])
    let padded = data.array(of: "Time")
    #expect(padded?.shape == [2, 3])
    #expect(padded?.values == [0, 1, 2, 0, 1, 1])
    #expect(padded?.missing == [false, false, false, false, false, true])
    #expect(data.value(of: "conc", example: 2) == nil)
  }

  @Test func oneExperimentHasNoExampleAxis() throws {
    let data = try dataset(
      "t,x y,z\n0,1,2\n1,3,4\n2,5,6\n",
      TableSchema(
        time: .column("t"), selections: [.init(field: "v", columns: ["x y", "z"], unit: "m")]))
    #expect(data.isSingleExperiment)
    #expect(data.array(of: "v")?.shape == [3, 2])
    #expect(data.array(of: "v")?.values == [1, 2, 3, 4, 5, 6])
    #expect(data.batchArray(of: "v")?.shape == [1, 3, 2])
    #expect(data["v"]?.unit == "m")
    #expect(data.fieldNames == ["t", "v"])
  }

  @Test func aRateMakesTimes() throws {
    let data = try dataset(
      "V1,V2,\n1,2,\n3,4,\n",
      TableSchema(
        time: .rate(4), inputs: ["V1"], selections: [.init(field: "y", columns: ["V2"])]))
    #expect(data["t"]?.values == [0, 0.25])
    #expect(data.inputNames == ["V1"])
    #expect(data["y"]?.values == [2, 4])
  }

  /// By the file's name or the field's; what is the same throughout an experiment runs along time as an input.
  @Test func inputsAreFields() throws {
    let text = "run,t,V1,V2,word\na,0,1,3,x\na,1,1,4,y\nb,0,2,5,x\nb,2,2,5,z\n"
    func inputs(_ names: [String], _ selections: [TableSchema.Selection] = []) throws -> Dataset {
      try dataset(
        text,
        TableSchema(
          time: .column("t"), experiment: "run", inputs: names, selections: selections))
    }
    let u = TableSchema.Selection(field: "u", columns: ["V1"])
    for names in [["V1"], ["u"], ["u", "V1"]] {
      let data = try inputs(names, [u])
      #expect(data.inputNames == ["u"])
      #expect(data["u"]?.axis == .time)
      #expect(data["u"]?.values == [1, 1, 2, 2])
      #expect(data.gather([data.whole(1)]).inputNames == ["u"])
    }
    #expect(try inputs([], [u])["u"]?.axis == .example)
    // A name of the file goes before that of a field.
    let turned = [
      TableSchema.Selection(field: "V2", columns: ["V1"]),
      TableSchema.Selection(field: "V1", columns: ["V2"]),
    ]
    #expect(try inputs(["V1"], turned).inputNames == ["V2"])
    for (name, selections) in [
      ("V3", [u]), ("word", []), ("v", [.init(field: "v", columns: ["word"])]),
    ] {
      #expect(throws: TableError.self, "\(name)") { try inputs([name], selections) }
    }
  }

  @Test func inputsInArrays() throws {
    func array(_ name: String, _ shape: [Int], _ values: [Double]) -> NamedArray {
      NamedArray(name: name, shape: shape, .numbers(values, missing: [], areIntegers: false))
    }
    let arrays = [
      array("t", [2, 2], [0, 1, 0, 2]), array("x", [2, 2, 2], [1, 2, 1, 3, 4, 5, 4, 6]),
      array("dose", [2], [1, 2]),
      NamedArray(name: "word", shape: [2, 2], .words(["a", "b", "a", "b"])),
    ]
    func inputs(_ names: [String], _ selections: [TableSchema.Selection] = []) throws -> Dataset {
      try ArrayTable(arrays).dataset(
        TableSchema(time: .column("t"), inputs: names, selections: selections))
    }
    #expect(try inputs(["x", "dose"]).inputNames == ["x", "dose"])
    #expect(try inputs(["x", "x"]).inputNames == ["x"])
    let u = TableSchema.Selection(field: "u", columns: ["x[0]"])
    for name in ["x[0]", "u"] {
      let data = try inputs([name], [u])
      #expect(data.inputNames == ["u"])
      #expect(data["u"]?.values == [1, 1, 4, 4])
    }
    for name in ["y", "x[1]", "word"] {
      #expect(throws: ArrayTableError.self, "\(name)") { try inputs([name], [u]) }
    }
  }

  @Test func slices() throws {
    let data = try dataset("t,x\n0,1\n1,2\n2,3\n3,4\n4,5\n", TableSchema(time: .column("t")))
    #expect(data.first(.fraction(0.8))?["x"]?.values == [1, 2, 3, 4])
    #expect(data.last(.fraction(0.2))?["x"]?.values == [5])
    #expect(data.last(.count(2))?["x"]?.values == [4, 5])
    #expect(data.last(.count(6)) == nil)
    #expect(data.first(.fraction(1.5)) == nil)
    #expect(data.first(.fraction(.nan)) == nil)
    #expect(data.entry(-1)?["x"]?.values == [5])
    #expect(data.entry(5) == nil)
    #expect(data.slice(1..<3)?["t"]?.values == [1, 2])
    #expect(data.slice(-1..<3) == nil)
    #expect(data.removing([3..<5])?.lengths == [3])
    #expect(data.removing([1..<2])?.lengths == [1, 3])
    #expect(data.removing([3..<4, 1..<2])?.lengths == [1, 1, 1])
    #expect(data.removing([0..<3, 2..<4]) == nil)
    #expect(data.removing([0..<5])?.timeCount == 0)
    let rows = try dataset("a,b\n1,2\n3,4\n5,6\n")
    #expect(rows.exampleCount == 3)
    #expect(rows.last(.count(1))?["a"]?.values == [5])
    #expect(rows.last(.count(1))?.identities == [2])
    #expect(rows.removing([0..<1])?["b"]?.values == [4, 6])
  }

  /// Each time is in one window, rows are those that don't begin their experiment, and shares add up to one.
  @Test func cutsCoverEachTimeOnce() throws {
    let data = Dataset(
      lengths: [10, 3, 7], time: "t",
      fields: [DataField("t", on: .time, values: (0..<20).map(Double.init))])
    for length in 1...12 {
      let cut = try #require(data.cut(atMost: length))
      let windows = try #require(cut.windows)
      #expect(cut["t"]?.values == data["t"]?.values)
      #expect(cut.lengths?.allSatisfy { $0 <= length } == true)
      #expect(abs(windows.reduce(0) { $0 + $1.share } - 1) < 1e-12)
      #expect(windows.compactMap(\.row) == Array(0..<(windows.count - 3)))
      for (window, next) in zip(windows, windows.dropFirst()) {
        #expect(window.next == next.row)
        #expect((window.next == nil) == (next.experiment != window.experiment))
      }
      // Windows know their places in batches of them, too.
      let some = cut.gather([cut.whole(windows.count - 1), cut.whole(0)])
      #expect(some.windows?.map(\.number) == [windows.count - 1, 0])
    }
    #expect(data.cut(atMost: 0) == nil)
  }

  /// Pairs of neighbours, spread over all experiments; one that is no longer than a part is one.
  @Test func pairsOfNeighbours() throws {
    let data = Dataset(
      lengths: [10, 3, 7], time: "t",
      fields: [DataField("t", on: .time, values: (0..<20).map(Double.init))])
    let all = try #require(data.pairs(ofLength: 1, count: 100))
    #expect(all["t"]?.values == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18])
    #expect(all.experiments == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2])
    let some = try #require(data.pairs(ofLength: 3, count: 4))
    #expect(
      some["t"]?.values == [0, 1, 2, 1, 2, 3, 5, 6, 7, 6, 7, 8, 10, 11, 12, 13, 14, 15, 14, 15, 16])
    #expect(some.lengths == [3, 3, 3, 3, 3, 3, 3])
    #expect(data.pairs(ofLength: 0, count: 1) == nil)
  }

  @Test func windowsLieInsideTheirExperiments() throws {
    let data = Dataset(
      lengths: [10, 3, 7], time: "t",
      fields: [DataField("t", on: .time, values: (0..<20).map(Double.init))])
    let plan = BatchPlan.windows(length: 4, count: 5)
    var seen: Set<[Double]> = []
    for step in 0..<200 {
      let batch = try plan.batch(of: data, seed: 1, step: step)
      #expect(batch.lengths == [4, 4, 4, 4, 4])
      #expect(Set(batch.identities).count == 5)
      for example in 0..<5 {
        let t = batch.value(of: "t", example: example)?.values ?? []
        #expect(zip(t, t.dropFirst()).allSatisfy { $1 == $0 + 1 })
        #expect(t[0] < 7 || t[0] >= 13)
        seen.insert(t)
      }
      #expect(try plan.batch(of: data, seed: 1, step: step) == batch)
    }
    // Seven starts in the first experiment, four in the last, none in the second.
    #expect(seen.count == 11)
    #expect(throws: BatchPlan.Problem.windowTooLong(length: 11, longest: 10)) {
      try BatchPlan.windows(length: 11, count: 1).batch(of: data, seed: 0, step: 0)
    }
    #expect(throws: BatchPlan.Problem.notPositive(name: "count", value: 0)) {
      try BatchPlan.windows(length: 1, count: 0).batch(of: data, seed: 0, step: 0)
    }
    let many = try BatchPlan.windows(length: 4, count: 30).batch(of: data, seed: 0, step: 0)
    #expect(many.exampleCount == 30)
  }

  @Test func aBatchGoesIntoTheWholeByItsTimes() throws {
    let data = Dataset(
      lengths: [60, 40], time: "t",
      fields: [DataField("t", on: .time, values: (0..<100).map(Double.init))])
    for (length, count, repeats) in [(10, 10, 1.0), (1, 10, 10), (20, 2, 2.5)] {
      let plan = BatchPlan.windows(length: length, count: count)
      #expect(plan.repeats(of: try plan.batch(of: data, seed: 0, step: 3), in: data) == repeats)
    }
    let one = BatchPlan.shuffled(1)
    #expect(one.repeats(of: try one.batch(of: data, seed: 0, step: 0), in: data) == 2)
    #expect(BatchPlan.all.repeats(of: data, in: data) == 1)
  }

  @Test func anEpochSeesEveryExampleOnce() throws {
    let data = Dataset(
      rows: 23, fields: [DataField("x", on: .example, values: (0..<23).map(Double.init))])
    let plan = BatchPlan.shuffled(5)
    #expect(plan.stepsPerEpoch(data) == 5)
    for epoch in 0..<3 {
      let seen = try (0..<5).flatMap { step in
        try plan.batch(of: data, seed: 9, step: 5 * epoch + step)["x"]?.values ?? []
      }
      #expect(seen.sorted() == (0..<23).map(Double.init))
      #expect(seen != seen.sorted())
    }
    let first = try plan.batch(of: data, seed: 9, step: 0)
    #expect(try plan.batch(of: data, seed: 9, step: 5) != first)
    #expect(try BatchPlan.all.batch(of: data, seed: 0, step: 3) == data)
    #expect(throws: BatchPlan.Problem.noTimeAxis) {
      try BatchPlan.windows(length: 1, count: 1).batch(of: data, seed: 0, step: 0)
    }
  }

  @Test func aSetIsWrittenAndReadBack() throws {
    let data = try dataset(
      trials, TableSchema(time: .column("Time"), experiment: "Subject"))
    let text = CSVWriter.text(data.table)
    let again = try dataset(
      text, TableSchema(time: .column("Time"), experiment: "experiment"))
    #expect(again.lengths == data.lengths)
    #expect(again["Wt"]?.values == data["Wt"]?.values)
    #expect(again["conc"]?.missing == data["conc"]?.missing)
    let vectors = Dataset(
      rows: 2, fields: [DataField("x", on: .example, shape: [2], values: [1, 2, 3, 4])])
    #expect(CSVWriter.text(vectors.table) == "x_0,x_1\n1,2\n3,4\n")
  }
}

@Suite struct MomentsTests {
  @Test func meansAndDeviationsLeaveMissingValuesOut() {
    let field = DataField(
      "x", on: .time, shape: [2], values: [1e9 + 1, 5, 1e9 + 3, .nan, 1e9 + 2, 5],
      missing: [false, false, false, true, false, false])
    let (mean, deviation) = field.moments
    #expect(mean == [1e9 + 2, 5])
    #expect(abs(deviation[0] - (2 / 3.0).squareRoot()) < 1e-9)
    #expect(deviation[1] == 1)
    #expect(DataField("e", on: .time, values: []).moments.mean == [0])
  }

  @Test(arguments: [
    (
      DataProblem.Cause.batch(.windowTooLong(length: 9, longest: 4)),
      "windows of 9 times are longer than the longest experiment of `obs` (4)"
    ),
    (.host(.notFound(path: "a.csv")), "`a.csv` does not exist"),
    (.generator(.missingParameter(generator: "g", name: "rate")), "`g` needs `rate`"),
    (
      .array(.sizeMismatch(array: "w", shape: [2, 3], bytes: 4)),
      "`obs`: the array `w` of shape [2, 3] does not fit its 4 bytes"
    ),
  ])
  func problemsHaveWords(cause: DataProblem.Cause, message: String) {
    #expect(DataProblem(cause, file: "obs").diagnostic.message == message)
  }
}
