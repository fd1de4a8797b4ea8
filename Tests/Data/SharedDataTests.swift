import NodalBasics
import NodalData
import Testing

/// Real files, found through NODAL_DATA.
private enum SharedData {
  static let folder = Host.system.environmentVariable("NODAL_DATA") ?? "../shared/data"

  static func has(_ path: String) -> Bool { Host.system.files.exists(Path.join(folder, path)) }

  static func table(_ path: String) throws -> Table {
    try CSVReader().read(try Host.system.files.read(Path.join(folder, path)))
  }
}

@Suite struct SharedDataTests {
  @Test(
    .enabled(
      if: SharedData.has("lynx_hare/hudson-bay-lynx-hare.csv"), "NODAL_DATA lacks lynx_hare"))
  func pelts() throws {
    let data = try SharedData.table("lynx_hare/hudson-bay-lynx-hare.csv")
      .dataset(TableSchema(time: .column("Year")))
    #expect(data.fieldNames == ["Year", "Lynx", "Hare"])
    #expect(data.lengths == [21])
    #expect(data["Hare"]?.values.first == 30)
  }

  @Test(.enabled(if: SharedData.has("theophylline/Theoph.csv"), "NODAL_DATA lacks theophylline"))
  func theophylline() throws {
    let data = try SharedData.table("theophylline/Theoph.csv")
      .dataset(TableSchema(time: .column("Time"), experiment: "Subject"))
    #expect(data.exampleCount == 12)
    #expect(data["Dose"]?.axis == .example)
    #expect(data["conc"]?.axis == .time)
    #expect(data.timeCount == 132)
  }

  @Test(.enabled(if: SharedData.has("silverbox/SNLS80mV.csv"), "NODAL_DATA lacks silverbox"))
  func silverbox() throws {
    let data = try SharedData.table("silverbox/SNLS80mV.csv")
      .dataset(
        TableSchema(
          time: .rate(610.35), inputs: ["V1"],
          selections: [.init(field: "y", columns: ["V2"], unit: "V")]))
    #expect(data.timeCount == 131_072)
    #expect(data.fieldNames == ["t", "y", "V1"])
  }

  @Test(
    .enabled(if: SharedData.has("real_pendulum/pendulum.csv"), "NODAL_DATA lacks real_pendulum"))
  func pendulum() throws {
    let data = try SharedData.table("real_pendulum/pendulum.csv")
      .dataset(TableSchema(time: .column("time_s"), experiment: "trial"))
    #expect((data.lengths ?? []).reduce(0, +) == data.timeCount)
    let matlab = try SharedData.table("real_pendulum/real_pend_h_1.txt")
    #expect(matlab.columns.count == 4)
  }

  @Test(.enabled(if: SharedData.has("mnist/t10k-labels-idx1-ubyte.gz"), "NODAL_DATA lacks mnist"))
  func digits() throws {
    func array(_ name: String) throws -> IDXArray {
      try IDXArray.read(
        Host.system.files.read(Path.join(SharedData.folder, "mnist/\(name)")), Host.system)
    }
    let data = try LabelledImages(array("t10k-images-idx3-ubyte.gz"))
      .labelled(array("t10k-labels-idx1-ubyte.gz")).dataset
    #expect(data.exampleCount == 10_000)
    #expect(data["image"]?.shape == [1, 28, 28])
    let labels = try #require(data["label"]?.values)
    #expect(labels.prefix(5) == [7, 2, 1, 0, 4])
    // As many of each digit as are published.
    let counts = (0..<10).map { digit in labels.count { $0 == Double(digit) } }
    #expect(counts == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    let pixels = try #require(data["image"]?.values)
    #expect(pixels.min() == 0 && pixels.max() == 1)
  }
}
