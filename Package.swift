// swift-tools-version: 6.1
import PackageDescription

/// Every target is compiled under the same rules: Swift 6 concurrency, explicit existentials,
/// imports that stay internal unless said otherwise. Floors (see ARCHITECTURE.md) are the
/// dependency lists below; `./test` builds with `--explicit-target-dependency-import-check error`,
/// so that an import which is not declared here does not compile.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A floor of the house: a target in `Sources/<folder>` named `Nodal<folder>`.
func floor(_ folder: String, _ below: [String], resources: [Resource] = []) -> Target {
  .target(
    name: "Nodal" + folder, dependencies: below.map { .init(stringLiteral: "Nodal" + $0) },
    path: "Sources/" + folder, resources: resources, swiftSettings: settings)
}

func tests(_ folder: String, _ below: [String], exclude: [String] = []) -> Target {
  .testTarget(
    name: folder + "Tests",
    dependencies: ["TestSupport"] + below.map { .init(stringLiteral: $0) },
    path: "Tests/" + folder, exclude: exclude, swiftSettings: settings)
}

/// Where readline isn't in the compiler's own search path (Homebrew), pkg-config knows. Debian's flags for it are
/// ones that SwiftPM refuses with a warning, and nothing there needs them.
#if os(macOS)
  let readlinePackage: String? = "readline"
#else
  let readlinePackage: String? = nil
#endif

let package = Package(
  name: "nodal",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Nodal", targets: ["Nodal"]),
    // The same for C, and for what speaks to C: one shared library, and Sources/CNodal/include/nodal.h.
    .library(name: "NodalC", type: .dynamic, targets: ["NodalCInterface"]),
    .executable(name: "nodal", targets: ["NodalCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // 0
    floor("Basics", []),
    // 1
    floor("Diagnostics", ["Basics"]),
    floor("Types", ["Basics"]),
    // 2
    floor("Syntax", ["Basics", "Diagnostics"]),
    floor("IR", ["Basics", "Types"]),
    // 3
    floor("Parsing", ["Basics", "Diagnostics", "Syntax"]),
    floor("Operations", ["Basics", "Types", "IR"]),
    floor("Methods", ["Basics", "Types", "IR", "Operations"]),
    // 4
    floor(
      "Checking",
      ["Basics", "Diagnostics", "Types", "Syntax", "Parsing", "IR", "Operations", "Methods"]),
    floor("Transforms", ["Basics", "Types", "IR", "Operations", "Methods"]),
    // 5
    floor("Execution", ["Basics", "Types", "IR", "Operations", "Methods", "Transforms"]),
    floor("CExport", ["Basics", "Types", "IR", "Operations", "Methods"]),
    floor(
      "ReferenceExecutor", ["Basics", "Types", "IR", "Operations", "Methods", "Execution"]),
    // Declarations of the part of LLVM's C interface that is used; the library is loaded when it is first needed.
    .target(
      name: "CLLVM", path: "Sources/CLLVM",
      linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(
      name: "NodalNativeExecutor",
      dependencies: [
        "CLLVM", "NodalBasics", "NodalTypes", "NodalIR", "NodalOperations", "NodalMethods",
        "NodalTransforms", "NodalExecution",
      ], path: "Sources/NativeExecutor", swiftSettings: settings),
    // 6
    // Declarations of the part of zlib's interface that is used; the library is loaded when it is first needed.
    .target(name: "CZlib", path: "Sources/CZlib"),
    .target(
      name: "NodalData",
      dependencies: ["CZlib", "NodalBasics", "NodalDiagnostics", "NodalTypes"],
      path: "Sources/Data", swiftSettings: settings),
    floor("Reporting", ["Basics", "Diagnostics", "Types"]),
    floor("Training", ["Basics"]),
    floor("PEtab", ["Basics", "Diagnostics", "Syntax", "Data"]),
    // 7
    floor(
      "Session",
      [
        "Basics", "Diagnostics", "Types", "Syntax", "Parsing", "IR", "Operations", "Methods",
        "Checking", "Transforms", "Execution", "ReferenceExecutor", "CExport", "Data", "Reporting",
        "Training", "StandardLibrary",
      ]),
    .target(
      name: "NodalStandardLibrary", path: "stdlib", sources: ["StandardLibrary.swift"],
      resources: [.embedInCode("modules")], swiftSettings: settings),
    // 8
    .target(
      name: "Nodal",
      dependencies: [
        "NodalBasics", "NodalDiagnostics", "NodalTypes", "NodalSyntax", "NodalParsing",
        "NodalChecking", "NodalIR", "NodalMethods", "NodalExecution", "NodalReferenceExecutor",
        "NodalNativeExecutor", "NodalCExport", "NodalSession", "NodalData", "NodalReporting",
        "NodalTraining", "NodalPEtab", "NodalStandardLibrary",
      ],
      path: "Sources/Nodal", swiftSettings: settings),
    // 9
    // The header, and its functions.
    .target(name: "CNodal", path: "Sources/CNodal"),
    .target(
      name: "NodalCInterface", dependencies: ["CNodal", "Nodal"], path: "Sources/CInterface",
      swiftSettings: settings),
    .target(
      name: "NodalLanguageServer", dependencies: ["Nodal", "NodalBasics"],
      path: "Sources/LanguageServer", swiftSettings: settings),
    .systemLibrary(name: "CReadline", path: "Sources/CReadline", pkgConfig: readlinePackage),
    .target(
      name: "NodalREPL", dependencies: ["Nodal", "NodalBasics", "CReadline"],
      path: "Sources/REPL", swiftSettings: settings),
    .target(
      name: "NodalManual", dependencies: ["Nodal", "NodalBasics"], path: "Sources/Manual",
      resources: [.embedInCode("Assets")], swiftSettings: settings),
    .executableTarget(
      name: "NodalCommand",
      dependencies: [
        "Nodal", "NodalBasics", "NodalREPL", "NodalManual", "NodalLanguageServer",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/NodalCommand", swiftSettings: settings),

    // Tests, a target for each group of floors; and what they share.
    .target(
      name: "TestSupport", dependencies: ["NodalBasics"], path: "Tests/Support",
      swiftSettings: settings),
    tests("Language", ["NodalBasics", "NodalDiagnostics", "NodalSyntax", "NodalParsing"]),
    tests(
      "Checking",
      [
        "NodalBasics", "NodalDiagnostics", "NodalTypes", "NodalSyntax", "NodalParsing",
        "NodalChecking", "NodalIR", "NodalStandardLibrary",
      ], exclude: ["Wrong"]),
    tests(
      "Numerics",
      [
        "NodalBasics", "NodalTypes", "NodalIR", "NodalOperations", "NodalMethods",
        "NodalTransforms", "NodalExecution", "NodalReferenceExecutor", "NodalNativeExecutor",
        "NodalTraining", "NodalCExport",
      ]),
    tests(
      "Native",
      [
        "NodalBasics", "NodalTypes", "NodalIR", "NodalOperations", "NodalMethods",
        "NodalTransforms", "NodalExecution", "NodalReferenceExecutor", "NodalNativeExecutor",
      ]),
    tests(
      "Data", ["NodalBasics", "NodalDiagnostics", "NodalTypes", "NodalData", "NodalReporting"]),
    tests(
      "CInterface", ["Nodal", "NodalBasics", "NodalCInterface"],
      exclude: ["program.c", "check.py"]),
    tests(
      "Exchange", ["Nodal", "NodalBasics", "NodalDiagnostics", "NodalPEtab", "NodalParsing"]),
    tests(
      "Programs",
      [
        "Nodal", "NodalBasics", "NodalDiagnostics", "NodalSyntax", "NodalParsing", "NodalIR",
        "NodalExecution", "NodalReferenceExecutor", "NodalSession", "NodalTraining",
        "NodalChecking", "NodalStandardLibrary", "NodalData", "NodalManual",
      ], exclude: ["Cases", "Transcripts"]),
  ]
)
