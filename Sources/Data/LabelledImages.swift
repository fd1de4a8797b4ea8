/// Images and their labels, from two idx files: an example has `image` and, if there are labels, `label`.
package struct LabelledImages: Sendable, Equatable {
  private let images: IDXArray
  private let labels: IDXArray?

  package init(_ images: IDXArray) throws(IDXError) {
    guard images.shape.count >= 2 else { throw .notImages(shape: images.shape) }
    guard !images.shape.contains(0) else { throw .nothing(shape: images.shape) }
    self.images = images
    labels = nil
  }

  private init(_ images: IDXArray, labels: IDXArray) {
    self.images = images
    self.labels = labels
  }

  /// With a whole number for each image. An error here is one of the labels' file.
  package func labelled(_ labels: IDXArray) throws(IDXError) -> LabelledImages {
    guard labels.shape.count == 1, labels.element.isInteger else {
      throw .notLabels(shape: labels.shape, labels.element)
    }
    guard labels.shape[0] == count else {
      throw .counts(images: count, labels: labels.shape[0])
    }
    return LabelledImages(images, labels: labels)
  }

  package var count: Int { images.shape[0] }
  package var hasLabels: Bool { labels != nil }

  /// [channels, height, width]: a grey image has one channel. Of what isn't a stack of images, what follows the first axis.
  package var imageShape: [Int] {
    let own = Array(images.shape.dropFirst())
    return own.count == 2 ? [1] + own : own
  }

  /// Unsigned bytes as 0…1, other numbers as they are.
  package var dataset: Dataset {
    var pixels = images.numbers
    if images.element == .unsignedByte {
      for i in pixels.indices { pixels[i] /= 255 }
    }
    var fields = [DataField(Self.imageName, on: .example, shape: imageShape, values: pixels)]
    if let labels {
      fields.append(
        DataField(Self.labelName, on: .example, values: labels.numbers, isInteger: true))
    }
    return Dataset(rows: count, fields: fields)
  }

  package static let imageName = "image"
  package static let labelName = "label"
}
