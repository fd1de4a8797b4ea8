import NodalBasics
import Testing

@Suite struct HostTests {
  let host = Host.system

  @Test func filesAreWrittenWholeAndReadBack() throws {
    let folder = try host.files.createTemporaryDirectory()
    defer { try? host.files.remove(folder) }
    let path = folder + "/deep/er/file.txt"
    #expect(throws: HostError.notFound(path: path)) { try host.files.read(path) }
    try host.files.createDirectory(folder + "/deep/er")
    try host.files.createDirectory(folder + "/deep/er")
    try host.files.write(path, text: "one")
    try host.files.write(path, text: "two")
    try host.files.append(path, Array("three".utf8))
    #expect(try host.files.text(path) == "twothree")
    #expect(try host.files.list(folder + "/deep/er") == ["file.txt"])
    #expect(host.files.kind(folder) == .directory)
    #expect(throws: HostError.isDirectory(path: folder)) { try host.files.read(folder) }
    #expect(throws: HostError.isDirectory(path: folder)) {
      try host.files.write(folder, text: "")
    }
    #expect(throws: HostError.notDirectory(path: path)) {
      try host.files.createDirectory(path)
    }
    try host.files.remove(path)
    #expect(host.files.kind(path) == nil)
  }

  @Test func aFullDiskIsNamed() throws {
    #if os(Linux)
      #expect(throws: HostError.diskFull(path: "/dev/full")) {
        try host.files.write("/dev/full", text: "x")
      }
    #endif
  }

  @Test func programsRunWithoutAShell() throws {
    let hostile = "$(echo no) `echo no` ; echo no"
    let echo = try host.run(HostCommand(program: "echo", arguments: [hostile]))
    #expect(String(decoding: echo.output, as: UTF8.self) == hostile + "\n")
    let long = [UInt8](repeating: 65, count: 1 << 20)
    let cat = try host.run(HostCommand(program: "cat", input: long))
    #expect(cat.output == long)
    // A program that reads nothing of a long input.
    #expect(try host.run(HostCommand(program: "true", input: long)).status == 0)
    #expect(try host.run(HostCommand(program: "false")).status == 1)
    #expect(throws: HostError.notFound(path: "no-such-program")) {
      try host.run(HostCommand(program: "no-such-program"))
    }
    #expect(throws: HostError.self) {
      try host.run(HostCommand(program: "sleep", arguments: ["5"], timeLimit: 0.1))
    }
  }

  @Test func librariesComeFromTheSystemOnly() throws {
    #expect(throws: HostError.self) { try host.openLibrary("./libm.so.6") }
    #expect(throws: HostError.notFound(path: "libnodal-none.so")) {
      try host.openLibrary("libnodal-none.so")
    }
    #if os(Linux)
      let library = try host.openLibrary("libm.so.6")
      #expect(library.symbol("cos") != nil)
      #expect(library.symbol("no_such_function") == nil)
    #endif
  }

  @Test func theMemoryWorldBehavesLikeADisk() throws {
    let world = MemoryWorld(files: ["a.csv": "1", "/data/b.csv": "2"])
    let files = world.host.files
    #expect(try files.text("a.csv") == "1")
    #expect(try files.text("/project/../data/b.csv") == "2")
    #expect(throws: HostError.notFound(path: "c")) { try files.read("c") }
    #expect(throws: HostError.notFound(path: "runs")) { try files.write("runs/x", text: "y") }
    try files.createDirectory("runs")
    try files.write("runs/x", text: "y")
    #expect(try files.list("/project") == ["a.csv", "runs"])
    world.addLink("link", to: "../data")
    #expect(try files.text("link/b.csv") == "2")
    world.fail("a.csv", with: .diskFull(path: "a.csv"))
    #expect(throws: HostError.diskFull(path: "a.csv")) { try files.write("a.csv", text: "") }
    world.host.write(.output, "hello")
    #expect(world.written(.output) == "hello")
  }
}

@Suite struct PathTests {
  @Test(arguments: [
    ("a/./b//c", "a/b/c"), ("a/../b", "b"), ("../a", "../a"), ("/../a", "/a"), ("", "."),
    ("a/..", "."),
  ])
  func normalized(path: String, tidy: String) { #expect(Path.normalized(path) == tidy) }

  @Test func parts() {
    #expect(Path.directory("/a/b.csv") == "/a")
    #expect(Path.directory("/a") == "/")
    #expect(Path.directory("a") == ".")
    #expect(Path.name("/a/b.csv") == "b.csv")
    #expect(Path.fileExtension("a/b.SVG") == "svg")
    #expect(Path.fileExtension("a.b/c") == "")
    #expect(Path.fileExtension(".hidden") == "")
    #expect(Path.stem("a/b.tar.gz") == "b.tar")
    #expect(Path.join("a/", "b") == "a/b")
    #expect(Path.join("a", "/b") == "/b")
    #expect(!Path.contains("/a", "/ab"))
    #expect(Path.contains("/", "/ab"))
  }
}

@Suite struct PathPolicyTests {
  let world: MemoryWorld
  let policy = PathPolicy(readable: ["/project", "/data"], writable: ["/project/runs"])

  init() {
    world = MemoryWorld(files: ["a.csv": "", "/etc/passwd": "", "/data/b.csv": ""])
    world.addLink("/project/out", to: "/etc")
    world.addLink("/project/up", to: "../..")
    world.addLink("/project/loop", to: "loop")
    world.addLink("/project/data", to: "../data")
    world.addLink("/project/runs/dangling", to: "/etc/new")
  }

  @Test(arguments: [
    ("a.csv", "/project/a.csv"), ("./x/../a.csv", "/project/a.csv"), ("data/b.csv", "/data/b.csv"),
    ("/data/b.csv", "/data/b.csv"), ("not-there.csv", "/project/not-there.csv"),
  ])
  func readingBelowTheRootsIsAllowed(path: String, full: String) throws {
    #expect(try policy.pathForReading(path, from: "/project", files: world.host.files) == full)
  }

  @Test(arguments: [
    "/etc/passwd", "../etc/passwd", "out/passwd", "up/etc/passwd", "data/../etc/passwd",
    "x/../../etc/passwd", "/project2/a", "", "a\0.csv", "loop", "loop/a",
  ])
  func nothingElseIsRead(path: String) {
    #expect(throws: PathRefusal.self) {
      try policy.pathForReading(path, from: "/project", files: world.host.files)
    }
  }

  @Test(arguments: ["../a.csv", "/project/a.csv", "dangling", "../out/x", "/project/runs/../x"])
  func nothingIsWrittenElsewhere(path: String) {
    #expect(throws: PathRefusal.self) {
      try policy.pathForWriting(path, from: "/project/runs", files: world.host.files)
    }
  }

  @Test func aRefusalNamesThePathAndTheFlag() {
    do throws(PathRefusal) {
      _ = try policy.pathForReading("out/passwd", from: "/project", files: world.host.files)
      Issue.record("it was allowed")
    } catch {
      #expect(error.flag == "--allow-read")
      #expect(error.message.contains("`out/passwd` (which is `/etc/passwd`)"))
      #expect(error.help.contains("--allow-read /etc"))
    }
  }

  @Test func dataAreLookedForInTheirFolders() throws {
    world.addFile("/data/set/c.csv", bytes: [])
    func find(_ path: String) throws -> String {
      try policy.pathForReading(path, fromAny: ["/project", "/data"], files: world.host.files)
    }
    #expect(try find("a.csv") == "/project/a.csv")
    #expect(try find("b.csv") == "/data/b.csv")
    #expect(try find("c.csv") == "/data/set/c.csv")
    #expect(try find("set/c.csv") == "/data/set/c.csv")
    #expect(try find("d.csv") == "/project/d.csv")
    #expect(throws: PathRefusal.self) { try find("../etc/passwd") }
  }

  @Test func linksOfTheRealDiskAreFollowed() throws {
    let host = Host.system
    let folder = try host.files.createTemporaryDirectory()
    defer { try? host.files.remove(folder) }
    try host.files.createDirectory(folder + "/inside")
    let made = try host.run(
      HostCommand(program: "ln", arguments: ["-s", "/etc", folder + "/inside/link"]))
    #expect(made.status == 0)
    let policy = PathPolicy(readable: [folder + "/inside"], writable: [])
    #expect(throws: PathRefusal.self) {
      try policy.pathForReading("link/passwd", from: folder + "/inside", files: host.files)
    }
    _ = try policy.pathForReading("file", from: folder + "/inside", files: host.files)
  }
}
