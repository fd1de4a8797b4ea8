import Foundation
import NodalBasics
import Testing

/// The built command, as a person calls it.
@Suite(.enabled(if: Command.path != nil, "the command is not built"))
struct CommandTests {
  @Test func statusSaysHowItWent() throws {
    #expect(try Command.run(["run", "-"], input: "print 1 + 1").status == 0)
    #expect(try Command.run(["run", "-"], input: "assert 1 == 2").status == 1)
    #expect(try Command.run(["run", "-"], input: "print q").status == 2)
    #expect(try Command.run(["run"]).status == 64)
    #expect(try Command.run(["run", "missing.node"]).status == 64)
    #expect(try Command.run(["bogus"]).status == 64)
    #expect(try Command.run(["run", "-", "--threads", "0"]).status == 64)
    #expect(try Command.run(["run", "-", "--set", "g"]).status == 64)
    #expect(try Command.run(["check", "-"], input: "assert 1 == 2").status == 0)
    #expect(try Command.run(["--version"]).output.hasPrefix("nodal "))
  }

  @Test func valuesAndWordsGoApart() throws {
    let result = try Command.run(["run", "-"], input: "print 1 + 1\nassert 1 == 2")
    #expect(result.output == "1 + 1 = 2\n")
    #expect(result.errors.contains("error[E1005]"))
    #expect(!result.errors.contains("\u{1B}"))
  }

  @Test func standardInputRunsWithoutSubcommand() throws {
    #expect(try Command.run([], input: "print 2^10").output == "2^10 = 1024\n")
    // As at the prompt, without its noise: bare values, names that are declared again, commands.
    let input = """
      const c = 2
      fn g(x) = c*x
      g(1)
      :type g(1)
      const c = 3
      g(1)
      :undo
      g(1)
      :set c=7
      g(1)
      """
    let piped = try Command.run([], input: input)
    #expect(piped.status == 0)
    #expect(
      piped.output
        == "g(1) = 2\nInt\ng(1) = 3\ntaken back: const c = 3\ng(1) = 2\ng(1) = 7\n")
    #expect(!piped.errors.contains("\u{1B}"))
    // Up to the first that goes wrong, with the line of the input.
    for (input, status, error) in [
      ("print 1\n:type 1\nprint nope\nprint 2", 2, "<stdin>:3:7"),
      ("print 1\nassert 1 == 2\nprint 2", 1, "<stdin>:2"),
      ("print 1\n:nonsense\nprint 2", 1, "no command"),
      ("print 1\n:type nope\nprint 2", 2, "E0201"),
      ("print 1\n:undo now\nprint 2", 1, "stands alone"),
      ("print 1\node f {\n x' = 1", 2, "<stdin>"),
    ] {
      let result = try Command.run([], input: input)
      #expect(result.status == status, "\(input)")
      #expect(result.output.hasPrefix("1\n") || status == 2, "\(input)")
      #expect(!result.output.contains("2\n"))
      #expect(result.errors.contains(error), "\(result.errors)")
    }
    #expect(try Command.run([], input: "print 1\n:quit\nprint 2").output == "1\n")
  }

  @Test func everyLineIsJSON() throws {
    let result = try Command.run(
      ["run", "-", "--json"],
      input: """
        ode f { state x = 1; param k = 0.5 in (0, inf); x' = -k*x }
        data obs = simulate(f, over: 0..1, every: 0.25, with: {k: 0.8})
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        train fit on obs { optimize: adam(lr: 1e-2), steps: 3 }
        print f.k, [1, 2], nan, inf, "a \\"text\\""
        plot obs.x against t
        assert f.k < 0
        """)
    var kinds: [String] = []
    for line in result.output.split(separator: "\n") {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      kinds.append(object?["kind"] as? String ?? "?")
    }
    #expect(
      kinds == ["train", "step", "step", "step", "result"]
        + Array(repeating: "print", count: 5) + ["plot", "diagnostic"])
    #expect(result.status == 1)
    #expect(result.errors.isEmpty)
  }

  @Test func formats() throws {
    let folder = try Repository.temporaryFolder()
    let file = folder.appending(path: "a.node")
    try "let   a=1 // one\n".write(to: file, atomically: true, encoding: .utf8)
    #expect(try Command.run(["fmt", "--check", file.path]).status == 1)
    #expect(try Command.run(["fmt", file.path]).status == 0)
    #expect(try String(contentsOf: file, encoding: .utf8) == "let a = 1  // one\n")
    #expect(try Command.run(["fmt", "--check", file.path]).status == 0)
    #expect(try Command.run(["fmt", "-"], input: "let  b = 2\n").output == "let b = 2\n")
    #expect(try Command.run(["fmt", "-"], input: "let  b = \n").status == 2)
  }

  @Test func writesBelowOutOnly() throws {
    let folder = try Repository.temporaryFolder()
    let script = folder.appending(path: "a.node")
    let outside = folder.appending(path: "outside.csv")
    try "write [1, 2] to \"../outside.csv\"\n".write(to: script, atomically: true, encoding: .utf8)
    let refused = try Command.run(["run", script.path])
    #expect(refused.status == 2)
    #expect(refused.errors.contains("E1007"))
    #expect(refused.errors.contains("--allow-write"))
    #expect(!FileManager.default.fileExists(atPath: outside.path))
    #expect(try Command.run(["run", script.path, "--allow-write", folder.path]).status == 0)
    #expect(FileManager.default.fileExists(atPath: outside.path))
    try "write [1, 2] to \"in.csv\"\n".write(to: script, atomically: true, encoding: .utf8)
    #expect(try Command.run(["run", script.path]).status == 0)
    #expect(
      FileManager.default.fileExists(atPath: folder.appending(path: "runs/in.csv").path))
  }

  @Test func readsBelowItsFolderOnly() throws {
    let folder = try Repository.temporaryFolder()
    let script = folder.appending(path: "a.node")
    try "data d = csv(\"/etc/passwd\")\nprint d\n".write(
      to: script, atomically: true, encoding: .utf8)
    let refused = try Command.run(["run", script.path])
    #expect(refused.status == 2)
    #expect(refused.errors.contains("E0710"))
  }

  @Test func findsDataByFlagAndVariable() throws {
    let folder = try Repository.temporaryFolder()
    try "t,x\n0,1\n1,2\n".write(
      to: folder.appending(path: "d.csv"), atomically: true, encoding: .utf8)
    let program = "data d = csv(\"d.csv\", time: \"t\")\nprint sum(d.x)\n"
    #expect(try Command.run(["run", "-", "--data", folder.path], input: program).status == 0)
    #expect(
      try Command.run(["run", "-"], input: program, environment: ["NODAL_DATA": folder.path])
        .status == 0)
    #expect(try Command.run(["run", "-"], input: program).status == 2)
  }

  @Test func testsAreCounted() throws {
    let program = """
      test "holds" { assert 1 < 2 }
      test "does not" { assert 1 > 2 }
      """
    let result = try Command.run(["test", "-"], input: program)
    #expect(result.status == 1)
    #expect(result.output == "ok    holds\nFAIL  does not\n1 of 2 tests passed\n")
    #expect(try Command.run(["run", "-"], input: program).status == 0)
  }

  @Test func explainsErrors() throws {
    #expect(try Command.run(["explain-error", "e0104"]).output.hasPrefix("E0104: "))
    let unknown = try Command.run(["explain-error", "E0199"])
    #expect(unknown.status == 64)
    #expect(unknown.errors.contains("near it"))
    #expect(try Command.run(["explain-error"]).output.contains("E0101  "))
  }

  @Test func emits() throws {
    let result = try Command.run(
      ["emit", "ir", "-", "--of", "a"], input: "let a = sqrt(2.0) + 1\n")
    #expect(result.output.contains("region("))
    #expect(try Command.run(["emit", "ir", "-", "--of", "b"], input: "let a = 1").status == 64)
    #expect(try Command.run(["emit", "ir", "-"], input: "let a = q").status == 2)
    let tree = try Command.run(["emit", "tree", "-"], input: "print 1")
    #expect(tree.output == "(print [(number (integer 1) -)])\n")
    let types = try Command.run(
      ["emit", "types", "-"], input: "ode f { state x: Real<m> = 1; x' = -x/2<s> }")
    #expect(types.output.contains("state x: Real<m>"))
  }

  @Test func exportsAsC() throws {
    let folder = NSTemporaryDirectory() + "nodal-export-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let program = "layer net(x) = x |> dense()\node f { state x = 1; param k = 2; x' = -k*net(x) }"
    let call = ["export", "c", "-", "--out", folder, "--ode"]
    let made = try Command.run(call + ["f"], input: program)
    #expect(made.status == 0 && made.errors.contains("as random as it began"))
    let header = try String(contentsOfFile: folder + "/f.h", encoding: .utf8)
    #expect(header.contains("f_p_k = 0"))
    #expect(FileManager.default.fileExists(atPath: folder + "/f.c"))
    #expect(try Command.run(call + ["g"], input: program).status == 2)
    #expect(
      try Command.run(call + ["f", "--weights", folder + "/none"], input: program).status == 2)
  }
}

enum Command {
  /// The binary beside the tests' own.
  static let path: String? = {
    var folders = [URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()]
    folders += ["release", "debug"].map { Repository.root.appending(path: ".build/\($0)") }
    #if DEBUG
      folders.swapAt(1, 2)
    #endif
    let candidates = folders.map { $0.appending(path: "nodal").path }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  struct Result {
    var status: Int
    var output: String
    var errors: String
  }

  static func run(
    _ arguments: [String], input: String = "", environment: [String: String] = [:]
  ) throws -> Result {
    var variables = ["NODAL_DATA": ""]
    variables.merge(environment) { $1 }
    let result = try Host.system.run(
      HostCommand(
        program: path ?? "", arguments: arguments, input: Array(input.utf8),
        directory: FileManager.default.temporaryDirectory.path, environment: variables))
    return Result(
      status: result.status, output: String(decoding: result.output, as: UTF8.self),
      errors: String(decoding: result.errors, as: UTF8.self))
  }
}
