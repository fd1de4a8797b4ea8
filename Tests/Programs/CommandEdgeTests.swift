import Foundation
import Testing

/// The command at its edges: what the world refuses, and what is asked for wrongly, is told with its place.
@Suite(.enabled(if: Command.path != nil, "the command is not built"))
struct CommandEdgeTests {
  /// Runs a program from a file in a folder of its own, with files beside it.
  static func run(
    _ program: String, _ arguments: [String] = [], files: [String: String] = [:],
    environment: [String: String] = [:]
  ) throws -> Command.Result {
    let folder = try Repository.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files.merging(["a.node": program], uniquingKeysWith: { $1 }) {
      let url = folder.appending(path: name)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: url, atomically: true, encoding: .utf8)
    }
    return try Command.run(
      ["run", folder.appending(path: "a.node").path] + arguments, environment: environment)
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    var program: String
    var arguments: [String] = []
    var status = 1
    /// All of it is said on standard error.
    var says: [String]
    var testDescription: String { program }
  }

  static let refusals = [
    Refusal(
      program: "import \"../../x.node\"", status: 2,
      says: ["E0710", "may not read `../../x.node`", "a.node:1:8", "--allow-read"]),
    Refusal(
      program: "data d = csv(\"/etc/hostname\")", status: 2,
      says: ["E0710", "may not read `/etc/hostname`", "a.node:1:10", "--allow-read /etc"]),
    Refusal(
      program: "data d = csv(\"folder\")", status: 2,
      says: ["E0712", "is a folder, not a file", "a.node:1:10"]),
    Refusal(
      program: "data d = csv(\"nowhere.csv\")", status: 2,
      says: ["E0701", "does not exist", "a.node:1:10", "then --data"]),
    Refusal(
      program: "data d = csv(\"/dev/zero\")", arguments: ["--allow-read", "/dev"], status: 2,
      says: ["E0712", "a device or a pipe", "a.node:1:10"]),
    Refusal(
      program: "data d = csv(\"wide.csv\")", status: 2,
      says: [
        "E0702", "`wide.csv`, line 2: the row has 200000 cells", "wide.csv:2:1", "a.node:1:10",
      ]),
    Refusal(
      program: "import physics\nload pendulum from \"nowhere.safetensors\"",
      says: ["E0701", "does not exist", "a.node:2:1"]),
    Refusal(
      program: "import physics\nload pendulum from \"/etc/hostname\"",
      says: ["E0710", "a.node:2:1"]),
    Refusal(
      program: "layer net(y: Real[2]) = y |> dense(5)\nsave net to \"w.safetensors\"", status: 2,
      says: ["E0814", "no weights to save", "a.node:2:6"]),
    Refusal(
      program: "write [1, 2] to \"a.csv\"", arguments: ["--out", "/proc/nothing"],
      says: ["E1006", "can't write \"a.csv\"", "a.node:1:1"]),
    Refusal(
      program: "write [1, 2] to \"/dev/full\"", arguments: ["--allow-write", "/dev"],
      says: ["E1006", "the disk is full", "a.node:1:1"]),
    Refusal(
      program: "write [1, 2] to \"../../a.csv\"", status: 2,
      says: ["E1007", "may not write `../../a.csv`", "a.node:1:1", "--allow-write"]),
    Refusal(
      program: """
        param a = -1.0
        data d = generate(two_moons(), count: 10)
        loss l(e) = log(a) * e.x[0]
        train l on d { optimize: adam(), steps: 3 }
        """, says: ["E1004", "step 1: the loss is nan", "a.node:3:6", "while training this"]),
    Refusal(
      program: "const g = 1\nprint g", arguments: ["--set", "gg=2"], status: 2,
      says: ["E0201", "`--set gg` names no constant"]),
    Refusal(
      program: "print 1", arguments: ["--data", "/nowhere"], status: 64,
      says: ["there is no folder `/nowhere`"]),
    Refusal(
      program: "print 1", arguments: ["--out", ""], status: 64, says: ["--out wants"]),
  ]

  @Test(arguments: refusals) func tells(_ refusal: Refusal) throws {
    let result = try Self.run(
      refusal.program, refusal.arguments,
      files: [
        "folder/file": "", "wide.csv": "t,x\n" + String(repeating: "1,", count: 199_999) + "1\n",
      ])
    #expect(result.status == refusal.status)
    for words in refusal.says { #expect(result.errors.contains(words), "\(result.errors)") }
    // Whatever a file holds, a message stays readable.
    #expect(result.errors.count < 4000)
  }

  /// Output that is lost is no success.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "there is no /dev/full"))
  func aFullDiskForItsOutput() throws {
    let process = Process()
    process.executableURL = URL(filePath: Command.path ?? "")
    process.arguments = ["run", "-"]
    let (input, errors) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    process.standardError = errors
    try process.run()
    input.fileHandleForWriting.write(Data("print 1 + 1".utf8))
    try input.fileHandleForWriting.close()
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    #expect(said == "error: the disk is full: `standard output` could not be written\n")
  }

  /// Without gnuplot the numbers are kept, and it is said where and for which plot.
  @Test func gnuplotMayBeMissing() throws {
    let result = try Self.run(
      "let x = [1, 2]\nplot x against x to \"a.svg\"", environment: ["PATH": "/nowhere"])
    #expect(result.status == 0)
    #expect(result.errors.contains("a.node:2: gnuplot is not installed"))
    #expect(result.errors.contains("runs/a.csv"))
  }

  @Test func constantsAreSetInOrder() throws {
    let result = try Self.run(
      "const g = 1\nprint g", ["--set", "g=2", "--set", "g=3", "--quiet", "--threads", "1"])
    #expect(result.output == "g = 3\n" && result.errors == "" && result.status == 0)
  }
}
