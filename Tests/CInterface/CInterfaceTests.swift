import Foundation
import NodalBasics
import NodalCInterface
import TestSupport
import Testing

/// The shared library, from C and from Python: programs of these languages, which tell what doesn't hold.
@Suite struct CInterfaceTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  /// Beside the tests' own binary.
  static let folder: URL = {
    let own = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let candidates = [own] + ["release", "debug"].map { root.appending(path: ".build/\($0)") }
    return candidates.first {
      FileManager.default.fileExists(atPath: $0.appending(path: name).path)
    } ?? own
  }()
  #if os(macOS)
    static let name = "libNodalC.dylib"
  #else
    static let name = "libNodalC.so"
  #endif

  private func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> (status: Int, output: String) {
    let result = try Host.system.run(
      HostCommand(
        program: program, arguments: arguments, directory: Self.root.path, environment: environment,
        timeLimit: 300))
    return (
      result.status,
      String(decoding: result.output, as: UTF8.self)
        + String(decoding: result.errors, as: UTF8.self)
    )
  }

  @Test func theLibraryIsBuilt() {
    #expect(FileManager.default.fileExists(atPath: Self.folder.appending(path: Self.name).path))
  }

  @Test(.enabled(if: CompiledC.isAvailable, "there is no C compiler"))
  func servesC() throws {
    let scratch = try Host.system.files.createTemporaryDirectory()
    defer { try? Host.system.files.remove(scratch) }
    let compiled = try run(
      "cc",
      [
        "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-ISources/CNodal/include",
        "Tests/CInterface/program.c", "-o", scratch + "/program", "-L" + Self.folder.path,
        "-lNodalC", "-lm", "-Wl,-rpath," + Self.folder.path,
      ])
    #expect(compiled.status == 0, "\(compiled.output)")
    let (status, output) = try run(scratch + "/program", [])
    #expect(status == 0, "\(output)")
    #expect(output.hasSuffix("all hold\n"), "\(output)")
  }

  /// One that has NumPy: a package of the system is not seen by each.
  static let python = ["python3", "/usr/bin/python3"].first { program in
    (try? Host.system.run(HostCommand(program: program, arguments: ["-c", "import numpy"])))?
      .status == 0
  }

  @Test(.enabled(if: python != nil, "there is no Python with NumPy"))
  func servesPython() throws {
    let (status, output) = try run(
      Self.python ?? "", ["Tests/CInterface/check.py"],
      environment: [
        "PYTHONPATH": Self.root.appending(path: "python").path, "PYTHONDONTWRITEBYTECODE": "1",
        "NODAL_LIBRARY": Self.folder.appending(path: Self.name).path,
      ])
    #expect(status == 0, "\(output)")
    #expect(output.contains("all hold"), "\(output)")
  }

  /// No library of another licence, and none that must be there beside the language's own and the system's.
  @Test func needsNoOtherLibrary() throws {
    #if os(Linux)
      let (status, output) = try run("ldd", [Self.folder.appending(path: Self.name).path])
      #expect(status == 0)
      for name in ["readline", "LLVM", "blas", "hdf5"] {
        #expect(!output.lowercased().contains("lib" + name.lowercased()), "\(output)")
      }
    #endif
  }
}
