/// An array of a file, with its name.
package struct NamedArray: Sendable, Equatable {
  package enum Content: Sendable, Equatable {
    /// Row-major. What is missing is NaN, and true in `missing`, which is empty where nothing is.
    case numbers([Double], missing: [Bool], areIntegers: Bool)
    case words([String])
    /// Its name is known, and why its contents aren't.
    case unreadable(ArrayFileError)
  }

  package var name: String
  package var shape: [Int]
  package var content: Content

  package init(name: String, shape: [Int], _ content: Content) {
    self.name = name
    self.shape = shape
    self.content = content
  }
}
