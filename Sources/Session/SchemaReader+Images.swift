import NodalChecking
import NodalData
import NodalDiagnostics
import NodalTypes

extension SchemaReader {
  /// `idx(images, labels)`.
  func images(_ call: DataCall) throws -> LabelledImages {
    let names = Self.labels(of: call.function)
    for argument in call.arguments {
      if let label = argument.label, !names.contains(label) {
        throw SessionFailure(
          .unknownLabel, "`idx` has no argument `\(label)`", at: argument.span,
          help: ["idx(\"images\", \"labels\")"])
      }
    }
    if let third = call.positional(2) {
      throw SessionFailure(
        .tooManyArguments, "`idx` takes two files, images and labels", at: third.span)
    }
    guard let first = try file(call, names[0], 0) else {
      throw SessionFailure(
        .missingArgument, "`idx` wants the name of a file", at: call.span,
        help: ["idx(\"images\", \"labels\")"])
    }
    let images = try reading(first, call) { (array) throws(IDXError) in
      try LabelledImages(array)
    }
    guard let second = try file(call, names[1], 1) else { return images }
    return try reading(second, call) { (array) throws(IDXError) in try images.labelled(array) }
  }

  private func file(_ call: DataCall, _ label: String, _ place: Int) throws -> String? {
    guard let argument = call.argument(label) ?? call.positional(place) else { return nil }
    guard case .text(let name) = argument.value else {
      throw SessionFailure(
        .argumentType, "`idx` wants the name of a file, not \(argument.value.kindText)",
        at: argument.span)
    }
    return name
  }

  private func reading(
    _ file: String, _ call: DataCall, _ make: (IDXArray) throws(IDXError) -> LabelledImages
  ) throws -> LabelledImages {
    let (_, bytes) = try contents(of: file, call)
    do throws(IDXError) {
      return try make(try IDXArray.read(bytes, host))
    } catch {
      throw DataProblem(.images(error), file: file, request: call.span)
    }
  }

  static func schema(of images: LabelledImages) -> DataSchema {
    var columns = [
      DataSchema.Column(
        name: LabelledImages.imageName, shape: images.imageShape, alongTime: false)
    ]
    if images.hasLabels {
      columns.append(
        DataSchema.Column(name: LabelledImages.labelName, element: .integer, alongTime: false))
    }
    return DataSchema(columns: columns, count: images.count)
  }
}
