import NodalBasics
import NodalReporting
import TestSupport
import Testing

/// Pages of records: complete, of anybody's numbers and names, and never more than text.
@Suite struct ReportPageTests {
  private static let nasty = "<script>alert('x')</script>&\"\u{0}"

  private static func record() -> RunRecord {
    var record = RunRecord(
      nodal: "nodal 1", date: "2026-03-09T14:05:00Z", program: "a/decay.node", outcome: "finished",
      seconds: 1.5, seed: 3)
    record.settings = [.init("g", "1.62")]
    record.data = [
      .init(
        name: "d", source: "csv", file: "d.csv", examples: 1, rows: 3, fields: ["t", "x"],
        hash: "0123456789abcdef")
    ]
    var training = RunRecord.Training(
      loss: "fit", header: "train fit", summary: "loss 1", seconds: 1, evaluations: 9,
      history: .init([1, 2, 3], [10, 1, 0.01]))
    training.validations = .init([2], [0.5])
    training.stages = [.init(name: "lm", extent: "3 steps", end: "after all its steps")]
    training.parameters = [
      .init(
        "decay.k", 0.5, bounds: (0.4, 0.6), unit: "1/s", prior: "normal(1, 1)", domain: "(0, inf)"),
      .init("decay.c", 0, bounds: (-.infinity, .infinity), unit: nil, prior: nil, domain: ""),
      .init("decay.f", .nan, bounds: nil, unit: nil, prior: nil, domain: ""),
    ]
    training.uncertainty = "by Laplace"
    training.fields = [
      .init(
        name: "x", observations: 3, mean: 0, spread: 1, correlation: 0, signChanges: 0,
        normality: 1,
        experiments: [
          .init(
            name: nil, times: [0, 1, 2], observed: [1, 2, .nan], fitted: [1, 2, 3],
            residuals: [0, 0, 0])
        ], experimentCount: 1)
    ]
    record.trainings = [training]
    record.printed = [.init("k", "k = 0.5")]
    return record
  }

  private static func page(
    _ record: RunRecord, text: String = "print 1",
    pictures: [(name: String, bytes: [UInt8])] = []
  ) -> String {
    ReportPage(RecordedRun(record: record, text: text, pictures: pictures)).html
  }

  @Test func readsBack() throws {
    var record = Self.record()
    record.trainings[0].parameters.removeLast()
    record.trainings[0].fields[0].experiments[0].observed = [1, 2, -.infinity]
    #expect(try RunRecord(json: record.json()) == record)
  }

  @Test func holdsWhatIsThere() {
    let page = Self.page(Self.record())
    for part in [
      "decay.k", "normal(1, 1)", "1/s", "k = 0.5", "2026-03-09", "print 1", "by Laplace",
      "<polyline", "<circle", "1.62", "1e-2",
    ] {
      #expect(page.contains(part), "\(part)")
    }
    #expect(!page.contains("<script"))
    #expect(!page.contains("http://") && !page.contains("https://"))
    #expect(!page.contains("nan,") && !page.contains("inf,"))
  }

  /// Whatever has a name or says a word.
  @Test func isTextOnly() {
    var record = Self.record()
    record.program = Self.nasty
    record.date = Self.nasty
    record.settings = [.init(Self.nasty, Self.nasty)]
    record.data[0].name = Self.nasty
    record.data[0].fields = [Self.nasty]
    record.data[0].hash = Self.nasty
    record.trainings[0].loss = Self.nasty
    record.trainings[0].header = Self.nasty
    record.trainings[0].sentences = [Self.nasty]
    record.trainings[0].stages[0].end = Self.nasty
    record.trainings[0].parameters[0].name = Self.nasty
    record.trainings[0].parameters[0].unit = Self.nasty
    record.trainings[0].fields[0].name = Self.nasty
    record.trainings[0].fields[0].experiments += record.trainings[0].fields[0].experiments
    record.trainings[0].fields[0].experiments[0].name = Self.nasty
    record.contributions = [
      .init(
        ode: Self.nasty, along: Self.nasty,
        terms: [
          .init(equation: Self.nasty, term: Self.nasty, kind: Self.nasty, rms: .nan, share: 0)
        ])
    ]
    record.printed = [.init(Self.nasty, Self.nasty)]
    record.diagnostics = [Self.nasty]
    record.omissions = [Self.nasty]
    let page = Self.page(record, text: Self.nasty, pictures: [("'\"<b>.svg", [60])])
    #expect(!page.contains("<script") && !page.contains("<b>") && !page.contains("alert('x"))
    #expect(!page.unicodeScalars.contains("\0"))
    #expect(page.contains("&lt;script&gt;"))
  }

  /// Nothing, one point, one value, no finite value, the greatest and the least numbers: something is drawn, or it is said that nothing can be.
  @Test(
    arguments: [
      [], [1], [2, 2, 2], [.nan, .nan], [.infinity, 1], [1e308, -1e308],
      [.leastNonzeroMagnitude, 1e-300], [0, 0],
      [-1, -2], [1e15, 1e15 + 1], [0.0107, 0.0111],
    ] as [[Double]])
  func drawsAnything(_ values: [Double]) {
    var record = Self.record()
    let places = values.indices.map(Double.init)
    for times in [places, []] {
      record.trainings[0].history = .init(Array(values.indices), values)
      record.trainings[0].fields[0].experiments = [
        .init(name: nil, times: times, observed: values, fitted: values, residuals: values)
      ]
      let page = Self.page(record)
      for bad in ["\"nan", "\"inf", "\"-inf", ",nan", ",inf", " nan", "NaN"] {
        #expect(!page.contains("points=" + bad) && !page.contains("cx=" + bad))
      }
      #expect(page.hasSuffix("</html>\n"))
      #expect(values.contains { $0.isFinite } || page.contains("nothing finite"))
    }
  }

  private static func folder(_ json: String, text: String? = "print 1") -> Host {
    var files = ["/r/run.json": json]
    if let text { files["/r/program.node"] = text }
    return MemoryWorld(files: files).host
  }

  private static func problem(_ host: Host, _ folder: String = "/r") -> String? {
    do {
      _ = try RecordedRun(folder: folder, files: host.files)
      return nil
    } catch {
      return error.message
    }
  }

  @Test func refusesWithWords() throws {
    let good = String(decoding: try Self.record().json(), as: UTF8.self)
    #expect(Self.problem(Self.folder(good)) == nil)
    #expect(Self.problem(Self.folder(good), "/q")?.contains("does not exist") == true)
    #expect(Self.problem(Self.folder(good), "/")?.contains("no run folder") == true)
    #expect(Self.problem(Self.folder(good, text: nil))?.contains("program.node") == true)
    func replaced(_ text: String, _ other: String) -> String? {
      #expect(good.contains(text), "\(text)")
      return Self.problem(Self.folder(good.replacing(text, with: other)))
    }
    for text in ["", "[]", "7", "{", "{\"form\":1", String(repeating: "[", count: 100_000)] {
      #expect(Self.problem(Self.folder(text)) != nil)
    }
    #expect(replaced("\"seed\":3", "\"seeds\":3")?.contains("no `seed`") == true)
    #expect(replaced("\"seed\":3", "\"seed\":[]")?.contains("`seed`") == true)
    #expect(replaced("\"seed\":3", "\"seed\":1e400") != nil)
    #expect(replaced("\"form\":1", "\"form\":2")?.contains("form 2") == true)
    #expect(replaced("\"steps\":[1,2,3]", "\"steps\":[1]")?.contains("history") == true)
    #expect(replaced("\"residuals\":[0,0,0]", "\"residuals\":[]")?.contains("fields") == true)
    #expect(
      replaced("\"loss\":\"fit\"", "\"loss\":null")?.contains("trainings[0].loss") == true)
    for name in ["../secret.svg", "/etc/a.svg", "a.html", "a/b.svg", "", ".svg"] {
      #expect(replaced("\"plots\":[]", "\"plots\":[\"\(name)\"]") != nil, "\(name)")
    }
    // A link may lead anywhere.
    for (link, target) in [("run.json", "/e/run.json"), ("program.node", "/e/run.json")] {
      let world = MemoryWorld(files: ["/e/run.json": good])
      world.addLink("/r/" + link, to: target)
      if link != "run.json" { world.addFile("/r/run.json", bytes: Array(good.utf8)) }
      #expect(Self.problem(world.host)?.contains("is a link") == true)
    }
    // A picture that is gone is told of.
    let gone = Self.folder(good.replacing("\"plots\":[]", with: "\"plots\":[\"p.svg\"]"))
    let run = try RecordedRun(folder: "/r", files: gone.files)
    #expect(ReportPage(run).html.contains("p.svg can&#39;t be read"))
  }

  /// A spoiled byte makes another record, or none: nothing else.
  @Test func bearsSpoiledFiles() throws {
    let good = try Self.record().json()
    let stride = Effort.isLong ? 1 : 7
    for place in Swift.stride(from: 0, to: good.count, by: stride) {
      for byte in [0x00, 0x22, 0x2D, 0x39, 0x5B, 0xFF] as [UInt8] {
        var bytes = good
        bytes[place] = byte
        guard let record = try? RunRecord(json: bytes) else { continue }
        #expect(Self.page(record).hasSuffix("</html>\n"))
      }
      _ = try? RunRecord(json: Array(good.prefix(place)))
    }
  }
}
