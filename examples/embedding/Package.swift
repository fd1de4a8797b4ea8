// swift-tools-version: 6.1
import PackageDescription

// A package of its own that depends on Nodal as any other would: by its product, with nothing to be installed beside it.
let package = Package(
  name: "embedding",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "nodal", path: "../..")],
  targets: [
    .executableTarget(name: "Embedding", dependencies: [.product(name: "Nodal", package: "nodal")])
  ]
)
